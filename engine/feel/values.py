"""The values of FEEL: Decimal numbers, text, booleans, null, dates, durations, lists, contexts, ranges.

Comparison follows DMN's three-valued logic: what cannot be compared gives null, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from engine.feel.errors import FeelError

_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
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


def normal(value: Any) -> Any:
    """A host value as FEEL holds it; raises FeelError for what FEEL cannot hold."""
    match value:
        case None | bool() | str() | Decimal() | Months() | Range() | timedelta():
            return value
        case int():
            return Decimal(value)
        case UUID():
            return str(value)
        case datetime() | date() | time():
            return value
        case Mapping():
            return {str(key): normal(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [normal(item) for item in value]
        case float():
            raise FeelError("Un número con coma flotante no entra en una expresión: use Decimal.")
    if callable(value) and getattr(value, "feel_function", False):
        return value
    raise FeelError(f"Un valor de tipo {type(value).__name__} no entra en una expresión.")


def is_number(value: Any) -> bool:
    """Whether a value is a FEEL number (a boolean is not)."""
    return isinstance(value, Decimal)


def same_kind(left: Any, right: Any) -> bool:
    """Whether two values can be compared."""
    for kind in (bool, Decimal, str, datetime, Months, timedelta, time, list, dict, Range):
        if isinstance(left, kind) or isinstance(right, kind):
            return isinstance(left, kind) and isinstance(right, kind)
    return isinstance(left, date) and isinstance(right, date)


def equal(left: Any, right: Any) -> bool | None:
    """Equality: null equals null; different kinds give null."""
    if left is None or right is None:
        return left is None and right is None
    if not same_kind(left, right):
        return None
    if isinstance(left, datetime):
        return bool(_comparable(left) == _comparable(right))
    return bool(left == right)


def compare(operator: str, left: Any, right: Any) -> bool | None:
    """An ordering, null when the values have none."""
    if left is None or right is None or not same_kind(left, right):
        return None
    if isinstance(left, bool | list | dict | Range):
        return None
    first, second = _comparable(left), _comparable(right)
    match operator:
        case "<":
            return bool(first < second)
        case "<=":
            return bool(first <= second)
        case ">":
            return bool(first > second)
        case _:
            return bool(first >= second)


def _comparable(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def parse_duration(text: str) -> timedelta | Months:
    """An ISO 8601 duration; raises FeelError. Years and months do not mix with days and hours."""
    match = _DURATION.fullmatch(text)
    if match is None or text.lstrip("-") in ("P", "PT") or text.endswith("T"):
        raise FeelError(f"«{text}» no es una duración ISO 8601, como P10D o PT2H.")
    parts = {key: value for key, value in match.groupdict().items() if value and key != "sign"}
    sign = -1 if match["sign"] else 1
    calendar = {"years", "months"} & parts.keys()
    if calendar and parts.keys() - {"years", "months"}:
        raise FeelError(f"«{text}» mezcla meses y días: una duración es de unos o de otros.")
    if calendar:
        return Months(sign * (int(parts.get("years", 0)) * 12 + int(parts.get("months", 0))))
    seconds = Decimal(parts.get("seconds", "0"))
    return sign * timedelta(
        weeks=int(parts.get("weeks", 0)),
        days=int(parts.get("days", 0)),
        hours=int(parts.get("hours", 0)),
        minutes=int(parts.get("minutes", 0)),
        microseconds=int(seconds * 1_000_000),
    )


def parse_temporal(text: str) -> Any:
    """A date, a time, a date and time or a duration written in ISO 8601; raises FeelError."""
    if text.lstrip("-").startswith("P"):
        return parse_duration(text)
    for parse in (date.fromisoformat, time.fromisoformat, datetime.fromisoformat):
        try:
            return parse(text)
        except ValueError:
            continue
    raise FeelError(f"«{text}» no es una fecha, una hora ni una duración ISO 8601.")
