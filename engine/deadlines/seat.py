"""The calendars by which terms count: of the town hall's seat and of where the person lives (art. 30.6)."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deadlines.almanac.loaded import almanac
from engine.deadlines.calendars import Calendar, Calendars, NoCalendarForYear
from engine.people.models import Person
from engine.townhall import TownHall

CALENDAR_PART = "calendar"
"""A calendar that an assembly gives by hand stands before those of the tables."""


def seat_calendar(townhall: TownHall, session: Session | None = None) -> Calendar:
    """The calendar of the town hall's seat, as last published.

    While none is loaded it covers no year, so that whoever counts by it is refused (PLZ-18).
    session: the transaction under way, so that its one look at the calendars serves every term of it.
    """
    given: Calendar | None = townhall.parts.get(CALENDAR_PART)
    if given is not None:
        return given
    town = townhall.settings.town
    found = almanac(townhall, session).calendars.get(town.calendar)
    if found is not None:
        return found
    return Calendar(town.calendar, town.short_name, ZoneInfo(town.timezone), frozenset(), {})


def calendars_for(townhall: TownHall, session: Session, person_id: UUID | None) -> Calendars:
    """The seat's calendar, joined with that of another municipality where the person lives (PLZ-7).

    The seat's alone when nobody is interested, or no calendar is loaded for their address.
    """
    seat = seat_calendar(townhall, session)
    if person_id is None:
        return Calendars(seat)
    address = session.scalar(select(Person.address).where(Person.id == person_id)) or {}
    found = almanac(townhall, session).of_municipality(str(address.get("town") or ""))
    return Calendars(seat, None if found is None or found.id == seat.id else found)


def calendar_of(townhall: TownHall, session: Session, code: str) -> Calendar:
    """The calendar that a term names, as last published; raises NoCalendarForYear without it."""
    seat = seat_calendar(townhall, session)
    found = seat if seat.id == code else almanac(townhall, session).calendars.get(code)
    if found is None:
        raise NoCalendarForYear(
            f"El calendario «{code}» no está cargado: cárguelo antes de calcular."
        )
    return found
