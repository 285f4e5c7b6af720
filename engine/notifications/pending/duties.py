"""Looking for acts that nobody has been notified of."""

from __future__ import annotations

import structlog

from engine.errors import TownHallError
from engine.jobs import duty
from engine.notifications.pending.operations import expect
from engine.notifications.pending.queries import to_expect
from engine.townhall import TownHall

log = structlog.get_logger(__name__)
_DUTY = "notifications.watch_acts"


@duty(_DUTY, every=60)
def watch_acts(townhall: TownHall) -> None:
    """Open the term to notify of each, so that the office is warned (NOT-1)."""
    with townhall.database.reading() as session:
        found = to_expect(session, townhall.clock.now())
    for document_id, at in found:
        try:
            expect(townhall.system(_DUTY), document_id=document_id, adopted_at=at)
        except TownHallError as error:
            log.warning("act_not_expected", document=str(document_id), error=type(error).__name__)
