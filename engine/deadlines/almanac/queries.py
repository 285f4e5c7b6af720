"""Reads of the calendars: what each place covers, a year with its source, and the editions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deadlines.almanac.drafts import CalendarDraft, from_json
from engine.deadlines.almanac.models import (
    CalendarDay,
    CalendarEdition,
    CalendarPlace,
    CalendarYear,
    EditionState,
    Level,
)
from engine.deadlines.almanac.writing import Changes, changes_from_json

EDITIONS = 50


@dataclass(frozen=True)
class PlaceRow:
    """A place with the years that it has published; covered: those that its wider places have too."""

    code: str
    name: str
    level: Level
    parent: str | None
    municipality: str
    timezone: str
    years: tuple[int, ...]
    covered: tuple[int, ...]


@dataclass(frozen=True)
class DayRow:
    """A non-business day, and whose it is."""

    day: date
    name: str
    place: str
    own: bool


@dataclass(frozen=True)
class SourceRow:
    """Where the year of a place was published."""

    place: str
    text: str
    bulletin: str
    url: str
    published_on: date | None
    loaded_at: datetime


@dataclass(frozen=True)
class YearRow:
    """A year of a calendar, whole. missing: the places that have not published it."""

    place: PlaceRow
    year: int
    days: tuple[DayRow, ...]
    sources: tuple[SourceRow, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class EditionRow:
    """An edition with what it changes; concerned, moved and left are foreseen until it is published."""

    id: UUID
    calendar: str
    name: str
    state: EditionState
    draft: CalendarDraft
    changes: Changes
    origin: str
    proposed_at: datetime
    decided_at: datetime | None
    concerned: int
    moved: int
    left: int


def places(session: Session) -> tuple[PlaceRow, ...]:
    """Every calendar: the State's, the regions', the towns', each by name."""
    rows = {row.code: row for row in session.scalars(select(CalendarPlace))}
    years: dict[str, set[int]] = {code: set() for code in rows}
    for code, year in session.execute(select(CalendarYear.calendar, CalendarYear.year)):
        years[code].add(year)
    order = list(Level)
    return tuple(
        PlaceRow(
            code=row.code,
            name=row.name,
            level=Level(row.level),
            parent=row.parent,
            municipality=row.municipality,
            timezone=row.timezone,
            years=tuple(sorted(years[row.code])),
            covered=tuple(sorted(set.intersection(*(years[code] for code in _chain(row, rows))))),
        )
        for row in sorted(rows.values(), key=lambda each: (order.index(Level(each.level)), each.name))
    )  # fmt: skip


def _chain(row: CalendarPlace, rows: Mapping[str, CalendarPlace]) -> tuple[str, ...]:
    """The place and the wider ones that it belongs to."""
    found = [row.code]
    while row.parent is not None and row.parent not in found:
        found.append(row.parent)
        row = rows[row.parent]
    return tuple(found)


def place(session: Session, code: str) -> PlaceRow | None:
    """One calendar."""
    return next((row for row in places(session) if row.code == code), None)


def year_of(session: Session, code: str, year: int) -> YearRow | None:
    """A year of a calendar with the days of each level; None for a calendar that is not loaded."""
    known = {row.code: row for row in places(session)}
    if code not in known:
        return None
    chain, parent = [known[code]], known[code].parent
    while parent is not None and known[parent] not in chain:
        chain.append(known[parent])
        parent = known[parent].parent
    codes = [row.code for row in chain]
    days = session.execute(
        select(CalendarDay.calendar, CalendarDay.day, CalendarDay.name)
        .where(
            CalendarDay.calendar.in_(codes),
            CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)),
        )
        .order_by(CalendarDay.day)
    ).all()
    sources = {
        row.calendar: row
        for row in session.scalars(
            select(CalendarYear).where(CalendarYear.calendar.in_(codes), CalendarYear.year == year)
        )
    }
    return YearRow(
        place=known[code],
        year=year,
        days=tuple(
            DayRow(row.day, row.name, known[row.calendar].name, row.calendar == code)
            for row in days
        ),
        sources=tuple(
            _source(each.name, sources[each.code]) for each in chain if each.code in sources
        ),
        missing=tuple(each.name for each in chain if each.code not in sources),
    )


def _source(name: str, row: CalendarYear) -> SourceRow:
    return SourceRow(name, row.source, row.bulletin, row.url, row.published_on, row.loaded_at)


def edition(session: Session, edition_id: UUID) -> EditionRow | None:
    """One edition."""
    row = session.scalar(select(CalendarEdition).where(CalendarEdition.id == edition_id))
    if row is None:
        return None
    return _edition(row, _names(session))


def editions(
    session: Session, code: str | None = None, limit: int = EDITIONS
) -> tuple[EditionRow, ...]:
    """The last editions, of a calendar or of all, the last one first."""
    query = select(CalendarEdition).order_by(
        CalendarEdition.proposed_at.desc(), CalendarEdition.id.desc()
    )
    if code is not None:
        query = query.where(CalendarEdition.calendar == code)
    names = _names(session)
    return tuple(_edition(row, names) for row in session.scalars(query.limit(limit)))


def _names(session: Session) -> Mapping[str, str]:
    rows = session.execute(select(CalendarPlace.code, CalendarPlace.name))
    return {row.code: row.name for row in rows}


def _edition(row: CalendarEdition, names: Mapping[str, str]) -> EditionRow:
    return EditionRow(
        id=row.id,
        calendar=row.calendar,
        name=names.get(row.calendar, row.content["name"]),
        state=EditionState(row.state),
        draft=from_json(row.content),
        changes=changes_from_json(row.changes),
        origin=row.origin,
        proposed_at=row.proposed_at,
        decided_at=row.decided_at,
        concerned=row.concerned,
        moved=row.moved,
        left=row.left,
    )


def last_covered(session: Session, code: str) -> int | None:
    """The last year that a calendar covers; None when it covers none."""
    found = place(session, code)
    return max(found.covered) if found is not None and found.covered else None
