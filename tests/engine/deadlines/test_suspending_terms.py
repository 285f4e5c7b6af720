"""Terms that stand still (art. 22): from which day, to which, by what cause, and what ends it alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.audit.models import AuditEvent
from engine.clock import FixedClock
from engine.deadlines import duties
from engine.deadlines.models import ChangeKind, DeadlineState, DeadlineSuspension
from engine.deadlines.operations import end_deadline, extend, resume, suspend
from engine.deadlines.queries import terms_of
from engine.deadlines.rules import suspension_causes
from engine.deadlines.term import Term
from engine.errors import BadInput, Refused, RuleBroken
from engine.ids import new_id
from engine.people.roles import permissions_of
from engine.permissions import Actor, ActorKind
from engine.townhall import TownHall
from tests.engine.deadlines.terms import at, changes, due, move_to, opened, term


def stopped(hall: TownHall, deadline: Any, when: str, cause: str = "22.1.a") -> DeadlineSuspension:
    return suspend(
        hall.system("test"),
        deadline_id=deadline.id,
        cause=cause,
        at=at(when),
        reason="Falta un documento.",
    )


def ended(hall: TownHall, suspension: DeadlineSuspension, when: str) -> None:
    resume(
        hall.system("test"), suspension_id=suspension.id, at=at(when), reason="Llegó el documento."
    )


def suspension(hall: TownHall, known: DeadlineSuspension) -> DeadlineSuspension:
    with hall.database.reading() as session:
        return session.scalars(
            select(DeadlineSuspension).where(DeadlineSuspension.id == known.id)
        ).one()


def test_the_law_has_ten_causes_and_three_of_them_are_not_a_choice() -> None:
    """PLZ-13: art. 22.1 lets the organ suspend; art. 22.2 makes it."""
    causes = suspension_causes()
    may = {code for code in causes if code.startswith("22.1.")}
    must = {code for code in causes if code.startswith("22.2.")}
    assert may == {f"22.1.{letter}" for letter in "abcdefg"}
    assert must == {f"22.2.{letter}" for letter in "abc"}
    assert {code for code in may | must if causes[code].mandatory} == must
    assert causes["22.1.d"].longest == Term.parse("3 months")
    assert all(each.article and each.title and each.source for each in causes.values())


def test_the_day_of_the_act_stands_still_and_that_of_its_end_runs(
    townhall: TownHall, clock: FixedClock
) -> None:
    """PLZ-13: 24 February and the ten days from 1 to 10 December: 6 March 2027, a Saturday."""
    deadline = opened(townhall)
    assert due(townhall, deadline.id) == "2027-02-24"
    move_to(clock, "2026-12-01T12:00")
    standing = stopped(townhall, deadline, "2026-12-01T10:00")
    assert term(townhall, deadline.id).state == DeadlineState.SUSPENDED.value
    assert due(townhall, deadline.id) == "2027-02-24"
    move_to(clock, "2026-12-11T12:00")
    ended(townhall, standing, "2026-12-11T09:00")
    after = suspension(townhall, standing)
    assert (after.starts_on, after.ends_on) == (date(2026, 12, 1), date(2026, 12, 10))
    assert term(townhall, deadline.id).state == DeadlineState.OPEN.value
    assert due(townhall, deadline.id) == "2027-03-08"
    days = {day["date"]: day for day in term(townhall, deadline.id).derivation["days"]}
    assert sum(day["article"] == "22" and not day["counted"] for day in days.values()) == 10
    assert [change.kind for change in changes(townhall, deadline.id)] == [
        ChangeKind.SUSPENDED.value,
        ChangeKind.RESUMED.value,
    ]


def test_what_ends_the_day_it_began_stopped_no_day(townhall: TownHall, clock: FixedClock) -> None:
    """PLZ-13."""
    deadline = opened(townhall)
    move_to(clock, "2026-12-01T12:00")
    ended(townhall, stopped(townhall, deadline, "2026-12-01T10:00"), "2026-12-01T11:00")
    assert due(townhall, deadline.id) == "2027-02-24"
    assert term(townhall, deadline.id).state == DeadlineState.OPEN.value


def test_two_suspensions_at_once_count_their_days_once(
    townhall: TownHall, clock: FixedClock
) -> None:
    """PLZ-13: two sector reports; 1 to 14 December are fourteen days, till 10 March."""
    deadline = opened(townhall)
    move_to(clock, "2026-12-05T12:00")
    first = stopped(townhall, deadline, "2026-12-01T10:00", "22.1.d")
    second = stopped(townhall, deadline, "2026-12-05T10:00", "22.1.d")
    move_to(clock, "2026-12-15T12:00")
    ended(townhall, first, "2026-12-09T10:00")
    assert term(townhall, deadline.id).state == DeadlineState.SUSPENDED.value
    assert due(townhall, deadline.id) == "2027-02-24"
    ended(townhall, second, "2026-12-15T10:00")
    assert term(townhall, deadline.id).state == DeadlineState.OPEN.value
    assert due(townhall, deadline.id) == "2027-03-10"


def test_the_wait_for_a_report_ends_by_itself_in_three_months(
    townhall: TownHall, clock: FixedClock
) -> None:
    """PLZ-13: art. 22.1.d: ninety days, from 1 December to 28 February; 1 March runs again."""
    deadline = opened(townhall)
    move_to(clock, "2026-12-01T12:00")
    standing = stopped(townhall, deadline, "2026-12-01T10:00", "22.1.d")
    assert standing.lifts_at == at("2027-03-01T00:00")
    with townhall.database.reading() as session:
        assert duties.next_lift(townhall, session) == at("2027-03-01T00:00")
    move_to(clock, "2027-02-28T23:59")
    duties.lift_suspensions(townhall)
    assert term(townhall, deadline.id).state == DeadlineState.SUSPENDED.value
    move_to(clock, "2027-03-04T10:00")
    duties.lift_suspensions(townhall)
    assert term(townhall, deadline.id).state == DeadlineState.OPEN.value
    assert due(townhall, deadline.id) == "2027-05-25"
    assert suspension(townhall, standing).ends_on == date(2027, 2, 28)
    with townhall.database.reading() as session:
        assert duties.next_lift(townhall, session) is None


def test_a_report_that_comes_after_three_months_stopped_no_more_than_three(
    townhall: TownHall, clock: FixedClock
) -> None:
    """PLZ-13: whoever records it before the duty did gets the same end."""
    deadline = opened(townhall)
    move_to(clock, "2027-03-20T10:00")
    standing = stopped(townhall, deadline, "2026-12-01T10:00", "22.1.d")
    ended(townhall, standing, "2027-03-15T10:00")
    assert due(townhall, deadline.id) == "2027-05-25"


def test_a_suspension_may_end_sooner_by_itself_than_its_cause_allows(
    townhall: TownHall, clock: FixedClock
) -> None:
    """PLZ-13: art. 22.1.a: until it is answered or the term to answer passes."""
    deadline = opened(townhall)
    move_to(clock, "2026-12-01T12:00")
    suspend(
        townhall.system("test"),
        deadline_id=deadline.id,
        cause="22.1.d",
        at=at("2026-12-01T10:00"),
        reason="Informe de la confederación.",
        lifts_at=at("2026-12-16T00:00"),
    )
    move_to(clock, "2026-12-16T00:00")
    duties.lift_suspensions(townhall)
    assert due(townhall, deadline.id) == "2027-03-11"


@pytest.mark.parametrize(
    ("rule", "changed", "error", "message"),
    [
        ("correction", {}, RuleBroken, "plazo máximo"),
        ("resolve", {"cause": "22.9.z"}, BadInput, "no es una causa"),
        ("resolve", {"reason": "  "}, BadInput, "Indique por qué"),
        ("resolve", {"at": at("2026-11-25T00:00")}, BadInput, "futura"),
        ("resolve", {"at": at("2026-11-23T10:00")}, BadInput, "anterior"),
        ("resolve", {"lifts_at": at("2026-11-20T10:00")}, BadInput, "después de empezar"),
    ],
)
def test_what_cannot_be_suspended_is_refused(
    townhall: TownHall, rule: str, changed: dict[str, Any], error: type[Exception], message: str
) -> None:
    """PLZ-13: only the term to resolve, by a cause of the law, from the day of an act that was made."""
    deadline = opened(townhall, rule)
    given = {"cause": "22.1.a", "at": townhall.clock.now(), "reason": "Falta.", **changed}
    with pytest.raises(error, match=message):
        suspend(townhall.system("test"), deadline_id=deadline.id, **given)
    assert term(townhall, deadline.id).state == DeadlineState.OPEN.value


def test_a_term_that_was_over_before_its_cause_is_not_suspended(
    townhall: TownHall, clock: FixedClock
) -> None:
    """PLZ-13."""
    deadline = opened(townhall)
    move_to(clock, "2027-02-26T10:00")
    with pytest.raises(RuleBroken, match="había vencido"):
        stopped(townhall, deadline, "2027-02-25T00:00")
    # The act that stops it was made in time, though it is recorded two days later.
    stopped(townhall, deadline, "2027-02-24T23:59")
    end_deadline(townhall.system("test"), deadline_id=deadline.id, state=DeadlineState.CANCELLED)
    with pytest.raises(RuleBroken, match="ya ha terminado"):
        stopped(townhall, deadline, "2027-02-24T23:59")


def test_a_suspension_ends_once_and_not_before_it_began(
    townhall: TownHall, clock: FixedClock
) -> None:
    """PLZ-13."""
    deadline = opened(townhall)
    move_to(clock, "2026-12-11T12:00")
    standing = stopped(townhall, deadline, "2026-12-01T10:00")
    with pytest.raises(BadInput, match="anterior"):
        ended(townhall, standing, "2026-11-30T10:00")
    ended(townhall, standing, "2026-12-11T09:00")
    with pytest.raises(RuleBroken, match="ya había terminado"):
        ended(townhall, standing, "2026-12-11T09:00")


def test_what_is_resolved_while_it_stands_still_is_resolved_in_time(
    townhall: TownHall, clock: FixedClock
) -> None:
    """PLZ-13: its last end has passed on the calendar, and not in law."""
    deadline = opened(townhall)
    move_to(clock, "2026-12-01T12:00")
    standing = stopped(townhall, deadline, "2026-12-01T10:00")
    move_to(clock, "2027-04-01T12:00")
    end_deadline(townhall.system("test"), deadline_id=deadline.id, state=DeadlineState.MET)
    assert term(townhall, deadline.id).state == DeadlineState.MET.value
    assert suspension(townhall, standing).ends_on == date(2027, 3, 31)


def test_a_suspended_term_may_be_extended_and_goes_on_from_there(
    townhall: TownHall, clock: FixedClock
) -> None:
    """PLZ-13, PLZ-14: 24 March and ten days, 3 April 2027, a Saturday."""
    deadline = opened(townhall)
    move_to(clock, "2026-12-05T12:00")
    standing = stopped(townhall, deadline, "2026-12-01T10:00")
    call = townhall.system("test")
    extend(call, deadline_id=deadline.id, term=Term.parse("1 month"), reason="Complejidad.")
    assert term(townhall, deadline.id).state == DeadlineState.SUSPENDED.value
    move_to(clock, "2026-12-11T12:00")
    ended(townhall, standing, "2026-12-11T09:00")
    assert due(townhall, deadline.id) == "2027-04-05"


def test_each_change_is_in_the_record_with_its_reason(
    townhall: TownHall, clock: FixedClock
) -> None:
    """PLZ-13: the start and the end act, each with its reason."""
    deadline = opened(townhall, expediente_id=new_id())
    move_to(clock, "2026-12-11T12:00")
    ended(townhall, stopped(townhall, deadline, "2026-12-01T10:00"), "2026-12-11T09:00")
    with townhall.database.reading() as session:
        events = session.scalars(
            select(AuditEvent).where(AuditEvent.type.in_(("deadlines.suspend", "deadlines.resume")))
        ).all()
    assert [(event.object_id, event.expediente_id) for event in events] == [
        (str(deadline.id), deadline.expediente_id)
    ] * 2


def test_only_who_may_decide_it_suspends(townhall: TownHall) -> None:
    """PLZ-13: an official without the permission is refused, a head of service is not."""
    deadline = opened(townhall)
    given = {"deadline_id": deadline.id, "cause": "22.1.a", "reason": "Falta un documento."}
    given["at"] = townhall.clock.now()
    for role, allowed in (("employee", False), ("head", True)):
        actor = Actor(ActorKind.OFFICIAL, new_id(), "Nel", permissions_of([role], ()))
        if allowed:
            suspend(townhall.call(actor), **given)
        else:
            with pytest.raises(Refused):
                suspend(townhall.call(actor), **given)
    assert term(townhall, deadline.id).state == DeadlineState.SUSPENDED.value


def test_the_terms_of_an_expediente_are_read_whole(townhall: TownHall, clock: FixedClock) -> None:
    """PLZ-20: each with its derivation, what stopped it, what lengthened it, and its moves."""
    expediente_id = new_id()
    deadline = opened(townhall, expediente_id=expediente_id)
    opened(townhall, "report", expediente_id=expediente_id)
    clock.advance(timedelta(days=17))
    ended(townhall, stopped(townhall, deadline, "2026-12-01T10:00"), "2026-12-11T09:00")
    call = townhall.system("test")
    extend(call, deadline_id=deadline.id, term=Term.parse("1 month"), reason="Complejidad.")
    with townhall.database.reading() as session:
        resolve, report = terms_of(session, expediente_id)
    assert (resolve.rule, report.rule) == ("resolve", "report")
    (stop,) = resolve.suspensions
    assert (stop.cause, stop.starts_on, stop.ends_on) == (
        "22.1.a",
        date(2026, 12, 1),
        date(2026, 12, 10),
    )
    (longer,) = resolve.extensions
    assert (longer.term, longer.article) == (Term.parse("1 month"), "art. 23 de la Ley 39/2015")
    assert [change.kind for change in resolve.changes] == [
        ChangeKind.SUSPENDED,
        ChangeKind.RESUMED,
        ChangeKind.EXTENDED,
    ]
    assert resolve.derivation[-1].counted
    assert resolve.derivation[-1].date.isoformat() == due(townhall, deadline.id)
    assert {day.article for day in resolve.derivation} <= set(resolve.articles)
    assert report.suspensions == report.extensions == report.changes == ()
