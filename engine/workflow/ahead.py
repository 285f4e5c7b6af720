"""What a model says around a step: the steps worth listing, what follows it, who asked for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from engine.workflow.diagram import CURRENT, DONE, PENDING
from engine.workflow.elements import Element, Elements

_WORK = frozenset(["userTask", "manualTask"])
_ACTS = frozenset(
    ["serviceTask", "sendTask", "scriptTask", "businessRuleTask", "callActivity", "subProcess"]
)
_STEPS = ("Task", "task", "Activity", "CatchEvent")
_MOST = 12


@dataclass(frozen=True)
class Branch:
    """What happens after a step in one case. case: what is decided, empty when there is no choice."""

    case: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class ListedStep:
    """A step by its name; state: done, current or pending; depends: on what is decided before it."""

    name: str
    state: str
    depends: bool = False


def listed_steps(elements: Elements, states: Mapping[str, str]) -> tuple[ListedStep, ...]:
    """The steps done, the current ones, and of those to come the ones that matter.

    To come are what every way to the end passes, and the work of somebody that some way passes, which
    is said of it. What only a way back would reach again is left out.
    """
    inside = {node.process for node in elements.nodes.values()} - {""}
    told = [
        node
        for node in elements.in_order()
        if node.name and node.kind.endswith(_STEPS) and node.calls not in inside
    ]
    current = [key for key, state in states.items() if state == CURRENT]
    ahead, _ = _reached(elements, states, current)
    to_come: list[ListedStep] = []
    for node in told:
        if states.get(node.id, PENDING) != PENDING or node.id not in ahead:
            continue
        _, avoidable = _reached(elements, states, current, without=node.id)
        if not avoidable:
            to_come.append(ListedStep(node.name, PENDING))
        elif node.kind in _WORK:
            to_come.append(ListedStep(node.name, PENDING, depends=True))
    past = [
        ListedStep(node.name, state)
        for state in (DONE, CURRENT)
        for node in told
        if states.get(node.id) == state
    ]
    return (*past, *to_come)


def _reached(
    elements: Elements, states: Mapping[str, str], start: list[str], without: str | None = None
) -> tuple[frozenset[str], bool]:
    """What lies ahead of these steps, not going back over what is done nor through `without`; and
    whether an end lies there."""
    pending, seen = deque(start), {*start, without}
    ends = False
    while pending:
        here = pending.popleft()
        after = [target for _, target in _outgoing(elements, here)]
        ends = ends or not after
        after += [node.id for node in elements.nodes.values() if node.attached_to == here]
        for target in after:
            if target not in seen and states.get(target) != DONE:
                seen.add(target)
                pending.append(target)
    return frozenset(item for item in seen if item is not None and item != without), ends


def branches(elements: Elements, element_id: str) -> tuple[Branch, ...]:
    """What follows a step, case by case, in the model's order: up to the next work of somebody, or
    to where another's decision opens again; each step of work with who does it."""
    start = _next_choice(elements, element_id)
    if start is not None:
        return tuple(
            Branch(name, path)
            for name, target in _outgoing(elements, start)
            if (path := _path(elements, target))
        )
    return tuple(
        Branch("", path)
        for _, target in _outgoing(elements, element_id)
        if (path := _path(elements, target))
    )


def asked_by(elements: Elements, element_id: str) -> str | None:
    """The nearest step of somebody before this one: the one that asked for it."""
    pending, seen = deque([element_id]), {element_id}
    while pending:
        target = pending.popleft()
        for flow in elements.ways:
            node = elements.nodes.get(flow.source)
            if flow.target != target or node is None or node.id in seen:
                continue
            if node.kind in _WORK:
                return node.id
            seen.add(node.id)
            pending.append(node.id)
    return None


def _outgoing(elements: Elements, element_id: str) -> tuple[tuple[str, str], ...]:
    return tuple((flow.name, flow.target) for flow in elements.ways if flow.source == element_id)


def _next_choice(elements: Elements, element_id: str) -> str | None:
    """The gateway right after a step, when it opens more than one way."""
    after = _outgoing(elements, element_id)
    if len(after) != 1:
        return None
    node = elements.nodes.get(after[0][1])
    if node is None or not node.kind.endswith("Gateway"):
        return None
    return node.id if len(_outgoing(elements, node.id)) > 1 else None


def _path(elements: Elements, element_id: str) -> tuple[str, ...]:
    """The names on the one way from here; it ends at work, at a choice, or at the end."""
    names: list[str] = []
    current: str | None = element_id
    while current is not None and len(names) < _MOST:
        node = elements.nodes.get(current)
        after = _outgoing(elements, current)
        if node is None:
            break
        if node.name and (node.kind in _ACTS or node.kind in _WORK):
            names.append(_told(node))
        if node.kind in _WORK or len(after) != 1:
            break
        current = after[0][1]
    return tuple(names)


def _told(node: Element) -> str:
    """`Informe técnico (Urbanismo y Obras)`: who does it is told for work alone."""
    return f"{node.name} ({node.lane})" if node.kind in _WORK and node.lane else node.name
