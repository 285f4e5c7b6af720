"""The terrace permit in the database: its correction by law, its four eyes, its fee, its renewal."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.clock import FixedClock
from engine.deadlines.models import Deadline, DeadlineState
from engine.decisions.errors import DecisionError
from engine.procedures.package import load_procedure
from engine.townhall import TownHall
from engine.worker import drain
from engine.workflow import operations as workflow
from engine.workflow.models import InstanceState, ProcessInstance
from engine.workflow.queries import corrections_of, element_states
from tests.engine.procedures.conftest import Served, Town, files_of

NUMBER = "2026/TER/000001"


def started(town: Town) -> UUID:
    procedure = load_procedure(files_of("terrace-permit"))
    instance = workflow.start(
        town.hall.system("test"),
        definition_key=procedure.key,
        definition_version=procedure.version,
        model=procedure.model,
        decisions=procedure.decisions,
        data={"request": {"area": Decimal("12.5")}, "expediente": {"number": NUMBER}},
        person_id=town.citizen.id,
    )
    return instance.id


def found(hall: TownHall, identifier: UUID) -> tuple[str, dict[str, str]]:
    with hall.database.reading() as session:
        row = session.scalars(select(ProcessInstance).where(ProcessInstance.id == identifier)).one()
        return row.state, element_states(session, row)


def asked_to_correct(town: Town) -> Any:
    with town.hall.database.reading() as session:
        (item,) = corrections_of(session, town.citizen.id or UUID(int=0))
    return item


def test_who_does_not_correct_in_ten_business_days_has_desisted_by_a_resolution(
    town: Town, served: Served, clock: FixedClock
) -> None:
    """FIL-15: ten days to correct; then the person has desisted, by a resolution that is notified."""
    instance = started(town)
    assert town.work(town.commerce, complete=False, missing="El plano") == "admission_check"
    assert served.asked("admission_draft_requirement")["visibility"] == "internal"
    item = asked_to_correct(town)
    # From 24 November the tenth business day is 10 December: the 7th and the 8th are holidays here.
    assert item.due_at.date().isoformat() == "2026-12-10"
    clock.advance(item.due_at - clock.now() - timedelta(seconds=1))
    drain(town.hall)
    assert asked_to_correct(town).id == item.id
    clock.advance(timedelta(seconds=2))
    drain(town.hall)
    assert served.asked("admission_sign")["excluded_ids"] == [str(town.commerce.id)]
    assert served.asked("admission_draft_desisted")["kind"] == "resolution"
    assert served.asked("admission_notify")["purpose"] == "resolution"
    assert served.asked("close") == {"outcome": "desisted"}
    state, elements = found(town.hall, instance)
    assert state == InstanceState.COMPLETED.value
    assert elements["admission_term"] == "done"
    assert "admission_correct" not in elements
    assert "report_write" not in elements
    with town.hall.database.reading() as session:
        assert session.scalar(select(Deadline.state)) == DeadlineState.EXPIRED.value


def test_who_corrects_in_time_is_checked_again_and_the_term_is_met(
    town: Town, served: Served
) -> None:
    """FIL-15: the correction in time goes back to who checks."""
    instance = started(town)
    town.work(town.commerce, complete=False, missing="El plano")
    elements = found(town.hall, instance)[1]
    assert elements["communicated"] == "done"
    assert {key: state for key, state in elements.items() if key.startswith("admission")} == {
        "admission": "current",
        "admission_received": "done",
        "admission_check": "done",
        "admission_complete": "done",
        "admission_draft_requirement": "done",
        "admission_notify_requirement": "done",
        "admission_correct": "current",
    }
    item = asked_to_correct(town)
    workflow.complete(
        town.hall.call(town.citizen), work_item_id=item.id, version=1, data={"text": "Aquí está"}
    )
    assert town.only(town.commerce).element == "admission_check"
    assert found(town.hall, instance)[1]["admission_check"] == "current"
    with town.hall.database.reading() as session:
        assert session.scalar(select(Deadline.state)) == DeadlineState.MET.value


def test_the_mayor_decides_on_what_others_reported_and_proposed(town: Town, served: Served) -> None:
    """The one who proposes and the one who reports do not decide: the model says so to the circuit."""
    started(town)
    town.work(town.commerce, complete=True)
    item = town.only(town.planning)
    assert (item.element, item.due_at is not None) == ("report_write", True)
    town.work(town.planning, favourable=True, free_width="2.10", grounds="Cabe.")
    assert served.asked("report_sign")["official_id"] == str(town.planning.id)
    assert town.work(town.commerce, grant=True, grounds="Cumple.") == "resolution_propose"
    asked = served.asked("resolution_sign")
    assert (asked["role"], asked["unit"]) == ("mayor", "ALC")
    assert asked["excluded_ids"] == [str(town.commerce.id), str(town.planning.id)]
    assert served.asked("resolution_draft")["template"] == "resolution_granted"


def test_an_unfavourable_report_gives_a_hearing_before_the_proposal(
    town: Town, served: Served, clock: FixedClock
) -> None:
    """INS-4: ten days to allege, just before the proposal, when there are facts of others."""
    started(town)
    town.work(town.commerce, complete=True)
    town.work(town.planning, favourable=False, free_width="1.20", grounds="No cabe.")
    assert town.inbox(town.commerce) == ()
    item = asked_to_correct(town)
    assert (item.element, item.phase) == ("hearing_allege", "hearing")
    clock.advance(item.due_at - clock.now() + timedelta(seconds=1))
    drain(town.hall)
    assert town.work(town.commerce, grant=False, grounds="No cabe.") == "resolution_propose"
    assert served.asked("resolution_draft")["template"] == "resolution_denied"
    assert served.asked("close") == {"outcome": "denied"}


def test_a_refused_resolution_goes_back_to_the_proposal(town: Town, served: Served) -> None:
    served.answers["signing/request"] = {"signed": True}
    started(town)
    town.work(town.commerce, complete=True)
    town.work(town.planning, favourable=True, free_width="2", grounds="Cabe.")
    served.answers["signing/request"] = {"signed": False, "reason": "Falta motivar"}
    assert town.work(town.commerce, grant=True, grounds="Sí") == "resolution_propose"
    assert town.only(town.commerce).element == "resolution_propose"
    served.answers["signing/request"] = {"signed": True}
    town.work(town.commerce, grant=True, grounds="Cumple la ordenanza.")
    assert served.asked("close") == {"outcome": "granted"}


def granted(town: Town) -> UUID:
    instance = started(town)
    town.work(town.commerce, complete=True)
    town.work(town.planning, favourable=True, free_width="2", grounds="Cabe.")
    town.work(town.commerce, grant=True, grounds="Cumple.")
    return instance


def open_terms(hall: TownHall) -> list[Any]:
    with hall.database.reading() as session:
        return list(
            session.scalars(
                select(Deadline.due_at)
                .where(Deadline.state == DeadlineState.OPEN.value)
                .order_by(Deadline.due_at)
            )
        )


def test_before_a_granted_terrace_ends_its_holder_is_told_to_renew_it(
    town: Town, served: Served, clock: FixedClock
) -> None:
    instance = granted(town)
    assert NUMBER in served.asked("advise_in_force")["text"]
    assert found(town.hall, instance)[1]["watch"] == "current"
    renewal, expiry = open_terms(town.hall)
    assert (renewal.year, renewal.month, expiry.month) == (2027, 10, 11)
    clock.advance(renewal - clock.now() + timedelta(seconds=1))
    drain(town.hall)
    assert NUMBER in served.asked("advise_renewal")["text"]
    assert found(town.hall, instance)[1]["watch"] == "current"
    clock.advance(expiry - clock.now() + timedelta(seconds=1))
    drain(town.hall)
    assert NUMBER in served.asked("advise_expiry")["text"]
    assert found(town.hall, instance)[0] == InstanceState.COMPLETED.value


def test_a_terrace_that_breaks_its_conditions_is_revoked_after_a_hearing(
    town: Town, served: Served
) -> None:
    """INS-4: nobody loses a permit unheard; who proposes to revoke it does not sign it."""
    instance = granted(town)
    item = town.only(town.commerce)
    assert (item.element, item.assignee_id) == ("watch", town.commerce.id)
    workflow.complete(
        town.hall.call(town.commerce),
        work_item_id=item.id,
        version=item.version,
        data={"reason": "breach", "facts": "Ocupa el paso."},
    )
    asked = asked_to_correct(town)
    assert (asked.element, served.asked("hearing_draft")["template"]) == (
        "hearing_allege",
        "revocation_hearing",
    )
    workflow.complete(
        town.hall.call(town.citizen), work_item_id=asked.id, version=1, data={"text": "No alego."}
    )
    assert town.work(town.commerce, revoke=True, grounds="Consta.") == "revoke"
    assert served.asked("sign_revocation")["excluded_ids"] == [str(town.commerce.id)]
    assert served.asked("notification_send")["subject"].startswith("Revocación")
    assert found(town.hall, instance)[0] == InstanceState.COMPLETED.value


def test_a_pavement_left_too_narrow_is_heard_before_whatever_the_report_says(
    town: Town, served: Served
) -> None:
    """INS-4: 1.79 metres are not 1.80; in a narrow point of the old town 1.50 are enough."""
    started(town)
    town.work(town.commerce, complete=True)
    town.work(town.planning, favourable=True, free_width="1.79", grounds="Cabe.")
    assert asked_to_correct(town).element == "hearing_allege"
    assert town.inbox(town.commerce) == ()


def test_in_a_narrow_point_of_the_old_town_less_width_is_enough(town: Town, served: Served) -> None:
    started(town)
    town.work(town.commerce, complete=True)
    town.work(
        town.planning,
        favourable=True,
        free_width=Decimal("1.5"),
        consolidated=True,
        grounds="Cabe.",
    )
    assert town.only(town.commerce).element == "resolution_propose"


@pytest.mark.parametrize(
    ("area", "months", "category", "starts_on", "fee"),
    [
        ("10", 12, "first", "2026-12-31", "744.00"),
        ("10", 12, "first", "2027-01-01", "762.00"),
        ("12.5", 3, "first", "2027-05-01", "238.13"),
        ("12.5", 1, "second", "2026-06-01", "51.25"),
        ("7.25", 5, "third", "2026-03-15", "94.25"),
        ("1", 1, "third", "2030-01-01", "2.65"),
    ],
)
def test_the_fee_is_area_by_months_by_the_tariff_of_the_street_and_the_year(
    area: str, months: int, category: str, starts_on: str, fee: str
) -> None:
    """The amounts of the ordinance are dated data: those of 2027 begin on its first day."""
    procedure = load_procedure(files_of("terrace-permit"))
    answers = {"area": area, "months": months, "category": category, "starts_on": starts_on}
    assert procedure.fee_for(answers) == Decimal(fee)


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"area": "10", "months": 3, "category": "first"},
        {"area": "10", "months": 3, "category": "fourth", "starts_on": "2026-03-01"},
        {"area": "10", "months": 3, "category": "first", "starts_on": "2025-12-31"},
    ],
)
def test_without_what_it_needs_the_fee_is_not_guessed(answers: dict[str, Any]) -> None:
    with pytest.raises(DecisionError):
        load_procedure(files_of("terrace-permit")).fee_for(answers)
