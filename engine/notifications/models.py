"""Tables of notifications (arts. 40 to 46 of Ley 39/2015): each is a machine of states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from engine.db import Base, EntityRow, one_of, refers
from engine.people.models import Channel


class NotificationState(StrEnum):
    """The life of a notification.

    prepared: its document is not ready yet; available: at disposal in the sede, for whoever is
    notified electronically; to_post: at disposal too, and a postman takes it on paper;
    accepted: the person opened it; expired: ten natural days passed without access, which counts as
    a rejection (art. 43.2); undelivered: the paper could not be delivered and the announcement of
    art. 44 is pending; published: the announcement was made.
    """

    PREPARED = "prepared"
    AVAILABLE = "available"
    TO_POST = "to_post"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    PUBLISHED = "published"

    @property
    def open(self) -> bool:
        """Whether the person may still open or reject it."""
        return self in OPEN

    @property
    def closed(self) -> bool:
        """Whether the step of notifying is over (art. 41.5): nothing follows."""
        return not TRANSITIONS[self]


_S = NotificationState
TRANSITIONS: Mapping[NotificationState, frozenset[NotificationState]] = {
    _S.PREPARED: frozenset({_S.AVAILABLE, _S.TO_POST}),
    _S.AVAILABLE: frozenset({_S.ACCEPTED, _S.REJECTED, _S.EXPIRED, _S.DELIVERED}),
    _S.TO_POST: frozenset({_S.ACCEPTED, _S.REJECTED, _S.DELIVERED, _S.UNDELIVERED}),
    _S.UNDELIVERED: frozenset({_S.ACCEPTED, _S.REJECTED, _S.DELIVERED, _S.PUBLISHED}),
    _S.ACCEPTED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.DELIVERED: frozenset(),
    _S.PUBLISHED: frozenset(),
}
OPEN = frozenset({_S.AVAILABLE, _S.TO_POST, _S.UNDELIVERED})


class ChannelReason(StrEnum):
    """Why a notification goes by its channel.

    not_convertible: it holds what cannot be made electronic, or a means of payment (art. 41.2);
    first_of_office: ex officio, to an obliged person of whom no contact is known (art. 43.2 of
    RD 203/2021): the paper says that the next ones will be electronic.
    """

    OBLIGED = "obliged"
    CHOSEN = "chosen"
    NOT_ELECTRONIC = "not_electronic"
    NOT_CONVERTIBLE = "not_convertible"
    FIRST_OF_OFFICE = "first_of_office"


class Via(StrEnum):
    """Where a notification was closed.

    conduct: the person acted in a way that shows that they know the act (art. 40.3).
    """

    SEDE = "sede"
    POST = "post"
    OFFICE = "office"
    GAZETTE = "gazette"
    DEHU = "dehu"
    CONDUCT = "conduct"


class PostalResult(StrEnum):
    """What the postman says of one attempt."""

    DELIVERED = "delivered"
    REJECTED = "rejected"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Notification(EntityRow, Base):
    """That a document is notified to a person.

    document_id: the act; entry_id: its exit in the registry; acknowledgement_id: the document that
    proves how it ended; closed_by: the person who opened or rejected it, when one did;
    reference: the workflow signal that waits; announcement: the number of the gazette's notice;
    availability_id: the document that proves, before any end, that the town notified in time;
    defect: what was wrong with it, when it takes effect by what the person did.
    """

    __tablename__ = "notification"
    expediente_id: Mapped[UUID | None]
    document_id: Mapped[UUID]
    person_id: Mapped[UUID]
    representative_id: Mapped[UUID | None]
    unit_id: Mapped[UUID]
    unit_name: Mapped[str]
    subject: Mapped[str]
    purpose: Mapped[str]
    channel: Mapped[str]
    channel_reason: Mapped[str]
    state: Mapped[str]
    prepared_at: Mapped[datetime]
    available_at: Mapped[datetime | None]
    entry_id: Mapped[UUID | None]
    deadline_id: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    closed_via: Mapped[str | None]
    announcement: Mapped[str | None]
    acknowledgement_id: Mapped[UUID | None]
    availability_id: Mapped[UUID | None]
    defect: Mapped[str | None]
    notice_sent_at: Mapped[datetime | None]
    notice_failure: Mapped[str | None]
    reference: Mapped[str | None]

    __table_args__ = (
        Index(None, "entity_id", "person_id", "available_at"),
        Index(None, "entity_id", "state", "available_at"),
        Index(None, "entity_id", "expediente_id"),
        refers("document_id", "document"),
        refers("person_id", "person"),
        refers("representative_id", "person"),
        refers("unit_id", "unit"),
        refers("entry_id", "registry_entry"),
        refers("deadline_id", "deadline"),
        refers("closed_by", "person"),
        refers("acknowledgement_id", "document"),
        refers("availability_id", "document"),
        one_of("channel", Channel, "channel"),
        one_of("channel_reason", ChannelReason, "channel_reason"),
        one_of("state", NotificationState, "state"),
        one_of("closed_via", Via, "closed_via"),
    )


class PostalAttempt(EntityRow, Base):
    """One attempt to deliver the paper; `why_void` says why a failed one does not count (art. 42.2)."""

    __tablename__ = "postal_attempt"
    notification_id: Mapped[UUID]
    number: Mapped[int]
    at: Mapped[datetime]
    result: Mapped[str]
    why_void: Mapped[str | None]
    official_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("entity_id", "notification_id", "number"),
        refers("notification_id", "notification"),
        refers("official_id", "official"),
        one_of("result", PostalResult, "result"),
    )


class Notice(EntityRow, Base):
    """A message to a person, by e-mail: that a notification waits, or an advice that is none.

    A notice is never the notification (art. 41.6 of Ley 39/2015): when it fails nothing is void.
    person_id: who is told, the interested person or the representative;
    notification_id: the one that it tells of; an advice has none and stands in the person's folder;
    email: where it goes, empty when no address is known; failure: why the last try went wrong;
    reference: the job that asked for it, so that the same job run twice tells once.
    """

    __tablename__ = "notice"
    person_id: Mapped[UUID]
    expediente_id: Mapped[UUID | None]
    notification_id: Mapped[UUID | None]
    subject: Mapped[str]
    text: Mapped[str]
    email: Mapped[str]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    reference: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "reference", "person_id"),
        Index(None, "entity_id", "person_id", "created_at"),
        Index(None, "entity_id", "notification_id"),
        refers("person_id", "person"),
        refers("notification_id", "notification"),
    )
