"""Changes of running processes: started, their work claimed and completed, signals, timers, incidents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from engine.deadlines.models import DeadlineState
from engine.deadlines.operations import end_deadline
from engine.errors import BadInput, NotFound, RuleBroken, Stale
from engine.ids import new_id, parse_id
from engine.operation import Act, operation
from engine.workflow.access import may_see, may_take, may_work
from engine.workflow.codec import from_json
from engine.workflow.models import (
    Incident,
    InstanceState,
    ProcessInstance,
    ProcessTimer,
    TimerState,
    WorkItem,
    WorkState,
)
from engine.workflow.runtime import Run
from engine.workflow.store import keep_model
from engine.workflow.transition import Move, end_instance, move_instance, start_instance

_ENDED = (InstanceState.COMPLETED.value, InstanceState.CANCELLED.value)


@operation("workflow.start")
def start(
    act: Act,
    *,
    definition_key: str,
    definition_version: int,
    model: bytes,
    data: Mapping[str, Any],
    expediente_id: UUID | None = None,
    person_id: UUID | None = None,
) -> ProcessInstance:
    """Start a process of a published model.

    data: the instance's first data; person_id: the interested person, whose corrections it asks for.
    A model that fails at once leaves an incident. Raises InvalidModel for one that cannot be parsed.
    """
    definition = keep_model(act, model)
    instance = ProcessInstance(
        id=new_id(),
        entity_id=act.entity_id,
        definition_key=definition_key,
        definition_version=definition_version,
        model_sha256=definition.sha256,
        expediente_id=expediente_id,
        person_id=person_id,
        state=InstanceState.RUNNING.value,
        started_at=act.now,
    )
    act.session.add(instance)
    act.session.flush()
    act.about("process_instance", instance.id, expediente_id)
    act.note(
        definition=definition_key, definition_version=definition_version, model=definition.sha256
    )
    start_instance(act, instance, definition, data)
    return instance


@operation("workflow.claim")
def claim(act: Act, *, work_item_id: UUID, version: int) -> None:
    """Take a work item; raises NotFound when it is not for the actor, Stale when it changed."""
    item = _item(act, work_item_id, version)
    if not may_take(item, act.actor):
        raise NotFound
    if item.state == WorkState.CLAIMED.value:
        raise RuleBroken("Otra persona ya se ha asignado esta tarea.")
    item.assignee_id, item.state = act.actor.id, WorkState.CLAIMED.value
    item.version += 1
    act.note(element=item.element)


@operation("workflow.release")
def release(act: Act, *, work_item_id: UUID, version: int) -> None:
    """Give a claimed work item back to its unit."""
    item = _item(act, work_item_id, version)
    if item.assignee_id != act.actor.id or item.state != WorkState.CLAIMED.value:
        raise NotFound
    if item.fixed:
        raise RuleBroken("Esta tarea le corresponde a usted y no se puede devolver.")
    item.assignee_id, item.state = None, WorkState.OPEN.value
    item.version += 1
    act.note(element=item.element)


@operation("workflow.complete")
def complete(act: Act, *, work_item_id: UUID, data: Mapping[str, Any], version: int) -> None:
    """Complete a work item with what its form gave, and move the process on.

    The instance's data gets `{element: {**data, by, at}}`. Raises NotFound when it is not the
    actor's, Stale when it changed, and what the services of the next steps refuse.
    """
    found = act.get(WorkItem, work_item_id)
    # The instance is locked first, as every transition does, so that none waits in a ring.
    instance = act.lock(ProcessInstance, found.instance_id)
    item = _item(act, work_item_id, version)
    if not may_work(item, act.actor):
        raise NotFound
    item.state = WorkState.DONE.value
    item.completed_at, item.completed_by = act.now, act.actor.id
    item.version += 1
    if item.deadline_id is not None:
        end_deadline(
            act.as_system(instance.definition_key),
            deadline_id=item.deadline_id,
            state=DeadlineState.MET,
        )
    act.session.flush()
    answers = {item.element: {**data, "by": str(act.actor.id), "at": act.now}}
    act.note(element=item.element, instance=instance.id)
    task_id = item.task_id
    cause = {"kind": "complete", "task": str(task_id), "data": answers}
    move_instance(act, instance, lambda run: run.complete(task_id, answers), cause, persons=True)


def _item(act: Act, work_item_id: UUID, version: int) -> WorkItem:
    item = act.lock(WorkItem, work_item_id)
    act.about("work_item", item.id, item.expediente_id)
    if not may_see(item, act.actor):
        raise NotFound
    if item.state in (WorkState.DONE.value, WorkState.CANCELLED.value):
        raise Stale("Esta tarea ya está hecha o ya no hace falta. Vuelva a su bandeja.")
    if item.version != version:
        raise Stale("La tarea ha cambiado desde que la abrió. Revísela y vuelva a intentarlo.")
    return item


@operation("workflow.signalled")
def signalled(act: Act, *, reference: str, result: Any) -> bool:
    """Give a waiting token the answer that came later; false when it does not wait any more."""
    instance_id, _, _task = reference.partition(":")
    identifier = parse_id(instance_id)
    if identifier is None:
        raise BadInput("La referencia de la señal no es válida.")
    instance = act.lock(ProcessInstance, identifier)
    act.about("process_instance", instance.id, instance.expediente_id)
    if instance.state in _ENDED:
        act.note(effect=False)
        return False
    answered: list[bool] = []
    cause = {"kind": "signal", "reference": reference, "result": result}
    move_instance(act, instance, lambda run: answered.append(run.answer(reference, result)), cause)
    act.note(effect=bool(answered and answered[0]))
    return bool(answered and answered[0])


@operation("workflow.fire_timer")
def fire_timer(act: Act, *, timer_id: UUID) -> bool:
    """Fire a timer that is due; false when another worker came first or its term was moved.

    None fires while an incident waits: what stopped may be what the timer's term was given for.
    """
    from engine.workflow.queries import due_of

    found = act.get(ProcessTimer, timer_id)
    instance = act.lock(ProcessInstance, found.instance_id)
    timer = act.lock(ProcessTimer, timer_id)
    act.about("process_instance", instance.id, instance.expediente_id)
    due = due_of(act.session, timer)
    act.note(element=timer.element, due_at=due)
    stopped = instance.state == InstanceState.INCIDENT.value
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
