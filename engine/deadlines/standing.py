"""How a term stands today: the working days that are left of it, and how pressing that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from engine.clock import madrid_date
from engine.deadlines.calendars import Calendar, NoCalendarForYear

URGENT_DAYS = 2
SOON_DAYS = 5
_FAR = timedelta(days=60)


class Urgency(StrEnum):
    """How pressing a term is, from the working days that are left."""

    OVERDUE = "overdue"
    URGENT = "urgent"
    SOON = "soon"
    ON_TIME = "on_time"


@dataclass(frozen=True)
class Standing:
    """A term today.

    business_days: working days left, the last one included and today not; negative once it is over;
    None when it is far, or when the calendar of a year in between is not published.
    """

    urgency: Urgency
    due: datetime
    business_days: int | None


def standing(due: datetime, now: datetime, calendar: Calendar) -> Standing:
    """How a term that ends at `due` stands at `now` in the town hall's calendar."""
    if due < now:
        return Standing(Urgency.OVERDUE, due, _overdue_days(due, now, calendar))
    if due - now > _FAR:
        return Standing(Urgency.ON_TIME, due, None)
    days = _business_days(madrid_date(now), madrid_date(due), calendar)
    # Without a calendar the working days are not guessed: natural days decide how pressing it is.
    left = days if days is not None else (madrid_date(due) - madrid_date(now)).days
    if left <= URGENT_DAYS:
        return Standing(Urgency.URGENT, due, days)
    return Standing(Urgency.SOON if left <= SOON_DAYS else Urgency.ON_TIME, due, days)


def _overdue_days(due: datetime, now: datetime, calendar: Calendar) -> int | None:
    if now - due > _FAR:
        return None
    days = _business_days(madrid_date(due), madrid_date(now), calendar)
    return None if days is None else -days


def _business_days(first: date, last: date, calendar: Calendar) -> int | None:
    """The working days after `first` up to `last`, included; None without their calendar."""
    try:
        return sum(
            calendar.why_closed(first + timedelta(days=offset)) is None
            for offset in range(1, (last - first).days + 1)
        )
    except NoCalendarForYear:
        return None
