"""Instances run to their true end: loops, chains, services that answer later, timers, branches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.services import Wait
from engine.workflow.definitions import check_process, load_definition
from engine.workflow.runtime import Run, Status
from engine.workflow.timers import pending_timers
from tests.engine.workflow.models import Model, begun

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def start(model: Model, data: Mapping[str, Any] | None = None, services: Any = None) -> Run:
    return Run.start(load_definition(model.xml()), data or {}, NOW, services)


def only(run: Run) -> Any:
    (task,) = run.open_tasks()
    return task


def test_a_person_completes_a_task_and_the_instance_ends() -> None:
    run = start(begun().user("ask").flow("start", "ask", "end"))
    assert run.status is Status.RUNNING
    run.complete(only(run).id, {"answer": "yes"})
    assert run.status is Status.COMPLETED
    assert run.result["answer"] == "yes"


def test_a_choice_follows_feel() -> None:
    model = (
        begun().node("exclusiveGateway", "which", 'default="which_small"').user("big").user("small")
        .flow("start", "which").when("which", "big", "amount &gt; 100").flow("which", "small", "end").flow("big", "end")
    )  # fmt: skip
    assert only(start(model, {"amount": Decimal(200)})).task_spec.bpmn_id == "big"
    assert only(start(model, {"amount": Decimal(20)})).task_spec.bpmn_id == "small"
    assert only(start(model)).task_spec.bpmn_id == "small"


def test_a_loop_of_two_thousand_turns_ends_truthfully() -> None:
    model = (
        begun().script("add", "{ n: n + 1 }").node("exclusiveGateway", "again", 'default="again_end"')
        .flow("start", "add", "again", "end").when("again", "add", "n &lt; 2000")
    )  # fmt: skip
    run = start(model, {"n": 0})
    assert run.status is Status.COMPLETED
    assert run.result["n"] == 2000


def test_a_loop_of_tasks_for_a_person_goes_past_the_librarys_depth() -> None:
    model = (
        begun().user("ask").node("exclusiveGateway", "again", 'default="again_end"')
        .flow("start", "ask", "again", "end").when("again", "ask", "n &lt; 500")
    )  # fmt: skip
    run = start(model, {"n": 0})
    for turn in range(1, 501):
        assert run.status is Status.RUNNING
        run.complete(only(run).id, {"n": turn})
    assert run.status is Status.COMPLETED


def test_a_chain_of_1200_tasks_is_read_and_ends() -> None:
    names = [f"t{number}" for number in range(1200)]
    model = begun()
    for name in names:
        model.script(name, "{ n: n + 1 }")
    run = start(model.flow("start", *names, "end"), {"n": 0})
    assert run.status is Status.COMPLETED
    assert run.result["n"] == 1200


def test_parallel_branches_wait_for_each_other() -> None:
    model = (
        begun().node("parallelGateway", "split").node("parallelGateway", "join").user("a").user("b")
        .flow("start", "split", "a", "join", "end").flow("split", "b", "join")
    )  # fmt: skip
    run = start(model)
    first, second = run.open_tasks()
    run.complete(first.id, {"a": 1})
    assert run.status is Status.RUNNING
    run.complete(second.id, {"b": 2})
    assert run.status is Status.COMPLETED
    assert (run.result["a"], run.result["b"]) == (1, 2)


def test_a_service_is_called_with_feel_parameters_and_its_result_kept() -> None:
    seen: list[Any] = []

    def services(name: str, parameters: Mapping[str, Any], _task: Any) -> Any:
        seen.append((name, dict(parameters)))
        return {"number": 7}

    model = (
        begun()
        .service("enter", "registry/enter", "entry", subject="&quot;De &quot; + who")
        .flow("start", "enter", "end")
    )
    run = start(model, {"who": "Xana"}, services)
    assert seen == [("registry/enter", {"subject": "De Xana"})]
    assert run.result["entry"] == {"number": 7}
    assert run.status is Status.COMPLETED


def test_a_service_that_answers_later_keeps_its_token_waiting() -> None:
    model = begun().service("sign", "signing/request", "signature").flow("start", "sign", "end")
    run = start(model, {}, lambda *_: Wait("request-1"))
    assert run.status is Status.RUNNING
    assert run.answer("another", {}) is False
    assert run.answer("request-1", {"outcome": "signed"})
    assert run.answer("request-1", {"outcome": "signed"}) is False
    assert run.status is Status.COMPLETED
    assert run.result["signature"] == {"outcome": "signed"}


def test_a_timer_says_when_it_is_due_and_fires_when_told() -> None:
    run = start(begun().timer("wait", "P10D").flow("start", "wait", "end"))
    (timer,) = pending_timers(run.workflow)
    assert timer.due == NOW + timedelta(days=10)
    assert run.status is Status.RUNNING
    assert run.fire_timer(timer.task_id)
    assert not run.fire_timer(timer.task_id)
    assert run.status is Status.COMPLETED


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("PT1S", NOW + timedelta(seconds=1)),
        (
            'date and time("2027-01-01T00:00:00+01:00")',
            datetime.fromisoformat("2027-01-01T00:00:00+01:00"),
        ),
        ("when + duration(&quot;P1D&quot;)", datetime.fromisoformat("2026-12-02T00:00:00+01:00")),
    ],
)
def test_a_timer_reads_durations_dates_and_feel(text: str, due: datetime) -> None:
    run = start(
        begun().timer("wait", text.replace('"', "&quot;")).flow("start", "wait", "end"),
        {"when": datetime.fromisoformat("2026-12-01T00:00:00+01:00")},
    )
    assert pending_timers(run.workflow)[0].due == due


def test_a_legal_term_is_a_timer_that_names_its_rule() -> None:
    model = (
        begun().user("correct").timer("expired", "deadline: correction", "correct").user("withdraw")
        .flow("start", "correct", "end").flow("expired", "withdraw", "end")
    )  # fmt: skip
    run = start(model)
    (timer,) = pending_timers(run.workflow)
    assert (timer.rule, timer.due) == ("correction", None)
    run.fire_timer(timer.task_id)
    assert only(run).task_spec.bpmn_id == "withdraw"


def test_a_correction_in_time_ends_its_term() -> None:
    model = (
        begun().user("correct").timer("expired", "deadline: correction", "correct").user("withdraw")
        .flow("start", "correct", "end").flow("expired", "withdraw", "end")
    )  # fmt: skip
    run = start(model)
    run.complete(only(run).id, {})
    assert run.status is Status.COMPLETED
    assert pending_timers(run.workflow) == ()


REFUSED: dict[str, tuple[Model, str, str]] = {
    "python": (begun().node("scriptTask", "s", 'scriptFormat="python"', "<bpmn:script>import os</bpmn:script>").flow("start", "s", "end"), "s", "solo se admite FEEL"),
    "no language": (begun().node("scriptTask", "s", "", "<bpmn:script>x = 1</bpmn:script>").flow("start", "s", "end"), "s", "solo se admite FEEL"),
    "a bad condition": (begun().node("exclusiveGateway", "g", 'default="g_end"').user("a").flow("start", "g", "end").when("g", "a", "x ==").flow("a", "end"), "g_a", "no es FEEL"),
    "a complex gateway": (begun().node("complexGateway", "g").flow("start", "g", "end"), "g", "complejas"),
    "a service without name": (begun().node("serviceTask", "s").flow("start", "s", "end"), "s", "qué servicio"),
    "a bad timer": (begun().timer("t", "in a while").flow("start", "t", "end"), "t", "no es FEEL"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_run_is_named_with_its_element(name: str) -> None:
    model, element, words = REFUSED[name]
    errors = [item for item in check_process(model.xml()) if item.level == "error"]
    assert any(item.element == element and words in item.message for item in errors), errors


@pytest.mark.parametrize("data", [b"", b"<a/>", b"<!DOCTYPE a><a/>", b"<bpmn/>", b"x" * 100])
def test_what_is_no_model_is_refused(data: bytes) -> None:
    assert [item.level for item in check_process(data)] == ["error"]


def test_a_model_that_is_right_has_no_findings() -> None:
    assert check_process(begun().user("a").flow("start", "a", "end").xml()) == ()
