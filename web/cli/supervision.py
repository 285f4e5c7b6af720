"""Keeping processes alive: what dies is started again, and nothing outlives the one that keeps it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PARENT = "ANDECHA_PARENT"
_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of Linux's prctl(2)."""

_LONGEST_WAIT = 10.0
_LIVED_WELL = 30.0


@dataclass
class Child:
    """A process of ours that must be running: its `andecha` verb, and when it may start again.

    log: the file that gets what it says, at its end.
    """

    arguments: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started: float = field(default=0.0)
    not_before: float = field(default=0.0)

    def keep(self) -> None:
        """Start it when it is not running; one that dies again and again is started less often."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            return
        if self.process is not None:
            lived_well = now - self.started > _LIVED_WELL
            self.failures = 1 if lived_well else self.failures + 1
            self.not_before = now + min(_LONGEST_WAIT, 0.5 * (self.failures - 1))
            self.process = None
        if now >= self.not_before:
            self.started = now
            self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "web.cli.main", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, _PARENT: str(os.getpid())},
            )

    def end(self) -> None:
        """Ask it to stop."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait until it has stopped; after so many seconds it is killed."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def end_with_parent() -> None:
    """In a kept process: stop when the keeper dies, also when it is killed (on Linux)."""
    keeper = os.environ.pop(_PARENT, None)
    if keeper is None:
        return
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != int(keeper):
        raise SystemExit(2)
