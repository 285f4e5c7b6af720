"""The calendars in force, whole, as a process keeps them: read again when any of them changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.db import driver_rows
from engine.deadlines.almanac.models import CalendarDay, CalendarPlace, CalendarYear
from engine.deadlines.calendars import Calendar
from engine.people.names import sort_key
from engine.townhall import TownHall

_PART = "almanac"
_SEEN = "almanac"
_VERSION = """
SELECT version FROM calendar_year WHERE entity_id = %(entity_id)s ORDER BY version DESC LIMIT 1
"""


@dataclass(frozen=True)
class Almanac:
    """Every calendar by its code, each with the days of the wider places that it belongs to.

    version: grows with every edition; 0 while nothing is loaded. residents: the code of the calendar
    of each municipality, by the sort key of its name.
    """

    version: int
    calendars: Mapping[str, Calendar]
    residents: Mapping[str, str]

    def of_municipality(self, name: str) -> Calendar | None:
        """The calendar of those who live there, if it is loaded."""
        code = self.residents.get(sort_key(name))
        return None if code is None else self.calendars[code]


def almanac(townhall: TownHall, session: Session | None = None) -> Almanac:
    """The calendars in force. One statement in each transaction asks whether they changed.

    session: the transaction under way; without it a short one is opened to ask.
    """
    if session is None:
        with townhall.database.reading() as own:
            return almanac(townhall, own)
    seen = session.info.get(_SEEN)
    if isinstance(seen, Almanac):
        return seen
    rows = driver_rows(session, _VERSION, {"entity_id": townhall.settings.entity_id})
    version = rows[0].version if rows else 0
    kept = townhall.parts.get(_PART)
    if not isinstance(kept, Almanac) or kept.version != version:
        kept = read_almanac(session, version)
        townhall.parts[_PART] = kept
    session.info[_SEEN] = kept
    return kept


def use(session: Session, changed: Almanac | None) -> None:
    """Let the rest of a transaction count by what it has just written; None: ask again."""
    if changed is None:
        session.info.pop(_SEEN, None)
    else:
        session.info[_SEEN] = changed


def read_almanac(session: Session, version: int) -> Almanac:
    """All the calendars that the tables hold, in three statements."""
    places = session.scalars(select(CalendarPlace)).all()
    years: dict[str, set[int]] = {}
    for code, year in session.execute(select(CalendarYear.calendar, CalendarYear.year)):
        years.setdefault(code, set()).add(year)
    days: dict[str, dict[date, str]] = {}
    for row in session.execute(select(CalendarDay.calendar, CalendarDay.day, CalendarDay.name)):
        days.setdefault(row.calendar, {})[row.day] = row.name
    own = {
        place.code: Calendar(
            id=place.code,
            name=place.name,
            timezone=ZoneInfo(place.timezone),
            years=frozenset(years.get(place.code, ())),
            holidays=days.get(place.code, {}),
            municipality=place.municipality,
        )
        for place in places
    }
    parents = {place.code: place.parent for place in places}
    whole = {code: _whole(code, own, parents) for code in own}
    return Almanac(
        version,
        whole,
        {sort_key(place.municipality): place.code for place in places if place.municipality},
    )


def _whole(code: str, own: Mapping[str, Calendar], parents: Mapping[str, str | None]) -> Calendar:
    found, parent, seen = own[code], parents[code], {code}
    while parent is not None and parent not in seen:
        found = found.over(own[parent])
        seen.add(parent)
        parent = parents[parent]
    return found


def counting_by(code: str, places: Iterable[tuple[str, str | None]]) -> tuple[str, ...]:
    """The codes whose calendar changes when that of `code` does: itself and all within it."""
    found, pending = [code], [code]
    children: dict[str, list[str]] = {}
    for child, parent in places:
        if parent is not None:
            children.setdefault(parent, []).append(child)
    while pending:
        for child in children.get(pending.pop(), ()):
            if child not in found:
                found.append(child)
                pending.append(child)
    return tuple(found)
