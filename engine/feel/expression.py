"""Compile an expression once; evaluate it many times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from engine.feel.parser import Parser
from engine.feel.scope import MAX_STEPS, Budget, Code, Scope
from engine.feel.values import normal


@dataclass(frozen=True)
class Expression:
    """A compiled expression."""

    source: str
    code: Code = field(repr=False, compare=False)

    def evaluate(self, values: Mapping[str, Any], *, steps: int = MAX_STEPS) -> Any:
        """The value with these names in sight.

        Raises FeelError; FeelLimitExceeded when it takes more than `steps`.
        """
        return self.code(Scope(_normal(values), budget=Budget(steps)))

    def test(self, value: Any, values: Mapping[str, Any], *, steps: int = MAX_STEPS) -> bool:
        """For unary tests: whether `value` passes. Null is not a pass."""
        names = {**_normal(values), "?": normal(value)}
        return self.code(Scope(names, budget=Budget(steps))) is True


def _normal(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: normal(value) for key, value in values.items()}


@lru_cache(maxsize=10_000)
def compile_expression(source: str) -> Expression:
    """Compile an expression; raises FeelSyntaxError with its place."""
    return Expression(source, Parser(source).whole_expression())


@lru_cache(maxsize=10_000)
def compile_unary_tests(source: str) -> Expression:
    """Compile the tests of a decision table's cell; raises FeelSyntaxError."""
    return Expression(source, Parser(source).whole_tests())
