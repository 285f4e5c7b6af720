"""The embedded server: several processes may start it at once, and it comes back after being killed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from engine.embedded import EmbeddedServer, kill, start

_PROGRAM = "import sys; from pathlib import Path; from engine.embedded import start; start(Path(sys.argv[1]))"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's own user can reach, unlike pytest's, which are closed to others."""
    with tempfile.TemporaryDirectory(prefix="andecha-test-", ignore_cleanup_errors=True) as path:
        yield Path(path) / "postgres"


def test_several_processes_that_start_a_killed_server_at_once_all_find_it(folder: Path) -> None:
    server = start(folder)
    try:
        kill(server)
        starters = [
            subprocess.Popen([sys.executable, "-c", _PROGRAM, str(folder)]) for _ in range(3)
        ]
        assert [starter.wait(timeout=50) for starter in starters] == [0, 0, 0]
        assert answers(server)
    finally:
        server.stop()
    assert not server.is_alive()


def answers(server: EmbeddedServer) -> bool:
    with psycopg.connect(server.owner_url) as connection:
        row = connection.execute("SELECT 1").fetchone()
    return row == (1,)
