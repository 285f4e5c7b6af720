"""Arithmetic: Decimal numbers with 34 digits, dates and durations. What has no meaning gives null."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation, Overflow
from typing import Any

from engine.feel.values import Months, is_number

NUMBERS = Context(prec=34, rounding=ROUND_HALF_EVEN, Emax=6144, Emin=-6143)
_MAX_POWER = 1000
_MICROSECOND = timedelta(microseconds=1)


def operate(operator: str, left: Any, right: Any) -> Any:
    """The result of an operation, or null."""
    if left is None or right is None:
        return None
    try:
        return _OPERATIONS[operator](left, right)
    except (InvalidOperation, Overflow, OverflowError, ValueError):
        return None


def _add(left: Any, right: Any) -> Any:
    if is_number(left) and is_number(right):
        return NUMBERS.add(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, Months) and isinstance(right, Months):
        return Months(left.count + right.count)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left + right
    if isinstance(left, date) and isinstance(right, timedelta):
        return left + right
    if isinstance(left, date) and isinstance(right, Months):
        return _move(left, right.count)
    if isinstance(right, date) and isinstance(left, timedelta | Months):
        return _add(right, left)
    return None


def _subtract(left: Any, right: Any) -> Any:
    if is_number(left) and is_number(right):
        return NUMBERS.subtract(left, right)
    if isinstance(left, Months) and isinstance(right, Months):
        return Months(left.count - right.count)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left - right
    if isinstance(left, date) and isinstance(right, timedelta):
        return left - right
    if isinstance(left, date) and isinstance(right, Months):
        return _move(left, -right.count)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return left - right
    if isinstance(left, date) and isinstance(right, date) and type(left) is type(right):
        return left - right
    return None


def _multiply(left: Any, right: Any) -> Any:
    if is_number(left) and is_number(right):
        return NUMBERS.multiply(left, right)
    if is_number(left):
        left, right = right, left
    if isinstance(left, Months) and is_number(right):
        return Months(int(NUMBERS.multiply(Decimal(left.count), right)))
    if isinstance(left, timedelta) and is_number(right):
        return int(Decimal(left // _MICROSECOND) * right) * _MICROSECOND
    return None


def _divide(left: Any, right: Any) -> Any:
    if is_number(right) and right == 0:
        return None
    if is_number(left) and is_number(right):
        return NUMBERS.divide(left, right)
    if isinstance(left, Months) and is_number(right):
        return Months(int(NUMBERS.divide(Decimal(left.count), right)))
    if isinstance(left, timedelta) and is_number(right):
        return int(Decimal(left // _MICROSECOND) / right) * _MICROSECOND
    if isinstance(left, Months) and isinstance(right, Months) and right.count:
        return NUMBERS.divide(Decimal(left.count), Decimal(right.count))
    if isinstance(left, timedelta) and isinstance(right, timedelta) and right:
        return NUMBERS.divide(Decimal(left // _MICROSECOND), Decimal(right // _MICROSECOND))
    return None


def _power(left: Any, right: Any) -> Any:
    if not (is_number(left) and is_number(right)) or abs(right) > _MAX_POWER:
        return None
    return NUMBERS.power(left, right)


def negate(value: Any) -> Any:
    """The opposite of a number or a duration."""
    if is_number(value):
        return -value
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
