"""Legal terms that are suspended or move: their timers wait, and people's work shows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.clock import MADRID, FixedClock
from engine.deadlines.models import Deadline, DeadlineState
from engine.deadlines.operations import end_deadline, extend, resume, suspend
from engine.deadlines.term import Term
from engine.townhall import TownHall
from engine.worker import drain
from engine.workflow import firing, operations
from engine.workflow.models import ProcessTimer, TimerState
from engine.workflow.queries import Inbox
from engine.workflow.versions import images
from tests.engine.deadlines.terms import at, move_to
from tests.engine.workflow.conftest import Staff
from tests.engine.workflow.models import Model, begun
from tests.engine.workflow.test_process_operations import inbox, person, started


def resolving(rule: str = "resolve") -> Model:
    """Somebody has to resolve before the term ends."""
    model = person(begun(), "decide", role="processor", unit="URB")
    model.timer("expired", f"deadline: {rule}", "decide")
    person(model, "late", role="processor", unit="URB")
    return model.flow("start", "decide", "end").flow("expired", "late", "end")


def only_term(hall: TownHall) -> Deadline:
    with hall.database.reading() as session:
        return session.scalars(select(Deadline)).one()


def timer_state(hall: TownHall) -> str:
    with hall.database.reading() as session:
        return session.scalars(select(ProcessTimer.state)).one()


def next_due(hall: TownHall) -> Any:
    with hall.database.reading() as session:
        return firing.next_due(hall, session)


def shown(hall: TownHall, staff: Staff) -> dict[str, str | None]:
    """Until when each open item says that it has to be done."""
    return {
        item.element: None
        if item.due_at is None
        else item.due_at.astimezone(MADRID).date().isoformat()
        for item in inbox(hall, staff.first, Inbox.UNASSIGNED)
    }


def test_the_timer_of_a_term_that_stands_still_does_not_fire(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    """PLZ-13: its last end passes, nothing is due; it fires at the end that it has when it goes on."""
    started(townhall, resolving(), staff)
    term = only_term(townhall)
    call = townhall.system("test")
    move_to(clock, "2026-12-01T12:00")
    stopped = suspend(
        call, deadline_id=term.id, cause="22.2.b", at=clock.now(), reason="Actuaciones."
    )
    assert next_due(townhall) is None
    move_to(clock, "2027-03-05T12:00")
    with townhall.database.reading() as session:
        timer_id: UUID = session.scalars(select(ProcessTimer.id)).one()
    assert firing.fire_due(townhall) == 0
    assert not operations.fire_timer(call, timer_id=timer_id)
    assert timer_state(townhall) == TimerState.WAITING.value
    # 24 February and ninety-four days, from 1 December to 4 March: 29 May 2027, a Saturday.
    resume(call, suspension_id=stopped.id, at=clock.now(), reason="Terminaron.")
    assert next_due(townhall) == at("2027-05-31T23:59:59")
    move_to(clock, "2027-05-31T23:59")
    assert firing.fire_due(townhall) == 0
    clock.advance(timedelta(minutes=1))
    assert firing.fire_due(townhall) == 1
    assert only_term(townhall).state == DeadlineState.EXPIRED.value


def test_work_shows_that_its_term_stands_still_and_then_its_new_end(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    """PLZ-13, PLZ-14: nobody's open screen is made stale by it."""
    started(townhall, resolving(), staff)
    term = only_term(townhall)
    call = townhall.system("test")
    assert shown(townhall, staff) == {"decide": "2027-02-24"}
    (before,) = inbox(townhall, staff.first, Inbox.UNASSIGNED)
    move_to(clock, "2026-12-01T12:00")
    stopped = suspend(call, deadline_id=term.id, cause="22.1.a", at=clock.now(), reason="Falta.")
    drain(townhall)
    assert shown(townhall, staff) == {"decide": None}
    move_to(clock, "2026-12-11T12:00")
    resume(call, suspension_id=stopped.id, at=clock.now(), reason="Contestó.")
    drain(townhall)
    assert shown(townhall, staff) == {"decide": "2027-03-08"}
    extend(call, deadline_id=term.id, term=Term.parse("1 month"), reason="Complejidad.")
    drain(townhall)
    assert shown(townhall, staff) == {"decide": "2027-04-05"}
    (after,) = inbox(townhall, staff.first, Inbox.UNASSIGNED)
    assert after.version == before.version


def test_work_that_names_its_own_term_follows_it(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    """PLZ-15: five business days more than the ten of a report."""
    model = person(begun(), "inform", role="processor", unit="URB", due="report")
    started(townhall, model.flow("start", "inform", "end"), staff)
    assert shown(townhall, staff) == {"inform": "2026-12-10"}
    extend(
        townhall.system("test"),
        deadline_id=only_term(townhall).id,
        term=Term.parse("5 business days"),
        reason="Plano ilegible.",
    )
    drain(townhall)
    assert shown(townhall, staff) == {"inform": "2026-12-17"}


def test_a_task_done_before_its_term_ends_the_suspension_with_it(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    """PLZ-13: what is decided while the term stands still is decided in time."""
    started(townhall, resolving(), staff)
    move_to(clock, "2026-12-01T12:00")
    call = townhall.system("test")
    suspend(
        call, deadline_id=only_term(townhall).id, cause="22.1.a", at=clock.now(), reason="Falta."
    )
    move_to(clock, "2027-03-05T12:00")
    (item,) = inbox(townhall, staff.first, Inbox.UNASSIGNED)
    operations.claim(townhall.call(staff.first), work_item_id=item.id, version=item.version)
    operations.complete(
        townhall.call(staff.first), work_item_id=item.id, data={}, version=item.version + 1
    )
    assert only_term(townhall).state == DeadlineState.MET.value


def test_an_instance_that_is_put_back_keeps_what_was_decided_of_its_terms(
    townhall: TownHall, staff: Staff
) -> None:
    """PLZ-14: what was extended in the meantime stays so; what ended is under way again."""
    begun_ = started(townhall, resolving(), staff)
    before = whole(townhall, begun_.id)
    call = townhall.system("test")
    term = only_term(townhall)
    extend(call, deadline_id=term.id, term=Term.parse("1 month"), reason="Complejidad.")
    drain(townhall)
    assert images.hash_of(whole(townhall, begun_.id)) == images.hash_of(before)
    end_deadline(call, deadline_id=term.id, state=DeadlineState.CANCELLED)
    with townhall.database.transaction() as session:
        images.restore(session, townhall.settings.entity_id, begun_.id, before)
    found = only_term(townhall)
    assert (found.state, found.ended_at) == (DeadlineState.OPEN.value, None)
    assert found.due_at == at("2027-03-24T23:59:59")


def whole(hall: TownHall, instance_id: UUID) -> dict[str, Any]:
    with hall.database.reading() as session:
        return images.image_of(session, hall.settings.entity_id, instance_id)
