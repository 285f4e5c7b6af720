"""What is owed for a filing and each attempt to pay it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of, refers


class OrderState(StrEnum):
    """An order is paid once and for ever; a refused attempt leaves it pending."""

    PENDING = "pending"
    PAID = "paid"
    CANCELLED = "cancelled"


class AttemptState(StrEnum):
    """How one visit to the gateway ended. `surplus` is money that came twice and must go back."""

    STARTED = "started"
    PAID = "paid"
    REFUSED = "refused"
    SURPLUS = "surplus"


class PaymentOrder(EntityRow, Base):
    """The fee of one filing, fixed when it was shown to the person.

    amount in euros, 2 decimals; lines: [{concept, amount}]; subject_id: the draft, then the same filing.
    """

    __tablename__ = "payment_order"
    subject_id: Mapped[UUID]
    person_id: Mapped[UUID]
    reference: Mapped[str]
    concept: Mapped[str]
    amount: Mapped[Decimal]
    lines: Mapped[list[Any]]
    state: Mapped[str]
    created_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    receipt_number: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "reference"),
        UniqueConstraint("entity_id", "subject_id"),
        refers("person_id", "person"),
        one_of("state", OrderState, "state"),
    )


class PaymentAttempt(EntityRow, Base):
    """One visit to the gateway; its id is the idempotency key of every call about it."""

    __tablename__ = "payment_attempt"
    order_id: Mapped[UUID]
    state: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    gateway_code: Mapped[str | None]
    callbacks: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        refers("order_id", "payment_order"),
        Index(None, "entity_id", "order_id"),
        one_of("state", AttemptState, "state"),
    )
