"""What a procedure does without a person (art. 41 of Ley 40/2015), read from its own model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from engine.procedures.package import Procedure
from engine.workflow.definitions import load_definition
from engine.workflow.elements import elements_of


@dataclass(frozen=True)
class AutomatedAction:
    """A task of a model that the town hall does by itself.

    organ: the organ responsible for appeals against it.
    """

    name: str
    organ: str


def automated_actions(procedure: Procedure) -> tuple[AutomatedAction, ...]:
    """The automated actions of a procedure, in the model's order, each once."""
    return _read(procedure.model, procedure.decisions, procedure.organ)


@lru_cache(maxsize=200)
def _read(model: bytes, decisions: bytes | None, organ: str) -> tuple[AutomatedAction, ...]:
    found = (
        AutomatedAction(element.name or element.id, element.properties.get("organ", organ))
        for element in elements_of(load_definition(model, decisions)).nodes.values()
        if element.kind == "serviceTask"
    )
    return tuple(dict.fromkeys(found))
