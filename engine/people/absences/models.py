"""Table of absences: who is away, from when to when, and who stands in for them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of, refers


class AbsenceKind(StrEnum):
    """Why somebody is away, as far as the town hall needs to know."""

    HOLIDAY = "holiday"
    LEAVE = "leave"
    ILLNESS = "illness"
    OTHER = "other"


class Absence(EntityRow, Base):
    """An official is away between two days, both included; the substitute acts in their place then only.

    recorded_by: the official who wrote it down, None for the system; ended_at: when it was ended
    before its last day: since then it has no effect.
    """

    __tablename__ = "absence"
    official_id: Mapped[UUID]
    substitute_id: Mapped[UUID | None]
    kind: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    recorded_by: Mapped[UUID | None]
    recorded_at: Mapped[datetime]
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index(None, "entity_id", "official_id", "ends_on"),
        Index(None, "entity_id", "substitute_id", "ends_on"),
        refers("official_id", "official"),
        refers("substitute_id", "official"),
        refers("recorded_by", "official"),
        refers("ended_by", "official"),
        one_of("kind", AbsenceKind, "kind"),
        CheckConstraint("starts_on <= ends_on", name="dates"),
        CheckConstraint("substitute_id <> official_id", name="somebody_else"),
    )
