"""Where other tools put what a form, a message or a mapping brings: among the data, name by name."""

from __future__ import annotations

from lxml import etree

from engine.workflow.bpmn.drawing import Draft
from engine.workflow.bpmn.expressions import seen_through
from engine.workflow.bpmn.findings import info, warning
from engine.workflow.bpmn.names import BPMN, SPIFF, TASKS, definitions_of, id_of, kind_of
from engine.workflow.bpmn.services import lost, plain_name, spread

_MESSAGE = f"{BPMN}messageEventDefinition"
_SAME_NAME = "messageVariable"


def put_mappings(
    draft: Draft,
    node: etree._Element,
    inputs: list[tuple[str, str]],
    outputs: list[tuple[str, str]],
) -> None:
    """The mappings of what is not a service: scripts before and after, or after a message's event."""
    if kind_of(node) in TASKS:
        if kind_of(node) == "userTask" and id_of(node).isidentifier():
            outputs = [(key, seen_through(feel, id_of(node))) for key, feel in outputs]
        draft.put_script(node, "preScript", inputs)
        draft.put_script(node, "postScript", outputs)
        return
    if node.find(_MESSAGE) is not None and not inputs and kind_of(node) != "endEvent":
        draft.put_script(node, "postScript", outputs)
        return
    for name, _ in (*inputs, *outputs):
        lost(draft, id_of(node), f"el dato «{name}»", "un evento así no calcula datos")


def spread_forms(draft: Draft) -> None:
    """The fields of a form are data of the process by themselves in those tools: so they are here too."""
    for task in draft.nodes("userTask"):
        identifier = id_of(task)
        if task.find(f"{BPMN}extensionElements/{SPIFF}postScript") is not None:
            continue
        if not identifier.isidentifier():
            message = "los campos de su formulario no se ven sueltos: su id no es un nombre de FEEL"
            draft.note(warning("form-data", identifier, message))
            continue
        spread(draft, task, identifier)
        message = f"los campos del formulario quedan como datos sueltos y en «{identifier}»"
        draft.note(info("form-data", identifier, message))


def tell_untyped(draft: Draft) -> None:
    """Those tools go past a task without a kind; here a person says that it is done."""
    for task in draft.nodes("task", "manualTask"):
        message = "es una tarea sin programa: una persona tiene que darla por hecha"
        draft.note(info("untyped", id_of(task), message))


def spread_messages(draft: Draft) -> None:
    """What a message brings is data by itself: a step after its event puts it there."""
    for scope in list(draft.scopes()):
        for identifier, node in scope.nodes.items():
            kind = kind_of(node)
            if kind == "receiveTask":
                _name_payload(draft, node, node, identifier)
                continue
            catches = kind in ("intermediateCatchEvent", "boundaryEvent", "startEvent")
            definition = node.find(_MESSAGE)
            if not catches or definition is None or len(definitions_of(node)) != 1:
                continue
            if kind == "startEvent" and kind_of(scope.element) == "process":
                continue
            step = draft.insert_after(scope, identifier, f"{identifier}.data")
            _move_outputs(draft, node, step, _name_payload(draft, definition, step, identifier))


def _name_payload(
    draft: Draft, definition: etree._Element, step: etree._Element, identifier: str
) -> str:
    """Keep what the message brings under a name, and put its entries into the data after a step."""
    variable = f"{plain_name(identifier)}_message"
    place = draft.extensions(definition)
    if place.find(f"{SPIFF}{_SAME_NAME}") is None:
        etree.SubElement(place, f"{SPIFF}{_SAME_NAME}").text = variable
    if step is definition:
        _see_outputs_through(step, variable)
    spread(draft, step, variable)
    message = f"lo que trae el mensaje queda como datos sueltos y en «{variable}»"
    draft.note(info("message-data", identifier, message))
    return variable


def _see_outputs_through(node: etree._Element, variable: str) -> None:
    script = node.find(f"{BPMN}extensionElements/{SPIFF}postScript")
    if script is not None and script.text:
        script.text = seen_through(script.text, variable)


def _move_outputs(draft: Draft, event: etree._Element, step: etree._Element, variable: str) -> None:
    """An event computes nothing: its outputs are those of the step after it."""
    script = event.find(f"{BPMN}extensionElements/{SPIFF}postScript")
    if script is None:
        return
    place = draft.extensions(step)
    for old in place.findall(f"{SPIFF}postScript"):
        place.remove(old)
    place.append(script)
    _see_outputs_through(step, variable)
