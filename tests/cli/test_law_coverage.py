"""The page of the law and its tests: which ids a text carries, which tests carry them, what is not right."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from engine.settings import ROOT

FAMILIES = ("PLZ", "SIL", "NOT")


@pytest.fixture(scope="module")
def coverage() -> ModuleType:
    """The tool, which lies outside the packages."""
    spec = importlib.util.spec_from_file_location(
        "make_law_coverage", ROOT / "tools" / "make_law_coverage.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("PLZ-9: two filings.", "PLZ-9"),
        ("What NOT-4 and NOT-6 ask for.", "NOT-4 NOT-6"),
        ("SIL-1 to SIL-4", "SIL-1 SIL-2 SIL-3 SIL-4"),
        ("SIL-1…4", "SIL-1 SIL-2 SIL-3 SIL-4"),
        ("PLZ-1–3 and PLZ-5.", "PLZ-1 PLZ-2 PLZ-3 PLZ-5"),
        ("PLZ-5/6", "PLZ-5 PLZ-6"),
        ("PLZ-5, 6 and 8: months.", "PLZ-5 PLZ-6 PLZ-8"),
        ("PLZ-9, 10 days later", "PLZ-9"),
        ("PLZ-13, art. 22", "PLZ-13"),
        ("NOT-12, PLZ-6, SIL-1", "NOT-12 PLZ-6 SIL-1"),
        ("PLZ-12 to 2026", "PLZ-12"),
        ("XPLZ-1, plz-2, PLZ 3, NOT-", ""),
    ],
)
def test_the_ids_of_a_text_are_found_in_ranges_and_in_lists(
    coverage: ModuleType, text: str, ids: str
) -> None:
    assert coverage.ids_in(text, FAMILIES) == tuple(ids.split())


def write(folder: Path, text: str, name: str = "test_it.py") -> Path:
    (folder / "tests" / "engine").mkdir(parents=True, exist_ok=True)
    (folder / "tests" / "engine" / name).write_text(text, encoding="utf-8")
    return folder / "tests"


def test_a_test_proves_by_its_docstring_or_its_name_and_nothing_else_does(
    coverage: ModuleType, tmp_path: Path
) -> None:
    tests = write(
        tmp_path,
        '"""PLZ-1 in a module proves nothing."""\n'
        "def test_plz_2_the_day_of_the_act(): pass\n"
        'def test_months():\n    """PLZ-5, PLZ-6."""\n    # PLZ-7\n    text = "PLZ-8"\n'
        'def helper():\n    """PLZ-9"""\n'
        'class TestMore:\n    """PLZ-10"""\n    def test_in_a_class(self):\n        """PLZ-11"""\n',
    )
    write(tmp_path, 'def test_this():\n    """PLZ-12"""\n', "conftest.py")
    found = coverage.proofs(tests, FAMILIES)
    assert {key: [proof.name for proof in found[key]] for key in found} == {
        "PLZ-2": ["test_plz_2_the_day_of_the_act"],
        "PLZ-5": ["test_months"],
        "PLZ-6": ["test_months"],
        "PLZ-11": ["test_in_a_class"],
    }
    assert found["PLZ-2"][0].path == "tests/engine/test_it.py"
    assert found["PLZ-2"][0].sentence == "the day of the act"


def test_a_scenario_of_a_procedure_proves_by_its_title(
    coverage: ModuleType, tmp_path: Path
) -> None:
    folder = tmp_path / "processes" / "shared" / "core" / "tests"
    folder.mkdir(parents=True)
    (folder / "heard.json").write_text('{"title": "PLZ-4, NOT-1: se oye a todos"}', "utf-8")
    (folder / "silent.json").write_text(
        '{"title": "Nadie alega", "input": {"x": "PLZ-5"}}', "utf-8"
    )
    found = coverage.scenarios(tmp_path / "processes", FAMILIES)
    assert set(found) == {"PLZ-4", "NOT-1"}
    assert found["NOT-1"][0].path == "processes/shared/core/tests/heard.json"
    assert found["NOT-1"][0].sentence == "se oye a todos"


def rules(folder: Path, *more: str) -> Path:
    path = folder / "rules.toml"
    families = (("PLZ", "true"), ("FIL", "false"))
    text = "".join(
        f'[[family]]\nkey = "{key}"\ntitle = "T"\nproof = {proof}\n' for key, proof in families
    )
    text += "".join(
        f'[[rule]]\nid = "{item.split()[0]}"\narticles = "a"\nstatement = "s"\n'
        + "".join(f"{line}\n" for line in item.split()[1:])
        for item in more
    )
    path.write_text(text, encoding="utf-8")
    return path


def test_what_has_no_test_and_what_does_not_exist_is_a_problem(
    coverage: ModuleType, tmp_path: Path
) -> None:
    read = coverage.read_rules(
        rules(
            tmp_path,
            'PLZ-1 people="judgement"',
            'PLZ-2 people="all" people_alone=true',
            "FIL-1",
            'FIL-2 missing="much"',
            "PLZ-3",
        )
    )
    tests = write(tmp_path, 'def test_it():\n    """PLZ-3, PLZ-21."""\n')
    wrong = coverage.problems(read, coverage.proofs(tests, ("PLZ", "FIL")))
    assert [line.split()[0] for line in wrong] == ["tests/engine/test_it.py:", "PLZ-1", "FIL-1"]
    assert "PLZ-21" in wrong[0]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("PLZ-1", "PLZ-1"), "twice"),
        (("PLZ-1", "PLZ-3"), "lacks"),
        (("PLZ-1", "ABC-1"), "no family"),
        (("PLZ-1 people_alone=true",), "left to people"),
        (("PLZ-1 wrong",), "rules.toml"),
    ],
)
def test_a_file_of_rules_that_is_not_whole_is_refused(
    coverage: ModuleType, tmp_path: Path, more: tuple[str, ...], words: str
) -> None:
    with pytest.raises(coverage.RulesError, match=words):
        coverage.read_rules(rules(tmp_path, *more))


def test_every_rule_of_terms_silence_and_notifications_has_its_proof(coverage: ModuleType) -> None:
    """A lawyer finds the proof of each article; the page is the one of these tests."""
    read = coverage.read_rules()
    counts = {
        family.key: sum(rule.family == family.key for rule in read.rules)
        for family in read.families
    }
    assert counts == {
        "PLZ": 20, "SIL": 4, "NOT": 15, "FIL": 18, "INI": 2, "INS": 12, "REC": 3, "EXP": 4,
    }  # fmt: skip
    page, wrong = coverage.coverage()
    assert wrong == []
    assert page == coverage.PAGE.read_text(encoding="utf-8")
