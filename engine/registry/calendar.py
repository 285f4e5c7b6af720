"""The sede's own calendar, which alone decides when a filing takes effect (art. 31.3, PLZ-8)."""

from __future__ import annotations

from engine.deadlines.calendars import Calendar, load_calendar
from engine.townhall import TownHall

CALENDAR_PART = "calendar"


def sede_calendar(townhall: TownHall) -> Calendar:
    """The calendar of the town hall: the assembled one, else the packaged one of its settings."""
    calendar: Calendar | None = townhall.parts.get(CALENDAR_PART)
    if calendar is None:
        calendar = townhall.parts[CALENDAR_PART] = load_calendar(townhall.settings.town.calendar)
    return calendar
