"""The values of FEEL: Decimal numbers, text, booleans, null, dates, durations, lists, contexts, ranges.

Comparison follows DMN's three-valued logic: what cannot be compared gives null, never an error. A time
or an instant without zone is read as UTC where it meets one that has a zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from engine.feel.errors import FeelError, FeelLimitExceeded

MAX_EXPONENT = 6144
MAX_NODES = 300_000
MAX_NESTING = 100
_MAX_BITS = 20_480
_REFERENCE = date(2000, 1, 1)
_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<years>[0-9]{1,9})Y)?(?:(?P<months>[0-9]{1,9})M)?(?:(?P<weeks>[0-9]{1,9})W)?"
    r"(?:(?P<days>[0-9]{1,9})D)?(?:T(?:(?P<hours>[0-9]{1,12})H)?(?:(?P<minutes>[0-9]{1,12})M)?"
    r"(?:(?P<seconds>[0-9]{1,15}(?:\.[0-9]{1,18})?)S)?)?"
)


@dataclass(frozen=True, order=True)
class Months:
    """A duration of years and months, which no number of days equals."""

    count: int

    def __str__(self) -> str:
        years, months = divmod(abs(self.count), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return f"{'-' if self.count < 0 else ''}P{text}"


@dataclass(frozen=True)
class Range:
    """A range of values; None at an end means that it has none."""

    low: Any
    high: Any
    low_included: bool = True
    high_included: bool = True

    def contains(self, value: Any) -> bool | None:
        """Whether the value is inside, null when it cannot be compared."""
        if self.low is None and self.high is None:
            return None
        result: bool | None = True
        if self.low is not None:
            result = _and(result, compare(">=" if self.low_included else ">", value, self.low))
        if self.high is not None:
            result = _and(result, compare("<=" if self.high_included else "<", value, self.high))
        return result


def _and(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


class Allowance:
    """How many values a walk may still see: shared lists can stand for more than memory holds."""

    __slots__ = ("_left",)

    def __init__(self, nodes: int = MAX_NODES) -> None:
        self._left = nodes

    def take(self, depth: int = 0) -> None:
        """See one more; raises FeelLimitExceeded."""
        self._left -= 1
        if self._left < 0:
            raise FeelLimitExceeded("El valor tiene demasiados elementos.")
        if depth > MAX_NESTING:
            raise FeelLimitExceeded("El valor tiene demasiados niveles.")


PLAIN = frozenset([type(None), bool, str, date, datetime, time, timedelta, Months])


def normal(value: Any) -> Any:
    """A host value as FEEL holds it; raises FeelError for what FEEL cannot hold."""
    kind = type(value)
    if kind in PLAIN:
        return value
    if kind is Decimal:
        return _number(value)
    return _normal(value, Allowance(), 0)


def _normal(value: Any, allowance: Allowance, depth: int) -> Any:
    allowance.take(depth)
    match value:
        case None | bool() | str() | Months() | timedelta() | date() | time():
            return value
        case Decimal():
            return _number(value)
        case int():
            return _whole(value)
        case UUID():
            return str(value)
        case Range():
            low, high = (_normal(end, allowance, depth + 1) for end in (value.low, value.high))
            return Range(low, high, value.low_included, value.high_included)
        case Mapping():
            return {str(key): _normal(item, allowance, depth + 1) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_normal(item, allowance, depth + 1) for item in value]
        case float():
            raise FeelError("Un número con coma flotante no entra en una expresión: use Decimal.")
    if is_function(value):
        return value
    raise FeelError(f"Un valor de tipo {type(value).__name__} no entra en una expresión.")


def _number(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise FeelError("Un número infinito o indefinido no entra en una expresión.")
    if value and abs(value.adjusted()) > MAX_EXPONENT:
        raise FeelError("Un número tan grande o tan pequeño no entra en una expresión.")
    return value


def _whole(value: int) -> Decimal:
    if value.bit_length() > _MAX_BITS:
        raise FeelError("Un número tan grande no entra en una expresión.")
    return Decimal(value)


def bounded(value: Any) -> Any:
    """A result as it is; raises FeelLimitExceeded for one that stands for more than it may."""
    if isinstance(value, list | dict):
        _bounded(value, Allowance(), 0)
    return value


def _bounded(value: Any, allowance: Allowance, depth: int) -> None:
    allowance.take(depth)
    if isinstance(value, list):
        for item in value:
            _bounded(item, allowance, depth + 1)
    elif isinstance(value, dict):
        for item in value.values():
            _bounded(item, allowance, depth + 1)


def is_number(value: Any) -> bool:
    """Whether a value is a FEEL number (a boolean is not)."""
    return isinstance(value, Decimal)


def is_function(value: Any) -> bool:
    """Whether a value is a function of the language; a host's object is not asked, only its class."""
    return getattr(type(value), "feel_function", False) is True


