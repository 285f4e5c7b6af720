"""Flows that leave without a gateway, conditions and defaults: written with explicit gateways."""

from __future__ import annotations

from lxml import etree

from engine.workflow.bpmn.drawing import Draft, Scope
from engine.workflow.bpmn.findings import Finding, error, info, warning
from engine.workflow.bpmn.juel import NotTranslatable, to_feel
from engine.workflow.bpmn.names import BPMN, GATEWAYS, REFUSED_NODES, id_of, kind_of

_CONDITION = f"{BPMN}conditionExpression"
_CODE = frozenset(["groovy", "javascript", "js", "python", "juel-script", "ruby", "jython"])


def name_flows(draft: Draft) -> None:
    """Give each flow without an id one that says between which nodes it goes."""
    for flow in draft.nodes("sequenceFlow"):
        if not flow.get("id"):
            wanted = f"{flow.get('sourceRef')}_{flow.get('targetRef')}"
            flow.set("id", draft.fresh_id(wanted))


def translate_conditions(draft: Draft) -> None:
    """The conditions of flows in FEEL; one that cannot be said in FEEL is an error."""
    for flow in draft.nodes("sequenceFlow"):
        condition = flow.find(_CONDITION)
        if condition is None:
            continue
        translate_expression(draft, condition, id_of(flow), "la condición")


def translate_expression(draft: Draft, node: etree._Element, element: str, what: str) -> None:
    """Put FEEL where an element's text is written in another language."""
    language = (node.get("language") or "").lower()
    if language.rpartition("/")[2] in _CODE:
        message = f"{what} está en «{language}», que es código: escríbala en FEEL"
        draft.note(error("script-language", element, message))
        return
    text = (node.text or "").strip()
    if "{" not in text and not text.startswith("="):
        return
    try:
        feel = to_feel(text)
    except NotTranslatable as reason:
        message = f"{what} «{_short(text)}» no se puede escribir en FEEL: {reason}"
        draft.note(error("expression", element, message))
        return
    if feel != text:
        node.text = feel
        draft.note(info("expression", element, f"{what} se escribe en FEEL: {_short(feel)}"))


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 120 else plain[:119] + "…"


def write_gateways(draft: Draft) -> None:
    """Explicit gateways where flows part, and a default where it is clear which one it is."""
    for scope in draft.scopes():
        for identifier, node in scope.nodes.items():
            flows = scope.outgoing.get(identifier, [])
            kind = kind_of(node)
            if kind in ("exclusiveGateway", "inclusiveGateway"):
                _settle_default(draft, node, flows)
            elif kind in GATEWAYS:
                _drop_conditions(draft, node, flows)
            elif kind not in REFUSED_NODES:
                _part(draft, scope, node, flows)


def _part(draft: Draft, scope: Scope, node: etree._Element, flows: list[etree._Element]) -> None:
    """Put a gateway after a node from which several flows, or a conditional one, leave."""
    conditional = [flow for flow in flows if flow.find(_CONDITION) is not None]
    default = node.attrib.pop("default", None)
    if len(flows) < 2 and not conditional:
        return
    if kind_of(node) == "startEvent" and not conditional:
        return
    identifier = id_of(node)
    if not conditional:
        gateway = draft.add(scope.element, "parallelGateway", f"{identifier}.fork")
        message = f"salen {len(flows)} flujos a la vez: se pone una compuerta paralela"
        draft.note(info("fork", identifier, message))
    else:
        gateway = draft.add(scope.element, "inclusiveGateway", f"{identifier}.choice")
        message = "salen flujos con condición: se pone una compuerta inclusiva"
        draft.note(info("fork", identifier, message))
    for flow in flows:
        flow.set("sourceRef", id_of(gateway))
    draft.flow(scope.element, identifier, id_of(gateway), f"{identifier}.out")
    if not conditional:
        return
    if default is not None:
        gateway.set("default", default)
    for flow in flows:
        if flow not in conditional and id_of(flow) != default:
            condition = etree.SubElement(flow, _CONDITION)
            condition.text = "true"
    _settle_default(draft, gateway, flows)


def _settle_default(draft: Draft, gateway: etree._Element, flows: list[etree._Element]) -> None:
    identifier, default = id_of(gateway), gateway.get("default")
    bare = [flow for flow in flows if flow.find(_CONDITION) is None]
    if default is not None and default not in {id_of(flow) for flow in flows}:
        message = f"el flujo por defecto «{default}» no sale de la compuerta"
        draft.note(error("reference", identifier, message))
        return
    if len(flows) < 2 and len(bare) == len(flows):
        return
    if default is None and len(bare) == 1:
        default = id_of(bare[0])
        gateway.set("default", default)
        draft.note(
            info(
                "default",
                identifier,
                f"el flujo sin condición «{default}» es el que va por defecto",
            )
        )
    for flow in flows:
        _settle_flow(draft, gateway, flow, default)
    if default is None:
        draft.note(_no_default(identifier))


def _no_default(identifier: str) -> Finding:
    message = (
        "no tiene flujo por defecto: si ninguna condición se cumple, la instancia se detiene con "
        "una incidencia"
    )
    return warning("no-default", identifier, message)


def _settle_flow(
    draft: Draft, gateway: etree._Element, flow: etree._Element, default: str | None
) -> None:
    condition = flow.find(_CONDITION)
    if id_of(flow) == default:
        if condition is not None:
            draft.remove(condition)
            message = "es el flujo por defecto: su condición no se mira"
            draft.note(warning("default", id_of(flow), message))
    elif condition is None and kind_of(gateway) == "inclusiveGateway":
        always = etree.SubElement(flow, _CONDITION)
        always.text = "true"
        draft.note(
            warning("no-condition", id_of(flow), "al flujo le falta su condición: va siempre")
        )
    elif condition is None:
        draft.note(error("no-condition", id_of(flow), "al flujo le falta su condición"))


def _drop_conditions(draft: Draft, gateway: etree._Element, flows: list[etree._Element]) -> None:
    gateway.attrib.pop("default", None)
    for flow in flows:
        condition = flow.find(_CONDITION)
        if condition is not None:
            draft.remove(condition)
            message = "la compuerta de la que sale no mira condiciones: la del flujo no cuenta"
            draft.note(warning("condition", id_of(flow), message))
