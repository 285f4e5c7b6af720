"""Where processes begin and end: what a model leaves unsaid is written out."""

from __future__ import annotations

from lxml import etree

from engine.workflow.bpmn.drawing import Draft, Scope
from engine.workflow.bpmn.findings import error, info, warning
from engine.workflow.bpmn.names import (
    BPMN,
    GATEWAYS,
    REFUSED_NODES,
    definitions_of,
    id_of,
    is_event_subprocess,
    is_handler,
    kind_of,
)


def complete_ends(draft: Draft) -> None:
    """Give each process and sub-process its start and its ends."""
    for scope in draft.scopes():
        if kind_of(scope.element) in REFUSED_NODES or any(
            kind_of(above) in REFUSED_NODES for above in scope.element.iterancestors()
        ):
            continue
        if not scope.nodes and kind_of(scope.element) == "process":
            continue
        _start(draft, scope)
        _ends(draft, Scope.of(scope.element))


def _in_flow(node: etree._Element) -> bool:
    """Whether tokens come to a node by flows."""
    return not (
        kind_of(node) in ("boundaryEvent", "startEvent")
        or is_event_subprocess(node)
        or is_handler(node)
    )


def _start(draft: Draft, scope: Scope) -> None:
    element, place = scope.element, id_of(scope.element)
    starts = [node for node in scope.nodes.values() if kind_of(node) == "startEvent"]
    if not starts:
        _add_start(draft, scope)
    elif len(starts) > 1 and kind_of(element) != "process":
        _join_starts(draft, scope, starts)
    for start in starts:
        if scope.incoming.get(id_of(start)):
            draft.note(error("start", id_of(start), "a un inicio no puede llegar ningún flujo"))
        if (
            kind_of(element) != "process"
            and not is_event_subprocess(element)
            and definitions_of(start)
        ):
            for definition in list(start):
                if kind_of(definition).endswith("EventDefinition"):
                    draft.remove(definition)
            message = (
                f"el subproceso «{place}» empieza cuando se llega a él: su evento no se espera"
            )
            draft.note(warning("start", id_of(start), message))


def _add_start(draft: Draft, scope: Scope) -> None:
    element, place = scope.element, id_of(scope.element)
    if is_event_subprocess(element):
        draft.note(error("start", place, "el subproceso de evento no tiene inicio"))
        return
    first = [
        identifier
        for identifier, node in scope.nodes.items()
        if _in_flow(node) and not scope.incoming.get(identifier)
    ]
    if not first and any(_in_flow(node) for node in scope.nodes.values()):
        draft.note(error("start", place, "no hay inicio ni se sabe por dónde se empieza"))
        return
    start = draft.add(element, "startEvent", f"{place}.start")
    for identifier in first:
        draft.flow(element, id_of(start), identifier, f"{place}.start_{identifier}")
    said = ", ".join(first) or "el fin"
    draft.note(info("start", place, f"no tiene inicio: se empieza por {said}"))
    if not first:
        end = draft.add(element, "endEvent", f"{place}.end")
        draft.flow(element, id_of(start), id_of(end), f"{place}.empty")
        draft.note(warning("empty", place, "el subproceso está vacío"))


def _join_starts(draft: Draft, scope: Scope, starts: list[etree._Element]) -> None:
    """Several plain starts of a sub-process: a token for each of them."""
    element, place = scope.element, id_of(scope.element)
    if is_event_subprocess(element) or any(definitions_of(start) for start in starts):
        message = "un subproceso empieza por un solo inicio: deje uno y lleve los demás por flujos"
        draft.note(error("start", place, message))
        return
    start = draft.add(element, "startEvent", f"{place}.start")
    for old in starts:
        old.tag = f"{BPMN}intermediateThrowEvent"
        draft.flow(element, id_of(start), id_of(old), f"{place}.start_{id_of(old)}")
    message = "tiene varios inicios: se empieza por todos a la vez"
    draft.note(warning("start", place, message))


def _ends(draft: Draft, scope: Scope) -> None:
    for identifier, node in scope.nodes.items():
        flows = scope.outgoing.get(identifier)
        kind = kind_of(node)
        if kind == "endEvent":
            if flows:
                draft.note(error("end", identifier, "de un fin no puede salir ningún flujo"))
            continue
        if (
            flows
            or is_event_subprocess(node)
            or is_handler(node)
            or (kind == "boundaryEvent" and "compensateEventDefinition" in definitions_of(node))
        ):
            continue
        if kind in GATEWAYS and not scope.incoming.get(identifier):
            continue
        end = draft.add(scope.element, "endEvent", f"{identifier}.end")
        draft.flow(scope.element, identifier, id_of(end), f"{identifier}.end_flow")
        message = "no sale ningún flujo: se le pone un evento de fin"
        draft.note(info("end", identifier, message))
