"""Put a calendar's years in the tables, and say how they differ from what stood there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.deadlines.almanac.drafts import CalendarDraft, YearDraft, by_year
from engine.deadlines.almanac.models import CalendarDay, CalendarPlace, CalendarYear


@dataclass(frozen=True)
class DayChange:
    """A day that becomes non-business (`added`), stops being so, or is called otherwise (`renamed`)."""

    day: date
    name: str
    change: str


@dataclass(frozen=True)
class Changes:
    """How a draft differs from what is loaded.

    new_years: those that nobody could count in before; days: those that change in the others;
    place: whether the place itself changes (its name, or the wider one that it belongs to).
    """

    new_years: tuple[int, ...]
    days: tuple[DayChange, ...]
    place: bool
    parent: bool = False

    @property
    def moving(self) -> tuple[date, ...]:
        """The days whose change can move a term that was counted before."""
        return tuple(item.day for item in self.days if item.change != "renamed")


def changes_of(session: Session, draft: CalendarDraft) -> Changes:
    """What publishing a draft would change."""
    place = place_of(session, draft.place.code)
    loaded = loaded_days(session, draft.place.code)
    new_years, days = [], []
    for year in sorted(draft.years, key=lambda item: item.year):
        if year.year not in loaded:
            new_years.append(year.year)
        else:
            days += _day_changes(loaded[year.year], year)
    wanted = draft.place
    return Changes(
        tuple(new_years),
        tuple(days),
        place=place is not None
        and (place.name, place.municipality, place.timezone, place.parent, place.level)
        != (wanted.name, wanted.municipality, wanted.timezone, wanted.parent, wanted.level.value),
        parent=place is not None and place.parent != wanted.parent,
    )


def _day_changes(before: Mapping[date, str], year: YearDraft) -> list[DayChange]:
    found = []
    for day in sorted({*before, *year.days}):
        old, new = before.get(day), year.days.get(day)
        if new is None and old is not None:
            found.append(DayChange(day, old, "removed"))
        elif new is not None and old is None:
            found.append(DayChange(day, new, "added"))
        elif new is not None and old != new:
            found.append(DayChange(day, new, "renamed"))
    return found


def changes_to_json(changes: Changes) -> list[Any]:
    """The changes as an edition keeps them."""
    return [
        *({"year": year, "change": "new"} for year in changes.new_years),
        *(
            {"day": item.day.isoformat(), "name": item.name, "change": item.change}
            for item in changes.days
        ),
        *([{"change": "wider" if changes.parent else "place"}] if changes.place else []),
    ]


def changes_from_json(raw: list[Any]) -> Changes:
    """The changes that an edition keeps."""
    return Changes(
        tuple(item["year"] for item in raw if "year" in item),
        tuple(
            DayChange(date.fromisoformat(item["day"]), item["name"], item["change"])
            for item in raw
            if "day" in item
        ),
        place=any(item["change"] in ("wider", "place") for item in raw),
        parent=any(item["change"] == "wider" for item in raw),
    )


def place_of(session: Session, code: str) -> CalendarPlace | None:
    """The place of a calendar, if it is loaded."""
    return session.scalar(select(CalendarPlace).where(CalendarPlace.code == code))


def loaded_days(session: Session, code: str) -> dict[int, dict[date, str]]:
    """The days of a place's own, for each year that it covers."""
    years = session.scalars(select(CalendarYear.year).where(CalendarYear.calendar == code)).all()
    rows = session.execute(
        select(CalendarDay.day, CalendarDay.name).where(CalendarDay.calendar == code)
    )
    return by_year({row.day: row.name for row in rows}, years)


def write(session: Session, draft: CalendarDraft, *, version: int, at: datetime) -> None:
    """Put the place and its years in the tables, each given year whole."""
    wanted = draft.place
    place = place_of(session, wanted.code)
    if place is None:
        place = CalendarPlace(code=wanted.code)
        session.add(place)
    place.name, place.level, place.parent = wanted.name, wanted.level.value, wanted.parent
    place.municipality, place.timezone = wanted.municipality, wanted.timezone
    session.flush()
    for year in draft.years:
        _write_year(session, wanted.code, year, version, at)
    session.flush()


def _write_year(session: Session, code: str, draft: YearDraft, version: int, at: datetime) -> None:
    session.execute(
        delete(CalendarDay).where(
            CalendarDay.calendar == code,
            CalendarDay.day.between(date(draft.year, 1, 1), date(draft.year, 12, 31)),
        )
    )
    session.execute(
        delete(CalendarYear).where(CalendarYear.calendar == code, CalendarYear.year == draft.year)
    )
    source = draft.source
    session.add(
        CalendarYear(
            calendar=code,
            year=draft.year,
            source=source.text,
            bulletin=source.bulletin,
            url=source.url,
            published_on=source.published_on,
            loaded_at=at,
            version=version,
        )
    )
    session.add_all(
        CalendarDay(calendar=code, day=day, name=name) for day, name in draft.days.items()
    )
