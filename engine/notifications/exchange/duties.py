"""Asking the channels what happened: each answer is an operation of its own."""

from __future__ import annotations

import structlog

from engine.errors import NotFound, TownHallError, Unavailable
from engine.jobs import duty
from engine.notifications.adapters import ChannelAdapter, Incoming
from engine.notifications.adapters.configured import channels_of
from engine.notifications.exchange.operations import take_event
from engine.townhall import TownHall

log = structlog.get_logger(__name__)
_DUTY = "notifications.collect"


@duty(_DUTY, every=5)
def collect(townhall: TownHall) -> None:
    """Take what came from every channel; what cannot be taken now stays where it is."""
    for adapter in channels_of(townhall).values():
        try:
            for incoming in adapter.collect():
                _take(townhall, adapter, incoming)
        except Unavailable as error:
            log.warning("channel_silent", channel=adapter.name, error=error.message)


def _take(townhall: TownHall, adapter: ChannelAdapter, incoming: Incoming) -> None:
    understood = True
    try:
        take_event(
            townhall.system(_DUTY),
            channel=adapter.name,
            reference=incoming.reference,
            dispatch_id=incoming.key,
            kind=incoming.kind,
            at=incoming.at,
            receiver=incoming.receiver,
        )
    except NotFound:
        understood = False
        log.warning("channel_unknown_parcel", channel=adapter.name, key=str(incoming.key))
    except TownHallError as error:
        log.warning("channel_event_failed", channel=adapter.name, error=type(error).__name__)
        return
    adapter.settle(incoming, understood=understood)
