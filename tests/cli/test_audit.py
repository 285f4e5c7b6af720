"""`andecha audit`: exit 0 for an intact record, 1 and a sentence for an altered one, 2 without a database."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from engine.db import libpq_url
from engine.people import operations as people
from engine.record.sequencer import sequence
from engine.townhall import TownHall

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(townhall: TownHall) -> dict[str, str]:
    for number in range(3):
        people.create_unit(
            townhall.system("test"), code=f"U{number}", dir3="LA0000001", name=f"Unidad {number}"
        )
    sequence(townhall)
    settings = townhall.settings
    return {
        "ANDECHA_ENV": "test",
        "ANDECHA_DATA": str(settings.data_dir),
        "ANDECHA_DATABASE_URL": settings.database_url or "",
    }


def test_an_intact_record_says_so(run_cli: Run, environment: dict[str, str]) -> None:
    done = run_cli("audit", "verify", **environment)
    assert (done.returncode, done.stdout[:16]) == (0, "Registro íntegro")


def test_one_changed_byte_is_named_and_exits_with_one(
    run_cli: Run, environment: dict[str, str], townhall: TownHall
) -> None:
    with psycopg.connect(libpq_url(townhall.settings.owner_url or "")) as connection:
        connection.execute("SET session_replication_role = replica")
        row = connection.execute(
            "UPDATE audit_event SET body = set_byte(body, 30, get_byte(body, 30) # 1) "
            "WHERE id = (SELECT max(id::text)::uuid FROM audit_event) RETURNING id"
        ).fetchone()
    assert row is not None
    done = run_cli("audit", "verify", "--json", **environment)
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"]) == (1, False)
    assert report["alterations"][0]["id"] == str(row[0])


def test_the_last_checkpoint_and_a_proof_can_be_had(
    run_cli: Run, environment: dict[str, str], townhall: TownHall
) -> None:
    checkpoint = json.loads(run_cli("audit", "checkpoint", "--json", **environment).stdout)
    assert checkpoint["size"] == 3
    with psycopg.connect(libpq_url(townhall.settings.database_url or "")) as connection:
        row = connection.execute("SELECT id FROM audit_event LIMIT 1").fetchone()
    assert row is not None
    proof = json.loads(run_cli("audit", "prove", str(row[0]), "--json", **environment).stdout)
    assert proof["size"] == 3
    assert run_cli("audit", "prove", "nonsense", **environment).returncode == 2


def test_a_verb_that_only_looks_starts_no_database(run_cli: Run, tmp_path: Path) -> None:
    done = run_cli("audit", "verify", ANDECHA_DATA=str(tmp_path), ANDECHA_DATABASE_URL="")
    assert done.returncode == 2
    assert "No hay ninguna base de datos" in done.stderr
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["audit", "nonsense"], ["audit", "verify", "--x"]]
)
def test_bad_arguments_exit_with_two_and_no_traceback(run_cli: Run, arguments: list[str]) -> None:
    done = run_cli(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
