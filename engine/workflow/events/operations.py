"""Send messages and signals to processes, and deliver what was sent: once, to whom it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from engine.ids import new_id
from engine.operation import Act, operation
from engine.services import SERVICES, InstanceView
from engine.workflow import operations as workflow
from engine.workflow.codec import from_json, to_json
from engine.workflow.definitions import load_definition
from engine.workflow.events.correlation import check_event, signature_of
from engine.workflow.events.matching import Receiver, live, matches, starting, waiting_at
from engine.workflow.events.models import (
    EventKind,
    EventReceipt,
    EventState,
    EventSubscription,
    ReceiptState,
    SentEvent,
)
from engine.workflow.events.subscriptions import starts_of
from engine.workflow.models import InstanceState, ProcessInstance
from engine.workflow.store import definition_by_hash, keep_model
from engine.workflow.transition import move_instance

STARTER = "procedures/start"
"""The service that starts a procedure's process: `(act, view, definition_version) → instance id`."""
DELIVER_SIGNAL = "workflow.deliver_signal"
_STOPPED = (InstanceState.INCIDENT.value, InstanceState.SUSPENDED.value)
_ENDED = (InstanceState.COMPLETED.value, InstanceState.CANCELLED.value)
_TRIES = 5


@dataclass(frozen=True)
class Delivery:
    """What became of a message, and the instance that got it or that holds it up."""

    event_id: UUID
    state: EventState
    instance_id: UUID | None
    element: str


@operation("workflow.send_message")
def send_message(
    act: Act,
    *,
    name: str,
    payload: Any = None,
    correlation: Mapping[str, Any] | None = None,
    message_id: UUID | None = None,
    keep: timedelta | None = None,
) -> Delivery:
    """Send a message to the one process that waits for it.

    correlation: the values of its correlation properties, where its payload does not say them;
    message_id: sent twice, a message has one effect; keep: how long it waits for a receiver, by
    default the installation's `message_days`. Nobody waits: it starts the published model that
    begins with it, else it is kept. Several wait: it is kept too, and delivered to none.
    Raises BadInput.
    """
    given = dict(correlation or {})
    check_event(name, payload, given)
    kept = timedelta(days=act.settings.message_days) if keep is None else keep
    event_id = message_id or new_id()
    act.about("event", event_id)
    if not _first_time(act, event_id, EventKind.MESSAGE, name, payload, given, kept):
        act.note(effect=False)
        return _delivery(act.lock(SentEvent, event_id))
    return _deliver_message(act, act.lock(SentEvent, event_id))


@operation("workflow.broadcast_signal")
def broadcast_signal(
    act: Act, *, name: str, payload: Any = None, signal_id: UUID | None = None
) -> int:
    """Give a signal to every process that waits for it now, each in a job of its own.

    Returns how many it is for. It also starts the published models that begin with it. Raises BadInput.
    """
    check_event(name, payload, {})
    event_id = signal_id or new_id()
    act.about("event", event_id)
    if not _first_time(act, event_id, EventKind.SIGNAL, name, payload, {}, timedelta()):
        act.note(effect=False)
        return 0
    return _spread(act, act.lock(SentEvent, event_id))


@operation("workflow.deliver_event")
def deliver_event(act: Act, *, event_id: UUID) -> EventState:
    """Deliver what was kept or thrown by a model; what was delivered already stays as it is."""
    event = act.lock(SentEvent, event_id)
    act.about("event", event.id)
    if event.state in (EventState.DELIVERED.value, EventState.EXPIRED.value):
        act.note(effect=False)
    elif event.kind == EventKind.SIGNAL.value:
        _spread(act, event)
    else:
        _deliver_message(act, event)
    return EventState(event.state)


