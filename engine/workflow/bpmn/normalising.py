"""Models drawn in other tools, or with what BPMN lets one leave unsaid, in the form that is parsed here.

The meaning is kept; each change and each loss is told with the element that it touches. The ids of
the author's elements do not change; those of the elements that are added derive from them. A model
that needs no change is left byte by byte as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from engine.workflow.bpmn.camunda import VENDORS, translate_camunda
from engine.workflow.bpmn.data_objects import settle_data
from engine.workflow.bpmn.drawing import Draft
from engine.workflow.bpmn.ends import complete_ends
from engine.workflow.bpmn.event_texts import settle_events
from engine.workflow.bpmn.findings import Finding, error
from engine.workflow.bpmn.forks import name_flows, translate_conditions, write_gateways
from engine.workflow.bpmn.links import join_links
from engine.workflow.bpmn.loops import run_scripts_each_time, settle_loops
from engine.workflow.bpmn.names import (
    BPMN,
    FLOW_NODES,
    MAX_BYTES,
    SCOPES,
    ZEEBE,
    id_of,
    kind_of,
)
from engine.workflow.bpmn.pools import choose_process
from engine.workflow.bpmn.spreading import spread_forms, spread_messages, tell_untyped
from engine.workflow.bpmn.zeebe import translate_zeebe
from signatures.safe_xml import UnsafeXml, parse_xml

MAX_NODES = 6_000
MAX_NESTED = 30
_CACHED, _CACHED_BYTES = 64, 500_000


@dataclass(frozen=True)
class Normalised:
    """A model as it is parsed, and what was said on the way."""

    xml: bytes = field(repr=False)
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was lost that keeps the model from running."""
        return not any(item.level == "error" for item in self.findings)


def normalise(xml: bytes) -> Normalised:
    """Write a model as it is parsed here. What cannot be read is told as an error, never raised."""
    return _remembered(xml) if len(xml) <= _CACHED_BYTES else _normalised(xml)


@lru_cache(maxsize=_CACHED)
def _remembered(xml: bytes) -> Normalised:
    return _normalised(xml)


def _normalised(xml: bytes) -> Normalised:
    try:
        root = parse_xml(xml, max_bytes=MAX_BYTES)
    except UnsafeXml as reason:
        return Normalised(xml, (error("xml", "", str(reason)),))
    if root.tag != f"{BPMN}definitions":
        return Normalised(xml, (error("format", "", "El fichero no es BPMN 2.0."),))
    findings = [*_bounds(root)] or [*_identities(root)]
    if findings:
        return Normalised(xml, tuple(findings))
    draft = Draft(root)
    _rewrite(draft)
    return Normalised(draft.to_bytes() if draft.changed() else xml, tuple(draft.findings))


def _rewrite(draft: Draft) -> None:
    vendors = _vendors(draft.root)
    name_flows(draft)
    settle_events(draft)
    settle_data(draft)
    if "camunda" in vendors:
        translate_camunda(draft)
    if "zeebe" in vendors:
        translate_zeebe(draft)
    choose_process(draft)
    if vendors:
        spread_forms(draft)
        spread_messages(draft)
        tell_untyped(draft)
    settle_loops(draft)
    if vendors:
        run_scripts_each_time(draft)
    translate_conditions(draft)
    join_links(draft)
    complete_ends(draft)
    write_gateways(draft)


def _vendors(root: etree._Element) -> frozenset[str]:
    """The tools whose extensions the model has."""
    found = set()
    for node in root.iter(etree.Element):
        for name in (str(node.tag), *map(str, node.attrib)):
            if name.startswith(VENDORS):
                found.add("camunda")
            elif name.startswith(ZEEBE):
                found.add("zeebe")
    return frozenset(found)


def _bounds(root: etree._Element) -> list[Finding]:
    """A model beyond any that a person draws."""
    count = sum(1 for node in root.iter(etree.Element) if kind_of(node) in FLOW_NODES)
    if count > MAX_NODES:
        message = f"el modelo tiene {count} elementos y el máximo son {MAX_NODES}"
        return [error("size", "", message)]
    for node in root.iter(*(f"{BPMN}{kind}" for kind in SCOPES)):
        depth = sum(1 for above in node.iterancestors() if kind_of(above) in SCOPES)
        if depth > MAX_NESTED:
            message = f"hay más de {MAX_NESTED} subprocesos uno dentro de otro"
            return [error("depth", id_of(node), message)]
    return []


def _identities(root: etree._Element) -> list[Finding]:
    """Elements that nothing tells apart: two with one id, nodes and flows without id."""
    seen: set[str] = set()
    findings = []
    for node in root.iter(etree.Element):
        kind = kind_of(node)
        if not kind or kind in _NAMES_OF_DATA:
            continue
        identifier = id_of(node)
        if identifier and identifier in seen:
            findings.append(error("duplicate", identifier, "dos elementos tienen este mismo id"))
        seen.add(identifier)
        if not identifier and kind in FLOW_NODES:
            place = next((id_of(above) for above in node.iterancestors() if above.get("id")), "")
            findings.append(error("no-id", place, f"a un elemento «{kind}» le falta su id"))
    return findings[:100]


_NAMES_OF_DATA = frozenset(["inputDataItem", "outputDataItem"])
"""Their id is the name of a piece of data, which two activities may use."""
