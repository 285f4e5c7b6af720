"""Of two ends of a notification the first counts, and each end has its sealed proof."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import product

import pytest
from factories.notifications import (
    Notify,
    acknowledgements,
    attorney,
    open_it,
    state_of,
    term_of,
    themselves,
)
from sqlalchemy import select, text

from engine.audit.models import AuditEvent
from engine.clock import FixedClock
from engine.documents import queries as document_queries
from engine.documents.models import Document
from engine.notifications import operations
from engine.notifications.models import (
    Notification,
    NotificationState,
    PostalResult,
)
from engine.notifications.operations import Receiver
from engine.people import operations as people
from engine.people.models import Person
from engine.townhall import TownHall

NEIGHBOUR = Receiver("Rosa Miranda", "87654321X", of_age=True)
ELECTRONIC_ENDS = ("open", "reject", "deliver", "expire")
PAPER_ENDS = ("open", "reject", "deliver", "post", "post_rejected", "announce")
ENDS = {
    "open": ("accepted", "sede"),
    "reject": ("rejected", "sede"),
    "deliver": ("delivered", "office"),
    "expire": ("expired", "sede"),
    "post": ("delivered", "post"),
    "post_rejected": ("rejected", "post"),
    "announce": ("published", "gazette"),
}


def end(hall: TownHall, row: Notification, how: str, person: Person, at: datetime) -> None:
    system, citizen = hall.system("test"), hall.call(themselves(person))
    match how:
        case "open":
            operations.open_notification(citizen, notification_id=row.id)
        case "reject":
            operations.reject(citizen, notification_id=row.id)
        case "deliver":
            operations.deliver(system, notification_id=row.id)
        case "expire":
            operations.expire(system, notification_id=row.id)
        case "post":
            operations.record_attempt(
                system,
                notification_id=row.id,
                at=at,
                result=PostalResult.DELIVERED,
                receiver=NEIGHBOUR,
            )
        case "post_rejected":
            operations.record_attempt(
                system, notification_id=row.id, at=at, result=PostalResult.REJECTED
            )
        case "announce":
            operations.announce(
                system, notification_id=row.id, announcement="BOE-N-1", published_at=at
            )


def undelivered(hall: TownHall, row: Notification, clock: FixedClock) -> None:
    clock.advance(timedelta(hours=1))
    operations.record_attempt(
        hall.system("test"), notification_id=row.id, at=clock.now(), result=PostalResult.UNKNOWN
    )


@pytest.mark.parametrize("first", ELECTRONIC_ENDS)
def test_of_two_electronic_closings_the_first_counts(
    hall: TownHall, notify: Notify, electronic: Person, clock: FixedClock, first: str
) -> None:
    """NOT-4: every order of two closings; the second is recorded and changes nothing."""
    for number, second in enumerate(ELECTRONIC_ENDS, start=1):
        row = notify(electronic)
        due = term_of(hall, row).due_at
        over = due - clock.now() + timedelta(seconds=1)
        clock.advance(over if first == "expire" else timedelta(hours=1))
        closed_at = due if first == "expire" else clock.now()
        end(hall, row, first, electronic, clock.now())
        clock.advance(max(due - clock.now(), timedelta(0)) + timedelta(hours=1))
        end(hall, row, second, electronic, clock.now())
        found = state_of(hall, row)
        assert (found.state, found.closed_via) == ENDS[first]
        assert found.closed_at == closed_at
        assert len(acknowledgements(hall)) == number
        assert recorded(hall, row) == 3


@pytest.mark.parametrize("first", PAPER_ENDS)
def test_of_two_closings_across_channels_the_first_counts(
    hall: TownHall, notify: Notify, citizen: Person, clock: FixedClock, first: str
) -> None:
    """NOT-4: sede, post, office and gazette; every order of two of them."""
    for number, second in enumerate(PAPER_ENDS, start=1):
        row = notify(citizen)
        undelivered(hall, row, clock)
        clock.advance(timedelta(hours=1))
        closed_at = clock.now()
        end(hall, row, first, citizen, clock.now())
        clock.advance(timedelta(hours=1))
        end(hall, row, second, citizen, clock.now())
        found = state_of(hall, row)
        assert (found.state, found.closed_via) == ENDS[first]
        assert found.closed_at == closed_at
        assert found.announcement == ("BOE-N-1" if first == "announce" else None)
        assert len(acknowledgements(hall)) == number
        assert recorded(hall, row) == 4


def test_what_happened_first_counts_though_it_is_known_later(
    hall: TownHall, notify: Notify, citizen: Person, clock: FixedClock
) -> None:
    """NOT-4: the postman's morning goes before the access of the afternoon, written down at night."""
    pairs = product(("open", "reject", "deliver"), ("post", "post_rejected", "announce"))
    for number, (known_first, happened_first) in enumerate(pairs, start=1):
        row = notify(citizen, reference=f"token-{number}")
        undelivered(hall, row, clock)
        clock.advance(timedelta(hours=1))
        morning = clock.now()
        clock.advance(timedelta(hours=4))
        end(hall, row, known_first, citizen, clock.now())
        proof = state_of(hall, row).acknowledgement_id
        end(hall, row, happened_first, citizen, morning)
        found = state_of(hall, row)
        assert (found.state, found.closed_via) == ENDS[happened_first]
        assert found.closed_at == morning
        assert found.acknowledgement_id != proof
        assert len(acknowledgements(hall)) == 2 * number
        assert b'"corrected":true' in last_event(hall, row)
        assert signals_deferred(hall) == number


