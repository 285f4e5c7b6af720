"""What follows a step: the acts that the process does by itself, before somebody works again."""

from __future__ import annotations

from engine.workflow.elements import Elements

_WORK = frozenset(["userTask", "manualTask"])
_ACTS = frozenset(
    ["serviceTask", "sendTask", "scriptTask", "businessRuleTask", "callActivity", "subProcess"]
)


def consequences(elements: Elements, element_id: str) -> tuple[str, ...]:
    """The names of what may follow a step at once, in the model's order.

    Every branch is told, since which one it is depends on what the step decides; what begins only
    after somebody else has worked is not.
    """
    follows: dict[str, list[str]] = {}
    for flow in elements.flows:
        follows.setdefault(flow.source, []).append(flow.target)
    reached: set[str] = set()
    pending = [element_id]
    while pending:
        for target in follows.get(pending.pop(), ()):
            if target in reached or target == element_id:
                continue
            reached.add(target)
            node = elements.nodes.get(target)
            if node is not None and node.kind not in _WORK:
                pending.append(target)
    return tuple(
        node.name
        for node in elements.nodes.values()
        if node.id in reached and node.name and node.kind in _ACTS | _WORK
    )
