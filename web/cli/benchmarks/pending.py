"""Many instances that wait for a timer: one is started as always, and its rows are copied.

The copies have ids of their own in every column, so each can be fired like one that was started.
"""

from __future__ import annotations

from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import Table

from engine.db import Base, libpq_url
from engine.ids import new_id
from engine.townhall import TownHall
from engine.workflow.operations import start

_COPIED = ("instance_id", "deadline_id")
_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'targetNamespace="https://andecha.example/bench"><process id="bench" isExecutable="true">'
    '<startEvent id="start"><outgoing>f0</outgoing></startEvent>'
    '<userTask id="ask" name="Subsanar"><incoming>f0</incoming><outgoing>f1</outgoing></userTask>'
    '<boundaryEvent id="expired" attachedToRef="ask"><outgoing>f2</outgoing>'
)
_TAIL = (
    '</boundaryEvent><userTask id="late" name="Tener por desistido"><incoming>f2</incoming>'
    '<outgoing>f3</outgoing></userTask><endEvent id="end"><incoming>f1</incoming></endEvent>'
    '<endEvent id="gone"><incoming>f3</incoming></endEvent>'
    '<sequenceFlow id="f0" sourceRef="start" targetRef="ask"/>'
    '<sequenceFlow id="f1" sourceRef="ask" targetRef="end"/>'
    '<sequenceFlow id="f2" sourceRef="expired" targetRef="late"/>'
    '<sequenceFlow id="f3" sourceRef="late" targetRef="gone"/></process></definitions>'
)
KINDS = ("P60D", "deadline: correction")
"""A timer of its own, and one that waits for the end of a legal term."""


def make_pending(townhall: TownHall, count: int) -> None:
    """So many waiting timers, half of each kind, each due a second after the one before."""
    each = count // len(KINDS)
    for kind in KINDS:
        instance_id = _started(townhall, kind)
        with psycopg.connect(_owner(townhall)) as connection:
            _copy(connection, instance_id, each - 1)
            _copy_events(connection, instance_id, each - 1)
    with psycopg.connect(_owner(townhall), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _owner(townhall: TownHall) -> str:
    return libpq_url(townhall.settings.owner_url or townhall.database.url)


def _started(townhall: TownHall, kind: str) -> UUID:
    timer = "<timerEventDefinition><timeDuration>" + kind + "</timeDuration></timerEventDefinition>"
    return start(
        townhall.system("bench"),
        definition_key="bench",
        definition_version=1,
        model=f"{_HEAD}{timer}{_TAIL}".encode(),
        data={"subject": "Terraza"},
    ).id


def _copy(connection: psycopg.Connection, instance_id: UUID, count: int) -> None:
    """The instance, its term, and every row of every table that names it."""
    tables = Base.metadata.tables
    mine = sql.SQL("id = {}").format(sql.Literal(instance_id))
    term = sql.SQL("id IN (SELECT deadline_id FROM process_timer WHERE instance_id = {})").format(
        sql.Literal(instance_id)
    )
    of_mine = sql.SQL("instance_id = {}").format(sql.Literal(instance_id))
    _copy_rows(connection, tables["process_instance"], mine, count)
    _copy_rows(connection, tables["deadline"], term, count)
    for table in Base.metadata.sorted_tables:
        if "instance_id" in table.columns:
            _copy_rows(connection, table, of_mine, count)


def _copy_rows(
    connection: psycopg.Connection, table: Table, which: sql.Composed, count: int
) -> None:
    own_key = [column.name for column in table.primary_key] == ["entity_id", "id"]
    values: list[sql.Composable] = []
    for column in table.columns:
        name = sql.Identifier(column.name)
        if column.name in _COPIED or (column.name == "id" and own_key):
            values.append(sql.SQL("md5({}::text || n)::uuid").format(name))
        elif column.name == "due_at":
            values.append(sql.SQL("{} + n * interval '1 second'").format(name))
        else:
            values.append(name)
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}, generate_series(1, {}) n WHERE {}").format(
            sql.Identifier(table.name),
            sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns),
            sql.SQL(", ").join(values),
            sql.Identifier(table.name),
            sql.Literal(count),
            which,
        )
    )


def _copy_events(connection: psycopg.Connection, instance_id: UUID, count: int) -> None:
    """As many events as so many starts would have left, for the sequencer to place."""
    connection.execute("CREATE TEMPORARY TABLE new_event (id uuid) ON COMMIT DROP")
    with connection.cursor().copy("COPY new_event FROM STDIN") as copy:
        for _ in range(count):
            copy.write_row((new_id(),))
    names = [column.name for column in Base.metadata.tables["audit_event"].columns]
    connection.execute(
        sql.SQL(
            "INSERT INTO audit_event ({}) SELECT {} FROM audit_event e, new_event n "
            "WHERE e.type = 'workflow.start' AND e.object_id = {}"
        ).format(
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(
                sql.Identifier("n" if name == "id" else "e", name) for name in names
            ),
            sql.Literal(str(instance_id)),
        )
    )
