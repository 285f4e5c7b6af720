"""What delivers events: a job for what a model throws, one for each receiver of a signal, a duty for the rest."""

from __future__ import annotations

from uuid import UUID

import structlog

from engine.errors import TownHallError
from engine.jobs import duty, job
from engine.townhall import Call, TownHall
from engine.workflow.events import operations, queries
from engine.workflow.events.subscriptions import DELIVER

log = structlog.get_logger(__name__)


@job(DELIVER)
def deliver_event(call: Call, *, event_id: str) -> None:
    """Deliver a message or spread a signal; one that was delivered has no second effect."""
    operations.deliver_event(call, event_id=UUID(event_id))


@job(operations.DELIVER_SIGNAL)
def deliver_signal(call: Call, *, event_id: str, instance_id: str) -> None:
    """Give a signal to one instance."""
    operations.deliver_signal(call, event_id=UUID(event_id), instance_id=UUID(instance_id))


@duty("workflow.events", every=5.0, look=queries.next_event)
def events(townhall: TownHall) -> None:
    """Try again what was held up, and give up what waited too long."""
    now = townhall.clock.now()
    with townhall.database.reading() as session:
        messages = queries.to_try_again(session, now)
        signals = queries.signals_to_give(session)
    call = townhall.system("workflow.events")
    for event_id in messages:
        try:
            operations.deliver_event(call, event_id=event_id)
        except TownHallError as error:
            log.warning("message_failed", event=str(event_id), error=type(error).__name__)
    for event_id, instance_id in signals:
        try:
            operations.deliver_signal(call, event_id=event_id, instance_id=instance_id)
        except TownHallError as error:
            log.warning("signal_failed", event=str(event_id), error=type(error).__name__)
    with townhall.database.reading() as session:
        following = queries.next_event(townhall, session)
    if following is not None and following <= now:
        operations.expire_messages(call)
