"""Context functions (DMN 1.5, table 79)."""

from __future__ import annotations

from typing import Any

from engine.feel.functions.builtin import Row, functions
from engine.feel.values import MAX_NESTING


def _entries(values: dict[str, Any]) -> list[Any]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _context(entries: list[Any]) -> dict[str, Any] | None:
    """A context of the entries of a list; null where a key is missing or comes twice."""
    made: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not {"key", "value"} <= entry.keys():
            return None
        key = entry["key"]
        if not isinstance(key, str) or key in made:
            return None
        made[key] = entry["value"]
    return made


def _put(values: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    return {**values, key: value}


def _put_inside(values: Any, keys: list[Any], value: Any) -> Any:
    """The context with an entry of the contexts inside of it changed or added."""
    if not keys or len(keys) > MAX_NESTING or not all(isinstance(key, str) for key in keys):
        return None
    first, *rest = keys
    if not rest:
        return {**values, first: value}
    inner = values.get(first)
    if inner is not None and not isinstance(inner, dict):
        return None
    changed = _put_inside(inner or {}, rest, value)
    return None if changed is None else {**values, first: changed}


def _merge(contexts: list[Any]) -> dict[str, Any] | None:
    merged: dict[str, Any] = {}
    for item in contexts:
        if not isinstance(item, dict):
            return None
        merged.update(item)
    return merged


def _value(values: dict[str, Any], keys: list[Any]) -> Any:
    found: Any = values
    for key in keys:
        if not isinstance(found, dict) or not isinstance(key, str):
            return None
        found = found.get(key)
    return found if keys else None


_ROWS: tuple[Row, ...] = (
    ("get value", "m: context, key: text", dict.get),
    ("get value", "context: context, keys: list", _value),
    ("get entries", "m: context", _entries),
    ("context", "entries: list", _context),
    ("context put", "context: context, key: text, value: any", _put),
    ("context put", "context: context, keys: list, value: any", _put_inside),
    ("context merge", "contexts: list", _merge),
)

CONTEXTS = functions(_ROWS)
