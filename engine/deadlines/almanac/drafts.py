"""A calendar on its way in: a place and some of its years, checked before anybody counts by them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.deadlines.almanac.models import Level
from engine.errors import BadInput

FIRST_YEAR, LAST_YEAR = 2000, 2199
MAX_DAYS = 60
"""Days of its own in a year: a State has about ten, a region four, a town two."""
MAX_YEARS = 50
MAX_NAME = 200
_CODE = re.compile(r"[a-z][a-z0-9-]{1,39}")
_CODE_WORDS = "Use letras minúsculas sin tilde, cifras y guiones."
_URL = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True)
class Place:
    """Whose calendar it is."""

    code: str
    name: str
    level: Level
    parent: str | None = None
    municipality: str = ""
    timezone: str = "Europe/Madrid"


@dataclass(frozen=True)
class Source:
    """Where a year was published: the act in words, the bulletin, its address, the day."""

    text: str
    bulletin: str = ""
    url: str = ""
    published_on: date | None = None


@dataclass(frozen=True)
class YearDraft:
    """A whole year: all the days of the place's own."""

    year: int
    days: Mapping[date, str]
    source: Source


@dataclass(frozen=True)
class CalendarDraft:
    """A place and the years that are given; its other years stay as they are."""

    place: Place
    years: tuple[YearDraft, ...]


def checked(draft: CalendarDraft) -> CalendarDraft:
    """The draft itself; raises BadInput that says, field by field, what is wrong."""
    errors = [*_place_errors(draft.place)]
    if not draft.years:
        errors.append(("years", "El calendario no trae ningún año."))
    if len(draft.years) > MAX_YEARS:
        errors.append(("years", f"El calendario trae más de {MAX_YEARS} años."))
    for year in draft.years:
        errors += _year_errors(year)
    if len({year.year for year in draft.years}) < len(draft.years):
        errors.append(("years", "El calendario trae un año dos veces."))
    if errors:
        raise BadInput(errors[0][1], tuple(errors))
    return draft


def _place_errors(place: Place) -> list[tuple[str, str]]:
    errors = []
    if not _CODE.fullmatch(place.code):
        errors.append(("code", f"«{place.code[:60]}» no sirve de identificador. {_CODE_WORDS}"))
    if not 0 < len(place.name) <= MAX_NAME:
        errors.append(("name", "Escriba el nombre del lugar."))
    if len(place.municipality) > MAX_NAME:
        errors.append(("municipality", "El nombre del municipio es demasiado largo."))
    if place.level is Level.STATE and place.parent:
        errors.append(("parent", "El calendario del Estado no depende de otro."))
    if place.level is Level.REGION and not place.parent:
        errors.append(
            ("parent", "El calendario de una comunidad depende del calendario del Estado.")
        )
    if place.parent == place.code:
        errors.append(("parent", "Un calendario no puede depender de sí mismo."))
    try:
        ZoneInfo(place.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        errors.append(("timezone", f"No existe la zona horaria «{place.timezone[:60]}»."))
    return errors


def _year_errors(draft: YearDraft) -> list[tuple[str, str]]:
    errors = [*_source_errors(draft)]
    if not FIRST_YEAR <= draft.year <= LAST_YEAR:
        errors.append(("year", f"El año {draft.year} no está entre {FIRST_YEAR} y {LAST_YEAR}."))
    if len(draft.days) > MAX_DAYS:
        errors.append(
            ("days", f"El año {draft.year} trae {len(draft.days)} días; se admiten {MAX_DAYS}.")
        )
    for day, name in draft.days.items():
        if day.year != draft.year:
            errors.append(("days", f"La fiesta del {day:%d/%m/%Y} no es del año {draft.year}."))
        if not 0 < len(name.strip()) <= MAX_NAME:
            errors.append(("days", f"Diga qué se celebra el {day:%d/%m/%Y}."))
    return errors


def _source_errors(draft: YearDraft) -> list[tuple[str, str]]:
    errors, source = [], draft.source
    if not 0 < len(source.text.strip()) <= 2 * MAX_NAME:
        errors.append(
            ("source", f"Diga dónde se publicó el calendario de {draft.year} (art. 30.7).")
        )
    if source.url and not (len(source.url) <= 2 * MAX_NAME and _URL.fullmatch(source.url)):
        errors.append(("url", "La dirección de la publicación empieza por https:// o http://."))
    if len(source.bulletin) > MAX_NAME:
        errors.append(("bulletin", "El nombre del boletín es demasiado largo."))
    return errors


def to_json(draft: CalendarDraft) -> dict[str, Any]:
    """The draft as an edition keeps it."""
    place = draft.place
    return {
        "code": place.code,
        "name": place.name,
        "level": place.level.value,
        "parent": place.parent,
        "municipality": place.municipality,
        "timezone": place.timezone,
        "years": [_year_to_json(year) for year in draft.years],
    }


def _year_to_json(draft: YearDraft) -> dict[str, Any]:
    source = draft.source
    return {
        "year": draft.year,
        "days": {day.isoformat(): name for day, name in sorted(draft.days.items())},
        "source": source.text,
        "bulletin": source.bulletin,
        "url": source.url,
        "published_on": source.published_on.isoformat() if source.published_on else None,
    }


def from_json(raw: Mapping[str, Any]) -> CalendarDraft:
    """The draft that an edition keeps."""
    place = Place(
        raw["code"], raw["name"], Level(raw["level"]), raw["parent"], raw["municipality"], raw["timezone"]
    )  # fmt: skip
    return CalendarDraft(place, tuple(_year_from_json(item) for item in raw["years"]))


def _year_from_json(raw: Mapping[str, Any]) -> YearDraft:
    published = raw["published_on"]
    return YearDraft(
        raw["year"],
        {date.fromisoformat(day): name for day, name in raw["days"].items()},
        Source(
            raw["source"],
            raw["bulletin"],
            raw["url"],
            date.fromisoformat(published) if published else None,
        ),
    )


def by_year(days: Mapping[date, str], years: Sequence[int]) -> dict[int, dict[date, str]]:
    """The days of each year, the years without any included."""
    found: dict[int, dict[date, str]] = {year: {} for year in years}
    for day, name in days.items():
        found.setdefault(day.year, {})[day] = name
    return found
