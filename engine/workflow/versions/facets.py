"""What a model says of each element, facet by facet, so that two versions can be compared in words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache

from lxml import etree

from engine.workflow.definitions import BPMN, MAX_BYTES, SPIFF, Definition
from engine.workflow.elements import elements_of
from signatures.safe_xml import parse_xml

NAME, LANE, KIND, ATTACHED, INTERRUPTING = "name", "lane", "kind", "attached", "interrupting"
TIMER, CONDITION, SCRIPT, SERVICE, RESULT = "timer", "condition", "script", "service", "result"
CALLED, EVENT, REPEATED, DEFAULT, REST = "called", "event", "repeated", "default", "rest"
SOURCE, TARGET = "source", "target"
PROPERTY, PARAMETER = "property:", "parameter:"

_EVENT = "EventDefinition"
_LOOPS = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
_TOLD = frozenset(["incoming", "outgoing", "documentation", "extensionElements", "script"])


@lru_cache(maxsize=256)
def node_facets(definition: Definition) -> Mapping[str, Mapping[str, str]]:
    """The facets of each flow node by its id; a facet that a node has not is not there."""
    known = elements_of(definition).nodes
    named = _named_events(definition)
    found: dict[str, Mapping[str, str]] = {}
    for node in _root(definition).iter():
        identifier = _id(node)
        if identifier in known and node.tag == f"{BPMN}{known[identifier].kind}":
            base = {
                NAME: known[identifier].name,
                LANE: known[identifier].lane,
                KIND: known[identifier].kind,
                ATTACHED: known[identifier].attached_to or "",
            }
            facets = {**base, **dict(_own(node)), **dict(_events(node, named))}
            found[identifier] = {key: value for key, value in facets.items() if value}
    return found


@lru_cache(maxsize=256)
def flow_facets(definition: Definition) -> Mapping[str, Mapping[str, str]]:
    """The facets of each sequence flow by its id."""
    found: dict[str, Mapping[str, str]] = {}
    for node in _root(definition).iter(f"{BPMN}sequenceFlow"):
        facets = {
            NAME: " ".join((node.get("name") or "").split()),
            SOURCE: str(node.get("sourceRef")),
            TARGET: str(node.get("targetRef")),
            CONDITION: _text(node.find(f"{BPMN}conditionExpression")),
        }
        found[_id(node)] = {key: value for key, value in facets.items() if value}
    return found


def _root(definition: Definition) -> etree._Element:
    return parse_xml(definition.xml, max_bytes=MAX_BYTES)


def _id(node: etree._Element) -> str:
    return str(node.get("id") or "") if isinstance(node.tag, str) else ""


def _text(node: etree._Element | None) -> str:
    return "" if node is None else " ".join("".join(map(str, node.itertext())).split())


def _own(node: etree._Element) -> Iterator[tuple[str, str]]:
    """What a node says of itself."""
    yield SCRIPT, _text(node.find(f"{BPMN}script"))
    yield DEFAULT, str(node.get("default") or "")
    yield CALLED, str(node.get("calledElement") or "")
    if node.tag == f"{BPMN}boundaryEvent":
        yield INTERRUPTING, "no" if node.get("cancelActivity") == "false" else "sí"
    for name in _LOOPS:
        loop = node.find(f"{BPMN}{name}")
        if loop is not None:
            yield REPEATED, _canonical(loop)
    extensions = node.find(f"{BPMN}extensionElements")
    if extensions is not None:
        yield from _extensions(extensions)


def _extensions(node: etree._Element) -> Iterator[tuple[str, str]]:
    for item in node.iter(f"{SPIFF}property"):
        yield f"{PROPERTY}{item.get('name')}", str(item.get("value") or "")
    for operator in node.iter(f"{SPIFF}serviceTaskOperator"):
        yield SERVICE, str(operator.get("id") or "")
        yield RESULT, str(operator.get("resultVariable") or "")
        for item in operator.iter(f"{SPIFF}parameter"):
            yield f"{PARAMETER}{item.get('id')}", str(item.get("value") or "")
    rest = [
        _canonical(child)
        for child in node
        if child.tag not in (f"{SPIFF}properties", f"{SPIFF}serviceTaskOperator")
    ]
    if rest:
        yield REST, hashlib.sha256("\n".join(rest).encode()).hexdigest()


def _events(node: etree._Element, named: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The events that a node waits for or throws: their timers and conditions apart."""
    words = []
    for child in node:
        if not isinstance(child.tag, str) or not child.tag.endswith(_EVENT):
            continue
        kind = child.tag[len(BPMN) : -len(_EVENT)]
        if kind == "timer":
            yield TIMER, _text(child)
        elif kind == "conditional":
            yield CONDITION, _text(child)
        reference = next((value for key, value in child.items() if key.endswith("Ref")), "")
        words.append(f"{kind} {named.get(str(reference), str(reference))}".strip())
    yield EVENT, ", ".join(words)
    message = node.get("messageRef")
    if message:
        yield EVENT, named.get(message, message)


def _named_events(definition: Definition) -> Mapping[str, str]:
    """The names of messages, signals, errors and escalations by id."""
    kinds = [f"{BPMN}{name}" for name in ("message", "signal", "error", "escalation")]
    return {
        _id(node): str(node.get("name") or node.get("errorCode") or _id(node))
        for node in _root(definition).iter(*kinds)
    }


def _canonical(node: etree._Element) -> str:
    return etree.tostring(node, method="c14n2", with_comments=False, strip_text=True).decode()
