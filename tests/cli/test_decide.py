"""`andecha decide`: the result, the rules and what there is to say; exit 0, 1 or 2."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
TERRACE = Path(__file__).parents[2] / "processes" / "terrace-permit" / "decisions.dmn"
FILE = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="d" name="d" namespace="x">
<inputData id="metres" name="metres"><variable name="metres" typeRef="number"/></inputData>
<decision id="double" name="double"><informationRequirement><requiredInput href="#metres"/></informationRequirement>
<literalExpression><text>metres * 2.5</text></literalExpression></decision>
<decision id="day" name="day"><literalExpression><text>today()</text></literalExpression></decision></definitions>"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "some.dmn"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_a_decision_of_a_package_names_the_rule_that_matched(run_cli: Run) -> None:
    values = '{"category": "second", "starts_on": "2026-05-01"}'
    done = run_cli("decide", str(TERRACE), "--decision", "tariff", "--input", values, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"result": "4.1", "matched": ["second_2026"], "findings": []}


def test_a_service_of_the_clock_takes_the_instant_that_it_is_given(
    run_cli: Run, file: Path
) -> None:
    at = ("--at", "2026-11-24T23:30:00+00:00")
    done = run_cli("decide", str(file), "--decision", "day", *at, "--json")
    assert json.loads(done.stdout)["result"] == "2026-11-25"


def test_an_input_of_another_type_is_told_and_exits_with_one(run_cli: Run, file: Path) -> None:
    values = ("--input", '{"metres": "many"}')
    done = run_cli("decide", str(file), "--decision", "double", *values, "--json")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert (answer["result"], answer["matched"]) == (None, [])
    assert [(item["level"], item["element"]) for item in answer["findings"]] == [
        ("error", "metres")
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--input", "{no"), "no son JSON"), (("--input", "[1]"), "objeto JSON"), (("--input", '{"metres": NaN}'), "NaN no es un número"),
        (("--at", "mañana"), "no es un instante"), (("--at", "2026-11-24T10:00:00"), "falta la zona"),
    ],
)  # fmt: skip
def test_what_cannot_run_exits_with_two(
    run_cli: Run, file: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = run_cli("decide", str(file), "--decision", "double", *arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_file_with_faults_tells_them_all(run_cli: Run, file: Path) -> None:
    file.write_text(FILE.replace("2.5", "").replace("today()", "]"), encoding="utf-8")
    done = run_cli("decide", str(file), "--decision", "double", "--json")
    assert done.returncode == 1
    assert [item["element"] for item in json.loads(done.stdout)["findings"]] == ["double", "day"]


def test_no_decision_of_that_name_is_told(run_cli: Run, file: Path) -> None:
    done = run_cli("decide", str(file), "--decision", "nothing")
    assert (done.returncode, "no existe la decisión «nothing»" in done.stderr) == (1, True)
