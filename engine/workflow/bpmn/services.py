"""Service calls of other tools, written as calls of this town hall's named services."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from engine.workflow.bpmn.drawing import Draft
from engine.workflow.bpmn.expressions import seen_through
from engine.workflow.bpmn.findings import error, info, warning
from engine.workflow.bpmn.juel import NotTranslatable, to_feel, value_to_feel
from engine.workflow.bpmn.names import BPMN, SPIFF, id_of

_NAME = re.compile(r"^[^\W\d]\w*$")


def plain_name(text: str) -> str:
    """A text as a name that FEEL can say."""
    name = re.sub(r"\W", "_", text)
    return name if _NAME.match(name) else f"_{name}"


def call(
    draft: Draft,
    node: etree._Element,
    name: str,
    parameters: Iterable[tuple[str, str]] = (),
    result: str | None = None,
    outputs: Iterable[tuple[str, str]] = (),
) -> None:
    """Make a node call a service by name. parameters, outputs: names and FEEL.

    Without a result variable, what the service answers becomes data, name by name, as in the tools
    that the models come from.
    """
    node.tag = f"{BPMN}serviceTask"
    place = draft.extensions(node)
    if place.find(f"{SPIFF}serviceTaskOperator") is not None:
        return
    outputs = tuple(outputs)
    variable = result or plain_name(f"{id_of(node)}_result")
    operator = etree.SubElement(
        place, f"{SPIFF}serviceTaskOperator", id=name, resultVariable=variable
    )
    listed = etree.SubElement(operator, f"{SPIFF}parameters")
    for key, feel in parameters:
        etree.SubElement(listed, f"{SPIFF}parameter", id=key, type="any", value=feel)
    if outputs:
        draft.put_script(
            node, "postScript", [(key, seen_through(feel, variable)) for key, feel in outputs]
        )
    elif result is None:
        spread(draft, node, variable)
    draft.note(
        info(
            "service",
            id_of(node),
            f"llama al servicio «{name}», que tiene que existir con ese nombre",
        )
    )


def spread(draft: Draft, node: etree._Element, variable: str) -> None:
    """After a node, put the entries of a context into the data, each with its name."""
    place = draft.extensions(node)
    if place.find(f"{SPIFF}postScript") is None:
        script = etree.SubElement(place, f"{SPIFF}postScript")
        script.text = f"if get entries({variable}) = null then {{}} else {variable}"


def feel_or_note(
    draft: Draft, element: str, text: str, what: str, *, value: bool = False
) -> str | None:
    """The FEEL of a text, or None and an error that names the element."""
    try:
        return value_to_feel(text) if value else to_feel(text)
    except NotTranslatable as reason:
        message = f"{what} «{' '.join(text.split())[:80]}» no se puede escribir en FEEL: {reason}"
        draft.note(error("expression", element, message))
        return None


def decide(draft: Draft, node: etree._Element, decision: str, result: str | None) -> None:
    """Make a node take a decision of the package."""
    node.tag = f"{BPMN}businessRuleTask"
    place = draft.extensions(node)
    if place.find(f"{SPIFF}calledDecisionId") is None:
        called = etree.SubElement(place, f"{SPIFF}calledDecisionId")
        called.text = decision
    if result:
        draft.put_property(node, "resultVariable", result)
    draft.note(info("decision", id_of(node), f"toma la decisión «{decision}» del paquete"))


def lost(draft: Draft, element: str, what: str, why: str = "") -> None:
    """Tell what of another tool is not kept."""
    draft.note(warning("lost", element, f"se pierde {what}{': ' + why if why else ''}"))
