"""Conversions to numbers and text (DMN 1.5, table 71), and what is not of the standard."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from engine.feel.functions.builtin import Row, functions
from engine.feel.text import to_text
from engine.feel.values import MAX_EXPONENT

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?")
_MAX_DIGITS = 10_000


def _number(text: str, grouping: Any = None, decimal: Any = None) -> Decimal | None:
    """The number that a text writes with those separators: a space, a comma or a point."""
    if grouping not in (None, " ", ",", ".") or decimal not in (None, ",", "."):
        return None
    if (grouping is not None and grouping == decimal) or len(text) > _MAX_DIGITS:
        return None
    plain = text
    if decimal == "," or grouping == ".":
        plain = plain.replace(grouping or "", "") if grouping else plain
        plain = plain.replace(",", ".") if decimal == "," else plain
    elif grouping:
        plain = plain.replace(grouping, "")
    if not _NUMBER.fullmatch(plain):
        return None
    value = Decimal(plain)
    return value if not value or abs(value.adjusted()) <= MAX_EXPONENT else None


_ROWS: tuple[Row, ...] = (
    ("number", "from: text, grouping separator?: any, decimal separator?: any", _number),
    ("number", "from: number", lambda value: value),
    ("string", "from: any", to_text),
    ("is defined", "value: any", lambda value: value is not None),
)

CONVERSION = functions(_ROWS)
