"""Link events: each throw goes on at the catch of its name, as if a flow joined them."""

from __future__ import annotations

from lxml import etree

from engine.workflow.bpmn.drawing import Draft, Scope
from engine.workflow.bpmn.findings import error, info
from engine.workflow.bpmn.names import BPMN, definitions_of, id_of, kind_of

_LINK = f"{BPMN}linkEventDefinition"


def join_links(draft: Draft) -> None:
    """Make plain events of the link events, with a flow from each throw to its catch."""
    for scope in draft.scopes():
        throws, catches = _events(scope)
        for name, found in catches.items():
            for extra in found[1:]:
                message = f"hay más de un destino del enlace «{name}» en el mismo proceso"
                draft.note(error("link", id_of(extra), message))
            if name not in throws:
                message = f"ningún enlace va a «{name}»: no se llega nunca"
                draft.note(error("link", id_of(found[0]), message))
        for name, sources in throws.items():
            for source in sources:
                _join(draft, scope, source, name, catches.get(name, []))
        for event in (*_each(throws), *_each(catches)):
            _make_plain(draft, event)


def _events(
    scope: Scope,
) -> tuple[dict[str, list[etree._Element]], dict[str, list[etree._Element]]]:
    throws: dict[str, list[etree._Element]] = {}
    catches: dict[str, list[etree._Element]] = {}
    for node in scope.nodes.values():
        link = node.find(_LINK)
        if link is None:
            continue
        name = (link.get("name") or node.get("name") or "").strip()
        kind = kind_of(node)
        if kind in ("intermediateThrowEvent", "endEvent"):
            throws.setdefault(name, []).append(node)
        elif kind == "intermediateCatchEvent":
            catches.setdefault(name, []).append(node)
    return throws, catches


def _each(found: dict[str, list[etree._Element]]) -> list[etree._Element]:
    return [event for events in found.values() for event in events]


def _join(
    draft: Draft, scope: Scope, source: etree._Element, name: str, targets: list[etree._Element]
) -> None:
    identifier = id_of(source)
    if not targets:
        message = f"el enlace «{name}» no tiene destino en su mismo proceso"
        draft.note(error("link", identifier, message))
        return
    if scope.outgoing.get(identifier):
        draft.note(error("link", identifier, "de un enlace que lanza no puede salir ningún flujo"))
        return
    target = id_of(targets[0])
    draft.flow(scope.element, identifier, target, f"{identifier}.link")
    draft.note(info("link", identifier, f"el enlace se convierte en un flujo hasta «{target}»"))


def _make_plain(draft: Draft, event: etree._Element) -> None:
    """An event that does nothing: SpiffWorkflow lets it pass."""
    for link in event.findall(_LINK):
        draft.remove(link)
    if not definitions_of(event):
        event.tag = f"{BPMN}intermediateThrowEvent"
