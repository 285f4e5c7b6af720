"""Incidents of the electronic systems, each with the exact extension that was decided."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of


class IncidentCause(StrEnum):
    """What made it impossible to act: a fault of the system, or an attack on it."""

    TECHNICAL = "technical"
    CYBER = "cyber"


ARTICLES = {
    IncidentCause.TECHNICAL: "art. 32.4 de la Ley 39/2015",
    IncidentCause.CYBER: "art. 32.5 de la Ley 39/2015",
}


class TechnicalIncident(EntityRow, Base):
    """An incident, and what every term that had not ended was extended by when it was declared.

    services: what could not be used, in words; from_at, until_at: when, no end while it lasts;
    extension: the term that was added; extended: how many terms got it; moved: those that end later
    by it; left: those that got it and stay as they were, since they need a year without calendar.
    """

    __tablename__ = "technical_incident"
    title: Mapped[str]
    cause: Mapped[str]
    article: Mapped[str]
    services: Mapped[str]
    reason: Mapped[str]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    extension: Mapped[str]
    declared_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    extended: Mapped[int]
    moved: Mapped[int]
    left: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index(None, "entity_id", "declared_at"),
        one_of("cause", IncidentCause, "cause"),
    )
