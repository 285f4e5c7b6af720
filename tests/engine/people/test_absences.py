"""Absences: who writes them down, who may be a substitute, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.audit.models import AuditEvent, AuditPersonalData
from engine.clock import FixedClock
from engine.errors import BadInput, NotFound, RuleBroken, Stale
from engine.people import operations as people
from engine.people.absences import operations, queries
from engine.people.absences.models import Absence, AbsenceKind
from engine.people.queries import load_official_actor
from engine.townhall import Call, TownHall

TODAY = date(2026, 11, 24)
LAST = TODAY + timedelta(days=4)
_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"

Record = Callable[..., Absence]


@pytest.fixture
def staff(townhall: TownHall) -> dict[str, UUID]:
    """Two of a unit with its head, one of another unit, who administers, who audits."""
    system = townhall.system("test")
    units = {
        code: people.create_unit(system, code=code, dir3=f"LA000000{number}", name=code).id
        for number, code in enumerate(("URB", "REN"))
    }
    found = {}
    posts = {
        "nel": ("processor", "URB"),
        "llara": ("technician", "URB"),
        "berta": ("head", "URB"),
        "xurde": ("processor", "REN"),
        "ada": ("administrator", "REN"),
        "aurelia": ("auditor", "URB"),
    }
    for number, (name, (role, unit)) in enumerate(posts.items(), start=12345678):
        official = people.register_official(
            system,
            code=name,
            document_number=f"{number}{_LETTERS[number % 23]}",
            name=name.capitalize(),
            surname1="Prida",
            surname2="Cueto",
            title="Personal funcionario",
        )
        people.assign_post(
            system,
            official_id=official.id,
            unit_id=units[unit],
            role=role,
            valid_from=TODAY,
        )
        found[name] = official.id
    return found


@pytest.fixture
def call(townhall: TownHall, staff: dict[str, UUID]) -> Callable[[str], Call]:
    def make(name: str) -> Call:
        with townhall.database.reading() as session:
            return townhall.call(load_official_actor(session, staff[name], TODAY))

    return make


@pytest.fixture
def record(staff: dict[str, UUID], call: Callable[[str], Call]) -> Record:
    def make(name: str, substitute: str | None = "llara", by: str = "", **more: date) -> Absence:
        return operations.record_absence(
            call(by or name),
            official_id=staff[name],
            substitute_id=staff[substitute] if substitute else None,
            starts_on=more.get("starts_on", TODAY),
            ends_on=more.get("ends_on", LAST),
            kind=AbsenceKind.ILLNESS,
        )

    return make


def test_an_official_writes_down_their_own_absence_with_a_substitute_of_their_unit(
    townhall: TownHall, staff: dict[str, UUID], record: Record
) -> None:
    row = record("nel")
    assert (row.official_id, row.substitute_id, row.recorded_by) == (
        staff["nel"],
        staff["llara"],
        staff["nel"],
    )
    with townhall.database.reading() as session:
        assert list(queries.away(session, LAST)) == [staff["nel"]]
        assert queries.away(session, LAST + timedelta(days=1)) == {}
        (absent,) = load_official_actor(session, staff["llara"], TODAY).stands_for
    assert absent.id == staff["nel"]
    assert absent.holds("processor")


def test_why_somebody_is_away_stands_beside_the_event_and_not_in_it(
    townhall: TownHall, record: Record
) -> None:
    row = record("nel")
    with townhall.database.reading() as session:
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.type == "people.record_absence")
        ).one()
        kept = session.scalars(
            select(AuditPersonalData.value).where(AuditPersonalData.event_id == event.id)
        ).all()
    body = json.loads(event.body)
    assert b"illness" not in event.body
    assert kept == ["illness"]
    assert body["object"]["id"] == str(row.id)
    assert body["basis"] == "art. 13 de la Ley 40/2015"


def test_the_head_of_the_unit_and_the_administrator_write_those_of_others(record: Record) -> None:
    assert record("nel", by="berta").substitute_id is not None
    assert (
        record(
            "xurde",
            "llara",
            starts_on=LAST + timedelta(days=1),
            ends_on=LAST + timedelta(days=2),
            by="ada",
        ).substitute_id
        is not None
    )


@pytest.mark.parametrize("stranger", ["llara", "xurde"])
def test_nobody_else_does(record: Record, stranger: str) -> None:
    with pytest.raises(NotFound):
        record("nel", by=stranger)


def test_a_substitute_of_another_unit_is_chosen_by_the_head_and_not_by_oneself(
    record: Record,
) -> None:
    for name in ("nel", "berta"):
        with pytest.raises(RuleBroken, match="de su unidad"):
            record(name, "xurde")
    record("nel", "xurde", by="berta")
    record("berta", "llara")


def test_who_audits_stands_in_for_nobody_and_nobody_for_them(record: Record) -> None:
    """ENS op.acc.3 R1: the auditor's role is held with no other, not even for a while."""
    for name, substitute in (("nel", "aurelia"), ("aurelia", "nel")):
        with pytest.raises(RuleBroken, match="audita"):
            record(name, substitute, by="ada")


