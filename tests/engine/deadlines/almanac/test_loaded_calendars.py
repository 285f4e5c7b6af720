"""The calendars that a process keeps: read once, read again when one changes, refused when there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from engine.assembly import assemble
from engine.db import STATEMENT_WATCHERS
from engine.deadlines.almanac.loaded import almanac, counting_by
from engine.deadlines.calendars import Calendar, NoCalendarForYear, load_calendar
from engine.deadlines.models import Deadline
from engine.deadlines.redating import Redated
from engine.deadlines.seat import calendar_of, calendars_for, seat_calendar
from engine.townhall import TownHall


@contextmanager
def asked() -> Iterator[list[str]]:
    """How often the version of the calendars is asked meanwhile."""
    seen: list[str] = []

    def watch(sql: str) -> None:
        if "calendar_year" in sql:
            seen.append(sql)

    STATEMENT_WATCHERS.append(watch)
    yield seen
    STATEMENT_WATCHERS.remove(watch)


@pytest.fixture
def no_calendars(townhall: TownHall) -> None:
    with townhall.database.engine.begin() as connection:
        for table in ("calendar_day", "calendar_year", "calendar"):
            connection.execute(text(f"DELETE FROM {table}"))


def test_the_seat_s_calendar_is_what_the_packaged_files_say(townhall: TownHall) -> None:
    found, packaged = seat_calendar(townhall), load_calendar("valdecandamo")
    assert (found.holidays, found.years) == (packaged.holidays, packaged.years)
    assert (found.id, found.name, found.timezone) == (packaged.id, packaged.name, packaged.timezone)


def test_a_transaction_asks_once_whether_the_calendars_changed(townhall: TownHall) -> None:
    with asked() as seen, townhall.database.reading() as session:
        first = seat_calendar(townhall, session)
        for _ in range(5):
            assert seat_calendar(townhall, session) is first
            assert calendars_for(townhall, session, None).seat is first
    assert len(seen) == 1


def test_a_calendar_is_read_again_only_when_one_has_changed(
    townhall: TownHall, add_day: Callable[..., Redated]
) -> None:
    before = almanac(townhall)
    assert almanac(townhall) is before
    add_day("asturias", date(2026, 12, 1), "Luto")
    after = almanac(townhall)
    assert after.version == before.version + 1
    assert after.calendars["castroquemado"].holidays[date(2026, 12, 1)] == "Luto"


def test_another_process_sees_the_change(
    townhall: TownHall, add_day: Callable[..., Redated]
) -> None:
    other = assemble(townhall.settings, clock=townhall.clock)
    try:
        assert date(2026, 12, 1) not in seat_calendar(other).holidays
        add_day("valdecandamo", date(2026, 12, 1), "Luto")
        assert date(2026, 12, 1) in seat_calendar(other).holidays
    finally:
        other.database.dispose()


def test_a_calendar_given_by_hand_stands_before_the_loaded_ones(townhall: TownHall) -> None:
    given = replace(load_calendar("valdecandamo"), years=frozenset({2025}))
    townhall.parts["calendar"] = given
    assert seat_calendar(townhall) is given


@pytest.mark.usefixtures("no_calendars")
def test_a_town_without_calendar_is_refused_and_never_guessed(
    townhall: TownHall, begin: Callable[..., Deadline]
) -> None:
    """PLZ-18: not even the weekends are taken for known."""
    with pytest.raises(NoCalendarForYear, match=r"Valdecandamo no incluye el año 2026: cárguelo"):
        begin()
    with pytest.raises(NoCalendarForYear):
        seat_calendar(townhall).why_closed(date(2026, 11, 28))


def test_a_term_that_names_a_calendar_that_is_gone_is_refused(townhall: TownHall) -> None:
    """PLZ-18."""
    with townhall.database.reading() as session:
        assert calendar_of(townhall, session, "castroquemado").name == "Castroquemado"
        with pytest.raises(NoCalendarForYear, match="lugo"):
            calendar_of(townhall, session, "lugo")


def test_a_year_is_covered_and_a_day_closed_as_the_wider_place_says(townhall: TownHall) -> None:
    """PLZ-18: the union of the levels, and only the years that all of them have."""
    town, state = load_calendar("castroquemado"), load_calendar("espana")
    own: Calendar = replace(town, years=frozenset({2027, 2028}), holidays={})
    found = own.over(state)
    assert found.years == {2027}
    assert found.why_closed(date(2027, 12, 8)) == "Inmaculada Concepción (Castroquemado)"


def test_a_change_reaches_what_is_within_the_place() -> None:
    places = [("espana", None), ("asturias", "espana"), ("lena", "asturias"), ("ceuta", None)]
    assert set(counting_by("espana", places)) == {"espana", "asturias", "lena"}
    assert counting_by("lena", places) == ("lena",)
