"""String functions (DMN 1.5, table 73)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.feel.arithmetic import MAX_TEXT
from engine.feel.errors import FeelLimitExceeded
from engine.feel.functions.builtin import Row, functions, whole
from engine.feel.functions.patterns import matches, replace, split


def span(size: int, start: Decimal, length: Decimal | None) -> tuple[int, int] | None:
    """The part of something that starts at a position counted from 1, or from the end when negative."""
    position = whole(start)
    if position == 0 or abs(position) > size:
        return None
    first = position - 1 if position > 0 else size + position
    if length is None:
        return first, size
    count = whole(length)
    return None if count < 1 else (first, min(size, first + count))


def _substring(text: str, start: Decimal, length: Decimal | None = None) -> str | None:
    part = span(len(text), start, length)
    if part is None:
        return "" if abs(whole(start)) > len(text) else None
    return text[part[0] : part[1]]


def _before(text: str, match: str) -> str:
    at = text.find(match)
    return text[:at] if at > 0 else ""


def _after(text: str, match: str) -> str:
    at = text.find(match)
    return "" if at < 0 else text[at + len(match) :]


def _join(items: list[Any], delimiter: Any = None) -> str | None:
    """The texts of a list as one; nulls are left out."""
    if not (delimiter is None or isinstance(delimiter, str)):
        return None
    if any(not (item is None or isinstance(item, str)) for item in items):
        return None
    texts = [item for item in items if item is not None]
    between = delimiter or ""
    if sum(len(item) for item in texts) + len(between) * len(texts) > MAX_TEXT:
        raise FeelLimitExceeded("El texto que resulta es demasiado largo.")
    return between.join(texts)


_ROWS: tuple[Row, ...] = (
    ("substring", "string: text, start position: number, length?: number", _substring),
    ("string length", "string: text", lambda text: Decimal(len(text))),
    ("upper case", "string: text", str.upper),
    ("lower case", "string: text", str.lower),
    ("substring before", "string: text, match: text", _before),
    ("substring after", "string: text, match: text", _after),
    ("contains", "string: text, match: text", lambda text, match: match in text),
    ("starts with", "string: text, match: text", lambda text, match: text.startswith(match)),
    ("ends with", "string: text, match: text", lambda text, match: text.endswith(match)),
    ("trim", "string: text", str.strip),
    ("string join", "list: list, delimiter?: any", _join),
)

STRINGS = functions(_ROWS) | functions(
    (
        ("matches", "input: text, pattern: text, flags?: any", matches),
        ("replace", "input: text, pattern: text, replacement: text, flags?: any", replace),
        ("split", "string: text, delimiter: text", split),
    ),
    with_scope=True,
)
