"""Compile an expression once; evaluate it many times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from engine.feel.errors import FeelLimitExceeded
from engine.feel.names import NO_NAMES, Names
from engine.feel.parser import Parser
from engine.feel.scope import MAX_STEPS, Budget, Code, Evaluation, Scope
from engine.feel.types import Type
from engine.feel.values import bounded, normal


@dataclass(frozen=True)
class Expression:
    """A compiled expression. names: what it takes from its surroundings, built-in functions included."""

    source: str
    code: Code = field(repr=False, compare=False)
    names: frozenset[str] = field(default=frozenset(), repr=False, compare=False)

    def evaluate(
        self,
        values: Mapping[str, Any],
        *,
        steps: int = MAX_STEPS,
        evaluation: Evaluation | None = None,
    ) -> Any:
        """The value with these names in sight; only the names that are used are looked up.

        Raises FeelError; FeelLimitExceeded when it takes more steps, time or depth than it may.
        """
        plain = evaluation is None and steps == MAX_STEPS
        budget = Budget() if plain else _budget(steps, evaluation)
        try:
            result = self.code(Scope(values, None, budget))
        except RecursionError:
            raise FeelLimitExceeded("La expresión tiene demasiados niveles.") from None
        return bounded(result) if isinstance(result, list | dict) else result

    def test(
        self,
        value: Any,
        values: Mapping[str, Any],
        *,
        steps: int = MAX_STEPS,
        evaluation: Evaluation | None = None,
    ) -> bool:
        """For unary tests: whether `value` passes. Null is not a pass."""
        outer = Scope(values, None, _budget(steps, evaluation))
        try:
            return self.code(outer.inner({"?": normal(value)})) is True
        except RecursionError:
            raise FeelLimitExceeded("La expresión tiene demasiados niveles.") from None


def _budget(steps: int, evaluation: Evaluation | None) -> Budget:
    return Budget.of(evaluation or Evaluation(steps=steps))


@lru_cache(maxsize=10_000)
def compile_expression(source: str, names: Names = NO_NAMES) -> Expression:
    """Compile an expression; raises FeelSyntaxError with its place."""
    parser = Parser(source, names)
    return _compiled(source, parser, parser.whole_expression)


@lru_cache(maxsize=10_000)
def compile_unary_tests(source: str, names: Names = NO_NAMES) -> Expression:
    """Compile the tests of a decision table's cell; raises FeelSyntaxError."""
    parser = Parser(source, names)
    return _compiled(source, parser, parser.whole_tests)


def compile_type(source: str, names: Names = NO_NAMES) -> Type:
    """A type such as `list<number>`; raises FeelSyntaxError."""
    return Parser(source, names).type()


def _compiled(source: str, parser: Parser, read: Any) -> Expression:
    try:
        code = read()
    except RecursionError:
        raise FeelLimitExceeded("La expresión tiene demasiados niveles.") from None
    return Expression(source, code, frozenset(parser.free))
