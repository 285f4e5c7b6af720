"""A transition: load an instance, move it, write what changed, and bring its work up to date.

One database transaction, the instance's row locked. What a model does runs in a savepoint: when it
fails nothing of it stays, and an incident tells what was being done, so that it can be done again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from SpiffWorkflow.exceptions import SpiffWorkflowException
from sqlalchemy import exists, select, update

from engine.errors import TownHallError, Unavailable
from engine.operation import Act
from engine.services import SERVICES, InstanceView
from engine.workflow.codec import from_json, to_json
from engine.workflow.definitions import Definition
from engine.workflow.models import Incident, InstanceState, ProcessInstance
from engine.workflow.runtime import Run, Status
from engine.workflow.scripting import ModelError, ServiceCaller
from engine.workflow.state import Session, begin, load
from engine.workflow.store import definition_of, stored, write
from engine.workflow.work import cancel_work, synchronize

Move = Callable[[Run], Any]
STARTING = "start"


def start_instance(
    act: Act, instance: ProcessInstance, definition: Definition, data: Mapping[str, Any]
) -> None:
    """Begin; a model that fails at once leaves an incident, so that the filing is never lost."""

    def opened() -> Session:
        return begin(definition, data, act.now, services_for(act, instance))

    if not _guarded(act, instance, definition, opened, {"kind": STARTING}, persons=False):
        instance.header = {STARTING: to_json(dict(data))}


def move_instance(
    act: Act,
    instance: ProcessInstance,
    move: Move,
    cause: Mapping[str, Any],
    *,
    persons: bool = False,
) -> bool:
    """Load, move, store; whether it went well (else an incident was recorded).

    persons: a person waits for the answer, so a broken rule is theirs to read and not an incident.
    """
    definition = definition_of(act.session, instance)
    if STARTING in instance.header:
        data = from_json(instance.header[STARTING])

        def opened() -> Session:
            return begin(definition, data, act.now, services_for(act, instance))

    else:

        def opened() -> Session:
            session = load(
                definition, stored(act.session, instance), act.now, services_for(act, instance)
            )
            move(session.run)
            return session

    return _guarded(act, instance, definition, opened, cause, persons=persons)


def _guarded(
    act: Act,
    instance: ProcessInstance,
    definition: Definition,
    opened: Callable[[], Session],
    cause: Mapping[str, Any],
    *,
    persons: bool,
) -> bool:
    try:
        with act.session.begin_nested():
            session = opened()
            _keep(act, instance, definition, session)
    except (SpiffWorkflowException, RecursionError) as error:
        _incident(act, instance, _element_of(error), "model", _message_of(error), cause)
        return False
    except TownHallError as error:
        # What is unavailable for a moment is tried again by whoever moves; a filing is never undone.
        if persons or (isinstance(error, Unavailable) and cause.get("kind") != STARTING):
            raise
        _incident(act, instance, str(getattr(error, "element", "")), "service", str(error), cause)
        return False
    return True


def _keep(act: Act, instance: ProcessInstance, definition: Definition, session: Session) -> None:
    """Write the instance's changes and bring work items, timers and state up to date."""
    run = session.run
    status = run.status
    names = {
        name: getattr(spec, "bpmn_id", None)
        for each in (definition.spec, *definition.subprocesses.values())
        for name, spec in each.task_specs.items()
    }
    write(act, instance, session.changes(), names)
    if status is Status.STUCK:
        raise ModelError("El proceso se queda sin nada que hacer y no llega a su fin.")
    synchronize(act.as_system(instance.definition_key), instance, definition, run)
    if status is Status.COMPLETED:
        instance.state, instance.ended_at = InstanceState.COMPLETED.value, act.now
    elif not _stopped(act, instance):
        instance.state = InstanceState.RUNNING.value
    act.session.flush()


def _stopped(act: Act, instance: ProcessInstance) -> bool:
    """Whether an incident of another step still waits for somebody to mend it."""
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


def services_for(act: Act, instance: ProcessInstance) -> ServiceCaller:
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
    instance.state = InstanceState.INCIDENT.value
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


def _element_of(error: BaseException) -> str:
    task = getattr(error, "task", None)
    return "" if task is None else str(task.task_spec.bpmn_id or task.task_spec.name)


def _message_of(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "El proceso tiene demasiados niveles."
    return str(error)


def end_instance(act: Act, instance: ProcessInstance) -> None:
    """Stop an instance for good: its work, its timers, its terms and its incidents end."""
    cancel_work(act.as_system(instance.definition_key), instance)
    act.session.execute(
        update(Incident)
        .where(Incident.instance_id == instance.id, Incident.resolved_at.is_(None))
        .values(resolved_at=act.now)
    )
    instance.state, instance.ended_at = InstanceState.CANCELLED.value, act.now
