"""Reads of payments."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.payments.models import PaymentAttempt, PaymentOrder


def order_for(session: Session, subject_id: UUID) -> PaymentOrder | None:
    """The order of a filing, if its fee was ever asked for."""
    return session.scalar(select(PaymentOrder).where(PaymentOrder.subject_id == subject_id))


def attempt(session: Session, attempt_id: UUID) -> tuple[PaymentAttempt, PaymentOrder]:
    """An attempt with its order; raises NotFound."""
    row = session.execute(
        select(PaymentAttempt, PaymentOrder)
        .join(
            PaymentOrder,
            (PaymentOrder.entity_id == PaymentAttempt.entity_id)
            & (PaymentOrder.id == PaymentAttempt.order_id),
        )
        .where(PaymentAttempt.id == attempt_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def attempts_of(session: Session, order_id: UUID) -> tuple[PaymentAttempt, ...]:
    """The attempts at an order, oldest first."""
    return tuple(
        session.scalars(
            select(PaymentAttempt)
            .where(PaymentAttempt.order_id == order_id)
            .order_by(PaymentAttempt.id)
        )
    )
