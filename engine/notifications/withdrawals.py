"""What people withdrew: the resolutions to notify, and the expedientes that end with it (INS-9)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, not_, select
from sqlalchemy.orm import Session

from engine.documents.models import Document, DocumentState
from engine.expedientes.models import WITHDRAWING, Expediente, ExpedienteState
from engine.expedientes.withdrawal import RESOLUTION_TEMPLATES
from engine.notifications.models import Notification, NotificationState

_BATCH = 100
_ENDED = tuple(state.value for state in NotificationState if state.closed)


def resolution_to_notify(session: Session, expediente_id: UUID) -> Document | None:
    """The sealed resolution that accepts a withdrawal, unless it was notified already."""
    return session.scalar(
        select(Document)
        .join(Expediente, Expediente.id == Document.expediente_id)
        .where(Expediente.id == expediente_id, _withdrawn(), _unnotified())
    )


def to_notify(session: Session) -> tuple[UUID, ...]:
    """The expedientes whose resolution is sealed and not notified, what waits longest first."""
    return tuple(
        session.scalars(
            select(Expediente.id)
            .join(Document, Document.expediente_id == Expediente.id)
            .where(_withdrawn(), _unnotified())
            .order_by(Expediente.phase_at, Expediente.id)
            .limit(_BATCH)
        )
    )


def to_close(session: Session) -> tuple[UUID, ...]:
    """The expedientes whose resolution was notified, whatever the way in which that ended."""
    return tuple(
        session.scalars(
            select(Expediente.id)
            .join(Document, Document.expediente_id == Expediente.id)
            .join(Notification, Notification.document_id == Document.id)
            .where(_withdrawn(), Notification.state.in_(_ENDED))
            .order_by(Expediente.phase_at, Expediente.id)
            .limit(_BATCH)
        )
    )


def _withdrawn() -> ColumnElement[bool]:
    """Condition: the document accepts the withdrawal of an expediente that is not closed yet."""
    return and_(
        Expediente.state == ExpedienteState.OPEN.value,
        Expediente.phase == WITHDRAWING,
        Document.template.in_(RESOLUTION_TEMPLATES),
    )


def _unnotified() -> ColumnElement[bool]:
    """Condition on Document: it is sealed, and nobody was notified of it."""
    notified = exists(select(Notification.id).where(Notification.document_id == Document.id))
    return and_(
        Document.state == DocumentState.SEALED.value, not_(Document.seal_requested), not_(notified)
    )
