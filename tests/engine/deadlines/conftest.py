"""Two invented towns whose calendars differ by two days each."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from engine.deadlines.calendars import Calendar, load_calendar, parse_calendar

SHARED_DAYS = [
    "2026-01-01", "2026-01-06", "2026-04-02", "2026-04-03", "2026-05-01", "2026-08-15", "2026-10-12",
    "2026-11-02", "2026-12-07", "2026-12-08", "2026-12-25",
    "2027-01-01", "2027-01-06", "2027-03-25", "2027-03-26", "2027-05-01", "2027-08-15", "2027-10-12",
    "2027-11-01", "2027-12-06", "2027-12-08", "2027-12-25",
]  # fmt: skip
SEAT_DAYS = ["2026-06-24", "2026-09-16", "2027-06-24", "2027-09-16"]
PERSON_DAYS = ["2026-07-16", "2026-09-22", "2027-07-16", "2027-09-22"]


def calendar(name: str, own: list[str]) -> Calendar:
    return parse_calendar(
        {
            "id": name.lower(),
            "name": name,
            "timezone": "Europe/Madrid",
            "years": [2026, 2027],
            "holidays": [
                {"date": date.fromisoformat(day), "name": "fiesta"} for day in SHARED_DAYS + own
            ],
        },
        name,
    )


@pytest.fixture
def seat() -> Calendar:
    return calendar("Sede", SEAT_DAYS)


@pytest.fixture
def other() -> Calendar:
    return calendar("Otro", PERSON_DAYS)


@pytest.fixture
def calendar_file(tmp_path: Path) -> Path:
    """The seat's calendar as a TOML file."""
    lines = ['id = "sede"', 'name = "Sede"', 'timezone = "Europe/Madrid"', "years = [2026, 2027]"]
    for day in SHARED_DAYS + SEAT_DAYS:
        lines += ["[[holidays]]", f"date = {day}", 'name = "fiesta"']
    path = tmp_path / "sede.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert load_calendar(path).id == "sede"
    return path
