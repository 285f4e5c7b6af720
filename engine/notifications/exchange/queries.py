"""Reads of the exchange: where a notification went, what was told of it, the parcel of a dispatch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deadlines.models import Deadline
from engine.documents.models import Document
from engine.notifications.adapters import ChannelName, Ended, EventKind, Parcel
from engine.notifications.exchange.models import (
    DispatchState,
    NotificationChannelEvent,
    NotificationDispatch,
)
from engine.notifications.models import Notification
from engine.notifications.precedence import Ruling
from engine.people.models import Person
from engine.registry.models import RegistryEntry
from engine.townhall import TownHall


@dataclass(frozen=True)
class DispatchRow:
    """How a notification stands in one channel."""

    id: UUID
    channel: ChannelName
    state: DispatchState
    sent_at: datetime | None
    failure: str | None
    told_end: datetime | None
    told_at: datetime | None


@dataclass(frozen=True)
class EventRow:
    """What a channel told and what it was worth."""

    channel: ChannelName
    kind: EventKind
    at: datetime
    known_at: datetime
    ruling: Ruling | None
    contradicted: bool


def dispatches(session: Session, notification_id: UUID) -> tuple[DispatchRow, ...]:
    """The channels of a notification that the caller has asked for first, in their order."""
    rows = session.scalars(
        select(NotificationDispatch)
        .where(NotificationDispatch.notification_id == notification_id)
        .order_by(NotificationDispatch.created_at, NotificationDispatch.id)
    )
    return tuple(
        DispatchRow(
            row.id,
            ChannelName(row.channel),
            DispatchState(row.state),
            row.sent_at,
            row.failure,
            row.told_end,
            row.told_at,
        )
        for row in rows
    )


def events(session: Session, notification_id: UUID) -> tuple[EventRow, ...]:
    """What its channels told, in the order in which it happened."""
    rows = session.scalars(
        select(NotificationChannelEvent)
        .where(NotificationChannelEvent.notification_id == notification_id)
        .order_by(NotificationChannelEvent.at, NotificationChannelEvent.id)
    )
    return tuple(
        EventRow(
            ChannelName(row.channel),
            EventKind(row.kind),
            row.at,
            row.known_at,
            None if row.ruling is None else Ruling(row.ruling),
            row.contradicted,
        )
        for row in rows
    )


def to_send(townhall: TownHall, dispatch_id: UUID) -> tuple[ChannelName, Parcel] | None:
    """The parcel of a dispatch that waits to be handed over; None when it does not."""
    entity_id = townhall.settings.entity_id
    with townhall.database.reading() as session:
        sent = session.get(NotificationDispatch, (entity_id, dispatch_id))
        if sent is None or sent.state != DispatchState.PENDING:
            return None
        row, person, document, code, due_at = session.execute(
            select(Notification, Person, Document, RegistryEntry.code, Deadline.due_at)
            .join(Person, Person.id == Notification.person_id)
            .join(Document, Document.id == Notification.document_id)
            .join(RegistryEntry, RegistryEntry.id == Notification.entry_id)
            .outerjoin(Deadline, Deadline.id == Notification.deadline_id)
            .where(Notification.id == sent.notification_id)
        ).one()
    return ChannelName(sent.channel), Parcel(
        key=sent.id,
        organ=townhall.settings.town.dir3,
        unit_name=row.unit_name,
        addressee_name=person.display_name,
        addressee_document=person.document_number,
        subject=row.subject,
        exit_code=code,
        available_at=row.available_at or row.prepared_at,
        expires_at=due_at,
        name=document.name,
        media_type=document.media_type,
        sha256=document.sha256,
        content=townhall.storage.get(entity_id, document.sha256),
    )


def to_tell(townhall: TownHall, dispatch_id: UUID) -> tuple[ChannelName, Ended] | None:
    """The end that a channel has not been told of; None when it knows it."""
    with townhall.database.reading() as session:
        found = session.execute(
            select(NotificationDispatch, Notification)
            .join(Notification, Notification.id == NotificationDispatch.notification_id)
            .where(NotificationDispatch.id == dispatch_id)
        ).one_or_none()
    if found is None:
        return None
    sent, row = found
    if row.closed_at is None or sent.told_end == row.closed_at:
        return None
    return ChannelName(sent.channel), Ended(sent.id, row.state, row.closed_at, row.closed_via or "")
