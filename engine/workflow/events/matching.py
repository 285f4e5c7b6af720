"""Find the receiver of a message: the instance whose expected values are the message's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from engine.workflow.events.correlation import correlation_hash, retrieval_of, values_for
from engine.workflow.events.models import EventKind, EventSubscription
from engine.workflow.models import InstanceState, ProcessInstance

_LIVE = (
    InstanceState.RUNNING.value,
    InstanceState.INCIDENT.value,
    InstanceState.SUSPENDED.value,
)


@dataclass(frozen=True)
class Receiver:
    """Who waits for a message, and the values by which it was found."""

    subscription_id: UUID
    instance_id: UUID
    task_id: UUID
    element: str
    values: Mapping[str, Any]


def matches(session: Session, name: str, payload: Any, given: Mapping[str, Any]) -> list[Receiver]:
    """Who may receive a message: at most one for each instance, two at most in all.

    Those that ask for more values come before those that ask for fewer. Within an instance, the one
    that waits longest.
    """
    signatures = sorted(
        _signatures(session, name), key=lambda each: (-len(retrieval_of(each)), each)
    )
    for signature in signatures:
        values = values_for(signature, payload, given)
        if values is None:
            continue
        found = _waiting(session, name, signature, correlation_hash(values))
        if found:
            return [_receiver(each, {**given, **values}) for each in found]
    return []


def starting(session: Session, kind: EventKind, name: str) -> Sequence[EventSubscription]:
    """The published models that an event begins."""
    return session.scalars(
        select(EventSubscription)
        .where(
            EventSubscription.kind == kind.value,
            EventSubscription.name == name,
            EventSubscription.instance_id.is_(None),
        )
        .order_by(EventSubscription.id)
    ).all()


def waiting_at(
    session: Session, instance_id: UUID, element: str, given: Mapping[str, Any]
) -> list[Receiver]:
    """How an instance waits at an element, if it does."""
    found = session.scalars(
        select(EventSubscription).where(
            EventSubscription.instance_id == instance_id, EventSubscription.element == element
        )
    )
    return [_receiver(each, given) for each in found]


def _receiver(row: EventSubscription, values: Mapping[str, Any]) -> Receiver:
    # Those of an instance have both: see the table.
    instance_id, task_id = cast("UUID", row.instance_id), cast("UUID", row.task_id)
    return Receiver(row.id, instance_id, task_id, row.element, values)


def live(subscription_id: UUID) -> Select[tuple[bool]]:
    """Whether somebody still waits."""
    return select(
        exists().where(
            EventSubscription.id == subscription_id,
            ProcessInstance.id == EventSubscription.instance_id,
            ProcessInstance.state.in_(_LIVE),
        )
    )


def _of(name: str) -> tuple[Any, ...]:
    return (EventSubscription.kind == EventKind.MESSAGE.value, EventSubscription.name == name)


def _signatures(session: Session, name: str) -> Iterator[str]:
    """The ways of correlating a message, each found by one step in the index, however many wait."""
    last = ""
    while True:
        found = session.scalar(
            select(EventSubscription.signature)
            .where(
                *_of(name),
                EventSubscription.signature > last,
                EventSubscription.instance_id.is_not(None),
            )
            .order_by(EventSubscription.signature)
            .limit(1)
        )
        if found is None:
            return
        yield found
        last = found


def _waiting(
    session: Session, name: str, signature: str, correlation: str
) -> list[EventSubscription]:
    rows = session.scalars(
        select(EventSubscription)
        .join(ProcessInstance, ProcessInstance.id == EventSubscription.instance_id)
        .where(
            *_of(name),
            EventSubscription.signature == signature,
            EventSubscription.correlation == correlation,
            ProcessInstance.state.in_(_LIVE),
        )
        .order_by(EventSubscription.id)
        .limit(100)
    )
    first: dict[UUID | None, EventSubscription] = {}
    for row in rows:
        first.setdefault(row.instance_id, row)
    return list(first.values())[:2]
