"""Decision tables and their hit policies (DMN 1.5, chapter 8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from typing import Any

from engine.decisions.errors import DecisionError
from engine.decisions.run import run_of
from engine.decisions.types import mismatch, shortened
from engine.feel.arithmetic import operate
from engine.feel.errors import FeelError
from engine.feel.expression import Expression
from engine.feel.scope import Scope
from engine.feel.types import Type
from engine.feel.values import compare, equal


class HitPolicy(StrEnum):
    """What to do with the rules that match."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


class Aggregation(StrEnum):
    """How a COLLECT table joins its outputs."""

    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    COUNT = "COUNT"


@dataclass(frozen=True)
class Column:
    """An input or an output: its expression or name, its type and the values that it may take."""

    id: str
    label: str
    expression: Expression | None = None
    allowed: Expression | None = None
    priorities: tuple[Expression, ...] = ()
    default: Expression | None = None
    type: Type | None = None


@dataclass(frozen=True)
class Rule:
    """A rule: a test for each input, an expression for each output, with the ids of its cells."""

    id: str
    tests: tuple[tuple[str, Expression], ...]
    outputs: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True)
class Table:
    """A decision table. owner: the decision or the business knowledge that it is the logic of."""

    owner: str
    place: str
    policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rules: tuple[Rule, ...]

    def evaluate(self, scope: Scope) -> Any:
        """The result; the ids of the rules that matched are kept. Raises DecisionError with the cell."""
        given = [scope.inner({"?": self._input(column, scope)}) for column in self.inputs]
        matched: list[Rule] = []
        for rule in self.rules:
            if self._matches(rule, given, scope):
                matched.append(rule)
                if self.policy is HitPolicy.FIRST:
                    break
        names = [rule.id for rule in matched]
        run_of(scope).matched.setdefault(self.owner, []).extend(names)
        return self._hit(matched, scope) if matched else self._default(scope)

    def _hit(self, matched: list[Rule], scope: Scope) -> Any:
        """What the hit policy makes of the rules that matched."""
        policies: dict[HitPolicy, Callable[[list[Rule], Scope], Any]] = {
            HitPolicy.UNIQUE: self._unique,
            HitPolicy.FIRST: self._first,
            HitPolicy.PRIORITY: self._priority,
            HitPolicy.ANY: self._any,
            HitPolicy.COLLECT: self._collect,
            HitPolicy.RULE_ORDER: self._rule_order,
            HitPolicy.OUTPUT_ORDER: self._output_order,
        }
        return policies[self.policy](matched, scope)

    def _input(self, column: Column, scope: Scope) -> Any:
        place = f"{self.place}/{column.label}"
        if column.expression is None:
            raise DecisionError("la entrada no tiene expresión", place)
        value = self._value(column.expression, column.label, scope)
        if value is None:
            return None
        if column.type is not None:
            converted = column.type.convert(value)
            if converted is None:
                raise DecisionError(mismatch(value, column.type, column.label), place)
            value = converted
        if column.allowed is not None and not self._test(column.allowed, value, scope, place):
            raise DecisionError(
                f"«{shortened(value)}» no es un valor admitido de la entrada", place
            )
        return value

    def _matches(self, rule: Rule, given: list[Scope], scope: Scope) -> bool:
        scope.budget.spend()
        for inner, (cell, test) in zip(given, rule.tests, strict=True):
            try:
                if test.code(inner) is not True:
                    return False
            except FeelError as error:
                raise DecisionError(str(error), f"{self.place}/{cell}") from error
        return True

    def _test(self, test: Expression, value: Any, scope: Scope, place: str) -> bool:
        try:
            return test.code(scope.inner({"?": value})) is True
        except FeelError as error:
            raise DecisionError(str(error), place) from error

    def _value(self, expression: Expression, cell: str, scope: Scope) -> Any:
        try:
            return expression.code(scope)
        except FeelError as error:
            raise DecisionError(str(error), f"{self.place}/{cell}") from error

    def _output(self, rule: Rule, scope: Scope) -> Any:
        """A rule's output: a value, or a context where the table has several outputs."""
        results = [
            self._cell(column, self._value(expression, cell, scope), cell, scope)
            for column, (cell, expression) in zip(self.outputs, rule.outputs, strict=True)
        ]
        return self._together(results)

    def _cell(self, column: Column, value: Any, cell: str, scope: Scope) -> Any:
        """The value of an output's cell as its type; raises DecisionError that names the cell."""
        place = f"{self.place}/{cell}"
        if column.type is not None and value is not None:
            converted = column.type.convert(value)
            if converted is None:
                raise DecisionError(mismatch(value, column.type, column.label), place)
            value = converted
        if column.allowed is not None and not self._test(column.allowed, value, scope, place):
            raise DecisionError(f"«{shortened(value)}» no es un valor admitido de la salida", place)
        return value

    def _together(self, results: list[Any]) -> Any:
        if len(results) == 1:
            return results[0]
        return {column.label: result for column, result in zip(self.outputs, results, strict=True)}

    def _default(self, scope: Scope) -> Any:
        """Where no rule matches: the default outputs, else null, or nothing in a list."""
        if self.policy is HitPolicy.COLLECT and self.aggregation is Aggregation.COUNT:
            return Decimal(0)
        defaults = [
            None
            if column.default is None
            else self._cell(
                column, self._value(column.default, column.label, scope), column.label, scope
            )
            for column in self.outputs
        ]
        if all(item is None for item in defaults):
            message = "ninguna regla casa con estos datos y no hay salida por defecto"
            run_of(scope).say("warning", "no-rule", self.place, message)
            return [] if self._gives_list() else None
        result = self._together(defaults)
        return [result] if self._gives_list() else result

    def _gives_list(self) -> bool:
        return self.policy in (HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER) or (
            self.policy is HitPolicy.COLLECT and self.aggregation is None
        )

    def _unique(self, matched: list[Rule], scope: Scope) -> Any:
        if len(matched) > 1:
            names = ", ".join(rule.id for rule in matched)
            raise DecisionError(f"casan varias reglas ({names}) y la tabla es UNIQUE", self.place)
        return self._output(matched[0], scope)

    def _first(self, matched: list[Rule], scope: Scope) -> Any:
        return self._output(matched[0], scope)

    def _any(self, matched: list[Rule], scope: Scope) -> Any:
        results = [self._output(rule, scope) for rule in matched]
        if any(equal(result, results[0]) is not True for result in results):
            raise DecisionError(
                "las reglas que casan dan resultados distintos y la tabla es ANY", self.place
            )
        return results[0]

    def _rule_order(self, matched: list[Rule], scope: Scope) -> Any:
        return [self._output(rule, scope) for rule in matched]

    def _output_order(self, matched: list[Rule], scope: Scope) -> Any:
        results = self._rule_order(matched, scope)
        return sorted(results, key=lambda result: self._rank(result, scope))

    def _priority(self, matched: list[Rule], scope: Scope) -> Any:
        return self._output_order(matched, scope)[0]

    def _rank(self, result: Any, scope: Scope) -> list[int]:
        """The place of each output in its list of priorities; the first columns weigh more."""
        one = len(self.outputs) == 1
        parts = [result] if one else [result[column.label] for column in self.outputs]
        ranks = []
        for column, part in zip(self.outputs, parts, strict=True):
            places = [
                at
                for at, option in enumerate(column.priorities)
                if self._test(option, part, scope, f"{self.place}/{column.label}")
            ]
            ranks.append(places[0] if places else len(column.priorities))
        return ranks

    def _collect(self, matched: list[Rule], scope: Scope) -> Any:
        results = self._rule_order(matched, scope)
        if self.aggregation is None:
            return results
        if self.aggregation is Aggregation.COUNT:
            return Decimal(len(results))
        if self.aggregation is Aggregation.SUM:
            total = reduce(lambda one, other: operate("+", one, other), results)
            if total is None or isinstance(total, str | list | dict | bool):
                raise DecisionError("solo se suman números o duraciones", self.place)
            return total
        operator = "<" if self.aggregation is Aggregation.MIN else ">"
        best = results[0]
        for result in results:
            better = compare(operator, result, best)
            if better is None:
                raise DecisionError("las salidas no se pueden comparar entre sí", self.place)
            best = result if better else best
        return best
