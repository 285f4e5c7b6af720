"""The recurrent work of notifications: terms that end (art. 43.2), withdrawals that are accepted (94.4)."""

from __future__ import annotations

from uuid import UUID

import structlog

from engine.errors import TownHallError
from engine.expedientes.closing.operations import close
from engine.expedientes.models import Outcome
from engine.jobs import duty
from engine.notifications.operations import expire, notify_withdrawal
from engine.notifications.queries import overdue
from engine.notifications.withdrawals import to_close, to_notify
from engine.townhall import TownHall

_WITHDRAWALS = "notifications.withdrawals"

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


@duty(_WITHDRAWALS, every=5)
def end_withdrawals(townhall: TownHall) -> None:
    """Notify the resolutions that accept withdrawals once they are sealed, and close what was notified.

    Each in a transaction of its own; the index is signed afterwards, with the acknowledgement inside.
    """
    with townhall.database.reading() as session:
        sealed, notified = to_notify(session), to_close(session)
    for expediente_id in sealed:
        try:
            notify_withdrawal(townhall.system(_WITHDRAWALS), expediente_id=expediente_id)
        except TownHallError as error:
            _warn(expediente_id, error)
    for expediente_id in notified:
        try:
            close(
                townhall.system(_WITHDRAWALS),
                expediente_id=expediente_id,
                outcome=Outcome.WITHDRAWN,
            )
        except TownHallError as error:
            _warn(expediente_id, error)


def _warn(expediente_id: UUID, error: TownHallError) -> None:
    log.warning("withdrawal_failed", expediente=str(expediente_id), error=type(error).__name__)
