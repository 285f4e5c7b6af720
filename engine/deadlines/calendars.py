"""Calendars of non-business days, as data by year (arts. 30.2, 30.6 and 30.7 of Ley 39/2015).

A year without calendar is a refusal, never a guess (PLZ-18).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.errors import BadInput

DATA = Path(__file__).with_name("data")
CALENDARS = DATA / "calendars"
MAX_BYTES = 1_000_000
_LEVELS = 3  # a town, its region, the State
_SATURDAY = 5


class NoCalendarForYear(BadInput):
    """A computation reached a year whose calendar is not loaded (art. 30.7, PLZ-18)."""


@dataclass(frozen=True)
class Calendar:
    """The non-business days of a place in the years that it covers, besides Saturdays and Sundays.

    municipality: the one whose residents it is for, as their addresses name it; empty for none.
    """

    id: str
    name: str
    timezone: ZoneInfo
    years: frozenset[int]
    holidays: Mapping[date, str]
    municipality: str = ""

    def why_closed(self, day: date) -> str | None:
        """Why a day is not a business day, or None when it is one; raises NoCalendarForYear."""
        if day.year not in self.years:
            raise NoCalendarForYear(
                f"El calendario de {self.name} no incluye el año {day.year}: cárguelo antes de calcular."
            )
        if day in self.holidays:
            return f"{self.holidays[day]} ({self.name})"
        if day.weekday() >= _SATURDAY:
            return "sábado" if day.weekday() == _SATURDAY else "domingo"
        return None

    def over(self, wider: Calendar) -> Calendar:
        """This calendar with the days of the wider place that it belongs to.

        A year is covered only where both have it: half a calendar would be a guess (PLZ-18).
        """
        return replace(
            self,
            years=self.years & wider.years,
            holidays={**self.holidays, **wider.holidays},
        )


@dataclass(frozen=True)
class Calendars:
    """The calendar of the organ's seat and, for terms, the interested party's (art. 30.6, PLZ-7)."""

    seat: Calendar
    person: Calendar | None = None

    def why_closed(self, day: date) -> str | None:
        """Why a day does not count: closed in either place."""
        reason = self.seat.why_closed(day)
        if reason is None and self.person is not None:
            return self.person.why_closed(day)
        return reason

    def is_business(self, day: date) -> bool:
        return self.why_closed(day) is None


def load_calendar(source: Path | str) -> Calendar:
    """A calendar by the id of a packaged one, or from a TOML file; raises BadInput.

    It comes whole: with the days of its region and of the State where its file names a `parent`.
    """
    path = Path(source)
    if path.suffix != ".toml":
        path = packaged_file(path.name)
    raw = read_toml(path)
    found = parse_calendar(raw, str(path))
    for _ in range(_LEVELS - 1):
        if "parent" not in raw:
            return found
        path = packaged_file(str(raw["parent"]))
        raw = read_toml(path)
        found = found.over(parse_calendar(raw, str(path)))
    if "parent" in raw:
        raise BadInput(f"El calendario {source} tiene más de {_LEVELS} niveles.")
    return found


def packaged_file(code: str) -> Path:
    """The file of a calendar that comes with the program; raises BadInput."""
    path = CALENDARS / f"{code}.toml"
    if not path.exists():
        raise BadInput(f"No hay ningún calendario que se llame «{code}».")
    return path


def read_toml(path: Path) -> Mapping[str, Any]:
    """The data of a calendar's file; raises BadInput."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"El calendario {path} es demasiado grande.")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"No se puede leer el calendario {path}: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"El calendario {path} no se entiende: {error}.") from None


def parse_calendar(raw: Mapping[str, Any], label: str) -> Calendar:
    """A calendar from its data; raises BadInput that says what is wrong."""
    try:
        years = frozenset(int(year) for year in raw["years"])
        holidays: dict[date, str] = {}
        for item in raw.get("holidays", ()):
            day = _day(item["date"], label)
            if day.year not in years:
                raise BadInput(f"{label}: la fiesta {day} está fuera de los años del calendario.")
            holidays[day] = str(item["name"])
        return Calendar(
            id=str(raw["id"]),
            name=str(raw["name"]),
            timezone=ZoneInfo(str(raw["timezone"])),
            years=years,
            holidays=holidays,
            municipality=str(raw.get("municipality", "")),
        )
    except KeyError as error:
        raise BadInput(f"Al calendario {label} le falta la clave {error}.") from None
    except (TypeError, ValueError, ZoneInfoNotFoundError) as error:
        raise BadInput(f"El calendario {label} tiene un valor no válido: {error}.") from None


def _day(value: object, label: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise BadInput(f"{label}: «{value}» no es una fecha AAAA-MM-DD.") from None