def is_date(value: Any) -> bool:
    """Whether a value is a date without time."""
    return isinstance(value, date) and not isinstance(value, datetime)


def same_kind(left: Any, right: Any) -> bool:
    """Whether two values can be compared."""
    if type(left) is type(right):
        return True
    for kind in (bool, Decimal, str, datetime, Months, timedelta, time, list, dict, Range):
        if isinstance(left, kind) or isinstance(right, kind):
            return isinstance(left, kind) and isinstance(right, kind)
    return isinstance(left, date) and isinstance(right, date)


def equal(left: Any, right: Any) -> bool | None:
    """Equality: null equals null and nothing else; different kinds give null."""
    kind = type(left)
    if kind is type(right) and (kind is Decimal or kind is str or kind is bool):
        return bool(left == right)
    return _equal(left, right, Allowance(), 0)


def _equal(left: Any, right: Any, allowance: Allowance, depth: int) -> bool | None:
    allowance.take(depth)
    if left is None or right is None:
        return left is None and right is None
    if is_function(left) or is_function(right):
        return left is right
    if not same_kind(left, right):
        return None
    if isinstance(left, list):
        return len(left) == len(right) and all(
            _equal(one, other, allowance, depth + 1) is True
            for one, other in zip(left, right, strict=True)
        )
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(
            _equal(item, right[key], allowance, depth + 1) is True for key, item in left.items()
        )
    if isinstance(left, Range):
        return (left.low_included, left.high_included) == (
            right.low_included,
            right.high_included,
        ) and all(
            _equal(one, other, allowance, depth + 1) is True
            for one, other in ((left.low, right.low), (left.high, right.high))
        )
    return bool(comparable(left) == comparable(right))


def compare(operator: str, left: Any, right: Any) -> bool | None:
    """An ordering, null when the values have none."""
    if left is None or right is None or not same_kind(left, right):
        return None
    if isinstance(left, bool | list | dict | Range):
        return None
    first, second = comparable(left), comparable(right)
    match operator:
        case "<":
            return bool(first < second)
        case "<=":
            return bool(first <= second)
        case ">":
            return bool(first > second)
        case _:
            return bool(first >= second)


def comparable(value: Any) -> Any:
    """A value as Python orders it among those of its kind."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, time):
        return _seconds(value)
    return value


def offset_of(value: time | datetime) -> timedelta | None:
    """The offset of a zone; a time of a named zone has that of its first of January of 2000."""
    if isinstance(value, time) and value.tzinfo is not None:
        return datetime.combine(_REFERENCE, value).utcoffset()
    return value.utcoffset()


def _seconds(value: time) -> timedelta:
    clock = timedelta(
        hours=value.hour,
        minutes=value.minute,
        seconds=value.second,
        microseconds=value.microsecond,
    )
    return clock - (offset_of(value) or timedelta())


def parse_duration(text: str) -> timedelta | Months:
    """An ISO 8601 duration; raises FeelError. Years and months do not mix with days and hours."""
    match = _DURATION.fullmatch(text)
    if match is None or text.lstrip("-") in ("P", "PT") or text.endswith("T"):
        raise FeelError(f"«{text[:60]}» no es una duración ISO 8601, como P10D o PT2H.")
    parts = {key: value for key, value in match.groupdict().items() if value and key != "sign"}
    sign = -1 if match["sign"] else 1
    calendar = {"years", "months"} & parts.keys()
    if calendar and parts.keys() - {"years", "months"}:
        raise FeelError(f"«{text}» mezcla meses y días: una duración es de unos o de otros.")
    if calendar:
        return Months(sign * (int(parts.get("years", 0)) * 12 + int(parts.get("months", 0))))
    seconds = Decimal(parts.get("seconds", "0"))
    try:
        return sign * timedelta(
            weeks=int(parts.get("weeks", 0)),
            days=int(parts.get("days", 0)),
            hours=int(parts.get("hours", 0)),
            minutes=int(parts.get("minutes", 0)),
            microseconds=int(seconds * 1_000_000),
        )
    except OverflowError:
        raise FeelError(f"«{text}» es una duración demasiado larga.") from None
