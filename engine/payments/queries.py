"""Reads of payments: an order, the one of a subject, its attempts, what is to be given back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.payments.models import (
    AttemptState,
    OrderState,
    PaymentAttempt,
    PaymentOrder,
    RefundReason,
)
from engine.people.models import Person
from engine.permissions import Actor, ActorKind

RECORD_REFUND = "payments.record_refund"
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


@dataclass(frozen=True)
class RefundRow:
    """Money to give back, in euros: whose it is, for what it came and since when it is owed.

    reference: how the gateway knows the attempt; gateway_code: its own number of the charge;
    charged_at: when the money came.
    """

    id: UUID
    reference: str
    order_reference: str
    concept: str
    amount: Decimal
    person_name: str
    person_document: str
    gateway_code: str | None
    charged_at: datetime | None
    refund_reason: RefundReason
    due_at: datetime


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
    return _of_person(session, actor, PaymentOrder.state == OrderState.PENDING.value)


def orders_of(session: Session, actor: Actor) -> tuple[OrderRow, ...]:
    """What the interested person owes, has paid or owes no more, oldest first."""
    return _of_person(session, actor)


def _of_person(
    session: Session, actor: Actor, *conditions: ColumnElement[bool]
) -> tuple[OrderRow, ...]:
    if actor.kind is not ActorKind.CITIZEN:
        return ()
    rows = session.execute(
        _orders()
        .where(PaymentOrder.person_id == actor.interested_id, *conditions)
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


def refunds_due(session: Session, actor: Actor) -> tuple[RefundRow, ...]:
    """Money that came and has to be given back, what waits longest first; empty without READ_ANY."""
    if not _reads_any(actor):
        return ()
    rows = session.execute(
        _refunds().order_by(PaymentAttempt.refund_due_at, PaymentAttempt.id).limit(_MAX_ROWS)
    )
    return tuple(_refund_row(*row) for row in rows)


def refund_due(session: Session, attempt_id: UUID, actor: Actor) -> RefundRow:
    """One of `refunds_due`; raises NotFound, also when it was given back already."""
    found = session.execute(_refunds().where(PaymentAttempt.id == attempt_id)).one_or_none()
    if found is None or not _reads_any(actor):
        raise NotFound
    return _refund_row(*found)


def _reads_any(actor: Actor) -> bool:
    return actor.kind is ActorKind.SYSTEM or actor.may(READ_ANY)


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


def _refunds() -> Select[PaymentAttempt, PaymentOrder, Person]:
    return (
        select(PaymentAttempt, PaymentOrder, Person)
        .join(PaymentOrder, PaymentOrder.id == PaymentAttempt.order_id)
        .join(Person, Person.id == PaymentOrder.person_id)
        .where(PaymentAttempt.state == AttemptState.REFUND_DUE.value)
    )


def _refund_row(row: PaymentAttempt, owed: PaymentOrder, person: Person) -> RefundRow:
    if row.refund_reason is None or row.refund_due_at is None:
        raise ValueError(f"the refund of {row.id} has no reason")
    return RefundRow(
        id=row.id,
        reference=row.reference,
        order_reference=owed.reference,
        concept=owed.concept,
        amount=row.amount,
        person_name=person.display_name,
        person_document=person.document_number,
        gateway_code=row.gateway_code,
        charged_at=row.decided_at,
        refund_reason=RefundReason(row.refund_reason),
        due_at=row.refund_due_at,
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