@operation("workflow.deliver_signal")
def deliver_signal(act: Act, *, event_id: UUID, instance_id: UUID) -> bool:
    """Give a signal to one instance; false when it had it, waits no more, or is stopped meanwhile."""
    instance = act.lock(ProcessInstance, instance_id)
    act.about("process_instance", instance.id, instance.expediente_id)
    receipt = act.session.scalar(
        select(EventReceipt)
        .where(EventReceipt.event_id == event_id, EventReceipt.instance_id == instance_id)
        .with_for_update()
    )
    event = act.get(SentEvent, event_id)
    act.note(signal=event.name)
    if receipt is None or receipt.state == ReceiptState.DONE.value or instance.state in _STOPPED:
        act.note(effect=False)
        return False
    receipt.state, receipt.at = ReceiptState.DONE.value, act.now
    act.session.flush()
    if instance.state in _ENDED:
        act.note(effect=False)
        return False
    name, payload = event.name, from_json(event.payload)
    cause = {"kind": "event_signal", "name": name, "payload": payload}
    system = act.as_system(instance.definition_key)
    return move_instance(system, instance, lambda run: run.signal(name, payload), cause)


@operation("workflow.expire_messages")
def expire_messages(act: Act) -> int:
    """Give up the messages whose receiver did not come in time; they are told and stay to be seen."""
    gone = act.session.scalars(
        update(SentEvent)
        .where(
            SentEvent.state.in_([EventState.WAITING.value, EventState.AMBIGUOUS.value]),
            SentEvent.kind == EventKind.MESSAGE.value,
            SentEvent.expires_at <= act.now,
        )
        .values(state=EventState.EXPIRED.value)
        .returning(SentEvent.id)
    ).all()
    act.note(expired=len(gone))
    return len(gone)


@operation("workflow.register_starts")
def register_starts(
    act: Act,
    *,
    definition_key: str,
    definition_version: int,
    model: bytes,
    decisions: bytes | None = None,
) -> int:
    """Let the messages and signals at the start of a published model start it.

    What began the earlier versions begins this one from now on. Returns how many events start it.
    """
    definition = load_definition(model, decisions)
    _forget_starts(act, definition_key)
    rows = [
        EventSubscription(
            element=start.bpmn_id,
            kind=kind.value,
            name=start.event_definition.name,
            signature=signature_of({}),
            correlation="",
            definition_key=definition_key,
            definition_version=definition_version,
            model_sha256=definition.sha256,
            created_at=act.now,
        )
        for start, kind in starts_of(definition)
    ]
    if rows:
        keep_model(act, model, decisions)
    act.session.add_all(rows)
    act.about("definition", definition_key)
    act.note(definition_version=definition_version, starts=[row.name for row in rows])
    return len(rows)


@operation("workflow.retire_starts")
def retire_starts(act: Act, *, definition_key: str, definition_version: int) -> None:
    """A version that is retired is started by no event any more."""
    act.about("definition", definition_key)
    act.note(definition_version=definition_version)
    _forget_starts(act, definition_key, EventSubscription.definition_version == definition_version)


def _forget_starts(act: Act, definition_key: str, *conditions: ColumnElement[bool]) -> None:
    act.session.execute(
        delete(EventSubscription).where(
            EventSubscription.definition_key == definition_key,
            EventSubscription.instance_id.is_(None),
            *conditions,
        )
    )


def _first_time(
    act: Act,
    event_id: UUID,
    kind: EventKind,
    name: str,
    payload: Any,
    given: Mapping[str, Any],
    kept: timedelta,
) -> bool:
    """Store an event, unless one with its id is stored; whether it was now."""
    stored = act.session.scalar(
        insert(SentEvent)
        .values(
            entity_id=act.entity_id,
            id=event_id,
            kind=kind.value,
            name=name,
            payload=to_json(payload),
            correlation=to_json(dict(given)),
            state=EventState.WAITING.value,
            sent_at=act.now,
            tried_at=act.now,
            expires_at=act.now + kept,
            element="",
        )
        .on_conflict_do_nothing()
        .returning(SentEvent.id)
    )
    return stored is not None


def _delivery(event: SentEvent) -> Delivery:
    return Delivery(event.id, EventState(event.state), event.instance_id, event.element)


