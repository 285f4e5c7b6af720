"""Changes of running processes: started, their work claimed and completed, signals, timers, incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.db import driver_rows
from engine.deadlines.models import DeadlineState
from engine.deadlines.operations import end_deadline
from engine.errors import BadInput, NotFound, RuleBroken
from engine.ids import new_id, parse_id
from engine.operation import Act, operation
from engine.workflow.access import may_work
from engine.workflow.codec import encode, from_json, to_json
from engine.workflow.models import (
    Incident,
    InstanceState,
    ProcessInstance,
    ProcessTimer,
    TimerState,
)
from engine.workflow.runtime import Run
from engine.workflow.statements import FOLLOWING_TERMS
from engine.workflow.store import keep_model, locked_work
from engine.workflow.transition import Move, end_instance, move_instance, start_instance
from engine.workflow.work_items.holding import check, done_in_place
from engine.workflow.work_items.operations import claim, release

__all__ = [
    "cancel",
    "claim",
    "complete",
    "fire_timer",
    "follow_terms",
    "give_up_timer",
    "release",
    "retry",
    "signalled",
    "start",
]

_ENDED = (InstanceState.COMPLETED.value, InstanceState.CANCELLED.value)


@operation("workflow.start")
def start(
    act: Act,
    *,
    definition_key: str,
    definition_version: int,
    model: bytes,
    data: Mapping[str, Any],
    decisions: bytes | None = None,
    expediente_id: UUID | None = None,
    person_id: UUID | None = None,
) -> ProcessInstance:
    """Start a process of a published model.

    data: the instance's first data; decisions: the DMN file of its package; person_id: the interested
    person, whose corrections it asks for. A model that fails at once leaves an incident. Raises
    InvalidModel for one that cannot be parsed, NotStorable for data that cannot be kept.
    """
    encode(dict(data))
    definition = keep_model(act, model, decisions)
    instance = ProcessInstance(
        id=new_id(),
        entity_id=act.entity_id,
        definition_key=definition_key,
        definition_version=definition_version,
        model_sha256=definition.sha256,
        expediente_id=expediente_id,
        person_id=person_id,
        state=InstanceState.RUNNING.value,
        version=0,
        header={},
        started_at=act.now,
    )
    act.about("process_instance", instance.id, expediente_id)
    act.note(
        definition=definition_key, definition_version=definition_version, model=definition.sha256
    )
    start_instance(act, instance, definition, data)
    return instance


@operation("workflow.complete")
def complete(act: Act, *, work_item_id: UUID, data: Mapping[str, Any], version: int) -> None:
    """Complete a work item with what its form gave, and move the process on.

    The instance's data gets `{element: {**data, by, at}}`, with `behalf` too when it is done in an
    absent official's place. Raises NotFound when it is not the actor's, Stale when it changed,
    NotStorable for answers that cannot be kept, and what the services of the next steps refuse.
    """
    work = locked_work(act, work_item_id)
    instance, item = work.instance, work.item
    check(act, item, version)
    if not may_work(act.session, item, act.actor):
        raise NotFound
    _check_going(instance)
    if item.deadline_id is not None:
        end_deadline(
            act.as_system(instance.definition_key),
            deadline_id=item.deadline_id,
            state=DeadlineState.MET,
        )
    done = {**data, "by": str(act.actor.id), "at": act.now}
    absent_id = done_in_place(act, item)
    if absent_id is not None:
        done["behalf"] = str(absent_id)
    encode(done)
    answers = {item.element: done}
    act.note(element=item.element, instance=instance.id)
    task_id = item.task_id
    cause = {"kind": "complete", "task": str(task_id), "data": answers}
    move_instance(
        act, instance, lambda run: run.complete(task_id, answers), cause, persons=True, work=work
    )


def _check_going(instance: ProcessInstance) -> None:
    """Raise RuleBroken while an instance is on hold."""
    if instance.state == InstanceState.SUSPENDED.value:
        raise RuleBroken(
            "La tramitación está en suspenso por orden de la administración del sistema: por ahora no se "
            "puede completar nada. Vuelva a intentarlo cuando se reanude."
        )


@operation("workflow.signalled")
def signalled(act: Act, *, reference: str, result: Any) -> bool:
    """Give a waiting token the answer that came later; false when it does not wait any more.

    One that comes while its instance is on hold is kept, and given when it goes on.
    """
    instance_id, _, _task = reference.partition(":")
    identifier = parse_id(instance_id)
    if identifier is None:
        raise BadInput("La referencia de la señal no es válida.")
    instance = act.lock(ProcessInstance, identifier)
    act.about("process_instance", instance.id, instance.expediente_id)
    if instance.state in _ENDED:
        act.note(effect=False)
        return False
    encode(result)
    answered: list[bool] = []
    cause = {"kind": "signal", "reference": reference, "result": result}
    if instance.state == InstanceState.SUSPENDED.value:
        from engine.workflow.surgery.mending import keep_for_later

        keep_for_later(act, instance, cause)
        return False
    move_instance(act, instance, lambda run: answered.append(run.answer(reference, result)), cause)
    act.note(effect=bool(answered and answered[0]))
    return bool(answered and answered[0])


@operation("workflow.fire_timer")
def fire_timer(act: Act, *, timer_id: UUID) -> bool:
    """Fire a timer that is due; false when another worker came first or its term was moved.

    None fires while an incident waits or its instance is on hold: what stopped may be what the timer's
    term was given for.
    """
    from engine.workflow.queries import due_of

    instance, timer = _locked_timer(act, timer_id)
    due = due_of(act.session, timer)
    act.note(element=timer.element, due_at=due)
    stopped = instance.state != InstanceState.RUNNING.value
    if stopped or timer.state != TimerState.WAITING.value or due is None or due > act.now:
        act.note(effect=False)
        return False
    timer.state = TimerState.FIRED.value
    if timer.deadline_id is not None:
        end_deadline(act, deadline_id=timer.deadline_id, state=DeadlineState.EXPIRED)
    act.session.flush()
    task_id = timer.task_id
    cause = {"kind": "timer", "task": str(task_id)}
    return move_instance(act, instance, lambda run: run.fire_timer(task_id), cause)


@operation("workflow.follow_terms")
def follow_terms(act: Act, *, deadlines: Sequence[UUID]) -> int:
    """Give open work the ends that its legal terms have now, none to what stands still; how many changed."""
    values = {"entity": act.entity_id, "deadlines": list(deadlines)}
    changed = len(driver_rows(act.session, FOLLOWING_TERMS, values))
    act.note(terms=len(deadlines), items=changed)
    return changed


def _locked_timer(act: Act, timer_id: UUID) -> tuple[ProcessInstance, ProcessTimer]:
    """A timer and its instance, locked, the instance first as every transition does.

    When it is due is asked afterwards: whoever held the instance may have moved the term.
    """
    row = act.session.execute(
        select(ProcessInstance, ProcessTimer)
        .join(ProcessTimer, ProcessTimer.instance_id == ProcessInstance.id)
        .where(ProcessTimer.id == timer_id)
        .with_for_update(of=(ProcessInstance, ProcessTimer))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    instance, timer = row
    act.about("process_instance", instance.id, instance.expediente_id)
    return instance, timer


@operation("workflow.give_up_timer")
def give_up_timer(act: Act, *, timer_id: UUID, message: str) -> bool:
    """Leave an incident where a timer could not be fired however often it was tried.

    message: what a person may read of the last failure. False when it does not wait any more.
    """
    instance, timer = _locked_timer(act, timer_id)
    act.note(element=timer.element, attempts=timer.attempts)
    if timer.state != TimerState.WAITING.value or instance.state in _ENDED:
        act.note(effect=False)
        return False
    timer.state = TimerState.FIRED.value
    if timer.deadline_id is not None:
        end_deadline(act, deadline_id=timer.deadline_id, state=DeadlineState.EXPIRED)
    instance.state = InstanceState.INCIDENT.value
    act.session.add(
        Incident(
            instance_id=instance.id,
            element=timer.element,
            kind="timer",
            message=f"El temporizador venció y no se pudo atender: {message}"[:1000],
            cause=to_json({"kind": "timer", "task": str(timer.task_id)}),
            at=act.now,
        )
    )
    return True


@operation("workflow.retry")
def retry(act: Act, *, incident_id: UUID, reason: str) -> bool:
    """Do again what an incident stopped, once its cause is mended; whether it went well."""
    if not reason.strip():
        raise BadInput("Indique qué se ha corregido antes de reintentar.")
    found = act.get(Incident, incident_id)
    instance = act.lock(ProcessInstance, found.instance_id)
    incident = act.lock(Incident, incident_id)
    act.about("process_instance", instance.id, instance.expediente_id)
    act.because(reason.strip())
    if incident.resolved_at is not None or instance.state in _ENDED:
        raise RuleBroken("Esta incidencia ya está resuelta o su proceso ha terminado.")
    _check_going(instance)
    incident.resolved_at = act.now
    cause = from_json(incident.cause)
    act.note(incident=incident.id, cause=cause["kind"])
    return move_instance(act.as_system(instance.definition_key), instance, _again(cause), cause)


def _again(cause: Mapping[str, Any]) -> Move:
    """What an incident was doing, to be done again."""

    def move(run: Run) -> None:
        match cause["kind"]:
            case "complete":
                run.complete(UUID(cause["task"]), cause["data"])
            case "signal":
                run.answer(cause["reference"], cause["result"])
            case "timer":
                run.fire_timer(UUID(cause["task"]))
            case "event_message":
                run.receive(UUID(cause["task"]), cause["payload"], cause["values"])
            case "event_signal":
                run.signal(cause["name"], cause["payload"])
            case "go_on":
                run.advance()

    return move


@operation("workflow.cancel")
def cancel(act: Act, *, instance_id: UUID, reason: str) -> None:
    """Stop an instance for good, such as when the interested person withdraws."""
    instance = act.lock(ProcessInstance, instance_id)
    act.about("process_instance", instance.id, instance.expediente_id)
    act.because(reason)
    if instance.state in _ENDED:
        raise RuleBroken("El proceso ya ha terminado.")
    end_instance(act, instance)
