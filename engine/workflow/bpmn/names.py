"""The words of BPMN files: namespaces and the kinds of elements."""

from __future__ import annotations

from lxml import etree

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
FLOWABLE = "{http://flowable.org/bpmn}"
ACTIVITI = "{http://activiti.org/bpmn}"
MAX_BYTES = 10_000_000

TASKS = frozenset(
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
    ]
)
GATEWAYS = frozenset(
    ["exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway"]
)
EVENTS = frozenset(
    ["startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"]
)
REFUSED_NODES = frozenset(["complexGateway", "adHocSubProcess"])
FLOW_NODES = TASKS | GATEWAYS | EVENTS | REFUSED_NODES
SCOPES = frozenset(["process", "subProcess", "transaction", "adHocSubProcess"])
EVENT_DEFINITIONS = frozenset(
    [
        "messageEventDefinition",
        "signalEventDefinition",
        "timerEventDefinition",
        "errorEventDefinition",
        "escalationEventDefinition",
        "conditionalEventDefinition",
        "cancelEventDefinition",
        "terminateEventDefinition",
        "compensateEventDefinition",
        "linkEventDefinition",
    ]
)


def kind_of(node: etree._Element) -> str:
    """The name of a BPMN element; empty for any other node."""
    tag = node.tag
    return tag[len(BPMN) :] if isinstance(tag, str) and tag.startswith(BPMN) else ""


def id_of(node: etree._Element) -> str:
    """The id of an element; empty when it has none."""
    return str(node.get("id") or "")


def owner_of(node: etree._Element) -> str:
    """The id of an element, else that of the nearest one around it; not what an extension calls so."""
    above: etree._Element | None = node
    while above is not None:
        if above.get("id") and kind_of(above):
            return str(above.get("id"))
        above = above.getparent()
    return ""


def holder_of(node: etree._Element) -> str:
    """The id of the nearest element around a node that has one."""
    parent = node.getparent()
    return "" if parent is None else owner_of(parent)


def is_event_subprocess(node: etree._Element) -> bool:
    """Whether it is a sub-process that an event starts."""
    return kind_of(node) == "subProcess" and node.get("triggeredByEvent") == "true"


def is_handler(node: etree._Element) -> bool:
    """Whether an activity undoes another one, outside the normal flow."""
    return node.get("isForCompensation") == "true"


def definitions_of(event: etree._Element) -> list[str]:
    """The kinds of an event's definitions, in its order."""
    return [kind_of(child) for child in event if kind_of(child) in EVENT_DEFINITIONS]
