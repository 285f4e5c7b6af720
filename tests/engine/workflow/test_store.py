"""What a step reads and writes in the database, and what it never touches."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from engine.db import STATEMENT_WATCHERS, driver_rows
from engine.errors import Stale
from engine.townhall import TownHall
from engine.workflow import operations, store, transition
from engine.workflow.models import (
    InstanceState,
    ProcessDatum,
    ProcessHistory,
    ProcessInstance,
    ProcessPayload,
    ProcessTask,
    WorkItem,
)
from engine.workflow.queries import data_of
from engine.workflow.store import stored
from tests.engine.workflow.conftest import Staff
from tests.engine.workflow.models import Model, begun
from tests.engine.workflow.test_process_operations import instance, person, started

LETTER = "Expone que desea ocupar la vía pública con mesas y sillas. " * 40


def chain(length: int) -> Model:
    model = begun()
    names = [f"task{at}" for at in range(length)]
    for name in names:
        person(model, name, official="=official")
    return model.flow("start", *names, "end")


def do(hall: TownHall, staff: Staff, instance_id: UUID, **data: Any) -> None:
    with hall.database.reading() as session:
        item = session.scalars(
            select(WorkItem).where(
                WorkItem.instance_id == instance_id, WorkItem.completed_at.is_(None)
            )
        ).one()
    operations.complete(
        hall.call(staff.first), work_item_id=item.id, data=data, version=item.version
    )


def count(hall: TownHall, table: Any) -> int:
    with hall.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@contextmanager
def watched(hall: TownHall) -> Iterator[list[str]]:
    """The statements that the block makes, those of the driver included."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(hall.database.engine, "before_cursor_execute", note)
    STATEMENT_WATCHERS.append(seen.append)
    try:
        yield seen
    finally:
        STATEMENT_WATCHERS.remove(seen.append)
        event.remove(hall.database.engine, "before_cursor_execute", note)


def test_an_instance_of_one_task_takes_few_statements(townhall: TownHall, staff: Staff) -> None:
    started(townhall, chain(1), staff, official=str(staff.first.id))
    with watched(townhall) as seen:
        begun_ = started(townhall, chain(1), staff, official=str(staff.first.id))
    starting = len(seen)
    with townhall.database.reading() as session:
        item = session.scalars(select(WorkItem).where(WorkItem.instance_id == begun_.id)).one()
    with watched(townhall) as seen:
        operations.complete(
            townhall.call(staff.first), work_item_id=item.id, data={}, version=item.version
        )
    assert starting + len(seen) <= 4
    assert instance(townhall, begun_.id).state == InstanceState.COMPLETED.value
    assert instance(townhall, begun_.id).version == 2


def test_a_long_instance_keeps_few_tasks_to_load_and_all_its_history(
    townhall: TownHall, staff: Staff
) -> None:
    begun_ = started(townhall, chain(12), staff, official=str(staff.first.id))
    for turn in range(10):
        do(townhall, staff, begun_.id, turn=turn)
    assert count(townhall, ProcessTask) == 2
    with townhall.database.reading() as session:
        elements = session.scalars(
            select(ProcessHistory.element)
            .where(ProcessHistory.element.is_not(None))
            .order_by(ProcessHistory.version, ProcessHistory.sequence)
        ).all()
        assert list(elements) == ["start", *(f"task{at}" for at in range(10))]
        rows = stored(session, instance(townhall, begun_.id))
        assert len(rows.tasks) == 2
        assert {key for _, key in rows.data} == {"official", *elements[1:]}


def test_what_an_instance_gathered_is_not_read_by_a_step_that_does_not_ask(
    townhall: TownHall, staff: Staff
) -> None:
    model = begun()
    person(model, "first", official="=official")
    person(model, "second", role="processor", unit="URB")
    begun_ = started(
        townhall, model.flow("start", "first", "second", "end"), staff, official=str(staff.first.id)
    )
    with watched(townhall) as seen:
        do(townhall, staff, begun_.id, letter=LETTER)
    assert not [each for each in seen if "FROM process_datum" in each]


