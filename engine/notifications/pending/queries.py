"""Reads of the acts that wait to be notified: those that nobody expects yet, and the list of offices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, not_, select
from sqlalchemy.orm import Session

from engine.deadlines.models import Deadline
from engine.documents.codes import DocumentKind
from engine.documents.models import Document, DocumentSignature, DocumentState
from engine.expedientes.access import accessible_to
from engine.expedientes.models import Expediente, ExpedienteState
from engine.notifications.models import Notification
from engine.notifications.pending.models import ActToNotify
from engine.notifications.publications.models import Publication
from engine.permissions import Actor, ActorKind

QUIET = timedelta(days=1)
"""Most acts are notified the day they are signed: only what waits longer is watched."""
_BATCH = 100
_MAX_ROWS = 200
_ACTS = (DocumentKind.RESOLUTION.value, DocumentKind.AGREEMENT.value)


@dataclass(frozen=True)
class WaitingAct:
    """An act that nobody has been notified of; late: its term is over."""

    document_id: UUID
    expediente_id: UUID
    title: str
    adopted_at: datetime
    due_at: datetime
    late: bool


def to_expect(session: Session, now: datetime) -> tuple[tuple[UUID, datetime], ...]:
    """The sealed resolutions of open expedientes that nobody was notified of, with their instant."""
    adopted = func.max(DocumentSignature.signed_at)
    rows = session.execute(
        select(Document.id, adopted)
        .join(DocumentSignature, DocumentSignature.document_id == Document.id)
        .join(Expediente, Expediente.id == Document.expediente_id)
        .where(
            Document.kind.in_(_ACTS),
            Document.state == DocumentState.SEALED.value,
            Expediente.state == ExpedienteState.OPEN.value,
            Expediente.person_id.is_not(None),
            not_(exists(select(ActToNotify.id).where(ActToNotify.document_id == Document.id))),
            not_(exists(select(Notification.id).where(Notification.document_id == Document.id))),
            not_(exists(select(Publication.id).where(Publication.document_id == Document.id))),
        )
        .group_by(Document.entity_id, Document.id)
        .having(adopted <= now - QUIET)
        .limit(_BATCH)
    )
    return tuple((document_id, at) for document_id, at in rows)


def waiting(session: Session, actor: Actor, now: datetime) -> tuple[WaitingAct, ...]:
    """The acts of the official's expedientes that wait, what is due first."""
    if actor.kind not in (ActorKind.OFFICIAL, ActorKind.SYSTEM):
        return ()
    rows = session.execute(
        select(ActToNotify, Document.title, Deadline.due_at)
        .join(Document, Document.id == ActToNotify.document_id)
        .join(Deadline, Deadline.id == ActToNotify.deadline_id)
        .join(Expediente, Expediente.id == ActToNotify.expediente_id)
        .where(
            ActToNotify.notified_at.is_(None),
            Expediente.state == ExpedienteState.OPEN.value,
            accessible_to(actor),
        )
        .order_by(Deadline.due_at, ActToNotify.id)
        .limit(_MAX_ROWS)
    )
    return tuple(
        WaitingAct(row.document_id, row.expediente_id, title, row.adopted_at, due, due < now)
        for row, title, due in rows
    )
