"""The events of a model: what each may wait for or throw, where, and what it names."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.workflow.bpmn.findings import Finding, error, warning
from engine.workflow.bpmn.names import (
    BPMN,
    EVENT_DEFINITIONS,
    FLOW_NODES,
    TASKS,
    definitions_of,
    id_of,
    is_event_subprocess,
    is_handler,
    kind_of,
)
from engine.workflow.bpmn.scopes import compensable

_ALLOWED = {
    "startEvent": {"message", "signal", "timer", "conditional", "error", "escalation", "compensate"},
    "endEvent": {
        "message", "signal", "error", "escalation", "terminate", "cancel", "compensate", "link",
    },
    "intermediateCatchEvent": {"message", "signal", "timer", "conditional", "link"},
    "intermediateThrowEvent": {"message", "signal", "escalation", "compensate", "link"},
    "boundaryEvent": {
        "message", "signal", "timer", "conditional", "error", "escalation", "cancel", "compensate",
    },
}  # fmt: skip
_WORDS = {
    "message": "de mensaje", "signal": "de señal", "timer": "de tiempo", "conditional": "condicional",
    "error": "de error", "escalation": "de escalada", "terminate": "de terminación",
    "cancel": "de cancelación", "compensate": "de compensación", "link": "de enlace",
}  # fmt: skip
_PLACES = {
    "startEvent": "un inicio", "endEvent": "un fin", "intermediateCatchEvent": "una espera",
    "intermediateThrowEvent": "un envío", "boundaryEvent": "el borde de una actividad",
}  # fmt: skip
_REFERENCES = {
    "message": "el mensaje", "signal": "la señal", "error": "el error", "escalation": "la escalada",
}  # fmt: skip


def check_event(node: etree._Element, kind: str, identifier: str) -> Iterator[Finding]:
    """One event: its definitions, what they name and where it stands."""
    definitions = [child for child in node if kind_of(child) in EVENT_DEFINITIONS]
    for definition in definitions:
        name = kind_of(definition).removesuffix("EventDefinition")
        if name not in _ALLOWED[kind]:
            message = f"un evento {_WORDS[name]} no puede ser {_PLACES[kind]}"
            yield error("event", identifier, message)
        yield from _reference(definition, name, identifier)
    names = [kind_of(child).removesuffix("EventDefinition") for child in definitions]
    if kind == "intermediateCatchEvent" and not names:
        message = "no dice qué espera: se pasa de largo"
        yield warning("event", identifier, message)
    if len(names) > 1 and {"compensate", "cancel", "terminate", "link"} & set(names):
        yield error("event", identifier, "esos eventos no pueden ir juntos en uno")
    if kind == "boundaryEvent":
        yield from _boundary(node, names, identifier)
    elif kind == "startEvent":
        yield from _start(node, names, identifier)
    elif "cancel" in names and kind == "endEvent":
        yield from _cancel(node, identifier)
    if "compensate" in names and kind in ("endEvent", "intermediateThrowEvent"):
        yield from _compensation(node, identifier)


def _reference(definition: etree._Element, name: str, identifier: str) -> Iterator[Finding]:
    if name not in _REFERENCES:
        return
    wanted = definition.get(f"{name}Ref")
    root = definition.getroottree().getroot()
    if wanted is None:
        if name in ("message", "signal"):
            message = f"no nombra {_REFERENCES[name]}: cuenta el nombre del evento"
            yield warning("reference", identifier, message)
        return
    declared = {id_of(node): node for node in root.iter(f"{BPMN}{name}")}
    if wanted not in declared:
        message = f"nombra {_REFERENCES[name]} «{wanted}», que no está en el fichero"
        yield error("reference", identifier, message)
    elif name in ("message", "signal") and not declared[wanted].get("name"):
        message = f"{_REFERENCES[name]} «{wanted}» no tiene nombre"
        yield error("reference", identifier, message)
    elif name in ("message", "signal") and "${" in str(declared[wanted].get("name")):
        message = f"el nombre de {_REFERENCES[name]} «{wanted}» no puede ser un cálculo"
        yield error("reference", identifier, message)


def _siblings(node: etree._Element) -> dict[str, etree._Element]:
    scope = node.getparent()
    return {
        id_of(child): child
        for child in (() if scope is None else scope)
        if kind_of(child) in FLOW_NODES
    }


def _boundary(node: etree._Element, names: list[str], identifier: str) -> Iterator[Finding]:
    attached = str(node.get("attachedToRef") or "")
    activity = _siblings(node).get(attached)
    if activity is None:
        message = f"está en el borde de «{attached}», que no está en el mismo proceso"
        yield error("reference", identifier, message)
        return
    if kind_of(activity) not in TASKS:
        yield error("event", identifier, f"«{attached}» no es una actividad: no tiene borde")
    if not names:
        yield error("event", identifier, "el evento del borde no dice qué espera")
    if "cancel" in names and kind_of(activity) != "transaction":
        message = "la cancelación solo se recoge en el borde de una transacción"
        yield error("cancel", identifier, message)
    if "compensate" in names:
        yield from _compensation_boundary(node, identifier)


def _compensation_boundary(node: etree._Element, identifier: str) -> Iterator[Finding]:
    root = node.getroottree().getroot()
    targets = [
        str(association.get("targetRef"))
        for association in root.iter(f"{BPMN}association")
        if association.get("sourceRef") == identifier
    ]
    siblings = _siblings(node)
    if len(targets) != 1 or targets[0] not in siblings:
        message = "el evento de compensación tiene que llevar a una actividad con una asociación"
        yield error("compensation", identifier, message)
    elif not is_handler(siblings[targets[0]]):
        message = f"«{targets[0]}» tiene que estar marcada como actividad que compensa"
        yield error("compensation", identifier, message)


def _start(node: etree._Element, names: list[str], identifier: str) -> Iterator[Finding]:
    scope = node.getparent()
    if scope is None:
        return
    inside_event = is_event_subprocess(scope)
    if {"error", "escalation", "compensate"} & set(names) and not inside_event:
        message = "ese inicio solo puede estar en un subproceso de evento"
        yield error("start", identifier, message)
    if "timer" in names and kind_of(scope) == "process":
        message = "el proceso no se inicia solo a esa hora: al iniciarlo, la espera"
        yield warning("start", identifier, message)
    if inside_event and node.get("isInterrupting") == "false" and "error" in names:
        yield error("start", identifier, "un error interrumpe siempre lo que estaba en marcha")


def _cancel(node: etree._Element, identifier: str) -> Iterator[Finding]:
    scope = node.getparent()
    if scope is None or kind_of(scope) != "transaction":
        message = "un fin de cancelación solo puede estar dentro de una transacción"
        yield error("cancel", identifier, message)


def _compensation(node: etree._Element, identifier: str) -> Iterator[Finding]:
    """That what is to be undone is in the scope of the throw."""
    definition = node.find(f"{BPMN}compensateEventDefinition")
    scope = node.getparent()
    if definition is None or scope is None:
        return
    if definition.get("waitForCompletion") == "false":
        message = "la compensación se espera siempre hasta que acaba"
        yield warning("compensation", identifier, message)
    wanted = definition.get("activityRef")
    if wanted is None:
        return
    scopes = [scope]
    around = scope.getparent()
    if is_event_subprocess(scope) and around is not None:
        scopes.append(around)
    found = next(
        (
            child
            for each in scopes
            for child in each
            if id_of(child) == wanted and kind_of(child) in TASKS
        ),
        None,
    )
    if found is None:
        message = f"compensa «{wanted}», que no es una actividad de su mismo proceso"
        yield error("compensation", identifier, message)
    elif not _undoable(found):
        message = f"nada compensa «{wanted}»: el evento no hace nada"
        yield warning("compensation", identifier, message)


def _undoable(activity: etree._Element) -> bool:
    scope = activity.getparent()
    return (
        kind_of(activity) == "callActivity"
        or compensable(activity)
        or any(
            event.get("attachedToRef") == id_of(activity)
            and "compensateEventDefinition" in definitions_of(event)
            for event in (() if scope is None else scope.findall(f"{BPMN}boundaryEvent"))
        )
    )
