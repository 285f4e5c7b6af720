"""Which activities of a scope can be undone, and by whom: read from the model."""

from __future__ import annotations

from typing import Any

from lxml import etree

from engine.workflow.bpmn.names import BPMN, is_handler, kind_of

COMPENSATE = f"{BPMN}compensateEventDefinition"
UNDOES_SCOPE = "undoesScope"
SUBPROCESSES = frozenset(["subProcess", "transaction"])


def mark_scope_handlers(root: etree._Element) -> None:
    """A compensation event sub-process is no event that may happen: it undoes the scope around it."""
    for start in root.iter(f"{BPMN}startEvent"):
        holder = start.getparent()
        if start.find(COMPENSATE) is not None and holder is not None:
            holder.attrib.pop("triggeredByEvent", None)
            holder.set("isForCompensation", "true")
            holder.set(UNDOES_SCOPE, "true")


def handler_of(event: Any) -> Any:
    """The activity that a compensation event leads to by an association; None when there is none."""
    root = event.getroottree().getroot()
    for association in root.iter(f"{BPMN}association"):
        if association.get("sourceRef") == event.get("id"):
            target = association.get("targetRef")
            for node in event.getparent():
                if node.get("id") == target:
                    return node
    return None


def compensable(scope: Any, parser: Any = None, seen: frozenset[str] = frozenset()) -> bool:
    """Whether something completed in a scope can be undone."""
    for node in scope:
        kind = kind_of(node)
        if node.get(UNDOES_SCOPE) or _undoes(node):
            return True
        if kind == "boundaryEvent" and node.find(COMPENSATE) is not None:
            return True
        if kind in SUBPROCESSES and not is_handler(node) and compensable(node, parser, seen):
            return True
        if kind == "callActivity" and parser is not None:
            called = str(node.get("calledElement"))
            inner = parser.get_process_parser(called)
            if inner is None or called in seen:
                continue
            if compensable(inner.node, parser, seen | {called}):
                return True
    return False


def _undoes(node: Any) -> bool:
    """Whether it is a sub-process that a compensation starts."""
    return kind_of(node) == "subProcess" and any(
        start.find(COMPENSATE) is not None for start in node.findall(f"{BPMN}startEvent")
    )
