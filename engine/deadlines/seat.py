"""The calendars by which terms count: of the town hall's seat and of where the person lives (art. 30.6)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deadlines.calendars import DATA, Calendar, Calendars, load_calendar
from engine.people.models import Person
from engine.people.names import sort_key
from engine.townhall import TownHall


def seat_calendar(townhall: TownHall) -> Calendar:
    """The calendar of the town hall's seat, loaded once."""
    calendar: Calendar | None = townhall.parts.get("calendar")
    if calendar is None:
        calendar = townhall.parts["calendar"] = load_calendar(townhall.settings.town.calendar)
    return calendar


def calendars_for(townhall: TownHall, session: Session, person_id: UUID | None) -> Calendars:
    """The seat's calendar, joined with that of another municipality where the person lives (PLZ-7).

    The seat's alone when nobody is interested, or no calendar is loaded for their address.
    """
    seat = seat_calendar(townhall)
    if person_id is None:
        return Calendars(seat)
    address = session.scalar(select(Person.address).where(Person.id == person_id)) or {}
    found = _by_municipality().get(sort_key(str(address.get("town") or "")))
    return Calendars(seat, None if found is None or found.id == seat.id else found)


@cache
def _by_municipality() -> Mapping[str, Calendar]:
    """The loaded calendars by the municipality whose residents they are for."""
    loaded = (load_calendar(path) for path in sorted((DATA / "calendars").glob("*.toml")))
    return {sort_key(item.municipality): item for item in loaded if item.municipality}
