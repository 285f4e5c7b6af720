"""Terms counted by hand, slowly: another reading of arts. 22 and 30 to 33, to compare with.

It walks one day at a time, or one minute at a time for hours, and knows nothing of the computation. Places
are plain data: the years that they cover and their holidays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


class NoYear(Exception):
    """A day of a year that a place does not cover was looked at."""


@dataclass(frozen=True)
class Place:
    """Where days are closed."""

    years: frozenset[int]
    holidays: frozenset[date]

    def closed(self, day: date) -> bool:
        if day.year not in self.years:
            raise NoYear
        return day.isoweekday() in (6, 7) or day in self.holidays


@dataclass(frozen=True)
class Case:
    """A term to count. stopped: the first and the last day of each suspension; more: what it was
    extended by, as amount and unit; half: «up», «down» or none when it is not urgent; filing: from
    which day a filing counts, «deemed», «real», or none when it is not a filing."""

    start: datetime
    amount: int
    unit: str
    zone: ZoneInfo
    seat: Place
    person: Place | None = None
    stopped: Sequence[tuple[date, date]] = ()
    more: Sequence[tuple[int, str]] = ()
    half: str | None = None
    filing: str | None = None


@dataclass
class Counted:
    """The end, and the days that were counted on the way when they are counted one by one."""

    effective: datetime
    end: datetime
    days: list[date] = field(default_factory=list)


def count(case: Case) -> Counted:
    """Count a term from its act to its end; raises NoYear."""
    begun = case.start.astimezone(case.zone)
    effective = _taken_as_filed(case, begun)
    first = begun if case.filing in (None, "real") else effective
    amount = case.amount if case.half is None else _half(case.amount, case.half)
    if case.unit == "hours":
        end = _minutes(case, first, amount * 60)
        parts = list(case.more)
    else:
        end = None
        parts = [(amount, case.unit), *case.more]
    days: list[date] = []
    reached = (first if end is None else end).date()
    for unit, same in groupby(parts, key=lambda part: part[1]):
        reached = _last_day(case, reached, sum(part[0] for part in same), unit, days)
        end = datetime(reached.year, reached.month, reached.day, 23, 59, 59, tzinfo=case.zone)
    assert end is not None
    return Counted(effective, end, days)


def _taken_as_filed(case: Case, begun: datetime) -> datetime:
    """The first hour of the next business day of the seat, for a filing made on another day."""
    if case.filing is None or not case.seat.closed(begun.date()):
        return begun
    day = begun.date()
    while case.seat.closed(day):
        day += DAY
    return datetime(day.year, day.month, day.day, tzinfo=case.zone)


def _half(amount: int, way: str) -> int:
    exact = amount / 2
    whole = int(exact)
    if exact != whole and way == "up":
        whole += 1
    return whole if whole > 0 else 1


def _closed(case: Case, day: date) -> bool:
    if case.seat.closed(day):
        return True
    return case.person is not None and case.person.closed(day)


def _stopped(case: Case, day: date) -> bool:
    return any(first <= day <= last for first, last in case.stopped)


def _minutes(case: Case, first: datetime, left: int) -> datetime:
    """A minute at a time; those of a closed day and of a stopped one are nobody's."""
    instant = first.astimezone(UTC)
    today, useful = None, False
    while left:
        day = instant.astimezone(case.zone).date()
        if day != today:
            closed = _closed(case, day)
            today, useful = day, not closed and not _stopped(case, day)
        left -= useful
        instant += MINUTE
    return instant.astimezone(case.zone)


def _last_day(case: Case, reached: date, amount: int, unit: str, days: list[date]) -> date:
    """A day at a time until the amount is complete, and on until it is a business day that runs."""
    day, left = reached, _how_many(reached, amount, unit)
    while left:
        day += DAY
        # What is counted in days looks at every day on the way; months and years at their end alone.
        closed = _closed(case, day) if unit.endswith("days") else False
        if _stopped(case, day) or (closed and unit == "business days"):
            continue
        days.append(day)
        left -= 1
    while _closed(case, day) or _stopped(case, day):
        day += DAY
    return day


def _how_many(reached: date, amount: int, unit: str) -> int:
    """How many days have to run: as many as were said, or as many as there are to the same ordinal."""
    if unit.endswith("days"):
        return amount
    months = amount * 12 if unit == "years" else amount
    day, crossed, days = reached, 0, 0
    while True:
        following = day + DAY
        if following.day == 1:
            if crossed == months:
                return days  # the month ends without that ordinal
            crossed += 1
        day, days = following, days + 1
        if crossed == months and day.day == reached.day:
            return days
