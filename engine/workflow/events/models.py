"""Tables of events: who waits for what, the messages and signals that were sent, who got each signal."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned, EntityRow, one_of, refers


class EventKind(StrEnum):
    """A message has one receiver; a signal reaches all; a condition waits for data."""

    MESSAGE = "message"
    SIGNAL = "signal"
    CONDITIONAL = "conditional"


class EventState(StrEnum):
    """How a sent event stands.

    A message waits for its receiver, is held while its receiver is stopped, was delivered, fits
    several receivers, or waited until its term ran out. A signal was spread to all at once.
    """

    WAITING = "waiting"
    HELD = "held"
    DELIVERED = "delivered"
    AMBIGUOUS = "ambiguous"
    EXPIRED = "expired"


class ReceiptState(StrEnum):
    """A signal is still to be given to an instance, or was."""

    PENDING = "pending"
    DONE = "done"


class EventSubscription(EntityRow, Base):
    """Somebody who waits for an event: an open task of an instance, or a model that an event starts.

    instance_id, task_id: None for a model; name: of the message or the signal, the element for a
    condition; signature: the correlation properties and how each is read from a payload, as sorted
    JSON; correlation: the hash of the values expected of them, empty when none are.
    """

    __tablename__ = "event_subscription"
    instance_id: Mapped[UUID | None]
    task_id: Mapped[UUID | None]
    element: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    signature: Mapped[str] = mapped_column(default="[]")
    correlation: Mapped[str] = mapped_column(default="")
    definition_key: Mapped[str]
    definition_version: Mapped[int]
    model_sha256: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("entity_id", "instance_id", "task_id"),
        Index(None, "entity_id", "kind", "name", "signature", "correlation"),
        Index(
            "ix_event_subscription_start",
            "entity_id",
            "definition_key",
            postgresql_where=text("instance_id IS NULL"),
        ),
        refers("instance_id", "process_instance"),
        one_of("kind", EventKind, "kind"),
    )


class SentEvent(EntityRow, Base):
    """A message or a signal that was sent; its id makes that sending it twice has one effect.

    payload, correlation: in the codec's JSON; the payload is forgotten when it is delivered.
    tried_at: when somebody last looked for its receiver; source_id: the instance that threw it; instance_id: the one that holds it up or got it.
    """

    __tablename__ = "sent_event"
    kind: Mapped[str]
    name: Mapped[str]
    payload: Mapped[Any] = mapped_column(JSONB, nullable=True)
    correlation: Mapped[dict[str, Any]]
    state: Mapped[str]
    sent_at: Mapped[datetime]
    tried_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    source_id: Mapped[UUID | None]
    instance_id: Mapped[UUID | None]
    element: Mapped[str] = mapped_column(default="")
    delivered_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_sent_event_open",
            "entity_id",
            "name",
            postgresql_where=text("state IN ('waiting', 'held', 'ambiguous')"),
        ),
        one_of("kind", EventKind, "kind"),
        one_of("state", EventState, "state"),
    )


class EventReceipt(EntityOwned, Base):
    """That a signal is for an instance, and whether it got it: given twice, it has one effect."""

    __tablename__ = "event_receipt"
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    instance_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (
        Index(
            "ix_event_receipt_pending",
            "entity_id",
            "instance_id",
            postgresql_where=text("state = 'pending'"),
        ),
        refers("event_id", "sent_event"),
        refers("instance_id", "process_instance"),
        one_of("state", ReceiptState, "state"),
    )
