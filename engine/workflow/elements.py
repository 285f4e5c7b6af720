"""What a model says of each element: its name, its lane, its properties, where it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from engine.workflow.definitions import BPMN, MAX_BYTES, SPIFF, Definition
from signatures.safe_xml import parse_xml

_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_DC = "{http://www.omg.org/spec/DD/20100524/DC}"
_DD = "{http://www.omg.org/spec/DD/20100524/DI}"
_FLOW_NODES = frozenset(
    [
        "task",
        "userTask",
        "manualTask",
        "scriptTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "businessRuleTask",
        "callActivity",
        "subProcess",
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
        "exclusiveGateway",
        "inclusiveGateway",
        "parallelGateway",
        "eventBasedGateway",
    ]
)


@dataclass(frozen=True)
class Box:
    """Where a shape is drawn, in the diagram's own units."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Element:
    """A flow node of a model. `properties` are those of its extension elements."""

    id: str
    kind: str
    name: str
    lane: str
    attached_to: str | None
    properties: Mapping[str, str]
    box: Box | None
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flow:
    """A sequence flow and the points of its line."""

    id: str
    name: str
    source: str
    target: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Elements:
    """The nodes of a model by id, in the model's order, and its flows."""

    nodes: Mapping[str, Element]
    flows: tuple[Flow, ...] = field(default=())


@lru_cache(maxsize=256)
def elements_of(definition: Definition) -> Elements:
    """Read the elements of a parsed model, once for each."""
    root = parse_xml(definition.xml, max_bytes=MAX_BYTES)
    boxes, lines = _drawing(root)
    lanes = {
        (reference.text or "").strip(): lane.get("name") or ""
        for lane in root.iter(f"{BPMN}lane")
        for reference in lane.findall(f"{BPMN}flowNodeRef")
    }
    nodes: dict[str, Element] = {}
    flows: list[Flow] = []
    for node in root.iter():
        if not isinstance(node.tag, str) or not node.tag.startswith(BPMN):
            continue
        kind, identifier = node.tag[len(BPMN) :], str(node.get("id") or "")
        if kind == "sequenceFlow":
            flows.append(
                Flow(
                    identifier,
                    node.get("name") or "",
                    str(node.get("sourceRef")),
                    str(node.get("targetRef")),
                    lines.get(identifier, ()),
                )
            )
        elif kind in _FLOW_NODES:
            nodes[identifier] = _element(node, kind, lanes, boxes)
    return Elements(nodes, tuple(flows))


def _element(
    node: etree._Element, kind: str, lanes: Mapping[str, str], boxes: Mapping[str, Box]
) -> Element:
    identifier = str(node.get("id"))
    properties = {
        str(item.get("name")): str(item.get("value") or "")
        for item in node.findall(f"{BPMN}extensionElements/{SPIFF}properties/{SPIFF}property")
    }
    events = tuple(
        child.tag[len(BPMN) :].removesuffix("EventDefinition")
        for child in node
        if isinstance(child.tag, str) and child.tag.endswith("EventDefinition")
    )
    return Element(
        identifier,
        kind,
        " ".join((node.get("name") or "").split()),
        lanes.get(identifier, ""),
        node.get("attachedToRef"),
        properties,
        boxes.get(identifier),
        events,
    )


def _drawing(
    root: etree._Element,
) -> tuple[dict[str, Box], dict[str, tuple[tuple[float, float], ...]]]:
    boxes, lines = {}, {}
    for shape in root.iter(f"{_DI}BPMNShape"):
        bounds = shape.find(f"{_DC}Bounds")
        if bounds is not None:
            values = (float(bounds.get(key) or 0) for key in ("x", "y", "width", "height"))
            boxes[str(shape.get("bpmnElement"))] = Box(*values)
    for edge in root.iter(f"{_DI}BPMNEdge"):
        lines[str(edge.get("bpmnElement"))] = tuple(
            (float(point.get("x") or 0), float(point.get("y") or 0))
            for point in edge.findall(f"{_DD}waypoint")
        )
    return boxes, lines
