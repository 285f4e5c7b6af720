"""Random terms, counted by the computation and by a slow reading that walks day by day."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from engine.deadlines.calendars import Calendar, Calendars, NoCalendarForYear
from engine.deadlines.computation import Derivation, Extension, Suspension, compute
from engine.deadlines.term import Term, TermUnit
from tests.engine.deadlines.day_by_day import Case, Counted, NoYear, Place, count

FULL_SIZE = os.environ.get("ANDECHA_SOAK") == "1"
PARTS = 20
CASES = (100_000 if FULL_SIZE else 2_000) // PARTS

# Spain changes its clock on a Sunday; Egypt at the midnight of a Friday, Chile at that of a Sunday.
ZONES = ("Europe/Madrid", "Europe/Madrid", "Atlantic/Canary", "Africa/Cairo", "America/Santiago")
T = TypeVar("T")
YEARS = tuple(range(2023, 2033))
LONGEST = {"hours": 24, "business days": 90, "natural days": 120, "months": 30, "years": 4}


def _place(luck: random.Random, years: Sequence[int]) -> Place:
    fixed = [(1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25)]
    days = {date(year, month, day) for year in years for month, day in fixed}
    for year in years:
        for _ in range(luck.randrange(6)):
            days.add(date(year, 1, 1) + timedelta(days=luck.randrange(365)))
    if luck.random() < 0.1:  # a whole week closed
        first = date(luck.choice(years), 2, 25)
        days |= {first + timedelta(days=each) for each in range(8)}
    return Place(frozenset(years), frozenset(days))


def _changes_of_clock(zone: ZoneInfo) -> list[date]:
    """The days of the covered years on which a zone changes its clock."""
    found = []
    for year in YEARS:
        day = datetime(year, 1, 1, 12, tzinfo=UTC)
        offset = day.astimezone(zone).utcoffset()
        for _ in range(365):
            day += timedelta(days=1)
            if day.astimezone(zone).utcoffset() != offset:
                found.append(day.astimezone(zone).date())
                offset = day.astimezone(zone).utcoffset()
    return found


CHANGES = {name: _changes_of_clock(ZoneInfo(name)) for name in set(ZONES)}


def _day(luck: random.Random, zone: str) -> date:
    """Any day, or one near what is easily wrong: a change of clock, a year's or a month's end, leap days."""
    near = luck.choice(("any", "any", "clock", "year", "month", "leap"))
    around = timedelta(days=luck.randrange(-4, 5))
    year = luck.choice(YEARS)
    if near == "clock" and CHANGES[zone]:
        return luck.choice(CHANGES[zone]) + around
    if near == "year":
        return date(year, 12, 31) + around
    if near == "month":
        return date(year, luck.randrange(1, 13), 28) + around
    if near == "leap":
        return date(luck.choice((2024, 2028)), 2, 29) + around
    return date(year, 1, 1) + timedelta(days=luck.randrange(365))


def _case(luck: random.Random) -> Case:
    name = luck.choice(ZONES)
    unit = luck.choice(tuple(LONGEST))
    day = _day(luck, name)
    moment = luck.choice((time(), time(23, 59), time(luck.randrange(24), luck.randrange(60))))
    years = YEARS if luck.random() < 0.7 else (day.year, day.year + 1)
    others = (each for each in ("business days", "natural days", "months") if luck.random() < 0.8)
    more = [(luck.randrange(1, 12), each) for each in others] if luck.random() < 0.3 else []
    if unit != "hours" and luck.random() < 0.3:
        more.insert(0, (luck.randrange(1, 8), unit))
    stopped = []
    while luck.random() < 0.4:
        first = day + timedelta(days=luck.randrange(-20, 120))
        stopped.append((first, first + timedelta(days=luck.randrange(40))))
    return Case(
        datetime.combine(day, moment, ZoneInfo(name)),
        luck.randrange(1, luck.choice((3, LONGEST[unit])) + 1),
        unit,
        ZoneInfo(name),
        _place(luck, years),
        _place(luck, years) if luck.random() < 0.5 else None,
        stopped,
        more,
        luck.choice((None, None, "up", "down")),
        luck.choice((None, None, "deemed", "real")),
    )


def _calendar(name: str, place: Place, zone: ZoneInfo) -> Calendar:
    holidays = dict.fromkeys(place.holidays, "fiesta")
    return Calendar(name, name, zone, place.years, holidays)


def _computed(case: Case) -> Derivation:
    person = None if case.person is None else _calendar("persona", case.person, case.zone)
    return compute(
        case.start,
        Term(case.amount, TermUnit(case.unit)),
        Calendars(_calendar("sede", case.seat, case.zone), person),
        suspensions=[Suspension(*each) for each in case.stopped],
        urgent=case.half is not None,
        odd_half=case.half or "up",
        filing=case.filing is not None,
        filing_term_from=case.filing or "deemed",
        extensions=[Extension(Term(n, TermUnit(unit)), "32.1") for n, unit in case.more],
    )


def _or_none(counting: Callable[[Case], T], case: Case) -> T | None:
    try:
        return counting(case)
    except (NoYear, NoCalendarForYear):
        return None


def _agree(case: Case, fast: Derivation | None, slow: Counted | None) -> None:
    if fast is None or slow is None:
        assert (fast is None, slow is None) == (True, True), case
        return
    assert fast.due == slow.end, case
    assert fast.effective_start == slow.effective, case
    listed = [step.date for step in fast.days]
    assert listed == sorted(set(listed)), case
    if case.unit.endswith("days") and not case.more:
        counted = [step.date for step in fast.days if step.counted]
        assert counted == [*slow.days[:-1], slow.end.date()], case


@pytest.mark.parametrize("seed", range(PARTS))
def test_the_computation_agrees_with_a_count_day_by_day(seed: int) -> None:
    """PLZ-1, PLZ-2, PLZ-4, PLZ-5, PLZ-6, PLZ-7, PLZ-8, PLZ-9, PLZ-13, PLZ-16, PLZ-17, PLZ-18.

    Random calendars, acts, units, suspensions, extensions, urgency and filings; leap years, ends of
    year and both changes of clock among them.
    """
    luck = random.Random(f"terms {seed}")  # noqa: S311 - cases, not secrets
    for _ in range(CASES):
        case = _case(luck)
        _agree(case, _or_none(_computed, case), _or_none(count, case))


def test_the_cases_are_worth_comparing() -> None:
    """Most have an end, and each kind of trouble is among them."""
    luck = random.Random("terms 0")  # noqa: S311 - cases, not secrets
    cases = [_case(luck) for _ in range(1_000)]
    refused = sum(_or_none(_computed, case) is None for case in cases)
    assert 20 < refused < 500
    assert {case.unit for case in cases} == set(LONGEST)
    for trouble in (
        lambda case: case.unit == "hours" and case.start.date() in CHANGES[case.zone.key],
        lambda case: (case.start.month, case.start.day) == (2, 29),
        lambda case: len(case.stopped) > 1,
        lambda case: len(case.more) > 1,
        lambda case: case.filing is not None and case.seat.closed(case.start.date()),
    ):
        assert any(map(trouble, cases))
