"""Every change in the exchange with channels: handed over, refused, told, and what they tell us."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from engine.deadlines.models import Deadline
from engine.notifications.adapters import ChannelName, EventKind
from engine.notifications.availability import is_overdue
from engine.notifications.closing import Closing, close
from engine.notifications.exchange.dispatching import TELL_JOB
from engine.notifications.exchange.models import (
    DispatchState,
    NotificationChannelEvent,
    NotificationDispatch,
)
from engine.notifications.models import Notification, NotificationState, Via
from engine.notifications.operations import expire
from engine.notifications.precedence import KnownEnd, Ruling, Window, rule
from engine.operation import Act, operation

_FAILURE_CHARACTERS = 200
_ENDS = {
    EventKind.ACCESSED: NotificationState.ACCEPTED,
    EventKind.REJECTED: NotificationState.REJECTED,
}
_VIAS = {ChannelName.DEHU: Via.DEHU, ChannelName.SEDE: Via.SEDE, ChannelName.POST: Via.POST}


@operation("notifications.dispatched", basis="art. 41.1 de la Ley 39/2015")
def dispatched(act: Act, *, dispatch_id: UUID) -> None:
    """A channel has it; saying it again changes nothing.

    When the notification ended meanwhile, the channel is told so at once.
    """
    sent = act.get(NotificationDispatch, dispatch_id)
    row = act.lock(Notification, sent.notification_id)
    act.about("notification", row.id, row.expediente_id)
    act.note(channel=sent.channel, dispatch=sent.id)
    if sent.sent_at is not None:
        act.note(effect=False)
        return
    sent.sent_at, sent.failure = act.now, None
    if sent.state != DispatchState.REFUSED:
        sent.state = DispatchState.SENT.value
    if row.closed_at is not None:
        act.defer(TELL_JOB, dispatch_id=sent.id)


@operation("notifications.dispatch_failed", basis="art. 41.1 de la Ley 39/2015")
def dispatch_failed(act: Act, *, dispatch_id: UUID, why: str) -> None:
    """A channel does not answer: kept as a fact; the notification stands in the others."""
    sent = act.get(NotificationDispatch, dispatch_id)
    row = act.lock(Notification, sent.notification_id)
    act.about("notification", row.id, row.expediente_id)
    act.note(channel=sent.channel, why=why)
    sent.failure = why[:_FAILURE_CHARACTERS]


@operation("notifications.channel_told", basis="art. 44.6 del RD 203/2021")
def channel_told(act: Act, *, dispatch_id: UUID, end: datetime) -> None:
    """A channel knows that the notification ended at `end` (NOT-4)."""
    sent = act.get(NotificationDispatch, dispatch_id)
    row = act.lock(Notification, sent.notification_id)
    act.about("notification", row.id, row.expediente_id)
    act.note(channel=sent.channel, end=end)
    sent.told_end, sent.told_at, sent.failure = end, act.now, None


@operation("notifications.take_event", basis="arts. 41.7 y 43.2 de la Ley 39/2015")
def take_event(
    act: Act,
    *,
    channel: ChannelName,
    reference: str,
    dispatch_id: UUID,
    kind: EventKind,
    at: datetime,
    receiver: str = "",
) -> NotificationChannelEvent:
    """What a channel tells of a notification; told twice, it counts once.

    at: when it happened there; receiver: who accessed or rejected, as the channel names them. The
    first access or rejection in time ends the notification, whenever it comes to be known (NOT-4).
    Raises NotFound for a parcel that this channel was never given.
    """
    sent = act.get(NotificationDispatch, dispatch_id)
    row = act.lock(Notification, sent.notification_id)
    act.about("notification", row.id, row.expediente_id)
    act.note(channel=channel, reference=reference, kind=kind, at=at)
    known = _known(act, channel, reference)
    if known is not None:
        different = (known.dispatch_id, known.kind, known.at) != (sent.id, kind.value, at)
        known.contradicted = known.contradicted or different
        act.note(effect=False, repeated=True, contradicted=different)
        return known
    ruling = _ruling(act, row, kind, at)
    event = NotificationChannelEvent(
        notification_id=row.id,
        dispatch_id=sent.id,
        channel=channel.value,
        external_reference=reference,
        kind=kind.value,
        at=at,
        known_at=act.now,
        ruling=None if ruling is None else ruling.value,
        contradicted=False,
    )
    act.session.add(event)
    act.session.flush()
    _follow(act, sent, kind)
    if ruling is not None and ruling.counts:
        close(act, row, Closing(_ENDS[kind], at, _VIAS[channel], receiver))
    elif row.state == NotificationState.AVAILABLE and is_overdue(act, row):
        expire(act.as_system("notifications.expire"), notification_id=row.id)
    act.note(ruling=ruling)
    return event


def _known(act: Act, channel: ChannelName, reference: str) -> NotificationChannelEvent | None:
    return act.session.scalar(
        select(NotificationChannelEvent).where(
            NotificationChannelEvent.channel == channel.value,
            NotificationChannelEvent.external_reference == reference,
        )
    )


def _ruling(act: Act, row: Notification, kind: EventKind, at: datetime) -> Ruling | None:
    """What an access or a rejection is worth; None for what ends nothing by itself.

    The count of ten days is the town's: a channel that says that it expired only makes us look.
    """
    if kind not in _ENDS or row.available_at is None:
        return None
    if row.defect is not None:
        return Ruling.SECOND
    due = None if row.deadline_id is None else act.get(Deadline, row.deadline_id).due_at
    known = None
    if row.closed_at is not None:
        known = KnownEnd(row.closed_at, row.state == NotificationState.EXPIRED)
    return rule(known, at, Window(row.available_at, due), act.now)


def _follow(act: Act, sent: NotificationDispatch, kind: EventKind) -> None:
    """How it stands there now. What tells of a parcel has it, even if our own word is late."""
    if kind is EventKind.REFUSED:
        sent.state = DispatchState.REFUSED.value
        return
    sent.sent_at = sent.sent_at or act.now
    sent.state, sent.failure = DispatchState.AT_DISPOSAL.value, None
