"""Running processes in the database: work items, timers, signals, incidents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from engine.clock import FixedClock
from engine.deadlines.models import Deadline, DeadlineState
from engine.errors import NotFound, RuleBroken, Stale
from engine.operation import Act
from engine.services import SERVICES, InstanceView, Wait
from engine.townhall import TownHall
from engine.worker import drain
from engine.workflow import operations, queries
from engine.workflow.models import Incident, InstanceState, ProcessInstance, ProcessTask
from engine.workflow.queries import Inbox, WorkItemRow
from tests.engine.workflow.conftest import Staff
from tests.engine.workflow.models import Model, begun

PROPERTIES = "<bpmn:extensionElements><spiffworkflow:properties>{}</spiffworkflow:properties></bpmn:extensionElements>"


def person(model: Model, identifier: str, **properties: str) -> Model:
    inside = "".join(
        f'<spiffworkflow:property name="{key}" value="{value}"/>'
        for key, value in properties.items()
    )
    return model.node("userTask", identifier, f'name="{identifier}"', PROPERTIES.format(inside))


def started(hall: TownHall, model: Model, staff: Staff, **data: Any) -> ProcessInstance:
    return operations.start(
        hall.system("test"),
        definition_key="p",
        definition_version=1,
        model=model.xml(),
        data=data,
        person_id=staff.citizen.id,
    )


def inbox(hall: TownHall, actor: Any, which: Inbox) -> tuple[WorkItemRow, ...]:
    with hall.database.reading() as session:
        return queries.inbox(session, actor, which)


def instance(hall: TownHall, identifier: UUID) -> ProcessInstance:
    with hall.database.reading() as session:
        found = session.scalar(select(ProcessInstance).where(ProcessInstance.id == identifier))
        assert found is not None
        return found


def four_eyes() -> Model:
    model = begun()
    person(model, "propose", role="processor", unit="URB")
    person(model, "decide", role="processor", unit="URB", excluded="=[propose.by]")
    return model.flow("start", "propose", "decide", "end")


def test_a_work_item_is_seen_by_its_unit_and_claimed_by_one(
    townhall: TownHall, staff: Staff
) -> None:
    started(townhall, four_eyes(), staff)
    (item,) = inbox(townhall, staff.first, Inbox.UNASSIGNED)
    assert (item.element, item.unit_name) == ("propose", "Urbanismo")
    assert inbox(townhall, staff.other, Inbox.ALL) == ()
    with pytest.raises(NotFound):
        operations.claim(townhall.call(staff.other), work_item_id=item.id, version=item.version)
    operations.claim(townhall.call(staff.first), work_item_id=item.id, version=item.version)
    with pytest.raises(Stale):
        operations.claim(townhall.call(staff.second), work_item_id=item.id, version=item.version)
    assert [row.id for row in inbox(townhall, staff.first, Inbox.MINE)] == [item.id]
    with pytest.raises(NotFound):
        operations.complete(
            townhall.call(staff.second), work_item_id=item.id, data={}, version=item.version + 1
        )


def test_who_proposed_does_not_decide(townhall: TownHall, staff: Staff) -> None:
    begun_ = started(townhall, four_eyes(), staff)
    (item,) = inbox(townhall, staff.first, Inbox.UNASSIGNED)
    operations.claim(townhall.call(staff.first), work_item_id=item.id, version=1)
    operations.complete(
        townhall.call(staff.first), work_item_id=item.id, data={"text": "sí"}, version=2
    )
    assert inbox(townhall, staff.first, Inbox.ALL) == ()
    (decide,) = inbox(townhall, staff.second, Inbox.UNASSIGNED)
    with pytest.raises(NotFound):
        operations.claim(townhall.call(staff.first), work_item_id=decide.id, version=1)
    operations.claim(townhall.call(staff.second), work_item_id=decide.id, version=1)
    operations.complete(townhall.call(staff.second), work_item_id=decide.id, data={}, version=2)
    assert instance(townhall, begun_.id).state == InstanceState.COMPLETED.value
    with townhall.database.reading() as session:
        data = queries.data_of(session, instance(townhall, begun_.id))
    assert data["propose"]["text"] == "sí"
    assert data["propose"]["by"] == str(staff.first.id)


def test_completing_twice_is_stale_and_moves_once(townhall: TownHall, staff: Staff) -> None:
    started(townhall, four_eyes(), staff)
    (item,) = inbox(townhall, staff.first, Inbox.UNASSIGNED)
    operations.claim(townhall.call(staff.first), work_item_id=item.id, version=1)
    operations.complete(townhall.call(staff.first), work_item_id=item.id, data={}, version=2)
    with pytest.raises(Stale):
        operations.complete(townhall.call(staff.first), work_item_id=item.id, data={}, version=2)
    assert len(inbox(townhall, staff.second, Inbox.ALL)) == 1


def test_a_step_writes_few_rows(townhall: TownHall, staff: Staff) -> None:
    model = person(begun(), "ask", role="processor", unit="URB")
    model.node("exclusiveGateway", "again", 'default="again_end"').flow(
        "start", "ask", "again", "end"
    )
    model.when("again", "ask", "ask.n &lt; 30")
    begun_ = started(townhall, model, staff)
    changed = []
    for turn in range(30):
        (item,) = inbox(townhall, staff.first, Inbox.UNASSIGNED)
        operations.claim(townhall.call(staff.first), work_item_id=item.id, version=1)
        townhall.clock.advance(timedelta(seconds=1))  # type: ignore[attr-defined]
        operations.complete(
            townhall.call(staff.first), work_item_id=item.id, data={"n": turn + 1}, version=2
        )
        with townhall.database.reading() as session:
            changed.append(
                session.scalar(
                    select(func.count()).where(ProcessTask.changed_at == townhall.clock.now())
                )
            )
    assert max(changed) <= 3
    assert changed[5] == changed[-2]
    assert instance(townhall, begun_.id).state == InstanceState.COMPLETED.value


def correction() -> Model:
    model = person(begun(), "correct", kind="correction", phase="correction")
    model.timer("expired", "deadline: correction", "correct")
    person(model, "withdrawn", role="processor", unit="URB")
    person(model, "go_on", role="processor", unit="URB")
    return model.flow("start", "correct", "go_on", "end").flow("expired", "withdrawn", "end")


def test_a_correction_waits_ten_business_days_and_then_the_timer_fires(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    """FIL-15: ten business days to correct (art. 68.1)."""
    started(townhall, correction(), staff)
    with townhall.database.reading() as session:
        (item,) = queries.corrections_of(session, staff.citizen.id or UUID(int=0))
        (term,) = session.scalars(select(Deadline))
    # Constitution Day moves the tenth business day: 7 and 8 December 2026 are holidays here.
    assert item.due_at == term.due_at
    assert term.due_at.date() > datetime(2026, 12, 8).date()  # noqa: DTZ001 - a date
    drain(townhall)
    assert inbox(townhall, staff.first, Inbox.ALL) == ()
    clock.advance(term.due_at - clock.now() + timedelta(seconds=1))
    drain(townhall)
    (withdrawn,) = inbox(townhall, staff.first, Inbox.ALL)
    assert withdrawn.element == "withdrawn"
    with townhall.database.reading() as session:
        assert queries.corrections_of(session, staff.citizen.id or UUID(int=0)) == ()
        assert session.scalar(select(Deadline.state)) == DeadlineState.EXPIRED.value


def test_only_the_interested_person_answers_a_correction_and_its_term_is_met(
    townhall: TownHall, staff: Staff
) -> None:
    started(townhall, correction(), staff)
    with townhall.database.reading() as session:
        (item,) = queries.corrections_of(session, staff.citizen.id or UUID(int=0))
        with pytest.raises(NotFound):
            queries.work_item(session, item.id, staff.first)
    operations.complete(townhall.call(staff.citizen), work_item_id=item.id, data={}, version=1)
    assert [row.element for row in inbox(townhall, staff.first, Inbox.ALL)] == ["go_on"]
    with townhall.database.reading() as session:
        assert session.scalar(select(Deadline.state)) == DeadlineState.MET.value


@pytest.fixture
def service() -> Iterator[dict[str, Any]]:
    """A service of the test, which does what the test tells it."""
    told: dict[str, Any] = {"answer": Wait, "seen": []}

    def called(act: Act, view: InstanceView, **parameters: Any) -> Any:
        told["seen"].append((act.actor.kind, view.reference, parameters))
        if isinstance(told["answer"], Exception):
            raise told["answer"]
        return Wait(view.reference) if told["answer"] is Wait else told["answer"]

    SERVICES["test/service"] = called
    yield told
    del SERVICES["test/service"]


def served() -> Model:
    model = begun().service("serve", "test/service", "served", document="1 + 1")
    return person(model, "after", role="processor", unit="URB").flow(
        "start", "serve", "after", "end"
    )


def test_a_service_that_answers_later_is_woken_by_its_signal_once(
    townhall: TownHall, staff: Staff, service: dict[str, Any]
) -> None:
    begun_ = started(townhall, served(), staff)
    ((kind, reference, parameters),) = service["seen"]
    assert (kind.value, parameters) == ("system", {"document": 2})
    assert inbox(townhall, staff.first, Inbox.ALL) == ()
    call = townhall.system("test")
    assert operations.signalled(call, reference=reference, result={"signed": True})
    assert not operations.signalled(call, reference=reference, result={"signed": True})
    assert len(inbox(townhall, staff.first, Inbox.ALL)) == 1
    with townhall.database.reading() as session:
        data = queries.data_of(session, instance(townhall, begun_.id))
    assert data["served"] == {"signed": True}


def test_a_failing_service_is_an_incident_that_can_be_retried(
    townhall: TownHall, staff: Staff, service: dict[str, Any]
) -> None:
    service["answer"] = RuleBroken("Falta la plantilla.")
    begun_ = started(townhall, served(), staff)
    with townhall.database.reading() as session:
        (incident,) = queries.incidents(session)
    assert (incident.message, incident.kind) == ("Falta la plantilla.", "service")
    assert instance(townhall, begun_.id).state == InstanceState.INCIDENT.value
    service["answer"] = 7
    assert operations.retry(townhall.system("test"), incident_id=incident.id, reason="Añadida.")
    assert instance(townhall, begun_.id).state == InstanceState.RUNNING.value
    assert len(inbox(townhall, staff.first, Inbox.ALL)) == 1
    with pytest.raises(RuleBroken):
        operations.retry(townhall.system("test"), incident_id=incident.id, reason="Otra vez.")


def test_a_service_that_refuses_a_persons_step_tells_the_person_and_nothing_moves(
    townhall: TownHall, staff: Staff, service: dict[str, Any]
) -> None:
    model = person(begun(), "before", role="processor", unit="URB")
    model.service("serve", "test/service").flow("start", "before", "serve", "end")
    started(townhall, model, staff)
    service["answer"] = RuleBroken("No es su contrato.")
    operations.claim(
        townhall.call(staff.first),
        work_item_id=inbox(townhall, staff.first, Inbox.ALL)[0].id,
        version=1,
    )
    (item,) = inbox(townhall, staff.first, Inbox.MINE)
    with pytest.raises(RuleBroken, match="No es su contrato"):
        operations.complete(townhall.call(staff.first), work_item_id=item.id, data={}, version=2)
    assert inbox(townhall, staff.first, Inbox.MINE) == (item,)
    service["answer"] = None
    operations.complete(townhall.call(staff.first), work_item_id=item.id, data={}, version=2)


def test_a_model_that_fails_on_its_data_is_an_incident_that_names_the_element(
    townhall: TownHall, staff: Staff
) -> None:
    model = begun().timer("wait", "missing.date")
    begun_ = started(townhall, model.flow("start", "wait", "end"), staff)
    found = instance(townhall, begun_.id)
    with townhall.database.reading() as session:
        (incident,) = session.scalars(select(Incident))
    assert found.state == InstanceState.INCIDENT.value
    assert incident.element == "wait"


def test_a_cancelled_instance_has_no_work_left(townhall: TownHall, staff: Staff) -> None:
    begun_ = started(townhall, correction(), staff)
    operations.cancel(townhall.system("test"), instance_id=begun_.id, reason="Desistimiento")
    with townhall.database.reading() as session:
        assert queries.corrections_of(session, staff.citizen.id or UUID(int=0)) == ()
        assert session.scalar(select(Deadline.state)) == DeadlineState.CANCELLED.value


def test_what_a_step_writes_last_is_what_the_instance_knows(
    townhall: TownHall, staff: Staff
) -> None:
    """Ten scripts of one transition, all at the same instant."""
    model = begun()
    names = [f"count_{turn}" for turn in range(10)]
    for turn, name in enumerate(names):
        model.script(name, f"{{ n: {turn} }}")
    person(model, "ask", role="processor", unit="URB").flow("start", *names, "ask", "end")
    begun_ = started(townhall, model, staff)
    with townhall.database.reading() as session:
        assert queries.data_of(session, instance(townhall, begun_.id))["n"] == 9
