"""Processes that are killed and started again while they work, from a seed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from town_at_work import Place

PROGRAM = Path(__file__).with_name("town_at_work.py")


class Processes:
    """Workers and writers by name, forked by one nursery."""

    def __init__(self, place: Place) -> None:
        self._place = place
        path = place.folder / "place.json"
        path.write_text(json.dumps({**asdict(place), "folder": str(place.folder)}))
        self._output = (place.folder / "output").open("wb")
        self._nursery = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._output,
            text=True,
        )
        self.pids: dict[str, int] = {}
        self.kills = 0

    def start(self, name: str, seed: int = 0) -> int:
        """Fork the process of a name; its id."""
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(f"{name} {seed}\n")
        self._nursery.stdin.flush()
        self.pids[name] = int(self._nursery.stdout.readline())
        return self.pids[name]

    def kill(self, name: str) -> None:
        """SIGKILL, and wait until it is no more."""
        pid = self.pids.pop(name)
        os.kill(pid, signal.SIGKILL)
        self.kills += 1
        while is_alive(pid):
            time.sleep(0.005)

    def stop(self) -> None:
        """End everything."""
        for name in list(self.pids):
            with contextlib.suppress(ProcessLookupError):
                self.kill(name)
        self._nursery.terminate()
        self._nursery.wait(timeout=20)
        for pipe in (self._nursery.stdin, self._nursery.stdout, self._output):
            if pipe is not None:
                pipe.close()

    def disturb(self, chance: random.Random) -> None:
        """Kill one of them at random, let a moment pass, and start it again."""
        name = chance.choice(sorted(self.pids))
        self.kill(name)
        time.sleep(chance.uniform(0, 0.3))
        self.start(name, chance.randrange(1 << 30))

    @property
    def failures(self) -> str:
        """What ended a process that nobody killed."""
        path = self._place.folder / "failed.log"
        return path.read_text() if path.exists() else ""

    def acknowledged(self) -> Iterator[Mapping[str, Any]]:
        """What the writers were told was done."""
        for path in sorted(self._place.folder.glob("*.acknowledged")):
            for line in path.read_text().splitlines():
                yield json.loads(line)


def is_alive(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
