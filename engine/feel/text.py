"""Values as text, as FEEL writes them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.feel.arithmetic import MAX_TEXT
from engine.feel.errors import FeelLimitExceeded
from engine.feel.temporal import clock_text
from engine.feel.values import Allowance, Range, is_function


def to_text(value: Any) -> Any:
    """A value as text, as FEEL writes it; null has none."""
    return None if value is None else _text(value, Allowance(), 0)


def _text(value: Any, allowance: Allowance, depth: int) -> str:  # noqa: C901 - one case for each type
    allowance.take(depth)
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return number_text(value)
        case timedelta():
            return _duration_text(value)
        case datetime():
            return f"{value.date().isoformat()}T{clock_text(value.timetz())}"
        case date():
            return value.isoformat()
        case time():
            return clock_text(value)
        case list():
            return "[" + _joined(_nested(item, allowance, depth) for item in value) + "]"
        case dict():
            return (
                "{"
                + _joined(
                    f"{_key(key)}: {_nested(item, allowance, depth)}" for key, item in value.items()
                )
                + "}"
            )
        case Range():
            return _range_text(value, allowance, depth)
    if is_function(value):
        return "function"
    return str(value)


def number_text(value: Decimal) -> str:
    """A number without exponent nor zeros at the end."""
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def quoted(text: str) -> str:
    """A text as a literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def _key(key: str) -> str:
    return key if all(char.isalnum() or char in " _" for char in key) else quoted(key)


def _nested(value: Any, allowance: Allowance, depth: int) -> str:
    if isinstance(value, str):
        return quoted(value)
    return "null" if value is None else _text(value, allowance, depth + 1)


def _joined(parts: Any) -> str:
    kept, size = [], 0
    for part in parts:
        size += len(part)
        if size > MAX_TEXT:
            raise FeelLimitExceeded("El texto que resulta es demasiado largo.")
        kept.append(part)
    return ", ".join(kept)


def _range_text(value: Range, allowance: Allowance, depth: int) -> str:
    if value.low is None:
        return f"({'<=' if value.high_included else '<'}{_nested(value.high, allowance, depth)})"
    if value.high is None:
        return f"({'>=' if value.low_included else '>'}{_nested(value.low, allowance, depth)})"
    opening, closing = "[" if value.low_included else "(", "]" if value.high_included else ")"
    low, high = _nested(value.low, allowance, depth), _nested(value.high, allowance, depth)
    return f"{opening}{low}..{high}{closing}"


def _duration_text(value: timedelta) -> str:
    length = abs(value)
    days = length.days
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{length.microseconds:06}".rstrip("0") if length.microseconds else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return ("-" if value < timedelta() else "") + "P" + (text or "T0S")
