"""The drawings of the processes that a model calls: each has its own, shown where the token stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.workflow.diagram import CURRENT, draw
from engine.workflow.elements import Elements


@dataclass(frozen=True)
class Sheet:
    """A called process and its drawing as SVG. name: in words; inside: the names of the open calls."""

    key: str
    name: str
    inside: tuple[str, ...]
    svg: str


def open_sheets(elements: Elements, states: Mapping[str, str]) -> tuple[Sheet, ...]:
    """The called processes in which something is open, in the model's order."""
    found = []
    for key, name in elements.sheets.items():
        if not any(states.get(node.id) == CURRENT for node in elements.on(key).nodes.values()):
            continue
        calls = tuple(
            node.name or node.id
            for node in elements.in_order()
            if node.calls == key and states.get(node.id) == CURRENT
        )
        found.append(Sheet(key, name, calls, draw(elements, states, key)))
    return tuple(found)
