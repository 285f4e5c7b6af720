"""Data objects, inputs and outputs: here data travels with the token, under a name that all see."""

from __future__ import annotations

import re

from lxml import etree

from engine.workflow.bpmn.drawing import Draft
from engine.workflow.bpmn.findings import error, info, warning
from engine.workflow.bpmn.juel import NotTranslatable, to_feel
from engine.workflow.bpmn.names import BPMN, SCOPES, id_of, kind_of, owner_of

_NAME = re.compile(r"^[^\W\d]\w*$")


def settle_data(draft: Draft) -> None:
    """Say what becomes of data objects and stores; turn the associations that do something to scripts."""
    objects = _object_names(draft)
    for reference in draft.nodes("dataStoreReference"):
        message = "los almacenes de datos no se admiten: use un servicio que lea o guarde"
        draft.note(error("refused", id_of(reference), message))
    for store in draft.root.findall(f"{BPMN}dataStore"):
        draft.remove(store)
    for association in draft.nodes("dataInputAssociation", "dataOutputAssociation"):
        _association(draft, association, objects)
    _specifications(draft, objects)
    for node in draft.nodes("dataObject"):
        message = (
            f"el objeto de datos es el dato «{objects[id_of(node)]}», que ven los pasos siguientes"
        )
        draft.note(info("data-object", id_of(node), message))
        if node.get("isCollection") == "true":
            draft.note(info("data-object", id_of(node), "el dato es una lista"))


def _object_names(draft: Draft) -> dict[str, str]:
    """The data's name of each data object and of each reference to one."""
    text = " ".join(
        (node.text or "") + " ".join(str(value) for value in node.attrib.values())
        for node in draft.root.iter(etree.Element)
        if kind_of(node) not in ("dataObject", "dataObjectReference")
    )
    names = {}
    for node in draft.nodes("dataObject"):
        identifier, name = id_of(node), node.get("name") or ""
        used = _NAME.match(name) and re.search(rf"\b{re.escape(name)}\b", text)
        names[identifier] = name if used else identifier
    for reference in draft.nodes("dataObjectReference"):
        wanted = str(reference.get("dataObjectRef"))
        if wanted not in names:
            message = f"la referencia nombra el objeto de datos «{wanted}», que no existe"
            draft.note(warning("reference", id_of(reference), message))
        names[id_of(reference)] = names.get(wanted, wanted)
    return names


def _text(node: etree._Element, kind: str) -> str:
    found = node.find(f"{BPMN}{kind}")
    return "" if found is None else (found.text or "").strip()


def _association(draft: Draft, association: etree._Element, objects: dict[str, str]) -> None:
    """Its assignments become a script; between equal names there is nothing to do."""
    activity = association.getparent()
    if activity is None or kind_of(activity) in SCOPES - {"subProcess", "transaction"}:
        return
    incoming = kind_of(association) == "dataInputAssociation"
    source, target = _text(association, "sourceRef"), _text(association, "targetRef")
    names = _declared(activity)
    source_name, target_name = (
        objects.get(each) or names.get(each) or each for each in (source, target)
    )
    entries = [*_assignments(draft, association)]
    transformation = _text(association, "transformation")
    if transformation and _NAME.match(target_name):
        entries += _translated(draft, association, target_name, transformation)
    elif (
        not entries
        and source_name != target_name
        and _both_are_data(source, target, objects, names)
    ):
        entries.append((target_name, source_name))
    draft.put_script(activity, "preScript" if incoming else "postScript", entries)
    if entries:
        said = ", ".join(f"{key} = {value}" for key, value in entries)
        draft.note(info("data-association", owner_of(activity), f"la asociación de datos: {said}"))
    draft.remove(association)


def _both_are_data(
    source: str, target: str, objects: dict[str, str], names: dict[str, str]
) -> bool:
    """Whether both ends have a name of their own, not only the place of a line."""
    return all(
        _NAME.match(objects.get(each) or names.get(each) or "") is not None
        for each in (source, target)
    )


def _declared(activity: etree._Element) -> dict[str, str]:
    """The names of the inputs and outputs that an activity declares, by id."""
    return {
        id_of(node): str(node.get("name"))
        for node in activity.iter(f"{BPMN}dataInput", f"{BPMN}dataOutput")
        if node.get("name")
    }


def _assignments(draft: Draft, association: etree._Element) -> list[tuple[str, str]]:
    entries: list[tuple[str, str]] = []
    for assignment in association.findall(f"{BPMN}assignment"):
        source, target = _text(assignment, "from"), _text(assignment, "to")
        if _NAME.match(target):
            entries += _translated(draft, association, target, source)
        else:
            message = f"la asignación a «{target}» no es a un dato: no se hace"
            draft.note(warning("data-association", owner_of(association), message))
    return entries


def _translated(
    draft: Draft, association: etree._Element, target: str, text: str
) -> list[tuple[str, str]]:
    try:
        return [(target, to_feel(text))]
    except NotTranslatable as reason:
        message = f"la asignación a «{target}» no es FEEL: {reason}"
        draft.note(error("data-association", owner_of(association), message))
        return []


def _specifications(draft: Draft, objects: dict[str, str]) -> None:
    """Take out what an activity declares as its inputs and outputs; SpiffWorkflow would hide the rest."""
    for specification in draft.nodes("ioSpecification"):
        activity = specification.getparent()
        if activity is None or kind_of(activity) == "process":
            continue
        names = _declared(activity)
        for kind in ("loopDataInputRef", "loopDataOutputRef"):
            for reference in activity.iter(f"{BPMN}{kind}"):
                said = (reference.text or "").strip()
                reference.text = objects.get(said) or names.get(said) or said
        draft.remove(specification)
        message = "la actividad ve todos los datos, no solo las entradas que declara"
        draft.note(info("data", owner_of(activity), message))
    for node in draft.nodes("loopDataInputRef", "loopDataOutputRef"):
        node.text = objects.get((node.text or "").strip(), (node.text or "").strip())
    for node in draft.nodes("property"):
        draft.remove(node)
