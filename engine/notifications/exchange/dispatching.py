"""Handing a notification to its channels, and telling them that it ended. Parts of operations."""

from __future__ import annotations

from sqlalchemy import select

from engine.notifications.adapters import ChannelName
from engine.notifications.adapters.configured import channels_of
from engine.notifications.exchange.models import DispatchState, NotificationDispatch
from engine.notifications.models import Notification
from engine.operation import Act
from engine.people.models import Channel

SEND_JOB = "notifications.dispatch"
TELL_JOB = "notifications.tell_channel"
_HANDED = (DispatchState.SENT.value, DispatchState.AT_DISPOSAL.value)


def dispatch(act: Act, row: Notification) -> None:
    """One dispatch for each channel of the town that takes it; what is outside is left to a job."""
    for name, adapter in channels_of(act.townhall).items():
        if not adapter.takes(Channel(row.channel)):
            continue
        at_once = name is ChannelName.SEDE
        sent = NotificationDispatch(
            notification_id=row.id,
            channel=name.value,
            state=(DispatchState.AT_DISPOSAL if at_once else DispatchState.PENDING).value,
            created_at=act.now,
            sent_at=row.available_at if at_once else None,
        )
        act.session.add(sent)
        act.session.flush()
        if adapter.outside:
            act.defer(SEND_JOB, dispatch_id=sent.id)


def tell_the_others(act: Act, row: Notification) -> None:
    """Its end goes to every outside channel that holds it; what was not handed over never is.

    The channel in which it ended is told too when the end was corrected: it may hold another.
    """
    channels = channels_of(act.townhall)
    for sent in act.session.scalars(
        select(NotificationDispatch)
        .where(NotificationDispatch.notification_id == row.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ):
        if sent.state == DispatchState.PENDING:
            sent.state = DispatchState.CANCELLED.value
        adapter = channels.get(ChannelName(sent.channel))
        if adapter is not None and adapter.outside and sent.state in _HANDED:
            act.defer(TELL_JOB, dispatch_id=sent.id)
