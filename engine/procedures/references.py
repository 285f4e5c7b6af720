"""What the parts of a package say of each other: forms, templates, phases, terms, roles, services.

Each check is cheap and finds what would otherwise stop an expediente half way.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.deadlines.rules import term_rules
from engine.deadlines.term import Term, TermUnit
from engine.decisions.model import load_decisions
from engine.documents.templates import template_fault
from engine.people.roles import roles
from engine.workflow.definitions import Definition, Finding, legal_term
from engine.workflow.elements import Element, elements_of
from engine.workflow.work import CORRECTION, FORM
from forms.definition import FormDefinition, Kind

Services = Mapping[str, Callable[..., Any]]

PROPERTIES = frozenset(
    [
        "kind",
        "form",
        "role",
        "unit",
        "official",
        "excluded",
        "due",
        "phase",
        "candidates",
        "priority",
        "followUp",
    ],
)
"""The properties that a user task may have."""
_ALWAYS = frozenset({"by", "at"})
_CORRECTION_GIVES = _ALWAYS | {"text", "documents", "entry"}
_RENDER = "documents/render"
_LITERAL = re.compile(r'"([^"]*)"')
_CHOSEN = re.compile(r'(?:then|else)\s+"([^"]*)"')
_CODE = re.compile(r"\{[{%](.*?)[%}]\}", re.DOTALL)
_LONGEST_MONTHS = 6
_WORDS = frozenset({Kind.TEXT, Kind.TEXTAREA})


@dataclass(frozen=True)
class Parts:
    """A package read far enough for its parts to be compared.

    form: what citizens fill in; staff: the officials' forms by name; templates: the documents by name; raw: procedure.toml.
    """

    raw: Mapping[str, Any]
    definition: Definition
    form: FormDefinition | None
    staff: Mapping[str, FormDefinition]
    templates: Mapping[str, str]
    decisions: bytes | None
    known_phases: frozenset[str]


def check_references(parts: Parts, services: Services | None = None) -> Iterator[Finding]:
    """What does not fit. services: those of the town hall, when its rooms are there to be asked."""
    nodes = elements_of(parts.definition).nodes
    yield from _term(parts.raw)
    yield from _fee(parts)
    yield from _subject(parts)
    for element in nodes.values():
        yield from _phase(element, parts)
        if element.kind == "userTask":
            yield from _user_task(element, parts)
    calls = tuple(_calls(parts.definition))
    for call in calls:
        yield from _template(call, parts)
        if services is not None:
            yield from _service(call, services)
    yield from _timers(parts.definition)
    yield from _templates(parts)
    yield from _fields(parts, tuple(nodes.values()), calls)
    yield from _unused(parts, tuple(nodes.values()), calls)


@dataclass(frozen=True)
class _Call:
    """A service task: its element, the service and the FEEL text of each parameter."""

    element: str
    service: str
    parameters: Mapping[str, str]


def _specs(definition: Definition) -> Iterator[Any]:
    """What SpiffWorkflow made of each element, in the process and in its subprocesses."""
    for spec in (definition.spec, *definition.subprocesses.values()):
        yield from spec.task_specs.values()


def _calls(definition: Definition) -> Iterator[_Call]:
    for task in _specs(definition):
        name = getattr(task, "operation_name", None)
        if name is not None:
            parameters = {
                key: str(item.get("value", "")).strip()
                for key, item in task.operation_params.items()
            }
            yield _Call(str(task.bpmn_id), str(name), parameters)


def _error(code: str, element: str, message: str) -> Finding:
    return Finding("error", code, element, message)


def _warning(code: str, element: str, message: str) -> Finding:
    return Finding("warning", code, element, message)


def _term(raw: Mapping[str, Any]) -> Iterator[Finding]:
    """The term to resolve (PLZ-11): a rule that exists, six months at most unless a law says more."""
    term = raw["term"]
    rule = term.get("rule", "resolve")
    if rule not in term_rules():
        yield _error("term-rule", "term.rule", f"no existe la regla de plazo «{rule}»")
    if "length" not in term or "law" in term or raw["channel"] != "sede":
        return
    length = Term.parse(term["length"])
    months = length.amount * 12 if length.unit is TermUnit.YEARS else length.amount
    if length.unit in (TermUnit.MONTHS, TermUnit.YEARS) and months > _LONGEST_MONTHS:
        message = (
            "el plazo para resolver pasa de seis meses: diga en «law» qué ley lo permite "
            "(art. 21.2 de la Ley 39/2015)"
        )
        yield _error("term-length", "term.length", message)


def _fee(parts: Parts) -> Iterator[Finding]:
    decision = parts.raw.get("fee", {}).get("decision")
    if decision is None or parts.decisions is None:
        return
    known = load_decisions(parts.decisions).decisions.values()
    if decision not in {name for item in known for name in (item.id, item.name)}:
        yield _error("decision", "fee.decision", f"decisions.dmn no tiene la decisión «{decision}»")


def _subject(parts: Parts) -> Iterator[Finding]:
    """The field whose words complete the titles: one of text, that is asked once."""
    name = parts.raw.get("subject")
    if name is None:
        return
    pages = () if parts.form is None else parts.form.pages
    texts = {
        item.name
        for page in pages
        if not page.repeat
        for item in page.fields
        if item.kind in _WORDS
    }
    if name not in texts:
        message = f"«{name}» no es un campo de texto de form.json que se pida una sola vez"
        yield _error("subject", "subject", message)


def _phase(element: Element, parts: Parts) -> Iterator[Finding]:
    phase = element.properties.get("phase")
    if phase and phase not in parts.known_phases:
        message = f"a la fase «{phase}» le faltan sus palabras en [phases]"
        yield _error("phase", element.id, message)


def _user_task(element: Element, parts: Parts) -> Iterator[Finding]:
    said = element.properties
    kind, form, role = said.get("kind", FORM), said.get("form", element.id), said.get("role", "")
    for name in sorted(said.keys() - PROPERTIES):
        yield _warning("property", element.id, f"la propiedad «{name}» no significa nada")
    if kind not in (FORM, CORRECTION):
        yield _error("kind", element.id, f"una tarea es «{FORM}» o «{CORRECTION}», no «{kind}»")
    if kind == FORM and form not in parts.staff:
        yield _error("form", element.id, f"falta el formulario staff/{form}.json")
    if role and not role.startswith("=") and role not in roles():
        yield _error("role", element.id, f"no existe el papel «{role}»")
    if kind == FORM and not role and not {"official", "candidates"} & said.keys():
        yield _warning("role", element.id, "sin «role» ni «official», la puede hacer cualquiera")
    if "due" in said and said["due"] not in term_rules():
        yield _error("term-rule", element.id, f"no existe la regla de plazo «{said['due']}»")


def _timers(definition: Definition) -> Iterator[Finding]:
    for task in _specs(definition):
        text = str(getattr(getattr(task, "event_definition", None), "expression", "") or "")
        term = legal_term(text)
        if term is not None and term.rule not in term_rules():
            message = f"no existe la regla de plazo «{term.rule}»"
            yield _error("term-rule", str(task.bpmn_id), message)


def _template(call: _Call, parts: Parts) -> Iterator[Finding]:
    if call.service != _RENDER:
        return
    for name in _named_templates(call):
        if name not in parts.templates:
            yield _error("template", call.element, f"falta la plantilla documents/{name}.html")


def _named_templates(call: _Call) -> tuple[str, ...]:
    """The templates that an expression may give: itself, or what its `if` chooses."""
    text = call.parameters.get("template", "")
    whole = _LITERAL.fullmatch(text)
    return (whole[1],) if whole else tuple(_CHOSEN.findall(text))


def _service(call: _Call, services: Services) -> Iterator[Finding]:
    found = services.get(call.service)
    if found is None:
        yield _error("service", call.element, f"no existe el servicio «{call.service}»")
        return
    accepted = {
        name: parameter
        for name, parameter in inspect.signature(found).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    if any(
        parameter.kind is inspect.Parameter.VAR_KEYWORD
        for parameter in inspect.signature(found).parameters.values()
    ):
        return
    for name in sorted(call.parameters.keys() - accepted.keys()):
        message = f"«{call.service}» no recibe el parámetro «{name}»"
        yield _error("parameter", call.element, message)
    for name, parameter in accepted.items():
        if parameter.default is inspect.Parameter.empty and name not in call.parameters:
            message = f"a «{call.service}» le falta el parámetro «{name}»"
            yield _error("parameter", call.element, message)


def _templates(parts: Parts) -> Iterator[Finding]:
    for name, source in parts.templates.items():
        fault = template_fault(source)
        if fault is not None:
            yield _error("template", f"documents/{name}.html", f"la plantilla no vale: {fault}")


def _fields(
    parts: Parts, nodes: tuple[Element, ...], calls: tuple[_Call, ...]
) -> Iterator[Finding]:
    """That conditions, parameters and templates name fields that the people's forms give."""
    given = {element.id: _gives(element, parts) for element in nodes if element.kind == "userTask"}
    if not given:
        return
    named = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, given))})\.(\w+)")
    for where, text in _texts(parts, nodes, calls):
        for task, name in dict.fromkeys(named.findall(_LITERAL.sub('""', text))):
            if name not in given[task]:
                yield _error("field", where, f"«{task}» no da el dato «{name}»")


