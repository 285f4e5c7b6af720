"""The scenarios that each package carries in its `tests` folder: what happens to whom, step by step."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.procedures.binding import with_parts
from engine.procedures.scenarios import Report, run_tests
from engine.workflow.simulate import simulate

PROCESSES = Path(__file__).parents[3] / "processes"
PACKAGES = sorted(path.parent.name for path in PROCESSES.glob("*/procedure.toml"))
SHARED = sorted(f"shared/{path.parent.name}" for path in PROCESSES.glob("shared/*/part.toml"))
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize("key", [*PACKAGES, *SHARED])
def test_the_scenarios_of_a_package_pass_and_walk_all_of_its_model(key: str) -> None:
    report = run_tests(PROCESSES / key, NOW)
    assert [(each.name, each.faults) for each in report.scenarios if each.faults] == []
    assert report.coverage.missed == ()
    assert report.ok


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "general-request"
    shutil.copytree(PROCESSES / "general-request", folder)
    return folder


def changed(package: Path, change: Callable[[dict[str, Any]], None]) -> Report:
    """The report once the scenario of an answered request says something else."""
    path = package / "tests" / "answered.json"
    scenario = json.loads(path.read_text(encoding="utf-8"))
    change(scenario)
    path.write_text(json.dumps(scenario), encoding="utf-8")
    return run_tests(package, NOW)


def faults(report: Report, name: str = "answered") -> str:
    assert not report.ok
    (found,) = (each for each in report.scenarios if each.name == name)
    return "; ".join(found.faults)


def test_another_path_is_told_with_its_place(package: Path) -> None:
    report = changed(package, lambda it: it["steps"].insert(2, "correct"))
    assert "en el paso 3 se esperaba correct y hay answer" in faults(report)


def test_work_documents_and_terms_that_do_not_come_are_told(package: Path) -> None:
    def change(scenario: dict[str, Any]) -> None:
        scenario["work_items"][1]["unit"] = "ESP"
        scenario["documents"][0]["template"] = "other"
        scenario["deadlines"] = [{"element": "triage", "rule": "resolve"}]

    found = faults(changed(package, change))
    assert 'falta el trabajo {"element": "answer", "role": "processor", "unit": "ESP"}' in found
    assert 'falta el documento {"element": "draft_answer", "template": "other"}' in found
    assert "falta el plazo" in found


def test_data_that_end_otherwise_are_told(package: Path) -> None:
    report = changed(package, lambda it: it.update(data={"triage": {"route": "theirs"}}))
    assert "el dato «triage» es" in faults(report)


def test_a_scenario_that_stops_half_way_says_for_what_it_waits(package: Path) -> None:
    def change(scenario: dict[str, Any]) -> None:
        scenario["input"]["tasks"]["triage"] = None
        del scenario["steps"], scenario["work_items"], scenario["documents"]

    assert "no llega al fin: espera triage" in faults(changed(package, change))

    def expected(scenario: dict[str, Any]) -> None:
        scenario["waiting"] = ["triage"]

    report = changed(package, expected)
    assert [each.faults for each in report.scenarios if each.name == "answered"] == [()]


def test_less_walked_than_the_package_asks_fails_it(package: Path) -> None:
    for path in (package / "tests").glob("*.json"):
        if path.stem != "answered":
            path.unlink()
    report = run_tests(package, NOW)
    assert not report.ok
    assert "draft_desisted" in report.coverage.missed
    assert "el paquete pide el 100 %" in report.faults[0]
    toml = package / "procedure.toml"
    toml.write_text(
        toml.read_text(encoding="utf-8") + "\n[tests]\ncoverage = 40\n", encoding="utf-8"
    )
    assert run_tests(package, NOW).ok


def test_a_package_without_scenarios_fails(package: Path) -> None:
    shutil.rmtree(package / "tests")
    report = run_tests(package, NOW)
    assert not report.ok
    assert "ningún escenario" in report.faults[0]


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"input": 3}', '{"input": {}, "other": 1}', "[" * 9000]
)
def test_a_file_that_is_no_scenario_is_a_fault_of_its_own(package: Path, text: str) -> None:
    (package / "tests" / "answered.json").write_text(text, encoding="utf-8")
    assert "El escenario" in faults(run_tests(package, NOW))


def test_a_task_without_an_answer_is_done_and_one_with_null_is_left() -> None:
    model = (PROCESSES / "general-request" / "process.bpmn").read_bytes()
    model = with_parts(model, PROCESSES / "general-request")
    left = simulate(model, {"tasks": {"triage": None}}, NOW)
    assert (left.completed, left.waiting, left.steps) == (False, ["triage"], ["communication_send"])
