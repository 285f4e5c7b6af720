"""Deadlines: each knows how it was computed, day by day."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of


class DeadlineState(StrEnum):
    """Open until it is met, it expires, or what it was for ends."""

    OPEN = "open"
    MET = "met"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Deadline(EntityRow, Base):
    """A term under way. `derivation` holds every day counted or not and the articles."""

    __tablename__ = "deadline"
    rule: Mapped[str]
    title: Mapped[str]
    article: Mapped[str]
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
    )
