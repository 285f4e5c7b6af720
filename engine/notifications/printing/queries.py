"""Reads of what goes on paper: what waits, the batches, what each holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.documents.models import Document
from engine.errors import NotFound
from engine.expedientes.templates import address_line
from engine.notifications.adapters import ChannelName
from engine.notifications.channels import paper_sentences
from engine.notifications.exchange.models import DispatchState, NotificationDispatch
from engine.notifications.models import ChannelReason, Notification, NotificationState
from engine.notifications.printing.models import PrintBatch
from engine.people.models import Person
from engine.registry.models import RegistryEntry

_MAX_BATCHES = 50


@dataclass(frozen=True)
class BatchRow:
    """A batch as the list shows it; ready: its PDF can be fetched."""

    id: UUID
    created_at: datetime
    count: int
    ready: bool
    sha256: str | None


@dataclass(frozen=True)
class PaperRow:
    """One paper of a batch: what its notice page says, and the act that goes with it.

    state: how its notification stands now; what ended since it was printed is not delivered.
    """

    notification_id: UUID
    exit_code: str
    unit_name: str
    subject: str
    addressee: str
    document_number: str
    address: str
    sentences: tuple[str, ...]
    available_at: datetime
    state: NotificationState
    act_title: str
    act_sha256: str
    act_media_type: str


def waiting(session: Session) -> int:
    """How many papers wait to be printed."""
    found = session.scalar(
        select(func.count())
        .select_from(NotificationDispatch)
        .join(Notification, Notification.id == NotificationDispatch.notification_id)
        .where(
            NotificationDispatch.channel == ChannelName.POST.value,
            NotificationDispatch.state == DispatchState.PENDING.value,
            Notification.state == NotificationState.TO_POST.value,
        )
    )
    return found or 0


def batches(session: Session) -> tuple[BatchRow, ...]:
    """The last batches, the newest first."""
    rows = session.scalars(
        select(PrintBatch)
        .order_by(PrintBatch.created_at.desc(), PrintBatch.id.desc())
        .limit(_MAX_BATCHES)
    )
    return tuple(_row(row) for row in rows)


def batch(session: Session, batch_id: UUID) -> BatchRow:
    """One batch; raises NotFound."""
    row = session.scalar(select(PrintBatch).where(PrintBatch.id == batch_id))
    if row is None:
        raise NotFound
    return _row(row)


def papers(session: Session, batch_id: UUID) -> tuple[PaperRow, ...]:
    """What a batch holds, in the order of its PDF."""
    rows = session.execute(
        select(Notification, Person, RegistryEntry.code, Document)
        .join(NotificationDispatch, NotificationDispatch.notification_id == Notification.id)
        .join(Person, Person.id == Notification.person_id)
        .join(Document, Document.id == Notification.document_id)
        .join(RegistryEntry, RegistryEntry.id == Notification.entry_id)
        .where(NotificationDispatch.batch_id == batch_id)
        .order_by(NotificationDispatch.created_at, NotificationDispatch.id)
    )
    return tuple(
        PaperRow(
            notification_id=row.id,
            exit_code=code,
            unit_name=row.unit_name,
            subject=row.subject,
            addressee=person.display_name,
            document_number=person.document_number,
            address=address_line(person.address),
            sentences=paper_sentences(ChannelReason(row.channel_reason)),
            available_at=row.available_at or row.prepared_at,
            state=NotificationState(row.state),
            act_title=document.title,
            act_sha256=document.sha256,
            act_media_type=document.media_type,
        )
        for row, person, code, document in rows
    )


def _row(row: PrintBatch) -> BatchRow:
    return BatchRow(row.id, row.created_at, row.count, row.sha256 is not None, row.sha256)
