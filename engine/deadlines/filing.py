"""When a filing takes effect: the sede's calendar alone decides (arts. 31.2 and 31.3; PLZ-8, PLZ-9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from engine.deadlines.calendars import Calendar

_FAR = 60


@dataclass(frozen=True)
class FilingInstant:
    """When a filing was presented and when the law takes it as presented."""

    presented: datetime
    effective: datetime
    reason: str | None

    @property
    def moved(self) -> bool:
        return self.reason is not None


def filing_instant(presented: datetime, calendar: Calendar) -> FilingInstant:
    """A filing on a non-business day is deemed made in the first hour of the next business day.

    Both instants are kept: the real one gives the order (PLZ-9). Raises NoCalendarForYear.
    """
    local = presented.astimezone(calendar.timezone)
    reason = calendar.why_closed(local.date())
    if reason is None:
        return FilingInstant(presented, presented, None)
    day = local.date()
    for _ in range(_FAR):
        day += timedelta(days=1)
        if calendar.why_closed(day) is None:
            effective = datetime.combine(day, time(0, 0), tzinfo=calendar.timezone)
            return FilingInstant(presented, effective, reason)
    raise ValueError(f"the calendar {calendar.id} has no business day in {_FAR} days")
