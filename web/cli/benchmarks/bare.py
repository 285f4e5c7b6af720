"""The same rows that an instance leaves, written by psycopg alone: what the database itself takes.

One statement for each table, prepared, and all those of a transaction sent together in a pipeline, as
a careful programmer would write it by hand. The engine sends one statement for all of them, and reads
before it writes: what is compared is what both leave behind.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from engine.db import libpq_url
from engine.ids import new_id
from engine.townhall import TownHall

_TRANSACTIONS = 2
# What each of the two transactions of an instance writes, by table, and the column that ties it.
_TIES = {
    "process_instance": "id",
    "process_history": "instance_id",
    "process_datum": "instance_id",
    "work_item": "instance_id",
    "audit_event": "object_id",
}


def bare_rate(townhall: TownHall, sample: UUID, *, times: int, threads: int) -> float:
    """Instances a second when their rows are only written; `sample` is one that the engine did."""
    url = libpq_url(str(townhall.settings.database_url))
    rows = _rows(url, sample)
    share = [times // threads + (1 if at < times % threads else 0) for at in range(threads)]
    writers = [_Writer(url, rows) for _ in range(threads)]
    for writer in writers:
        writer.write(20)
    with ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        list(pool.map(lambda pair: pair[0].write(pair[1]), zip(writers, share, strict=True)))
        seconds = time.perf_counter() - began
    for writer in writers:
        writer.close()
    return round(times / seconds, 1)


def _rows(url: str, sample: UUID) -> dict[str, list[dict[str, Any]]]:
    """The rows that the sample left, by table."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        found = {
            table: connection.execute(
                sql.SQL("SELECT * FROM {} WHERE {} = %s").format(
                    sql.Identifier(table), sql.Identifier(tie)
                ),
                (str(sample) if tie == "object_id" else sample,),
            ).fetchall()
            for table, tie in _TIES.items()
        }
        item = found["work_item"][0]["id"]
        found["audit_event"] += connection.execute(
            "SELECT * FROM audit_event WHERE object_id = %s", (str(item),)
        ).fetchall()
    if len(found["audit_event"]) != _TRANSACTIONS:
        raise ValueError("the sample does not have one event for each of its transactions")
    return found


class _Writer:
    """One connection that writes the rows of an instance again and again, under new ids."""

    def __init__(self, url: str, rows: dict[str, list[dict[str, Any]]]) -> None:
        self._connection = psycopg.connect(url, prepare_threshold=2)
        self._rows = rows
        self._statements: dict[tuple[str, int], bytes] = {}
        first = [row for row in rows["process_history"] if row["version"] == 1]
        self._early = first
        self._late = [row for row in rows["process_history"] if row["version"] > 1]
        self._entity = rows["process_instance"][0]["entity_id"]

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def write(self, times: int) -> None:
        """Write so many instances, two transactions each."""
        for _ in range(times):
            instance, item = new_id(), new_id()
            with self._connection.pipeline():
                self._begin(instance, item)
            with self._connection.pipeline():
                self._end(instance, item)

    def _begin(self, instance: UUID, item: UUID) -> None:
        cursor = self._connection.cursor()
        self._insert(cursor, "process_instance", self._rows["process_instance"], id=instance)
        tasks = [
            {key: value for key, value in row.items() if key in _TASK} | {"changed_at": row["at"]}
            for row in [*self._early, self._late[0]][:2]
        ]
        self._insert(cursor, "process_task", tasks, instance_id=instance, id=None)
        self._insert(cursor, "process_history", self._early, instance_id=instance, id=None)
        self._insert(cursor, "process_datum", self._rows["process_datum"], instance_id=instance)
        self._insert(
            cursor, "work_item", self._rows["work_item"], instance_id=instance, id=item,
            task_id=None,
        )  # fmt: skip
        self._insert(cursor, "audit_event", self._rows["audit_event"][:1], id=None)
        self._connection.commit()

    def _end(self, instance: UUID, item: UUID) -> None:
        cursor = self._connection.cursor()
        cursor.execute("SELECT * FROM process_instance WHERE entity_id = %s AND id = %s FOR UPDATE",
                       (self._entity, instance))  # fmt: skip
        cursor.execute(
            "UPDATE process_instance SET state = 'completed', version = version + 1, ended_at = "
            "started_at WHERE entity_id = %s AND id = %s",
            (self._entity, instance),
        )
        cursor.execute(
            "DELETE FROM process_task WHERE entity_id = %s AND instance_id = %s",
            (self._entity, instance),
        )
        self._insert(cursor, "process_history", self._late, instance_id=instance, id=None)
        cursor.execute(
            "INSERT INTO process_datum (entity_id, instance_id, scope, key, value) VALUES "
            "(%s, %s, %s, 'answer', %s) ON CONFLICT DO NOTHING",
            (self._entity, instance, UUID(int=0), Jsonb({"outcome": "ok"})),
        )
        cursor.execute(
            "UPDATE work_item SET state = 'done', completed_at = created_at, version = version + 1 "
            "WHERE entity_id = %s AND id = %s",
            (self._entity, item),
        )
        self._insert(cursor, "audit_event", self._rows["audit_event"][1:2], id=None)
        self._connection.commit()

    def _insert(
        self, cursor: psycopg.Cursor[Any], table: str, rows: list[dict[str, Any]], **changed: Any
    ) -> None:
        """One INSERT with every row; a changed column that is None gets a new id in each."""
        if not rows:
            return
        names = list(rows[0])
        values = []
        for row in rows:
            for name in names:
                value = row[name]
                if name in changed:
                    value = new_id() if changed[name] is None else changed[name]
                values.append(Jsonb(value) if name in _JSON else value)
        key = (table, len(rows))
        if key not in self._statements:
            one = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(names)))
            self._statements[key] = (
                sql.SQL("INSERT INTO {} ({}) VALUES {}")
                .format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, names)),
                    sql.SQL(", ").join([one] * len(rows)),
                )
                .as_bytes(self._connection)
            )
        cursor.execute(self._statements[key], values)


_JSON = frozenset(["value", "header", "added", "removed", "internal", "excluded", "candidates"])
_TASK = frozenset(
    ["entity_id", "instance_id", "id", "parent", "inside", "position", "spec", "element", "state",
     "triggered", "added", "removed", "internal"]
)  # fmt: skip
