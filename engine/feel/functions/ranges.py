"""Relations of points and ranges, those of Allen's algebra (DMN 1.5, table 78), and `range`."""

from __future__ import annotations

import re
from typing import Any

from engine.feel.functions.builtin import Row, functions
from engine.feel.values import Range, compare, equal

_SHAPE = re.compile(
    r"\s*(?P<opening>[\[\](])\s*(?P<low>.*?)\s*\.\.\s*(?P<high>.*?)\s*(?P<closing>[\[\])])\s*",
    re.DOTALL,
)


class _Unordered(ValueError):
    """Two ends that have no order: the relation is null."""


def _less(left: Any, right: Any, *, left_is_high: bool, right_is_high: bool) -> bool:
    """Whether an end is before another; an end that a range does not have is infinitely far."""
    if left is None or right is None:
        left_place = 0 if left is not None else (1 if left_is_high else -1)
        right_place = 0 if right is not None else (1 if right_is_high else -1)
        return left_place < right_place
    answer = compare("<", left, right)
    if answer is None:
        raise _Unordered
    return answer


def _same(left: Any, right: Any, *, left_is_high: bool, right_is_high: bool) -> bool:
    if left is None or right is None:
        return left is None and right is None and left_is_high == right_is_high
    answer = equal(left, right)
    if answer is None:
        raise _Unordered
    return answer


class _End:
    """An end of a range, or a point, which is both of its ends."""

    __slots__ = ("high", "included", "value")

    def __init__(self, value: Any, *, included: bool, high: bool) -> None:
        self.value = value
        self.included = included and value is not None
        self.high = high

    def __lt__(self, other: _End) -> bool:
        return _less(self.value, other.value, left_is_high=self.high, right_is_high=other.high)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _End) and _same(
            self.value, other.value, left_is_high=self.high, right_is_high=other.high
        )

    __hash__ = None  # type: ignore[assignment]


def _ends(value: Any) -> tuple[_End, _End]:
    if isinstance(value, Range):
        low = _End(value.low, included=value.low_included, high=False)
        return low, _End(value.high, included=value.high_included, high=True)
    point = _End(value, included=True, high=True)
    return point, point


def _before(first: Any, second: Any) -> bool:
    _, end = _ends(first)
    start, _ = _ends(second)
    return end < start or (end == start and not (end.included and start.included))


def _meets(first: Range, second: Range) -> bool:
    _, end = _ends(first)
    start, _ = _ends(second)
    return end.included and start.included and end == start


def _overlaps(first: Range, second: Range) -> bool:
    return not (_before(first, second) or _before(second, first))


def _starts_before(first: _End, second: _End) -> bool:
    return first < second or (first == second and first.included and not second.included)


def _ends_before_or_with(first: _End, second: _End) -> bool:
    return first < second or (first == second and (not first.included or second.included))


def _overlaps_before(first: Range, second: Range) -> bool:
    start, end = _ends(first)
    other_start, other_end = _ends(second)
    touches = other_start < end or (end == other_start and end.included and other_start.included)
    return _starts_before(start, other_start) and touches and _ends_before_or_with(end, other_end)


def _overlaps_after(first: Range, second: Range) -> bool:
    return _overlaps_before(second, first)


def _finishes(first: Any, second: Range) -> bool:
    start, end = _ends(first)
    other_start, other_end = _ends(second)
    if not (end == other_end and end.included == other_end.included):
        return False
    if not isinstance(first, Range):
        return True
    return other_start < start or (
        start == other_start and (not start.included or other_start.included)
    )


def _starts(first: Any, second: Range) -> bool:
    start, end = _ends(first)
    other_start, other_end = _ends(second)
    if not (start == other_start and start.included == other_start.included):
        return False
    return not isinstance(first, Range) or _ends_before_or_with(end, other_end)


def _includes(first: Range, second: Any) -> bool:
    start, end = _ends(first)
    other_start, other_end = _ends(second)
    from_before = start < other_start or (
        start == other_start and (start.included or not other_start.included)
    )
    return from_before and _ends_before_or_with(other_end, end)


def _coincides(first: Any, second: Any) -> bool | None:
    if isinstance(first, Range) != isinstance(second, Range):
        return None
    return equal(first, second)


def _range(text: str) -> Range | None:
    """A range written as text, its ends literals; one of them may be missing."""
    from engine.feel.literals import literal

    match = _SHAPE.fullmatch(text)
    if match is None or not (match["low"] or match["high"]):
        return None
    low = literal(match["low"]) if match["low"] else None
    high = literal(match["high"]) if match["high"] else None
    if (low is None and match["low"]) or (high is None and match["high"]):
        return None
    low_included = match["opening"] == "[" and low is not None
    high_included = match["closing"] == "]" and high is not None
    missing_but_included = (match["opening"] == "[" and low is None) or (
        match["closing"] == "]" and high is None
    )
    if missing_but_included:
        return None
    if low is not None and high is not None and compare("<=", low, high) is not True:
        return None
    return Range(low, high, low_included, high_included)


_BOTH = "range1: range, range2: range"
_POINT_IN = "point: point, range: range"
_ROWS: tuple[Row, ...] = (
    ("before", "point1: point, point2: point", _before),
    ("before", _POINT_IN, _before),
    ("before", "range: range, point: point", _before),
    ("before", _BOTH, _before),
    ("after", "point1: point, point2: point", lambda first, second: _before(second, first)),
    ("after", _POINT_IN, lambda first, second: _before(second, first)),
    ("after", "range: range, point: point", lambda first, second: _before(second, first)),
    ("after", _BOTH, lambda first, second: _before(second, first)),
    ("meets", _BOTH, _meets),
    ("met by", _BOTH, lambda first, second: _meets(second, first)),
    ("overlaps", _BOTH, _overlaps),
    ("overlaps before", _BOTH, _overlaps_before),
    ("overlaps after", _BOTH, _overlaps_after),
    ("finishes", _POINT_IN, _finishes),
    ("finishes", _BOTH, _finishes),
    ("finished by", "range: range, point: point", lambda first, second: _finishes(second, first)),
    ("finished by", _BOTH, lambda first, second: _finishes(second, first)),
    ("includes", "range: range, point: point", _includes),
    ("includes", _BOTH, _includes),
    ("during", _POINT_IN, lambda first, second: _includes(second, first)),
    ("during", _BOTH, lambda first, second: _includes(second, first)),
    ("starts", _POINT_IN, _starts),
    ("starts", _BOTH, _starts),
    ("started by", "range: range, point: point", lambda first, second: _starts(second, first)),
    ("started by", _BOTH, lambda first, second: _starts(second, first)),
    ("coincides", "point1: point, point2: point", _coincides),
    ("coincides", _BOTH, _coincides),
    ("range", "from: text", _range),
)

RANGES = functions(_ROWS)
