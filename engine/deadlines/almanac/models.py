"""Places with their calendars, the years that each covers, its days, and every edition of them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned, EntityRow, one_of


class Level(StrEnum):
    """Whose days they are; each level adds its own to those of the wider one."""

    STATE = "state"
    REGION = "region"
    TOWN = "town"


class EditionState(StrEnum):
    """An edition is prepared and looked at before it counts."""

    PROPOSED = "proposed"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class CalendarPlace(EntityOwned, Base):
    """A place with days of its own; parent: the code of the wider place whose days count there too.

    municipality: the one whose residents it is for, as their addresses name it; empty for none.
    """

    __tablename__ = "calendar"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    parent: Mapped[str | None]
    municipality: Mapped[str]
    timezone: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(["entity_id", "parent"], ["calendar.entity_id", "calendar.code"]),
        one_of("level", Level, "level"),
    )


class CalendarYear(EntityOwned, Base):
    """A year that a place has published, and where.

    version: grows with every edition of any calendar, so that a process sees at once that one changed.
    """

    __tablename__ = "calendar_year"
    calendar: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    bulletin: Mapped[str]
    url: Mapped[str]
    published_on: Mapped[date | None]
    loaded_at: Mapped[datetime]
    version: Mapped[int]

    __table_args__ = (
        ForeignKeyConstraint(["entity_id", "calendar"], ["calendar.entity_id", "calendar.code"]),
        Index(None, "entity_id", "version"),
    )


class CalendarDay(EntityOwned, Base):
    """A non-business day of a place's own, besides Saturdays and Sundays."""

    __tablename__ = "calendar_day"
    calendar: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(["entity_id", "calendar"], ["calendar.entity_id", "calendar.code"]),
    )


class CalendarEdition(EntityRow, Base):
    """Years of a calendar as they were proposed, and what publishing them changed.

    content: the draft, as engine/deadlines/almanac/drafts.py writes it; changes: the days that differ
    from what stood; origin: the file it came from, or what the form did; concerned: open terms that
    may count any of those days; moved: those whose end changes; left: those that stay as they were
    since they need a year that no calendar covers, or would end in the past. The three are foreseen
    until it is published. settled: terms opened while it was being published have been looked at.
    """

    __tablename__ = "calendar_edition"
    calendar: Mapped[str]
    state: Mapped[str] = mapped_column(default=EditionState.PROPOSED.value)
    content: Mapped[dict[str, Any]]
    changes: Mapped[list[Any]]
    origin: Mapped[str]
    proposed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    concerned: Mapped[int]
    moved: Mapped[int]
    left: Mapped[int]
    settled: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index(None, "entity_id", "calendar", "proposed_at"),
        one_of("state", EditionState, "state"),
    )
