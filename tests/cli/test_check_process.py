"""`andecha check process` and `andecha simulate` on whole packages."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]
PROCESSES = Path(__file__).parents[2] / "processes"


def test_a_package_is_checked_whole_and_each_finding_has_its_place(
    run_cli: Run, tmp_path: Path
) -> None:
    good, wrong = PROCESSES / "general-request", tmp_path / "wrong"
    shutil.copytree(good, wrong)
    model = wrong / "process.bpmn"
    text = model.read_text(encoding="utf-8")
    model.write_text(
        text.replace('id="expedientes/close"', 'id="expedientes/shut"'), encoding="utf-8"
    )
    done = run_cli("check", "process", str(good), str(wrong), "--json")
    assert done.returncode == 1
    first, second = json.loads(done.stdout)
    assert first == {"path": str(good), "ok": True, "executable": True, "findings": []}
    assert second["findings"] == [
        {
            "level": "error",
            "code": "service",
            "element": "close",
            "message": "no existe el servicio «expedientes/shut»",
        }
    ]
    assert (second["ok"], second["executable"]) == (False, True)


def test_a_model_alone_and_what_is_not_there(run_cli: Run, tmp_path: Path) -> None:
    done = run_cli("check", "process", str(PROCESSES / "terrace-permit" / "process.bpmn"), "--json")
    assert (done.returncode, json.loads(done.stdout)["ok"]) == (0, True)
    empty = run_cli("check", "process", str(tmp_path), "--json")
    assert empty.returncode == 1
    assert json.loads(empty.stdout)["executable"] is False
    assert run_cli("check", "process", str(tmp_path / "nowhere")).returncode == 2


def test_a_package_is_simulated_with_the_scenario_that_it_carries(run_cli: Run) -> None:
    package = PROCESSES / "terrace-permit"
    scenario = json.loads((package / "tests" / "desisted.json").read_text(encoding="utf-8"))
    done = run_cli("simulate", str(package), "--input", json.dumps(scenario["input"]), "--json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert (answer["completed"], answer["steps"]) == (True, scenario["steps"])
