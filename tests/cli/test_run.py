"""`andecha run`: what is killed comes back, Ctrl-C leaves nothing running, and it says why it cannot start."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from factories.running_town import RunningTown, wait_for

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port where somebody else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_database_web_and_worker_come_back_after_being_killed(tmp_path: Path) -> None:
    town = RunningTown(tmp_path)
    try:
        town.start(demo="none")
        town.kill("worker")
        town.kill("web")
        wait_for(lambda: answers(town.port), "the sede after the web was killed")
        town.kill_database()
        wait_for(lambda: answers(town.port), "the sede after the database was killed")
        mine = [town.process.pid, *town.pids("web"), *town.pids("worker")]
    finally:
        town.stop()
    assert town.process.returncode == 0
    assert not town.server.is_alive()
    assert [pid for pid in mine if psutil.pid_exists(pid)] == []


def answers(port: int) -> bool:
    """Whether the sede shows its first page."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize("verb", ["run", "web"])
def test_a_port_in_use_is_said_in_one_line(
    run_cli: Run, tmp_path: Path, busy_port: int, verb: str
) -> None:
    done = run_cli(verb, "--port", str(busy_port), ANDECHA_DATA=str(tmp_path / "var"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"puerto {busy_port}" in done.stderr
    assert not (tmp_path / "var" / "postgres").exists()


def test_production_does_not_run_the_demonstration(run_cli: Run, tmp_path: Path) -> None:
    production = {
        "ANDECHA_ENV": "production",
        "ANDECHA_DATA": str(tmp_path / "var"),
        "ANDECHA_DATABASE_URL": "postgresql://nobody@/nothing?host=/nowhere",
        "ANDECHA_SECRET_KEY": "a secret only for tests, long enough",
        "ANDECHA_KEY_PASSPHRASE": "a passphrase only for tests",
    }
    for verb in (("run",), ("demo", "load")):
        done = run_cli(*verb, **production)
        assert (done.returncode, "producción" in done.stderr) == (2, True)
        assert "Traceback" not in done.stderr


def test_two_do_not_run_on_the_same_data(run_cli: Run, tmp_path: Path, port: int) -> None:
    import fcntl

    with (tmp_path / "run.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_cli("run", "--port", str(port), ANDECHA_DATA=str(tmp_path))
    assert done.returncode == 2
    assert "ya está en marcha" in done.stderr


def test_the_help_comes_at_once_and_names_every_verb(run_cli: Run) -> None:
    began = time.process_time(), time.monotonic()
    done = run_cli("--help")
    assert done.returncode == 0
    for verb in ("run", "web", "worker", "demo", "keys", "check", "db", "bench", "audit"):
        assert f"\n  {verb} " in done.stdout
    assert time.monotonic() - began[1] < 5


def test_the_command_line_imports_nothing_heavy_before_it_is_asked() -> None:
    program = (
        "import sys, web.cli.main; "
        "print([name for name in ('sqlalchemy', 'flask', 'lxml', 'weasyprint', 'cryptography',"
        " 'SpiffWorkflow', 'gunicorn', 'psycopg') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
