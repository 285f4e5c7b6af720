"""Deadlines: each knows how it was computed, day by day, and what stopped, lengthened or moved it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of, refers


class DeadlineState(StrEnum):
    """Open or stopped until it is met, it expires, or what it was for ends.

    While it is suspended its last due instant is kept and nothing is due.
    """

    OPEN = "open"
    SUSPENDED = "suspended"
    MET = "met"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


RUNNING = (DeadlineState.OPEN.value, DeadlineState.SUSPENDED.value)
"""The states of a term that has not ended."""


class DeadlineKind(StrEnum):
    """To resolve and notify, to do something in a procedure, to open a notification, or the town hall's own."""

    MAXIMUM = "maximum"
    PROCEDURAL = "procedural"
    ACCESS = "access"
    INTERNAL = "internal"


class ExtensionKind(StrEnum):
    """What is lengthened: the term to resolve, one of the procedure, or any by a technical incident."""

    MAXIMUM = "maximum"
    PROCEDURAL = "procedural"
    INCIDENT = "incident"


class ChangeKind(StrEnum):
    """Why a term moved."""

    SUSPENDED = "suspended"
    RESUMED = "resumed"
    EXTENDED = "extended"
    URGENCY = "urgency"
    CALENDAR = "calendar"
    INCIDENT = "incident"
    PERSON = "person"
    CORRECTED = "corrected"
    SIMPLIFIED = "simplified"


class Deadline(EntityRow, Base):
    """A term under way. `derivation` holds every day counted or not and the articles.

    term: as it was agreed, before urgency and extensions; urgent: halved; filing: it began with a
    filing; seat_calendar, person_calendar: the ids of the calendars by which it counts.
    """

    __tablename__ = "deadline"
    rule: Mapped[str]
    title: Mapped[str]
    article: Mapped[str]
    kind: Mapped[str]
    term: Mapped[str]
    urgent: Mapped[bool] = mapped_column(default=False)
    filing: Mapped[bool] = mapped_column(default=False)
    seat_calendar: Mapped[str]
    person_calendar: Mapped[str | None]
    expediente_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    starts_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=DeadlineState.OPEN.value)
    ended_at: Mapped[datetime | None]
    derivation: Mapped[dict[str, Any]]

    __table_args__ = (
        Index(None, "entity_id", "state", "due_at"),
        Index(None, "entity_id", "expediente_id"),
        one_of("state", DeadlineState, "state"),
        one_of("kind", DeadlineKind, "kind"),
    )


class DeadlineSuspension(EntityRow, Base):
    """Days in which a term to resolve stands still (art. 22).

    cause: a code of data/suspensions.toml; starts_on: the first stopped day; ends_on: the last one,
    none while it lasts, the day before `starts_on` when it ended the day it began; lifts_at: the
    instant at which it ends by itself.
    """

    __tablename__ = "deadline_suspension"
    deadline_id: Mapped[UUID]
    cause: Mapped[str]
    article: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    lifts_at: Mapped[datetime | None]
    reason: Mapped[str]
    end_reason: Mapped[str] = mapped_column(default="")
    document_id: Mapped[UUID | None]
    ended_document_id: Mapped[UUID | None]

    __table_args__ = (
        Index(None, "entity_id", "deadline_id"),
        Index(
            "ix_deadline_suspension_lifts",
            "entity_id",
            "lifts_at",
            postgresql_where=text("ended_at IS NULL AND lifts_at IS NOT NULL"),
        ),
        refers("deadline_id", "deadline"),
    )


class DeadlineExtension(EntityRow, Base):
    """What a term was lengthened by (arts. 23 and 32). reference: of the incident, if by one."""

    __tablename__ = "deadline_extension"
    deadline_id: Mapped[UUID]
    kind: Mapped[str]
    term: Mapped[str]
    article: Mapped[str]
    reason: Mapped[str]
    requested_at: Mapped[datetime | None]
    decided_at: Mapped[datetime]
    document_id: Mapped[UUID | None]
    reference: Mapped[UUID | None]

    __table_args__ = (
        Index(None, "entity_id", "deadline_id"),
        Index(None, "entity_id", "reference"),
        refers("deadline_id", "deadline"),
        one_of("kind", ExtensionKind, "kind"),
    )


class DeadlineChange(EntityRow, Base):
    """A term was dated again, by whom its reference names (a suspension, an incident, a calendar)."""

    __tablename__ = "deadline_change"
    deadline_id: Mapped[UUID]
    expediente_id: Mapped[UUID | None]
    at: Mapped[datetime]
    kind: Mapped[str]
    article: Mapped[str]
    why: Mapped[str]
    previous_due_at: Mapped[datetime]
    due_at: Mapped[datetime]
    reference: Mapped[UUID | None]

    __table_args__ = (
        Index(None, "entity_id", "deadline_id"),
        Index(None, "entity_id", "reference"),
        Index(None, "entity_id", "expediente_id"),
        refers("deadline_id", "deadline"),
        one_of("kind", ChangeKind, "kind"),
    )


class Urgency(EntityRow, Base):
    """An expediente is dealt with as urgent (art. 33), by a reasoned act."""

    __tablename__ = "urgency"
    expediente_id: Mapped[UUID]
    reason: Mapped[str]
    document_id: Mapped[UUID | None]
    declared_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("entity_id", "expediente_id"),)
