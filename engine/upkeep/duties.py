"""The recurrent work of upkeep: what is known of finished jobs is not kept for ever."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine.jobs import duty
from engine.townhall import TownHall
from engine.upkeep.operations import prune_jobs
from engine.upkeep.queries import oldest_done
from engine.upkeep.retention import DONE_JOBS_KEPT


def when_to_prune(_townhall: TownHall, session: Session) -> datetime | None:
    """When the oldest finished job has been kept long enough."""
    oldest = oldest_done(session)
    return None if oldest is None else oldest + DONE_JOBS_KEPT


@duty("upkeep.prune_jobs", every=3600, look=when_to_prune)
def prune(townhall: TownHall) -> None:
    """Forget the jobs that went well long ago, some thousands at a time."""
    while prune_jobs(townhall.system("upkeep.prune_jobs")):
        pass
