"""A DMN file: decisions, their requirements, input data and business knowledge, by id and by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lxml import etree

from engine.decisions.errors import DecisionError
from engine.decisions.table import Aggregation, Column, HitPolicy, Rule, Table
from engine.feel.errors import FeelError
from engine.feel.expression import Expression, compile_expression, compile_unary_tests
from engine.feel.scope import Function, Scope
from engine.feel.values import normal
from signatures.safe_xml import UnsafeXml, parse_xml

MAX_BYTES = 2_000_000
MAX_RULES = 5_000
NAMESPACES = frozenset(
    f"https://www.omg.org/spec/DMN/{version}/MODEL/"
    for version in ("20191111", "20211108", "20230324")
) | {"http://www.omg.org/spec/DMN/20180521/MODEL/"}

# The logic of a decision: from the values in sight to its result and the rules that matched.
Logic = Callable[[Mapping[str, Any]], tuple[Any, tuple[str, ...]]]


@dataclass(frozen=True)
class DecisionResult:
    """The result of a decision, the rules that matched in it and what else is worth saying."""

    result: Any
    matched: tuple[str, ...]
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """A decision: its name in expressions, what it requires, its logic."""

    id: str
    name: str
    requires: tuple[str, ...]
    logic: Logic = field(repr=False)


@dataclass(frozen=True)
class DecisionModel:
    """Everything in a DMN file."""

    decisions: Mapping[str, Decision]
    inputs: Mapping[str, str]
    knowledge: Mapping[str, tuple[str, Callable[[Scope], Function]]]

    def decide(self, decision_id: str, values: Mapping[str, Any]) -> DecisionResult:
        """Evaluate a decision and those that it requires; raises DecisionError."""
        decision = self.decisions.get(decision_id) or next(
            (item for item in self.decisions.values() if item.name == decision_id), None
        )
        if decision is None:
            raise DecisionError(f"no existe la decisión «{decision_id}»")
        names = {key: normal(value) for key, value in values.items()}
        base = Scope(names)
        for name, make in self.knowledge.values():
            names.setdefault(name, make(base))
        missing = tuple(
            f"falta el dato «{self.inputs[key]}»"
            for key in decision.requires
            if key in self.inputs and self.inputs[key] not in names
        )
        result, matched = self._evaluate(decision, names, {})
        return DecisionResult(result, matched, missing)

    def _evaluate(
        self,
        decision: Decision,
        names: Mapping[str, Any],
        done: dict[str, Any],
        above: tuple[str, ...] = (),
    ) -> tuple[Any, tuple[str, ...]]:
        if decision.id in above:
            raise DecisionError("la decisión se requiere a sí misma", decision.id)
        known = dict(names)
        for key in decision.requires:
            required = self.decisions.get(key)
            if required is None:
                continue
            if key not in done:
                done[key] = self._evaluate(required, names, done, (*above, decision.id))[0]
            known[required.name] = done[key]
        return decision.logic(known)


@lru_cache(maxsize=200)
def load_decisions(xml: bytes) -> DecisionModel:
    """Read a DMN file; raises DecisionError that names the element at fault. Read once per content."""
    try:
        root = parse_xml(xml, max_bytes=MAX_BYTES, max_depth=60, max_nodes=200_000)
    except UnsafeXml as error:
        raise DecisionError(str(error)) from None
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in NAMESPACES:
        raise DecisionError("el fichero no es DMN 1.2 a 1.5")
    return _Reader(f"{{{name.namespace}}}").model(root)


class _Reader:
    """Builds the model of one file."""

    def __init__(self, namespace: str) -> None:
        self._ns = namespace

    def model(self, root: etree._Element) -> DecisionModel:
        """The whole file."""
        decisions = [self._decision(node) for node in root.findall(f"{self._ns}decision")]
        inputs = {
            node.get("id", ""): self._variable(node)
            for node in root.findall(f"{self._ns}inputData")
        }
        knowledge = {
            node.get("id", ""): (self._variable(node), self._knowledge(node))
            for node in root.findall(f"{self._ns}businessKnowledgeModel")
        }
        return DecisionModel({item.id: item for item in decisions}, inputs, knowledge)

    def _variable(self, node: etree._Element) -> str:
        variable = node.find(f"{self._ns}variable")
        name = variable.get("name") if variable is not None else None
        return str(name or node.get("name") or node.get("id"))

    def _decision(self, node: etree._Element) -> Decision:
        requires = [
            str(link.get("href", "")).lstrip("#")
            for kind in ("requiredDecision", "requiredInput")
            for link in node.iter(f"{self._ns}{kind}")
        ]
        place = str(node.get("id") or node.get("name"))
        logic = next(
            (
                child
                for child in node
                if self._local(child) in ("decisionTable", "literalExpression", "context")
            ),
            None,
        )
        if logic is None:
            raise DecisionError(
                "la decisión no tiene una tabla, una expresión ni un contexto", place
            )
        return Decision(place, self._variable(node), tuple(requires), self._logic(logic, place))

    def _local(self, node: etree._Element) -> str:
        return etree.QName(node).localname if isinstance(node.tag, str) else ""

    def _logic(self, node: etree._Element, place: str) -> Logic:
        kind = self._local(node)
        if kind == "decisionTable":
            return self._table(node, place).evaluate
        if kind == "context":
            return self._context(node, place)
        expression = self._expression(self._text(node), place)
        return lambda values: (_value(expression, values, place), ())

    def _context(self, node: etree._Element, place: str) -> Logic:
        """Entries in order, each seeing those before it; one without name is the result."""
        entries: list[tuple[str, Logic]] = []
        for entry in node.findall(f"{self._ns}contextEntry"):
            variable = entry.find(f"{self._ns}variable")
            name = "" if variable is None else str(variable.get("name"))
            body = next(
                (
                    c
                    for c in entry
                    if self._local(c) in ("decisionTable", "literalExpression", "context")
                ),
                None,
            )
            if body is None:
                raise DecisionError("una entrada del contexto está vacía", place)
            entries.append((name, self._logic(body, f"{place}/{name or 'resultado'}")))

        def logic(values: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
            known, result = dict(values), {}
            for name, body in entries:
                value, matched = body(known)
                if not name:
                    return value, matched
                known[name] = result[name] = value
            return result, ()

        return logic

    def _knowledge(self, node: etree._Element) -> Callable[[Scope], Function]:
        place = str(node.get("id"))
        logic = node.find(f"{self._ns}encapsulatedLogic")
        body = None if logic is None else logic.find(f"{self._ns}literalExpression")
        if logic is None or body is None or logic.get("kind", "FEEL") != "FEEL":
            raise DecisionError("el conocimiento de negocio es una función FEEL", place)
        parameters = tuple(
            str(item.get("name")) for item in logic.findall(f"{self._ns}formalParameter")
        )
        code = self._expression(self._text(body), place).code
        return lambda scope: Function(parameters, code, scope)

    def _table(self, node: etree._Element, place: str) -> Table:
        policy, aggregation = node.get("hitPolicy", "UNIQUE"), node.get("aggregation")
        try:
            hit = HitPolicy(policy)
            joined = Aggregation(aggregation) if aggregation else None
        except ValueError:
            raise DecisionError(
                f"la política «{policy} {aggregation or ''}» no existe", place
            ) from None
        inputs = tuple(self._input(item, place) for item in node.findall(f"{self._ns}input"))
        outputs = tuple(self._output(item, place) for item in node.findall(f"{self._ns}output"))
        nodes = node.findall(f"{self._ns}rule")
        if len(nodes) > MAX_RULES:
            raise DecisionError(f"la tabla pasa de {MAX_RULES} reglas", place)
        rules = tuple(self._rule(item, at, place) for at, item in enumerate(nodes, start=1))
        for rule in rules:
            if len(rule.tests) != len(inputs) or len(rule.outputs) != len(outputs):
                raise DecisionError("la regla no tiene una celda por columna", f"{place}/{rule.id}")
        return Table(place, hit, joined, inputs, outputs, rules)

    def _input(self, node: etree._Element, place: str) -> Column:
        label = str(node.get("label") or node.get("id") or "entrada")
        expression = node.find(f"{self._ns}inputExpression")
        text = "" if expression is None else self._text(expression)
        allowed = self._text(node.find(f"{self._ns}inputValues"))
        return Column(
            id=str(node.get("id") or label),
            label=label,
            expression=self._expression(text, f"{place}/{label}"),
            allowed=self._tests(allowed, f"{place}/{label}") if allowed else None,
        )

    def _output(self, node: etree._Element, place: str) -> Column:
        label = str(node.get("name") or node.get("label") or node.get("id") or "salida")
        allowed = self._text(node.find(f"{self._ns}outputValues"))
        default = self._text(node.find(f"{self._ns}defaultOutputEntry"))
        return Column(
            id=str(node.get("id") or label),
            label=label,
            allowed=self._tests(allowed, f"{place}/{label}") if allowed else None,
            priorities=self._priorities(allowed, f"{place}/{label}"),
            default=self._expression(default, f"{place}/{label}") if default else None,
        )

    def _priorities(self, allowed: str, place: str) -> tuple[Expression, ...]:
        """The allowed outputs one by one: their order is their priority."""
        parts, depth, quoted, current = [], 0, False, ""
        for char in allowed:
            quoted = not quoted if char == '"' else quoted
            depth += 0 if quoted else (char in "([{") - (char in ")]}")
            if char == "," and depth == 0 and not quoted:
                parts.append(current)
                current = ""
            else:
                current += char
        return tuple(self._tests(part.strip(), place) for part in [*parts, current] if part.strip())

    def _rule(self, node: etree._Element, number: int, place: str) -> Rule:
        identifier = str(node.get("id") or f"regla {number}")

        def cells(
            kind: str, build: Callable[[str, str], Expression]
        ) -> tuple[tuple[str, Expression], ...]:
            found = []
            for at, item in enumerate(node.findall(f"{self._ns}{kind}"), start=1):
                cell = str(item.get("id") or f"{identifier}, celda {at}")
                found.append((cell, build(self._text(item), f"{place}/{cell}")))
            return tuple(found)

        return Rule(
            identifier,
            cells("inputEntry", lambda text, cell: self._tests(text or "-", cell)),
            cells("outputEntry", lambda text, cell: self._expression(text or "null", cell)),
        )

    def _text(self, node: etree._Element | None) -> str:
        found = None if node is None else node.find(f"{self._ns}text")
        return "" if found is None else "".join(str(part) for part in found.itertext()).strip()

    def _expression(self, text: str, place: str) -> Expression:
        try:
            return compile_expression(text)
        except FeelError as error:
            raise DecisionError(f"«{text}» no es FEEL: {error}", place) from None

    def _tests(self, text: str, place: str) -> Expression:
        try:
            return compile_unary_tests(text)
        except FeelError as error:
            raise DecisionError(f"«{text}» no es una prueba FEEL: {error}", place) from None


def _value(expression: Expression, values: Mapping[str, Any], place: str) -> Any:
    try:
        return expression.evaluate(values)
    except FeelError as error:
        raise DecisionError(str(error), place) from error
