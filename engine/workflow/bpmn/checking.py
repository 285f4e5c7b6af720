"""What keeps a normalised model from running, element by element, and what is worth a second look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from lxml import etree

from engine.feel.errors import FeelError
from engine.feel.expression import compile_expression
from engine.feel.values import parse_duration
from engine.workflow.bpmn.event_checks import check_event
from engine.workflow.bpmn.expressions import unknown_functions
from engine.workflow.bpmn.findings import Finding, error, warning
from engine.workflow.bpmn.names import (
    BPMN,
    EVENTS,
    FLOW_NODES,
    SPIFF,
    TASKS,
    holder_of,
    id_of,
    is_event_subprocess,
    is_handler,
    kind_of,
)
from engine.workflow.bpmn.terms import legal_term, performed

_REFUSED = {
    "complexGateway": "las compuertas complejas no se admiten",
    "adHocSubProcess": "los subprocesos ad hoc no se admiten",
}
Lookup = Callable[[str], bytes | None]


_JOINS = ("parallelGateway", "inclusiveGateway")


@dataclass(frozen=True)
class Surroundings:
    """What is known around a model; None where it is not known and so not compared.

    services: the names that models may call; decisions: those of the package, by id and by name;
    lookup: the model of another process by its key; given: names that the data has from the start.
    """

    services: Collection[str] | None = None
    decisions: Collection[str] | None = None
    lookup: Lookup | None = None
    given: Collection[str] = ()


def check_elements(root: etree._Element, around: Surroundings) -> Iterator[Finding]:
    """The elements of every process of the file, one by one."""
    processes = {id_of(node): node for node in root.findall(f"{BPMN}process")}
    for process in processes.values():
        for node in process.iter(etree.Element):
            kind = kind_of(node)
            if kind in _REFUSED:
                yield error("refused", id_of(node), _REFUSED[kind])
            elif kind in FLOW_NODES:
                yield from _node(node, kind, around, processes)
            elif kind == "conditionExpression":
                yield from feel(node.text or "", holder_of(node), "la condición")
            elif kind == "timerEventDefinition":
                yield from _timer(node)
        yield from _twice_into(process)
    yield from _performers(root)
    yield from _calls_itself(processes)


def feel(text: str, element: str, what: str) -> Iterator[Finding]:
    """Whether a text is FEEL and calls only functions that there are."""
    try:
        compile_expression(text.strip())
    except FeelError as reason:
        yield error("feel", element, f"{what} no es FEEL: {reason}")
        return
    for name in unknown_functions(text):
        yield error("function", element, f"{what} llama a «{name}», que no es una función de FEEL")


def _node(
    node: etree._Element, kind: str, around: Surroundings, processes: dict[str, etree._Element]
) -> Iterator[Finding]:
    identifier = id_of(node)
    if kind == "scriptTask":
        yield from _script(node, identifier)
    elif kind == "serviceTask":
        yield from _service(node, identifier, around.services)
    elif kind == "businessRuleTask":
        yield from _rule(node, identifier, around.decisions)
    elif kind == "callActivity":
        yield from _call(node, identifier, around.lookup, processes)
    elif kind in ("receiveTask", "sendTask"):
        yield from _message_task(node, identifier, kind)
    elif kind == "eventBasedGateway":
        yield from _event_gateway(node, identifier)
    elif kind == "subProcess" and is_event_subprocess(node):
        yield from _event_subprocess(node, identifier)
    if kind in EVENTS:
        yield from check_event(node, kind, identifier)
    if is_handler(node):
        yield from _handler(node, identifier)
    yield from _extensions(node, identifier)


def _script(node: etree._Element, identifier: str) -> Iterator[Finding]:
    language = (node.get("scriptFormat") or "").lower()
    if language != "feel":
        found = language or "ninguno"
        message = f'el script está en «{found}» y solo se admite FEEL (scriptFormat="feel")'
        yield error("script-language", identifier, message)
        return
    script = node.find(f"{BPMN}script")
    text = "" if script is None else script.text or ""
    if not text.strip().startswith("{"):
        message = "el script no es un contexto FEEL: { dato: expresión }"
        yield error("script-context", identifier, message)
        return
    yield from feel(text, identifier, "el script")


def _service(
    node: etree._Element, identifier: str, services: Collection[str] | None
) -> Iterator[Finding]:
    operator = node.find(f"{BPMN}extensionElements/{SPIFF}serviceTaskOperator")
    if operator is None:
        message = "la tarea de servicio no dice qué servicio llama"
        yield error("no-operator", identifier, message)
        return
    name = operator.get("id") or ""
    if not name:
        yield error("no-operator", identifier, "el servicio que llama no tiene nombre")
    elif services is not None and name not in services:
        yield error("service", identifier, f"no existe el servicio «{name}»")
    for parameter in operator.iter(f"{SPIFF}parameter"):
        where = f"el parámetro «{parameter.get('id')}»"
        if not parameter.get("id") or parameter.get("type") is None:
            message = "a un parámetro del servicio le falta su «id» o su «type»"
            yield error("parameter", identifier, message)
        yield from feel(parameter.get("value") or "", identifier, where)


def _rule(
    node: etree._Element, identifier: str, decisions: Collection[str] | None
) -> Iterator[Finding]:
    called = node.find(f"{BPMN}extensionElements/{SPIFF}calledDecisionId")
    name = "" if called is None else (called.text or "").strip()
    if not name:
        yield error("decision", identifier, "la tarea de regla no dice qué decisión toma")
    elif decisions is None:
        message = f"toma la decisión «{name}», que ha de estar en decisions.dmn del paquete"
        yield warning("decision", identifier, message)
    elif name not in decisions:
        yield error("decision", identifier, f"decisions.dmn no tiene la decisión «{name}»")


def _call(
    node: etree._Element,
    identifier: str,
    lookup: Lookup | None,
    processes: dict[str, etree._Element],
) -> Iterator[Finding]:
    called = node.get("calledElement") or ""
    if not called:
        yield error("call", identifier, "no dice a qué proceso llama")
    elif called not in processes:
        known = lookup is not None and lookup(called) is not None
        message = f"llama al proceso «{called}», que no está en el fichero"
        if known:
            message += ": cópielo dentro, en otra calle"
        yield error("call", identifier, message)


def _calls_itself(processes: dict[str, etree._Element]) -> Iterator[Finding]:
    """A process that calls itself, directly or by way of others, would never end."""
    calls = {
        key: {
            str(node.get("calledElement")): id_of(node)
            for node in process.iter(f"{BPMN}callActivity")
        }
        for key, process in processes.items()
    }
    for key, called in calls.items():
        for first, element in called.items():
            seen, waiting = set(), [first]
            while waiting:
                current = waiting.pop()
                if current in seen:
                    continue
                seen.add(current)
                waiting.extend(calls.get(current, ()))
            if key in seen:
                message = f"por aquí el proceso «{key}» acaba llamándose a sí mismo y no terminaría"
                yield error("cycle", element, message)


def _message_task(node: etree._Element, identifier: str, kind: str) -> Iterator[Finding]:
    if node.get("messageRef") or node.find(f"{BPMN}messageEventDefinition") is not None:
        return
    if kind == "receiveTask":
        yield error("message", identifier, "no dice qué mensaje espera")
    else:
        yield warning("message", identifier, "no dice qué mensaje envía: no envía ninguno")


def _performers(root: etree._Element) -> Iterator[Finding]:
    """That whoever is excluded, or chosen, for having done an element, can have done it."""
    people = {
        id_of(node)
        for kind in ("userTask", "manualTask", "task")
        for node in root.iter(f"{BPMN}{kind}")
    }
    for node in root.iter(f"{SPIFF}property"):
        for element in performed(node.get("value") or ""):
            if element not in people:
                message = f"«{node.get('name')}» nombra a quien hizo «{element}», que no es tarea de nadie"
                yield error("performer", holder_of(node), message)


def _twice_into(process: etree._Element) -> Iterator[Finding]:
    """Two flows from one element into a join: nobody could tell their tokens apart."""
    joins = {id_of(node) for kind in _JOINS for node in process.iter(f"{BPMN}{kind}")}
    ends = Counter(
        (flow.get("sourceRef", ""), flow.get("targetRef", ""))
        for flow in process.iter(f"{BPMN}sequenceFlow")
    )
    for (source, target), count in ends.items():
        if count > 1 and target in joins:
            message = f"le llegan dos flujos de «{source}»: deje uno, o ponga algo entre medias"
            yield error("same-source", target, message)


def _event_gateway(node: etree._Element, identifier: str) -> Iterator[Finding]:
    scope = node.getparent()
    if scope is None:
        return
    nodes = {id_of(child): child for child in scope if kind_of(child) in FLOW_NODES}
    targets = [
        str(flow.get("targetRef"))
        for flow in scope.findall(f"{BPMN}sequenceFlow")
        if flow.get("sourceRef") == identifier
    ]
    if len(targets) < 2:
        message = "de una compuerta de eventos salen dos o más flujos"
        yield warning("event-gateway", identifier, message)
    for target in targets:
        kind = kind_of(nodes[target]) if target in nodes else ""
        if kind not in ("intermediateCatchEvent", "receiveTask"):
            message = (
                f"tras una compuerta de eventos solo va un evento que espera, y «{target}» no lo es"
            )
            yield error("event-gateway", identifier, message)
    if node.get("instantiate") == "true":
        message = "una compuerta de eventos no inicia procesos: empiece por un evento de mensaje"
        yield error("event-gateway", identifier, message)
    if node.get("eventGatewayType") == "Parallel":
        yield error("event-gateway", identifier, "la compuerta de eventos paralela no se admite")


def _event_subprocess(node: etree._Element, identifier: str) -> Iterator[Finding]:
    starts = node.findall(f"{BPMN}startEvent")
    if len(starts) == 1 and not any(
        kind_of(child).endswith("EventDefinition") for child in starts[0]
    ):
        message = "el inicio de un subproceso de evento tiene que decir qué evento espera"
        yield error("start", identifier, message)


def _handler(node: etree._Element, identifier: str) -> Iterator[Finding]:
    scope = node.getparent()
    root = node.getroottree().getroot()
    led = any(
        association.get("targetRef") == identifier
        for association in root.iter(f"{BPMN}association")
    )
    if not led:
        message = "ningún evento de compensación lleva a esta actividad: no se hace nunca"
        yield warning("compensation", identifier, message)
    for flow in () if scope is None else scope.findall(f"{BPMN}sequenceFlow"):
        if identifier in (flow.get("sourceRef"), flow.get("targetRef")):
            message = "una actividad que compensa va fuera de los flujos"
            yield error("compensation", identifier, message)
    for event in () if scope is None else scope.findall(f"{BPMN}boundaryEvent"):
        if event.get("attachedToRef") == identifier:
            message = "la actividad que compensa no admite eventos en su borde"
            yield error("compensation", id_of(event), message)


def _extensions(node: etree._Element, identifier: str) -> Iterator[Finding]:
    """The scripts before and after, and the properties that are computed."""
    place = node.find(f"{BPMN}extensionElements")
    if place is None:
        return
    if kind_of(node) not in TASKS and any(
        place.find(f"{SPIFF}{kind}") is not None for kind in ("preScript", "postScript")
    ):
        message = "un evento o una compuerta no ejecuta scripts: póngalo en una tarea"
        yield warning("script-ignored", identifier, message)
    for kind, words in (
        ("preScript", "el script previo"),
        ("postScript", "el script posterior"),
        ("listScript", "la lista"),
    ):
        for script in place.findall(f"{SPIFF}{kind}"):
            yield from feel(script.text or "", identifier, words)
    for item in place.iter(f"{SPIFF}property"):
        if item.get("name") is None or item.get("value") is None:
            yield error("property", identifier, "a una propiedad le falta su nombre o su valor")
        elif str(item.get("value")).startswith("="):
            where = f"la propiedad «{item.get('name')}»"
            yield from feel(str(item.get("value"))[1:], identifier, where)


def _timer(node: etree._Element) -> Iterator[Finding]:
    child = next((item for item in node if kind_of(item).startswith("time")), None)
    text = "" if child is None else (child.text or "").strip()
    owner = holder_of(node)
    term = legal_term(text)
    if term is not None:
        if term.rule.startswith("="):
            yield from feel(term.rule[1:], owner, "la regla del plazo")
        if term.start:
            yield from feel(term.start, owner, "el inicio del plazo")
        return
    try:
        parse_duration(text.strip('"'))
    except FeelError:
        yield from feel(text, owner, "el temporizador")
