"""How the library calls the parts of each element, in one scope of the older model and of the newer.

An element `x` may have more than one part: `x.BoundaryEventSplit` above it when something hangs from
it, `x.BoundaryEventJoin` below, `x [child]` for each of its repetitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent

SPLIT, JOIN = ".BoundaryEventSplit", ".BoundaryEventJoin"
_GENERATED = (SPLIT, JOIN, " [child]")


@dataclass(frozen=True)
class Scope:
    """A process or subprocess in both versions. `old`, `new`: the library's own specifications."""

    old: Any
    new: Any
    renamed: Mapping[str, str]

    def kept(self, name: str) -> str | None:
        """The same part in the newer version; None when it is not there."""
        if name == self.old.end.name:
            return str(self.new.end.name)
        element, part = parts(name)
        found = self.renamed.get(element)
        if found is None:
            return name if element not in self.renamed and self._generated(name) else None
        return self.part(found, part)

    def part(self, element: str, part: str) -> str | None:
        """A part of an element of the newer version; None when it has not got it here."""
        name = f"{element}{part}"
        return name if name in self.new.task_specs else None

    def _generated(self, name: str) -> bool:
        """Whether it is what every process has: its start and its end."""
        spec = self.old.task_specs.get(name)
        return name in self.new.task_specs and getattr(spec, "bpmn_id", None) is None

    def hangs(self, name: str) -> bool:
        """Whether it is an event on the border of another element, in the older version."""
        return isinstance(self.old.task_specs[name], BoundaryEvent)

    def borders(self, split: str) -> tuple[str, ...]:
        """The events on the border of an element of the newer version, by the name of its split."""
        return tuple(
            str(spec.name)
            for spec in self.new.task_specs[split].outputs
            if isinstance(spec, BoundaryEvent)
        )


def parts(name: str) -> tuple[str, str]:
    """The element that a name belongs to, and which part of it it is."""
    for part in _GENERATED:
        if name.endswith(part):
            return name[: -len(part)], part
    return name, ""
