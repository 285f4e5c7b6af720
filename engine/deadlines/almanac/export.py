"""A year of a calendar as a file that other programs open."""

from __future__ import annotations

from datetime import datetime

from engine.deadlines.almanac.ics import WholeDay, write_days
from engine.deadlines.almanac.queries import YearRow


def year_as_ics(row: YearRow, made_at: datetime) -> str:
    """The non-business days of a year, each with whose it is; Saturdays and Sundays are left out."""
    return write_days(
        f"Días inhábiles de {row.place.name}, {row.year}",
        [
            WholeDay(
                f"{item.day:%Y%m%d}.{row.place.code}@andecha",
                item.day,
                item.name,
                f"Inhábil en {item.place}",
            )
            for item in row.days
        ],
        made_at,
    )