def _gives(element: Element, parts: Parts) -> frozenset[str]:
    if element.properties.get("kind") == CORRECTION:
        return _CORRECTION_GIVES
    form = parts.staff.get(element.properties.get("form", element.id))
    if form is None:
        return _ALWAYS
    lists = {page.repeat for page in form.pages if page.repeat}
    return _ALWAYS | form.field_names | lists


def _texts(
    parts: Parts, nodes: tuple[Element, ...], calls: tuple[_Call, ...]
) -> Iterator[tuple[str, str]]:
    for element in nodes:
        for text in element.properties.values():
            if text.startswith("="):
                yield element.id, text
    for call in calls:
        for text in call.parameters.values():
            yield call.element, text
    for task in _specs(parts.definition):
        yield str(task.bpmn_id), str(getattr(task, "script", None) or "")
        for condition, _target in getattr(task, "cond_task_specs", None) or ():
            yield str(task.bpmn_id), "" if condition is None else str(condition.args[0])
    for name, source in parts.templates.items():
        yield f"documents/{name}.html", " ".join(_CODE.findall(source))


def _unused(
    parts: Parts, nodes: tuple[Element, ...], calls: tuple[_Call, ...]
) -> Iterator[Finding]:
    forms = {item.properties.get("form", item.id) for item in nodes if item.kind == "userTask"}
    for name in sorted(parts.staff.keys() - forms):
        yield _warning("unused", f"staff/{name}.json", "ninguna tarea usa este formulario")
    rendered = [call for call in calls if call.service == _RENDER]
    if all(_named_templates(call) for call in rendered):
        named = {name for call in rendered for name in _named_templates(call)}
        for name in sorted(parts.templates.keys() - named):
            message = "ningún servicio usa esta plantilla"
            yield _warning("unused", f"documents/{name}.html", message)
