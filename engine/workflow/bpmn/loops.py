"""Multi-instance and loops, with the ways in which other tools name their collections."""

from __future__ import annotations

import re

from lxml import etree

from engine.workflow.bpmn.drawing import Draft
from engine.workflow.bpmn.expressions import seen_through
from engine.workflow.bpmn.findings import error, info, warning
from engine.workflow.bpmn.juel import NotTranslatable, is_expression, to_feel, value_to_feel
from engine.workflow.bpmn.names import (
    ACTIVITI,
    BPMN,
    CAMUNDA,
    FLOWABLE,
    SPIFF,
    ZEEBE,
    holder_of,
    id_of,
    kind_of,
)

_NAME = re.compile(r"^[^\W\d]\w*$")
_COUNTERS = {
    "nrOfInstances": "numberOfInstances",
    "nrOfCompletedInstances": "numberOfCompletedInstances",
    "nrOfActiveInstances": "numberOfActiveInstances",
}
"""How Camunda and Flowable call what BPMN itself counts."""
_COUNTER = re.compile(r"\b(" + "|".join(_COUNTERS) + r")\b")
_PEOPLES = ("userTask", "manualTask", "task")


def settle_loops(draft: Draft) -> None:
    """Write each multi-instance with BPMN's own words: its list, its item, its condition."""
    for loop in draft.nodes("multiInstanceLoopCharacteristics"):
        _vendor_collection(draft, loop)
        _zeebe_collection(draft, loop)
        _settle(draft, loop)
    for loop in draft.nodes("standardLoopCharacteristics"):
        condition = loop.find(f"{BPMN}loopCondition")
        _translate(draft, condition, holder_of(loop), "la condición del bucle")
        if condition is None and loop.get("loopMaximum") is None:
            message = "el bucle no dice hasta cuándo: póngale una condición o un máximo"
            draft.note(error("loop", holder_of(loop), message))
        elif not (loop.get("loopMaximum") or "1").isdigit():
            draft.note(error("loop", holder_of(loop), "el máximo de vueltas no es un número"))


def _vendor_collection(draft: Draft, loop: etree._Element) -> None:
    owner = holder_of(loop)
    for vendor in (CAMUNDA, FLOWABLE, ACTIVITI):
        collection = loop.attrib.pop(f"{vendor}collection", None)
        element = loop.attrib.pop(f"{vendor}elementVariable", None)
        index = loop.attrib.pop(f"{vendor}elementIndexVariable", None)
        if collection is not None:
            _put(loop, "loopDataInputRef", _collection_name(draft, loop, collection))
        if element is not None:
            _put(loop, "inputDataItem", None, id=element, name=element)
        if index is not None:
            message = f"la variable «{index}» con el número de orden no se da"
            draft.note(warning("loop", owner, message))


def _zeebe_collection(draft: Draft, loop: etree._Element) -> None:
    said = loop.find(f"{BPMN}extensionElements/{ZEEBE}loopCharacteristics")
    if said is None:
        return
    owner = holder_of(loop)
    draft.remove(said)
    _put(loop, "loopDataInputRef", _collection_name(draft, loop, said.get("inputCollection") or ""))
    if said.get("inputElement"):
        _put(
            loop, "inputDataItem", None, id=said.get("inputElement"), name=said.get("inputElement")
        )
    output, element = (
        said.get("outputCollection"),
        (said.get("outputElement") or "").lstrip("=").strip(),
    )
    if output and element:
        if not _NAME.match(element):
            activity = loop.getparent()
            name = f"{output}_item"
            if activity is not None:
                draft.put_script(activity, "postScript", [(name, _seen(activity, element))])
                loop.set(
                    "{http://spiffworkflow.org/bpmn/schema/1.0/core}scriptsOnInstances", "true"
                )
            element = name
        _put(loop, "loopDataOutputRef", output)
        _put(loop, "outputDataItem", None, id=element, name=element)
        draft.note(info("loop", owner, f"cada vez deja «{element}» en la lista «{output}»"))


