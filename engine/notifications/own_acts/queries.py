"""The acts that expedientes make by themselves: which are to be notified, and which were."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, not_, select
from sqlalchemy.orm import Session

from engine.documents.models import Document, DocumentState
from engine.expedientes.own_acts.models import OwnAct
from engine.notifications.models import Notification, NotificationState

_BATCH = 100
_ENDED = tuple(state.value for state in NotificationState if state.closed)


def _waiting() -> ColumnElement[bool]:
    return and_(OwnAct.notified_at.is_(None), OwnAct.dropped_at.is_(None))


def acts_to_notify(session: Session) -> tuple[UUID, ...]:
    """The acts that are sealed and nobody was notified of, what waits longest first."""
    told = exists(select(Notification.id).where(Notification.document_id == OwnAct.document_id))
    return tuple(
        session.scalars(
            select(OwnAct.id)
            .join(Document, Document.id == OwnAct.document_id)
            .where(
                _waiting(),
                Document.state == DocumentState.SEALED.value,
                not_(Document.seal_requested),
                not_(told),
            )
            .order_by(OwnAct.made_at, OwnAct.id)
            .limit(_BATCH)
        )
    )


def acts_notified(session: Session) -> tuple[tuple[UUID, datetime], ...]:
    """The acts whose notification ended and whose effect has not begun, with the instant of its end."""
    rows = session.execute(
        select(OwnAct.id, Notification.closed_at)
        .join(Notification, Notification.document_id == OwnAct.document_id)
        .where(_waiting(), Notification.state.in_(_ENDED), Notification.closed_at.is_not(None))
        .order_by(Notification.closed_at, OwnAct.id)
        .limit(_BATCH)
    )
    return tuple((identifier, at) for identifier, at in rows if at is not None)


def was_told(session: Session, own: OwnAct) -> bool:
    """Whether somebody was notified of an act."""
    told = exists(select(Notification.id).where(Notification.document_id == own.document_id))
    return bool(session.scalar(select(told)))
