"""Delivery on paper: two attempts as the law wants them, then the announcement in the gazette."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from factories.notifications import Notify, state_of, themselves
from factories.town import actor_for
from sqlalchemy import select

from engine.audit.models import AuditEvent
from engine.clock import MADRID, FixedClock
from engine.deadlines.calendars import Calendars, load_calendar
from engine.documents.codes import DocumentKind
from engine.documents.models import Document
from engine.errors import BadInput, NotFound, Refused, RuleBroken
from engine.ids import new_id
from engine.notifications import operations, queries
from engine.notifications.models import Notification, PostalAttempt, PostalResult
from engine.notifications.operations import Receiver
from engine.notifications.postal import Place, judge
from engine.people.models import Person
from engine.permissions import Actor, ActorKind
from engine.townhall import TownHall

CALENDARS = Calendars(load_calendar("valdecandamo"))
NEIGHBOUR = Receiver("Rosa Miranda", "87654321X", of_age=True)


def madrid(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026; the day 30 + n is the n of December."""
    start = datetime(2026, 11, 1, hour, minute, tzinfo=MADRID)
    return start + timedelta(days=day - 1)


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [
        # Tuesday at ten, then in the afternoon of the next day, or of the same.
        (madrid(24, 10), madrid(25, 17), Place.SECOND),
        (madrid(24, 10), madrid(24, 16), Place.SECOND),
        (madrid(24, 17), madrid(25, 10), Place.SECOND),
        # The same side of 15:00.
        (madrid(24, 10), madrid(25, 14, 59), Place.VOID),
        (madrid(24, 16), madrid(25, 20), Place.VOID),
        # On both sides, but less than three hours apart in the day.
        (madrid(24, 14), madrid(24, 16, 59), Place.VOID),
        (madrid(24, 14), madrid(25, 16, 59), Place.VOID),
        (madrid(24, 14), madrid(25, 17), Place.SECOND),
        (madrid(24, 16), madrid(25, 13, 1), Place.VOID),
        # Three days: Friday is the third, Monday too late.
        (madrid(24, 10), madrid(27, 23, 59), Place.SECOND),
        (madrid(24, 10), madrid(28, 17), Place.LATE),
        # Business days: the weekend, 7 and 8 December do not count.
        (madrid(34, 10), madrid(41, 17), Place.SECOND),
        (madrid(34, 10), madrid(42, 17), Place.LATE),
    ],
)
def test_the_second_attempt_is_in_three_days_and_on_the_other_side_of_three_o_clock(
    first: datetime, second: datetime, place: Place
) -> None:
    """NOT-12: within three days, the other side of 15:00, three hours apart."""
    assert judge(first, second, CALENDARS).place is place


def test_the_first_attempt_is_the_first() -> None:
    assert judge(None, madrid(24, 10), CALENDARS).place is Place.FIRST


@pytest.fixture
def row(notify: Notify, citizen: Person) -> Notification:
    return notify(citizen)


def attempt(
    hall: TownHall,
    row: Notification,
    clock: FixedClock,
    at: datetime,
    result: PostalResult = PostalResult.ABSENT,
    receiver: Receiver | None = None,
) -> PostalAttempt:
    """An attempt written down as soon as it was made."""
    clock.advance(max(at - clock.now(), timedelta(0)))
    return operations.record_attempt(
        hall.system("test"), notification_id=row.id, at=at, result=result, receiver=receiver
    )


def test_two_attempts_that_find_nobody_end_the_paper_and_not_the_sede(
    hall: TownHall, row: Notification, clock: FixedClock, citizen: Person
) -> None:
    """NOT-12, NOT-13: undelivered, the announcement pending, still at disposal in the sede."""
    assert attempt(hall, row, clock, madrid(24, 12)).why_void is None
    assert state_of(hall, row).state == "to_post"
    assert attempt(hall, row, clock, madrid(25, 18)).why_void is None
    assert state_of(hall, row).state == "undelivered"
    late = attempt(hall, row, clock, madrid(26, 10))
    assert (late.number, late.why_void) == (3, "La entrega en papel ya había terminado.")
    operations.open_notification(hall.call(themselves(citizen)), notification_id=row.id)
    assert state_of(hall, row).state == "accepted"


