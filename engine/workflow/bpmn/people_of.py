"""Who does a task, as other tools say it, in this engine's properties: official, candidates, role, unit."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from lxml import etree

from engine.people.roles import roles
from engine.workflow.bpmn.drawing import Draft
from engine.workflow.bpmn.findings import warning
from engine.workflow.bpmn.juel import is_expression
from engine.workflow.bpmn.names import id_of
from engine.workflow.bpmn.services import feel_or_note, lost

_ID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_UNIT = re.compile(r"^[A-Z][A-Z0-9_-]{1,19}$")
_FORM = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Said:
    """What a tool says of a person's task; empty where it says nothing."""

    assignee: str = ""
    users: str = ""
    groups: str = ""
    due: str = ""
    follow_up: str = ""
    priority: str = ""
    form: str = ""


def assign(draft: Draft, node: etree._Element, said: Said) -> None:
    """Give a person's task the properties of what a tool said of it."""
    element = id_of(node)
    _assignee(draft, node, said.assignee)
    _users(draft, node, said.users)
    _groups(draft, node, said.groups)
    if said.due:
        why = "ponga en «due» una regla de plazo del ayuntamiento"
        lost(draft, element, f"la fecha límite «{said.due}»", why)
    if said.follow_up:
        _computed(draft, node, "followUp", said.follow_up, "la fecha de seguimiento")
    if said.priority:
        _computed(draft, node, "priority", said.priority, "la prioridad")
    if said.form:
        _form(draft, node, said.form)


def _computed(draft: Draft, node: etree._Element, name: str, text: str, what: str) -> None:
    """A property that is plain text, or FEEL after `=`."""
    if not is_expression(text):
        draft.put_property(node, name, text.strip())
        return
    feel = feel_or_note(draft, id_of(node), text, what)
    if feel is not None:
        draft.put_property(node, name, f"={feel}")


def _assignee(draft: Draft, node: etree._Element, text: str) -> None:
    if not text:
        return
    if is_expression(text) or _ID.match(text.strip()):
        _computed(draft, node, "official", text, "la persona asignada")
        return
    why = "«official» lleva el identificador de una persona del ayuntamiento"
    lost(draft, id_of(node), f"la persona asignada «{text}»", why)


def _users(draft: Draft, node: etree._Element, text: str) -> None:
    if not text:
        return
    if is_expression(text):
        _computed(draft, node, "candidates", text, "las personas candidatas")
        return
    known: list[str] = []
    unknown: list[str] = []
    for name in text.split(","):
        (known if _ID.match(name.strip()) else unknown).append(name.strip())
    if known:
        draft.put_property(node, "candidates", f"={json.dumps(known)}")
    if unknown:
        why = "«candidates» lleva identificadores de personas del ayuntamiento"
        lost(draft, id_of(node), f"las personas candidatas «{', '.join(unknown)}»", why)


def _groups(draft: Draft, node: etree._Element, text: str) -> None:
    """A group is a role that the town hall has, or else the code of a unit."""
    if not text:
        return
    if is_expression(text):
        _computed(draft, node, "unit", text, "el grupo candidato")
        return
    kept: dict[str, str] = {}
    dropped = []
    for name in (each.strip() for each in text.split(",")):
        kind = "role" if name in roles() else "unit" if _UNIT.match(name) else ""
        if not kind or kind in kept:
            dropped.append(name)
        else:
            kept[kind] = name
    for kind, name in kept.items():
        draft.put_property(node, kind, name)
    if dropped:
        why = "no es un papel ni el código de una unidad, o ya hay otro"
        lost(draft, id_of(node), f"el grupo candidato «{', '.join(dropped)}»", why)


def _form(draft: Draft, node: etree._Element, text: str) -> None:
    """The form's name: the last part of its address, without its extension."""
    if is_expression(text):
        lost(draft, id_of(node), f"el formulario «{text}»", "su nombre no puede ser un cálculo")
        return
    name = _FORM.sub("_", text.rpartition("/")[2].rpartition(":")[2].partition(".")[0])
    if draft.put_property(node, "form", name):
        message = f"usa el formulario «{name}»: hay que escribirlo en staff/{name}.json"
        draft.note(warning("form", id_of(node), message))
