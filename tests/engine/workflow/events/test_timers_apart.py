"""Timers that are no task of their instance: of event subprocesses, and among several events."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from engine.clock import FixedClock
from engine.deadlines.models import Deadline, DeadlineState
from engine.errors import RuleBroken
from engine.operation import Act
from engine.services import SERVICES, InstanceView, Wait
from engine.townhall import TownHall
from engine.worker import drain
from engine.workflow import operations
from engine.workflow.bpmn.normalising import normalise
from engine.workflow.bpmn.parsing import parse_model
from engine.workflow.catching import has_timers_apart
from engine.workflow.definitions import load_definition
from engine.workflow.event_subprocesses import prepare
from engine.workflow.events.operations import send_message
from engine.workflow.models import InstanceState, ProcessTimer, TimerState
from engine.workflow.queries import Inbox
from tests.engine.workflow.conftest import Staff
from tests.engine.workflow.events.drawings import Drawing, drawn, event, inner
from tests.engine.workflow.test_process_operations import inbox, instance, person, started

OPEN, MET = DeadlineState.OPEN.value, DeadlineState.MET.value
WAITING, CANCELLED = TimerState.WAITING.value, TimerState.CANCELLED.value
LEGAL = event("timeDuration", "deadline: correction")


def terms(hall: TownHall) -> list[tuple[str, str]]:
    """When each term is due and how it stands."""
    with hall.database.reading() as session:
        rows = session.scalars(select(Deadline).order_by(Deadline.id))
        return [(row.due_at.date().isoformat(), row.state) for row in rows]


def timers(hall: TownHall) -> list[str]:
    """How the timers stand."""
    with hall.database.reading() as session:
        return sorted(session.scalars(select(ProcessTimer.state)))


def work(hall: TownHall, staff: Staff, element: str) -> None:
    """Claim and complete what an element asks for."""
    item = next(row for row in inbox(hall, staff.first, Inbox.ALL) if row.element == element)
    call = hall.call(staff.first)
    operations.claim(call, work_item_id=item.id, version=item.version)
    operations.complete(call, work_item_id=item.id, data={}, version=item.version + 1)


def watched(definition: str = LEGAL, *, interrupting: bool = False) -> Drawing:
    """Three steps one after the other, and an event subprocess that waits beside them."""
    reaction = Drawing().starts("late", definition, interrupting=interrupting)
    reaction.user("warn").node("endEvent", "r_end").flow("late", "warn", "r_end")
    drawing = drawn()
    for element in ("one", "two", "three"):
        person(drawing, element, role="processor", unit="URB")
    drawing.flow("start", "one", "two", "three", "end")
    return drawing.sub("r", reaction, triggered=True)


def test_the_term_of_an_event_subprocess_is_one_through_all_the_steps(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    """PLZ-2: a term that began does not begin again because the process goes on."""
    begun = started(townhall, watched(), staff)
    expected = terms(townhall)
    assert expected == [("2026-12-10", OPEN)]
    for element in ("one", "two"):
        clock.advance(timedelta(days=3))
        work(townhall, staff, element)
        assert (terms(townhall), timers(townhall)) == (expected, [WAITING])
    work(townhall, staff, "three")
    assert instance(townhall, begun.id).state == InstanceState.COMPLETED.value
    assert (terms(townhall), timers(townhall)) == ([("2026-12-10", MET)], [CANCELLED])


def test_the_term_of_an_event_subprocess_runs_out_once(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    started(townhall, watched(interrupting=True), staff)
    work(townhall, staff, "one")
    clock.advance(timedelta(days=40))
    drain(townhall)
    assert terms(townhall) == [("2026-12-10", DeadlineState.EXPIRED.value)]
    assert timers(townhall) == [TimerState.FIRED.value]
    assert [row.element for row in inbox(townhall, staff.first, Inbox.ALL)] == ["warn"]


def test_one_of_several_events_has_one_term_until_another_of_them_comes(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    drawing = drawn().node("parallelGateway", "fork").node("parallelGateway", "join")
    both = event("message", "paid") + LEGAL
    drawing.node("intermediateCatchEvent", "any", "", both).declares("message", "paid")
    for element in ("one", "two", "three"):
        person(drawing, element, role="processor", unit="URB")
    drawing.flow("start", "fork", "any", "join", "end")
    drawing.flow("fork", "one", "two", "three", "join")
    begun = started(townhall, drawing, staff)
    expected = terms(townhall)
    assert expected == [("2026-12-10", OPEN)]
    for element in ("one", "two"):
        clock.advance(timedelta(days=3))
        work(townhall, staff, element)
        assert (terms(townhall), timers(townhall)) == (expected, [WAITING])
    send_message(townhall.system("test"), name="paid")
    assert (terms(townhall), timers(townhall)) == ([("2026-12-10", MET)], [CANCELLED])
    work(townhall, staff, "three")
    assert instance(townhall, begun.id).state == InstanceState.COMPLETED.value


def test_a_subprocess_that_ends_takes_the_term_of_its_event_subprocess_with_it(
    townhall: TownHall, staff: Staff
) -> None:
    reaction = Drawing().starts("late", LEGAL, interrupting=False).user("warn")
    reaction.node("endEvent", "r_end").flow("late", "warn", "r_end")
    inside = person(inner("s"), "one", role="processor", unit="URB")
    assert isinstance(inside, Drawing)
    inside.flow("s_start", "one", "s_end").sub("r", reaction, triggered=True)
    drawing = drawn().sub("s", inside)
    person(drawing, "after", role="processor", unit="URB").flow("start", "s", "after", "end")
    started(townhall, drawing, staff)
    assert timers(townhall) == [WAITING]
    work(townhall, staff, "one")
    assert (terms(townhall), timers(townhall)) == ([("2026-12-10", MET)], [CANCELLED])


def test_a_timer_that_fired_and_left_an_incident_is_not_opened_again(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    references: list[str] = []

    def asked(act: Act, view: InstanceView) -> Any:
        references.append(view.reference)
        return Wait(view.reference)

    def failing(act: Act, view: InstanceView) -> Any:
        raise RuleBroken("No hay conexión.")

    SERVICES.update({"test/asked": asked, "test/failing": failing})
    try:
        reaction = Drawing().starts("late", LEGAL, interrupting=False)
        reaction.service("fail", "test/failing").node("endEvent", "r_end")
        drawing = drawn().service("ask", "test/asked", "answer")
        drawing.sub("r", reaction.flow("late", "fail", "r_end"), triggered=True)
        person(drawing, "go_on", role="processor", unit="URB")
        begun = started(townhall, drawing.flow("start", "ask", "go_on", "end"), staff)
        clock.advance(timedelta(days=40))
        drain(townhall)
        assert instance(townhall, begun.id).state == InstanceState.INCIDENT.value
        assert operations.signalled(townhall.system("test"), reference=references[0], result={})
    finally:
        del SERVICES["test/asked"], SERVICES["test/failing"]
    assert terms(townhall) == [("2026-12-10", DeadlineState.EXPIRED.value)]
    assert timers(townhall) == [TimerState.FIRED.value]


def test_a_repeating_timer_of_an_event_subprocess_waits_once_for_each_turn(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    started(townhall, watched(event("timeCycle", "R2/P1D")), staff)
    work(townhall, staff, "one")
    for fired in (1, 2):
        assert timers(townhall) == [TimerState.FIRED.value] * (fired - 1) + [WAITING]
        clock.advance(timedelta(days=1, minutes=1))
        drain(townhall)
    assert timers(townhall) == [TimerState.FIRED.value] * 2


def test_only_models_with_such_timers_are_asked_for_their_rows() -> None:
    plain = drawn().user("work").borders("late", "work", event("timeDuration", "P1D"))
    plain.user("warn").flow("start", "work", "end").flow("late", "warn", "end")
    several = drawn().node(
        "intermediateCatchEvent", "any", "", event("message", "m") + event("timeDuration", "P1D")
    )
    several.flow("start", "any", "end").declares("message", "m")
    found = [has_timers_apart(load_definition(each.xml())) for each in (plain, watched(), several)]
    assert found == [False, True, True]


class _Watched(dict[str, Any]):
    """The specs of the subprocesses; another thread comes while one of them is looked for."""

    def __init__(self, spec: Any, specs: Mapping[str, Any]) -> None:
        super().__init__(specs)
        self.spec = spec
        self.ready: list[bool] = []
        self.threads: list[threading.Thread] = []

    def __getitem__(self, key: str) -> Any:
        thread = threading.Thread(target=self._use)
        self.threads.append(thread)
        thread.start()
        thread.join(0.1)
        return super().__getitem__(key)

    def _use(self) -> None:
        prepare(self.spec, self)
        self.ready.append(all(hasattr(each, "event_starts") for each in self.values()))


def test_whoever_comes_while_a_model_is_prepared_waits_until_all_of_it_is() -> None:
    reaction = Drawing().starts("late", LEGAL).user("warn")
    reaction.node("endEvent", "r_end").flow("late", "warn", "r_end")
    inside = inner("s").user("one").flow("s_start", "one", "s_end")
    drawing = drawn().sub("s", inside.sub("r", reaction, triggered=True)).flow("start", "s", "end")
    _, _, spec, specs = parse_model(normalise(drawing.xml()).xml, None)
    watched_specs = _Watched(spec, specs)
    prepare(spec, watched_specs)
    for thread in watched_specs.threads:
        thread.join(5)
    assert watched_specs.ready == [True] * len(watched_specs.threads) != []