def test_nobody_is_their_own_substitute(record: Record) -> None:
    with pytest.raises(BadInput) as wrong:
        record("nel", "nel")
    assert wrong.value.errors[0][0] == "substitute_id"


def test_who_is_away_on_those_days_is_no_substitute(record: Record) -> None:
    record("llara", None, starts_on=LAST, ends_on=LAST)
    with pytest.raises(RuleBroken, match="también está ausente del 28/11/2026 al 28/11/2026"):
        record("nel")
    record("nel", starts_on=TODAY, ends_on=LAST - timedelta(days=1))


def test_two_absences_of_one_official_do_not_overlap(record: Record) -> None:
    record("nel")
    with pytest.raises(RuleBroken, match="Ya consta una ausencia del 24/11/2026 al 28/11/2026"):
        record("nel", starts_on=LAST, ends_on=LAST + timedelta(days=9))
    record("nel", starts_on=LAST + timedelta(days=1), ends_on=LAST + timedelta(days=9))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (TODAY + timedelta(days=2), TODAY + timedelta(days=1)),
        (TODAY - timedelta(days=3), TODAY - timedelta(days=1)),
        (TODAY, TODAY + timedelta(days=366)),
    ],
)
def test_days_that_cannot_be_are_refused(record: Record, first: date, last: date) -> None:
    with pytest.raises(BadInput) as wrong:
        record("nel", starts_on=first, ends_on=last)
    assert wrong.value.errors[0][0] == "ends_on"


def test_an_absence_is_ended_once_by_whose_it_is_or_who_manages_it(
    townhall: TownHall, staff: dict[str, UUID], record: Record, call: Callable[[str], Call]
) -> None:
    row = record("nel")
    for stranger in ("llara", "xurde"):
        with pytest.raises(NotFound):
            operations.end_absence(call(stranger), absence_id=row.id, version=1)
    with pytest.raises(Stale):
        operations.end_absence(call("nel"), absence_id=row.id, version=9)
    operations.end_absence(call("berta"), absence_id=row.id, version=1)
    with pytest.raises(RuleBroken, match="ya había terminado"):
        operations.end_absence(call("nel"), absence_id=row.id, version=2)
    with townhall.database.reading() as session:
        assert queries.away(session, TODAY) == {}
        assert load_official_actor(session, staff["llara"], TODAY).stands_for == ()
    record("nel")


def test_an_absence_that_is_over_by_its_days_is_not_ended_again(
    record: Record, call: Callable[[str], Call], clock: FixedClock
) -> None:
    row = record("nel")
    clock.advance(timedelta(days=5))
    with pytest.raises(RuleBroken):
        operations.end_absence(call("nel"), absence_id=row.id, version=1)


def test_each_sees_their_own_the_ones_they_stand_in_for_and_those_they_manage(
    townhall: TownHall, record: Record, call: Callable[[str], Call], staff: dict[str, UUID]
) -> None:
    record("nel")
    record("xurde", None)
    with townhall.database.reading() as session:

        def seen(name: str) -> set[UUID]:
            rows = queries.visible(session, call(name).actor, TODAY)
            return {row.official_id for row in rows}

        assert seen("nel") == seen("llara") == seen("berta") == {staff["nel"]}
        assert seen("xurde") == {staff["xurde"]}
        assert seen("ada") == {staff["nel"], staff["xurde"]}
        assert seen("aurelia") == set()
