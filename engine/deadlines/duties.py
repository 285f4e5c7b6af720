"""The recurrent work of terms: suspensions that end by themselves (art. 22.1.d, PLZ-13)."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.deadlines.models import DeadlineSuspension
from engine.deadlines.operations import resume
from engine.errors import TownHallError
from engine.jobs import duty
from engine.townhall import TownHall

log = structlog.get_logger(__name__)

_DUTY = "deadlines.lift_suspensions"
_BATCH = 500
_REASON = "La suspensión ha durado lo máximo que permite su causa."


def next_lift(_townhall: TownHall, session: Session) -> datetime | None:
    """When the next suspension ends by itself."""
    return session.scalar(
        select(func.min(DeadlineSuspension.lifts_at)).where(DeadlineSuspension.ended_at.is_(None))
    )


@duty(_DUTY, every=60, look=next_lift)
def lift_suspensions(townhall: TownHall) -> None:
    """Let the terms go on whose suspension has lasted as long as it may."""
    with townhall.database.reading() as session:
        over = session.execute(
            select(DeadlineSuspension.id, DeadlineSuspension.lifts_at)
            .where(
                DeadlineSuspension.ended_at.is_(None),
                DeadlineSuspension.lifts_at <= townhall.clock.now(),
            )
            .order_by(DeadlineSuspension.lifts_at)
            .limit(_BATCH)
        ).all()
    for suspension_id, lifts_at in over:
        if lifts_at is None:
            continue
        try:
            resume(townhall.system(_DUTY), suspension_id=suspension_id, at=lifts_at, reason=_REASON)
        except TownHallError as error:
            log.warning("suspension not lifted", suspension=str(suspension_id), why=error.message)
