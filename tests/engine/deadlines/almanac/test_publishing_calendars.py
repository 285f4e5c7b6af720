"""A published change of calendar counts from then on, and moves the open terms that it touches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from engine.clock import FixedClock, madrid_date
from engine.deadlines.almanac.drafts import Place
from engine.deadlines.almanac.duties import settle_calendars
from engine.deadlines.almanac.models import CalendarEdition, EditionState, Level
from engine.deadlines.almanac.operations import (
    discard_calendar,
    propose_calendar,
    propose_day,
    publish_calendar,
)
from engine.deadlines.almanac.queries import edition, places
from engine.deadlines.calendars import NoCalendarForYear
from engine.deadlines.models import ChangeKind, Deadline, DeadlineChange, DeadlineState
from engine.deadlines.moves import moves
from engine.deadlines.operations import end_deadline, open_deadline
from engine.deadlines.redating import Redated
from engine.deadlines.seat import seat_calendar
from engine.errors import BadInput, NotFound, RuleBroken, Stale
from engine.townhall import TownHall
from tests.engine.deadlines.almanac.conftest import next_year, packaged

Begin = Callable[..., Deadline]
Publish = Callable[..., Redated]


def due(townhall: TownHall, row: Deadline) -> str:
    with townhall.database.reading() as session:
        found = session.scalar(select(Deadline.due_at).where(Deadline.id == row.id))
    assert found is not None
    return madrid_date(found).isoformat()


def test_a_day_more_moves_the_terms_that_count_it_and_lists_them(
    townhall: TownHall, begin: Begin, add_day: Publish
) -> None:
    """PLZ-18: a changed calendar dates again the open terms, and says which, from when and to when."""
    inside, after = begin(), begin(starts_at=datetime(2026, 12, 14, 9, tzinfo=UTC))
    found = add_day("valdecandamo", date(2026, 12, 1))
    assert (due(townhall, inside), due(townhall, after)) == ("2026-12-11", "2026-12-29")
    assert (found.count, [each.deadline_id for each in found.changed]) == (1, [inside.id])
    with townhall.database.reading() as session:
        row = session.scalar(select(DeadlineChange))
        assert row is not None
        (move,) = moves(session, row.reference or inside.id)
    assert (row.kind, row.article) == (ChangeKind.CALENDAR, "art. 30.6 de la Ley 39/2015")
    assert "01/12/2026 pasa a ser inhábil (Fiesta nueva)" in row.why
    assert madrid_date(move.previous_due_at) == date(2026, 12, 10)
    assert madrid_date(move.due_at) == date(2026, 12, 11)


def test_the_derivation_of_a_moved_term_names_the_new_day(
    townhall: TownHall, begin: Begin, add_day: Publish
) -> None:
    row = begin()
    add_day("asturias", date(2026, 12, 1), "Luto oficial")
    with townhall.database.reading() as session:
        found = session.scalar(select(Deadline).where(Deadline.id == row.id))
    assert found is not None
    (day,) = [each for each in found.derivation["days"] if each["date"] == "2026-12-01"]
    assert (day["counted"], "Luto oficial" in day["why"]) == (False, True)


def test_a_day_less_brings_the_end_forward(
    townhall: TownHall, begin: Begin, add_day: Publish
) -> None:
    row = begin()
    add_day("asturias", date(2026, 12, 7), "")
    assert due(townhall, row) == "2026-12-09"


def test_a_term_is_never_ended_in_the_past_by_a_change(
    townhall: TownHall, clock: FixedClock, begin: Begin, add_day: Publish
) -> None:
    """The last day that was told to the person stands when the corrected one has gone by."""
    row = begin()
    clock.advance(timedelta(days=16))  # the 10th of December, the last day
    found = add_day("asturias", date(2026, 12, 7), "")
    assert due(townhall, row) == "2026-12-10"
    assert (found.moved, found.kept) == (0, (row.id,))


def test_a_term_that_ended_stays_as_it_was(
    townhall: TownHall, begin: Begin, add_day: Publish
) -> None:
    row = begin()
    end_deadline(townhall.system("test"), deadline_id=row.id, state=DeadlineState.MET)
    assert add_day("valdecandamo", date(2026, 12, 1)).count == 0
    assert due(townhall, row) == "2026-12-10"


def test_the_days_of_the_person_s_town_move_only_their_terms(
    townhall: TownHall, begin: Begin, add_day: Publish
) -> None:
    """PLZ-7: art. 30.6; the neighbour's new holiday does not count for the neighbour alone."""
    here, neighbour = begin(), begin(town="Castroquemado")
    found = add_day("castroquemado", date(2026, 12, 1))
    assert [each.deadline_id for each in found.changed] == [neighbour.id]
    assert (due(townhall, here), due(townhall, neighbour)) == ("2026-12-10", "2026-12-14")