def test_an_attempt_that_does_not_count_leaves_room_for_one_that_does(
    hall: TownHall, row: Notification, clock: FixedClock
) -> None:
    """NOT-12: it is kept with the reason."""
    attempt(hall, row, clock, madrid(24, 12))
    void = attempt(hall, row, clock, madrid(25, 11))
    assert void.why_void == "El segundo intento debe hacerse después de las 15:00."
    close = attempt(hall, row, clock, madrid(25, 15))
    assert close.why_void is None
    with hall.database.reading() as session:
        rows = queries.attempts(session, row.id)
    assert [item.why_void is None for item in rows] == [True, False, True]
    assert state_of(hall, row).state == "undelivered"


def test_a_late_attempt_begins_the_two_again(
    hall: TownHall, row: Notification, clock: FixedClock
) -> None:
    """NOT-12: the second came after the three days, so the first counts no more."""
    attempt(hall, row, clock, madrid(24, 12))
    attempt(hall, row, clock, madrid(30, 18))
    assert state_of(hall, row).state == "to_post"
    with hall.database.reading() as session:
        first, second = queries.attempts(session, row.id)
    assert "3 días hábiles" in (first.why_void or "")
    assert second.why_void is None
    attempt(hall, row, clock, madrid(31, 10))
    assert state_of(hall, row).state == "undelivered"


def test_whoever_takes_it_at_home_says_who_they_are_and_is_old_enough(
    hall: TownHall, row: Notification, clock: FixedClock
) -> None:
    """NOT-12: fourteen years or more; the proof names them, the record does not show them."""
    for receiver, fields in (
        (None, {"receiver_name", "receiver_document", "receiver_of_age"}),
        (Receiver("Rosa", " ", of_age=True), {"receiver_document"}),
        (Receiver("Rosa", "87654321X", of_age=False), {"receiver_of_age"}),
    ):
        with pytest.raises(BadInput) as refused:
            attempt(hall, row, clock, madrid(24, 12), PostalResult.DELIVERED, receiver)
        assert {name for name, _ in refused.value.errors} == fields
    attempt(hall, row, clock, madrid(24, 12), PostalResult.DELIVERED, NEIGHBOUR)
    found = state_of(hall, row)
    assert (found.state, found.closed_via) == ("delivered", "post")
    assert found.closed_at == madrid(24, 12)
    with hall.database.reading() as session:
        page = session.scalars(
            select(Document).where(Document.kind == DocumentKind.ACKNOWLEDGEMENT.value)
        ).one()
        bodies = session.scalars(
            select(AuditEvent.body).where(AuditEvent.type == "notifications.record_attempt")
        ).all()
    said = hall.storage.get(1, page.sha256).decode()
    assert "Rosa Miranda (87654321X)" in said
    assert "24 de noviembre de 2026, 12:00:00" in said
    assert not any(b"Rosa" in body for body in bodies)


def test_a_rejection_at_the_door_ends_it(
    hall: TownHall, row: Notification, clock: FixedClock
) -> None:
    attempt(hall, row, clock, madrid(24, 12), PostalResult.REJECTED)
    found = state_of(hall, row)
    assert (found.state, found.closed_via) == ("rejected", "post")
    assert found.ending == "Rechazó la notificación en papel"


@pytest.mark.parametrize(
    ("at", "why"),
    [
        (madrid(24, 9), "anteriores al envío"),
        (madrid(24, 14), "posteriores a ahora"),
        (datetime(2026, 11, 24, 12), "posteriores a ahora"),  # noqa: DTZ001 - what is refused
    ],
)
def test_an_attempt_is_after_the_sending_and_not_in_the_future(
    hall: TownHall, row: Notification, clock: FixedClock, at: datetime, why: str
) -> None:
    clock.advance(timedelta(hours=3))
    with pytest.raises(BadInput, match=why):
        operations.record_attempt(
            hall.system("test"), notification_id=row.id, at=at, result=PostalResult.ABSENT
        )


