"""What a model says of each element: its name, its lane, its properties, where it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

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
        "transaction",
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
class Lane:
    """A pool or a lane, and where its frame is drawn."""

    id: str
    name: str
    box: Box
    sheet: str = ""


@dataclass(frozen=True)
class Element:
    """A flow node of a model. `properties` are those of its extension elements.

    process: the key of the process that it is in; calls: of the one that a call activity calls; sheet:
    of the one whose diagram it is drawn in, empty for the first diagram.
    """

    id: str
    kind: str
    name: str
    lane: str
    attached_to: str | None
    properties: Mapping[str, str]
    box: Box | None
    events: tuple[str, ...] = ()
    label: Box | None = None
    process: str = ""
    calls: str = ""
    sheet: str = ""


@dataclass(frozen=True)
class Flow:
    """A sequence flow and the points of its line. sheet: as of an element."""

    id: str
    name: str
    source: str
    target: str
    points: tuple[tuple[float, float], ...]
    label: Box | None = None
    sheet: str = ""


@dataclass(frozen=True)
class Elements:
    """The nodes of a model by id, in the model's order, its flows, and the frames around them.

    sheets: the other diagrams, each by the key of the process that it draws, with its name.
    """

    nodes: Mapping[str, Element]
    flows: tuple[Flow, ...] = field(default=())
    pools: tuple[Lane, ...] = field(default=())
    lanes: tuple[Lane, ...] = field(default=())
    sheets: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def ways(self) -> tuple[Flow, ...]:
        """The flows, and the way into each called process and out of it, back to what follows the call."""
        leaving = {flow.source for flow in self.flows}
        found = list(self.flows)
        for call in self.nodes.values():
            after = [flow for flow in self.flows if flow.source == call.id]
            for node in self.nodes.values() if call.calls else ():
                if node.process == call.calls and node.kind == "startEvent":
                    found.append(Flow("", "", call.id, node.id, ()))
                elif node.process == call.calls and node.id not in leaving:
                    found += [Flow("", "", node.id, flow.target, ()) for flow in after]
        return tuple(found)

    def in_order(self) -> tuple[Element, ...]:
        """The nodes as they are written, those of a called process after its first call."""
        called = {node.calls for node in self.nodes.values() if node.calls}
        found: dict[str, Element] = {}

        def take(nodes: Iterable[Element]) -> None:
            for node in nodes:
                if node.id not in found:
                    found[node.id] = node
                    inside = (each for each in self.nodes.values() if each.process == node.calls)
                    take(inside if node.calls else ())

        take(node for node in self.nodes.values() if node.process not in called)
        return tuple(found.values())

    def on(self, sheet: str) -> Elements:
        """What is drawn in one diagram: the first one is the empty name."""
        return Elements(
            {key: node for key, node in self.nodes.items() if node.sheet == sheet},
            tuple(flow for flow in self.flows if flow.sheet == sheet),
            tuple(pool for pool in self.pools if pool.sheet == sheet),
            tuple(lane for lane in self.lanes if lane.sheet == sheet),
        )


@lru_cache(maxsize=256)
def elements_of(definition: Definition) -> Elements:
    """Read the elements of a parsed model, once for each."""
    root = parse_xml(definition.xml, max_bytes=MAX_BYTES)
    drawing = _drawing(root)
    properties = _properties(definition, root)
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
                    drawing.lines.get(identifier, ()),
                    drawing.labels.get(identifier),
                    drawing.sheets.get(identifier, ""),
                )
            )
        elif kind in _FLOW_NODES:
            nodes[identifier] = _element(node, kind, lanes, drawing, properties)
    return Elements(
        nodes,
        tuple(flows),
        _frames(root, "participant", drawing),
        _frames(root, "lane", drawing),
        _sheets(root),
    )


def _sheets(root: etree._Element) -> Mapping[str, str]:
    names = {
        str(node.get("id")): str(node.get("name") or "") for node in root.iter(f"{BPMN}process")
    }
    planes = [str(plane.get("bpmnElement")) for plane in root.iter(f"{_DI}BPMNPlane")]
    return {key: names[key] for key in planes[1:] if key in names}


def _frames(root: etree._Element, kind: str, drawing: _Drawing) -> tuple[Lane, ...]:
    return tuple(
        Lane(
            identifier,
            " ".join((node.get("name") or "").split()),
            drawing.boxes[identifier],
            drawing.sheets.get(identifier, ""),
        )
        for node in root.iter(f"{BPMN}{kind}")
        if (identifier := str(node.get("id"))) in drawing.boxes
    )


def _properties(definition: Definition, root: etree._Element) -> Mapping[str, Mapping[str, str]]:
    """The properties of each element, also those that its author said in another tool's words."""
    if definition.normalised not in (b"", definition.xml):
        root = parse_xml(definition.normalised, max_bytes=MAX_BYTES)
    return {
        str(node.get("id")): {
            str(item.get("name")): str(item.get("value") or "")
            for item in place.findall(f"{SPIFF}properties/{SPIFF}property")
        }
        for place in root.iter(f"{BPMN}extensionElements")
        if (node := place.getparent()) is not None
    }


def _element(
    node: etree._Element,
    kind: str,
    lanes: Mapping[str, str],
    drawing: _Drawing,
    properties: Mapping[str, Mapping[str, str]],
) -> Element:
    identifier = str(node.get("id"))
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
        properties.get(identifier, {}),
        drawing.boxes.get(identifier),
        events,
        drawing.labels.get(identifier),
        next((str(above.get("id")) for above in node.iterancestors(f"{BPMN}process")), ""),
        str(node.get("calledElement") or ""),
        drawing.sheets.get(identifier, ""),
    )


@dataclass(frozen=True)
class _Drawing:
    """What the diagrams of a model say: shapes, lines and the places of their names, by element.

    sheets: the process of the diagram that an element is in, when it is not the first one.
    """

    boxes: Mapping[str, Box]
    lines: Mapping[str, tuple[tuple[float, float], ...]]
    labels: Mapping[str, Box]
    sheets: Mapping[str, str]


def _drawing(root: etree._Element) -> _Drawing:
    boxes: dict[str, Box] = {}
    lines: dict[str, tuple[tuple[float, float], ...]] = {}
    labels: dict[str, Box] = {}
    sheets = {
        str(shape.get("bpmnElement")): str(plane.get("bpmnElement"))
        for plane in list(root.iter(f"{_DI}BPMNPlane"))[1:]
        for shape in plane
    }
    for shape in root.iter(f"{_DI}BPMNShape", f"{_DI}BPMNEdge"):
        element = str(shape.get("bpmnElement"))
        box = _bounds(shape.find(f"{_DC}Bounds"))
        label = _bounds(shape.find(f"{_DI}BPMNLabel/{_DC}Bounds"))
        if box is not None:
            boxes[element] = box
        if label is not None:
            labels[element] = label
        points = shape.findall(f"{_DD}waypoint")
        if points:
            lines[element] = tuple(
                (float(point.get("x") or 0), float(point.get("y") or 0)) for point in points
            )
    return _Drawing(boxes, lines, labels, sheets)


def _bounds(node: etree._Element | None) -> Box | None:
    if node is None:
        return None
    x, y, width, height = (float(node.get(key) or 0) for key in ("x", "y", "width", "height"))
    return Box(x, y, width, height)
