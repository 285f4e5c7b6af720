"""List functions (DMN 1.5, table 74)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from engine.feel.arithmetic import NUMBERS, operate
from engine.feel.errors import FeelLimitExceeded
from engine.feel.functions.builtin import Row, functions, whole
from engine.feel.functions.strings import span
from engine.feel.scope import MAX_ITEMS, Scope, call
from engine.feel.values import Allowance, Months, compare, equal, is_function, is_number


def _short(items: list[Any]) -> list[Any]:
    if len(items) > MAX_ITEMS:
        raise FeelLimitExceeded("La lista que resulta es demasiado larga.")
    return items


def _all_numbers(items: list[Any]) -> bool:
    return bool(items) and all(is_number(item) for item in items)


def _sum(items: list[Any]) -> Any:
    """The sum of numbers, or of durations of one kind."""
    if not items or not isinstance(items[0], Decimal | timedelta | Months):
        return None
    kind = type(items[0])
    if any(type(item) is not kind for item in items):
        return None
    return functools.reduce(lambda total, item: operate("+", total, item), items)


def _mean(items: list[Any]) -> Any:
    total = _sum(items)
    return operate("/", total, Decimal(len(items)))


def _product(items: list[Any]) -> Any:
    if not _all_numbers(items):
        return None
    return functools.reduce(NUMBERS.multiply, items)


def _median(items: list[Any]) -> Any:
    if not _all_numbers(items):
        return None
    ordered = sorted(items)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return NUMBERS.divide(NUMBERS.add(ordered[middle - 1], ordered[middle]), Decimal(2))


def _deviation(items: list[Any]) -> Any:
    """The sample standard deviation; one number alone has none."""
    if not _all_numbers(items) or len(items) < 2:
        return None
    mean = _mean(items)
    squares = [NUMBERS.power(NUMBERS.subtract(item, mean), Decimal(2)) for item in items]
    total = functools.reduce(NUMBERS.add, squares)
    return NUMBERS.sqrt(NUMBERS.divide(total, Decimal(len(items) - 1)))


def _mode(items: list[Any]) -> Any:
    """The numbers that are repeated most, in ascending order."""
    if not items:
        return []
    if not _all_numbers(items):
        return None
    times: dict[Decimal, int] = {}
    for item in items:
        times[item] = times.get(item, 0) + 1
    most = max(times.values())
    return sorted(item for item, count in times.items() if count == most)


def _extreme(operator: str) -> Callable[[list[Any]], Any]:
    def body(items: list[Any]) -> Any:
        if not items or compare("<=", items[0], items[0]) is None:
            return None
        best = items[0]
        for item in items[1:]:
            better = compare(operator, item, best)
            if better is None:
                return None
            best = item if better else best
        return best

    return body


def _all(items: list[Any]) -> Any:
    if any(item is False for item in items):
        return False
    return True if all(item is True for item in items) else None


def _any(items: list[Any]) -> Any:
    if any(item is True for item in items):
        return True
    return False if all(item is False for item in items) else None


def _holds(scope: Scope, items: list[Any], value: Any) -> bool:
    scope.budget.spend(1 + len(items) // 2)
    return any(equal(item, value) is True for item in items)


def _distinct(scope: Scope, items: list[Any]) -> list[Any]:
    """Without repetitions; numbers and texts, the usual case, do not compare all with all."""
    kept: list[Any] = []
    seen: set[Any] = set()
    for item in items:
        if isinstance(item, str | Decimal | bool):
            mark = (type(item), item)
            if mark not in seen:
                seen.add(mark)
                kept.append(item)
        elif not _holds(scope, kept, item):
            kept.append(item)
    return kept


def _concatenate(lists: list[Any]) -> list[Any] | None:
    """Several lists as one; null among them gives null."""
    joined: list[Any] = []
    for item in lists:
        if item is None:
            return None
        joined.extend(item if isinstance(item, list) else [item])
        _short(joined)
    return joined


def _flatten(items: list[Any]) -> list[Any]:
    flat: list[Any] = []
    _pour(items, flat, Allowance(), 0)
    return flat


def _pour(items: list[Any], flat: list[Any], allowance: Allowance, depth: int) -> None:
    for item in items:
        allowance.take(depth)
        if isinstance(item, list):
            _pour(item, flat, allowance, depth + 1)
        else:
            flat.append(item)
            _short(flat)


def _sort(scope: Scope, items: list[Any], precedes: Any = None) -> Any:
    if not (precedes is None or is_function(precedes)):
        return None
    if precedes is None and _extreme("<")(items) is None:
        return items if not items else None

    def order(left: Any, right: Any) -> int:
        scope.budget.spend()
        if precedes is None:
            return -1 if compare("<", left, right) else int(compare("<", right, left) is True)
        if call(scope, precedes, [left, right], {}) is True:
            return -1
        return int(call(scope, precedes, [right, left], {}) is True)

    return sorted(items, key=functools.cmp_to_key(order))


def _place(items: list[Any], position: Decimal) -> int | None:
    """The index of a position counted from 1, or from the end when it is negative."""
    number = whole(position)
    if number == 0 or abs(number) > len(items):
        return None
    return number - 1 if number > 0 else len(items) + number


def _insert(items: list[Any], position: Decimal, value: Any) -> Any:
    at = _place(items, position)
    return None if at is None else _short([*items[:at], value, *items[at:]])


def _remove(items: list[Any], position: Decimal) -> Any:
    at = _place(items, position)
    return None if at is None else [*items[:at], *items[at + 1 :]]


def _replace_at(items: list[Any], position: Decimal, value: Any) -> Any:
    at = _place(items, position)
    return None if at is None else [*items[:at], value, *items[at + 1 :]]


def _replace_matching(scope: Scope, items: list[Any], match: Any, value: Any) -> Any:
    found = []
    for item in items:
        answer = call(scope, match, [item, value], {})
        if not isinstance(answer, bool):
            return None
        found.append(value if answer else item)
    return found


def _sublist(items: list[Any], start: Decimal, length: Decimal | None = None) -> Any:
    part = span(len(items), start, length)
    return None if part is None else items[part[0] : part[1]]


def _append(items: list[Any], added: list[Any]) -> list[Any]:
    return _short([*items, *added])


def _positions(items: list[Any], match: Any) -> list[Decimal]:
    return [Decimal(at) for at, item in enumerate(items, start=1) if equal(item, match) is True]


def _union(scope: Scope, lists: list[Any]) -> list[Any] | None:
    joined = _concatenate(lists)
    return None if joined is None else _distinct(scope, joined)


def _duplicates(scope: Scope, items: list[Any]) -> list[Any]:
    repeated: list[Any] = []
    for at, item in enumerate(items):
        if _holds(scope, items[:at], item) and not _holds(scope, repeated, item):
            repeated.append(item)
    return repeated


_ROWS: tuple[Row, ...] = (
    ("count", "list: list", lambda items: Decimal(len(items))),
    ("min", "list: *list", _extreme("<")),
    ("max", "list: *list", _extreme(">")),
    ("sum", "list: *list", _sum),
    ("mean", "list: *list", _mean),
    ("median", "list: *list", _median),
    ("product", "list: *list", _product),
    ("stddev", "list: *list", _deviation),
    ("mode", "list: *list", _mode),
    ("all", "list: *list", _all),
    ("any", "list: *list", _any),
    ("append", "list: list, item: **list", _append),
    ("concatenate", "list: **list", _concatenate),
    ("insert before", "list: list, position: number, newItem: any", _insert),
    ("remove", "list: list, position: number", _remove),
    ("reverse", "list: list", lambda items: items[::-1]),
    ("index of", "list: list, match: any", _positions),
    ("flatten", "list: list", _flatten),
    ("sublist", "list: list, start position: number, length?: number", _sublist),
    ("list replace", "list: list, position: number, newItem: any", _replace_at),
)
_WITH_SCOPE: tuple[Row, ...] = (
    ("list contains", "list: list, element: any", _holds),
    ("list replace", "list: list, match: function, newItem: any", _replace_matching),
    ("distinct values", "list: list", _distinct),
    ("duplicate values", "list: list", _duplicates),
    ("union", "list: **list", _union),
    ("sort", "list: list, precedes?: any", _sort),
)

LISTS = functions(_ROWS)
for _name, _function in functions(_WITH_SCOPE, with_scope=True).items():
    LISTS[_name] = _function.joined_to(LISTS.get(_name))
