"""A model that does too much in one transition is an incident of its own, soon and without the memory."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.workflow import budget
from engine.workflow.definitions import load_definition
from engine.workflow.runtime import Run, Status
from engine.workflow.scripting import ModelError
from tests.engine.workflow.events.drawings import drawn, inner
from tests.engine.workflow.models import Model, begun

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
_MANY = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>{}</bpmn:loopCardinality>"
    "</bpmn:multiInstanceLoopCharacteristics>"
)


def endless(script: str = "{ n: n + 1 }") -> Model:
    return (
        begun().script("add", script).node("exclusiveGateway", "again", 'default="again_add"')
        .flow("start", "add", "again", "add").when("again", "end", "n &lt; 0")
    )  # fmt: skip


def start(model: Model) -> Run:
    return Run.start(load_definition(model.xml()), {"n": 0}, NOW)


def test_instances_inside_of_instances_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MAX_TASKS", 2_000)
    inside = inner("s").node("userTask", "each", "", _MANY.format(100))
    inside.flow("s_start", "each", "s_end")
    model = drawn().node("subProcess", "sub", "", inside.body() + _MANY.format(100))
    with pytest.raises(ModelError, match=r"2000 tareas de una vez.*Reduzca sus repeticiones"):
        start(model.flow("start", "sub", "end"))


def test_steps_without_an_end_are_the_models_fault_and_name_where_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budget, "MAX_STEPS", 300)
    with pytest.raises(ModelError, match="300 pasos seguidos") as told:
        start(endless())
    assert told.value.task is not None
    assert told.value.task.task_spec.bpmn_id in ("add", "again")


def test_expressions_count_together_and_not_each_for_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budget, "MAX_SECONDS", 0.2)
    with pytest.raises(ModelError, match="segundos de cálculo seguidos"):
        start(endless("{ n: count(for i in 1..5000 return i) }"))


def test_each_transition_has_a_budget_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MAX_STEPS", 12)
    monkeypatch.setattr(budget, "MAX_TASKS", 12)
    model = (
        begun().user("ask").node("exclusiveGateway", "again", 'default="again_end"')
        .flow("start", "ask", "again", "end").when("again", "ask", "n &lt; 30")
    )  # fmt: skip
    run = start(model)
    for turn in range(1, 31):
        run.complete(run.open_tasks()[0].id, {"n": turn})
    assert run.status is Status.COMPLETED
