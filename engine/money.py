"""Money: Decimal from text, rounded half up, written as Spanish people write it. Never a float."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

CENT = Decimal("0.01")
CONTEXT = Context(prec=34, rounding=ROUND_HALF_UP)
_PLAIN = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?")


def round2(value: Decimal) -> Decimal:
    """To cents, half up («redondeo común» of Orden HAP/1650/2015); minus zero becomes zero."""
    rounded = value.quantize(CENT, context=CONTEXT)
    return rounded if rounded else abs(rounded)


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """The exact product within 34 digits."""
    return CONTEXT.multiply(left, right)


def parse_decimal(text: str) -> Decimal:
    """A plain decimal number; raises ValueError for INF, NaN, exponents, blanks and monsters."""
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"«{text[:40]}» no es un número decimal corriente")
    return Decimal(text)


def format_euros(value: Decimal) -> str:
    """`1.234,50 €`."""
    digits = f"{round2(value):,.2f}"
    return digits.replace(",", "_").replace(".", ",").replace("_", ".") + " €"
