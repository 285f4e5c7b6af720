"""The terms of Ley 39/2015, rule by rule. Each test carries the id of the rule that it proves."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import MADRID
from engine.deadlines.calendars import Calendar, Calendars, NoCalendarForYear, load_calendar
from engine.deadlines.computation import Derivation, Suspension, compute
from engine.deadlines.filing import filing_instant
from engine.deadlines.term import Term
from engine.errors import BadInput
from tests.engine.deadlines.conftest import PERSON_DAYS, SEAT_DAYS, calendar


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MADRID)


def due(start: str, term: str, calendars: Calendars, **options: Any) -> str:
    return str(compute(at(start), Term.parse(term), calendars, **options).to_dict()["due"])


def skipped(derivation: Derivation) -> list[str]:
    return [step.date.isoformat() for step in derivation.days if not step.counted]


def test_plz_1_business_days_skip_weekends_and_holidays(seat: Calendar) -> None:
    """PLZ-1: art. 30.2."""
    assert due("2026-09-10T12:00", "10 business days", Calendars(seat)) == "2026-09-25"
    assert due("2026-12-23T09:00", "3 business days", Calendars(seat)) == "2026-12-29"


def test_plz_2_the_day_of_the_act_never_counts(seat: Calendar) -> None:
    """PLZ-2: art. 30.3."""
    derivation = compute(at("2026-09-10T00:00"), Term.parse("1 business days"), Calendars(seat))
    assert skipped(derivation) == ["2026-09-10"]
    assert derivation.due.date() == date(2026, 9, 11)


def test_plz_4_hours_run_to_the_minute_through_business_hours_only(seat: Calendar) -> None:
    """PLZ-4: art. 30.1; the clock change of 25 October 2026 falls on a Sunday."""
    assert due("2026-10-23T13:30", "24 hours", Calendars(seat)) == "2026-10-26T13:30:00+01:00"
    assert due("2026-10-22T13:30", "24 hours", Calendars(seat)) == "2026-10-23T13:30:00+02:00"


def test_plz_4_more_than_24_hours_is_not_a_term_in_hours() -> None:
    """PLZ-4: beyond 24 hours a term is expressed in days."""
    with pytest.raises(BadInput, match="24 horas"):
        Term.parse("36 hours")


@pytest.mark.parametrize(
    ("start", "term", "expected"),
    [
        ("2026-01-12T09:00", "1 months", "2026-02-12"),
        ("2026-08-31T09:00", "1 months", "2026-09-30"),
        ("2026-01-31T09:00", "1 months", "2026-03-02"),
        ("2027-01-30T09:00", "1 months", "2027-03-01"),
        ("2026-03-24T09:00", "3 months", "2026-06-25"),
        ("2026-02-10T09:00", "1 years", "2027-02-10"),
    ],
)
def test_plz_5_months_and_years_end_on_the_same_ordinal(
    seat: Calendar, start: str, term: str, expected: str
) -> None:
    """PLZ-5: art. 30.4; a month without that day ends on its last day."""
    assert due(start, term, Calendars(seat)) == expected


def test_plz_6_a_last_day_that_is_not_a_business_day_moves_to_the_next(seat: Calendar) -> None:
    """PLZ-6: art. 30.5, also for natural days and months."""
    derivation = compute(at("2026-04-01T09:30"), Term.parse("10 natural days"), Calendars(seat))
    assert derivation.due.date() == date(2026, 4, 13)
    assert "30.5" in derivation.articles


def test_plz_7_a_day_closed_in_either_place_does_not_count(seat: Calendar, other: Calendar) -> None:
    """PLZ-7: art. 30.6, the seat's and the person's calendars are joined."""
    derivation = compute(
        at("2026-09-10T12:00"), Term.parse("10 business days"), Calendars(seat, other)
    )
    assert derivation.due.date() == date(2026, 9, 28)
    assert {"2026-09-16", "2026-09-22"} <= set(skipped(derivation))
    assert "30.6" in derivation.articles


def test_plz_8_filings_follow_the_sedes_calendar_alone(seat: Calendar) -> None:
    """PLZ-8: art. 31.3; 22 September is a holiday elsewhere and a business day here."""
    found = filing_instant(at("2026-09-22T10:00"), seat)
    assert not found.moved
    assert found.effective == found.presented


def test_plz_9_a_filing_on_a_closed_day_is_deemed_made_in_the_next_first_hour(
    seat: Calendar,
) -> None:
    """PLZ-9: art. 31.2.b; the real instant is kept and gives the order."""
    first = filing_instant(at("2026-09-12T10:00"), seat)
    second = filing_instant(at("2026-09-13T09:00"), seat)
    monday = filing_instant(at("2026-09-14T00:00"), seat)
    assert first.effective == second.effective == monday.effective == at("2026-09-14T00:00")
    ordered = sorted([monday, second, first], key=lambda item: (item.effective, item.presented))
    assert ordered == [first, second, monday]
    assert first.reason == "sábado"


def test_plz_9_a_business_day_lasts_to_its_last_second(seat: Calendar) -> None:
    """PLZ-9: a filing at 23:59:59 of a Friday is of that Friday."""
    assert (
        due("2026-08-14T23:59:59", "10 business days", Calendars(seat), filing=True) == "2026-08-28"
    )


def test_plz_9_a_term_runs_from_the_deemed_or_the_real_day_as_the_town_decides(
    seat: Calendar,
) -> None:
    """PLZ-9: the two readings give the dates that each reading gives."""
    start, term = "2026-09-12T10:00", "1 months"
    assert due(start, term, Calendars(seat), filing=True) == "2026-10-14"
    assert due(start, term, Calendars(seat), filing=True, filing_term_from="real") == "2026-10-13"


def test_plz_13_the_suspended_days_are_added_to_the_term_to_resolve(seat: Calendar) -> None:
    """PLZ-13: art. 22."""
    suspensions = [Suspension(date(2026, 6, 1), date(2026, 6, 20))]
    assert (
        due("2026-05-18T10:00", "3 months", Calendars(seat), suspensions=suspensions)
        == "2026-09-07"
    )


def test_plz_13_a_second_suspension_inside_the_added_days_is_added_too(seat: Calendar) -> None:
    """PLZ-13: 18 August + 20 days is 7 September; three more, from 1 to 3 September, make it the 10th."""
    suspensions = [
        Suspension(date(2026, 6, 1), date(2026, 6, 20)),
        Suspension(date(2026, 9, 1), date(2026, 9, 3)),
    ]
    assert (
        due("2026-05-18T10:00", "3 months", Calendars(seat), suspensions=suspensions)
        == "2026-09-10"
    )


def test_plz_17_urgency_halves_and_says_which_way_an_odd_term_went(
    seat: Calendar, other: Calendar
) -> None:
    """PLZ-17: art. 33."""
    start = "2026-07-06T10:00"
    both = Calendars(seat, other)
    assert due(start, "10 business days", both, urgent=True) == "2026-07-13"
    assert due(start, "15 business days", Calendars(seat), urgent=True) == "2026-07-16"
    assert (
        due(start, "15 business days", Calendars(seat), urgent=True, odd_half="down")
        == "2026-07-15"
    )
    derivation = compute(
        at(start), Term.parse("15 business days"), Calendars(seat), urgent=True, odd_half="down"
    )
    assert "hacia abajo" in derivation.days[0].why


def test_plz_18_a_year_without_calendar_is_refused_and_not_guessed(seat: Calendar) -> None:
    """PLZ-18: art. 30.7."""
    with pytest.raises(NoCalendarForYear, match="2028"):
        due("2027-12-30T10:00", "10 business days", Calendars(seat))


@given(st.dates(date(2026, 1, 1), date(2027, 6, 30)), st.integers(1, 60))
def test_a_term_in_business_days_counts_exactly_its_days(start: date, amount: int) -> None:
    both = Calendars(calendar("Sede", SEAT_DAYS), calendar("Otro", PERSON_DAYS))
    derivation = compute(
        datetime(start.year, start.month, start.day, 12, tzinfo=MADRID),
        Term.parse(f"{amount} business days"),
        both,
    )
    counted = [step.date for step in derivation.days if step.counted]
    assert len(counted) == amount
    assert counted[-1] == derivation.due.date()
    assert all(both.is_business(day) for day in counted)
    assert [step.date for step in derivation.days] == sorted(step.date for step in derivation.days)


@given(st.dates(date(2026, 1, 1), date(2027, 8, 31)), st.integers(1, 3))
def test_a_later_act_never_gives_an_earlier_end(start: date, months: int) -> None:
    seat = Calendars(calendar("Sede", SEAT_DAYS))
    ends = [
        compute(
            datetime.combine(
                date.fromordinal(start.toordinal() + step), datetime.min.time(), MADRID
            ),
            Term.parse(f"{months} months"),
            seat,
        ).due
        for step in (0, 1)
    ]
    assert ends[0] <= ends[1]


@pytest.mark.parametrize(
    "text", ["", "ten days", "0 months", "-1 months", "1 week", "10 business", "10.5 months"]
)
def test_a_term_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Term.parse(text)


@pytest.mark.parametrize(
    "content",
    ["", "id = 1", "years = [", 'id="a"\nname="b"\ntimezone="Nowhere"\nyears=[2026]',
     'id="a"\nname="b"\ntimezone="Europe/Madrid"\nyears=[2026]\n[[holidays]]\ndate="x"\nname="y"',
     'id="a"\nname="b"\ntimezone="Europe/Madrid"\nyears=[2026]\n[[holidays]]\ndate=2027-01-01\nname="y"'],
)  # fmt: skip
def test_a_broken_calendar_is_refused_with_its_reason(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(content)
    with pytest.raises(BadInput):
        load_calendar(path)


def test_the_demonstrations_calendar_loads() -> None:
    assert load_calendar("valdecandamo").years == {2026, 2027}


def test_the_command_gives_the_derivation_and_refuses_what_it_cannot_read(
    run_cli: Callable[..., Any], calendar_file: Path
) -> None:
    arguments = ["deadline", "compute", "--calendar", str(calendar_file), "--json"]
    right = run_cli(*arguments, "--start", "2026-09-10T12:00", "--term", "10 business days")
    result = json.loads(right.stdout)
    assert (right.returncode, result["due"]) == (0, "2026-09-25")
    assert set(result) == {"effective_start", "due", "days", "articles"}
    for wrong in (
        ["--start", "nonsense", "--term", "10 business days"],
        ["--start", "2026-09-10", "--term", "soon"],
        ["--start", "2027-12-30", "--term", "10 business days"],
        ["--start", "2026-09-10", "--term", "3 months", "--suspend", "2026-13-01/x"],
    ):
        done = run_cli(*arguments, *wrong)
        assert done.returncode == 2
        assert done.stderr.strip()
        assert "Traceback" not in done.stderr
