"""The steps of a procedure as the pages list them."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext

from engine.workflow.ahead import listed_steps
from engine.workflow.elements import Elements

Phase = tuple[str, str, str | None]


def steps_in_words(elements: Elements, states: Mapping[str, str]) -> tuple[Phase, ...]:
    """Title, state and detail, as the macro `phases` takes them."""
    return tuple(
        (
            step.name,
            step.state,
            gettext("Según lo que se decida antes") if step.depends else None,
        )
        for step in listed_steps(elements, states)
    )
