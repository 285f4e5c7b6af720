"""A transition: load an instance, move it, write what changed, and bring its work up to date.

One database transaction, the instance's row locked. What a model makes others do runs in a savepoint:
when it fails nothing of it stays, and an incident tells what was being done, so that it can be done
again. The instance's own rows, its work and its timers are written by one statement at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import structlog
from SpiffWorkflow.exceptions import SpiffWorkflowException
from sqlalchemy import exists, select, update
from sqlalchemy.orm.attributes import set_committed_value

from engine.errors import TownHallError, Unavailable
from engine.operation import Act
from engine.services import SERVICES, InstanceView
from engine.workflow.codec import Damaged, NotStorable, from_json, to_json
from engine.workflow.definitions import Definition
from engine.workflow.effects import STARTING, Effects
from engine.workflow.events.subscriptions import (
    cancel_subscriptions,
    concerns,
    synchronize_subscriptions,
)
from engine.workflow.models import (
    Incident,
    InstanceState,
    ProcessInstance,
    ProcessTimer,
    WorkItem,
)
from engine.workflow.runtime import Run, Status
from engine.workflow.scripting import ModelError, ServiceCaller
from engine.workflow.state import Session, begin, load
from engine.workflow.store import (
    LockedWork,
    Moved,
    Writing,
    definition_of,
    dumped,
    stored,
    task_values,
    write,
)
from engine.workflow.upgrades import UnknownState
from engine.workflow.work import cancel_work, synchronize

log = structlog.get_logger(__name__)

Move = Callable[[Run], Any]
# What a model does wrong inside the library, which tells it in its own ways.
_MODEL_FAILURES = (SpiffWorkflowException, RecursionError, LookupError, TypeError, ValueError,
                   AttributeError, ArithmeticError)  # fmt: skip


def start_instance(
    act: Act, instance: ProcessInstance, definition: Definition, data: Mapping[str, Any]
) -> None:
    """Begin an instance that is not stored yet, and store it: the last thing that its act does.

    A model that fails at once leaves an incident, so that the filing is never lost.
    """
    effects = Effects(act, instance, first_data=dict(data), last=True)

    def opened() -> Session:
        return begin(definition, data, act.now, services_for(act, instance, effects))

    _guarded(act, instance, definition, opened, {"kind": STARTING}, effects, persons=False)


def move_instance(
    act: Act,
    instance: ProcessInstance,
    move: Move,
    cause: Mapping[str, Any],
    *,
    persons: bool = False,
    whole: bool = False,
    work: LockedWork | None = None,
) -> bool:
    """Load, move, store; whether it went well (else an incident was recorded).

    persons: a person waits for the answer, so a broken rule is theirs to read and not an incident;
    whole: the tasks that are over are loaded too, for those who mend instances; work: what the actor
    has just done, which stays done whatever the model does afterwards; nothing else comes in the act.
    """
    definition = definition_of(act.session, instance)
    effects = Effects(
        act,
        instance,
        done=None if work is None else work.item,
        last=work is not None,
    )
    services = services_for(act, instance, effects)
    if STARTING in instance.header:
        data = from_json(instance.header[STARTING])

        def opened() -> Session:
            return begin(definition, data, act.now, services)

    else:

        def opened() -> Session:
            tasks = None if work is None else work.tasks
            rows = stored(act.session, instance, whole=whole, tasks=tasks)
            session = load(definition, rows, act.now, services, whole=whole)
            move(session.run)
            return session

    return _guarded(act, instance, definition, opened, cause, effects, persons=persons)


def _guarded(
    act: Act,
    instance: ProcessInstance,
    definition: Definition,
    opened: Callable[[], Session],
    cause: Mapping[str, Any],
    effects: Effects,
    *,
    persons: bool,
) -> bool:
    try:
        _keep(act, instance, definition, opened(), effects)
    except _MODEL_FAILURES as error:
        effects.undo(error)
        log.warning("model failed", instance=str(instance.id), exc_info=error)
        _incident(act, instance, _element_of(error), "model", _message_of(error), cause)
        return False
    except TownHallError as error:
        # What is unavailable for a moment is tried again by whoever moves; a filing is never undone.
        passing = isinstance(error, Unavailable) and cause.get("kind") != STARTING
        broken = isinstance(error, UnknownState | Damaged | NotStorable)
        if passing or isinstance(error, Moved) or (persons and not broken):
            raise
        effects.undo(error)
        element = str(getattr(error, "element", ""))
        _incident(act, instance, element, "service", str(error), cause)
        return False
    effects.keep()
    _forget(act, instance)
    return True


def _keep(
    act: Act,
    instance: ProcessInstance,
    definition: Definition,
    session: Session,
    effects: Effects,
) -> None:
    """Write the instance's changes, its work items and timers, and how it stands."""
    status = session.run.status
    if status is Status.STUCK:
        raise ModelError("El proceso se queda sin nada que hacer y no llega a su fin.")
    system = act.as_system(instance.definition_key)
    writing = Writing()
    synchronize(system, instance, definition, session, effects, writing)
    if concerns(definition):
        # Before the writing, and undone with it: what the model throws may be impossible to keep.
        effects.prepare()
        synchronize_subscriptions(system, instance, definition, session.run)
    gather(session, definition, writing, fresh=effects.fresh)
    if effects.done_item is not None:
        writing.add("done", [effects.done_item])
    if status is Status.COMPLETED:
        _settle(instance, InstanceState.COMPLETED, act.now)
    elif not _stopped(act, instance):
        _settle(instance, InstanceState.RUNNING, None)
    write(act, instance, writing, fresh=effects.fresh, with_event=effects.nothing_else)
    effects.stored()


