"""Tables of the exchange with channels: what was handed to each, and what each told (art. 41.7)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from engine.db import Base, EntityRow, one_of, refers
from engine.notifications.adapters import ChannelName, EventKind
from engine.notifications.precedence import Ruling


class DispatchState(StrEnum):
    """How a notification stands in one channel.

    pending: to be handed over (on paper: to be printed); sent: handed over; at_disposal: the channel
    says that the person finds it there; cancelled: the notification ended before; refused: the
    channel does not take it, and the others go on.
    """

    PENDING = "pending"
    SENT = "sent"
    AT_DISPOSAL = "at_disposal"
    CANCELLED = "cancelled"
    REFUSED = "refused"


class NotificationDispatch(EntityRow, Base):
    """A notification in one channel. Its id is the key that the channel knows it by.

    batch_id: the print batch of a paper; failure: why the last try went wrong;
    told_end: the end that the channel was last told of, told_at: when it was told.
    """

    __tablename__ = "notification_dispatch"
    notification_id: Mapped[UUID]
    channel: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    told_end: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    batch_id: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "notification_id", "channel"),
        Index(None, "entity_id", "channel", "state", "created_at"),
        Index(None, "entity_id", "batch_id"),
        refers("notification_id", "notification"),
        one_of("channel", ChannelName, "channel"),
        one_of("state", DispatchState, "state"),
    )


class NotificationChannelEvent(EntityRow, Base):
    """What a channel told, once by its reference.

    at: when it happened, as the channel says; ruling: what it is worth, None when it ends nothing by
    its kind; contradicted: the same reference came again and said something else.
    """

    __tablename__ = "notification_channel_event"
    notification_id: Mapped[UUID]
    dispatch_id: Mapped[UUID]
    channel: Mapped[str]
    external_reference: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime]
    known_at: Mapped[datetime]
    ruling: Mapped[str | None]
    contradicted: Mapped[bool]

    __table_args__ = (
        UniqueConstraint("entity_id", "channel", "external_reference"),
        Index(None, "entity_id", "notification_id", "at"),
        refers("notification_id", "notification"),
        refers("dispatch_id", "notification_dispatch"),
        one_of("channel", ChannelName, "channel"),
        one_of("kind", EventKind, "kind"),
        one_of("ruling", Ruling, "ruling"),
    )