def signals_deferred(hall: TownHall) -> int:
    """The signals to processes that wait in the queue."""
    with hall.database.reading() as session:
        return session.execute(
            text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'workflow.signal'")
        ).scalar_one()


def last_event(hall: TownHall, row: Notification) -> bytes:
    with hall.database.reading() as session:
        return session.scalars(
            select(AuditEvent.body)
            .where(AuditEvent.object_id == str(row.id))
            .order_by(AuditEvent.id.desc())
            .limit(1)
        ).one()


def recorded(hall: TownHall, row: Notification) -> int:
    """The acts on a notification that are in the record."""
    with hall.database.reading() as session:
        found = session.scalars(
            select(AuditEvent.id).where(
                AuditEvent.object_id == str(row.id), AuditEvent.result == "ok"
            )
        )
        return len(found.all())


def test_an_access_and_the_expiry_at_the_same_instant_leave_one_end(
    hall: TownHall, notify: Notify, electronic: Person, clock: FixedClock
) -> None:
    """NOT-4, NOT-6: eight at once, one acknowledgement."""
    row = notify(electronic)
    clock.advance(term_of(hall, row).due_at - clock.now() + timedelta(seconds=1))
    gate = threading.Barrier(8)

    def arrive(how: str) -> None:
        gate.wait()
        end(hall, row, how, electronic, clock.now())

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(arrive, how) for how in ELECTRONIC_ENDS * 2]:
            future.result()
    assert state_of(hall, row).state is NotificationState.EXPIRED
    assert len(acknowledgements(hall)) == 1


def test_the_acknowledgement_says_what_who_and_when_and_is_sealed(
    hall: TownHall,
    notify: Notify,
    electronic: Person,
    company: Person,
    act_document: Document,
    clock: FixedClock,
    run_all: Callable[[], int],
) -> None:
    """NOT-9: act, addressee, availability, and the instant and the author of the access."""
    people.grant_power(
        hall.system("test"),
        grantor_id=electronic.id,
        attorney_id=company.id,
        scope="any",
        source="apud acta",
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 1, 1),
    )
    row = notify(electronic, representative_id=company.id)
    clock.advance(timedelta(hours=25))
    open_it(hall, row, attorney(company, electronic))
    (document,) = acknowledgements(hall)
    assert document.missing == []
    assert document.expediente_id == row.expediente_id
    page = hall.storage.get(1, document.sha256).decode()
    for said in (
        act_document.eni_id,
        act_document.sha256,
        act_document.title,
        "Xuan Suárez Miranda (12345678Z)",
        "24 de noviembre de 2026, 10:00:00",
        "25 de noviembre de 2026, 11:00:00",
        "Accedió al contenido en la sede electrónica",
        "Sidrería El Chigre, S. L. (B33000001), en representación de Xuan Suárez Miranda",
    ):
        assert said in page
    run_all()
    assert state_of(hall, row).acknowledgement_ready
    with hall.database.reading() as session:
        assert document_queries.document(session, document.id, themselves(electronic)).ready
