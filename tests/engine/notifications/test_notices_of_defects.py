"""What was notified badly, or by nobody: it takes effect by what the person does, and the office is warned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from factories.notifications import (
    Notify,
    acknowledgements,
    dispatch_of,
    expediente,
    open_it,
    state_of,
    term_of,
    themselves,
)
from sqlalchemy import select

from engine.clock import FixedClock
from engine.deadlines.models import Deadline
from engine.documents import operations as documents
from engine.documents.codes import DocumentKind
from engine.documents.models import Document, DocumentState
from engine.errors import BadInput
from engine.notifications.adapters import ChannelName, EventKind
from engine.notifications.defects.operations import record_knowledge
from engine.notifications.duties import expire_overdue
from engine.notifications.exchange.operations import take_event
from engine.notifications.models import Notification, PostalResult
from engine.notifications.operations import record_attempt
from engine.notifications.pending import queries as pending
from engine.notifications.pending.duties import watch_acts
from engine.people.models import Person, Unit
from engine.procedures.notice_content import unsaid
from engine.townhall import TownHall


def test_a_defective_notification_takes_effect_when_the_person_acts_knowing_the_act(
    hall: TownHall, notify: Notify, electronic: Person, clock: FixedClock
) -> None:
    """NOT-2: the earlier end had no effect; the instant of what they did is the end (art. 40.3)."""
    row = notify(electronic)
    clock.advance(timedelta(days=1))
    open_it(hall, row, themselves(electronic))
    first = state_of(hall, row)
    clock.advance(timedelta(days=9))
    appealed = clock.now() - timedelta(hours=2)
    record_knowledge(
        hall.system("test"), notification_id=row.id, at=appealed, defect="No decía los recursos."
    )
    found = state_of(hall, row)
    assert (found.state, found.closed_via, found.closed_at) == ("accepted", "conduct", appealed)
    assert found.acknowledgement_id != first.acknowledgement_id
    # An earlier access that comes to be known changes nothing: a defective notification has no end.
    event = take_event(
        hall.system("test"),
        channel=ChannelName.DEHU,
        reference="dehu-1",
        dispatch_id=dispatch_of(hall, row, ChannelName.DEHU).id,
        kind=EventKind.ACCESSED,
        at=appealed - timedelta(days=1),
    )
    assert event.ruling == "second"
    assert state_of(hall, row).closed_at == appealed
    proof = next(item for item in acknowledgements(hall) if item.id == found.acknowledgement_id)
    assert "No decía los recursos." in hall.storage.get(1, proof.sha256).decode()


def test_what_nobody_opened_takes_effect_too_by_what_the_person_does(
    hall: TownHall, notify: Notify, citizen: Person, clock: FixedClock
) -> None:
    """NOT-2: on paper, before any attempt."""
    row = notify(citizen)
    clock.advance(timedelta(days=2))
    record_knowledge(
        hall.system("test"), notification_id=row.id, at=clock.now(), defect="Recurrió antes."
    )
    assert state_of(hall, row).state == "accepted"


@pytest.mark.parametrize(
    ("defect", "days"), [("", 0), ("x" * 501, 0), ("No decía el plazo.", 1), ("Otra.", -9)]
)
def test_what_the_person_did_has_an_instant_and_a_reason(
    hall: TownHall, notify: Notify, electronic: Person, clock: FixedClock, defect: str, days: int
) -> None:
    row = notify(electronic)
    clock.advance(timedelta(days=2))
    at = clock.now() + timedelta(days=days)
    with pytest.raises(BadInput):
        record_knowledge(hall.system("test"), notification_id=row.id, at=at, defect=defect)
    assert state_of(hall, row).state == "available"


@pytest.fixture
def case(hall: TownHall, electronic: Person, unit: Unit) -> UUID:
    found, _ = expediente(hall, electronic, unit)
    return found


@pytest.fixture
def resolution(hall: TownHall, case: UUID, run_all: Callable[[], int]) -> Document:
    """A resolution that is sealed and that nobody notified."""
    made = documents.render_document(
        hall.system("test"),
        template="test",
        source="<p>Resuelvo conceder la terraza.</p>",
        context={},
        title="Resolución de la terraza",
        kind=DocumentKind.RESOLUTION,
        expediente_id=case,
        seal=True,
    )
    run_all()
    return made


def waiting(hall: TownHall) -> tuple[pending.WaitingAct, ...]:
    with hall.database.reading() as session:
        return pending.waiting(session, hall.system("test").actor, hall.clock.now())


def test_an_act_that_nobody_notifies_has_ten_business_days_and_is_told_when_they_end(
    hall: TownHall, resolution: Document, clock: FixedClock
) -> None:
    """NOT-1: the notification leaves within ten days of the act (art. 40.2)."""
    watch_acts(hall)
    assert waiting(hall) == ()
    clock.advance(timedelta(days=2))
    watch_acts(hall)
    watch_acts(hall)
    (act,) = waiting(hall)
    assert (act.document_id, act.late) == (resolution.id, False)
    with hall.database.reading() as session:
        (term,) = session.scalars(select(Deadline).where(Deadline.rule == "notify"))
    # Ten business days after 24 November: 7 and 8 December are holidays.
    assert (term.due_at, term.due_at.date().isoformat()) == (act.due_at, "2026-12-10")
    clock.advance(timedelta(days=20))
    assert waiting(hall)[0].late


def test_the_notification_that_leaves_meets_the_term_of_its_act(
    hall: TownHall,
    resolution: Document,
    notify: Notify,
    electronic: Person,
    case: UUID,
    clock: FixedClock,
) -> None:
    """NOT-1: it is the sending that has to be in time, not the end."""
    clock.advance(timedelta(days=2))
    watch_acts(hall)
    notify(electronic, document_id=resolution.id, expediente_id=case)
    assert waiting(hall) == ()
    with hall.database.reading() as session:
        (term,) = session.scalars(select(Deadline).where(Deadline.rule == "notify"))
    assert (term.state, term.ended_at) == ("met", clock.now())


def test_what_is_notified_at_once_is_never_watched(
    hall: TownHall,
    resolution: Document,
    notify: Notify,
    electronic: Person,
    case: UUID,
    clock: FixedClock,
) -> None:
    notify(electronic, document_id=resolution.id, expediente_id=case)
    clock.advance(timedelta(days=30))
    watch_acts(hall)
    assert waiting(hall) == ()


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (
            "<p>Pone fin a la vía administrativa. Cabe <b>recurso</b> ante el Pleno en el plazo de {{ x }}</p>",
            0,
        ),
        ("<p>Contra este acto no cabe recurso.</p>", 0),
        ("<p>Cabe recurso de reposición en el plazo de un mes.</p>", 2),
        ("<p>Se concede. {# recurso #}</p>", 4),
    ],
)
def test_a_resolutions_text_says_what_the_law_asks_of_its_notification(
    text: str, missing: int
) -> None:
    """NOT-1: whether it ends the administrative way, the appeals, their organ and their term."""
    assert len(unsaid(text)) == missing


def test_a_resolution_at_disposal_has_a_sealed_proof_before_anybody_opens_it(
    hall: TownHall, notify: Notify, electronic: Person, case: UUID, run_all: Callable[[], int]
) -> None:
    """NOT-7: being at disposal meets the duty by itself, so it is proved by itself; of others it is not."""
    notify(electronic, expediente_id=case)
    row = notify(electronic, expediente_id=case, purpose="resolution")
    run_all()
    (proof,) = proofs(hall)
    assert proof.id == availability(hall, row)
    assert (proof.state, proof.expediente_id) == (DocumentState.SEALED, case)


def test_on_paper_the_first_attempt_has_its_proof_and_the_second_repeats_none(
    hall: TownHall, notify: Notify, citizen: Person, unit: Unit, clock: FixedClock
) -> None:
    """NOT-2: the full text and the proven attempt meet the duty (art. 40.4)."""
    case, _ = expediente(hall, citizen, unit)
    row = notify(citizen, expediente_id=case, purpose="resolution")
    assert proofs(hall) == []
    for hours in (1, 6):
        clock.advance(timedelta(hours=hours))
        record_attempt(
            hall.system("test"), notification_id=row.id, at=clock.now(), result=PostalResult.ABSENT
        )
    (proof,) = proofs(hall)
    assert "Nadie se hizo cargo" in hall.storage.get(1, proof.sha256).decode()


def proofs(hall: TownHall) -> list[Document]:
    with hall.database.reading() as session:
        return list(
            session.scalars(
                select(Document).where(Document.template == "notifications/availability")
            )
        )


def availability(hall: TownHall, row: Notification) -> UUID | None:
    with hall.database.reading() as session:
        return session.scalars(
            select(Notification.availability_id).where(Notification.id == row.id)
        ).one()


def test_the_acknowledgement_says_the_notices_and_what_other_channels_told(
    hall: TownHall,
    notify: Notify,
    electronic: Person,
    clock: FixedClock,
    run_all: Callable[[], int],
) -> None:
    """NOT-9, NOT-10: one proof of the whole, without the address that the notice went to."""
    row = notify(electronic)
    run_all()
    take_event(
        hall.system("test"),
        channel=ChannelName.DEHU,
        reference="dehu-7",
        dispatch_id=dispatch_of(hall, row, ChannelName.DEHU).id,
        kind=EventKind.AVAILABLE,
        at=clock.now(),
    )
    clock.advance(term_of(hall, row).due_at - clock.now() + timedelta(hours=1))
    expire_overdue(hall)
    (proof,) = acknowledgements(hall)
    text = hall.storage.get(1, proof.sha256).decode()
    for said in ("Aviso por correo electrónico", "A disposición en la DEHú", "dehu-7"):
        assert said in text
    assert "xuan@example.org" not in text
