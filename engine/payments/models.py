"""Tables of payments: what is owed for a subject, and each attempt to pay it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of, refers

DRAFT = "draft"
"""The subject of the orders that their person may let go: the fee of an application not yet filed."""


class OrderState(StrEnum):
    """Whether it is owed still; a cancelled one is owed no more."""

    PENDING = "pending"
    PAID = "paid"
    CANCELLED = "cancelled"


class AttemptState(StrEnum):
    """The life of an attempt.

    expired: the gateway said nothing in time, but may still do so;
    refund_due: money that came and paid nothing, to be given back; refunded: it was.
    """

    STARTED = "started"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    REFUND_DUE = "refund_due"
    REFUNDED = "refunded"


class RefundReason(StrEnum):
    """Why money that came has to be given back.

    amount: the bank charged another amount, or what was paid is not what is owed any more.
    """

    DUPLICATE = "duplicate"
    AMOUNT = "amount"
    CANCELLED = "cancelled"


class PaymentOrder(EntityRow, Base):
    """What a person owes for one subject: a draft, a process step… In euros.

    signal: the workflow signal that waits for the payment.
    """

    __tablename__ = "payment_order"
    reference: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    person_id: Mapped[UUID]
    concept: Mapped[str]
    amount: Mapped[Decimal]
    state: Mapped[str] = mapped_column(default=OrderState.PENDING.value)
    requested_at: Mapped[datetime]
    signal: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "subject_kind", "subject_id"),
        UniqueConstraint("entity_id", "reference"),
        Index(None, "entity_id", "person_id", "state"),
        refers("person_id", "person"),
        one_of("state", OrderState, "state"),
        CheckConstraint("amount > 0", name="amount"),
    )


class PaymentAttempt(EntityRow, Base):
    """One visit to the gateway. The database itself allows one accepted attempt for each order.

    reference: how the gateway knows the attempt; amount: what was asked of it, or what it charged
    when that has to be refunded; gateway_code: the gateway's own number of the charge;
    refund_due_at: since when it has to be given back.
    """

    __tablename__ = "payment_attempt"
    order_id: Mapped[UUID]
    reference: Mapped[str]
    amount: Mapped[Decimal]
    state: Mapped[str] = mapped_column(default=AttemptState.STARTED.value)
    started_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    gateway_code: Mapped[str | None]
    refund_reason: Mapped[str | None]
    refund_due_at: Mapped[datetime | None]
    refund_reference: Mapped[str | None]
    refunded_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "reference"),
        Index(None, "entity_id", "order_id"),
        Index(None, "entity_id", "state", "started_at"),
        Index(
            "uq_payment_attempt_entity_id_order_id_accepted",
            "entity_id",
            "order_id",
            unique=True,
            postgresql_where=text("state = 'accepted'"),
        ),
        refers("order_id", "payment_order"),
        one_of("state", AttemptState, "state"),
        one_of("refund_reason", RefundReason, "refund_reason"),
    )