def _put(loop: etree._Element, kind: str, text: str | None, **names: str | None) -> None:
    """A child of the loop, where there was none, in the order of BPMN's schema."""
    if loop.find(f"{BPMN}{kind}") is not None:
        return
    order = [
        "documentation", "extensionElements", "loopCardinality", "loopDataInputRef",
        "loopDataOutputRef", "inputDataItem", "outputDataItem", "completionCondition",
    ]  # fmt: skip
    child = etree.Element(f"{BPMN}{kind}", {key: str(value) for key, value in names.items()})
    child.text = text
    place = 0
    for at, other in enumerate(loop):
        if str(other.tag).rpartition("}")[2] in order[: order.index(kind)]:
            place = at + 1
    loop.insert(place, child)


def _collection_name(draft: Draft, loop: etree._Element, text: str) -> str:
    """The name of the list: an expression gets a name, which a script before the activity fills."""
    owner, plain = holder_of(loop), text.strip()
    if _NAME.match(plain):
        return plain
    try:
        feel = to_feel(plain) if is_expression(plain) else plain
    except NotTranslatable as reason:
        draft.note(
            error("loop", owner, f"la lista «{plain}» no se puede escribir en FEEL: {reason}")
        )
        return "list"
    if _NAME.match(feel):
        return feel
    activity = loop.getparent()
    name = f"{re.sub(r'[^A-Za-z0-9_]', '_', owner)}_items"
    if activity is not None:
        draft.put_script(activity, "listScript", [(name, feel)])
        draft.note(info("loop", owner, f"la lista {feel} se guarda como «{name}»"))
    return name


def _settle(draft: Draft, loop: etree._Element) -> None:
    owner = holder_of(loop)
    cardinality, condition = (
        loop.find(f"{BPMN}loopCardinality"),
        loop.find(f"{BPMN}completionCondition"),
    )
    collection = loop.find(f"{BPMN}loopDataInputRef")
    if cardinality is None and collection is None:
        message = "no se dice cuántas veces se hace: ponga una lista o un número"
        draft.note(error("loop", owner, message))
    elif cardinality is not None and collection is not None:
        draft.remove(cardinality)
        draft.note(warning("loop", owner, "hay una lista y un número de veces: cuenta la lista"))
    elif cardinality is not None:
        _translate(draft, cardinality, owner, "el número de veces")
    _translate(draft, condition, owner, "la condición para terminar")
    if condition is not None and condition.text:
        condition.text = _COUNTER.sub(lambda found: _COUNTERS[found[1]], condition.text)
    activity = loop.getparent()
    if (
        activity is not None
        and kind_of(activity) in _PEOPLES
        and loop.get("isSequential") != "true"
        and loop.find(f"{BPMN}loopDataOutputRef") is None
    ):
        message = (
            "la hacen varias personas a la vez y no se dice en qué lista quedan sus respuestas "
            "(loopDataOutputRef y outputDataItem): serían valores distintos del mismo dato"
        )
        draft.note(warning("loop", owner, message))
    if loop.get("behavior") not in (None, "All"):
        message = "los eventos de cada vez (behavior) no se lanzan"
        draft.note(warning("loop", owner, message))


def _translate(draft: Draft, node: etree._Element | None, owner: str, what: str) -> None:
    if node is None:
        return
    text = (node.text or "").strip()
    try:
        feel = to_feel(text) if text else value_to_feel(text)
    except NotTranslatable as reason:
        draft.note(error("expression", owner, f"{what} no es FEEL: {reason}"))
        return
    if feel != text:
        node.text = feel


def _seen(activity: etree._Element, feel: str) -> str:
    """An expression over what a service answered or a form gave, and then over the data."""
    operator = activity.find(f"{BPMN}extensionElements/{SPIFF}serviceTaskOperator")
    if operator is not None:
        return seen_through(feel, operator.get("resultVariable") or "result")
    if kind_of(activity) == "userTask" and id_of(activity).isidentifier():
        return seen_through(feel, id_of(activity))
    return feel


def run_scripts_each_time(draft: Draft) -> None:
    """In other tools the mappings of an activity that repeats are done for each of its instances."""
    for loop in draft.nodes("multiInstanceLoopCharacteristics", "standardLoopCharacteristics"):
        activity = loop.getparent()
        if activity is not None and any(
            activity.find(f"{BPMN}extensionElements/{SPIFF}{kind}") is not None
            for kind in ("preScript", "postScript")
        ):
            loop.set(f"{SPIFF}scriptsOnInstances", "true")