def test_attempts_are_written_down_in_their_order(
    hall: TownHall, row: Notification, clock: FixedClock
) -> None:
    attempt(hall, row, clock, madrid(25, 12))
    with pytest.raises(BadInput, match="orden"):
        attempt(hall, row, clock, madrid(24, 18))


def test_nothing_electronic_is_taken_by_a_postman(
    hall: TownHall, notify: Notify, electronic: Person, clock: FixedClock
) -> None:
    """NOT-3: what is obliged or chosen to be electronic does not go on paper."""
    with pytest.raises(RuleBroken, match="electrónica"):
        attempt(hall, notify(electronic), clock, madrid(24, 12))


def test_the_gazette_announces_only_what_could_not_be_delivered(
    hall: TownHall, row: Notification, clock: FixedClock, citizen: Person
) -> None:
    """NOT-13: after the failed attempts, and the notification is made when it is published."""
    system = hall.system("test")
    attempt(hall, row, clock, madrid(24, 12))
    with pytest.raises(RuleBroken, match="dos intentos"):
        operations.announce(system, notification_id=row.id, announcement="BOE-N-2026-1")
    attempt(hall, row, clock, madrid(25, 18))
    for wrong in ("", "x" * 101):
        with pytest.raises(BadInput):
            operations.announce(system, notification_id=row.id, announcement=wrong)
    with pytest.raises(BadInput):
        operations.announce(
            system,
            notification_id=row.id,
            announcement="BOE-N-2026-1",
            published_at=clock.now() + timedelta(days=1),
        )
    clock.advance(timedelta(days=10))
    published_at = clock.now() - timedelta(days=1)
    operations.announce(
        system, notification_id=row.id, announcement=" BOE-N-2026-1 ", published_at=published_at
    )
    found = state_of(hall, row)
    assert (found.state, found.closed_via, found.closed_at) == (
        "published",
        "gazette",
        published_at,
    )
    assert found.announcement == "BOE-N-2026-1"
    with hall.database.reading() as session:
        page = session.scalars(
            select(Document).where(Document.kind == DocumentKind.ACKNOWLEDGEMENT.value)
        ).one()
    assert "BOE-N-2026-1" in hall.storage.get(1, page.sha256).decode()


def test_who_is_unknown_there_is_announced_without_a_second_attempt(
    hall: TownHall, row: Notification, clock: FixedClock
) -> None:
    """NOT-13: unknown is not absent."""
    attempt(hall, row, clock, madrid(24, 12), PostalResult.UNKNOWN)
    assert state_of(hall, row).state == "undelivered"
    clock.advance(timedelta(days=1))
    operations.announce(hall.system("test"), notification_id=row.id, announcement="BOE-N-1")
    assert state_of(hall, row).state == "published"


def test_the_announcement_shows_the_document_number_and_never_the_name_or_the_content(
    hall: TownHall, row: Notification, citizen: Person
) -> None:
    """NOT-13: name and whole number are never published together; nothing of the act is told."""
    with hall.database.reading() as session:
        text = queries.announcement(session, hall.settings.town, row.id, hall.system("test").actor)
        with pytest.raises(NotFound):
            queries.announcement(session, hall.settings.town, row.id, themselves(citizen))
    code = state_of(hall, row).entry_code
    for said in ("12345678Z", code, hall.settings.town.name, "Urbanismo y Obras"):
        assert said in text
    for hidden in ("Suárez", "Xuan", "Terraza", "deniega"):
        assert hidden not in text


def test_only_who_has_the_permission_writes_attempts_down(
    hall: TownHall, row: Notification, registrar: Actor
) -> None:
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    clerk = actor_for(ActorKind.OFFICIAL, new_id())
    with pytest.raises(Refused):
        operations.record_attempt(
            hall.call(clerk), notification_id=row.id, at=at, result=PostalResult.ABSENT
        )
    with pytest.raises(Refused):
        operations.announce(hall.call(clerk), notification_id=row.id, announcement="BOE-N-1")
    with pytest.raises(Refused):
        operations.deliver(hall.call(clerk), notification_id=row.id)
