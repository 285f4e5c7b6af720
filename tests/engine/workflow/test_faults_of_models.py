"""What is the model's fault is an incident, what is the person's is told to them; who did what is not data."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.townhall import TownHall
from engine.workflow import operations, queries
from engine.workflow.codec import NotStorable
from engine.workflow.definitions import check_process
from engine.workflow.models import InstanceState, WorkItem, WorkState
from tests.engine.workflow.conftest import Staff
from tests.engine.workflow.models import begun
from tests.engine.workflow.test_process_operations import instance, person, started


def do(hall: TownHall, staff: Staff, instance_id: UUID, **data: Any) -> None:
    with hall.database.reading() as session:
        item = session.scalars(
            select(WorkItem).where(
                WorkItem.instance_id == instance_id, WorkItem.completed_at.is_(None)
            )
        ).one()
    if item.state == WorkState.OPEN.value:
        operations.claim(hall.call(staff.first), work_item_id=item.id, version=item.version)
        item.version += 1
    operations.complete(
        hall.call(staff.first), work_item_id=item.id, data=data, version=item.version
    )


def excluded(hall: TownHall, instance_id: UUID, element: str) -> list[str]:
    with hall.database.reading() as session:
        item = session.scalars(
            select(WorkItem).where(WorkItem.instance_id == instance_id, WorkItem.element == element)
        ).one()
        return item.excluded


def test_what_a_model_computes_and_cannot_be_kept_is_an_incident(
    townhall: TownHall, staff: Staff
) -> None:
    model = begun()
    person(model, "ask", role="processor", unit="URB")
    model.script(
        "grow", '{ huge: string join(for i in 1..33000 return "una línea bien larga de texto, ") }'
    )
    begun_ = started(townhall, model.flow("start", "ask", "grow", "end"), staff)
    do(townhall, staff, begun_.id, text="sí")
    assert instance(townhall, begun_.id).state == InstanceState.INCIDENT.value
    with townhall.database.reading() as session:
        (incident,) = queries.incidents(session)
    assert incident.message


@pytest.mark.parametrize(
    "answer", ["a\x00b", "x" * 1_100_000, 10**5000], ids=["null", "long", "number"]
)
def test_what_a_person_answers_and_cannot_be_kept_is_told_to_them(
    townhall: TownHall, staff: Staff, answer: Any
) -> None:
    model = begun()
    person(model, "ask", role="processor", unit="URB")
    begun_ = started(townhall, model.flow("start", "ask", "end"), staff)
    with pytest.raises(NotStorable):
        do(townhall, staff, begun_.id, text=answer)
    assert instance(townhall, begun_.id).state == InstanceState.RUNNING.value
    do(townhall, staff, begun_.id, text="sí")
    assert instance(townhall, begun_.id).state == InstanceState.COMPLETED.value


def test_a_start_with_more_than_can_be_kept_is_refused(townhall: TownHall, staff: Staff) -> None:
    model = begun().user("ask").flow("start", "ask", "end")
    with pytest.raises(NotStorable, match="grandes"):
        started(townhall, model, staff, letter="x" * 10_000_000)


def test_who_did_an_element_is_excluded_whatever_the_data_say(
    townhall: TownHall, staff: Staff
) -> None:
    model = begun()
    person(model, "propose", role="processor", unit="URB")
    model.script("forget", "{ propose: null }")
    person(model, "decide", role="processor", unit="URB", excluded="performer of propose")
    model.flow("start", "propose", "forget", "decide", "end")
    begun_ = started(townhall, model, staff)
    do(townhall, staff, begun_.id, text="sí")
    assert excluded(townhall, begun_.id, "decide") == [str(staff.first.id)]


def test_who_did_an_earlier_turn_is_excluded_too(townhall: TownHall, staff: Staff) -> None:
    model = begun()
    person(model, "propose", role="processor", unit="URB")
    model.node("exclusiveGateway", "again", 'default="again_decide"')
    person(model, "decide", role="processor", unit="URB", excluded="performer of propose")
    model.flow("start", "propose", "again", "decide", "end")
    model.when("again", "propose", "propose.again = true")
    begun_ = started(townhall, model, staff)
    do(townhall, staff, begun_.id, again=True)
    with townhall.database.reading() as session:
        item = session.scalars(
            select(WorkItem).where(
                WorkItem.instance_id == begun_.id, WorkItem.completed_at.is_(None)
            )
        ).one()
    operations.claim(townhall.call(staff.second), work_item_id=item.id, version=item.version)
    operations.complete(
        townhall.call(staff.second),
        work_item_id=item.id,
        data={"again": False},
        version=item.version + 1,
    )
    assert set(excluded(townhall, begun_.id, "decide")) == {
        str(staff.first.id),
        str(staff.second.id),
    }


def test_a_performer_of_what_nobody_does_is_found_by_the_check() -> None:
    model = begun()
    person(model, "decide", role="processor", unit="URB", excluded="performer of propose, start")
    findings = check_process(model.flow("start", "decide", "end").xml())
    told = {item.message for item in findings if item.code == "performer"}
    assert len(told) == 2
    assert any("«propose»" in message for message in told)
