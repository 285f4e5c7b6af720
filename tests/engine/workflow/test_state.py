"""An instance stored and loaded between any two steps goes on as if it had never been stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.services import Wait
from engine.workflow.codec import encode
from engine.workflow.definitions import Definition, load_definition
from engine.workflow.runtime import Status
from engine.workflow.state import Session, Stored, UnknownState, begin, load
from engine.workflow.timers import pending_timers
from tests.engine.workflow.keeping import apply
from tests.engine.workflow.models import Model, begun

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def branches() -> Model:
    return (
        begun().node("parallelGateway", "split").node("parallelGateway", "join").user("a").user("b").user("after")
        .flow("start", "split", "a", "join", "after", "end").flow("split", "b", "join")
    )  # fmt: skip


def correction() -> Model:
    return (
        begun().user("correct").timer("expired", "deadline: correction", "correct").user("withdraw").user("go_on")
        .flow("start", "correct", "go_on", "end").flow("expired", "withdraw", "end")
    )  # fmt: skip


def loop() -> Model:
    return (
        begun().user("ask").script("add", "{ n: n + 1, money: money + 0.10 }").node("exclusiveGateway", "again", 'default="again_end"')
        .flow("start", "ask", "add", "again", "end").when("again", "ask", "n &lt; 12")
    )  # fmt: skip


def services() -> Model:
    return (
        begun()
        .service("sign", "signing/request", "signature")
        .timer("wait", "P1D")
        .user("last")
        .flow("start", "sign", "wait", "last", "end")
    )


def subprocess() -> Model:
    inside = (
        '<bpmn:startEvent id="s1"><bpmn:outgoing>s1_u1</bpmn:outgoing></bpmn:startEvent>'
        '<bpmn:userTask id="u1"><bpmn:incoming>s1_u1</bpmn:incoming><bpmn:outgoing>u1_e1</bpmn:outgoing></bpmn:userTask>'
        '<bpmn:endEvent id="e1"><bpmn:incoming>u1_e1</bpmn:incoming></bpmn:endEvent>'
        '<bpmn:sequenceFlow id="s1_u1" sourceRef="s1" targetRef="u1"/><bpmn:sequenceFlow id="u1_e1" sourceRef="u1" targetRef="e1"/>'
    )
    return (
        begun()
        .user("before")
        .node("subProcess", "sub", "", inside)
        .user("after")
        .flow("start", "before", "sub", "after", "end")
    )


MODELS: dict[str, Callable[[], Model]] = {
    "branches": branches,
    "correction": correction,
    "loop": loop,
    "services": services,
    "subprocess": subprocess,
}


def play(
    definition: Definition, *, store: bool, fire: bool = False
) -> tuple[list[str], Mapping[str, Any], Status]:
    """Run to the end, storing and loading between steps or not."""
    calls = {"n": 0}

    def service(_name: str, _parameters: Mapping[str, Any], _task: Any) -> Any:
        calls["n"] += 1
        return Wait(f"r{calls['n']}")

    session = begin(definition, {"n": 0, "money": Decimal("0.00")}, NOW, service)
    stored: Stored | None = None
    path: list[str] = []
    for _ in range(100):
        if store:
            stored = apply(stored, session.changes())
            session = load(definition, stored, NOW, service)
        run = session.run
        opened = sorted(run.open_tasks(), key=lambda task: task.task_spec.bpmn_id)
        timers = pending_timers(run.workflow)
        if run.waiting_services():
            reference = next(iter(run.waiting_services()))
            path.append(reference)
            run.answer(reference, {"outcome": "signed"})
        elif timers and (fire or not opened):
            path.append(timers[0].element)
            run.fire_timer(timers[0].task_id)
        elif opened:
            path.append(opened[0].task_spec.bpmn_id)
            run.complete(opened[0].id, {f"by_{opened[0].task_spec.bpmn_id}": len(path)})
        else:
            break
    return path, session.run.result, session.run.status


@pytest.mark.parametrize("fire", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_storing_between_steps_changes_nothing(name: str, fire: bool) -> None:
    definition = load_definition(MODELS[name]().xml())
    straight = play(definition, store=False, fire=fire)
    assert straight[2] is Status.COMPLETED
    assert play(definition, store=True, fire=fire) == straight


def test_a_step_writes_only_what_changed_and_the_same_at_the_start_and_at_the_end() -> None:
    model = (
        begun().user("ask").node("exclusiveGateway", "again", 'default="again_end"')
        .flow("start", "ask", "again", "end").when("again", "ask", "n &lt; 120")
    )  # fmt: skip
    session = begin(load_definition(model.xml()), {"n": 0, "letter": "x" * 2000}, NOW)
    session.changes()
    sizes = []
    for turn in range(1, 120):
        (task,) = session.run.open_tasks()
        session.run.complete(task.id, {"n": turn})
        changes = session.changes()
        assert len(changes.written) <= 4
        sizes.append(sum(len(encode(dict(row.added))) for row in changes.written))
    assert max(sizes) < 200
    assert sizes[-1] <= sizes[1] + 8


def test_the_data_of_a_finished_task_never_changes_afterwards() -> None:
    model = (
        begun()
        .user("a")
        .script("b", "{ more: append(list, 2), inner: { x: 2 } }")
        .user("c")
        .flow("start", "a", "b", "c", "end")
    )
    session = begin(load_definition(model.xml()), {}, NOW)
    first = session.run.open_tasks()[0]
    session.run.complete(first.id, {"list": [1], "inner": {"x": 1}})
    before = {row.id: row for row in session.changes().ended}
    second = session.run.open_tasks()[0]
    session.run.complete(second.id, {"list": [9], "inner": {"x": 9}})
    assert first.id not in {row.id for row in session.changes().ended}
    assert session.run.task(first.id).data == {"list": [1], "inner": {"x": 1}}
    assert before[first.id].added == {"list": [1], "inner": {"x": 1}}


def test_only_reached_tasks_are_stored() -> None:
    session = begin(load_definition(loop().xml()), {"n": 0, "money": Decimal(0)}, NOW)
    assert {row.state >= 8 for row in session.changes().written} == {True}


def test_a_state_of_another_version_is_refused() -> None:
    definition = load_definition(loop().xml())
    session = begin(definition, {"n": 0, "money": Decimal(0)}, NOW)
    stored = apply(None, session.changes())
    with pytest.raises(UnknownState, match="99"):
        load(definition, replace(stored, header=replace(stored.header, version=99)), NOW)


def test_nothing_changed_writes_nothing() -> None:
    definition = load_definition(loop().xml())
    session: Session = begin(definition, {"n": 0, "money": Decimal(0)}, NOW)
    stored = apply(None, session.changes())
    again = load(definition, stored, NOW)
    changes = again.changes()
    assert (changes.written, changes.removed) == ((), ())
