"""Read a calendar from a file: TOML as the command line takes it, CSV, or iCalendar."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.deadlines.almanac.drafts import (
    CalendarDraft,
    Place,
    Source,
    YearDraft,
    by_year,
    checked,
)
from engine.deadlines.almanac.ics import read_days
from engine.deadlines.almanac.models import Level
from engine.deadlines.calendars import parse_calendar
from engine.errors import BadInput

MAX_BYTES = 200_000
ENDINGS = (".toml", ".csv", ".ics")
_MAX_ROWS = 1000
_SPANISH_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_DATE_WORDS = frozenset({"fecha", "date", "día", "dia", "day"})
_NO_SOURCE = "Sin fuente indicada"


def read_file(name: str, data: bytes) -> CalendarDraft | dict[date, str]:
    """What a file holds: a whole calendar (TOML), or only days with their names (CSV, .ics).

    Raises BadInput, about the field `file`, that says what is wrong and in which line where it can.
    """
    try:
        return _read(name.lower(), _text(data))
    except BadInput as error:
        message = f"{name[:80]}: {error.message}"
        raise BadInput(message, (("file", message),)) from error


def _read(name: str, text: str) -> CalendarDraft | dict[date, str]:
    if name.endswith(".toml"):
        return _toml(text)
    if name.endswith(".csv"):
        return _csv(text)
    if name.endswith(".ics"):
        return read_days(text)
    raise BadInput("elija un fichero .toml, .csv o .ics.")


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise BadInput(f"es demasiado grande: se admiten {MAX_BYTES // 1000} kB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("no es texto UTF-8: guárdelo con esa codificación.") from None
    if "\x00" in text:
        raise BadInput("no es un fichero de texto.")
    return text


def draft_of_toml(raw: Mapping[str, Any]) -> CalendarDraft:
    """A calendar of its data; raises BadInput."""
    found = parse_calendar(raw, str(raw.get("id", ""))[:60])
    level = _level(raw)
    sources = _sources(raw)
    days = by_year(found.holidays, sorted(found.years))
    return checked(
        CalendarDraft(
            Place(
                code=found.id,
                name=found.name,
                level=level,
                parent=str(raw["parent"]) if raw.get("parent") else None,
                municipality=found.municipality,
                timezone=str(found.timezone.key),
            ),
            tuple(
                YearDraft(
                    year,
                    days[year],
                    sources.get(year) or Source(str(raw.get("source") or _NO_SOURCE)),
                )
                for year in sorted(days)
            ),
        )
    )


def _level(raw: Mapping[str, Any]) -> Level:
    try:
        return Level(raw.get("level", Level.TOWN.value))
    except ValueError:
        raise BadInput(
            f"el nivel «{str(raw['level'])[:40]}» no existe: use state, region o town."
        ) from None


def _sources(raw: Mapping[str, Any]) -> dict[int, Source]:
    found = {}
    try:
        for item in raw.get("sources", ()):
            published = item.get("published_on")
            if isinstance(published, str):
                published = date.fromisoformat(published)
            found[int(item["year"])] = Source(
                str(item["text"]),
                str(item.get("bulletin", "")),
                str(item.get("url", "")),
                published,
            )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadInput("cada fuente ([[sources]]) lleva year y text.") from None
    return found


def _toml(text: str) -> CalendarDraft:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"no se entiende: {error}.") from None
    return draft_of_toml(raw)


def _csv(text: str) -> dict[date, str]:
    """Two columns, the date and what is celebrated, with or without a heading."""
    head = text[:2000]
    separator = ";" if head.count(";") >= max(head.count(","), 1) else ","
    days: dict[date, str] = {}
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=separator), 1):
            if number > _MAX_ROWS:
                raise BadInput(f"trae más de {_MAX_ROWS} líneas.")
            cells = [cell.strip() for cell in row]
            if not any(cells) or (number == 1 and cells[0].lower() in _DATE_WORDS):
                continue
            _take_row(number, cells, days)
    except csv.Error as error:
        raise BadInput(f"no se entiende como CSV: {error}.") from None
    if not days:
        raise BadInput("no trae ninguna fecha.")
    return days


def _take_row(number: int, cells: list[str], days: dict[date, str]) -> None:
    if len(cells) < 2 or not cells[1]:
        raise BadInput(f"la línea {number} no tiene fecha y nombre separados por «;» o «,».")
    day = _date(cells[0], number)
    if day in days:
        raise BadInput(f"la línea {number} repite el {day:%d/%m/%Y}.")
    days[day] = cells[1]


def _date(text: str, number: int) -> date:
    found = _SPANISH_DATE.fullmatch(text)
    try:
        if found is not None:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"la línea {number} dice «{text[:40]}», que no es una fecha como 24/06/2027."
        ) from None
