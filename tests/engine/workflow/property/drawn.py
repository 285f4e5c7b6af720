"""Models for the property tests: what the reference interprets and the BPMN that says the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

_HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="d" targetNamespace="x">'
)
ACTIVITIES = frozenset(["user", "script", "service", "sub", "call"])


@dataclass(frozen=True)
class Condition:
    """A datum compared with a number: `=` or `<`."""

    key: str
    sign: str
    value: int

    def holds(self, data: dict[str, Any]) -> bool:
        found = data.get(self.key)
        if not isinstance(found, int):
            return False
        return found == self.value if self.sign == "=" else found < self.value


@dataclass(frozen=True)
class Flow:
    source: str
    target: str
    condition: Condition | None = None
    default: bool = False


@dataclass(frozen=True)
class Repeat:
    """How an activity repeats.

    kind: `loop`, `in turn` or `at once`. count: the number of times; None when it follows the list
    `items`. item, output, out: the names of the element, of the list of results and of each result.
    """

    kind: str
    count: int | None = None
    items: str = ""
    item: str = ""
    output: str = ""
    out: str = ""


@dataclass(frozen=True)
class Node:
    """An element. writes: what a script writes, +1 for a counter. event: what it waits for or throws."""

    id: str
    kind: str
    writes: tuple[tuple[str, int | str], ...] = ()
    event: str = ""
    later: bool = False
    inside: Scope | None = None
    attached: str = ""
    interrupts: bool = True
    repeat: Repeat | None = None


@dataclass
class Scope:
    """A process or a subprocess."""

    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)

    def add(self, node: Node) -> str:
        self.nodes[node.id] = node
        return node.id

    def flow(
        self, source: str, target: str, condition: Condition | None = None, default: bool = False
    ) -> None:
        self.flows.append(Flow(source, target, condition, default))

    def into(self, node: str) -> list[Flow]:
        return [flow for flow in self.flows if flow.target == node]

    def out_of(self, node: str) -> list[Flow]:
        return [flow for flow in self.flows if flow.source == node]

    def borders(self, node: str) -> list[Node]:
        return [each for each in self.nodes.values() if each.attached == node]

    def start(self) -> Node:
        return next(node for node in self.nodes.values() if node.kind == "start")

    def everything(self) -> list[Node]:
        """The nodes, those inside others too."""
        found = []
        for node in self.nodes.values():
            found.append(node)
            if node.inside is not None:
                found.extend(node.inside.everything())
        return found


def xml_of(scope: Scope) -> bytes:
    """The BPMN of a model."""
    calls = [node for node in scope.everything() if node.kind == "call"]
    processes = [_process("p", scope), *(_process(f"{c.id}_called", c.inside) for c in calls)]
    named = "".join(
        f'<bpmn:{kind} id="{kind}_{node.id}" name="{node.id}"/>'
        for node in scope.everything()
        for kind in (node.event,)
        if kind in ("message", "signal")
    )
    codes = "".join(
        f'<bpmn:{kind} id="{kind}_x" name="{kind}_x" {kind}Code="x"/>'
        for kind in ("error", "escalation")
    )
    return f"{_HEAD}{named}{codes}{''.join(processes)}</bpmn:definitions>".encode()


def _process(identifier: str, scope: Scope | None) -> str:
    assert scope is not None
    return f'<bpmn:process id="{identifier}" isExecutable="true">{_inside(scope)}</bpmn:process>'


def _inside(scope: Scope) -> str:
    parts = [_element(node, scope) for node in scope.nodes.values()]
    for number, flow in enumerate(scope.flows):
        condition = flow.condition
        said = (
            ""
            if condition is None
            else "<bpmn:conditionExpression>"
            + escape(f"{condition.key} {condition.sign} {condition.value}")
            + "</bpmn:conditionExpression>"
        )
        parts.append(
            f'<bpmn:sequenceFlow id="{_flow_id(flow, number)}" sourceRef="{flow.source}" '
            f'targetRef="{flow.target}">{said}</bpmn:sequenceFlow>'
        )
    return "".join(parts)


def _flow_id(flow: Flow, number: int) -> str:
    return f"f{number}_{flow.source}_{flow.target}"


_TAGS = {
    "start": "startEvent",
    "end": "endEvent",
    "terminate": "endEvent",
    "throw": "endEvent",
    "user": "userTask",
    "script": "scriptTask",
    "service": "serviceTask",
    "xor": "exclusiveGateway",
    "and": "parallelGateway",
    "or": "inclusiveGateway",
    "choice": "eventBasedGateway",
    "catch": "intermediateCatchEvent",
    "raise": "intermediateThrowEvent",
    "border": "boundaryEvent",
    "sub": "subProcess",
    "call": "callActivity",
}


def _element(node: Node, scope: Scope) -> str:
    tag = _TAGS[node.kind]
    attributes = f'id="{node.id}"'
    extension, rest = "", ""
    if node.kind == "terminate":
        rest = "<bpmn:terminateEventDefinition/>"
    elif node.event:
        rest = _event(node)
    if node.kind == "border":
        attributes += (
            f' attachedToRef="{node.attached}" cancelActivity="{str(node.interrupts).lower()}"'
        )
    elif node.kind == "script":
        attributes += ' scriptFormat="feel"'
        rest = f"<bpmn:script>{escape(_script(node))}</bpmn:script>"
    elif node.kind == "service":
        name = "later/act" if node.later else "now/act"
        extension = (
            f'<bpmn:extensionElements><spiffworkflow:serviceTaskOperator id="{name}" '
            f'resultVariable="{node.id}"><spiffworkflow:parameters/>'
            "</spiffworkflow:serviceTaskOperator></bpmn:extensionElements>"
        )
    elif node.kind == "call":
        attributes += f' calledElement="{node.id}_called"'
    elif node.kind == "sub":
        assert node.inside is not None
        rest = _inside(node.inside)
    default = next(
        (
            _flow_id(flow, number)
            for number, flow in enumerate(scope.flows)
            if flow.source == node.id and flow.default
        ),
        None,
    )
    if default is not None:
        attributes += f' default="{default}"'
    incoming = "".join(
        f"<bpmn:incoming>{_flow_id(flow, number)}</bpmn:incoming>"
        for number, flow in enumerate(scope.flows)
        if flow.target == node.id
    )
    outgoing = "".join(
        f"<bpmn:outgoing>{_flow_id(flow, number)}</bpmn:outgoing>"
        for number, flow in enumerate(scope.flows)
        if flow.source == node.id
    )
    repeat = "" if node.repeat is None else _repeat(node.repeat)
    return f"<bpmn:{tag} {attributes}>{extension}{incoming}{outgoing}{repeat}{rest}</bpmn:{tag}>"


def _event(node: Node) -> str:
    if node.event == "timer":
        return (
            "<bpmn:timerEventDefinition><bpmn:timeDuration>P1D</bpmn:timeDuration>"
            "</bpmn:timerEventDefinition>"
        )
    named = f"{node.event}_{node.id}" if node.event in ("message", "signal") else f"{node.event}_x"
    return f'<bpmn:{node.event}EventDefinition {node.event}Ref="{named}"/>'


def _script(node: Node) -> str:
    entries = [
        f"{key}: (if {key} = null then 0 else {key}) + 1" if value == "+1" else f"{key}: {value}"
        for key, value in node.writes
    ]
    return "{ " + ", ".join(entries) + " }"


def _repeat(repeat: Repeat) -> str:
    if repeat.kind == "loop":
        return f'<bpmn:standardLoopCharacteristics loopMaximum="{repeat.count}"/>'
    source = (
        f"<bpmn:loopCardinality>{repeat.count}</bpmn:loopCardinality>"
        if repeat.count is not None
        else f"<bpmn:loopDataInputRef>{repeat.items}</bpmn:loopDataInputRef>"
    )
    output = (
        f"<bpmn:loopDataOutputRef>{repeat.output}</bpmn:loopDataOutputRef>" if repeat.output else ""
    )
    item = f'<bpmn:inputDataItem id="{repeat.item}" name="{repeat.item}"/>' if repeat.item else ""
    out = f'<bpmn:outputDataItem id="{repeat.out}" name="{repeat.out}"/>' if repeat.output else ""
    return (
        "<bpmn:multiInstanceLoopCharacteristics "
        f'isSequential="{str(repeat.kind == "in turn").lower()}">{source}{output}{item}{out}'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )
