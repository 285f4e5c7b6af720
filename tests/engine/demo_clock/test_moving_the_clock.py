"""Moving the demonstration's clock: who may, how far, and that every process of the town notices."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from factories.town import actor_for
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from engine.assembly import assemble
from engine.audit.models import AuditEvent
from engine.clock import FixedClock, SystemClock
from engine.deadlines.models import DeadlineState
from engine.deadlines.operations import end_deadline, open_deadline
from engine.demo_clock import clock as clock_module
from engine.demo_clock import queries
from engine.demo_clock.clock import FRESH_SECONDS
from engine.demo_clock.operations import LONGEST, move_clock
from engine.errors import BadInput, Refused
from engine.keys.demo import ensure_demo_keys
from engine.keys.queries import certificates
from engine.permissions import ActorKind
from engine.settings import Environment, Settings
from engine.townhall import TownHall
from engine.worker import drain

Make = Callable[[], TownHall]
THIRTY_DAYS = timedelta(days=30)


class Stopwatch:
    """The seconds that a clock believes to have passed."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    made = Stopwatch()
    monkeypatch.setattr(clock_module, "time", made)
    return made


@contextmanager
def counting(townhall: TownHall) -> Iterator[list[str]]:
    """The statements that a town hall sends meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(townhall.database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(townhall.database.engine, "before_cursor_execute", note)


def move(townhall: TownHall, step: timedelta = THIRTY_DAYS) -> datetime:
    return move_clock(townhall.system("test"), to=townhall.clock.now() + step)


def test_two_processes_of_a_town_live_at_the_same_moment(
    another_process: Make, clock: FixedClock, stopwatch: Stopwatch
) -> None:
    web, worker = another_process(), another_process()
    began = clock.now()
    assert web.clock.now() == worker.clock.now() == began
    move(web)
    assert web.clock.now() == began + THIRTY_DAYS
    stopwatch.seconds += FRESH_SECONDS
    assert worker.clock.now() == began + THIRTY_DAYS
    move(worker, timedelta(hours=2))
    stopwatch.seconds += FRESH_SECONDS
    clock.advance(timedelta(minutes=1))
    assert web.clock.now() == began + THIRTY_DAYS + timedelta(hours=2, minutes=1)


def test_the_time_is_asked_for_a_thousand_times_with_one_statement(
    another_process: Make, stopwatch: Stopwatch
) -> None:
    townhall = another_process()
    with counting(townhall) as sent:
        for _ in range(1000):
            townhall.clock.now()
    assert len(sent) == 1
    stopwatch.seconds += FRESH_SECONDS
    with counting(townhall) as sent:
        for _ in range(1000):
            townhall.clock.now()
    assert len(sent) == 1


def test_the_clock_never_goes_back(
    another_process: Make, clock: FixedClock, stopwatch: Stopwatch
) -> None:
    townhall = another_process()
    with pytest.raises(BadInput, match="hacia delante"):
        move(townhall, timedelta(0))
    move(townhall)
    with pytest.raises(BadInput, match="hacia delante"):
        move(townhall, -timedelta(seconds=1))
    with townhall.database.transaction() as session:
        session.execute(text("UPDATE demo_clock SET ahead = interval '1 hour'"))
    stopwatch.seconds += FRESH_SECONDS
    assert townhall.clock.now() == clock.now() + THIRTY_DAYS


def test_a_database_that_does_not_answer_changes_no_time_that_was_known(
    another_process: Make, clock: FixedClock, stopwatch: Stopwatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    townhall, fresh = another_process(), another_process()
    move(townhall)
    townhall.clock.now()

    def silent() -> None:
        raise OperationalError("SELECT", {}, OSError("no answer"))

    for each in (townhall, fresh):
        monkeypatch.setattr(each.database, "reading", silent)
    stopwatch.seconds += FRESH_SECONDS
    assert townhall.clock.now() == clock.now() + THIRTY_DAYS
    with pytest.raises(OperationalError):
        fresh.clock.now()


def test_a_move_is_in_the_record_with_both_moments(
    another_process: Make, clock: FixedClock
) -> None:
    townhall = another_process()
    began = clock.now()
    move(townhall)
    with townhall.database.reading() as session:
        body = session.scalar(select(AuditEvent.body).where(AuditEvent.type == "demo.move_clock"))
        last = queries.last_move(session)
    assert body is not None
    facts = json.loads(body)["facts"]
    assert facts["moved_from"].startswith("2026-11-24T09:00")
    assert facts["moved_to"].startswith("2026-12-24T09:00")
    assert last == queries.Move(began, began + THIRTY_DAYS)


def test_production_has_the_computers_clock_and_nobody_moves_it(
    settings: Settings, another_process: Make
) -> None:
    production = replace(settings, environment=Environment.PRODUCTION)
    townhall = assemble(production)
    try:
        assert isinstance(townhall.clock, SystemClock)
        with pytest.raises(Refused, match="demostración"):
            move(townhall)
    finally:
        townhall.database.dispose()
    disguised = another_process()
    disguised.settings = production
    with pytest.raises(Refused, match="demostración"):
        move(disguised)
    assert queries.ahead_of_real_time(disguised) == timedelta(0)


def test_who_has_no_such_permission_does_not_move_the_clock(another_process: Make) -> None:
    townhall = another_process()
    call = townhall.call(actor_for(ActorKind.OFFICIAL, uuid4(), "people.sign_out"))
    with pytest.raises(Refused):
        move_clock(call, to=townhall.clock.now() + THIRTY_DAYS)
    assert queries.ahead_of_real_time(townhall) == timedelta(0)


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (datetime(2027, 11, 26, 9, tzinfo=UTC), "un año como mucho"),
        (datetime(2027, 11, 25, 9, tzinfo=UTC), None),
    ],
)
def test_a_move_goes_no_further_than_a_year(
    another_process: Make, to: datetime, words: str | None
) -> None:
    townhall = another_process()
    if words is None:
        assert move_clock(townhall.system("test"), to=to) == to
        return
    with pytest.raises(BadInput, match=words):
        move_clock(townhall.system("test"), to=to)


def test_the_clock_does_not_enter_a_year_that_has_no_calendar(another_process: Make) -> None:
    """PLZ-18: nothing could be counted there, so the town does not go there."""
    townhall = another_process()
    move(townhall, LONGEST)
    with pytest.raises(BadInput, match=r"no tiene calendario de 2028.*30\.7"):
        move(townhall, timedelta(days=60))


def test_a_town_whose_time_stamps_come_from_outside_stays_in_real_time(
    another_process: Make,
) -> None:
    townhall = another_process()
    town = replace(townhall.settings.town, time_stamp_urls=("https://tsa.example",))
    townhall.settings = replace(townhall.settings, town=town)
    with pytest.raises(BadInput, match="servicio externo"):
        move(townhall)


def test_certificates_are_made_anew_before_a_move_could_end_them(
    another_process: Make, clock: FixedClock
) -> None:
    townhall = another_process()
    ensure_demo_keys(townhall, townhall.system("demo"))
    with townhall.database.reading() as session:
        ends = min(row.valid_to for row in certificates(session))
    clock.advance(ends - clock.now() - timedelta(days=20))
    townhall.parts["calendar"] = replace_years(townhall, ends.year + 1)
    with pytest.raises(BadInput, match="caduca el"):
        move(townhall)
    move(townhall, timedelta(days=10))
    drain(townhall)
    move(townhall)
    assert townhall.clock.now() > ends
    with townhall.database.reading() as session:
        active = [row for row in certificates(session) if row.state == "active"]
    assert active
    assert all(row.valid_to > townhall.clock.now() + LONGEST for row in active)


def replace_years(townhall: TownHall, last: int) -> object:
    """The seat's calendar with every year until `last`, without holidays."""
    from engine.deadlines.seat import seat_calendar

    return replace(seat_calendar(townhall), years=frozenset(range(2026, last + 1)))


