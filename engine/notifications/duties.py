"""The recurrent work of notifications: the term to read them ends (art. 43.2 of Ley 39/2015)."""

from __future__ import annotations

import structlog

from engine.errors import TownHallError
from engine.jobs import duty
from engine.notifications.operations import expire
from engine.notifications.queries import overdue
from engine.townhall import TownHall

log = structlog.get_logger(__name__)


@duty("notifications.expire", every=5)
def expire_overdue(townhall: TownHall) -> None:
    """Close the notifications that nobody opened in their term, each in a transaction of its own."""
    with townhall.database.reading() as session:
        waiting = overdue(session, townhall.clock.now())
    for notification_id in waiting:
        try:
            expire(townhall.system("notifications.expire"), notification_id=notification_id)
        except TownHallError as error:
            log.warning(
                "expiry_failed", notification=str(notification_id), error=type(error).__name__
            )
