"""Definitions: a BPMN model parsed once for each content, and checked before anyone can publish it."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.spiff.parser.task_spec import ServiceTaskParser

from engine.errors import TownHallError
from engine.feel.errors import FeelError
from engine.feel.expression import compile_expression
from engine.feel.values import parse_duration
from engine.workflow import library
from engine.workflow.scripting import HouseServiceTask
from signatures.safe_xml import UnsafeXml, parse_xml

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
RULE_PREFIX = "deadline:"
RULE_START = " from "
MAX_BYTES = 3_000_000
_STACK_BYTES = 512 * 1024 * 1024
_RECURSION = 200_000
_REFUSED = {
    "complexGateway": "las compuertas complejas no se admiten",
    "adHocSubProcess": "los subprocesos ad hoc no se admiten",
    "dataStoreReference": "los almacenes de datos no se admiten",
    "compensateEventDefinition": "la compensación no se admite todavía",
    "linkEventDefinition": "los eventos de enlace no se admiten: una su origen y su destino con un flujo",
}
_TASKS = frozenset(
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

Lookup = Callable[[str], bytes | None]


class InvalidModel(TownHallError):
    """A model that cannot be run; the message names the elements at fault."""


@dataclass(frozen=True)
class Finding:
    """Something that a check says of a model's element."""

    level: str
    code: str
    element: str
    message: str

    def to_dict(self) -> dict[str, str]:
        """The finding for `--json`."""
        return {
            "level": self.level,
            "code": self.code,
            "element": self.element,
            "message": self.message,
        }


@dataclass(frozen=True)
class Definition:
    """A parsed model: its specs are shared by every instance of it."""

    key: str
    name: str
    sha256: str
    xml: bytes = field(repr=False)
    spec: Any = field(repr=False, compare=False)
    subprocesses: Mapping[str, Any] = field(repr=False, compare=False)


class _Parser(SpiffBpmnParser):  # type: ignore[misc]
    """SpiffWorkflow's parser, with our service task."""

    OVERRIDE_PARSER_CLASSES = {
        **SpiffBpmnParser.OVERRIDE_PARSER_CLASSES,
        full_tag("serviceTask"): (ServiceTaskParser, HouseServiceTask),
    }


_cache: dict[str, Definition] = {}
_cache_lock = threading.Lock()


def load_definition(xml: bytes) -> Definition:
    """Parse a model, once for each content; raises InvalidModel with every error found."""
    sha256 = hashlib.sha256(xml).hexdigest()
    with _cache_lock:
        found = _cache.get(sha256)
    if found is not None:
        return found
    errors = [item for item in check_process(xml) if item.level == "error"]
    if errors:
        raise InvalidModel("; ".join(f"{item.element}: {item.message}" for item in errors))
    definition = _parse(xml, sha256)
    with _cache_lock:
        _cache[sha256] = definition
    return definition


def _parse(xml: bytes, sha256: str) -> Definition:
    root = parse_xml(xml, max_bytes=MAX_BYTES)
    process = _executable(root)
    key = str(process.get("id"))

    def parse() -> tuple[Any, Any]:
        parser = _Parser()
        parser.add_bpmn_xml(root, filename=f"{key}.bpmn")
        return parser.get_spec(key), parser.get_subprocess_specs(key)

    try:
        spec, subprocesses = in_deep_stack(parse)
    except ValidationException as error:
        raise InvalidModel(f"El modelo no es válido: {error}") from error
    _prepare_timers((spec, *subprocesses.values()))
    return Definition(key, str(process.get("name") or key), sha256, xml, spec, subprocesses)


def _prepare_timers(specs: tuple[Any, ...]) -> None:
    """Give each timer our clock; see engine/workflow/timers.py."""
    from engine.workflow.timers import adopt

    for spec in specs:
        for task_spec in spec.task_specs.values():
            adopt(task_spec)


def in_deep_stack(work: Callable[[], Any]) -> Any:
    """Run something whose recursion follows the length of a model, in a thread with a large stack."""
    result: list[Any] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failure.append(error)

    with _deep_lock:
        previous, limit = threading.stack_size(_STACK_BYTES), sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, _RECURSION))
        try:
            thread = threading.Thread(target=run)
            thread.start()
        finally:
            threading.stack_size(previous)
        thread.join()
        sys.setrecursionlimit(limit)
    if failure:
        raise failure[0]
    return result[0]


_deep_lock = threading.Lock()


def check_process(xml: bytes, lookup: Lookup | None = None) -> tuple[Finding, ...]:
    """Everything that keeps a model from running, and what is worth a second look."""
    try:
        root = parse_xml(xml, max_bytes=MAX_BYTES)
    except UnsafeXml as error:
        return (Finding("error", "xml", "", str(error)),)
    if root.tag != f"{BPMN}definitions":
        return (Finding("error", "format", "", "El fichero no es BPMN 2.0."),)
    processes = root.findall(f"{BPMN}process")
    if not any(process.get("isExecutable") == "true" for process in processes):
        return (
            Finding("error", "not-executable", "", "El modelo no tiene ningún proceso ejecutable."),
        )
    findings = [item for process in processes for item in _check(process)]
    if not any(item.level == "error" for item in findings):
        findings += _try_to_parse(xml, root)
    del lookup
    return tuple(findings)


def _try_to_parse(xml: bytes, root: etree._Element) -> list[Finding]:
    """What only SpiffWorkflow's own parser sees."""
    process = _executable(root)
    key = str(process.get("id"))

    def parse() -> None:
        parser = _Parser()
        parser.add_bpmn_xml(parse_xml(xml, max_bytes=MAX_BYTES), filename=f"{key}.bpmn")
        parser.get_spec(key)

    try:
        in_deep_stack(parse)
    except ValidationException as error:
        element = str(getattr(error, "id", "") or key)
        return [Finding("error", "parse", element, f"El modelo no se puede ejecutar: {error}")]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        return [
            Finding("error", "parse", key, f"El modelo no se puede leer ({type(error).__name__}).")
        ]
    return []


