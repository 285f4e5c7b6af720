"""A migration plan: for each element where a token may stand, where it goes in the newer version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.errors import BadInput
from engine.workflow.definitions import Definition
from engine.workflow.elements import Element, elements_of
from engine.workflow.versions.compare import compare

_HOLDERS = frozenset(
    [
        "task",
        "userTask",
        "manualTask",
        "scriptTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "businessRuleTask",
        "callActivity",
        "subProcess",
        "transaction",
        "intermediateCatchEvent",
        "eventBasedGateway",
    ]
)
_JOINS = frozenset(["parallelGateway", "inclusiveGateway"])
_PEOPLE = frozenset(["userTask", "manualTask"])


class Action(StrEnum):
    """What happens to a token that stands at an element.

    MAP: it goes to an element of the newer version; STAY: its instance stays in its version;
    DROP: it ends, and with it its branch.
    """

    MAP = "map"
    STAY = "stay"
    DROP = "drop"


@dataclass(frozen=True)
class Choice:
    """What a plan says of one element; `target` when its token is mapped."""

    action: Action
    target: str | None = None

    @property
    def text(self) -> str:
        """As a form's field says it: `map:ELEMENT`, `stay` or `drop`."""
        return f"{self.action}:{self.target}" if self.target else self.action.value


Choices = Mapping[str, Choice]


@dataclass(frozen=True)
class Plan:
    """The two models, and what happens at each element of the older one that may hold a token."""

    source: Definition
    target: Definition
    choices: Choices

    def renamed(self) -> dict[str, str]:
        """Each element of the older version that is, under an id of its own, one of the newer.

        A person who maps a removed step to one that is new says that it is the same one.
        """
        known = elements_of(self.source).nodes
        found = dict(compare(self.source, self.target).pairs)
        for element, choice in self.choices.items():
            if choice.target is not None and choice.target not in known:
                found[element] = choice.target
        return found

    def to_json(self) -> dict[str, Any]:
        """The choices as they are stored."""
        return {element: choice.text for element, choice in self.choices.items()}


def propose(source: Definition, target: Definition) -> Plan:
    """The plan that the difference suggests: the same element, the renamed one, or nobody's to guess."""
    pairs = compare(source, target).pairs
    new = elements_of(target).nodes
    choices = {}
    for node in holders(source):
        partner = pairs.get(node.id)
        if partner is not None and fits(node, new[partner]):
            choices[node.id] = Choice(Action.MAP, partner)
        else:
            choices[node.id] = Choice(Action.STAY)
    return Plan(source, target, choices)


def holders(definition: Definition) -> tuple[Element, ...]:
    """The elements where a token may stand, in the model's order."""
    elements = elements_of(definition)
    incoming: dict[str, int] = {}
    for flow in elements.flows:
        incoming[flow.target] = incoming.get(flow.target, 0) + 1
    return tuple(
        node
        for node in elements.nodes.values()
        if node.kind in _HOLDERS or (node.kind in _JOINS and incoming.get(node.id, 0) > 1)
    )


def fits(source: Element, target: Element) -> bool:
    """Whether a token that stands at the one may stand at the other."""
    if source.kind in _PEOPLE and target.kind in _PEOPLE:
        return True
    return (source.kind, source.events) == (target.kind, target.events)


def targets(plan: Plan, element: str) -> tuple[Element, ...]:
    """The elements of the newer version to which a token of this one may go."""
    source = elements_of(plan.source).nodes[element]
    return tuple(
        node
        for node in elements_of(plan.target).nodes.values()
        if node.kind in _HOLDERS | _JOINS and fits(source, node)
    )


def from_texts(source: Definition, target: Definition, texts: Mapping[str, str]) -> Plan:
    """The plan that a form or a row says; raises BadInput with each field at fault."""
    known = {node.id: node for node in holders(source)}
    plan = Plan(source, target, {})
    choices, faults = {}, []
    for element in known:
        choice = _read(texts.get(element, Action.STAY.value))
        allowed = {node.id for node in targets(plan, element)}
        if choice is None or (choice.action is Action.MAP and choice.target not in allowed):
            faults.append((f"step-{element}", "Elija uno de los destinos de la lista."))
        else:
            choices[element] = choice
    if faults:
        raise BadInput("Revise los destinos del plan.", tuple(faults))
    return Plan(source, target, choices)


def _read(text: str) -> Choice | None:
    action, _, target = text.partition(":")
    if action == Action.MAP.value and target:
        return Choice(Action.MAP, target)
    if action in (Action.STAY.value, Action.DROP.value) and not target:
        return Choice(Action(action))
    return None
