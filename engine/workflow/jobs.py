"""What wakes processes: answers that come later, and timers that are due."""

from __future__ import annotations

from typing import Any

from engine.jobs import duty, job
from engine.townhall import Call, TownHall
from engine.workflow.firing import fire_due, next_due
from engine.workflow.operations import signalled


@job("workflow.signal")
def signal(call: Call, *, reference: str, result: Any = None) -> None:
    """Give a waiting token its answer; one that waits no more changes nothing."""
    signalled(call, reference=reference, result=result)


@duty("workflow.timers", every=1.0, look=next_due, shared=True)
def timers(townhall: TownHall) -> None:
    """Fire what is due, each in a transaction of its own."""
    fire_due(townhall)
