"""Terms under way: opened with their derivation, ended once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from engine.deadlines.models import Deadline, DeadlineState
from engine.deadlines.operations import end_deadline, open_deadline
from engine.deadlines.rules import term_rules
from engine.errors import BadInput
from engine.people.models import PersonKind
from engine.people.operations import register_person
from engine.townhall import TownHall


def test_a_term_keeps_how_it_was_computed(townhall: TownHall) -> None:
    """PLZ-1: ten business days leave out Saturdays, Sundays and holidays."""
    row = open_deadline(
        townhall.system("test"), rule="correction", starts_at=datetime(2026, 11, 24, 9, tzinfo=UTC)
    )
    assert row.due_at.date().isoformat() == "2026-12-10"
    counted = [day for day in row.derivation["days"] if day["counted"]]
    assert len(counted) == 10
    assert any(day["date"] == "2026-12-08" and not day["counted"] for day in row.derivation["days"])


def test_a_term_ends_once(townhall: TownHall) -> None:
    system = townhall.system("test")
    row = open_deadline(system, rule="report", starts_at=townhall.clock.now())
    end_deadline(system, deadline_id=row.id, state=DeadlineState.MET)
    end_deadline(system, deadline_id=row.id, state=DeadlineState.EXPIRED)
    with townhall.database.reading() as session:
        assert session.scalar(select(Deadline.state)) == DeadlineState.MET.value


def test_an_unknown_rule_is_refused(townhall: TownHall) -> None:
    with pytest.raises(BadInput, match="plazo"):
        open_deadline(townhall.system("test"), rule="nope", starts_at=townhall.clock.now())


def test_every_rule_names_its_article() -> None:
    assert all(rule.article and rule.title for rule in term_rules().values())


def test_a_holiday_where_the_person_lives_does_not_count_either(townhall: TownHall) -> None:
    """PLZ-7: art. 30.6; the third of December is a holiday of the neighbouring town."""

    def term_of(town: str, number: str) -> Deadline:
        person = register_person(
            townhall.system("test"),
            kind=PersonKind.INDIVIDUAL,
            document_number=number,
            name="Xuan",
            surname1="Suárez",
            address={"street": "La Fonte, 2", "town": town},
        )
        return open_deadline(
            townhall.system("test"),
            rule="correction",
            starts_at=datetime(2026, 11, 24, 9, tzinfo=UTC),
            person_id=person.id,
        )

    here = term_of("Valdecandamo", "12345678Z")
    neighbour = term_of("CASTROQUEMADO", "87654321X")
    unknown = term_of("Oviedo", "00000000T")
    assert [row.due_at.date().isoformat() for row in (here, neighbour, unknown)] == [
        "2026-12-10",
        "2026-12-11",
        "2026-12-10",
    ]
    (closed,) = [day for day in neighbour.derivation["days"] if day["date"] == "2026-12-03"]
    assert (closed["counted"], closed["why"]) == (
        False,
        "San Francisco Javier, fiesta local (Castroquemado)",
    )
    assert "30.6" in neighbour.derivation["articles"]
    assert "30.6" not in here.derivation["articles"]


def test_a_filing_is_deemed_made_by_the_seats_calendar_alone(townhall: TownHall) -> None:
    """PLZ-8: art. 31.3; a holiday where the person lives does not move the filing."""
    person = register_person(
        townhall.system("test"),
        kind=PersonKind.INDIVIDUAL,
        document_number="12345678Z",
        name="Xuan",
        surname1="Suárez",
        address={"town": "Castroquemado"},
    )
    row = open_deadline(
        townhall.system("test"),
        rule="resolve",
        starts_at=datetime(2026, 12, 3, 9, tzinfo=UTC),
        person_id=person.id,
        filing=True,
    )
    assert row.derivation["effective_start"].startswith("2026-12-03")
