"""Reads of events: what an instance waits for, which messages nobody got, what is to be tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from engine.deadlines.models import Deadline
from engine.townhall import TownHall
from engine.workflow.events.models import (
    EventKind,
    EventReceipt,
    EventState,
    EventSubscription,
    ReceiptState,
    SentEvent,
)
from engine.workflow.models import InstanceState, ProcessInstance, ProcessTimer, TimerState

TIMER = "timer"
_JUST_MISSED = timedelta(minutes=1)


@dataclass(frozen=True)
class WaitingRow:
    """Something that an instance waits for that is no person's work.

    kind: `message`, `signal`, `conditional` or `timer`; name: of the message or signal; correlated:
    whether only one with its own values will do; due_at: of a timer.
    """

    element: str
    kind: str
    name: str
    correlated: bool
    since: datetime | None
    due_at: datetime | None


@dataclass(frozen=True)
class UndeliveredRow:
    """A message that nobody got yet, or in time."""

    id: UUID
    name: str
    state: EventState
    sent_at: datetime
    expires_at: datetime
    source_id: UUID | None
    instance_id: UUID | None


def waiting_for(session: Session, instance_id: UUID) -> tuple[WaitingRow, ...]:
    """What an instance waits for, the events first and then its timers by their instant."""
    events = session.scalars(
        select(EventSubscription)
        .where(EventSubscription.instance_id == instance_id)
        .order_by(EventSubscription.created_at, EventSubscription.id)
    )
    due = func.coalesce(Deadline.due_at, ProcessTimer.due_at)
    timers = session.execute(
        select(ProcessTimer.element, due)
        .outerjoin(Deadline, Deadline.id == ProcessTimer.deadline_id)
        .where(
            ProcessTimer.instance_id == instance_id,
            ProcessTimer.state == TimerState.WAITING.value,
        )
        .order_by(due, ProcessTimer.id)
    )
    found = [
        WaitingRow(
            row.element,
            row.kind,
            "" if row.kind == EventKind.CONDITIONAL.value else row.name,
            bool(row.correlation),
            row.created_at,
            None,
        )
        for row in events
    ]
    found += [WaitingRow(element, TIMER, "", False, None, at) for element, at in timers]
    return tuple(found)


def undelivered(session: Session, limit: int = 200) -> tuple[UndeliveredRow, ...]:
    """The messages that wait for a receiver, fit several, are held up, or were given up; oldest first."""
    rows = session.scalars(
        select(SentEvent)
        .where(
            SentEvent.kind == EventKind.MESSAGE.value,
            SentEvent.state != EventState.DELIVERED.value,
        )
        .order_by(SentEvent.id)
        .limit(limit)
    )
    return tuple(
        UndeliveredRow(
            row.id,
            row.name,
            EventState(row.state),
            row.sent_at,
            row.expires_at,
            row.source_id,
            row.instance_id,
        )
        for row in rows
    )


def to_try_again(session: Session, now: datetime, limit: int = 100) -> tuple[UUID, ...]:
    """The messages held by an instance that goes on again, and those that may have missed theirs.

    A message that is sent in the same moment as its receiver begins to wait may see nobody, and not
    be seen: for a while after, it is tried again.
    """
    free = exists().where(
        ProcessInstance.id == SentEvent.instance_id,
        ProcessInstance.state.not_in([InstanceState.INCIDENT.value, InstanceState.SUSPENDED.value]),
    )
    missed = exists().where(
        EventSubscription.kind == EventKind.MESSAGE.value,
        EventSubscription.name == SentEvent.name,
        EventSubscription.created_at >= SentEvent.tried_at - _JUST_MISSED,
    )
    return tuple(
        session.scalars(
            select(SentEvent.id)
            .where(
                SentEvent.kind == EventKind.MESSAGE.value,
                or_(
                    and_(SentEvent.state == EventState.HELD.value, free),
                    and_(
                        SentEvent.state == EventState.WAITING.value,
                        SentEvent.tried_at >= now - 2 * _JUST_MISSED,
                        missed,
                    ),
                ),
            )
            .order_by(SentEvent.id)
            .limit(limit)
        )
    )


def signals_to_give(session: Session, limit: int = 100) -> tuple[tuple[UUID, UUID], ...]:
    """The signals for instances that go on again, as (event, instance)."""
    rows = session.execute(
        select(EventReceipt.event_id, EventReceipt.instance_id)
        .join(ProcessInstance, ProcessInstance.id == EventReceipt.instance_id)
        .where(
            EventReceipt.state == ReceiptState.PENDING.value,
            ProcessInstance.state.not_in(
                [InstanceState.INCIDENT.value, InstanceState.SUSPENDED.value]
            ),
        )
        .order_by(EventReceipt.event_id, EventReceipt.instance_id)
        .limit(limit)
    )
    return tuple((event_id, instance_id) for event_id, instance_id in rows)


def next_event(townhall: TownHall, session: Session) -> datetime | None:
    """From when there is something to try again or to give up; None when nothing waits."""
    now = townhall.clock.now()
    if to_try_again(session, now, 1) or signals_to_give(session, 1):
        return now
    return session.scalar(
        select(func.min(SentEvent.expires_at)).where(
            SentEvent.kind == EventKind.MESSAGE.value,
            SentEvent.state.in_([EventState.WAITING.value, EventState.AMBIGUOUS.value]),
        )
    )
