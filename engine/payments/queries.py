"""Reads of payments: an order, the one of a subject, its attempts, what is to be given back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.payments.models import (
    AttemptState,
    OrderState,
    PaymentAttempt,
    PaymentOrder,
    RefundReason,
)
from engine.permissions import Actor, ActorKind

READ_ANY = "payments.read_any"
"""Permission to read every payment: the treasury, accounting and their control."""

_MAX_ROWS = 500


@dataclass(frozen=True)
class OrderRow:
    """What is owed or paid, in euros. The paid_ fields are of the attempt that paid it."""

    id: UUID
    reference: str
    subject_kind: str
    subject_id: UUID
    person_id: UUID
    concept: str
    amount: Decimal
    state: OrderState
    requested_at: datetime
    paid_attempt_id: UUID | None
    paid_at: datetime | None
    gateway_code: str | None


@dataclass(frozen=True)
class AttemptRow:
    """A visit to the gateway, with what it is for."""

    id: UUID
    order_id: UUID
    reference: str
    concept: str
    amount: Decimal
    state: AttemptState
    started_at: datetime
    decided_at: datetime | None
    gateway_code: str | None
    refund_reason: RefundReason | None
    refund_reference: str | None
    refunded_at: datetime | None


def order(session: Session, order_id: UUID, actor: Actor) -> OrderRow:
    """An order that the actor may see: their own, or any with READ_ANY; raises NotFound."""
    found = session.execute(_orders().where(PaymentOrder.id == order_id)).one_or_none()
    if found is None or not _may_see(found[0], actor):
        raise NotFound
    return _order_row(*found)


def order_for(session: Session, subject_kind: str, subject_id: UUID) -> OrderRow | None:
    """The order of a subject, for rooms that decide the access themselves."""
    found = session.execute(
        _orders().where(
            PaymentOrder.subject_kind == subject_kind, PaymentOrder.subject_id == subject_id
        )
    ).one_or_none()
    return None if found is None else _order_row(*found)


def unpaid(session: Session, actor: Actor) -> tuple[OrderRow, ...]:
    """What the interested person owes, oldest first."""
    if actor.kind is not ActorKind.CITIZEN:
        return ()
    rows = session.execute(
        _orders()
        .where(
            PaymentOrder.person_id == actor.interested_id,
            PaymentOrder.state == OrderState.PENDING.value,
        )
        .order_by(PaymentOrder.requested_at, PaymentOrder.id)
    )
    return tuple(_order_row(*row) for row in rows)


def attempts_of(session: Session, order_id: UUID) -> tuple[AttemptRow, ...]:
    """The attempts of an order that the caller has shown to be the actor's, oldest first."""
    rows = session.execute(
        _attempts()
        .where(PaymentAttempt.order_id == order_id)
        .order_by(PaymentAttempt.started_at, PaymentAttempt.id)
    )
    return tuple(_attempt_row(*row) for row in rows)


def attempt_by_reference(session: Session, reference: str) -> AttemptRow:
    """The attempt that the gateway knows by this reference; raises NotFound."""
    found = session.execute(_attempts().where(PaymentAttempt.reference == reference)).one_or_none()
    if found is None:
        raise NotFound
    return _attempt_row(*found)


def refunds_due(session: Session, actor: Actor) -> tuple[AttemptRow, ...]:
    """Money that came and has to be given back, oldest first; empty without READ_ANY."""
    if actor.kind is not ActorKind.SYSTEM and not actor.may(READ_ANY):
        return ()
    rows = session.execute(
        _attempts()
        .where(PaymentAttempt.state == AttemptState.REFUND_DUE.value)
        .order_by(PaymentAttempt.decided_at, PaymentAttempt.id)
        .limit(_MAX_ROWS)
    )
    return tuple(_attempt_row(*row) for row in rows)


def _may_see(row: PaymentOrder, actor: Actor) -> bool:
    match actor.kind:
        case ActorKind.SYSTEM:
            return True
        case ActorKind.OFFICIAL:
            return actor.may(READ_ANY)
        case ActorKind.CITIZEN:
            return row.person_id == actor.interested_id
        case _:
            return False


def _orders() -> Select[PaymentOrder, PaymentAttempt | None]:
    return select(PaymentOrder, PaymentAttempt).outerjoin(
        PaymentAttempt,
        and_(
            PaymentAttempt.order_id == PaymentOrder.id,
            PaymentAttempt.state == AttemptState.ACCEPTED.value,
        ),
    )


def _attempts() -> Select[PaymentAttempt, str]:
    return select(PaymentAttempt, PaymentOrder.concept).join(
        PaymentOrder, PaymentOrder.id == PaymentAttempt.order_id
    )


def _order_row(row: PaymentOrder, paid: PaymentAttempt | None) -> OrderRow:
    return OrderRow(
        id=row.id,
        reference=row.reference,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        person_id=row.person_id,
        concept=row.concept,
        amount=row.amount,
        state=OrderState(row.state),
        requested_at=row.requested_at,
        paid_attempt_id=paid.id if paid else None,
        paid_at=paid.decided_at if paid else None,
        gateway_code=paid.gateway_code if paid else None,
    )


def _attempt_row(row: PaymentAttempt, concept: str) -> AttemptRow:
    return AttemptRow(
        id=row.id,
        order_id=row.order_id,
        reference=row.reference,
        concept=concept,
        amount=row.amount,
        state=AttemptState(row.state),
        started_at=row.started_at,
        decided_at=row.decided_at,
        gateway_code=row.gateway_code,
        refund_reason=RefundReason(row.refund_reason) if row.refund_reason else None,
        refund_reference=row.refund_reference,
        refunded_at=row.refunded_at,
    )
