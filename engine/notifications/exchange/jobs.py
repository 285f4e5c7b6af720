"""Calls to the channels, outside any transaction; the dispatch's id is the key of every try."""

from __future__ import annotations

from uuid import UUID

from engine.errors import Unavailable
from engine.jobs import job
from engine.notifications.adapters.configured import channels_of
from engine.notifications.exchange.dispatching import SEND_JOB, TELL_JOB
from engine.notifications.exchange.operations import channel_told, dispatch_failed, dispatched
from engine.notifications.exchange.queries import to_send, to_tell
from engine.townhall import Call


@job(SEND_JOB)
def send(call: Call, *, dispatch_id: str) -> None:
    """Hand a notification over to a channel; tried again while it does not answer."""
    wanted = UUID(dispatch_id)
    found = to_send(call.townhall, wanted)
    if found is None:
        return
    name, parcel = found
    try:
        channels_of(call.townhall)[name].send(parcel)
    except Unavailable as error:
        dispatch_failed(call, dispatch_id=wanted, why=error.message)
        raise
    dispatched(call, dispatch_id=wanted)


@job(TELL_JOB)
def tell(call: Call, *, dispatch_id: str) -> None:
    """Tell a channel that the notification ended (art. 44.6 of RD 203/2021; NOT-4)."""
    wanted = UUID(dispatch_id)
    found = to_tell(call.townhall, wanted)
    if found is None:
        return
    name, ended = found
    try:
        channels_of(call.townhall)[name].end(ended)
    except Unavailable as error:
        dispatch_failed(call, dispatch_id=wanted, why=error.message)
        raise
    channel_told(call, dispatch_id=wanted, end=ended.at)
