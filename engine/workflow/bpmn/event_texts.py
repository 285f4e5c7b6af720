"""Event definitions: shared ones copied into their events, timers written as this engine reads them."""

from __future__ import annotations

import re

from lxml import etree

from engine.workflow.bpmn.drawing import Draft
from engine.workflow.bpmn.findings import error, info, warning
from engine.workflow.bpmn.juel import NotTranslatable, to_feel
from engine.workflow.bpmn.names import (
    BPMN,
    EVENT_DEFINITIONS,
    EVENTS,
    holder_of,
    id_of,
    kind_of,
)
from engine.workflow.bpmn.terms import legal_term

_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_INSTANT = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$")
_CYCLE = re.compile(
    r"^R(?P<times>\d*)/(?:(?P<start>\d{4}-[^/]*)/)?(?P<every>P[^/]*)(?:/(?P<end>[^/]+))?$"
)
_CRON = re.compile(r"^\S+(\s+\S+){4,6}$")
_CONDITION = f"{BPMN}condition"


def settle_events(draft: Draft) -> None:
    """Copy the shared definitions into the events that name them; read timers and conditions."""
    _copy_shared(draft)
    for timer in draft.nodes("timerEventDefinition"):
        _settle_timer(draft, timer)
    for condition in draft.nodes("conditionalEventDefinition"):
        _settle_condition(draft, condition)


def _copy_shared(draft: Draft) -> None:
    shared = {id_of(node): node for node in draft.root if kind_of(node) in EVENT_DEFINITIONS}
    for event in draft.nodes(*EVENTS):
        for reference in event.findall(f"{BPMN}eventDefinitionRef"):
            name = (reference.text or "").strip().rpartition(":")[2]
            draft.remove(reference)
            if name in shared:
                draft.copy_into(event, shared[name])
            else:
                message = f"la definición de evento «{name}» no existe en el fichero"
                draft.note(error("reference", id_of(event), message))


def _settle_condition(draft: Draft, definition: etree._Element) -> None:
    condition = definition.find(_CONDITION)
    owner = holder_of(definition)
    if condition is None or not (condition.text or "").strip():
        draft.note(error("condition", owner, "al evento condicional le falta su condición"))
        return
    try:
        feel = to_feel(condition.text or "")
    except NotTranslatable as reason:
        draft.note(error("expression", owner, f"la condición del evento no es FEEL: {reason}"))
        return
    if feel != (condition.text or "").strip():
        condition.text = feel
        draft.note(info("expression", owner, f"la condición del evento se escribe en FEEL: {feel}"))


def _settle_timer(draft: Draft, definition: etree._Element) -> None:
    owner = holder_of(definition)
    children = [
        child for child in definition if kind_of(child) in ("timeDate", "timeDuration", "timeCycle")
    ]
    if len(children) != 1 or not (children[0].text or "").strip():
        draft.note(
            error("timer", owner, "el temporizador no dice cuándo: una fecha o una duración")
        )
        return
    child, text = children[0], (children[0].text or "").strip()
    if legal_term(text) is not None:
        return
    if text.startswith(("=", "${", "#{")):
        try:
            feel = to_feel(text)
        except NotTranslatable as reason:
            message = f"el temporizador «{text}» no se puede escribir en FEEL: {reason}"
            draft.note(error("timer", owner, message))
            return
        draft.note(info("timer", owner, f"el temporizador se escribe en FEEL: {feel}"))
        text = feel
    plain = text.strip('"').strip()
    if _DATE.match(plain):
        text = f'date("{plain}")'
    elif _INSTANT.match(plain):
        text = f'date and time("{plain}")'
    elif kind_of(child) == "timeCycle" or _CYCLE.match(plain):
        text = _settle_cycle(draft, definition, plain, text)
    if text != (child.text or "").strip():
        child.text = text


def _settle_cycle(draft: Draft, definition: etree._Element, plain: str, text: str) -> str:
    """A repetition as the FEEL text that says it; where only the first time counts, the time until it.

    A computed one is FEEL whose value is such a text.
    """
    owner = holder_of(definition)
    event = definition.getparent()
    cycle = _CYCLE.match(plain)
    if cycle is None:
        if _CRON.match(plain):
            message = f"el calendario «{plain}» de repetición no se admite: escriba una duración"
            draft.note(error("timer", owner, message))
        return text
    first = f'date and time("{cycle["start"]}")' if cycle["start"] else cycle["every"]
    if cycle["times"] == "1" or event is None or not _repeats(event):
        draft.note(info("timer", owner, f"solo cuenta la primera vez de «{plain}»"))
        return first
    if cycle["end"]:
        message = (
            f"el final de la repetición «{plain}» no cuenta: termina cuando acaba la actividad"
        )
        draft.note(warning("timer-cycle", owner, message))
    start = f"{cycle['start']}/" if cycle["start"] else ""
    return f'"R{cycle["times"]}/{start}{cycle["every"]}"'


def _repeats(event: etree._Element) -> bool:
    """Whether an event that happens again does something again."""
    kind = kind_of(event)
    if kind == "boundaryEvent":
        return event.get("cancelActivity") == "false"
    return kind == "startEvent"
