"""How much processor time the processes of this machine have used, as Linux tells it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of(pids: Iterable[int]) -> float:
    """What these processes used since they began, in seconds; one that ended counts no more."""
    return sum(_ticks(pid) for pid in pids) / _TICKS


def children_of(parent: int) -> list[int]:
    """The processes that one began."""
    pids = [int(path.name) for path in _PROC.iterdir() if path.name.isdigit()]
    return [pid for pid in pids if _fields(pid)[1:2] == [str(parent)]]


def parent_of(pid: int) -> int:
    """The process that began one; raises ProcessLookupError when it ended."""
    fields = _fields(pid)
    if not fields:
        raise ProcessLookupError(pid)
    return int(fields[1])


def _ticks(pid: int) -> int:
    fields = _fields(pid)
    return int(fields[11]) + int(fields[12]) if fields else 0


def _fields(pid: int) -> list[str]:
    """What follows the name in /proc/PID/stat: state, parent, …; empty for one that ended."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()
