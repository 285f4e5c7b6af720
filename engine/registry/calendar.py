"""The sede's own calendar, which alone decides when a filing takes effect (art. 31.3, PLZ-8)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.deadlines.calendars import Calendar
from engine.deadlines.seat import CALENDAR_PART, seat_calendar
from engine.townhall import TownHall

__all__ = ["CALENDAR_PART", "sede_calendar"]


def sede_calendar(townhall: TownHall, session: Session | None = None) -> Calendar:
    """The calendar of the town hall's seat; that of the people who file plays no part."""
    return seat_calendar(townhall, session)
