"""`andecha run`: what is killed comes back, and Ctrl-C leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from engine.embedded import EmbeddedServer


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("it did not happen in time")


def test_database_and_worker_come_back_after_being_killed(tmp_path: Path) -> None:
    environment = {**os.environ, "ANDECHA_DATA": str(tmp_path / "var"), "ANDECHA_DATABASE_URL": ""}
    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "web.cli.main", "run"],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    folder = tmp_path / "var" / "postgres"
    server = EmbeddedServer(folder, folder)
    try:
        wait_for(lambda: "en marcha" in (tmp_path / "log").read_text(errors="replace"))
        wait_for(lambda: _workers(process.pid))
        first = _workers(process.pid)[0]
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: set(_workers(process.pid)) - {first})
        killed = server.pid()
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: server.pid() not in (None, killed) and server.is_alive())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        log.close()
    assert not server.is_alive()


def _workers(pid: int) -> list[int]:
    try:
        children = psutil.Process(pid).children()
        return [
            child.pid for child in children if child.is_running() and "worker" in child.cmdline()
        ]
    except psutil.Error:
        return []
