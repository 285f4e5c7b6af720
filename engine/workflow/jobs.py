"""What wakes processes: answers that come later, and timers that are due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from engine.jobs import duty, job
from engine.townhall import Call, TownHall
from engine.workflow.firing import fire_due, next_due
from engine.workflow.operations import follow_terms, signalled


@job("workflow.signal")
def signal(call: Call, *, reference: str, result: Any = None) -> None:
    """Give a waiting token its answer; one that waits no more changes nothing."""
    signalled(call, reference=reference, result=result)


@job("workflow.follow_terms")
def follow(call: Call, *, deadlines: Sequence[str]) -> None:
    """Show in people's work the ends of terms that moved."""
    follow_terms(call, deadlines=tuple(UUID(each) for each in deadlines))


@duty("workflow.timers", every=1.0, look=next_due, shared=True)
def timers(townhall: TownHall) -> None:
    """Fire what is due, each in a transaction of its own."""
    fire_due(townhall)
