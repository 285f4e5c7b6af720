"""A year of a loaded calendar from a file that brings only days (CSV, .ics)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from engine.deadlines.almanac.drafts import (
    CalendarDraft,
    Place,
    Source,
    YearDraft,
    checked,
)
from engine.deadlines.almanac.models import CalendarPlace, Level
from engine.deadlines.almanac.writing import place_of
from engine.errors import BadInput


def place_draft(row: CalendarPlace) -> Place:
    """A loaded place as a draft takes it."""
    return Place(
        row.code, row.name, Level(row.level), row.parent, row.municipality, row.timezone
    )  # fmt: skip


def draft_of_days(
    session: Session,
    code: str,
    year: int,
    days: Mapping[date, str],
    source: str,
    *,
    bulletin: str = "",
    url: str = "",
    published_on: date | None = None,
) -> CalendarDraft:
    """The whole year of a calendar, from its days; raises BadInput that names the field at fault."""
    place = place_of(session, code)
    if place is None:
        message = f"No hay ningún calendario cargado que se llame «{code}»."
        raise BadInput(message, (("calendar", message),))
    published = Source(source.strip(), bulletin.strip(), url.strip(), published_on)
    return checked(CalendarDraft(place_draft(place), (YearDraft(year, dict(days), published),)))
