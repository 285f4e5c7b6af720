"""The scenarios that each package carries in its `tests` folder: what happens to whom, step by step."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.workflow.definitions import load_definition
from engine.workflow.elements import elements_of
from engine.workflow.simulate import Simulation, simulate

PROCESSES = Path(__file__).parents[3] / "processes"
SCENARIOS = sorted(PROCESSES.glob("*/tests/*.json"))
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
NOT_STEPS = ("startEvent", "endEvent", "exclusiveGateway")


def played(path: Path) -> tuple[dict[str, object], Simulation]:
    scenario = json.loads(path.read_text(encoding="utf-8"))
    model = (path.parents[1] / "process.bpmn").read_bytes()
    return scenario, simulate(model, scenario["input"], NOW)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parents[1].name}/{path.stem}")
def test_a_scenario_goes_through_its_steps_to_the_end(path: Path) -> None:
    scenario, result = played(path)
    assert result.findings == []
    assert result.steps == scenario["steps"]
    assert result.completed


@pytest.mark.parametrize("key", ["terrace-permit", "general-request"])
def test_the_scenarios_of_a_package_go_through_every_step_of_its_model(key: str) -> None:
    walked: Counter[str] = Counter()
    for path in (PROCESSES / key / "tests").glob("*.json"):
        walked.update(played(path)[1].steps)
    model = load_definition((PROCESSES / key / "process.bpmn").read_bytes())
    nodes = elements_of(model).nodes.values()
    assert {node.id for node in nodes if node.kind not in NOT_STEPS} == set(walked)


def test_a_task_without_an_answer_is_done_and_one_with_null_is_left() -> None:
    model = (PROCESSES / "general-request" / "process.bpmn").read_bytes()
    left = simulate(model, {"tasks": {"triage": None}}, NOW)
    assert (left.completed, left.waiting, left.steps) == (False, ["triage"], [])