def test_a_large_value_is_stored_once_for_all_who_have_it(townhall: TownHall, staff: Staff) -> None:
    for _ in range(2):
        begun_ = started(townhall, chain(2), staff, official=str(staff.first.id), letter=LETTER)
        do(townhall, staff, begun_.id)
    assert count(townhall, ProcessPayload) == 1
    do(townhall, staff, begun_.id)
    with townhall.database.reading() as session:
        assert data_of(session, instance(townhall, begun_.id))["letter"] == LETTER
        largest = session.scalar(
            select(func.max(func.length(text("value::text")))).select_from(ProcessDatum)
        )
    assert largest is not None
    assert largest < 200


def test_what_is_over_cannot_be_changed(
    townhall: TownHall, staff: Staff, database_urls: tuple[str, str]
) -> None:
    begun_ = started(townhall, chain(2), staff, official=str(staff.first.id))
    do(townhall, staff, begun_.id)
    for url in database_urls:
        with psycopg.connect(url) as connection, pytest.raises(psycopg.Error):
            connection.execute("UPDATE process_history SET state = 128")


def test_an_instance_that_moved_meanwhile_is_not_written_over(
    townhall: TownHall, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun_ = started(townhall, chain(2), staff, official=str(staff.first.id))

    def late(act: Any, found: Any, writing: Any, **options: Any) -> None:
        found.version -= 1
        store.write(act, found, writing, **options)

    monkeypatch.setattr(transition, "write", late)
    with pytest.raises(Stale):
        do(townhall, staff, begun_.id)
    monkeypatch.undo()
    assert instance(townhall, begun_.id).version == 1
    do(townhall, staff, begun_.id)
    assert instance(townhall, begun_.id).version == 2


def test_an_error_of_the_driver_is_one_of_sqlalchemy(townhall: TownHall) -> None:
    with townhall.database.reading() as session, pytest.raises(DBAPIError):
        driver_rows(session, "SELECT 1 / %(zero)s", {"zero": 0})


def test_a_null_is_kept_apart_from_what_was_taken_away(townhall: TownHall, staff: Staff) -> None:
    begun_ = started(townhall, chain(2), staff, official=str(staff.first.id), nothing=None)
    do(townhall, staff, begun_.id, empty=None)
    with townhall.database.reading() as session:
        found = session.scalar(select(ProcessInstance).where(ProcessInstance.id == begun_.id))
        assert found is not None
        data = data_of(session, found)
    assert data["nothing"] is None
    assert "nothing" in data
    assert data["task0"]["empty"] is None


def test_who_waited_for_the_lock_sees_what_was_done_meanwhile(
    townhall: TownHall, staff: Staff
) -> None:
    model = begun().node("parallelGateway", "split").node("parallelGateway", "join")
    for name in ("left", "right"):
        person(model, name, official="=official")
        model.flow("split", name, "join")
    model.flow("start", "split").flow("join", "end")
    begun_ = started(townhall, model, staff, official=str(staff.first.id))
    with townhall.database.reading() as session:
        items = session.scalars(select(WorkItem).where(WorkItem.instance_id == begun_.id)).all()

    def complete(item: WorkItem) -> None:
        operations.complete(
            townhall.call(staff.first), work_item_id=item.id, data={}, version=item.version
        )

    with ThreadPoolExecutor(2) as pool:
        with townhall.database.transaction() as session:
            locked = select(ProcessInstance.id).where(ProcessInstance.id == begun_.id)
            session.execute(locked.with_for_update())
            both = [pool.submit(complete, item) for item in items]
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            while (session.scalar(waiting) or 0) < 1:
                time.sleep(0.01)
        for done in both:
            done.result()
    found = instance(townhall, begun_.id)
    assert (found.state, found.version) == (InstanceState.COMPLETED.value, 3)


def test_the_large_values_of_an_instance_are_read_together(
    townhall: TownHall, staff: Staff
) -> None:
    letters = {f"letter{at}": f"{at} {LETTER}" for at in range(5)}
    begun_ = started(townhall, chain(2), staff, official=str(staff.first.id), **letters)
    with watched(townhall) as seen, townhall.database.reading() as session:
        data = data_of(session, instance(townhall, begun_.id))
    assert {key: data[key] for key in letters} == letters
    assert len([each for each in seen if "FROM process_payload" in each]) == 1