def _deliver_message(act: Act, event: SentEvent) -> Delivery:
    """Find the receiver of a message, and give it to it. The message's row is locked."""
    payload, given = from_json(event.payload), from_json(event.correlation)
    event.state, event.instance_id, event.tried_at = EventState.WAITING.value, None, act.now
    for _ in range(_TRIES):
        found = matches(act.session, event.name, payload, given)
        starts = () if found else starting(act.session, EventKind.MESSAGE, event.name)
        if len(found or starts) != 1:
            event.state = (EventState.AMBIGUOUS if found or starts else EventState.WAITING).value
            break
        if starts:
            found = _started(act, event, starts[0])
        if not found or _given(act, event, found[0], payload):
            break
    act.note(name=event.name, state=event.state, instance=event.instance_id)
    act.session.flush()
    return _delivery(event)


def _given(act: Act, event: SentEvent, receiver: Receiver, payload: Any) -> bool:
    """Give a message to its receiver; false when it waits no more and another is to be found."""
    instance = act.lock(ProcessInstance, receiver.instance_id)
    if not act.session.scalar(live(receiver.subscription_id)):
        return False
    if instance.state in _STOPPED:
        event.state, event.instance_id = EventState.HELD.value, instance.id
        return True
    task_id, values = receiver.task_id, receiver.values
    got: list[bool] = []
    cause = {
        "kind": "event_message",
        "task": str(task_id),
        "payload": payload,
        "values": dict(values),
    }
    system = act.as_system(instance.definition_key)
    went_well = move_instance(
        system, instance, lambda run: got.append(run.receive(task_id, payload, values)), cause
    )
    if went_well and got == [False]:
        return False
    if not went_well:
        # The incident has the message: another one is not for this wait.
        act.session.execute(
            delete(EventSubscription).where(EventSubscription.id == receiver.subscription_id)
        )
    event.state, event.instance_id = EventState.DELIVERED.value, instance.id
    event.element, event.delivered_at, event.payload = receiver.element, act.now, None
    return True


def _started(act: Act, event: SentEvent, start: EventSubscription) -> list[Receiver]:
    """Start the model that an event begins; how its new instance waits for it.

    One that fails at once holds the message until somebody mends it.
    """
    instance_id = _start(act, event, start)
    found = waiting_at(act.session, instance_id, start.element, from_json(event.correlation))
    if not found and event.kind == EventKind.MESSAGE.value:
        event.state, event.instance_id = EventState.HELD.value, instance_id
    return found


def _start(act: Act, event: SentEvent, start: EventSubscription) -> UUID:
    system = act.as_system(start.definition_key)
    starter = SERVICES.get(STARTER)
    if starter is not None:
        view = InstanceView(event.id, None, start.definition_key, start.element, str(event.id), {})
        return UUID(str(starter(system, view, definition_version=start.definition_version)))
    definition = definition_by_hash(act.session, start.model_sha256 or "")
    return workflow.start(
        system,
        definition_key=start.definition_key,
        definition_version=start.definition_version,
        model=definition.xml,
        decisions=definition.decisions,
        data={},
    ).id


def _spread(act: Act, event: SentEvent) -> int:
    """Note for whom a signal is, and ask for a job for each. The signal's row is locked."""
    receivers: list[UUID | None] = list(
        act.session.scalars(
            select(EventSubscription.instance_id)
            .join(ProcessInstance, ProcessInstance.id == EventSubscription.instance_id)
            .where(
                EventSubscription.kind == EventKind.SIGNAL.value,
                EventSubscription.name == event.name,
                ProcessInstance.state.not_in(_ENDED),
                EventSubscription.instance_id.is_distinct_from(event.source_id),
            )
            .distinct()
            .order_by(EventSubscription.instance_id)
        )
    )
    receivers += [
        _start(act, event, each) for each in starting(act.session, EventKind.SIGNAL, event.name)
    ]
    event.state, event.delivered_at = EventState.DELIVERED.value, act.now
    if receivers:
        act.session.flush()
        act.session.execute(
            insert(EventReceipt).values(
                [
                    {
                        "entity_id": act.entity_id,
                        "event_id": event.id,
                        "instance_id": instance_id,
                        "state": ReceiptState.PENDING.value,
                        "at": act.now,
                    }
                    for instance_id in receivers
                ]
            )
        )
    for instance_id in receivers:
        act.defer(DELIVER_SIGNAL, event_id=event.id, instance_id=instance_id)
    act.note(name=event.name, receivers=len(receivers))
    return len(receivers)
