"""The inbox among many: one statement, by an index, whatever was done before."""

from __future__ import annotations

import os
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text

from engine.db import libpq_url
from engine.workflow.work_items import queries
from engine.workflow.work_items.queries import Inbox, Narrowing
from tests.engine.workflow.work_items.conftest import Office, one_task

_MANY = int(os.environ.get("ANDECHA_WORK_ITEMS", "6000"))
_OPEN_EACH = 12
"""One in this many is open; the rest was done."""

_COPIES = """
INSERT INTO work_item (entity_id, id, instance_id, task_id, element, title, kind, form, phase, unit_id,
  role, excluded, candidates, fixed, priority, state, assignee_id, created_at, due_at, version)
SELECT entity_id, gen_random_uuid(), instance_id, gen_random_uuid(), element, title, kind, form, phase,
  CASE WHEN n % 5 = 0 THEN unit_id ELSE CAST(:other AS uuid) END, role, excluded, candidates, fixed,
  (n * 7) % 101,
  CASE WHEN n % :each = 0 THEN 'open' WHEN n % :each = 1 THEN 'claimed' ELSE 'done' END,
  CASE WHEN n % :each = 0 THEN NULL WHEN n % 7 = 0 THEN CAST(:me AS uuid) ELSE CAST(:them AS uuid) END,
  created_at + n * interval '1 minute',
  CASE WHEN n % 3 = 0 THEN created_at + (n * 7919 % 10000) * interval '1 hour' END, version
FROM work_item, generate_series(1, :many) AS n
"""


@pytest.fixture
def busy(office: Office) -> Office:
    """A town hall with years of work behind it."""
    office.start(one_task())
    with office.hall.database.transaction() as session:
        session.execute(
            text(_COPIES),
            {
                "many": _MANY,
                "each": _OPEN_EACH,
                "other": office.units["REN"],
                "me": office.ids["nel"],
                "them": office.ids["xurde"],
            },
        )
    owner = office.hall.settings.owner_url
    assert owner is not None
    with psycopg.connect(libpq_url(owner), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE work_item")
    return office


def plans(office: Office, name: str, which: Inbox, narrowing: Narrowing) -> list[str]:
    """The plan of each statement that a list asks for."""
    asked: list[tuple[str, Any]] = []

    def keep(_c: object, _k: object, statement: str, values: Any, *_rest: object) -> None:
        asked.append((statement, values))

    actor = office.actor(name)
    engine = office.hall.database.engine
    event.listen(engine, "before_cursor_execute", keep)
    try:
        with office.hall.database.reading() as session:
            queries.inbox(session, actor, which, 51, narrowing=narrowing)
    finally:
        event.remove(engine, "before_cursor_execute", keep)
    found = []
    with engine.connect() as connection:
        for statement, values in asked:
            rows = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS OFF) {statement}", values)
            found.append("\n".join(row[0] for row in rows))
    return found


@pytest.mark.parametrize("which", list(Inbox))
@pytest.mark.parametrize("name", ["nel", "berta"])
def test_a_list_is_one_statement_that_reads_work_items_by_an_index(
    busy: Office, name: str, which: Inbox
) -> None:
    (plan,) = plans(busy, name, which, Narrowing())
    assert "Seq Scan on work_item" not in plan, plan
    if name == "nel" and which is not Inbox.MANAGED:
        assert "ix_work_item" in plan, plan


def test_so_is_a_substitutes(busy: Office) -> None:
    today = busy.hall.clock.now().date()
    busy.away("xurde", "nel", today, today, by="rita")
    (plan,) = plans(busy, "nel", Inbox.ALL, Narrowing())
    assert "Seq Scan on work_item" not in plan, plan
    assert "ix_work_item" in plan, plan


def test_pages_and_narrowings_find_each_item_once(busy: Office) -> None:
    whole = busy.inbox("nel", Inbox.ALL, limit=5000)
    parts = [
        row.id
        for start in range(0, len(whole), 50)
        for row in busy.inbox("nel", Inbox.ALL, limit=50, offset=start)
    ]
    assert parts == [row.id for row in whole]
    by_priority = [
        len(busy.inbox("nel", Inbox.ALL, limit=5000, narrowing=Narrowing(priority=word)))
        for word in queries.Priority
    ]
    assert sum(by_priority) == len(whole)
    assert all(by_priority)
    assert busy.inbox("nel", narrowing=Narrowing(definition="other")) == ()
