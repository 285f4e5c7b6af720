"""Terms dated again, many at once, when what they were computed from changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, true

from engine.clock import FixedClock
from engine.deadlines import redating
from engine.deadlines.computation import compute
from engine.deadlines.models import (
    ChangeKind,
    Deadline,
    DeadlineChange,
    DeadlineExtension,
    DeadlineState,
    ExtensionKind,
)
from engine.deadlines.operations import declare_urgency, end_deadline, suspend
from engine.deadlines.redating import Redated, redate
from engine.deadlines.seat import seat_calendar
from engine.ids import new_id
from engine.operation import OPERATIONS, Act, operation
from engine.people.models import PersonKind
from engine.people.operations import register_person
from engine.townhall import TownHall
from engine.worker import drain
from tests.engine.deadlines.terms import changes, due, later, move_to, opened, term


@pytest.fixture(autouse=True)
def again() -> Iterator[Any]:
    """An operation that dates every term again."""

    @operation("test.redate")
    def run(act: Act, *, kind: ChangeKind = ChangeKind.CALENDAR, reference: Any = None) -> Redated:
        return redate(
            act, true(), kind=kind, article="art. 30.7", why="Nuevo día.", reference=reference
        )

    yield run
    del OPERATIONS["test.redate"]


def with_days(hall: TownHall, *more: str, without: str = "") -> None:
    """The seat's calendar with other holidays."""
    known = seat_calendar(hall)
    days = {**known.holidays, **{date.fromisoformat(day): "fiesta nueva" for day in more}}
    days = {day: name for day, name in days.items() if day.isoformat() != without}
    hall.parts["calendar"] = replace(known, holidays=days)


@contextmanager
def counting(hall: TownHall) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.append(statement)

    event.listen(hall.database.engine, "before_cursor_execute", note)
    yield found
    event.remove(hall.database.engine, "before_cursor_execute", note)


def test_a_new_holiday_moves_the_terms_that_it_falls_in_and_says_which(
    townhall: TownHall, again: Any
) -> None:
    """PLZ-18: 1 December closed: the ten days end on the 11th; three months do not move."""
    correction, resolve = opened(townhall, "correction"), opened(townhall)
    access = opened(townhall, "notification_access")  # natural days: 4 December, a Friday
    with_days(townhall, "2026-12-01", "2026-12-04")
    reference = new_id()
    found = again(townhall.system("test"), reference=reference)
    assert found.count == 3
    assert {each.deadline_id for each in found.changed} == {correction.id, access.id}
    assert [due(townhall, each.id) for each in (correction, resolve, access)] == [
        "2026-12-14",
        "2027-02-24",
        "2026-12-09",
    ]
    stored = term(townhall, correction.id).derivation
    assert {"2026-12-01", "2026-12-04"} <= {
        day["date"] for day in stored["days"] if not day["counted"]
    }
    assert stored["due"] == "2026-12-14"
    (change,) = changes(townhall, correction.id)
    assert (change.kind, change.why, change.reference) == (
        ChangeKind.CALENDAR.value,
        "Nuevo día.",
        reference,
    )
    assert changes(townhall, resolve.id) == []


