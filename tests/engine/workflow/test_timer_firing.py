"""Firing timers: in order, once, whoever fails or dies; found by an index however many wait."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from engine.clock import FixedClock
from engine.deadlines.models import Deadline
from engine.errors import Unavailable
from engine.operation import Act
from engine.services import SERVICES, InstanceView
from engine.townhall import TownHall
from engine.workflow import firing, operations
from engine.workflow.models import Incident, InstanceState, ProcessInstance, ProcessTimer
from tests.engine.workflow.conftest import Staff
from tests.engine.workflow.models import Model, begun
from tests.engine.workflow.test_process_operations import instance, started


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[Any]]:
    """What is logged: the failures that the tests ask for are not printed with all that they hold."""
    with capture_logs() as logs:
        yield logs


class Killed(BaseException):
    """The worker's process ends here."""


@pytest.fixture
def effects() -> Iterator[dict[str, Any]]:
    """A service that notes for which instance it ran, and fails for those that a test names."""
    told: dict[str, Any] = {"ran": [], "fails": {}}

    def called(_act: Act, view: InstanceView) -> None:
        error = told["fails"].get(view.id)
        if error is not None:
            raise error
        told["ran"].append(view.id)

    SERVICES["test/effect"] = called
    yield told
    del SERVICES["test/effect"]


def waiting(text: str) -> Model:
    """A timer and then the effect."""
    model = begun().timer("wait", text).service("act", "test/effect")
    return model.flow("start", "wait", "act", "end")


def timer_of(hall: TownHall, instance_id: UUID) -> ProcessTimer:
    with hall.database.reading() as session:
        return session.scalars(
            select(ProcessTimer).where(ProcessTimer.instance_id == instance_id)
        ).one()


def next_due(hall: TownHall) -> datetime | None:
    with hall.database.reading() as session:
        return firing.next_due(hall, session)


def let_delays_pass(hall: TownHall) -> None:
    """The delays of failed timers and the leases of dead workers are over."""
    with hall.database.transaction() as session:
        session.execute(text("UPDATE process_timer SET not_before = NULL"))


def test_what_was_due_first_fires_first_and_what_is_not_due_waits(
    townhall: TownHall, staff: Staff, clock: FixedClock, effects: dict[str, Any]
) -> None:
    ids = {
        term: started(townhall, waiting(term), staff).id for term in ("PT3H", "PT1H", "PT2H", "P9D")
    }
    assert next_due(townhall) == clock.now() + timedelta(hours=1)
    clock.advance(timedelta(hours=4))
    assert firing.fire_due(townhall) == 3
    assert effects["ran"] == [ids["PT1H"], ids["PT2H"], ids["PT3H"]]
    assert next_due(townhall) == clock.now() - timedelta(hours=4) + timedelta(days=9)
    assert firing.fire_due(townhall) == 0


def test_a_term_that_is_moved_moves_its_timer_and_touches_no_instance(
    townhall: TownHall, staff: Staff, clock: FixedClock, effects: dict[str, Any]
) -> None:
    begun_ = started(townhall, waiting("deadline: correction"), staff)
    due = next_due(townhall)
    assert due is not None
    with townhall.database.transaction() as session:
        session.scalars(select(Deadline)).one().due_at += timedelta(days=30)
    assert next_due(townhall) == due + timedelta(days=30)
    clock.advance(due - clock.now() + timedelta(seconds=1))
    assert firing.fire_due(townhall) == 0
    assert not operations.fire_timer(
        townhall.system("test"), timer_id=timer_of(townhall, begun_.id).id
    )
    assert instance(townhall, begun_.id).version == begun_.version
    clock.advance(timedelta(days=30))
    assert firing.fire_due(townhall) == 1
    assert effects["ran"] == [begun_.id]


@pytest.mark.parametrize("state", [InstanceState.SUSPENDED, InstanceState.INCIDENT])
def test_an_instance_that_stands_still_fires_nothing_until_it_goes_on(
    townhall: TownHall,
    staff: Staff,
    clock: FixedClock,
    effects: dict[str, Any],
    state: InstanceState,
) -> None:
    begun_ = started(townhall, waiting("PT1H"), staff)
    keep_state(townhall, begun_.id, state)
    clock.advance(timedelta(hours=2))
    assert next_due(townhall) is None
    assert firing.fire_due(townhall) == 0
    timer = timer_of(townhall, begun_.id)
    assert not operations.fire_timer(townhall.system("test"), timer_id=timer.id)
    assert timer.attempts == 0
    keep_state(townhall, begun_.id, InstanceState.RUNNING)
    assert firing.fire_due(townhall) == 1
    assert effects["ran"] == [begun_.id]


