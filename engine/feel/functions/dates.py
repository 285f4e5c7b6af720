"""Conversions to dates and durations, and functions of the calendar (DMN 1.5, tables 71, 76 and 77)."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.clock import MADRID
from engine.feel.functions.builtin import Row, functions, whole
from engine.feel.scope import Scope
from engine.feel.temporal import (
    fixed_zone,
    named_zone,
    parse_date,
    parse_date_and_time,
    parse_time,
)
from engine.feel.text import to_text
from engine.feel.values import Months, equal, parse_duration

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _date_of(year: Decimal, month: Decimal, day: Decimal) -> date:
    return date(_exact(year), _exact(month), _exact(day))


def _exact(value: Decimal) -> int:
    """A whole number; raises ValueError for one with decimals."""
    if value != value.to_integral_value():
        raise ValueError("not whole")
    return whole(value)


def _seconds(value: Decimal) -> tuple[int, int]:
    """Seconds and microseconds."""
    if not 0 <= value < 60:
        raise ValueError("out of the clock")
    return int(value), int((value % 1).scaleb(6))


def _time_of(hour: Decimal, minute: Decimal, second: Decimal, offset: Any = None) -> time | None:
    if not (offset is None or isinstance(offset, timedelta)):
        return None
    zone = None if offset is None else fixed_zone(offset)
    return time(_exact(hour), _exact(minute), *_seconds(second), tzinfo=zone)


def _time_from(value: date) -> time:
    """The time of an instant; a date's is its midnight in UTC."""
    return value.timetz() if isinstance(value, datetime) else time(tzinfo=UTC)


def _instant_from(value: date) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time())


def _instant_of(
    year: Decimal,
    month: Decimal,
    day: Decimal,
    hour: Decimal,
    minute: Decimal,
    second: Decimal,
    zone: Any = None,
) -> datetime | None:
    clock = _time_of(hour, minute, second, zone if isinstance(zone, timedelta) else None)
    if clock is None or not (zone is None or isinstance(zone, timedelta | str)):
        return None
    if isinstance(zone, str):
        clock = clock.replace(tzinfo=named_zone(zone))
    return datetime.combine(_date_of(year, month, day), clock)


def _duration(text: str) -> Any:
    """A duration of XML Schema, which counts no weeks."""
    return None if "W" in text else parse_duration(text)


def _between(start: date, end: date) -> Months:
    """The whole months from one day or instant to another."""
    first, last = sorted((_moment(start), _moment(end)))
    months = (last.year - first.year) * 12 + last.month - first.month
    if (last.day, last.time()) < (first.day, first.time()):
        months -= 1
    return Months(months if _moment(start) <= _moment(end) else -months)


def _moment(value: date) -> datetime:
    instant = _instant_from(value)
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant


def _is(first: Any, second: Any) -> bool:
    """Whether two values are the same element of the language: equal instants of two zones are not."""
    if isinstance(first, time | datetime) or isinstance(second, time | datetime):
        return type(first) is type(second) and to_text(first) == to_text(second)
    return type(first) is type(second) and equal(first, second) is True


def _last_day(value: date) -> Decimal:
    return Decimal(calendar.monthrange(value.year, value.month)[1])


def _now(scope: Scope) -> datetime | None:
    instant = scope.budget.now
    return None if instant is None else instant.astimezone(MADRID)


def _today(scope: Scope) -> date | None:
    """Today in the town: the day that it is in Madrid."""
    instant = scope.budget.now
    return None if instant is None else instant.astimezone(MADRID).date()


_ROWS: tuple[Row, ...] = (
    ("date", "from: text", parse_date),
    ("date", "from: day", _day),
    ("date", "year: number, month: number, day: number", _date_of),
    ("time", "from: text", parse_time),
    ("time", "from: time", lambda value: value),
    ("time", "from: day", _time_from),
    ("time", "hour: number, minute: number, second: number, offset?: any", _time_of),
    ("date and time", "from: text", parse_date_and_time),
    ("date and time", "from: day", _instant_from),
    (
        "date and time",
        "date: day, time: time",
        lambda day, clock: datetime.combine(_day(day), clock),
    ),
    (
        "date and time",
        "year: number, month: number, day: number, hour: number, minute: number, second: number, offset?: any",
        _instant_of,
    ),
    (
        "date and time",
        "year: number, month: number, day: number, hour: number, minute: number, second: number, timezone?: any",
        _instant_of,
    ),
    ("duration", "from: text", _duration),
    ("duration", "from: length", lambda value: value),
    ("years and months duration", "from: day, to: day", _between),
    ("day of week", "date: day", lambda value: _DAYS[value.weekday()]),
    ("day of year", "date: day", lambda value: Decimal(value.timetuple().tm_yday)),
    ("week of year", "date: day", lambda value: Decimal(value.isocalendar().week)),
    ("month of year", "date: day", lambda value: _MONTHS[value.month - 1]),
    ("last day of month", "date: day", _last_day),
    ("is", "value1: any, value2: any", _is),
)

DATES = functions(_ROWS) | functions((("now", "", _now), ("today", "", _today)), with_scope=True)
