"""What follows a step: the acts that the process does by itself, before somebody works again."""

from __future__ import annotations

from collections import deque

from engine.workflow.elements import Elements

_WORK = frozenset(["userTask", "manualTask"])
_ACTS = frozenset(
    ["serviceTask", "sendTask", "scriptTask", "businessRuleTask", "callActivity", "subProcess"]
)


def consequences(elements: Elements, element_id: str) -> tuple[str, ...]:
    """The names of what may follow a step, the nearest first, up to the next work of somebody.

    Every branch is told, since which one it is depends on what the step decides; what begins only
    after that next work is not.
    """
    follows: dict[str, list[str]] = {}
    for flow in elements.flows:
        follows.setdefault(flow.source, []).append(flow.target)
    reached: dict[str, None] = {}
    pending = deque([element_id])
    while pending:
        for target in follows.get(pending.popleft(), ()):
            node = elements.nodes.get(target)
            if node is None or target in reached or target == element_id:
                continue
            reached[target] = None
            if node.kind not in _WORK:
                pending.append(target)
    found = (elements.nodes[identifier] for identifier in reached)
    return tuple(node.name for node in found if node.name and node.kind in _ACTS | _WORK)
