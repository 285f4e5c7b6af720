"""The rows of an instance as one picture: to compare before and after, and to go back to exactly.

What is over (the history) is not in it: it is written once and stays. Version numbers are locks and
never go back: who read a row in between must still find that it changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from engine.db import Base

Image = Mapping[str, Any]
INSTANCE, TASKS, DATA = "process_instance", "process_task", "process_datum"
WORK, TIMERS, TERMS, EVENTS = "work_item", "process_timer", "deadline", "event_subscription"
_OF_INSTANCE = (TASKS, DATA, WORK, TIMERS, EVENTS)
_VERSION = "version"


def image_of(session: Session, entity_id: int, instance_id: UUID) -> dict[str, Any]:
    """Every row that says how an instance stands, by table, in the order of their keys."""
    session.flush()
    key = {"entity": entity_id, "instance": instance_id}
    found = {
        name: _rows(session, name, "row.instance_id = :instance", key) for name in _OF_INSTANCE
    }
    found[INSTANCE] = _rows(session, INSTANCE, "row.id = :instance", key)
    terms = {row["deadline_id"] for name in (WORK, TIMERS) for row in found[name]} - {None}
    found[TERMS] = _rows(
        session, TERMS, "row.id = ANY(:terms)", {**key, "terms": sorted(map(UUID, terms))}
    )
    return found


def _rows(
    session: Session, name: str, condition: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    keys = ", ".join(f"row.{column.name}" for column in _table(name).primary_key)
    statement = text(
        f"SELECT coalesce(jsonb_agg(to_jsonb(row) ORDER BY {keys}), '[]') FROM {name} row "  # noqa: S608
        f"WHERE row.entity_id = :entity AND {condition}"
    )
    return list(session.execute(statement, values).scalar_one())


def hash_of(image: Image) -> str:
    """SHA-256 of how the instance stands, its version numbers and its terms apart.

    A term may be dated again by who decides on it, and the work that shows its end with it: that moves
    nothing in the instance.
    """
    plain = {
        name: [_without_terms(_without_version(row)) for row in rows]
        for name, rows in image.items()
        if name != TERMS
    }
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _without_version(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != _VERSION}


def _without_terms(row: dict[str, Any]) -> dict[str, Any]:
    """A row without the end that it shows of a legal term."""
    if row.get("term_id") is None:
        return row
    return {key: value for key, value in row.items() if key != "due_at"}


def restore(session: Session, entity_id: int, instance_id: UUID, image: Image) -> None:
    """Put the rows back as they were; those that came since go, terms excepted.

    A term that ended since is under way again; whatever else was decided of it since then stands.
    """
    session.flush()
    key = {"entity": entity_id, "instance": instance_id}
    for name in _OF_INSTANCE:
        _remove_others(session, name, image[name], key)
    for name in (TERMS, *_OF_INSTANCE, INSTANCE):
        _put(session, name, image[name])
    session.expire_all()


def _remove_others(
    session: Session, name: str, rows: list[dict[str, Any]], key: Mapping[str, Any]
) -> None:
    columns = [column for column in _table(name).primary_key if column.name != "entity_id"]
    names = ", ".join(column.name for column in columns)
    kept = ", ".join(_read(column) for column in columns)
    statement = (
        f"DELETE FROM {name} WHERE entity_id = :entity AND instance_id = :instance AND ({names}) "  # noqa: S608
        f"NOT IN (SELECT {kept} FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS item)"
    )
    session.execute(text(statement), {**key, "rows": json.dumps(rows)})


def _put(session: Session, name: str, rows: list[dict[str, Any]]) -> None:
    """Insert the rows, or give those that stand there their values again."""
    table = _table(name)
    names = ", ".join(column.name for column in table.columns)
    keys = ", ".join(column.name for column in table.primary_key)
    values = ", ".join(_read(column) for column in table.columns)
    changes = ", ".join(
        f"{column.name} = excluded.{column.name}"
        for column in table.columns
        if not column.primary_key and column.name in _restored(table)
    )
    if _VERSION in table.columns:
        changes += f", {_VERSION} = {name}.{_VERSION} + 1"
    differ = (
        f"to_jsonb({name}.*) - '{_VERSION}' IS DISTINCT FROM to_jsonb(excluded.*) - '{_VERSION}'"
    )
    if name == TERMS:
        differ += f" AND {name}.state NOT IN ('open', 'suspended')"
    statement = (
        f"INSERT INTO {name} ({names}) SELECT {values} "  # noqa: S608
        "FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS item "
        f"ON CONFLICT ({keys}) DO UPDATE SET {changes} WHERE {differ}"
    )
    session.execute(text(statement), {"rows": json.dumps(rows)})


def _restored(table: Table) -> frozenset[str]:
    """The columns that get their values again: of a term, those that say whether it ended."""
    if table.name == TERMS:
        return frozenset({"state", "ended_at"})
    return frozenset(column.name for column in table.columns) - {_VERSION}


def _read(column: Any) -> str:
    """A column's value out of a row as JSON."""
    if isinstance(column.type, JSONB):
        value = f"item->'{column.name}'"
        return f"NULLIF({value}, 'null'::jsonb)" if column.nullable else value
    kind = column.type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
    return f"CAST(item->>'{column.name}' AS {kind})"


def _table(name: str) -> Table:
    return Base.metadata.tables[name]
