"""The closures of tests: `in`, and the cells of decision tables, which are about the value `?`."""

from __future__ import annotations

from typing import Any

from engine.feel.nodes import COMPARISONS, disjunction
from engine.feel.scope import Code, Scope, lookup
from engine.feel.values import Range, equal


def _truth(left: bool | None) -> bool | None:
    return left if isinstance(left, bool) else None


def membership(value: Code, tests: Code) -> Code:
    """`x in tests`."""
    return lambda scope: _truth(tests(scope.inner({"?": value(scope)})))


def test_compare(operator: str, operand: Code) -> Code:
    """A test such as `< 3` on the value `?`."""
    compared = COMPARISONS[operator]
    return lambda scope: compared(lookup(scope, "?"), operand(scope))


def test_value(expression: Code, *, about_value: bool) -> Code:
    """A test that is a value, a range or a list; or, where it speaks of `?`, a condition."""
    if about_value:
        return expression

    def code(scope: Scope) -> Any:
        return passes(lookup(scope, "?"), expression(scope))

    return code


def passes(value: Any, test: Any) -> bool | None:
    """Whether a value is the test, in it, or among its items."""
    if isinstance(test, Range):
        return equal(value, test) if isinstance(value, Range) else test.contains(value)
    if isinstance(test, list):
        if equal(value, test) is True:
            return True
        return any(_is_or_has(item, value) for item in test)
    if isinstance(test, bool) and value is not None and not isinstance(value, bool):
        return test
    return equal(value, test)


def _is_or_has(item: Any, value: Any) -> bool:
    if isinstance(item, Range) and not isinstance(value, Range):
        return item.contains(value) is True
    return equal(value, item) is True


def any_test(tests: list[Code]) -> Code:
    """Whether any of the tests holds."""
    return tests[0] if len(tests) == 1 else disjunction(tests)


def negated_tests(tests: Code) -> Code:
    """`not(…)` of tests."""

    def code(scope: Scope) -> Any:
        result = _truth(tests(scope))
        return None if result is None else not result

    return code