def keep_state(hall: TownHall, instance_id: UUID, state: InstanceState) -> None:
    with hall.database.transaction() as session:
        session.scalars(
            select(ProcessInstance).where(ProcessInstance.id == instance_id)
        ).one().state = state.value


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Unavailable("La pasarela no responde."), "La pasarela no responde."),
        (OSError("12345678Z"), "OSError."),
    ],
)
def test_a_timer_that_always_fails_lets_the_others_fire_and_ends_before_a_person(
    townhall: TownHall,
    staff: Staff,
    clock: FixedClock,
    effects: dict[str, Any],
    error: Exception,
    told: str,
) -> None:
    poison = started(townhall, waiting("PT1H"), staff)
    effects["fails"][poison.id] = error
    other = started(townhall, waiting("PT2H"), staff)
    clock.advance(timedelta(hours=3))
    assert firing.fire_due(townhall) == 2
    assert effects["ran"] == [other.id]

    # It is not tried again before its delay is over, so nobody looks for it either.
    assert firing.fire_due(townhall) == 0
    assert next_due(townhall) is None
    for attempt in range(2, firing.ATTEMPTS + 1):
        let_delays_pass(townhall)
        assert firing.fire_due(townhall) == 1
        assert timer_of(townhall, poison.id).attempts == attempt
    with townhall.database.reading() as session:
        incident = session.scalars(select(Incident)).one()
    assert incident.message == f"El temporizador venció y no se pudo atender: {told}"
    assert incident.element == "wait"
    assert instance(townhall, poison.id).state == InstanceState.INCIDENT.value
    let_delays_pass(townhall)
    assert firing.fire_due(townhall) == 0

    del effects["fails"][poison.id]
    operations.retry(townhall.system("test"), incident_id=incident.id, reason="Ya responde.")
    assert effects["ran"] == [other.id, poison.id]
    assert instance(townhall, poison.id).state == InstanceState.COMPLETED.value


def test_a_timer_that_kills_its_worker_is_not_tried_for_ever_nor_blamed_on_its_neighbours(
    townhall: TownHall, staff: Staff, clock: FixedClock, effects: dict[str, Any]
) -> None:
    poison = started(townhall, waiting("PT1H"), staff)
    effects["fails"][poison.id] = Killed()
    neighbours = [started(townhall, waiting("PT2H"), staff).id for _ in range(3)]
    clock.advance(timedelta(hours=3))
    for _ in range(firing.ATTEMPTS):
        with pytest.raises(Killed):
            firing.fire_due(townhall)
        let_delays_pass(townhall)
    assert firing.fire_due(townhall) >= 1
    assert sorted(effects["ran"]) == sorted(neighbours)
    with townhall.database.reading() as session:
        incident = session.scalars(select(Incident)).one()
    assert incident.instance_id == poison.id
    assert "interrumpe" in incident.message


def test_what_a_dead_worker_had_taken_is_free_again_within_thirty_seconds() -> None:
    assert timedelta(seconds=10) < firing.LEASE < timedelta(seconds=29)


def test_workers_at_the_same_rows_fire_each_timer_once(
    townhall: TownHall, staff: Staff, clock: FixedClock, effects: dict[str, Any]
) -> None:
    model = waiting("PT1H")
    ids = [started(townhall, model, staff).id for _ in range(60)]
    clock.advance(timedelta(hours=2))
    counts: list[int] = []
    workers = [
        threading.Thread(target=lambda: counts.append(firing.fire_due(townhall))) for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(counts) == 60
    assert sorted(effects["ran"]) == sorted(ids)
    with townhall.database.reading() as session:
        assert set(session.scalars(select(ProcessTimer.attempts))) == {1}


MANY = 20_000


@pytest.fixture
def many(townhall: TownHall, staff: Staff, effects: dict[str, Any]) -> TownHall:
    """Timers by the thousand, half of them of a legal term."""
    for model in (waiting("P9D"), waiting("deadline: correction")):
        started(townhall, model, staff)
    with townhall.database.transaction() as session:
        clones = {
            "process_instance": ("id", ("id",)),
            "deadline": ("id", ("id",)),
            "process_timer": ("instance_id", ("id", "instance_id", "deadline_id")),
        }
        for table, (_, keys) in clones.items():
            columns = session.scalars(
                text("SELECT column_name FROM information_schema.columns WHERE table_name = :t"),
                {"t": table},
            ).all()
            chosen = ", ".join(
                f"md5({name}::text || n)::uuid" if name in keys else f'"{name}"' for name in columns
            )
            named = ", ".join(f'"{name}"' for name in columns)
            session.execute(
                text(
                    f"INSERT INTO {table} ({named}) SELECT {chosen} FROM {table}, "
                    f"generate_series(1, {MANY // 2}) n"
                )
            )
    return townhall


@pytest.mark.parametrize(
    "statement", [firing.NEXT, firing.TAKE_NEW, firing.TAKE_TRIED], ids=("next", "new", "tried")
)
def test_however_many_wait_what_is_due_is_found_by_an_index(
    many: TownHall, clock: FixedClock, statement: Any
) -> None:
    values = {
        "entity": many.settings.entity_id,
        "now": clock.now(),
        "real": clock.now(),
        "lease": clock.now(),
        "limit": 50,
    }
    with many.database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM process_timer")) == MANY + 2
        plan = session.scalar(text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"), values)
        session.rollback()
    (told,) = plan if isinstance(plan, list) else json.loads(plan)
    assert "Seq Scan on process_timer" not in json.dumps(told)
    assert told["Plan"]["Shared Hit Blocks"] + told["Plan"]["Shared Read Blocks"] < 600
