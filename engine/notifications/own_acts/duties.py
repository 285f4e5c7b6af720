"""Recurrent work: notify what expedientes made and sealed, and begin what each notice begins."""

from __future__ import annotations

import structlog

from engine.errors import TownHallError
from engine.expedientes.own_acts.operations import own_act_notified
from engine.jobs import duty
from engine.notifications.own_acts.operations import notify_own_act
from engine.notifications.own_acts.queries import acts_notified, acts_to_notify
from engine.townhall import TownHall

_DUTY = "notifications.own_acts"

log = structlog.get_logger(__name__)


@duty(_DUTY, every=5)
def notify_own_acts(townhall: TownHall) -> None:
    """Each in a transaction of its own; one that cannot be done keeps none of the others waiting."""
    with townhall.database.reading() as session:
        sealed, notified = acts_to_notify(session), acts_notified(session)
    for own_act_id in sealed:
        try:
            notify_own_act(townhall.system(_DUTY), own_act_id=own_act_id)
        except TownHallError as error:
            log.warning("own_act_not_notified", own_act=str(own_act_id), error=type(error).__name__)
    for own_act_id, at in notified:
        try:
            own_act_notified(townhall.system(_DUTY), own_act_id=own_act_id, at=at)
        except TownHallError as error:
            log.warning("own_act_not_begun", own_act=str(own_act_id), error=type(error).__name__)
