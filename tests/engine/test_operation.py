"""The operation: permission, one transaction, an audit event, jobs."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from engine.audit.events import leaf_hash
from engine.audit.models import AuditEvent, AuditPersonalData
from engine.errors import BadInput, NotFound, Refused, RuleBroken, Stale
from engine.jobs import JOBS, job
from engine.operation import OPERATIONS, Act, operation
from engine.people import operations as people
from engine.people.models import Channel, Person, PersonKind
from engine.people.queries import anonymous_actor, load_citizen_actor
from engine.permissions import Actor, ActorKind
from engine.townhall import TownHall


@pytest.fixture
def register_a_company(townhall: TownHall) -> Person:
    return people.register_person(
        townhall.system("test"),
        kind=PersonKind.COMPANY,
        document_number="B33000001",
        name="Sidrería El Chigre, S. L.",
    )


@pytest.fixture
def declared() -> Any:
    """Declare operations and jobs for one test and forget them afterwards."""
    operations, jobs = dict(OPERATIONS), dict(JOBS)
    yield
    OPERATIONS.clear()
    OPERATIONS.update(operations)
    JOBS.clear()
    JOBS.update(jobs)


def events(townhall: TownHall) -> list[AuditEvent]:
    with townhall.database.reading() as session:
        return list(session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


def test_an_operation_leaves_one_event_that_says_who_what_and_when(
    townhall: TownHall, register_a_company: Person
) -> None:
    (event,) = events(townhall)
    body = json.loads(event.body)
    assert body["type"] == "people.register_person"
    assert body["object"] == {"kind": "person", "id": str(register_a_company.id)}
    assert body["actor"]["kind"] == "system"
    assert body["at"] == "2026-11-24T09:00:00.000000Z"
    assert event.leaf == leaf_hash(event.body)


def test_the_body_of_an_event_holds_no_personal_data(
    townhall: TownHall, register_a_company: Person
) -> None:
    (event,) = events(townhall)
    assert b"B33000001" not in event.body
    assert b"Chigre" not in event.body
    with townhall.database.reading() as session:
        values = {row.key: row.value for row in session.scalars(select(AuditPersonalData))}
    assert values["document"] == "B33000001"


def test_a_refusal_changes_nothing_and_is_recorded(townhall: TownHall) -> None:
    with pytest.raises(Refused) as refusal:
        people.create_unit(
            townhall.call(anonymous_actor()), code="URB", dir3="LA0000001", name="Urbanismo"
        )
    assert refusal.value.permission == "people.create_unit"
    (event,) = events(townhall)
    assert (event.result, event.type) == ("refused", "people.create_unit")


def test_a_failed_operation_rolls_everything_back_and_is_recorded(
    townhall: TownHall, declared: None
) -> None:
    @operation("test.half_done")
    def half_done(act: Act) -> None:
        people.create_unit(act, code="URB", dir3="LA0000001", name="Urbanismo")
        raise RuleBroken("No se puede.")

    call = townhall.call(_with(townhall.system("t").actor, "test.half_done"))
    with pytest.raises(RuleBroken):
        half_done(call)
    (event,) = events(townhall)
    assert (event.type, event.result) == ("test.half_done", "failed")
    with townhall.database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM unit")) == 0


def test_an_operation_called_inside_another_joins_its_transaction_and_keeps_its_event(
    townhall: TownHall, declared: None
) -> None:
    @operation("test.outer")
    def outer(act: Act) -> None:
        people.create_unit(act, code="URB", dir3="LA0000001", name="Urbanismo")

    outer(townhall.call(_with(townhall.system("t").actor, "test.outer")))
    assert [event.type for event in events(townhall)] == ["people.create_unit", "test.outer"]


def test_a_job_exists_only_if_its_operation_commits(townhall: TownHall, declared: None) -> None:
    @job("test.job")
    def handler(_call: object, *, unit: str) -> None:
        raise AssertionError("nobody runs it here")

    @operation("test.defers")
    def defers(act: Act, *, fail: bool) -> None:
        act.defer("test.job", unit="URB")
        if fail:
            raise RuleBroken("No.")

    call = townhall.call(_with(townhall.system("t").actor, "test.defers"))
    defers(call, fail=False)
    with pytest.raises(RuleBroken):
        defers(call, fail=True)
    with townhall.database.reading() as session:
        rows = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert [(name, args["arguments"]) for name, args in rows] == [("test.job", {"unit": "URB"})]


def test_the_application_role_can_append_to_the_record_and_nothing_else(
    townhall: TownHall, register_a_company: Person
) -> None:
    for statement in (
        "UPDATE audit_event SET type = 'other'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        (
            "INSERT INTO audit_event SELECT * FROM audit_event ON CONFLICT (entity_id, id) "
            "DO UPDATE SET type = 'other'"
        ),
    ):
        with pytest.raises(DBAPIError), townhall.database.transaction() as session:
            session.execute(text(statement))


def test_reading_sessions_cannot_write(townhall: TownHall) -> None:
    with pytest.raises(DBAPIError), townhall.database.reading() as session:
        session.execute(text("DELETE FROM person"))


def test_a_session_sees_only_the_rows_of_its_entity(
    townhall: TownHall, register_a_company: Person
) -> None:
    with townhall.database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO person SELECT 2, gen_random_uuid(), kind, document_kind, document_number,"
                " name, surname1, surname2, display_name, sort_key, email, phone, address, channel,"
                " obliged, created_at, version FROM person"
            )
        )
    with townhall.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 1
        assert len(session.scalars(select(Person)).all()) == 1


def test_every_name_of_permission_is_an_operation_or_declared_by_one() -> None:
    assert all(info.permission for info in OPERATIONS.values())


def test_a_bad_document_number_is_refused_in_plain_spanish(townhall: TownHall) -> None:
    with pytest.raises(BadInput, match="revise la letra"):
        people.register_person(
            townhall.system("t"),
            kind=PersonKind.INDIVIDUAL,
            document_number="12345678A",
            name="Xana",
            surname1="Fueyo",
        )


def test_fil_4_a_legal_person_cannot_leave_the_electronic_channel(
    townhall: TownHall, register_a_company: Person
) -> None:
    """FIL-4: legal persons are obliged to relate electronically (art. 14.2)."""
    assert register_a_company.channel == "electronic"
    with pytest.raises(RuleBroken, match="personas jurídicas"):
        people.change_contact(
            townhall.system("t"),
            person_id=register_a_company.id,
            email="",
            phone="",
            channel=Channel.PAPER,
            version=1,
        )


def test_contact_data_changed_in_another_window_is_not_overwritten(
    townhall: TownHall, register_a_company: Person
) -> None:
    def change(version: int) -> None:
        people.change_contact(
            townhall.system("t"),
            person_id=register_a_company.id,
            email="a@example.org",
            phone="",
            channel=Channel.ELECTRONIC,
            version=version,
        )

    change(1)
    with pytest.raises(Stale):
        change(1)


def test_another_citizen_cannot_change_somebody_elses_contact_data(
    townhall: TownHall, register_a_company: Person
) -> None:
    stranger = people.register_person(
        townhall.system("t"),
        kind=PersonKind.INDIVIDUAL,
        document_number="12345678Z",
        name="Xana",
        surname1="Fueyo",
    )
    actor = _citizen(townhall, stranger.id)
    with pytest.raises(NotFound):
        people.change_contact(
            townhall.call(actor),
            person_id=register_a_company.id,
            email="",
            phone="",
            channel=Channel.ELECTRONIC,
            version=1,
        )


def test_fil_7_a_power_lasts_five_years_at_most(
    townhall: TownHall, register_a_company: Person
) -> None:
    """FIL-7: the register of powers admits five years (art. 6.6)."""
    with pytest.raises(BadInput, match="cinco años"):
        people.grant_power(
            townhall.system("t"),
            grantor_id=register_a_company.id,
            attorney_id=register_a_company.id,
            scope="town",
            source="apud acta",
            valid_from=date(2026, 1, 1),
            valid_to=date(2031, 1, 2),
        )


def test_fil_6_nobody_acts_for_another_without_a_power_in_force(
    townhall: TownHall, register_a_company: Person
) -> None:
    """FIL-6: representation must be accredited (art. 5)."""
    attorney = people.register_person(
        townhall.system("t"),
        kind=PersonKind.INDIVIDUAL,
        document_number="12345678Z",
        name="Xana",
        surname1="Fueyo",
    )
    with pytest.raises(NotFound, match="representación"):
        _citizen(townhall, attorney.id, register_a_company.id)
    people.grant_power(
        townhall.system("t"),
        grantor_id=register_a_company.id,
        attorney_id=attorney.id,
        scope="town",
        source="apud acta",
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
    )
    actor = _citizen(townhall, attorney.id, register_a_company.id)
    assert actor.interested_id == register_a_company.id
    with townhall.database.reading() as session, pytest.raises(NotFound):
        load_citizen_actor(session, attorney.id, date(2027, 1, 1), register_a_company.id)


def _citizen(townhall: TownHall, person_id: UUID, on_behalf_of: UUID | None = None) -> Actor:
    with townhall.database.reading() as session:
        return load_citizen_actor(session, person_id, date(2026, 11, 24), on_behalf_of)


def _with(actor: Actor, *permissions: str) -> Actor:
    return Actor(
        ActorKind.SYSTEM,
        permissions=actor.permissions | set(permissions),
        roles=actor.roles,
        process="test",
    )
