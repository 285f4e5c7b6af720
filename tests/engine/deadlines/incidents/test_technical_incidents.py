"""A technical incident extends the terms that have not ended, by the exact days that it publishes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.clock import FixedClock, madrid_date
from engine.deadlines.incidents.models import IncidentCause, TechnicalIncident
from engine.deadlines.incidents.operations import declare_incident, end_incident
from engine.deadlines.incidents.queries import extendable, incident, incidents
from engine.deadlines.models import (
    ChangeKind,
    Deadline,
    DeadlineChange,
    DeadlineExtension,
    DeadlineState,
)
from engine.deadlines.moves import moves
from engine.deadlines.operations import end_deadline, open_deadline, suspend
from engine.errors import BadInput, RuleBroken
from engine.townhall import TownHall

BEGUN = datetime(2026, 11, 24, 9, tzinfo=UTC)
Declare = Callable[..., TechnicalIncident]


@pytest.fixture
def declare(townhall: TownHall) -> Declare:
    def declare(**changed: Any) -> TechnicalIncident:
        now = townhall.clock.now()
        values: dict[str, Any] = {
            "title": "La sede no admitía firmas",
            "cause": IncidentCause.TECHNICAL,
            "services": "Presentación de solicitudes",
            "reason": "Nadie pudo firmar durante la mañana.",
            "from_at": now - timedelta(hours=2),
            "until_at": None,
            "extension_days": 2,
        }
        return declare_incident(townhall.system("test"), **{**values, **changed})

    return declare


def begin(townhall: TownHall, rule: str = "correction", starts_at: datetime = BEGUN) -> Deadline:
    return open_deadline(townhall.system("test"), rule=rule, starts_at=starts_at)


def due(townhall: TownHall, row: Deadline) -> str:
    with townhall.database.reading() as session:
        found = session.scalar(select(Deadline.due_at).where(Deadline.id == row.id))
    assert found is not None
    return madrid_date(found).isoformat()


def test_every_term_that_has_not_ended_gets_the_days_that_are_published(
    townhall: TownHall, declare: Declare
) -> None:
    """PLZ-16: art. 32.4; the correction of the 10th of December, a Thursday, ends on the 14th."""
    rows = [begin(townhall), begin(townhall, "allegations")]
    row = declare()
    assert [due(townhall, each) for each in rows] == ["2026-12-14", "2026-12-14"]
    assert (row.extension, row.extended, row.moved) == ("2 business days", 2, 2)
    assert row.article == "art. 32.4 de la Ley 39/2015"
    with townhall.database.reading() as session:
        changes = session.scalars(select(DeadlineChange)).all()
        extensions = session.scalars(select(DeadlineExtension)).all()
        listed = moves(session, row.id)
    assert {change.kind for change in changes} == {ChangeKind.INCIDENT}
    assert {extension.reference for extension in extensions} == {row.id}
    assert {move.deadline_id for move in listed} == {each.id for each in rows}


def test_the_derivation_of_an_extended_term_cites_the_article(
    townhall: TownHall, declare: Declare
) -> None:
    """PLZ-16: the days that were added are told as any other."""
    row = begin(townhall)
    declare(cause=IncidentCause.CYBER)
    with townhall.database.reading() as session:
        found = session.scalar(select(Deadline).where(Deadline.id == row.id))
    assert found is not None
    assert any("32.5" in article for article in found.derivation["articles"])
    assert [day["date"] for day in found.derivation["days"]][-1] == "2026-12-14"


def test_a_term_that_is_over_is_never_brought_back(
    townhall: TownHall, clock: FixedClock, declare: Declare
) -> None:
    """PLZ-16: only what has not ended; a term past its last second that nobody has closed yet is over."""
    over, met = begin(townhall), begin(townhall, "allegations")
    end_deadline(townhall.system("test"), deadline_id=met.id, state=DeadlineState.MET)
    clock.advance(timedelta(days=16, hours=14))  # the 10th, at 23:59 less an hour
    last = begin(townhall, "correction", clock.now())
    clock.advance(timedelta(hours=1))
    row = declare()
    assert due(townhall, over) == "2026-12-10"
    assert due(townhall, met) == "2026-12-10"
    assert row.extended == 1
    with townhall.database.reading() as session:
        assert session.scalars(select(DeadlineExtension.deadline_id)).all() == [last.id]


def test_a_term_in_its_last_second_is_extended(
    townhall: TownHall, clock: FixedClock, declare: Declare
) -> None:
    """PLZ-16: not ended is not ended, to the last second."""
    row = begin(townhall)
    clock.advance(row.due_at - clock.now())
    declare()
    assert due(townhall, row) == "2026-12-14"


def test_what_the_town_hall_has_to_do_is_not_extended(townhall: TownHall, declare: Declare) -> None:
    """PLZ-16: the rule says so in the data (`incident = false`)."""
    row = begin(townhall, "report")
    before = due(townhall, row)
    assert declare().extended == 0
    assert due(townhall, row) == before


def test_a_suspended_term_gets_its_days_when_it_goes_on(
    townhall: TownHall, declare: Declare
) -> None:
    row = begin(townhall)
    with townhall.database.reading() as session:
        assert extendable(session, townhall.clock.now()) == 1
    maximum = begin(townhall, "resolve")
    suspend(
        townhall.system("test"),
        deadline_id=maximum.id,
        cause="22.1.a",
        at=townhall.clock.now(),
        reason="Falta un documento",
    )
    assert declare().extended == 1
    assert due(townhall, row) == "2026-12-14"


def test_two_incidents_add_up(townhall: TownHall, declare: Declare) -> None:
    """PLZ-16: each publishes its own extension."""
    row = begin(townhall)
    declare()
    declare(extension_days=1)
    assert due(townhall, row) == "2026-12-15"


def test_an_incident_of_the_notification_platform_extends_the_access_to_what_waits_there(
    townhall: TownHall, declare: Declare
) -> None:
    """NOT-14: RD 203/2021, art. 44.4; the ten days to open a notification end later, and it is published."""
    row = begin(townhall, "notification_access")
    before = due(townhall, row)
    found = declare(title="La DEHú no respondía", services="Acceso a las notificaciones")
    assert due(townhall, row) > before
    with townhall.database.reading() as session:
        (published,) = incidents(session)
    assert (published.title, published.extension.spanish) == (
        "La DEHú no respondía",
        "2 días hábiles",
    )
    assert published.extended == found.extended == 1


def test_an_incident_says_when_it_ended_once(
    townhall: TownHall, clock: FixedClock, declare: Declare
) -> None:
    row = declare()
    call = townhall.system("test")
    with pytest.raises(BadInput, match="entre el comienzo"):
        end_incident(call, incident_id=row.id, until_at=clock.now() + timedelta(hours=1))
    end_incident(call, incident_id=row.id, until_at=clock.now())
    with pytest.raises(RuleBroken, match="terminada"):
        end_incident(call, incident_id=row.id, until_at=clock.now())
    with townhall.database.reading() as session:
        found = incident(session, row.id)
    assert found is not None
    assert (found.lasting, found.until_at) == (False, clock.now())


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": " "}, "title"),
        ({"services": ""}, "services"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
        ({"extension_days": 0}, "days"),
        ({"extension_days": 61}, "days"),
        ({"from_at": datetime(2027, 1, 1, tzinfo=UTC)}, "from"),
        ({"until_at": datetime(2026, 11, 23, tzinfo=UTC)}, "until"),
    ],
)
def test_an_incident_that_cannot_be_is_refused_by_its_field(
    declare: Declare, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as wrong:
        declare(**changed)
    assert field in dict(wrong.value.errors)
