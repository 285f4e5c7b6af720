"""Arithmetic: Decimal numbers with 34 digits, dates and durations. What has no meaning gives null."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException
from typing import Any

from engine.feel.errors import FeelLimitExceeded
from engine.feel.temporal import as_instant
from engine.feel.values import MAX_EXPONENT, Months, comparable, is_date, is_number

NUMBERS = Context(prec=34, rounding=ROUND_HALF_EVEN, Emax=MAX_EXPONENT, Emin=-6143)
MAX_TEXT = 10_000_000
_MAX_POWER = 10_000
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)


def operate(operator: str, left: Any, right: Any) -> Any:
    """The result of an operation, or null."""
    if left is None or right is None:
        return None
    try:
        return _OPERATIONS[operator](left, right)
    except (DecimalException, OverflowError, ValueError) as error:
        if isinstance(error, FeelLimitExceeded):
            raise
        return None


def joined(left: str, right: str) -> str:
    """Two texts as one; raises FeelLimitExceeded when it is too long."""
    if len(left) + len(right) > MAX_TEXT:
        raise FeelLimitExceeded("El texto que resulta es demasiado largo.")
    return left + right


def _add(left: Any, right: Any) -> Any:
    if is_number(left) and is_number(right):
        return NUMBERS.add(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return joined(left, right)
    if isinstance(left, Months) and isinstance(right, Months):
        return Months(left.count + right.count)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left + right
    if isinstance(left, date | time) and isinstance(right, timedelta):
        return _later(left, right)
    if isinstance(left, date) and isinstance(right, Months):
        return _move(left, right.count)
    if isinstance(right, date | time) and isinstance(left, timedelta | Months):
        return _add(right, left)
    return None


def _subtract(left: Any, right: Any) -> Any:
    if is_number(left) and is_number(right):
        return NUMBERS.subtract(left, right)
    if isinstance(left, Months) and isinstance(right, Months):
        return Months(left.count - right.count)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left - right
    if isinstance(left, date | time) and isinstance(right, timedelta):
        return _later(left, -right)
    if isinstance(left, date) and isinstance(right, Months):
        return _move(left, -right.count)
    if isinstance(left, time) and isinstance(right, time):
        return comparable(left) - comparable(right)
    if isinstance(left, date) and isinstance(right, date):
        return _between(left, right)
    return None


def _between(later: date, earlier: date) -> Any:
    """The time between two days or instants; null between one with a zone and one without."""
    if is_date(later) and is_date(earlier):
        return later - earlier
    first, second = as_instant(later), as_instant(earlier)
    if (first.tzinfo is None) != (second.tzinfo is None):
        return None
    return comparable(first) - comparable(second)


def _later(moment: date | time, duration: timedelta) -> Any:
    """A moment some time later; a day moves as its midnight does, a time goes round the clock."""
    if isinstance(moment, time):
        shifted = datetime.combine(date(2000, 1, 1), moment) + duration % _DAY
        return shifted.timetz()
    return moment + duration


def _multiply(left: Any, right: Any) -> Any:
    if is_number(left) and is_number(right):
        return NUMBERS.multiply(left, right)
    if is_number(left):
        left, right = right, left
    if isinstance(left, Months) and is_number(right):
        return Months(_whole(NUMBERS.multiply(Decimal(left.count), right)))
    if isinstance(left, timedelta) and is_number(right):
        return _whole(NUMBERS.multiply(Decimal(left // _MICROSECOND), right)) * _MICROSECOND
    return None


def _divide(left: Any, right: Any) -> Any:
    if is_number(right) and right == 0:
        return None
    if is_number(left) and is_number(right):
        return NUMBERS.divide(left, right)
    if isinstance(left, Months) and is_number(right):
        return Months(_whole(NUMBERS.divide(Decimal(left.count), right)))
    if isinstance(left, timedelta) and is_number(right):
        return _whole(NUMBERS.divide(Decimal(left // _MICROSECOND), right)) * _MICROSECOND
    if isinstance(left, Months) and isinstance(right, Months) and right.count:
        return NUMBERS.divide(Decimal(left.count), Decimal(right.count))
    if isinstance(left, timedelta) and isinstance(right, timedelta) and right:
        return NUMBERS.divide(Decimal(left // _MICROSECOND), Decimal(right // _MICROSECOND))
    return None


def _whole(value: Decimal) -> int:
    """A count of months or microseconds; raises OverflowError before it can fill the memory."""
    if value and value.adjusted() > 20:
        raise OverflowError
    return int(value)


def _power(left: Any, right: Any) -> Any:
    if not (is_number(left) and is_number(right)) or abs(right) > _MAX_POWER:
        return None
    return NUMBERS.power(left, right)


def negate(value: Any) -> Any:
    """The opposite of a number or a duration."""
    if is_number(value):
        return NUMBERS.minus(value)
    if isinstance(value, Months):
        return Months(-value.count)
    return -value if isinstance(value, timedelta) else None


def _move(day: date, months: int) -> date:
    """The same ordinal some months away, or the month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return day.replace(year=year, month=month + 1, day=min(day.day, last))
        except ValueError:
            continue
    raise ValueError("out of the calendar")


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "**": _power,
}
