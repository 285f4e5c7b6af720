"""An installation at work: `andecha run` with the small town of the demonstration, in processes of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from engine.assembly import assemble
from engine.embedded import EmbeddedServer
from engine.settings import load_settings
from engine.townhall import TownHall

PATIENCE = 90.0
_START_SECONDS = 240.0


def wait_for(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something holds; fail saying what did not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.2)
    pytest.fail(f"it did not happen in time: {what}")


class RunningTown:
    """A whole installation: started, asked, its parts killed, stopped.

    folder: where it writes what it prints. Its data lie elsewhere: pytest closes its own folders to
    other users each time that it starts, and PostgreSQL does not run as root.
    """

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._output = folder / "output"
        self._data = Path(tempfile.mkdtemp(prefix="andecha-town-"))
        self.server = EmbeddedServer(self._data / "postgres", self._data / "postgres")
        self._environment = {
            **os.environ,
            "ANDECHA_ENV": "demo",
            "ANDECHA_DATA": str(self._data),
            "ANDECHA_DATABASE_URL": "",
            "ANDECHA_BASE_URL": self.address,
            "ANDECHA_WEB_WORKERS": "1",
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the town was not started"
        return self._process

    @property
    def says(self) -> str:
        """What it printed so far."""
        return self._output.read_text(errors="replace")

    def start(self, *, demo: str = "small") -> None:
        """Start everything, with so much of the demonstration, and wait until the sede is open."""
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                self._command("run", "--port", str(self.port), "--demo", demo),
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_for(
            lambda: "en marcha" in self.says or self.process.poll() is not None,
            "the town at work",
            _START_SECONDS,
        )
        assert self.process.poll() is None, self.says

    def stop(self) -> None:
        """Ctrl-C, and wait until nothing is left."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=60)
        shutil.rmtree(self._data, ignore_errors=True)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb of the command line on this installation."""
        return subprocess.run(
            self._command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=self._environment,
        )

    @contextmanager
    def opened(self) -> Iterator[TownHall]:
        """Its town hall, for what a test must know beforehand."""
        settings = load_settings(self._environment)
        townhall = assemble(settings, database_url=self.server.app_url)
        try:
            yield townhall
        finally:
            townhall.database.dispose()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "web.cli.main", *arguments]

    def pids(self, verb: str) -> list[int]:
        """The processes of a verb: the kept one, and for the web also those forked from it."""
        try:
            children = psutil.Process(self.process.pid).children()
            kept = [child for child in children if is_of(child, verb)]
            return [found.pid for child in kept for found in (child, *child.children())]
        except psutil.Error:
            return []

    def kill(self, verb: str) -> None:
        """SIGKILL to every process of a verb, and wait until another one is there."""
        wait_for(lambda: self.pids(verb), f"no {verb} to kill")
        killed = self.pids(verb)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: set(self.pids(verb)) - set(killed), f"another {verb}")

    def kill_database(self) -> None:
        """SIGKILL to the postmaster, as a power cut would, and wait until it answers again."""
        killed = self.server.pid()
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        wait_for(
            lambda: self.server.pid() not in (None, killed) and self.server.is_alive(),
            "the database again",
        )


def is_of(process: psutil.Process, verb: str) -> bool:
    """Whether a process runs a verb of the command line; a dead one runs none."""
    try:
        return verb in process.cmdline()
    except psutil.Error:
        return False