def _executable(root: etree._Element) -> etree._Element:
    return next(p for p in root.findall(f"{BPMN}process") if p.get("isExecutable") == "true")


def _check(process: etree._Element) -> Iterator[Finding]:
    for node in process.iter():
        if not isinstance(node.tag, str) or not node.tag.startswith(BPMN):
            continue
        kind, identifier = node.tag[len(BPMN) :], str(node.get("id") or "")
        if kind in _REFUSED:
            yield Finding("error", "refused", identifier or _owner(node), _REFUSED[kind])
        yield from _check_node(node, kind, identifier)


def _check_node(node: etree._Element, kind: str, identifier: str) -> Iterator[Finding]:
    if kind == "scriptTask":
        yield from _check_script(node, identifier)
    elif kind == "exclusiveGateway":
        yield from _check_gateway(node, identifier)
    elif kind == "conditionExpression":
        yield from _check_feel(node.text or "", _owner(node), "la condición")
    elif kind == "serviceTask":
        yield from _check_service(node, identifier)
    elif kind == "timerEventDefinition":
        yield from _check_timer(node)
    if kind in _TASKS:
        flows = node.findall(f"{BPMN}outgoing")
        if len(flows) > 1:
            message = (
                "salen varios flujos de la tarea: ponga una compuerta que diga si van todos o uno"
            )
            yield Finding("error", "several-flows", identifier, message)
        if not flows and node.getparent() is not None and not node.get("isForCompensation"):
            message = "no sale ningún flujo de la tarea: termine en un evento de fin"
            yield Finding("error", "no-flow", identifier, message)


def _check_script(node: etree._Element, identifier: str) -> Iterator[Finding]:
    language = (node.get("scriptFormat") or "").lower()
    if language != "feel":
        found = language or "ninguno"
        message = f'el script está en «{found}» y solo se admite FEEL (scriptFormat="feel")'
        yield Finding("error", "script-language", identifier, message)
        return
    script = node.find(f"{BPMN}script")
    text = "" if script is None else script.text or ""
    if not text.strip().startswith("{"):
        yield Finding(
            "error",
            "script-context",
            identifier,
            "el script no es un contexto FEEL: { dato: expresión }",
        )
        return
    yield from _check_feel(text, identifier, "el script")


def _check_gateway(node: etree._Element, identifier: str) -> Iterator[Finding]:
    flows = [item.text for item in node.findall(f"{BPMN}outgoing")]
    if len(flows) < 2:
        return
    if not node.get("default"):
        message = (
            "la compuerta no tiene flujo por defecto: si ninguna condición se cumple, no sigue"
        )
        yield Finding("error", "no-default", identifier, message)
    process = next(
        above for above in node.iterancestors() if above.find(f"{BPMN}sequenceFlow") is not None
    )
    for flow in process.findall(f"{BPMN}sequenceFlow"):
        lacks = flow.find(f"{BPMN}conditionExpression") is None
        if flow.get("id") in flows and flow.get("id") != node.get("default") and lacks:
            yield Finding(
                "error", "no-condition", str(flow.get("id")), "al flujo le falta su condición"
            )


def _check_service(node: etree._Element, identifier: str) -> Iterator[Finding]:
    operator = node.find(f".//{SPIFF}serviceTaskOperator")
    if operator is None:
        yield Finding(
            "error", "no-operator", identifier, "la tarea de servicio no dice qué servicio llama"
        )
        return
    for parameter in operator.iter(f"{SPIFF}parameter"):
        where = f"el parámetro «{parameter.get('id')}»"
        yield from _check_feel(parameter.get("value") or "", identifier, where)


@dataclass(frozen=True)
class LegalTerm:
    """What a timer says of the legal term that it waits for.

    start: FEEL for the act from which the term counts; empty when it is the arrival of the token.
    """

    rule: str
    start: str


def legal_term(text: str) -> LegalTerm | None:
    """`deadline:RULE` or `deadline:RULE from FEEL`; None for any other timer."""
    plain = text.strip().strip('"')
    rule, _, start = plain.removeprefix(RULE_PREFIX).strip().partition(RULE_START)
    if not plain.startswith(RULE_PREFIX) or not rule:
        return None
    return LegalTerm(rule.strip(), start.strip())


def _check_timer(node: etree._Element) -> Iterator[Finding]:
    child = next((item for item in node if isinstance(item.tag, str)), None)
    text = "" if child is None else (child.text or "").strip()
    term = legal_term(text)
    if term is not None:
        if term.start:
            yield from _check_feel(term.start, _owner(node), "el inicio del plazo")
        return
    try:
        parse_duration(text)
    except FeelError:
        yield from _check_feel(text, _owner(node), "el temporizador")


def _check_feel(text: str, element: str, what: str) -> Iterator[Finding]:
    try:
        compile_expression(text.strip())
    except FeelError as error:
        yield Finding("error", "feel", element, f"{what} no es FEEL: {error}")


def _owner(node: etree._Element) -> str:
    """The id of the nearest element that has one."""
    above: etree._Element | None = node
    while above is not None:
        parent = above.getparent()
        if above.get("id") and above is not node:
            return str(above.get("id"))
        above = parent
    return str(node.get("id") or "")


__all__ = ["Definition", "Finding", "InvalidModel", "check_process", "library", "load_definition"]
