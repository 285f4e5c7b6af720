"""What wakes processes: answers that come later, and timers that are due."""

from __future__ import annotations

from typing import Any

import structlog

from engine.errors import TownHallError
from engine.jobs import duty, job
from engine.townhall import Call, TownHall
from engine.workflow.operations import fire_timer, signalled
from engine.workflow.queries import due_timers

log = structlog.get_logger(__name__)


@job("workflow.signal")
def signal(call: Call, *, reference: str, result: Any = None) -> None:
    """Give a waiting token its answer; one that waits no more changes nothing."""
    signalled(call, reference=reference, result=result)


@duty("workflow.timers", every=1.0)
def timers(townhall: TownHall) -> None:
    """Fire what is due, each in a transaction of its own."""
    with townhall.database.reading() as session:
        due = due_timers(session, townhall.clock.now())
    for timer_id in due:
        try:
            fire_timer(townhall.system("workflow.timers"), timer_id=timer_id)
        except TownHallError as error:
            log.warning("timer_failed", timer=str(timer_id), error=type(error).__name__)
