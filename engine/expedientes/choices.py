"""Options that a form asks the town hall for: a field with `source` names who gives them.

A room below registers its source; citizens' and officials' forms use them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from engine.errors import ConfigurationError
from engine.permissions import Actor
from forms.definition import FormDefinition, Option

Source = Callable[[Session, Actor, UUID | None], Sequence[Option]]
"""Session, who fills the form in, the expediente (None for an application) → the options."""

CHOICES: dict[str, Source] = {}


def choice_source(name: str) -> Callable[[Source], Source]:
    """Register the options of a source by name: `room/what`."""

    def decorate(function: Source) -> Source:
        if name in CHOICES:
            raise ValueError(f"two sources of choices are called {name}")
        CHOICES[name] = function
        return function

    return decorate


def choices_for(
    session: Session, form: FormDefinition, actor: Actor, expediente_id: UUID | None = None
) -> Mapping[str, tuple[Option, ...]]:
    """The options of every source that a form names; raises ConfigurationError for an unknown one."""
    return {
        name: tuple(_source(name)(session, actor, expediente_id)) for name in sorted(_named(form))
    }


def _named(form: FormDefinition) -> set[str]:
    return {field.source for page in form.pages for field in page.fields if field.source}


def _source(name: str) -> Source:
    found = CHOICES.get(name)
    if found is None:
        raise ConfigurationError(f"Ninguna sala ofrece las opciones «{name}» del formulario.")
    return found
