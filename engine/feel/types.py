"""The types of FEEL (DMN 1.5, 10.3.2): what conforms to each and what is converted to it unasked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.feel.temporal import as_instant
from engine.feel.values import Months, Range, is_date, is_function


@dataclass(frozen=True)
class Type:
    """A type: its name, and whether a value that is not null is one of its own."""

    name: str
    _conforms: Callable[[Any], bool]

    def conforms(self, value: Any) -> bool:
        """Whether a value is of this type; null is only of type Null, or inside of any other."""
        return self._conforms(value)

    def convert(self, value: Any) -> Any:
        """The value as this type takes it, by the conversions of 10.3.2.9.4, or null."""
        if value is None or self.conforms(value):
            return value
        if isinstance(value, list):
            return value[0] if len(value) == 1 and self.conforms(value[0]) else None
        if self.name == "date and time" and is_date(value):
            return as_instant(value)
        return None


def _simple(name: str, kind: type | tuple[type, ...]) -> Type:
    return Type(name, lambda value: isinstance(value, kind))


ANY = Type("Any", lambda value: value is not None)
NULL = Type("Null", lambda value: value is None)
LIST = _simple("list", list)
CONTEXT = _simple("context", dict)
RANGE = _simple("range", Range)
FUNCTION = Type("function", is_function)
SIMPLE_TYPES: dict[str, Type] = {
    item.name: item
    for item in (
        ANY,
        NULL,
        _simple("number", Decimal),
        _simple("string", str),
        _simple("boolean", bool),
        Type("date", is_date),
        _simple("time", time),
        _simple("date and time", datetime),
        _simple("days and time duration", timedelta),
        _simple("years and months duration", Months),
        LIST,
        CONTEXT,
        RANGE,
        FUNCTION,
    )
}
# The names that DMN writes joined in a typeRef, and those of other tools for the same types.
_ALIASES = {
    "dateTime": "date and time",
    "datetime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "any": "Any",
    "null": "Null",
    "integer": "number",
    "long": "number",
    "double": "number",
    "text": "string",
}
TEMPORAL = frozenset(
    (
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    )
)


def simple_type(name: str) -> Type | None:
    """A type of the standard by its name."""
    return SIMPLE_TYPES.get(_ALIASES.get(name, name))


def _inside(item: Type, value: Any) -> bool:
    return value is None or item.conforms(value)


@dataclass(frozen=True)
class ListType(Type):
    """A list whose items are of a type."""

    item: Type = ANY

    def convert(self, value: Any) -> Any:
        """A value that is no list becomes a list of one."""
        if value is None or self.conforms(value):
            return value
        if isinstance(value, list):
            converted = [self.item.convert(part) for part in value]
            lost = any(
                part is None and given is not None
                for part, given in zip(converted, value, strict=True)
            )
            return None if lost or isinstance(self.item, ListType) else converted
        part = self.item.convert(value)
        return None if part is None else [part]


def list_type(item: Type) -> ListType:
    """`list<item>`."""
    return ListType(
        f"list<{item.name}>",
        lambda value: isinstance(value, list) and all(_inside(item, part) for part in value),
        item,
    )


def context_type(fields: Mapping[str, Type], name: str = "") -> Type:
    """`context<a: T, …>`: a context has at least these entries."""
    listed = ", ".join(f"{key}: {kind.name}" for key, kind in fields.items())
    return Type(
        name or f"context<{listed}>",
        lambda value: (
            isinstance(value, dict)
            and all(key in value and _inside(kind, value[key]) for key, kind in fields.items())
        ),
    )


def range_type(item: Type) -> Type:
    """`range<item>`."""
    return Type(
        f"range<{item.name}>",
        lambda value: (
            isinstance(value, Range)
            and not (value.low is None and value.high is None)
            and _inside(item, value.low)
            and _inside(item, value.high)
        ),
    )
