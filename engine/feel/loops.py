"""The closures of filters, `for`, `some` and `every`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from engine.feel.errors import FeelError, FeelLimitExceeded
from engine.feel.scope import MAX_ITEMS, Code, Scope
from engine.feel.values import Range, is_date, is_number

_STEP_SIZE = 1_000


class _Uncountable(FeelError):
    """What has no items: the loop over it is null."""


@dataclass(frozen=True)
class Over:
    """What a name goes over: the items of a list, or the numbers or days between two ends."""

    name: str
    first: Code
    last: Code | None = None


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
            names = {"item": item, **item} if isinstance(item, dict) else {"item": item}
            result = condition(scope.inner(names))
            if is_number(result):
                return _at(items, result)
            if result is True:
                kept.append(item)
        if not items and is_number(condition(scope)):
            return None
        return kept

    return code


def position(value: Code, index: Decimal) -> Code:
    """`list[2]` with a literal number."""

    def code(scope: Scope) -> Any:
        items = value(scope)
        if items is None:
            return None
        return _at(items if isinstance(items, list) else [items], index)

    return code


def _at(items: list[Any], index: Decimal) -> Any:
    if index == 0 or abs(index) > len(items) or index != index.to_integral_value():
        return None
    place = int(index)
    return items[place - 1 if place > 0 else place]


def iteration(iterators: list[Over], body: Code, *, partial: bool) -> Code:
    """`for … return …`; where the body speaks of `partial`, that is the results so far."""

    def code(scope: Scope) -> Any:
        results: list[Any] = []
        try:
            for binding in _combinations(scope, iterators):
                inner = binding
                if partial:
                    scope.budget.spend(len(results) // _STEP_SIZE)
                    inner = binding.inner({"partial": list(results)})
                results.append(body(inner))
                if len(results) > MAX_ITEMS:
                    raise FeelLimitExceeded("La lista que resulta es demasiado larga.")
        except _Uncountable:
            return None
        return results

    return code


def quantified(iterators: list[Over], body: Code, *, some: bool) -> Code:
    """`some … satisfies` and `every … satisfies`."""

    def code(scope: Scope) -> Any:
        unknown = False
        try:
            for inner in _combinations(scope, iterators):
                result = body(inner)
                if result is some:
                    return some
                unknown = unknown or not isinstance(result, bool)
        except _Uncountable:
            return None
        return None if unknown else not some

    return code


def _combinations(scope: Scope, iterators: list[Over]) -> Iterator[Scope]:
    """A scope for each binding of the iterators, the later ones inside the earlier."""
    first, *rest = iterators
    for item in _items(scope, first):
        inner = scope.inner({first.name: item})
        if rest:
            yield from _combinations(inner, rest)
        else:
            yield inner


def _items(scope: Scope, iterator: Over) -> Iterator[Any]:
    start = iterator.first(scope)
    if iterator.last is not None:
        yield from _count(scope, start, iterator.last(scope))
    elif isinstance(start, Range):
        ends = start.low_included, start.high_included
        yield from _count(scope, start.low, start.high, *ends)
    elif isinstance(start, list):
        yield from start
    elif start is None:
        raise _Uncountable
    else:
        yield start


def _count(
    scope: Scope, low: Any, high: Any, low_included: bool = True, high_included: bool = True
) -> Iterator[Any]:
    """Whole numbers or days from one to the other, up or down."""
    if is_number(low) and is_number(high):
        step: Any = Decimal(1) if low <= high else Decimal(-1)
    elif is_date(low) and is_date(high):
        step = timedelta(days=1) if low <= high else timedelta(days=-1)
    else:
        scope.budget.fault("Solo se puede contar entre dos números o dos fechas.")
        raise _Uncountable
    value = low if low_included else low + step
    forward = low <= high
    while _within(value, high, forward) or (value == high and high_included):
        yield value
        if isinstance(value, date) and value in (date.min, date.max):
            return
        value = value + step


def _within(value: Any, high: Any, forward: bool) -> bool:
    return bool(value < high) if forward else bool(value > high)
