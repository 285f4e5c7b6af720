"""Messages and signals between instances, with the real database, its jobs and its duties."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from engine.clock import FixedClock
from engine.errors import BadInput, Refused, RuleBroken
from engine.ids import new_id
from engine.operation import Act
from engine.permissions import Actor, ActorKind
from engine.services import SERVICES, InstanceView
from engine.townhall import TownHall
from engine.worker import drain
from engine.workflow import operations as workflow
from engine.workflow import queries as reads
from engine.workflow.events import operations as events
from engine.workflow.events.models import EventState, EventSubscription, SentEvent
from engine.workflow.events.queries import undelivered, waiting_for
from engine.workflow.models import Incident, InstanceState, ProcessInstance
from tests.engine.workflow.events.drawings import (
    Drawing,
    drawn,
    event,
    inner,
    keyed,
    payload,
    variable,
)


def begin(hall: TownHall, drawing: Drawing, **data: Any) -> UUID:
    return workflow.start(
        hall.system("test"),
        definition_key="p",
        definition_version=1,
        model=drawing.xml(),
        data=data,
    ).id


def state(hall: TownHall, instance_id: UUID) -> str:
    with hall.database.reading() as session:
        found = session.scalar(
            select(ProcessInstance.state).where(ProcessInstance.id == instance_id)
        )
        assert found is not None
        return found


def data(hall: TownHall, instance_id: UUID) -> dict[str, Any]:
    with hall.database.reading() as session:
        found = session.scalar(select(ProcessInstance).where(ProcessInstance.id == instance_id))
        assert found is not None
        return reads.data_of(session, found)


def send(hall: TownHall, name: str = "reply", **given: Any) -> events.Delivery:
    return events.send_message(hall.system("test"), name=name, **given)


def waits(name: str = "reply", *, key: bool = True) -> Drawing:
    """It waits for a message, with the file that its data names, and keeps what it brings."""
    inside = variable("got") + (keyed("file", "id") if key else "")
    drawing = drawn().catches("answered", event("message", name, inside))
    drawing.flow("start", "answered", "end").declares("message", name)
    return drawing.correlates("file", name, "file") if key else drawing


COMPLETED, RUNNING = InstanceState.COMPLETED.value, InstanceState.RUNNING.value


def test_of_two_that_wait_the_one_with_the_key_gets_the_message(townhall: TownHall) -> None:
    first, second = (begin(townhall, waits(), id=each) for each in ("E-1", "E-2"))
    delivery = send(townhall, payload={"file": "E-2", "amount": Decimal("10.50")})
    assert (delivery.state, delivery.instance_id) == (EventState.DELIVERED, second)
    assert (state(townhall, first), state(townhall, second)) == (RUNNING, COMPLETED)
    assert data(townhall, second)["got"] == {"file": "E-2", "amount": Decimal("10.50")}
    assert send(townhall, payload=None, correlation={"file": "E-1"}).instance_id == first


def test_a_number_is_the_same_key_however_it_is_written(townhall: TownHall) -> None:
    begun = begin(townhall, waits(), id=Decimal("7.0"))
    assert send(townhall, payload={"file": 7}).instance_id == begun


def test_a_message_with_another_key_is_kept_and_seen_until_its_term_runs_out(
    townhall: TownHall, clock: FixedClock
) -> None:
    begun = begin(townhall, waits(), id="E-1")
    delivery = send(townhall, payload={"file": "E-9"}, keep=timedelta(days=2))
    assert (delivery.state, state(townhall, begun)) == (EventState.WAITING, RUNNING)
    clock.advance(timedelta(days=3))
    drain(townhall)
    with townhall.database.reading() as session:
        assert [row.state for row in undelivered(session)] == [EventState.EXPIRED]
    late = begin(townhall, waits(), id="E-9")
    drain(townhall)
    assert state(townhall, late) == RUNNING


def test_a_message_that_came_first_is_delivered_to_who_waits_for_it_later(
    townhall: TownHall,
) -> None:
    assert send(townhall, payload={"file": "E-1"}).state is EventState.WAITING
    other, begun = (begin(townhall, waits(), id=each) for each in ("E-2", "E-1"))
    drain(townhall)
    assert (state(townhall, other), state(townhall, begun)) == (RUNNING, COMPLETED)


def test_a_message_that_its_receiver_could_not_see_yet_is_tried_again(
    townhall: TownHall, clock: FixedClock
) -> None:
    begun = begin(townhall, waits(), id="E-1")
    with townhall.database.transaction() as session:
        session.add(
            SentEvent(
                kind="message",
                name="reply",
                payload={"file": "E-1"},
                correlation={},
                state=EventState.WAITING.value,
                sent_at=clock.now(),
                tried_at=clock.now(),
                expires_at=clock.now() + timedelta(days=1),
            )
        )
    drain(townhall)
    assert state(townhall, begun) == COMPLETED


def test_a_message_sent_twice_has_one_effect(townhall: TownHall) -> None:
    first = begin(townhall, waits(key=False))
    message_id = new_id()
    assert send(townhall, payload=1, message_id=message_id).instance_id == first
    second = begin(townhall, waits(key=False))
    again = send(townhall, payload=1, message_id=message_id)
    assert (again.state, again.instance_id) == (EventState.DELIVERED, first)
    for _ in range(2):
        events.deliver_event(townhall.system("test"), event_id=message_id)
    drain(townhall)
    assert state(townhall, second) == RUNNING


def test_a_message_that_fits_two_goes_to_none_until_only_one_waits(townhall: TownHall) -> None:
    first, second = (begin(townhall, waits(key=False)) for _ in range(2))
    assert send(townhall, payload=1).state is EventState.AMBIGUOUS
    drain(townhall)
    assert state(townhall, second) == RUNNING
    workflow.cancel(townhall.system("test"), instance_id=first, reason="Desistimiento")
    drain(townhall)
    assert state(townhall, second) == COMPLETED


def test_what_one_throws_another_gets_once(townhall: TownHall) -> None:
    drawing = drawn().throws("tell", event("message", "reply", payload("{file: id, n: 1 + 1}")))
    drawing.flow("start", "tell", "end").declares("message", "reply")
    drawing.correlates("file", "reply", "file")
    other, begun = (begin(townhall, waits(), id=each) for each in ("E-2", "E-1"))
    assert state(townhall, begin(townhall, drawing, id="E-1")) == COMPLETED
    assert state(townhall, begun) == RUNNING
    drain(townhall)
    assert (state(townhall, other), state(townhall, begun)) == (RUNNING, COMPLETED)
    assert data(townhall, begun)["got"] == {"file": "E-1", "n": 2}


def hears(name: str = "holiday") -> Drawing:
    drawing = drawn().catches("heard", event("signal", name))
    return drawing.flow("start", "heard", "end").declares("signal", name)


def test_a_signal_reaches_fifty_each_in_its_own_job_and_once(townhall: TownHall) -> None:
    all_ = [begin(townhall, hears()) for _ in range(50)]
    other = begin(townhall, hears("other"))
    signal_id = new_id()
    call = townhall.system("test")
    assert events.broadcast_signal(call, name="holiday", signal_id=signal_id) == 50
    assert events.broadcast_signal(call, name="holiday", signal_id=signal_id) == 0
    assert {state(townhall, each) for each in all_} == {RUNNING}
    assert drain(townhall) == 50
    assert {state(townhall, each) for each in all_} == {COMPLETED}
    assert state(townhall, other) == RUNNING
    late = begin(townhall, hears())
    drain(townhall)
    assert state(townhall, late) == RUNNING


def test_a_signal_given_twice_to_an_instance_has_one_effect(townhall: TownHall) -> None:
    drawing = drawn().catches("one", event("signal", "s")).catches("two", event("signal", "s"))
    begun = begin(townhall, drawing.flow("start", "one", "two", "end").declares("signal", "s"))
    signal_id, call = new_id(), townhall.system("test")
    events.broadcast_signal(call, name="s", signal_id=signal_id)
    assert events.deliver_signal(call, event_id=signal_id, instance_id=begun)
    assert not events.deliver_signal(call, event_id=signal_id, instance_id=begun)
    drain(townhall)
    assert state(townhall, begun) == RUNNING


def test_a_signal_thrown_by_a_model_reaches_the_others_and_itself_once(townhall: TownHall) -> None:
    thrower = drawn().node("parallelGateway", "fork").node("parallelGateway", "join")
    thrower.catches("ask", event("message", "go")).throws("tell", event("signal", "holiday"))
    thrower.catches("first", event("signal", "holiday")).catches(
        "again", event("signal", "holiday")
    )
    thrower.flow("start", "fork", "ask", "tell", "join", "end")
    thrower.flow("fork", "first", "again", "join")
    begun = begin(townhall, thrower.declares("signal", "holiday").declares("message", "go"))
    other = begin(townhall, hears())
    send(townhall, "go")
    drain(townhall)
    assert (state(townhall, other), state(townhall, begun)) == (COMPLETED, RUNNING)
    with townhall.database.reading() as session:
        assert [row.element for row in waiting_for(session, begun)] == ["again"]


def starting() -> Drawing:
    drawing = Drawing().starts("asked", event("message", "request", variable("got")))
    drawing.catches("answered", event("message", "reply", keyed("file", "got.file")))
    drawing.node("endEvent", "end").flow("asked", "answered", "end")
    return drawing.declares("message", "request", "reply").correlates("file", "reply", "file")


def test_a_message_starts_the_published_model_that_begins_with_it(
    townhall: TownHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(SERVICES, events.STARTER)
    assert send(townhall, "request", payload={"file": "E-1"}).state is EventState.WAITING
    call, model = townhall.system("test"), starting().xml()
    for version in (1, 2):
        given = {"definition_key": "vado", "definition_version": version, "model": model}
        assert events.register_starts(call, **given) == 1
    delivery = send(townhall, "request", payload={"file": "E-7"})
    assert delivery.state is EventState.DELIVERED
    assert delivery.instance_id is not None
    with townhall.database.reading() as session:
        found = session.scalar(
            select(ProcessInstance).where(ProcessInstance.id == delivery.instance_id)
        )
        assert found is not None
        assert (found.definition_key, found.definition_version) == ("vado", 2)
    assert send(townhall, payload={"file": "E-7"}).instance_id == delivery.instance_id
    assert state(townhall, delivery.instance_id) == COMPLETED
    events.retire_starts(call, definition_key="vado", definition_version=1)
    assert send(townhall, "request", payload={"file": "E-6"}).state is EventState.DELIVERED
    events.retire_starts(call, definition_key="vado", definition_version=2)
    assert send(townhall, "request", payload={"file": "E-8"}).state is EventState.WAITING


def test_a_room_above_may_say_how_a_process_is_started(
    townhall: TownHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    def starter(act: Act, view: InstanceView, definition_version: int) -> UUID:
        asked.append((view.definition_key, definition_version))
        return workflow.start(
            act, definition_key="p", definition_version=9, model=starting().xml(), data={"a": 1}
        ).id

    monkeypatch.setitem(SERVICES, events.STARTER, starter)
    events.register_starts(
        townhall.system("test"),
        definition_key="vado",
        definition_version=3,
        model=starting().xml(),
    )
    delivery = send(townhall, "request", payload={"file": "E-7"})
    assert (asked, delivery.state) == ([("vado", 3)], EventState.DELIVERED)


@pytest.fixture
def service() -> Iterator[dict[str, bool]]:
    """A service that fails while the test says so."""
    told = {"fails": True}

    def called(act: Act, view: InstanceView) -> str:
        if told["fails"]:
            raise RuleBroken("Falta la plantilla.")
        return "hecho"

    SERVICES["test/event_service"] = called
    yield told
    del SERVICES["test/event_service"]


def fragile() -> Drawing:
    """One branch serves when it is told to; the other waits for a message and for a signal."""
    drawing = drawn().node("parallelGateway", "fork").catches("one", event("message", "one"))
    drawing.service("serve", "test/event_service", "s")
    drawing.catches("two", event("message", "two")).catches("heard", event("signal", "holiday"))
    drawing.flow("start", "fork", "one", "serve", "end").flow("fork", "two", "end")
    drawing.flow("fork", "heard", "end")
    return drawing.declares("message", "one", "two").declares("signal", "holiday")


def only_incident(hall: TownHall) -> Incident:
    with hall.database.reading() as session:
        (incident,) = session.scalars(select(Incident).where(Incident.resolved_at.is_(None)))
        return incident


def test_what_comes_to_an_instance_with_an_incident_waits_until_it_is_mended(
    townhall: TownHall, service: dict[str, bool]
) -> None:
    begun, call = begin(townhall, fragile()), townhall.system("test")
    assert send(townhall, "one", payload=1).state is EventState.DELIVERED
    assert state(townhall, begun) == InstanceState.INCIDENT.value
    held = send(townhall, "two", payload=2)
    assert (held.state, held.instance_id) == (EventState.HELD, begun)
    assert events.broadcast_signal(call, name="holiday") == 1
    drain(townhall)
    incident = only_incident(townhall)
    assert incident.cause["kind"] == "event_message"
    service["fails"] = False
    workflow.retry(call, incident_id=incident.id, reason="Plantilla subida.")
    assert state(townhall, begun) == RUNNING
    drain(townhall)
    assert state(townhall, begun) == COMPLETED


def test_the_message_that_an_incident_has_is_not_waited_for_again(
    townhall: TownHall, service: dict[str, bool]
) -> None:
    first = begin(townhall, fragile())
    send(townhall, "one", payload=1)
    assert state(townhall, first) == InstanceState.INCIDENT.value
    assert send(townhall, "one", payload=2).state is EventState.WAITING
    begin(townhall, fragile())
    service["fails"] = False
    drain(townhall)
    with townhall.database.reading() as session:
        assert undelivered(session) == ()
    assert only_incident(townhall).instance_id == first


def test_two_that_send_the_same_message_at_once_have_one_effect(townhall: TownHall) -> None:
    drawing = drawn().catches("one", event("message", "m")).catches("two", event("message", "m"))
    begun = begin(townhall, drawing.flow("start", "one", "two", "end").declares("message", "m"))
    message_id = new_id()
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(send, townhall, "m", message_id=message_id) for _ in range(8)]
        states = {each.result(timeout=30).state for each in sent}
    assert states == {EventState.DELIVERED}
    with townhall.database.reading() as session:
        assert [row.element for row in waiting_for(session, begun)] == ["two"]


def test_messages_that_come_at_once_to_one_border_all_count(townhall: TownHall) -> None:
    drawing = drawn().catches("wait", event("message", "close")).sub("sub", inside_of_calls())
    drawing.borders("call", "sub", event("message", "call"), interrupting=False)
    drawing.throws("count", event("message", "counted")).flow("start", "sub", "wait", "end")
    drawing.flow("call", "count", "end").declares("message", "close", "call", "counted", "done")
    begin(townhall, drawing)
    with ThreadPoolExecutor(6) as pool:
        sent = [pool.submit(send, townhall, "call") for _ in range(12)]
        assert {each.result(timeout=30).state for each in sent} == {EventState.DELIVERED}
    with townhall.database.reading() as session:
        assert [row.name for row in undelivered(session)] == ["counted"] * 12


def inside_of_calls() -> Drawing:
    inside = inner("s").catches("done", event("message", "done"))
    return inside.flow("s_start", "done", "s_end")


def test_an_error_that_nobody_catches_is_an_incident_that_names_it(townhall: TownHall) -> None:
    inside = inner("s").catches("go", event("message", "go"))
    inside.ends("broken", event("error", "E-7")).flow("s_start", "go", "broken")
    drawing = drawn().sub("sub", inside).flow("start", "sub", "end").declares("error", "E-7")
    begun = begin(townhall, drawing.declares("message", "go"))
    send(townhall, "go")
    incident = only_incident(townhall)
    assert state(townhall, begun) == InstanceState.INCIDENT.value
    assert incident.element == "broken"
    assert "nadie recoge el error «E-7»" in incident.message


def test_an_event_subprocess_waits_and_interrupts_across_transitions(townhall: TownHall) -> None:
    reaction = Drawing()
    reaction.starts("came", event("message", "withdraw", variable("why") + keyed("file", "id")))
    reaction.catches("closed", event("message", "close")).node("endEvent", "r_end")
    reaction.flow("came", "closed", "r_end")
    drawing = drawn().catches("one", event("message", "one")).timer("late", "P10D", "work")
    drawing.user("work").user("remind").flow("start", "one", "work", "end").flow(
        "late", "remind", "end"
    )
    drawing.sub("reaction", reaction, triggered=True)
    drawing.declares("message", "one", "withdraw", "close").correlates("file", "withdraw", "file")
    begun, other = (begin(townhall, drawing, id=each) for each in ("E-1", "E-2"))
    with townhall.database.reading() as session:
        found = {row.element: row.correlated for row in waiting_for(session, begun)}
    assert found == {"one": False, "came": True}
    workflow.cancel(townhall.system("test"), instance_id=other, reason="Duplicado")
    send(townhall, "one")
    with townhall.database.reading() as session:
        kinds = {row.element: row.kind for row in waiting_for(session, begun)}
    assert kinds == {"came": "message", "late": "timer"}
    assert send(townhall, "withdraw", payload={"file": "E-1", "x": 1}).instance_id == begun
    with townhall.database.reading() as session:
        assert [row.element for row in waiting_for(session, begun)] == ["closed"]
    send(townhall, "close")
    assert state(townhall, begun) == COMPLETED
    assert data(townhall, begun)["why"] == {"file": "E-1", "x": 1}


def test_a_timer_that_repeats_is_fired_by_the_worker_as_often_as_it_says(
    townhall: TownHall, clock: FixedClock
) -> None:
    drawing = drawn().node("receiveTask", "work", 'messageRef="message_done"')
    drawing.borders("again", "work", event("timeCycle", "R3/PT1H"), interrupting=False)
    drawing.throws("remind", event("message", "reminder", payload("1")))
    drawing.flow("start", "work", "end").flow("again", "remind", "end")
    begun = begin(townhall, drawing.declares("message", "done", "reminder"))
    counts = []
    for _ in range(5):
        clock.advance(timedelta(minutes=61))
        drain(townhall)
        with townhall.database.reading() as session:
            counts.append(len(undelivered(session)))
    assert counts == [1, 2, 3, 3, 3]
    send(townhall, "done")
    assert state(townhall, begun) == COMPLETED


def test_what_ended_or_was_cancelled_waits_for_nothing(townhall: TownHall) -> None:
    ended, cancelled = (begin(townhall, waits(), id=each) for each in ("E-1", "E-2"))
    send(townhall, payload={"file": "E-1"})
    workflow.cancel(townhall.system("test"), instance_id=cancelled, reason="Desistimiento")
    assert state(townhall, ended) == COMPLETED
    assert send(townhall, payload={"file": "E-2"}).state is EventState.WAITING
    with townhall.database.reading() as session:
        count = select(func.count()).select_from(EventSubscription)
        assert session.scalar(count.where(EventSubscription.instance_id == ended)) == 0


def test_what_cannot_be_taken_is_told(townhall: TownHall) -> None:
    for given in (
        {"payload": "x" * 200_000},
        {"payload": 1.5},
        {"payload": {"a": object()}},
        {"correlation": {"file": "y" * 200_000}},
    ):
        with pytest.raises(BadInput):
            send(townhall, **given)
    with pytest.raises(BadInput, match="nombre"):
        send(townhall, name=" ")
    with townhall.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SentEvent)) == 0


def test_only_the_town_hall_itself_sends_events(townhall: TownHall) -> None:
    citizen = Actor(kind=ActorKind.ANONYMOUS, display_name="", permissions=frozenset())
    with pytest.raises(Refused):
        events.send_message(townhall.call(citizen), name="reply")
    with pytest.raises(Refused):
        events.broadcast_signal(townhall.call(citizen), name="holiday")
