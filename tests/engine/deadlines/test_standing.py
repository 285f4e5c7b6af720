"""How a term stands: counted in working days, with the words that a traffic light needs."""

from __future__ import annotations

from datetime import datetime

import pytest

from engine.clock import MADRID
from engine.deadlines.calendars import Calendar, load_calendar
from engine.deadlines.standing import Urgency, standing


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return load_calendar("valdecandamo")


def at(month: int, day: int, hour: int = 10, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=MADRID)


@pytest.mark.parametrize(
    ("due", "urgency", "days"),
    [
        (at(11, 23), Urgency.OVERDUE, -1),
        (at(11, 20), Urgency.OVERDUE, -2),  # a Friday: the weekend does not count
        (at(11, 24, 23), Urgency.URGENT, 0),
        (at(11, 26, 23), Urgency.URGENT, 2),
        (at(11, 27, 23), Urgency.SOON, 3),
        (at(12, 1, 23), Urgency.SOON, 5),
        (at(12, 2, 23), Urgency.ON_TIME, 6),
    ],
)
def test_a_term_is_more_pressing_the_fewer_working_days_are_left(
    calendar: Calendar, due: datetime, urgency: Urgency, days: int
) -> None:
    """PLZ-1: Saturdays, Sundays and holidays are not counted."""
    found = standing(due, at(11, 24), calendar)
    assert (found.urgency, found.business_days) == (urgency, days)


def test_without_the_calendar_of_a_year_no_working_day_is_guessed(calendar: Calendar) -> None:
    """PLZ-18."""
    last = max(calendar.years)
    found = standing(at(1, 4, year=last + 1), at(12, 30, year=last), calendar)
    assert found.business_days is None
    assert found.urgency is Urgency.SOON