def test_what_will_end_and_what_did(another_process: Make, clock: FixedClock) -> None:
    townhall = another_process()
    call = townhall.system("test")
    due = []
    for rule in ("correction", "resolve"):
        row = open_deadline(call, rule=rule, starts_at=clock.now(), expediente_id=None)
        due.append(row.due_at)
    met, answered = (
        open_deadline(call, rule="correction", starts_at=clock.now()) for _ in range(2)
    )
    end_deadline(call, deadline_id=met.id, state=DeadlineState.MET)
    clock.advance(timedelta(hours=1))
    began, until = clock.now(), clock.now() + THIRTY_DAYS
    with townhall.database.reading() as session:
        assert queries.next_end(session, began) == due[0]
        coming = queries.will_end(session, began, until)
    assert [(row.due_at, row.state) for row in coming.rows] == [(due[0], DeadlineState.OPEN)] * 2
    move(townhall)
    end_deadline(call, deadline_id=answered.id, state=DeadlineState.CANCELLED)
    with townhall.database.reading() as session:
        past = queries.ended(session, began, until)
        assert queries.next_end(session, townhall.clock.now()) == due[1]
    assert {row.state for row in past.rows} == {DeadlineState.OPEN, DeadlineState.CANCELLED}
    assert past.total == 2