def test_terms_of_the_same_day_are_computed_once_and_written_together(
    townhall: TownHall, clock: FixedClock, again: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLZ-18: sixty terms of three days, whatever the hour of each: three computations."""
    for number in range(60):
        opened(townhall, "correction")
        clock.advance(timedelta(days=1) if number % 20 == 19 else timedelta(minutes=1))
    starts = {row: term(townhall, row).derivation["effective_start"] for row in _all(townhall)}
    computed = []
    monkeypatch.setattr(
        redating, "compute", lambda *given, **more: computed.append(1) or compute(*given, **more)
    )
    with_days(townhall, "2026-12-01")
    with counting(townhall) as statements:
        found = again(townhall.system("test"))
    assert (found.count, found.moved, len(computed)) == (60, 60, 3)
    assert len(statements) < 20
    with townhall.database.reading() as session:
        assert len(session.scalars(select(DeadlineChange.deadline_id)).all()) == 60
    assert {
        row: term(townhall, row).derivation["effective_start"] for row in _all(townhall)
    } == starts


def _all(hall: TownHall) -> list[Any]:
    with hall.database.reading() as session:
        return list(session.scalars(select(Deadline.id)))


def test_what_is_over_stays_over_and_nothing_ends_in_the_past(
    townhall: TownHall, clock: FixedClock, again: Any
) -> None:
    """PLZ-16, PLZ-18: neither a new holiday brings a term back nor one less ends it yesterday."""
    met, expired = opened(townhall, "correction"), opened(townhall, "correction")
    last = opened(townhall, "correction", starts_at=clock.now() + timedelta(days=1))
    end_deadline(townhall.system("test"), deadline_id=met.id, state=DeadlineState.MET)
    move_to(clock, "2026-12-11T12:00")  # the day on which `last` ends
    with_days(townhall, without="2026-12-08")
    found = again(townhall.system("test"))
    assert (found.count, found.changed, found.kept) == (1, (), (last.id,))
    with_days(townhall, "2026-12-02", "2026-12-03", "2026-12-08")
    assert [each.deadline_id for each in again(townhall.system("test")).changed] == [last.id]
    assert [due(townhall, each.id) for each in (met, expired)] == ["2026-12-10"] * 2


def test_what_needs_a_year_without_calendar_is_left_and_told(
    townhall: TownHall, again: Any
) -> None:
    """PLZ-18."""
    resolve, correction = opened(townhall), opened(townhall, "correction")
    townhall.parts["calendar"] = replace(seat_calendar(townhall), years=frozenset({2026}))
    with_days(townhall, "2026-12-01")
    found = again(townhall.system("test"))
    assert found.uncounted == (resolve.id,)
    assert [each.deadline_id for each in found.changed] == [correction.id]
    assert due(townhall, resolve.id) == "2027-02-24"


def test_a_person_keeps_their_own_calendar_and_a_filing_its_instant(
    townhall: TownHall, clock: FixedClock, again: Any
) -> None:
    """PLZ-7, PLZ-9: 3 December is a holiday in Castroquemado; a Saturday's filing is Monday's."""
    neighbour = register_person(
        townhall.system("test"),
        kind=PersonKind.INDIVIDUAL,
        document_number="12345678Z",
        name="Xuan",
        surname1="Suárez",
        address={"town": "Castroquemado"},
    )
    correction = opened(townhall, "correction", person_id=neighbour.id)
    assert correction.person_calendar == "castroquemado"
    move_to(clock, "2026-11-28T10:00")
    filed = opened(townhall, "correction", filing=True)
    assert filed.derivation["effective_start"] == "2026-11-30T00:00:00+01:00"
    with_days(townhall, "2026-11-30", "2026-12-02")
    again(townhall.system("test"))
    assert due(townhall, correction.id) == "2026-12-15"
    assert term(townhall, filed.id).derivation["effective_start"] == "2026-12-01T00:00:00+01:00"
    assert due(townhall, filed.id) == "2026-12-18"
    with_days(townhall, without="2026-11-30")
    again(townhall.system("test"))
    assert term(townhall, filed.id).derivation["effective_start"] == "2026-11-30T00:00:00+01:00"


def test_urgency_suspension_and_an_incident_are_kept_when_the_calendar_changes(
    townhall: TownHall, clock: FixedClock, again: Any
) -> None:
    """PLZ-13, PLZ-16, PLZ-17: what was decided of a term still holds after it is dated again."""
    expediente_id = new_id()
    resolve = opened(townhall, expediente_id=expediente_id)
    correction = opened(townhall, "correction")
    call = townhall.system("test")
    declare_urgency(call, expediente_id=expediente_id, reason="Riesgo.")
    later(clock, 1)
    suspend(
        call, deadline_id=resolve.id, cause="22.1.g", at=clock.now(), reason="Cuestión prejudicial."
    )
    with townhall.database.transaction() as session:
        session.add(
            DeadlineExtension(
                deadline_id=correction.id,
                kind=ExtensionKind.INCIDENT.value,
                term="2 business days",
                article="art. 32.4 de la Ley 39/2015",
                reason="Caída de la sede.",
                decided_at=clock.now(),
            )
        )
    again(call, kind=ChangeKind.INCIDENT)
    assert due(townhall, correction.id) == "2026-12-14"
    with_days(townhall, "2026-12-01", "2027-01-25")
    again(call)
    assert due(townhall, correction.id) == "2026-12-15"
    assert due(townhall, resolve.id) == "2027-01-26"
    assert term(townhall, resolve.id).state == DeadlineState.SUSPENDED.value
    assert drain(townhall) >= 0
