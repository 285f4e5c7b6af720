"""The command's answers against dated examples derived by hand (examples.toml)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine.deadlines.term import Term, TermUnit
from engine.errors import BadInput
from engine.settings import load_settings
from tests.engine.deadlines.conftest import PERSON_DAYS, SEAT_DAYS, SHARED_DAYS
from web.cli.deadline import compute

EXAMPLES = tomllib.loads(Path(__file__).with_name("examples.toml").read_text("utf-8"))["example"]
_OF_THE_RULES = 14
_PLACES: Mapping[str, tuple[str, tuple[int, ...], list[str]]] = {
    "seat": ("Europe/Madrid", (2026, 2027), SHARED_DAYS + SEAT_DAYS),
    "person": ("Europe/Madrid", (2026, 2027), SHARED_DAYS + PERSON_DAYS),
    "leap": ("Europe/Madrid", (2028, 2029), []),
    "cairo": ("Africa/Cairo", (2024,), []),
}


@pytest.fixture(scope="module")
def calendars(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The calendars of the examples, as files that the command reads."""
    folder = tmp_path_factory.mktemp("calendars")
    found = {}
    for name, (zone, years, days) in _PLACES.items():
        lines = [
            f'id = "{name}"',
            f'name = "{name}"',
            f'timezone = "{zone}"',
            f"years = {[*years]}",
        ]
        for day in days:
            lines += ["[[holidays]]", f"date = {day}", 'name = "fiesta"']
        found[name] = folder / f"{name}.toml"
        found[name].write_text("\n".join(lines), encoding="utf-8")
    return found


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, calendars: Mapping[str, Path]) -> Any:
    """Ask the command for an example; raises what it raises."""

    def ask(example: Mapping[str, Any]) -> dict[str, Any]:
        settings = load_settings()
        town = replace(
            settings.town,
            odd_half=example.get("odd_half", "up"),
            filing_term_from=example.get("term_from", "deemed"),
        )
        monkeypatch.setattr("engine.settings.load_settings", lambda: replace(settings, town=town))
        done = CliRunner().invoke(compute, _arguments(example, calendars))
        if done.exception is not None:
            raise done.exception
        return dict(json.loads(done.stdout))

    return ask


def _arguments(example: Mapping[str, Any], calendars: Mapping[str, Path]) -> list[str]:
    found = ["--json", "--start", example["start"], "--term", example["term"]]
    found += ["--calendar", str(calendars[example.get("calendar", "seat")])]
    if example.get("person"):
        found += ["--person-calendar", str(calendars["person"])]
    for each in example.get("suspend", ()):
        found += ["--suspend", each]
    return found + [f"--{name}" for name in ("urgent", "filing") if example.get(name)]


def _name(example: Mapping[str, Any]) -> str:
    flags = [name for name in ("person", "suspend", "urgent", "filing") if example.get(name)]
    return " ".join([example["start"], example["term"], *flags])


@pytest.mark.parametrize("example", EXAMPLES, ids=map(_name, EXAMPLES))
def test_the_command_gives_what_was_derived_by_hand(run: Any, example: Mapping[str, Any]) -> None:
    """PLZ-1, PLZ-2, PLZ-4, PLZ-5, PLZ-6, PLZ-7, PLZ-8, PLZ-9, PLZ-13, PLZ-17, PLZ-18: dated examples."""
    if "refused" in example:
        with pytest.raises(BadInput, match=example["refused"]):
            run(example)
        return
    found = run(example)
    assert found["due"] == example["due"]
    assert set(found["articles"]) == set(example["articles"])
    if "effective" in example:
        assert found["effective_start"] == example["effective"]
    counted = {day["date"]: day["counted"] for day in found["days"]}
    assert not any(counted[day] for day in example.get("skipped", ()))
    _check_days(example, found)


def _check_days(example: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """The days tell the same as the end: in order, each once, with its article, the last one counting."""
    days = found["days"]
    dates = [date.fromisoformat(day["date"]) for day in days]
    assert dates == sorted(set(dates))
    assert all(day["why"] and day["article"] in found["articles"] for day in days)
    assert days[-1]["counted"]
    term = Term.parse(example["term"])
    if term.unit is TermUnit.HOURS:
        return
    assert days[-1]["date"] == found["due"]
    if term.unit not in (TermUnit.BUSINESS_DAYS, TermUnit.NATURAL_DAYS):
        return
    amount = term.amount
    if example.get("urgent"):
        half = -(-amount // 2) if example.get("odd_half", "up") == "up" else amount // 2
        amount = max(1, half)
    counted = [day["date"] for day in days if day["counted"]]
    assert len(counted) == amount
    every = dates[dates.index(date.fromisoformat(counted[0])) :]
    assert len(every) == (every[-1] - every[0]).days + 1


def test_there_are_examples_beyond_those_of_the_rules() -> None:
    assert len(EXAMPLES) >= _OF_THE_RULES + 45


WRONG = {
    "start": (["--start", "nonsense"], "no es una fecha"),
    "day that does not exist": (["--start", "2026-02-30"], "no es una fecha"),
    "first of all days": (["--start", "0001-01-01T00:00:00+14:00"], "lejos"),
    "term": (["--term", "soon"], "no se entiende"),
    "plain days": (["--term", "10 days"], "no se entiende"),
    "no days": (["--term", "0 business days"], "al menos"),
    "negative": (["--term", "-3 months"], "no se entiende"),
    "36 hours": (["--term", "36 hours"], "24 horas"),
    "too many years": (["--term", "9999 years"], "lejos"),
    "suspension": (["--term", "3 months", "--suspend", "2026-06-01"], "DESDE/HASTA"),
    "suspension of nothing": (["--term", "3 months", "--suspend", "x/y"], "DESDE/HASTA"),
    "suspension backwards": (["--term", "3 months", "--suspend", "2026-06-20/2026-06-01"], "antes"),
    "calendar": (["--calendar", "nowhere"], "ningún calendario"),
    "calendar file": (["--calendar", "/nowhere/at/all.toml"], "No se puede leer"),
    "person's calendar": (["--person-calendar", "nowhere"], "ningún calendario"),
}


@pytest.mark.parametrize(("wrong", "message"), WRONG.values(), ids=WRONG)
def test_the_command_refuses_what_it_cannot_use_and_says_why(
    calendars: Mapping[str, Path], wrong: list[str], message: str
) -> None:
    right = {"--start": "2026-05-18T10:00", "--term": "10 business days"}
    right["--calendar"] = str(calendars["seat"])
    right.update(zip(wrong[::2], wrong[1::2], strict=True))
    done = CliRunner().invoke(compute, [part for pair in right.items() for part in pair])
    assert isinstance(done.exception, BadInput)
    assert message in done.exception.message
    assert not done.stdout


def test_people_read_each_day_with_its_article(calendars: Mapping[str, Path]) -> None:
    arguments = ["--start", "2026-09-10T12:00", "--term", "10 business days"]
    done = CliRunner().invoke(compute, [*arguments, "--calendar", str(calendars["seat"])])
    assert "16/09/2026  no cuenta  art. 30.2: fiesta (seat)" in done.stdout
    assert "25/09/2026  cuenta     art. 30.2: día 10 de 10" in done.stdout
    assert "Vence el 25/09/2026" in done.stdout
