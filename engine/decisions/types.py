"""The types of a DMN file (item definitions): what conforms to them and what of a value does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.feel.errors import FeelError
from engine.feel.expression import Expression
from engine.feel.temporal import parse_date, parse_date_and_time, parse_time
from engine.feel.text import quoted, to_text
from engine.feel.types import TEMPORAL, ListType, Type
from engine.feel.values import Months, Range, is_function, parse_duration

_READERS = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_date_and_time,
    "days and time duration": parse_duration,
    "years and months duration": parse_duration,
}


@dataclass(frozen=True)
class ItemType(Type):
    """A type that a file defines: the one that it narrows, its parts, the values that it allows."""

    base: Type | None = None
    fields: Mapping[str, Type] = field(default_factory=dict)
    allowed: Expression | None = None

    def convert(self, value: Any) -> Any:
        """As the type that it narrows converts it, if the result is allowed."""
        if value is None or self.conforms(value):
            return value
        if isinstance(value, list) and len(value) == 1 and self.conforms(value[0]):
            return value[0]
        converted = None if self.base is None else self.base.convert(value)
        return converted if converted is not None and self.conforms(converted) else None


def item_type(
    name: str, base: Type | None, fields: Mapping[str, Type], allowed: Expression | None
) -> ItemType:
    """The type of an item definition that is no collection."""

    def conforms(value: Any) -> bool:
        if base is not None and not base.conforms(value):
            return False
        if fields and not (
            isinstance(value, dict)
            and all(
                key in value and (value[key] is None or kind.conforms(value[key]))
                for key, kind in fields.items()
            )
        ):
            return False
        return allowed is None or _passes(allowed, value)

    return ItemType(name, conforms, base, fields, allowed)


def _passes(allowed: Expression, value: Any) -> bool:
    try:
        return allowed.test(value, {})
    except FeelError:
        return False


def received(value: Any, kind: Type) -> Any:
    """A value from outside: dates and durations, which JSON writes as text, become what they are."""
    if value is None:
        return None
    if isinstance(kind, ListType):
        if isinstance(value, list):
            return [received(item, kind.item) for item in value]
        return received(value, kind.item)
    if isinstance(kind, ItemType):
        if kind.fields and isinstance(value, dict):
            return {
                key: received(item, kind.fields[key]) if key in kind.fields else item
                for key, item in value.items()
            }
        return value if kind.base is None else received(value, kind.base)
    if kind.name in TEMPORAL and isinstance(value, str):
        try:
            return _READERS[kind.name](value)
        except FeelError:
            return value
    return value


def mismatch(value: Any, kind: Type, path: str) -> str:
    """What of a value is not as its type says, in Spanish, naming the part; empty when nothing is."""
    if value is None or kind.conforms(value):
        return ""
    if isinstance(kind, ListType) and isinstance(value, list):
        for at, item in enumerate(value, start=1):
            fault = mismatch(item, kind.item, f"{path}[{at}]")
            if fault:
                return fault
    if isinstance(kind, ItemType):
        if kind.base is not None and not kind.base.conforms(value):
            return mismatch(value, kind.base, path)
        return _mismatch_inside(value, kind, path)
    return f"«{path}» es {name_of(value)} y tiene que ser {kind.name}"


def _mismatch_inside(value: Any, kind: ItemType, path: str) -> str:
    if kind.fields and not isinstance(value, dict):
        return f"«{path}» es {name_of(value)} y tiene que ser un contexto «{kind.name}»"
    for key, inner in kind.fields.items():
        if key not in value:
            return f"a «{path}» le falta «{key}»"
        fault = mismatch(value[key], inner, f"{path}.{key}")
        if fault:
            return fault
    options = "" if kind.allowed is None else f": se admite {kind.allowed.source}"
    return f"«{path}» vale {shortened(value)}, que no es un valor admitido{options}"


def shortened(value: Any) -> str:
    """A value for a message, cut where it is long."""
    text = quoted(value) if isinstance(value, str) else str(to_text(value) or "null")
    return text if len(text) <= 60 else f"{text[:57]}…"


def name_of(value: Any) -> str:
    """The name of a value's type."""
    names: tuple[tuple[type, str], ...] = (
        (bool, "boolean"),
        (Decimal, "number"),
        (str, "string"),
        (datetime, "date and time"),
        (date, "date"),
        (time, "time"),
        (timedelta, "days and time duration"),
        (Months, "years and months duration"),
        (list, "list"),
        (dict, "context"),
        (Range, "range"),
    )
    for kind, name in names:
        if isinstance(value, kind):
            return name
    return "function" if is_function(value) else "null"