def gather(session: Session, definition: Definition, writing: Writing, *, fresh: bool) -> None:
    """The rows of what changed in the instance."""
    changes = session.changes()
    elements = _elements(definition)
    writing.values["header"] = dumped(vars(changes.header))
    if not fresh:
        writing.add("removed", list(changes.removed))
    writing.add("written", [task_values(row, elements.get(row.spec)) for row in changes.written])
    writing.add(
        "ended",
        [
            {"sequence": at, **task_values(row, elements.get(row.spec))}
            for at, row in enumerate(changes.ended)
        ],
    )
    data = [
        {"scope": str(scope), "key": key, "value": value}
        for (scope, key), value in changes.data.items()
    ]
    if not fresh and changes.dropped:
        writing.add("dropped", list(changes.dropped), data=dumped(data))
    writing.add("data", data)
    writing.add(
        "payloads",
        [{"sha256": sha256, "value": text} for sha256, text in changes.payloads.items()],
    )


@lru_cache(maxsize=256)
def _elements(definition: Definition) -> dict[str, str | None]:
    """The model's element of each of the library's specs, by the spec's name."""
    return {
        name: getattr(spec, "bpmn_id", None)
        for each in (definition.spec, *definition.subprocesses.values())
        for name, spec in each.task_specs.items()
    }


def _settle(instance: ProcessInstance, state: InstanceState, ended_at: datetime | None) -> None:
    """How the instance stands, for the statement that writes it."""
    set_committed_value(instance, "state", state.value)
    set_committed_value(instance, "ended_at", ended_at)


def _forget(act: Act, instance: ProcessInstance) -> None:
    """What was read before the statement is read again by whoever needs it."""
    for row in list(act.session.identity_map.values()):
        mine = isinstance(row, WorkItem | ProcessTimer) and row.instance_id == instance.id
        if mine or (isinstance(row, ProcessInstance) and row.id == instance.id):
            act.session.expire(row)


def _stopped(act: Act, instance: ProcessInstance) -> bool:
    """Whether an incident of another step still waits for somebody to mend it, or it is on hold."""
    if instance.state == InstanceState.SUSPENDED.value:
        return True
    return instance.state == InstanceState.INCIDENT.value and bool(
        act.session.scalar(
            select(
                exists().where(
                    Incident.instance_id == instance.id,
                    Incident.resolved_at.is_(None),
                )
            )
        )
    )


def services_for(act: Act, instance: ProcessInstance, effects: Effects) -> ServiceCaller:
    """How the model of an instance calls the town hall: by the system, in the procedure's name."""
    system = act.as_system(instance.definition_key)

    def caller(name: str, parameters: Mapping[str, Any], task: Any) -> Any:
        found = SERVICES.get(name)
        element = str(task.task_spec.bpmn_id)
        if found is None:
            raise ModelError(f"{element}: no existe el servicio «{name}»", task=task)
        view = InstanceView(
            id=instance.id,
            expediente_id=instance.expediente_id,
            definition_key=instance.definition_key,
            element_id=element,
            reference=f"{instance.id}:{task.id}",
            data=task.data,
        )
        effects.prepare()
        try:
            return found(system, view, **parameters)
        except (TypeError, ValueError) as error:
            raise ModelError(f"{element}: {name}: {error}", task=task) from error

    return caller


def _incident(
    act: Act,
    instance: ProcessInstance,
    element: str,
    kind: str,
    message: str,
    cause: Mapping[str, Any],
) -> None:
    """Record what stopped the instance, in the same transaction."""
    act.session.execute(
        update(ProcessInstance)
        .where(ProcessInstance.id == instance.id)
        .values(state=InstanceState.INCIDENT.value, ended_at=None)
        .execution_options(synchronize_session=False)
    )
    set_committed_value(instance, "state", InstanceState.INCIDENT.value)
    set_committed_value(instance, "ended_at", None)
    act.session.add(
        Incident(
            instance_id=instance.id,
            element=element,
            kind=kind,
            message=message[:1000],
            cause=to_json(dict(cause)),
            at=act.now,
        )
    )
    act.note(incident=kind, element=element)
    act.session.flush()
    _forget(act, instance)


def _element_of(error: BaseException) -> str:
    task = getattr(error, "task", None)
    return "" if task is None else str(task.task_spec.bpmn_id or task.task_spec.name)


def _message_of(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "El proceso tiene demasiados niveles."
    if isinstance(error, SpiffWorkflowException):
        return str(error)
    return f"El modelo ha fallado por dentro ({type(error).__name__})."


def end_instance(act: Act, instance: ProcessInstance) -> None:
    """Stop an instance for good: its work, its timers, its terms and its incidents end."""
    cancel_subscriptions(act, instance.id)
    cancel_work(act.as_system(instance.definition_key), instance)
    act.session.execute(
        update(Incident)
        .where(Incident.instance_id == instance.id, Incident.resolved_at.is_(None))
        .values(resolved_at=act.now)
    )
    instance.state, instance.ended_at = InstanceState.CANCELLED.value, act.now
