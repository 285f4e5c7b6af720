"""What an incident stops, and the act from which the term of a timer counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.clock import FixedClock
from engine.deadlines.models import Deadline
from engine.errors import RuleBroken
from engine.operation import Act
from engine.services import SERVICES, InstanceView, Wait
from engine.townhall import TownHall
from engine.worker import drain
from engine.workflow import operations, queries
from engine.workflow.definitions import check_process
from engine.workflow.models import Incident, InstanceState, ProcessInstance, ProcessTimer
from tests.engine.workflow.conftest import Staff
from tests.engine.workflow.models import Model, begun
from tests.engine.workflow.test_process_operations import inbox, instance, person, started


@pytest.fixture
def service() -> Iterator[dict[str, Any]]:
    """A service that fails while the test says so, and else waits for its signal."""
    told: dict[str, Any] = {"fails": False, "references": []}

    def called(act: Act, view: InstanceView) -> Any:
        if told["fails"]:
            raise RuleBroken("Falta la plantilla.")
        told["references"].append(view.reference)
        return Wait(view.reference)

    SERVICES["test/service"] = called
    yield told
    del SERVICES["test/service"]


def notified_then_asked(text: str) -> Model:
    """The person is notified, and then has a term to correct."""
    model = begun().service("notify", "test/service", "notice")
    person(model, "correct", kind="correction").timer("expired", text, "correct")
    person(model, "late", role="processor", unit="URB")
    person(model, "go_on", role="processor", unit="URB")
    return model.flow("start", "notify", "correct", "go_on", "end").flow("expired", "late", "end")


@pytest.mark.parametrize(
    ("text", "starts_at", "due"),
    [
        (
            "deadline: correction from notice.at",
            datetime(2026, 11, 16, 22, 59, 59, tzinfo=UTC),
            "2026-11-30",
        ),
        ("deadline: correction", None, "2026-12-10"),
    ],
)
def test_a_term_counts_from_the_notification_and_not_from_when_the_town_knows_of_it(
    townhall: TownHall,
    staff: Staff,
    service: dict[str, Any],
    text: str,
    starts_at: datetime | None,
    due: str,
) -> None:
    """PLZ-2: the day after the notification is the first, though it is learnt days later."""
    started(townhall, notified_then_asked(text), staff)
    # The last second of 16 November in Madrid, when the ten days to open it ended.
    answer = {"at": "2026-11-16T22:59:59+00:00"}
    call = townhall.system("test")
    assert operations.signalled(call, reference=service["references"][0], result=answer)
    with townhall.database.reading() as session:
        (term,) = session.scalars(select(Deadline))
    expected = starts_at or townhall.clock.now()
    assert (term.starts_at, term.due_at.date().isoformat()) == (expected, due)


def test_a_term_that_begins_in_no_date_is_an_incident(
    townhall: TownHall, staff: Staff, service: dict[str, Any]
) -> None:
    begun_ = started(townhall, notified_then_asked("deadline: correction from notice.at"), staff)
    call = townhall.system("test")
    operations.signalled(call, reference=service["references"][0], result={"at": "ayer"})
    assert instance(townhall, begun_.id).state == InstanceState.INCIDENT.value


def test_the_start_of_a_term_that_is_not_feel_is_found_by_the_check() -> None:
    model = notified_then_asked("deadline: correction from notice.(at")
    assert [item.element for item in check_process(model.xml()) if item.code == "feel"] == [
        "expired"
    ]


def stopped_after_correcting(townhall: TownHall, staff: Staff) -> tuple[ProcessInstance, Incident]:
    """The person corrected in time and the next step failed on its data."""
    model = person(begun(), "correct", kind="correction").timer(
        "expired", "deadline: correction", "correct"
    )
    person(model, "late", role="processor", unit="URB")
    person(model, "go_on", role="processor", unit="URB")
    model.timer("wait", "missing.date")
    model.flow("start", "correct", "wait", "go_on", "end").flow("expired", "late", "end")
    begun_ = started(townhall, model, staff)
    with townhall.database.reading() as session:
        (item,) = queries.corrections_of(session, staff.citizen.id or UUID(int=0))
    operations.complete(
        townhall.call(staff.citizen), work_item_id=item.id, data={"amount": 1}, version=1
    )
    with townhall.database.reading() as session:
        (incident,) = session.scalars(select(Incident))
    return begun_, incident


def test_who_corrected_in_time_has_not_desisted_though_the_next_step_failed(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    """FIL-15: the term does not run out on who answered, while somebody mends the process."""
    begun_, incident = stopped_after_correcting(townhall, staff)
    with townhall.database.reading() as session:
        (timer,) = session.scalars(select(ProcessTimer))
    clock.advance(timedelta(days=40))
    drain(townhall)
    assert not operations.fire_timer(townhall.system("test"), timer_id=timer.id)
    assert instance(townhall, begun_.id).state == InstanceState.INCIDENT.value
    assert inbox(townhall, staff.first, queries.Inbox.ALL) == ()
    assert not operations.retry(townhall.system("test"), incident_id=incident.id, reason="Otra.")
    with townhall.database.reading() as session:
        assert [row.element for row in queries.incidents(session)] == ["wait"]


def test_a_cancelled_process_leaves_no_incident_to_retry(townhall: TownHall, staff: Staff) -> None:
    begun_, incident = stopped_after_correcting(townhall, staff)
    operations.cancel(townhall.system("test"), instance_id=begun_.id, reason="Desistimiento")
    with townhall.database.reading() as session:
        assert queries.incidents(session) == ()
    with pytest.raises(RuleBroken, match="ha terminado"):
        operations.retry(townhall.system("test"), incident_id=incident.id, reason="Otra vez.")
    assert instance(townhall, begun_.id).state == InstanceState.CANCELLED.value


def test_a_step_beside_an_incident_goes_on_and_the_incident_stays(
    townhall: TownHall, staff: Staff, service: dict[str, Any]
) -> None:
    """Two branches: what one left undone is not offered again when the other moves."""
    model = begun().node("parallelGateway", "fork").node("parallelGateway", "join")
    person(model, "one", role="processor", unit="URB").timer("stop", "missing.date")
    model.service("serve", "test/service", "served")
    person(model, "two", role="processor", unit="URB")
    model.flow("start", "fork", "one", "stop", "join", "end").flow("fork", "serve", "two", "join")
    begun_ = started(townhall, model, staff)
    (item,) = inbox(townhall, staff.first, queries.Inbox.ALL)
    operations.claim(townhall.call(staff.first), work_item_id=item.id, version=1)
    operations.complete(townhall.call(staff.first), work_item_id=item.id, data={}, version=2)
    assert instance(townhall, begun_.id).state == InstanceState.INCIDENT.value
    call = townhall.system("test")
    assert operations.signalled(call, reference=service["references"][0], result={})
    assert [row.element for row in inbox(townhall, staff.first, queries.Inbox.ALL)] == ["two"]
    assert instance(townhall, begun_.id).state == InstanceState.INCIDENT.value
