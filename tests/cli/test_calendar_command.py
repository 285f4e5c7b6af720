"""`andecha calendar`: load, list and show the calendars of an installation."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from engine.deadlines.calendars import CALENDARS
from engine.deadlines.models import Deadline
from engine.deadlines.operations import open_deadline
from engine.townhall import TownHall

Run = Callable[..., subprocess.CompletedProcess[str]]
PACKAGED = [str(CALENDARS / f"{name}.toml") for name in ("valdecandamo", "asturias", "espana")]


@pytest.fixture
def environment(townhall: TownHall) -> dict[str, str]:
    settings = townhall.settings
    return {
        "ANDECHA_ENV": "test",
        "ANDECHA_DATA": str(settings.data_dir),
        "ANDECHA_DATABASE_URL": settings.database_url or "",
    }


@pytest.fixture
def empty(townhall: TownHall, environment: dict[str, str]) -> dict[str, str]:
    """An installation without any calendar."""
    with townhall.database.engine.begin() as connection:
        for table in ("calendar_day", "calendar_year", "calendar"):
            connection.execute(text(f"DELETE FROM {table}"))
    return environment


def test_calendars_are_loaded_the_wider_first_listed_and_shown(
    run_cli: Run, empty: dict[str, str]
) -> None:
    """PLZ-18: the three levels, by the files that the command line reads."""
    done = run_cli("calendar", "import", *PACKAGED, "--json", **empty)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["calendars"]
    assert [(item["calendar"], item["published"]) for item in found] == [
        ("espana", True),
        ("asturias", True),
        ("valdecandamo", True),
    ]
    listed = json.loads(run_cli("calendar", "list", "--json", **empty).stdout)["calendars"]
    assert {item["id"]: item["covered"] for item in listed}["valdecandamo"] == [2026, 2027]
    shown = json.loads(
        run_cli("calendar", "show", "valdecandamo", "--year", "2027", "--json", **empty).stdout
    )
    assert shown["complete"]
    assert {"date": "2027-06-24", "name": "San Juan, fiesta local", "place": "Valdecandamo"} in (
        shown["days"]
    )
    assert {item["place"] for item in shown["sources"]} == {"España", "Asturias", "Valdecandamo"}
    again = json.loads(run_cli("calendar", "import", *PACKAGED, "--json", **empty).stdout)
    assert not any(item["changed"] for item in again["calendars"])


def test_a_year_of_days_moves_the_open_terms_when_it_is_published(
    run_cli: Run, environment: dict[str, str], townhall: TownHall, tmp_path: Path
) -> None:
    row = open_deadline(
        townhall.system("test"), rule="correction", starts_at=datetime(2026, 11, 24, tzinfo=UTC)
    )
    days = tmp_path / "locales.csv"
    days.write_text("24/06/2026;San Juan\n01/12/2026;Fiesta nueva\n", encoding="utf-8")
    order = ("calendar", "import", str(days), "--calendar", "valdecandamo", "--year", "2026")
    order = (*order, "--source", "Pleno", "--json")

    def due() -> str:
        with townhall.database.reading() as session:
            found = session.scalar(select(Deadline.due_at).where(Deadline.id == row.id))
        assert found is not None
        return found.date().isoformat()

    (tried,) = json.loads(run_cli(*order, "--dry-run", **environment).stdout)["calendars"]
    assert (tried["published"], tried["moved"], due()) == (False, 1, "2026-12-10")
    (done,) = json.loads(run_cli(*order, **environment).stdout)["calendars"]
    assert (done["published"], done["moved"], due()) == (True, 1, "2026-12-11")
    text_of = run_cli("calendar", "show", "valdecandamo", "--year", "2026", "--ics", **environment)
    assert "SUMMARY:Fiesta nueva" in text_of.stdout


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (("calendar", "import"), "ficheros"),
        (("calendar", "import", "nope.toml"), "No se puede leer"),
        (("calendar", "import", PACKAGED[0], "--packaged"), "ficheros"),
        (("calendar", "show", "nope"), "nope"),
    ],
)
def test_what_cannot_run_says_why(
    run_cli: Run, environment: dict[str, str], order: tuple[str, ...], why: str
) -> None:
    done = run_cli(*order, **environment)
    assert done.returncode == 2
    assert why in done.stderr


def test_a_calendar_without_its_wider_place_is_refused(run_cli: Run, empty: dict[str, str]) -> None:
    """PLZ-18: a town's own days alone would be half a calendar."""
    done = run_cli("calendar", "import", PACKAGED[0], **empty)
    assert done.returncode == 2
    assert "Falta el calendario «asturias»" in done.stderr
    assert "No hay ningún calendario cargado" in run_cli("calendar", "list", **empty).stderr


def test_bringing_the_schema_up_to_date_says_that_no_term_can_be_counted_yet(
    run_cli: Run, empty: dict[str, str], townhall: TownHall
) -> None:
    """PLZ-18: on a new installation, before anybody files."""
    owner = {**empty, "ANDECHA_OWNER_DATABASE_URL": townhall.settings.owner_url or ""}
    said = run_cli("db", "upgrade", **owner).stderr
    assert "no está cargado" in said
    assert "andecha calendar import" in said
    assert run_cli("calendar", "import", "--packaged", **owner).returncode == 0
