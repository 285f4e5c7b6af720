"""Numeric and boolean functions (DMN 1.5, tables 72 and 75)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import Any

from engine.feel.arithmetic import NUMBERS
from engine.feel.functions.builtin import Row, functions
from engine.feel.values import Months

_MIN_SCALE, _MAX_SCALE = -6111, 6176


def _rounded(mode: str) -> Callable[..., Any]:
    def body(value: Decimal, scale: Decimal = Decimal(0)) -> Decimal | None:
        if not _MIN_SCALE <= scale <= _MAX_SCALE:
            return None
        places = int(scale)
        if value.is_zero() or -int(value.as_tuple().exponent) <= places:
            return value
        return value.quantize(Decimal(1).scaleb(-places), rounding=mode, context=NUMBERS)

    return body


def _absolute(value: Any) -> Any:
    return Months(abs(value.count)) if isinstance(value, Months) else abs(value)


def _modulo(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """What is left of a division whose quotient is rounded down: it has the divisor's sign."""
    if divisor == 0:
        return None
    rest = NUMBERS.remainder(dividend, divisor)
    return rest if rest == 0 or (rest < 0) == (divisor < 0) else NUMBERS.add(rest, divisor)


def _is_odd(value: Decimal) -> bool | None:
    if value != value.to_integral_value():
        return None
    return abs(NUMBERS.remainder(value, Decimal(2))) == 1


def _is_even(value: Decimal) -> bool | None:
    odd = _is_odd(value)
    return None if odd is None else not odd


def _exponential(value: Decimal) -> Decimal | None:
    return NUMBERS.exp(value) if abs(value) < 20_000 else None


_ROUNDING = {
    "floor": ROUND_FLOOR,
    "ceiling": ROUND_CEILING,
}
_ROUNDING_TO_A_SCALE = {
    "round up": ROUND_UP,
    "round down": ROUND_DOWN,
    "round half up": ROUND_HALF_UP,
    "round half down": ROUND_HALF_DOWN,
}

_ROWS: tuple[Row, ...] = (
    ("not", "negand: boolean", lambda value: not value),
    ("decimal", "n: number, scale: number", _rounded(ROUND_HALF_EVEN)),
    *(
        (name, "n: number, scale?: number", _rounded(mode))
        for name, mode in (_ROUNDING | _ROUNDING_TO_A_SCALE).items()
    ),
    ("abs", "n: number", _absolute),
    ("abs", "n: length", _absolute),
    ("modulo", "dividend: number, divisor: number", _modulo),
    ("sqrt", "number: number", lambda value: NUMBERS.sqrt(value) if value >= 0 else None),
    ("log", "number: number", lambda value: NUMBERS.ln(value) if value > 0 else None),
    ("exp", "number: number", _exponential),
    ("odd", "number: number", _is_odd),
    ("even", "number: number", _is_even),
)

NUMERIC = functions(_ROWS)
