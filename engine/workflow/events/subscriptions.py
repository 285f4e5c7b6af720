"""What an instance waits for and what it threw, written in the transition that made it so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select

from engine.errors import BadInput
from engine.ids import new_id
from engine.operation import Act
from engine.workflow.codec import to_json
from engine.workflow.definitions import Definition
from engine.workflow.event_definitions import (
    HouseCondition,
    HouseMessage,
    HouseMultiple,
    HouseSignal,
)
from engine.workflow.event_subprocesses import prepare
from engine.workflow.events.correlation import check_event, correlation_hash, signature_of
from engine.workflow.events.models import EventKind, EventState, EventSubscription, SentEvent
from engine.workflow.models import ProcessInstance
from engine.workflow.runtime import Run
from engine.workflow.scripting import ModelError

DELIVER = "workflow.deliver_event"
_OPEN = (EventState.WAITING.value, EventState.AMBIGUOUS.value)
_KINDS: tuple[tuple[type[Any], EventKind], ...] = (
    (HouseMessage, EventKind.MESSAGE),
    (HouseSignal, EventKind.SIGNAL),
    (HouseCondition, EventKind.CONDITIONAL),
)
_concerned: dict[str, bool] = {}


def concerns(definition: Definition) -> bool:
    """Whether a model waits for or throws anything that others send; looked up once for each."""
    found = _concerned.get(definition.sha256)
    if found is None:
        found = any(_kind_of(each) is not None for each in definitions_in(definition))
        _concerned[definition.sha256] = found
    return found


def definitions_in(definition: Definition) -> Iterator[Any]:
    """Every event definition of a model."""
    prepare(definition.spec, definition.subprocesses)
    for spec in (definition.spec, *definition.subprocesses.values()):
        for holder in (*spec.task_specs.values(), *spec.event_starts.values()):
            found = getattr(holder, "event_definition", None)
            yield from found.event_definitions if isinstance(found, HouseMultiple) else (found,)


def starts_of(definition: Definition) -> list[tuple[Any, EventKind]]:
    """The start events of a model that a message or a signal begins, with which of both."""
    found: list[tuple[Any, EventKind]] = []
    for start in definition.spec.bpmn_start_events:
        kind = _kind_of(start.event_definition)
        if kind in (EventKind.MESSAGE, EventKind.SIGNAL):
            found.append((start, kind))
    return found


def concern_starts(act: Act, key: str, definition: Definition) -> bool:
    """Whether publishing or retiring a version changes which events start a model."""
    return bool(starts_of(definition)) or bool(
        act.session.scalar(
            select(
                exists().where(
                    EventSubscription.definition_key == key,
                    EventSubscription.instance_id.is_(None),
                )
            )
        )
    )


def _kind_of(definition: Any) -> EventKind | None:
    return next((kind for known, kind in _KINDS if isinstance(definition, known)), None)


def synchronize_subscriptions(
    act: Act, instance: ProcessInstance, definition: Definition, run: Run
) -> None:
    """Bring what an instance waits for up to date, and send what it threw.

    act: of the system, in the transition of the instance and in its savepoint. Raises ModelError for
    what is thrown and cannot be kept, NotStorable for a correlation that cannot.
    """
    wanted = {row.task_id: row for row in _wanted(act, instance, definition, run)}
    known = {
        row.task_id: row
        for row in act.session.scalars(
            select(EventSubscription).where(EventSubscription.instance_id == instance.id)
        )
    }
    gone = [row for task_id, row in known.items() if task_id not in wanted]
    if gone:
        act.session.execute(
            delete(EventSubscription).where(EventSubscription.id.in_([row.id for row in gone]))
        )
    fresh = []
    for task_id, row in wanted.items():
        before = known.get(task_id)
        if before is None:
            act.session.add(row)
        elif not _update(before, row):
            continue
        fresh.append(row)
    for event in run.workflow.get_events():
        _send(act, instance, event)
    _take_up(act, _messages(fresh), _OPEN)
    _take_up(act, _messages(gone), (EventState.AMBIGUOUS.value,))
    act.session.flush()


def _update(before: EventSubscription, row: EventSubscription) -> bool:
    """Bring a stored subscription up to date; whether it waits for something else now."""
    before.element, before.definition_version = row.element, row.definition_version
    before.model_sha256 = row.model_sha256
    same = (before.name, before.signature, before.correlation)
    before.name, before.signature, before.correlation = row.name, row.signature, row.correlation
    return same != (row.name, row.signature, row.correlation)


def _messages(rows: Iterable[EventSubscription]) -> set[str]:
    return {row.name for row in rows if row.kind == EventKind.MESSAGE.value}


def _wanted(
    act: Act, instance: ProcessInstance, definition: Definition, run: Run
) -> Iterator[EventSubscription]:
    if run.workflow.completed:
        return
    for waiting in run.workflow.event_manager.waiting():
        event = waiting.task_spec.event_definition
        kind = _kind_of(event)
        if kind is None:
            continue
        row = EventSubscription(
            instance_id=instance.id,
            task_id=waiting.id,
            element=str(waiting.task_spec.bpmn_id),
            kind=kind.value,
            name=str(event.name or waiting.task_spec.bpmn_id),
            signature=signature_of({}),
            correlation="",
            definition_key=instance.definition_key,
            definition_version=instance.definition_version,
            model_sha256=definition.sha256,
            created_at=act.now,
        )
        if isinstance(event, HouseMessage):
            expected = event.expects(waiting)
            retrieval = event.retrieval()
            row.signature = signature_of({name: retrieval.get(name, "") for name in expected})
            row.correlation = correlation_hash(expected)
        yield row


def _send(act: Act, instance: ProcessInstance, event: Any) -> None:
    """Keep what a model threw, and let a job deliver it to others; raises ModelError."""
    kind = _kind_of(event.event_definition)
    if kind is None:
        return
    try:
        check_event(event.event_definition.name, event.payload, event.values)
    except BadInput as error:
        element = event.task.task_spec.bpmn_id
        message = str(error).rstrip(".")
        raise ModelError(f"{element}: {message}", task=event.task) from error
    row = SentEvent(
        id=new_id(),
        kind=kind.value,
        name=event.event_definition.name,
        payload=to_json(event.payload),
        correlation=to_json(dict(event.values)),
        state=EventState.WAITING.value,
        sent_at=act.now,
        tried_at=act.now,
        expires_at=act.now + timedelta(days=act.settings.message_days),
        source_id=instance.id,
    )
    act.session.add(row)
    act.defer(DELIVER, event_id=row.id)


def _take_up(act: Act, names: set[str], states: tuple[str, ...]) -> None:
    """Messages that found nobody, or too many, are tried again."""
    if not names:
        return
    kept = act.session.scalars(
        select(SentEvent.id)
        .where(
            SentEvent.kind == EventKind.MESSAGE.value,
            SentEvent.name.in_(names),
            SentEvent.state.in_(states),
        )
        .order_by(SentEvent.id)
        .limit(100)
    )
    for event_id in kept:
        act.defer(DELIVER, event_id=event_id)


def cancel_subscriptions(act: Act, instance_id: UUID) -> None:
    """An instance that is stopped for good waits for nothing."""
    gone = act.session.execute(
        delete(EventSubscription)
        .where(EventSubscription.instance_id == instance_id)
        .returning(EventSubscription.name, EventSubscription.kind)
    ).all()
    names = {name for name, kind in gone if kind == EventKind.MESSAGE.value}
    _take_up(act, names, (EventState.AMBIGUOUS.value,))
