"""Joins, conflicts, repetition and great sizes, one by one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from SpiffWorkflow.util.task import TaskState

from engine.errors import NotFound, RuleBroken
from engine.workflow.definitions import load_definition
from engine.workflow.runtime import Run, Status
from engine.workflow.scripting import ModelError
from engine.workflow.state import begin, load
from tests.engine.workflow.keeping import apply
from tests.engine.workflow.models import Model, begun

FULL_SIZE = os.environ.get("ANDECHA_SOAK") == "1"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
_MULTI = "<bpmn:multiInstanceLoopCharacteristics{}>{}</bpmn:multiInstanceLoopCharacteristics>"


def start(model: Model | bytes, data: Mapping[str, Any] | None = None) -> Run:
    xml = model if isinstance(model, bytes) else model.xml()
    return Run.start(load_definition(xml), data or {}, NOW)


def complete(run: Run, element: str, **data: Any) -> None:
    task = next(task for task in run.open_tasks() if task.task_spec.bpmn_id == element)
    run.complete(task.id, data)


def opened(run: Run) -> list[str]:
    return sorted(task.task_spec.bpmn_id for task in run.open_tasks())


def branches(join: str = "parallelGateway") -> Model:
    return (
        begun().node("parallelGateway", "split").node(join, "join").user("a").user("b")
        .flow("start", "split", "a", "join", "end").flow("split", "b", "join")
    )  # fmt: skip


def multi(
    kind: str, body: str, *, attributes: str = "", inside: str = "", before: str = ""
) -> Model:
    return (
        begun()
        .node(kind, "each", before, inside + _MULTI.format(attributes, body))
        .flow("start", "each", "end")
    )


def with_called(model: Model, inside: str) -> bytes:
    called = (
        '<bpmn:process id="called" isExecutable="true"><bpmn:startEvent id="cs"/>'
        f'<bpmn:sequenceFlow id="c1" sourceRef="cs" targetRef="ct"/>{inside}'
        '<bpmn:sequenceFlow id="c2" sourceRef="ct" targetRef="ce"/><bpmn:endEvent id="ce"/></bpmn:process>'
    )
    return model.xml().replace(b"</bpmn:definitions>", f"{called}</bpmn:definitions>".encode())


def calls(times: int, inside: str) -> bytes:
    body = f"<bpmn:loopCardinality>{times}</bpmn:loopCardinality>"
    return with_called(multi("callActivity", body, before='calledElement="called"'), inside)


SCRIPT = '<bpmn:scriptTask id="ct" scriptFormat="feel"><bpmn:script>{ seen: true }</bpmn:script></bpmn:scriptTask>'


@pytest.mark.parametrize("join", ["parallelGateway", "inclusiveGateway"])
def test_two_branches_that_leave_different_values_are_told_with_both_and_who_wrote_them(
    join: str,
) -> None:
    run = start(branches(join), {"amount": 0})
    complete(run, "a", amount=10)
    with pytest.raises(ModelError) as told:
        complete(run, "b", amount=20)
    for part in ("join", "«amount»", "«10» (a)", "«20» (b)"):
        assert part in str(told.value)


def test_two_ends_that_leave_different_values_are_a_conflict_too() -> None:
    model = (
        begun().node("parallelGateway", "split").node("endEvent", "other").user("a").user("b")
        .flow("start", "split", "a", "end").flow("split", "b", "other")
    )  # fmt: skip
    run = start(model)
    complete(run, "a", amount=1)
    with pytest.raises(ModelError, match="«amount»"):
        complete(run, "b", amount=2)


def test_one_writer_the_same_value_and_different_entries_are_no_conflict() -> None:
    run = start(branches(), {"kept": 1, "letter": {"to": "Xana", "copies": [1]}})
    complete(run, "a", same=2, kept=3, letter={"to": "Nel", "copies": [1]}, a={"by": 1})
    complete(run, "b", same=2, letter={"to": "Xana", "copies": [1, 2]}, b={"by": 2})
    assert run.status is Status.COMPLETED
    assert dict(run.result) == {
        "kept": 3,
        "same": 2,
        "letter": {"to": "Nel", "copies": [1, 2]},
        "a": {"by": 1},
        "b": {"by": 2},
    }


def test_appending_to_one_list_in_two_branches_is_never_resolved_in_silence() -> None:
    run = start(branches(), {"items": [1]})
    complete(run, "a", items=[1, 2])
    with pytest.raises(ModelError, match=r"«\[1, 2\]».*«\[1, 3\]»"):
        complete(run, "b", items=[1, 3])


def test_a_value_written_before_the_branches_parted_again_is_no_conflict() -> None:
    """Only the inner branch changed it; its sibling knows it from before and did nothing."""
    model = (
        begun().node("parallelGateway", "outer").node("parallelGateway", "inner").node("parallelGateway", "join")
        .user("before").user("a").user("b").user("c")
        .flow("start", "outer", "before", "inner", "a", "join", "end").flow("inner", "b", "join").flow("outer", "c", "join")
    )  # fmt: skip
    run = start(model)
    complete(run, "before", x=1)
    complete(run, "a", x=2)
    complete(run, "b")
    complete(run, "c")
    assert run.result["x"] == 2


def test_a_second_token_at_a_flow_waits_for_the_next_turn_of_the_join() -> None:
    """BPMN 2.0.2, 10.6.4: a parallel gateway takes exactly one token from each flow."""
    model = (
        begun().node("parallelGateway", "split").node("exclusiveGateway", "merge").node("parallelGateway", "join")
        .user("a").user("b").user("c").user("after")
        .flow("start", "split", "a", "merge", "join", "after", "end").flow("split", "b", "merge").flow("split", "c", "join")
    )  # fmt: skip
    run = start(model)
    complete(run, "a")
    complete(run, "b")
    assert opened(run) == ["c"]
    complete(run, "c")
    assert opened(run) == ["after"]
    complete(run, "after")
    assert run.status is Status.STUCK


def test_a_join_whose_other_branch_was_not_taken_is_stuck_and_never_complete() -> None:
    model = (
        begun().node("exclusiveGateway", "which", 'default="which_a"').node("parallelGateway", "join").user("a").user("b")
        .flow("start", "which", "a", "join", "end").when("which", "b", "x = 1").flow("b", "join")
    )  # fmt: skip
    run = start(model)
    complete(run, "a")
    assert run.status is Status.STUCK


def test_an_inclusive_join_waits_only_for_who_can_still_come() -> None:
    model = (
        begun().node("inclusiveGateway", "split", 'default="split_c"').node("inclusiveGateway", "join")
        .user("a").user("b").user("c").user("after")
        .when("split", "a", "x &gt; 0").when("split", "b", "x &gt; 1").flow("split", "c")
        .flow("start", "split").flow("a", "join").flow("b", "join").flow("c", "join").flow("join", "after", "end")
    )  # fmt: skip
    run = start(model, {"x": 1})
    assert opened(run) == ["a"]
    complete(run, "a")
    assert opened(run) == ["after"]
    run = start(model, {"x": 2})
    complete(run, "b")
    assert opened(run) == ["a"]
    complete(run, "a")
    assert opened(run) == ["after"]


def test_a_border_that_interrupts_ends_the_work_inside_each_of_many_calls() -> None:
    user = '<bpmn:userTask id="ct"/>'
    body = "<bpmn:loopCardinality>3</bpmn:loopCardinality>"
    model = multi("callActivity", body, before='calledElement="called"').timer(
        "late", "P1D", "each"
    )
    run = start(with_called(model.user("after").flow("late", "after", "end"), user))
    assert opened(run) == ["ct", "ct", "ct"]
    (timer,) = run.workflow.event_manager.waiting()
    assert run.fire_timer(timer.id)
    assert opened(run) == ["after"]
    complete(run, "after")
    assert run.status is Status.COMPLETED


@pytest.mark.parametrize("in_turn", ["true", "false"])
def test_the_results_stand_in_the_order_of_the_elements_and_nothing_else_comes_out(
    in_turn: str,
) -> None:
    body = (
        "<bpmn:loopDataInputRef>names</bpmn:loopDataInputRef><bpmn:loopDataOutputRef>said</bpmn:loopDataOutputRef>"
        '<bpmn:inputDataItem id="name" name="name"/><bpmn:outputDataItem id="answer" name="answer"/>'
    )
    run = start(
        multi("userTask", body, attributes=f' isSequential="{in_turn}"'),
        {"names": ["x", None, "z"], "name": "outside", "said": ["old"]},
    )
    for _ in range(3):
        task = run.open_tasks()[-1]
        run.complete(task.id, {"answer": f"for {task.data['name']}", "noise": 1})
    assert dict(run.result) == {
        "names": ["x", None, "z"],
        "name": "outside",
        "said": ["for x", "for None", "for z"],
    }


def test_instances_at_once_that_differ_are_a_conflict_and_in_turn_are_not() -> None:
    body = "<bpmn:loopCardinality>2</bpmn:loopCardinality>"
    run = start(multi("userTask", body))
    run.complete(run.open_tasks()[0].id, {"x": 1})
    with pytest.raises(ModelError, match="«x»"):
        run.complete(run.open_tasks()[0].id, {"x": 2})
    run = start(multi("userTask", body, attributes=' isSequential="true"'))
    run.complete(run.open_tasks()[0].id, {"x": 1})
    run.complete(run.open_tasks()[0].id, {"x": 2})
    assert dict(run.result) == {"x": 2}


def test_the_condition_to_stop_ends_the_instances_that_are_left() -> None:
    body = (
        "<bpmn:loopCardinality>5</bpmn:loopCardinality>"
        "<bpmn:completionCondition>numberOfCompletedInstances / numberOfInstances &gt;= 0.4</bpmn:completionCondition>"
    )
    run = start(multi("userTask", body))
    run.complete(run.open_tasks()[0].id, {})
    assert len(run.open_tasks()) == 4
    run.complete(run.open_tasks()[0].id, {})
    assert run.status is Status.COMPLETED


@pytest.mark.parametrize("count", ["-1", "1.5", "&quot;two&quot;", "100001"])
def test_a_number_of_instances_that_is_none_is_an_incident_of_its_element(count: str) -> None:
    with pytest.raises(ModelError, match="each"):
        start(multi("userTask", f"<bpmn:loopCardinality>{count}</bpmn:loopCardinality>"))


def test_a_terminate_end_inside_a_subprocess_ends_only_the_subprocess() -> None:
    inside = (
        '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="both"/><bpmn:userTask id="x"/><bpmn:userTask id="y"/>'
        '<bpmn:endEvent id="ex"/><bpmn:endEvent id="ey"><bpmn:terminateEventDefinition/></bpmn:endEvent>'
        + "".join(
            f'<bpmn:sequenceFlow id="i{n}" sourceRef="{a}" targetRef="{b}"/>'
            for n, (a, b) in enumerate(
                [("s", "both"), ("both", "x"), ("both", "y"), ("x", "ex"), ("y", "ey")]
            )
        )
    )
    model = (
        begun()
        .node("subProcess", "sub", "", inside)
        .user("after")
        .flow("start", "sub", "after", "end")
    )
    run = start(model)
    complete(run, "y", told=1)
    assert opened(run) == ["after"]
    complete(run, "after")
    assert run.status is Status.COMPLETED
    assert dict(run.result) == {"told": 1}


def test_what_a_finished_task_knew_never_changes() -> None:
    model = (
        begun().user("first").node("parallelGateway", "split").node("parallelGateway", "join")
        .script("deep", "{ box: { list: append(box.list, 2) }, all: [1, 2] }").script("wide", "{ other: append(all, 9) }")
        .user("last").flow("start", "first", "split", "deep", "join", "last", "end").flow("split", "wide", "join")
    )  # fmt: skip
    run = start(model, {"box": {"list": [1]}, "all": [0]})
    known: dict[Any, Any] = {}
    given = {"box": {"list": [5]}}
    for element, data in (("first", given), ("last", {"box": {"list": [7]}, "all": []})):
        complete(run, element, **data)
        for task in run.workflow.tasks.values():
            if task.state & TaskState.FINISHED_MASK:
                seen = known.setdefault(task.id, deepcopy(task.data.whole()))
                assert task.data == seen
    assert given == {"box": {"list": [5]}}
    assert len(known) > 8


def test_a_loop_of_5000_completes_and_tells_each_of_its_turns() -> None:
    model = (
        begun().script("add", "{ n: n + 1 }").node("exclusiveGateway", "again", 'default="again_end"')
        .flow("start", "add", "again", "end").when("again", "add", "n &lt; 5000")
    )  # fmt: skip
    session = begin(load_definition(model.xml()), {"n": 0}, NOW)
    assert session.run.status is Status.COMPLETED
    assert session.run.result["n"] == 5_000
    assert len(session.changes().ended) == 2 * 5_000 + 5


def test_a_fork_of_500_branches_joins_them_all() -> None:
    model = (
        begun()
        .node("parallelGateway", "split")
        .node("parallelGateway", "join")
        .flow("start", "split")
    )
    for number in range(500):
        model.script(f"t{number}", f"{{ v{number}: {number} }}").flow("split", f"t{number}", "join")
    run = start(model.flow("join", "end"))
    assert run.status is Status.COMPLETED
    assert len(run.result) == 500


def test_a_thousand_calls_at_once_complete() -> None:
    run = start(calls(1_000, SCRIPT))
    assert run.status is Status.COMPLETED
    assert dict(run.result) == {"seen": True}


def test_a_thousand_calls_that_wait_for_a_person_are_stored_and_go_on() -> None:
    number = 1_000 if FULL_SIZE else 60
    definition = load_definition(calls(number, '<bpmn:userTask id="ct"/>'))
    session = begin(definition, {}, NOW)
    stored = apply(None, session.changes())
    for turn in range(number):
        if turn % 20 == 0:
            session = load(definition, stored, NOW)
        task = session.run.open_tasks()[0]
        session.run.complete(task.id, {})
        stored = apply(stored, session.changes())
        with pytest.raises((RuleBroken, NotFound)):
            session.run.complete(task.id, {})
    assert session.run.status is Status.COMPLETED