def test_a_day_of_the_state_counts_in_every_town(
    townhall: TownHall, begin: Begin, add_day: Publish
) -> None:
    """PLZ-18: a town's calendar holds the days of its region and of the State."""
    rows = begin(), begin(town="Castroquemado")
    assert add_day("espana", date(2026, 12, 1)).moved == 2
    assert [due(townhall, row) for row in rows] == ["2026-12-11", "2026-12-14"]


def test_a_new_town_s_calendar_reaches_the_terms_of_those_who_live_there(
    townhall: TownHall, begin: Begin, publish: Publish
) -> None:
    """PLZ-7: until it was loaded nobody knew that town's days."""
    row, here = begin(town="Oviedo"), begin()
    draft = packaged("castroquemado")
    year = replace(draft.years[0], days={date(2026, 12, 2): "Fiesta local"})
    other = replace(draft.years[1], days={})
    place = Place("oviedo", "Oviedo", Level.TOWN, "asturias", "OVIEDO")
    publish(replace(draft, place=place, years=(year, other)))
    assert (due(townhall, row), due(townhall, here)) == ("2026-12-11", "2026-12-10")


def test_a_year_is_covered_when_town_region_and_state_have_it(
    townhall: TownHall, publish: Publish
) -> None:
    """PLZ-18: half a calendar is no calendar."""
    start = datetime(2027, 12, 30, 9, tzinfo=UTC)

    def end() -> Deadline:
        return open_deadline(townhall.system("test"), rule="correction", starts_at=start)

    for code in ("espana", "asturias"):
        publish(next_year(packaged(code)))
        with pytest.raises(NoCalendarForYear, match="2028"):
            end()
    publish(next_year(packaged("valdecandamo")))
    assert end().due_at.date().isoformat() == "2028-01-14"
    with townhall.database.reading() as session:
        covered = {row.code: row.covered for row in places(session)}
    assert covered["valdecandamo"] == (2026, 2027, 2028)
    assert covered["castroquemado"] == (2026, 2027)


def test_a_term_that_waited_for_a_year_is_dated_when_it_is_loaded(
    townhall: TownHall, publish: Publish, add_day: Publish
) -> None:
    """PLZ-18: what needs a year without calendar stays as it was and is told, never guessed."""
    row = open_deadline(
        townhall.system("test"), rule="correction", starts_at=datetime(2027, 12, 16, 9, tzinfo=UTC)
    )
    assert due(townhall, row) == "2027-12-30"
    found = add_day("valdecandamo", date(2027, 12, 30), "Fiesta de fin de año")
    assert (found.moved, found.uncounted) == (1, ())
    assert due(townhall, row) == "2027-12-31"
    found = add_day("valdecandamo", date(2027, 12, 31), "Nochevieja")
    assert (found.moved, found.uncounted) == (0, (row.id,))
    assert due(townhall, row) == "2027-12-31"
    for code in ("espana", "asturias", "valdecandamo"):
        publish(next_year(packaged(code)))
    assert due(townhall, row) == "2028-01-03"


def test_what_is_foreseen_is_what_then_happens_and_nothing_changes_before(
    townhall: TownHall, begin: Begin
) -> None:
    rows = [begin() for _ in range(3)]
    begin(starts_at=datetime(2027, 3, 1, 9, tzinfo=UTC))
    call = townhall.system("test")
    proposed = propose_day(
        call, calendar="valdecandamo", day=date(2026, 12, 1), name="Fiesta", source="Bando"
    )
    assert (proposed.concerned, proposed.moved, proposed.left) == (3, 3, 0)
    assert {due(townhall, row) for row in rows} == {"2026-12-10"}
    assert date(2026, 12, 1) not in seat_calendar(townhall).holidays
    publish_calendar(call, edition_id=proposed.id)
    assert {due(townhall, row) for row in rows} == {"2026-12-11"}
    assert date(2026, 12, 1) in seat_calendar(townhall).holidays


