"""The life of a notification: at disposal, opened, rejected, expired, and by which channel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from factories.notifications import (
    Notify,
    attorney,
    expediente,
    open_it,
    reads,
    state_of,
    term_of,
    themselves,
)
from factories.town import actor_for
from sqlalchemy import select

from engine.clock import FixedClock, madrid_date
from engine.deadlines.models import Deadline, DeadlineState
from engine.documents.models import Document
from engine.ids import new_id
from engine.notifications import operations, queries
from engine.notifications.duties import expire_overdue
from engine.notifications.models import (
    ChannelReason,
    Notification,
    NotificationState,
    PostalResult,
)
from engine.people import operations as people
from engine.people.models import Channel, Person, Unit
from engine.permissions import ActorKind
from engine.registry import queries as registry_queries
from engine.registry.models import Book
from engine.townhall import TownHall

Signals = list[tuple[str, dict[str, Any]]]


def test_what_is_notified_is_at_disposal_with_its_exit_registered(
    hall: TownHall, notify: Notify, electronic: Person, act_document: Document
) -> None:
    """NOT-7: the availability has an instant of its own, before any access."""
    row = state_of(hall, notify(electronic))
    assert row.state is NotificationState.AVAILABLE
    assert row.available_at == hall.clock.now()
    with hall.database.reading() as session:
        (entry,) = registry_queries.of_person(session, themselves(electronic))
        (attached,) = registry_queries.attachments(session, entry.id, hall.system("test").actor)
    assert (entry.book, entry.code, entry.receipt_id) == (Book.EXIT, row.entry_code, None)
    assert (attached.document_id, attached.sha256) == (act_document.id, act_document.sha256)


def test_the_resolution_at_disposal_meets_the_term_to_notify(
    hall: TownHall, notify: Notify, electronic: Person, unit: Unit, clock: FixedClock
) -> None:
    """NOT-7: availability alone meets the duty, for the resolution and for no other act."""
    case, deadline = expediente(hall, electronic, unit)
    clock.advance(timedelta(days=30))
    notify(electronic, expediente_id=case)
    assert ended(hall, deadline) == (DeadlineState.OPEN, None)
    notify(electronic, expediente_id=case, purpose="resolution")
    assert ended(hall, deadline) == (DeadlineState.MET, clock.now())


def test_on_paper_the_term_to_notify_is_met_by_the_first_attempt(
    hall: TownHall, notify: Notify, citizen: Person, unit: Unit, clock: FixedClock
) -> None:
    """NOT-7 is for who is notified in the sede: for the others the proven attempt counts."""
    case, deadline = expediente(hall, citizen, unit)
    row = notify(citizen, expediente_id=case, purpose="resolution")
    assert ended(hall, deadline) == (DeadlineState.OPEN, None)
    clock.advance(timedelta(hours=1))
    operations.record_attempt(
        hall.system("test"), notification_id=row.id, at=clock.now(), result=PostalResult.ABSENT
    )
    assert ended(hall, deadline) == (DeadlineState.MET, clock.now())


def test_a_resolution_notified_after_the_term_says_that_the_term_expired(
    hall: TownHall, notify: Notify, electronic: Person, unit: Unit, clock: FixedClock
) -> None:
    """PLZ-20: notifying late ends the term, and is not told as notifying in time."""
    case, deadline = expediente(hall, electronic, unit)
    clock.advance(timedelta(days=100))
    notify(electronic, expediente_id=case, purpose="resolution")
    assert ended(hall, deadline) == (DeadlineState.EXPIRED, clock.now())


def test_an_attempt_made_in_the_term_and_written_down_after_it_meets_it(
    hall: TownHall, notify: Notify, citizen: Person, unit: Unit, clock: FixedClock
) -> None:
    """NOT-2: the proven attempt counts by its day, not by the day on which the postman tells it."""
    case, deadline = expediente(hall, citizen, unit)
    row = notify(citizen, expediente_id=case, purpose="resolution")
    clock.advance(timedelta(hours=1))
    tried = clock.now()
    clock.advance(timedelta(days=100))
    operations.record_attempt(
        hall.system("test"), notification_id=row.id, at=tried, result=PostalResult.ABSENT
    )
    assert ended(hall, deadline) == (DeadlineState.MET, tried)


def ended(hall: TownHall, deadline_id: UUID) -> tuple[str, datetime | None]:
    with hall.database.reading() as session:
        row = session.scalars(select(Deadline).where(Deadline.id == deadline_id)).one()
        return row.state, row.ended_at


def test_nobody_who_is_notified_reads_the_document_before(
    hall: TownHall, notify: Notify, electronic: Person, company: Person
) -> None:
    people.grant_power(
        hall.system("test"),
        grantor_id=electronic.id,
        attorney_id=company.id,
        scope="town",
        source="apud acta",
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 1, 1),
    )
    row = notify(electronic, representative_id=company.id)
    readers = [themselves(electronic), attorney(company, electronic), themselves(company)]
    assert [reads(hall, row, actor) for actor in readers] == [False, False, False]
    assert reads(hall, row, actor_for(ActorKind.OFFICIAL, new_id()))
    open_it(hall, row, attorney(company, electronic))
    assert [reads(hall, row, actor) for actor in readers] == [True, True, True]


def test_looking_at_the_inbox_or_at_the_notification_opens_nothing(
    hall: TownHall, notify: Notify, electronic: Person
) -> None:
    """NOT-5, NOT-6: only the explicit act closes it; the page that warns is seen before."""
    row = notify(electronic)
    with hall.database.reading() as session:
        (listed,) = queries.inbox(session, themselves(electronic))
        shown = queries.notification(session, row.id, themselves(electronic))
        (of_case,) = queries.of_expediente(session, row.expediente_id or new_id())
    for seen in (listed, shown, of_case):
        assert (seen.state, seen.document_id, seen.document_title) == ("available", None, None)
        assert seen.expires_at is not None
    assert not reads(hall, row, themselves(electronic))
    assert state_of(hall, row).open


def test_opening_makes_the_notification_once(
    hall: TownHall,
    notify: Notify,
    electronic: Person,
    clock: FixedClock,
    signals: Signals,
    run_all: Callable[[], int],
) -> None:
    """NOT-6: it is practised at the instant of access, which is recorded."""
    row = notify(electronic, reference="token-1")
    clock.advance(timedelta(hours=30))
    opened_at = clock.now()
    open_it(hall, row, themselves(electronic))
    clock.advance(timedelta(hours=1))
    open_it(hall, row, themselves(electronic))
    operations.reject(hall.call(themselves(electronic)), notification_id=row.id)
    found = state_of(hall, row)
    assert (found.state, found.closed_at, found.closed_via) == ("accepted", opened_at, "sede")
    assert found.closed_by == electronic.id
    assert term_of(hall, row).state == DeadlineState.MET
    run_all()
    ((reference, result),) = signals
    assert reference == "token-1"
    assert result == {
        "notified": True,
        "notification_id": str(row.id),
        "state": "accepted",
        "at": opened_at.isoformat(),
        "accessed": True,
    }


def test_rejecting_ends_it_and_the_document_can_be_read_afterwards(
    hall: TownHall,
    notify: Notify,
    electronic: Person,
    signals: Signals,
    run_all: Callable[[], int],
) -> None:
    row = notify(electronic, reference="token-1")
    operations.reject(hall.call(themselves(electronic)), notification_id=row.id)
    open_it(hall, row, themselves(electronic))
    assert state_of(hall, row).state is NotificationState.REJECTED
    assert reads(hall, row, themselves(electronic))
    run_all()
    assert [(item["state"], item["accessed"]) for _, item in signals] == [("rejected", False)]


@pytest.mark.parametrize(
    ("notified", "last_day"),
    [
        (datetime(2026, 11, 24, 9, tzinfo=UTC), date(2026, 12, 4)),
        # The tenth day is a Sunday, and Monday and Tuesday are holidays (PLZ-6).
        (datetime(2026, 11, 26, 9, tzinfo=UTC), date(2026, 12, 9)),
    ],
)
def test_ten_natural_days_without_access_count_as_a_rejection(
    hall: TownHall,
    notify: Notify,
    electronic: Person,
    clock: FixedClock,
    signals: Signals,
    run_all: Callable[[], int],
    notified: datetime,
    last_day: date,
) -> None:
    """NOT-6, PLZ-6: rejected when the last day ends, not a second before; the instant is recorded."""
    clock.advance(notified - clock.now())
    row = notify(electronic, reference="token-1")
    due = term_of(hall, row).due_at
    assert madrid_date(due) == last_day
    clock.advance(due - clock.now() + timedelta(milliseconds=900))
    expire_overdue(hall)
    assert not operations.expire(hall.system("test"), notification_id=row.id)
    assert state_of(hall, row).state is NotificationState.AVAILABLE
    clock.advance(timedelta(milliseconds=100))
    expire_overdue(hall)
    expire_overdue(hall)
    found = state_of(hall, row)
    assert (found.state, found.closed_at) == (NotificationState.EXPIRED, due)
    assert "10 días naturales" in found.ending
    assert term_of(hall, row).state == DeadlineState.EXPIRED
    run_all()
    ((_, result),) = signals
    assert (result["notified"], result["state"], result["accessed"]) == (True, "expired", False)
    assert datetime.fromisoformat(result["at"]) == due
    open_it(hall, row, themselves(electronic))
    assert state_of(hall, row).state is NotificationState.EXPIRED
    assert reads(hall, row, themselves(electronic))


def test_the_last_second_of_the_last_day_is_in_time(
    hall: TownHall, notify: Notify, electronic: Person, clock: FixedClock
) -> None:
    """NOT-6: the last day counts whole."""
    row = notify(electronic)
    clock.advance(term_of(hall, row).due_at - clock.now() + timedelta(milliseconds=999))
    open_it(hall, row, themselves(electronic))
    assert state_of(hall, row).state is NotificationState.ACCEPTED


@pytest.mark.parametrize("late", ["open", "reject", "deliver"])
def test_what_comes_after_the_last_day_is_late_even_if_no_worker_ran(
    hall: TownHall, notify: Notify, electronic: Person, clock: FixedClock, late: str
) -> None:
    """NOT-6: the law ends the term, the worker only writes it down."""
    row = notify(electronic)
    due = term_of(hall, row).due_at
    clock.advance(due - clock.now() + timedelta(hours=9))
    citizen = hall.call(themselves(electronic))
    match late:
        case "open":
            operations.open_notification(citizen, notification_id=row.id)
        case "reject":
            operations.reject(citizen, notification_id=row.id)
        case "deliver":
            operations.deliver(hall.system("test"), notification_id=row.id)
    found = state_of(hall, row)
    assert (found.state, found.closed_at) == (NotificationState.EXPIRED, due)


def test_the_channel_is_that_of_the_person_on_the_day_of_each_notification(
    hall: TownHall, notify: Notify, citizen: Person, company: Person
) -> None:
    """NOT-3, FIL-4: electronic when obliged or chosen; changing counts for the next one."""
    company.email = "sidreria@example.org"
    with hall.database.transaction() as session:
        session.merge(company)

    def chosen(row: Notification) -> tuple[str, str, str]:
        return row.channel, row.channel_reason, row.state

    first = notify(citizen)
    assert chosen(first) == ("paper", "not_electronic", "to_post")
    assert first.deadline_id is None
    people.change_contact(
        hall.system("test"),
        person_id=citizen.id,
        email="",
        phone="",
        channel=Channel.ELECTRONIC,
        version=1,
    )
    assert chosen(notify(citizen)) == ("electronic", "chosen", "available")
    assert state_of(hall, first).state is NotificationState.TO_POST
    assert chosen(notify(company)) == ("electronic", "obliged", "available")


def test_what_cannot_be_made_electronic_never_is(
    hall: TownHall, notify: Notify, electronic: Person, company: Person
) -> None:
    """NOT-3: a cheque goes on paper, also to who is obliged."""
    for person in (electronic, company):
        row = notify(person, convertible=False)
        assert (row.channel, row.channel_reason) == ("paper", "not_convertible")


def test_the_first_of_office_to_an_obliged_person_without_contact_goes_on_paper(
    hall: TownHall, notify: Notify, company: Person, unit: Unit
) -> None:
    """NOT-11: and says that the next ones will be electronic, as they are."""
    first = state_of(hall, notify(company))
    assert first.channel_reason is ChannelReason.FIRST_OF_OFFICE
    assert any("próximas notificaciones serán electrónicas" in it for it in first.paper_sentences)
    assert state_of(hall, notify(company)).channel_reason is ChannelReason.OBLIGED


def test_who_is_not_obliged_opens_in_the_sede_with_full_effect(
    hall: TownHall, notify: Notify, citizen: Person, clock: FixedClock
) -> None:
    """NOT-8, NOT-12: paper is at disposal in the sede too; it does not expire; electronic is offered."""
    row = notify(citizen)
    clock.advance(timedelta(days=30))
    expire_overdue(hall)
    assert not operations.expire(hall.system("test"), notification_id=row.id)
    assert state_of(hall, row).state is NotificationState.TO_POST
    open_it(hall, row, themselves(citizen))
    found = state_of(hall, row)
    assert (found.state, found.closed_at) == (NotificationState.ACCEPTED, clock.now())
    assert found.offers_electronic
