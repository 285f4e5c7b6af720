"""What a model throws and nobody can keep: nothing of the step stays, and it is sent once mended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from engine.townhall import TownHall
from engine.worker import drain
from engine.workflow import operations
from engine.workflow.events import operations as events
from engine.workflow.events.models import EventState, EventSubscription, SentEvent
from engine.workflow.models import (
    Incident,
    InstanceState,
    ProcessHistory,
    ProcessInstance,
    ProcessTask,
    ProcessTimer,
)
from engine.workflow.surgery.corrections import Correction
from engine.workflow.surgery.operations import correct_and_retry
from tests.engine.workflow.events.drawings import Drawing, drawn, event, payload, variable

DEEP: Any = "bottom"
for _ in range(56):
    DEEP = [DEEP]


def throws(feel: str) -> Drawing:
    """It waits to be asked, tells, and waits again."""
    drawing = drawn().catches("asked", event("message", "ask"))
    drawing.throws("say", event("message", "tell", payload(feel)))
    drawing.catches("again", event("message", "again")).flow(
        "start", "asked", "say", "again", "end"
    )
    return drawing.declares("message", "ask", "tell", "again")


def hears() -> Drawing:
    drawing = drawn().catches("heard", event("message", "tell", variable("got")))
    return drawing.flow("start", "heard", "end").declares("message", "tell")


def begin(hall: TownHall, drawing: Drawing, **data: Any) -> UUID:
    return operations.start(
        hall.system("test"),
        definition_key="p",
        definition_version=1,
        model=drawing.xml(),
        data=data,
    ).id


def kept(hall: TownHall, instance_id: UUID) -> tuple[Any, ...]:
    """What is stored of an instance and of what it threw."""
    with hall.database.reading() as session:
        (row,) = session.scalars(select(ProcessInstance).where(ProcessInstance.id == instance_id))
        sent = session.scalars(select(SentEvent.name).where(SentEvent.source_id == instance_id))
        waits = session.scalars(
            select(EventSubscription.name).where(EventSubscription.instance_id == instance_id)
        )
        counted = [
            session.scalar(
                select(func.count()).select_from(table).where(table.instance_id == instance_id)
            )
            for table in (ProcessTask, ProcessHistory, ProcessTimer)
        ]
        return row.state, row.version, sorted(sent), sorted(waits), counted


def incidents(hall: TownHall) -> list[Incident]:
    with hall.database.reading() as session:
        return list(session.scalars(select(Incident).where(Incident.resolved_at.is_(None))))


@pytest.mark.parametrize(
    ("feel", "wrong", "right", "reason"),
    [
        ("{a: {b: {c: {d: {e: request}}}}}", DEEP, [1], "demasiados niveles"),
        ("for each in 1..request return each", 30_000, 2, "el límite son 100000"),
    ],
)
def test_what_cannot_be_kept_leaves_an_incident_and_is_sent_once_when_mended(
    townhall: TownHall, feel: str, wrong: Any, right: Any, reason: str
) -> None:
    hearing = begin(townhall, hears())
    begun = begin(townhall, throws(feel), request=wrong)
    _, *before = kept(townhall, begun)
    events.send_message(townhall.system("test"), name="ask")
    for _ in range(2):
        (incident,) = incidents(townhall)
        assert (incident.element, reason in incident.message) == ("say", True)
        assert incident.message.startswith("say: ")
        stopped, version, sent, waits, rows = kept(townhall, begun)
        assert stopped == InstanceState.INCIDENT.value
        # The incident has the message that was taken: nobody else's is for this wait.
        assert [version, sent, waits, rows] == [*before[:2], [], before[3]]
        call = townhall.system("test")
        assert not operations.retry(call, incident_id=incident.id, reason="Otra vez.")
    (incident,) = incidents(townhall)
    assert correct_and_retry(
        townhall.system("test"),
        incident_id=incident.id,
        corrections=[Correction("request", right)],
        reason="El dato no cabía.",
    )
    assert kept(townhall, begun)[2:4] == (["tell"], ["again"])
    drain(townhall)
    with townhall.database.reading() as session:
        (told,) = session.scalars(select(SentEvent).where(SentEvent.source_id == begun))
        assert (told.state, told.instance_id) == (EventState.DELIVERED.value, hearing)
    assert incidents(townhall) == []


def test_a_process_that_throws_too_much_at_once_is_kept_as_it_was_filed(
    townhall: TownHall,
) -> None:
    drawing = drawn().throws("say", event("message", "tell", payload("{a: {b: {c: {d: {e: x}}}}}")))
    drawing.catches("again", event("message", "again")).flow("start", "say", "again", "end")
    begun = begin(townhall, drawing.declares("message", "tell", "again"), x=DEEP)
    (incident,) = incidents(townhall)
    assert kept(townhall, begun) == (InstanceState.INCIDENT.value, 0, [], [], [0, 0, 0])
    assert correct_and_retry(
        townhall.system("test"),
        incident_id=incident.id,
        corrections=[Correction("x", 1)],
        reason="El dato no cabía.",
    )
    state, version, sent, waits, _ = kept(townhall, begun)
    assert (state, version, sent, waits) == (InstanceState.RUNNING.value, 1, ["tell"], ["again"])
