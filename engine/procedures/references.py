"""What the parts of a package say of each other: forms, templates, phases, terms, roles, services.

Each check is cheap and finds what would otherwise stop an expediente half way.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.deadlines.rules import TermRule, term_rules
from engine.deadlines.term import Term, TermUnit
from engine.decisions.model import load_decisions
from engine.documents.templates import template_fault
from engine.people.roles import roles
from engine.procedures.day_terms import check_days
from engine.procedures.notice_content import RESOLUTION_KINDS, unsaid
from engine.procedures.parts import Part
from engine.workflow.calling import RESULT, parameters
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
        "title",
    ],
)
"""The properties that a user task may have."""
_ALWAYS = frozenset({"by", "at"})
_CORRECTION_GIVES = _ALWAYS | {"text", "documents", "entry"}
_RENDER = "documents/render"
_LITERAL = re.compile(r'"([^"]*)"')
_CHOSEN = re.compile(r'(?:then|else)\s+(?:"([^"]*)"|([a-z]\w*)(?![\w.(]|\s+\())')
_NAME = re.compile(r"[a-z]\w*")
_CODE = re.compile(r"\{[{%](.*?)[%}]\}", re.DOTALL)
_LONGEST_MONTHS = 6
_WORDS = frozenset({Kind.TEXT, Kind.TEXTAREA})


@dataclass(frozen=True)
class Parts:
    """A package read far enough for its parts to be compared.

    form: what citizens fill in; staff: the officials' forms by name; templates: the documents by name;
    raw: procedure.toml; shared: the parts that the model calls, by their keys.
    """

    raw: Mapping[str, Any]
    definition: Definition
    form: FormDefinition | None
    staff: Mapping[str, FormDefinition]
    templates: Mapping[str, str]
    decisions: bytes | None
    known_phases: frozenset[str]
    shared: Mapping[str, Part] = field(default_factory=dict)


def check_references(parts: Parts, services: Services | None = None) -> Iterator[Finding]:
    """What does not fit. services: those of the town hall, when its rooms are there to be asked."""
    nodes = elements_of(parts.definition).nodes
    if "term" in parts.raw:
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
    yield from check_days(parts.templates, _term_rules(parts.definition))
    yield from _fields(parts, tuple(nodes.values()), calls)
    yield from _unused(parts, tuple(nodes.values()), calls)


@dataclass(frozen=True)
class _Call:
    """A service task: its element, the service and the FEEL text of each parameter.

    templates: the names that its parameter `template` may have, None when they cannot be told.
    """

    element: str
    service: str
    parameters: Mapping[str, str]
    templates: tuple[str, ...] | None = None


def _specs(definition: Definition) -> Iterator[Any]:
    """What SpiffWorkflow made of each element, in the process and in its subprocesses."""
    for spec in (definition.spec, *definition.subprocesses.values()):
        yield from spec.task_specs.values()


def _calls(definition: Definition) -> Iterator[_Call]:
    nodes = elements_of(definition).nodes
    for task in _specs(definition):
        name = getattr(task, "operation_name", None)
        if name is not None:
            said = {
                key: str(item.get("value", "")).strip()
                for key, item in task.operation_params.items()
            }
            node = nodes.get(str(task.bpmn_id))
            named = given_texts(
                nodes, "" if node is None else node.process, said.get("template", "")
            )
            yield _Call(str(task.bpmn_id), str(name), said, named)


def given_texts(nodes: Mapping[str, Element], process: str, text: str) -> tuple[str, ...] | None:
    """The texts that an expression of a process may have; None when they cannot be told.

    It is a text, or an `if` that chooses between texts, or a parameter of a shared part: then they are
    those that each call of the part gives.
    """
    whole = _LITERAL.fullmatch(text)
    if whole:
        return (whole[1],)
    names = (text,) if _NAME.fullmatch(text) else ()
    found: list[str] = []
    for said, name in _CHOSEN.findall(text):
        names = (*names, name) if name and name != "if" else names
        found += [said] if not name else []
    for name in names:
        inner = _given_by_calls(nodes, process, name)
        if inner is None:
            return None
        found += inner
    return tuple(dict.fromkeys(found)) or None


def _given_by_calls(
    nodes: Mapping[str, Element], process: str, name: str
) -> tuple[str, ...] | None:
    """The texts that the calls of a process give to one of its parameters."""
    found: list[str] = []
    for node in nodes.values():
        said = parameters(node.properties).get(name) if node.calls == process else None
        if said is None:
            continue
        text = said[1:].strip() if said.startswith("=") else f'"{said}"'
        inner = given_texts(nodes, node.process, text)
        if inner is None:
            return None
        found += inner
    return tuple(dict.fromkeys(found)) or None


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
    kind, role = said.get("kind", FORM), said.get("role", "")
    for name in sorted(said.keys() - PROPERTIES):
        yield _warning("property", element.id, f"la propiedad «{name}» no significa nada")
    if kind not in (FORM, CORRECTION):
        yield _error("kind", element.id, f"una tarea es «{FORM}» o «{CORRECTION}», no «{kind}»")
    for form in _forms_of(element, parts) if kind == FORM else ():
        if form not in parts.staff:
            yield _error("form", element.id, f"falta el formulario staff/{form}.json")
    for name in _named_by(element, role, parts) if role else ():
        if name and name not in roles():
            yield _error("role", element.id, f"no existe el papel «{name}»")
    if kind == FORM and not role and not {"official", "candidates"} & said.keys():
        yield _warning("role", element.id, "sin «role» ni «official», la puede hacer cualquiera")
    if "due" in said and said["due"] not in term_rules():
        yield _error("term-rule", element.id, f"no existe la regla de plazo «{said['due']}»")


def _forms_of(element: Element, parts: Parts) -> tuple[str, ...]:
    return _named_by(element, element.properties.get("form", element.id), parts)


def _named_by(element: Element, text: str, parts: Parts) -> tuple[str, ...]:
    """What a property names: its text, or what its FEEL may give; none where that cannot be told."""
    if not text.startswith("="):
        return (text,)
    nodes = elements_of(parts.definition).nodes
    return given_texts(nodes, element.process, text[1:].strip()) or ()


def _timers(definition: Definition) -> Iterator[Finding]:
    for task in _specs(definition):
        text = str(getattr(getattr(task, "event_definition", None), "expression", "") or "")
        term = legal_term(text)
        element = str(task.bpmn_id)
        for rule in () if term is None else _rules_of(definition, element, term.rule):
            if rule not in term_rules():
                yield _error("term-rule", element, f"no existe la regla de plazo «{rule}»")


def _rules_of(definition: Definition, element: str, rule: str) -> tuple[str, ...]:
    """The rules that a timer may name: one, or those that the calls of its part give."""
    if not rule.startswith("="):
        return (rule,)
    nodes = elements_of(definition).nodes
    process = nodes[element].process if element in nodes else ""
    return given_texts(nodes, process, rule[1:].strip()) or ()


def _term_rules(definition: Definition) -> Iterator[TermRule]:
    """The rules that the timers and the tasks of a model name."""
    named = [node.properties.get("due", "") for node in elements_of(definition).nodes.values()]
    for task in _specs(definition):
        term = legal_term(
            str(getattr(getattr(task, "event_definition", None), "expression", "") or "")
        )
        named += () if term is None else _rules_of(definition, str(task.bpmn_id), term.rule)
    yield from filter(None, map(term_rules().get, named))


def _template(call: _Call, parts: Parts) -> Iterator[Finding]:
    if call.service != _RENDER:
        return
    for name in call.templates or ():
        if name not in parts.templates:
            yield _error("template", call.element, f"falta la plantilla documents/{name}.html")
    kind = _LITERAL.fullmatch(call.parameters.get("kind", ""))
    if kind is None or kind[1] not in RESOLUTION_KINDS:
        return
    for name in call.templates or ():
        for what in unsaid(parts.templates.get(name, "")):
            text = f"la resolución no dice {what} (art. 40.2 de la Ley 39/2015)"
            yield Finding("warning", "notice-content", f"documents/{name}.html", text)


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
    for element in nodes:
        if element.calls in parts.shared:
            name = element.properties.get(RESULT, element.id)
            given[name] = given.get(name, frozenset()) | parts.shared[element.calls].results.keys()
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
    found = _ALWAYS
    for form in filter(None, map(parts.staff.get, _forms_of(element, parts))):
        found |= form.field_names | {page.repeat for page in form.pages if page.repeat}
    return found


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
    tasks = (item for item in nodes if item.kind == "userTask")
    forms = {name for item in tasks for name in _forms_of(item, parts)}
    for name in sorted(parts.staff.keys() - forms):
        yield _warning("unused", f"staff/{name}.json", "ninguna tarea usa este formulario")
    rendered = [call for call in calls if call.service == _RENDER]
    if all(call.templates for call in rendered):
        named = {name for call in rendered for name in call.templates or ()}
        for name in sorted(parts.templates.keys() - named):
            if any(name.startswith(part.prefix) for part in parts.shared.values()):
                continue
            message = "ningún servicio usa esta plantilla"
            yield _warning("unused", f"documents/{name}.html", message)
