"""The closures that expressions become: each takes the scope and gives a value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.feel.arithmetic import negate, operate
from engine.feel.errors import FeelError, FeelLimitExceeded
from engine.feel.functions import FUNCTIONS
from engine.feel.scope import MAX_ITEMS, Code, Function, Scope, call
from engine.feel.values import Months, Range, compare, equal, is_number


def constant(value: Any) -> Code:
    """A literal."""
    return lambda _scope: value


def name(identifier: str) -> Code:
    """A name in sight, else a built-in function, else null."""
    built_in = FUNCTIONS.get(identifier)

    def code(scope: Scope) -> Any:
        return scope.get(identifier) if built_in is None or scope.knows(identifier) else built_in

    return code


def disjunction(left: Code, right: Code) -> Code:
    """`or` of three values."""

    def code(scope: Scope) -> Any:
        first = left(scope)
        if first is True:
            return True
        second = right(scope)
        if second is True:
            return True
        return False if first is False and second is False else None

    return code


def conjunction(left: Code, right: Code) -> Code:
    """`and` of three values."""

    def code(scope: Scope) -> Any:
        first = left(scope)
        if first is False:
            return False
        second = right(scope)
        if second is False:
            return False
        return True if first is True and second is True else None

    return code


def comparison(operator: str, left: Code, right: Code) -> Code:
    """Equality or order."""

    def code(scope: Scope) -> Any:
        return _compared(operator, left(scope), right(scope))

    return code


def _compared(operator: str, left: Any, right: Any) -> bool | None:
    if operator == "=":
        return equal(left, right)
    if operator == "!=":
        same = equal(left, right)
        return None if same is None else not same
    return compare(operator, left, right)


def between(value: Code, low: Code, high: Code) -> Code:
    """`x between a and b`, both included."""
    return lambda scope: Range(low(scope), high(scope)).contains(value(scope))


def arithmetic(operator: str, left: Code, right: Code) -> Code:
    """An operation on two values."""
    return lambda scope: operate(operator, left(scope), right(scope))


def negation(operand: Code) -> Code:
    """The opposite."""
    return lambda scope: negate(operand(scope))


def conditional(condition: Code, yes: Code, no: Code) -> Code:
    """`if … then … else …`: anything but true is else."""
    return lambda scope: yes(scope) if condition(scope) is True else no(scope)


def listing(items: list[Code]) -> Code:
    """A list."""
    return lambda scope: [item(scope) for item in items]


def ranging(low: Code, high: Code, low_included: bool, high_included: bool) -> Code:
    """A range."""
    return lambda scope: Range(low(scope), high(scope), low_included, high_included)


def context(entries: list[tuple[str, Code]]) -> Code:
    """A context: each entry sees those before it."""

    def code(scope: Scope) -> Any:
        values: dict[str, Any] = {}
        inner = scope.inner(values)
        for key, value in entries:
            values[key] = value(inner)
        return values

    return code


def function(parameters: tuple[str, ...], body: Code) -> Code:
    """A function, with the names in sight where it is written."""
    return lambda scope: Function(parameters, body, scope)


def calling(called: Code, positional: list[Code], named: dict[str, Code]) -> Code:
    """A call."""

    def code(scope: Scope) -> Any:
        arguments = [argument(scope) for argument in positional]
        by_name = {key: argument(scope) for key, argument in named.items()}
        return call(scope, called(scope), arguments, by_name)

    return code


def path(value: Code, key: str) -> Code:
    """`context.key`, the keys of a list of contexts, or a part of a date. Never a host attribute."""

    def code(scope: Scope) -> Any:
        found = value(scope)
        if isinstance(found, list):
            return [_part(item, key) for item in found]
        return _part(found, key)

    return code


def _part(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    part = _temporal_part(value, key)
    return Decimal(part) if isinstance(part, int) else part


def _temporal_part(value: Any, key: str) -> Any:
    """The parts that DMN names, one by one."""
    if isinstance(value, date) and key in ("year", "month", "day"):
        return {"year": value.year, "month": value.month, "day": value.day}[key]
    if isinstance(value, date) and key == "weekday":
        return value.isoweekday()
    if isinstance(value, datetime | time) and key in ("hour", "minute", "second"):
        return {"hour": value.hour, "minute": value.minute, "second": value.second}[key]
    if isinstance(value, Months) and key in ("years", "months"):
        years, months = divmod(abs(value.count), 12)
        return {"years": years, "months": months}[key] * (-1 if value.count < 0 else 1)
    if isinstance(value, timedelta) and key in ("days", "hours", "minutes", "seconds"):
        seconds = int(abs(value).total_seconds())
        parts = {
            "days": seconds // 86400,
            "hours": seconds % 86400 // 3600,
            "minutes": seconds % 3600 // 60,
            "seconds": seconds % 60,
        }
        return parts[key] * (-1 if value < timedelta(0) else 1)
    return None


def filtering(value: Code, condition: Code) -> Code:
    """`list[2]`, `list[-1]` or `list[item > 3]`; the keys of an item that is a context are in sight."""

    def code(scope: Scope) -> Any:
        items = value(scope)
        if items is None:
            return None
        if not isinstance(items, list):
            items = [items]
        kept = []
        for item in items:
            names = {**item, "item": item} if isinstance(item, dict) else {"item": item}
            result = condition(scope.inner(names))
            if is_number(result):
                return _at(items, result)
            if result is True:
                kept.append(item)
        if not items and is_number(condition(scope)):
            return None
        return kept

    return code


def _at(items: list[Any], position: Decimal) -> Any:
    index = int(position)
    if index == 0 or abs(index) > len(items):
        return None
    return items[index - 1 if index > 0 else index]


def iteration(iterators: list[tuple[str, Code, Code | None]], body: Code) -> Code:
    """`for … return …`; `partial` holds the results so far."""

    def code(scope: Scope) -> Any:
        results: list[Any] = []
        for values in _combinations(scope, iterators):
            results.append(body(scope.inner({**values, "partial": results})))
            if len(results) > MAX_ITEMS:
                raise FeelLimitExceeded("La lista que resulta es demasiado larga.")
        return results

    return code


def quantified(iterators: list[tuple[str, Code, Code | None]], body: Code, *, some: bool) -> Code:
    """`some … satisfies` and `every … satisfies`."""

    def code(scope: Scope) -> Any:
        unknown = False
        for values in _combinations(scope, iterators):
            result = body(scope.inner(values))
            if result is some:
                return some
            unknown = unknown or not isinstance(result, bool)
        return None if unknown else not some

    return code


def _combinations(
    scope: Scope, iterators: list[tuple[str, Code, Code | None]]
) -> Iterator[dict[str, Any]]:
    """The bindings of the iterators, the later ones inside the earlier."""
    if not iterators:
        yield {}
        return
    (key, first, last), rest = iterators[0], iterators[1:]
    for item in _items(scope, first, last):
        inner = scope.inner({key: item})
        for values in _combinations(inner, rest):
            yield {key: item, **values}


def _items(scope: Scope, first: Code, last: Code | None) -> Iterator[Any]:
    start = first(scope)
    if last is None and isinstance(start, Range):
        yield from _count(start.low, start.high, start.low_included, start.high_included)
    elif last is None:
        yield from start if isinstance(start, list) else ([] if start is None else [start])
    else:
        yield from _count(start, last(scope), True, True)


def _count(low: Any, high: Any, low_included: bool, high_included: bool) -> Iterator[Any]:
    """Whole numbers or days from one to the other, up or down."""
    if is_number(low) and is_number(high):
        step: Any = Decimal(1) if low <= high else Decimal(-1)
    elif isinstance(low, date) and isinstance(high, date):
        step = timedelta(days=1) if low <= high else timedelta(days=-1)
    else:
        raise FeelError("Solo se puede contar entre dos números o dos fechas.")
    value = low if low_included else low + step
    forward = low <= high
    while (
        (value < high or (value == high and high_included))
        if forward
        else (value > high or (value == high and high_included))
    ):
        yield value
        value = value + step


def membership(value: Code, tests: Code) -> Code:
    """`x in tests`."""
    return lambda scope: tests(scope.inner({"?": value(scope)}))


def test_compare(operator: str, operand: Code) -> Code:
    """A test such as `< 3` on the value `?`."""
    return lambda scope: _compared(operator, scope.get("?"), operand(scope))


def test_value(expression: Code) -> Code:
    """A test that is a value, a range, a list, or a condition on `?`."""

    def code(scope: Scope) -> Any:
        value, result = scope.get("?"), expression(scope)
        if isinstance(result, Range):
            return result.contains(value)
        if isinstance(result, list) and not isinstance(value, list):
            return any(equal(value, item) is True for item in result)
        if isinstance(result, bool) and not isinstance(value, bool):
            return result
        return equal(value, result)

    return code


def any_test(tests: list[Code]) -> Code:
    """Whether any of the tests holds."""
    if len(tests) == 1:
        return tests[0]

    def code(scope: Scope) -> Any:
        results = [test(scope) for test in tests]
        if any(result is True for result in results):
            return True
        return None if any(result is None for result in results) else False

    return code


def negated_tests(tests: Code) -> Code:
    """`not(…)` of tests."""

    def code(scope: Scope) -> Any:
        result = tests(scope)
        return None if result is None else not result

    return code
