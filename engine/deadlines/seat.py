"""The calendar of the town hall's own seat, by which every term of its procedures counts."""

from __future__ import annotations

from engine.deadlines.calendars import Calendar, load_calendar
from engine.townhall import TownHall


def seat_calendar(townhall: TownHall) -> Calendar:
    """The calendar of the town hall's seat, loaded once."""
    calendar: Calendar | None = townhall.parts.get("calendar")
    if calendar is None:
        calendar = townhall.parts["calendar"] = load_calendar(townhall.settings.town.calendar)
    return calendar
