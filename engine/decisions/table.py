"""Decision tables and their hit policies (DMN 1.5, chapter 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from engine.decisions.errors import DecisionError
from engine.feel.errors import FeelError
from engine.feel.expression import Expression
from engine.feel.values import equal, is_number


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
    """An input or an output: its expression or name, and the values that it may take."""

    id: str
    label: str
    expression: Expression | None = None
    allowed: Expression | None = None
    priorities: tuple[Expression, ...] = ()
    default: Expression | None = None


@dataclass(frozen=True)
class Rule:
    """A rule: a test for each input, an expression for each output, with the ids of its cells."""

    id: str
    tests: tuple[tuple[str, Expression], ...]
    outputs: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True)
class Table:
    """A decision table."""

    place: str
    policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rules: tuple[Rule, ...]

    def evaluate(self, values: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
        """The result and the ids of the rules that matched; raises DecisionError."""
        given = [self._input(column, values) for column in self.inputs]
        matched = [rule for rule in self.rules if self._matches(rule, given, values)]
        names = tuple(rule.id for rule in matched)
        if not matched:
            return self._default(values), ()
        return self._hit(matched, values), names

    def _hit(self, matched: list[Rule], values: Mapping[str, Any]) -> Any:
        """What the hit policy makes of the rules that matched."""
        policies: dict[HitPolicy, Callable[[list[Rule], Mapping[str, Any]], Any]] = {
            HitPolicy.UNIQUE: self._unique,
            HitPolicy.FIRST: self._first,
            HitPolicy.PRIORITY: self._priority,
            HitPolicy.ANY: self._any,
            HitPolicy.COLLECT: self._collect,
            HitPolicy.RULE_ORDER: self._rule_order,
            HitPolicy.OUTPUT_ORDER: self._output_order,
        }
        return policies[self.policy](matched, values)

    def _input(self, column: Column, values: Mapping[str, Any]) -> Any:
        if column.expression is None:
            raise DecisionError("la entrada no tiene expresión", f"{self.place}/{column.label}")
        value = self._value(column.expression, column.id, values)
        if (
            column.allowed is not None
            and value is not None
            and not column.allowed.test(value, values)
        ):
            raise DecisionError(
                f"«{value}» no es un valor admitido de la entrada", f"{self.place}/{column.label}"
            )
        return value

    def _matches(self, rule: Rule, given: list[Any], values: Mapping[str, Any]) -> bool:
        for value, (cell, test) in zip(given, rule.tests, strict=True):
            try:
                if not test.test(value, values):
                    return False
            except FeelError as error:
                raise DecisionError(str(error), f"{self.place}/{cell}") from error
        return True

    def _value(self, expression: Expression, cell: str, values: Mapping[str, Any]) -> Any:
        try:
            return expression.evaluate(values)
        except FeelError as error:
            raise DecisionError(str(error), f"{self.place}/{cell}") from error

    def _output(self, rule: Rule, values: Mapping[str, Any]) -> Any:
        """A rule's output: a value, or a context where the table has several outputs."""
        results = [self._value(expression, cell, values) for cell, expression in rule.outputs]
        for column, result in zip(self.outputs, results, strict=True):
            if column.allowed is not None and not column.allowed.test(result, values):
                raise DecisionError(
                    f"«{result}» no es un valor admitido de la salida", f"{self.place}/{rule.id}"
                )
        if len(results) == 1:
            return results[0]
        return {column.label: result for column, result in zip(self.outputs, results, strict=True)}

    def _default(self, values: Mapping[str, Any]) -> Any:
        if self.policy is HitPolicy.COLLECT and self.aggregation is Aggregation.COUNT:
            return Decimal(0)
        defaults = [
            None if column.default is None else self._value(column.default, column.id, values)
            for column in self.outputs
        ]
        if all(item is None for item in defaults):
            return [] if self._gives_list() else None
        single = len(defaults) == 1
        result: Any = (
            defaults[0]
            if single
            else {column.label: value for column, value in zip(self.outputs, defaults, strict=True)}
        )
        return [result] if self._gives_list() else result

    def _gives_list(self) -> bool:
        return self.policy in (HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER) or (
            self.policy is HitPolicy.COLLECT and self.aggregation is None
        )

    def _unique(self, matched: list[Rule], values: Mapping[str, Any]) -> Any:
        if len(matched) > 1:
            names = ", ".join(rule.id for rule in matched)
            raise DecisionError(f"casan varias reglas ({names}) y la tabla es UNIQUE", self.place)
        return self._output(matched[0], values)

    def _first(self, matched: list[Rule], values: Mapping[str, Any]) -> Any:
        return self._output(matched[0], values)

    def _any(self, matched: list[Rule], values: Mapping[str, Any]) -> Any:
        results = [self._output(rule, values) for rule in matched]
        if any(equal(result, results[0]) is not True for result in results):
            raise DecisionError(
                "las reglas que casan dan resultados distintos y la tabla es ANY", self.place
            )
        return results[0]

    def _rule_order(self, matched: list[Rule], values: Mapping[str, Any]) -> Any:
        return [self._output(rule, values) for rule in matched]

    def _output_order(self, matched: list[Rule], values: Mapping[str, Any]) -> Any:
        results = [self._output(rule, values) for rule in matched]
        return sorted(results, key=lambda result: self._rank(result, values))

    def _priority(self, matched: list[Rule], values: Mapping[str, Any]) -> Any:
        return self._output_order(matched, values)[0]

    def _rank(self, result: Any, values: Mapping[str, Any]) -> list[int]:
        """The place of each output in its list of priorities."""
        parts = (
            [result]
            if len(self.outputs) == 1
            else [result[column.label] for column in self.outputs]
        )
        ranks = []
        for column, part in zip(self.outputs, parts, strict=True):
            places = [
                at for at, option in enumerate(column.priorities) if option.test(part, values)
            ]
            ranks.append(places[0] if places else len(column.priorities))
        return ranks

    def _collect(self, matched: list[Rule], values: Mapping[str, Any]) -> Any:
        results = [self._output(rule, values) for rule in matched]
        if self.aggregation is None:
            return results
        if self.aggregation is Aggregation.COUNT:
            return Decimal(len(results))
        if not all(is_number(result) for result in results):
            raise DecisionError("solo se agregan números", self.place)
        if self.aggregation is Aggregation.SUM:
            return sum(results, Decimal(0))
        return min(results) if self.aggregation is Aggregation.MIN else max(results)