def test_an_edition_is_decided_once(townhall: TownHall) -> None:
    call = townhall.system("test")

    def propose(day: int) -> CalendarEdition:
        return propose_day(
            call, calendar="valdecandamo", day=date(2026, 12, day), name="Fiesta", source="Bando"
        )

    first, second = propose(1), propose(1)
    discard_calendar(call, edition_id=first.id)
    with pytest.raises(RuleBroken, match="decidida"):
        publish_calendar(call, edition_id=first.id)
    publish_calendar(call, edition_id=second.id)
    with pytest.raises(RuleBroken, match="decidida"):
        discard_calendar(call, edition_id=second.id)
    with townhall.database.reading() as session:
        found = [edition(session, row.id) for row in (first, second)]
    assert [row and row.state for row in found] == [EditionState.DISCARDED, EditionState.PUBLISHED]


def test_an_edition_prepared_on_another_calendar_is_refused(townhall: TownHall) -> None:
    call = townhall.system("test")
    rows = [
        propose_day(
            call, calendar="valdecandamo", day=date(2026, 12, day), name="Fiesta", source="Bando"
        )
        for day in (1, 2)
    ]
    publish_calendar(call, edition_id=rows[0].id)
    with pytest.raises(Stale, match="ha cambiado"):
        publish_calendar(call, edition_id=rows[1].id)


def test_a_term_opened_while_the_calendar_was_being_published_is_looked_at_again(
    townhall: TownHall, clock: FixedClock, begin: Begin, add_day: Publish
) -> None:
    """An act that began before counts by the old days; a minute later it is put right."""
    add_day("valdecandamo", date(2026, 12, 1))
    old = replace(seat_calendar(townhall), holidays={date(2026, 12, 7): "", date(2026, 12, 8): ""})
    townhall.parts["calendar"] = old
    row = begin()
    del townhall.parts["calendar"]
    settle_calendars(townhall)
    assert due(townhall, row) == "2026-12-10"
    clock.advance(timedelta(minutes=3))
    settle_calendars(townhall)
    assert due(townhall, row) == "2026-12-11"
    with townhall.database.reading() as session:
        assert session.scalars(select(CalendarEdition.moved)).all() == [1]
    settle_calendars(townhall)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"parent": "cantabria"}, "parent"),
        ({"parent": None, "level": Level.REGION}, "parent"),
        ({"parent": "castroquemado"}, "parent"),
        ({"parent": "lugo"}, "parent"),
        ({"municipality": "Valdecandamo"}, "municipality"),
        ({"code": "Lugo!"}, "code"),
        ({"code": "asturias", "parent": "espana"}, "level"),
        ({"timezone": "Europe/Nowhere"}, "timezone"),
        ({"name": ""}, "name"),
    ],
)
def test_a_place_that_cannot_be_is_refused_by_its_field(
    townhall: TownHall, change: dict[str, object], field: str
) -> None:
    good = Place("lugo", "Lugo", Level.TOWN, "asturias")
    draft = replace(
        packaged("castroquemado"),
        place=replace(good, **change),  # type: ignore[arg-type]
    )
    with pytest.raises(BadInput) as wrong:
        propose_calendar(townhall.system("test"), draft=draft, origin="prueba")
    assert field in dict(wrong.value.errors)


def test_what_changes_nothing_is_not_an_edition(townhall: TownHall) -> None:
    with pytest.raises(BadInput, match="nada que cambiar"):
        propose_calendar(townhall.system("test"), draft=packaged("asturias"), origin="prueba")


@pytest.mark.parametrize(
    ("day", "name", "source", "field"),
    [
        (date(2030, 1, 1), "Año Nuevo", "Bando", "day"),
        (date(2026, 6, 24), "San Juan", "Bando", "day"),
        (date(2026, 12, 8), "", "Bando", "day"),
        (date(2026, 12, 1), "Fiesta", " ", "source"),
        (date(2026, 12, 1), "F" * 300, "Bando", "days"),
    ],
)
def test_a_day_that_cannot_change_is_refused_by_its_field(
    townhall: TownHall, day: date, name: str, source: str, field: str
) -> None:
    with pytest.raises(BadInput) as wrong:
        propose_day(
            townhall.system("test"), calendar="valdecandamo", day=day, name=name, source=source
        )
    assert field in dict(wrong.value.errors)


def test_a_day_of_a_calendar_that_is_not_loaded_is_not_found(townhall: TownHall) -> None:
    with pytest.raises(NotFound):
        propose_day(
            townhall.system("test"), calendar="nope", day=date(2026, 1, 1), name="a", source="b"
        )
