"""The table of publications (arts. 44 to 46 of Ley 39/2015)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from engine.db import Base, EntityRow, one_of, refers


class PublicationReason(StrEnum):
    """Why an act is published.

    indeterminate: its addressees are not known one by one; several: telling one is not enough to
    tell all (both art. 45.1.a); selective: of a selective or competitive procedure (45.1.b); public_interest:
    its rules or the public interest ask for it (45.1); board: before the gazette announces what could
    not be notified, with no effect of its own (art. 44).
    """

    INDETERMINATE = "indeterminate"
    SEVERAL = "several"
    SELECTIVE = "selective"
    PUBLIC_INTEREST = "public_interest"
    BOARD = "board"


class PublicationState(StrEnum):
    """pending: an official sends it and writes down its number; published: it is there."""

    PENDING = "pending"
    PUBLISHED = "published"


class Publication(EntityRow, Base):
    """An act that is published.

    brief: only what it is and where to know the whole, because more would harm rights (art. 46);
    text: what is published; document_id: the act; notification_id: the one that could not be made;
    place: where; fixes_place: the call that says where the following ones of its procedure go
    (art. 45.1.b); announcement: the gazette's number; reference: the signal that waits.
    """

    __tablename__ = "publication"
    expediente_id: Mapped[UUID | None]
    document_id: Mapped[UUID | None]
    notification_id: Mapped[UUID | None]
    unit_id: Mapped[UUID]
    unit_name: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    reason: Mapped[str]
    purpose: Mapped[str]
    brief: Mapped[bool]
    place: Mapped[str]
    fixes_place: Mapped[str | None]
    state: Mapped[str]
    requested_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    announcement: Mapped[str | None]
    proof_id: Mapped[UUID | None]
    reference: Mapped[str | None]

    __table_args__ = (
        Index(None, "entity_id", "state", "published_at"),
        Index(None, "entity_id", "expediente_id"),
        refers("document_id", "document"),
        refers("notification_id", "notification"),
        refers("unit_id", "unit"),
        refers("proof_id", "document"),
        one_of("reason", PublicationReason, "reason"),
        one_of("state", PublicationState, "state"),
    )
