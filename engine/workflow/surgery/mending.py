"""What the acts of surgery have in common: the instance, the reason, the move, the incidents it settles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select

from engine.errors import BadInput, RuleBroken, Stale
from engine.ids import new_id
from engine.operation import Act
from engine.workflow.codec import from_json, to_json
from engine.workflow.effects import STARTING
from engine.workflow.models import Incident, InstanceState, ProcessInstance
from engine.workflow.runtime import Run
from engine.workflow.surgery import moves
from engine.workflow.surgery.corrections import Change, Correction, correct
from engine.workflow.surgery.models import (
    HeldCause,
    Intervention,
    InterventionKind,
    InterventionState,
    InterventionStep,
    StepState,
)
from engine.workflow.surgery.tree import OPEN, workflows
from engine.workflow.transition import move_instance

ENDED = (InstanceState.COMPLETED.value, InstanceState.CANCELLED.value)


def checked_reason(act: Act, reason: str) -> str:
    """The reason that a person gave, kept in the event; raises BadInput without one."""
    if not reason.strip():
        raise BadInput(
            "Indique el motivo: queda en el registro de auditoría.",
            (("reason", "Escriba el motivo."),),
        )
    act.because(reason.strip())
    return reason.strip()


def opened(
    act: Act, instance_id: UUID, version: int | None = None, *, suspended: bool = False
) -> ProcessInstance:
    """An instance to be mended, locked.

    version: the transition that the person saw; suspended: whether it may be on hold. Raises NotFound,
    Stale and RuleBroken.
    """
    instance = act.lock(ProcessInstance, instance_id)
    act.about("process_instance", instance.id, instance.expediente_id)
    if instance.state in ENDED:
        raise RuleBroken("El proceso ya ha terminado.")
    if instance.state == InstanceState.SUSPENDED.value and not suspended:
        raise RuleBroken("El proceso está en suspenso: reanúdelo antes de cambiar nada en él.")
    if version is not None and instance.version != version:
        raise Stale("El proceso ha avanzado mientras tanto. Vuelva a mirarlo antes de seguir.")
    return instance


def mend(act: Act, instance: ProcessInstance, move: Callable[[Run], None], kind: str) -> None:
    """Move an instance as a whole; what fails raises RuleBroken, and nothing was done.

    The incidents whose step is not open any more are settled with it.
    """
    if STARTING in instance.header:
        raise RuleBroken(
            "El proceso no llegó a empezar: corrija sus datos y reintente, o deténgalo."
        )
    left: set[str] = set()

    def moved(run: Run) -> None:
        move(run)
        left.update(_references(run))

    if not move_instance(act, instance, moved, {"kind": kind}, persons=True, whole=True):
        raise RuleBroken(
            f"No se ha cambiado nada. Al hacerlo, el proceso fallaba: {_last(act, instance)}"
        )
    settle_incidents(act, instance, left)


def _last(act: Act, instance: ProcessInstance) -> str:
    """What the newest incident of an instance says."""
    return str(
        act.session.scalar(
            select(Incident.message)
            .where(Incident.instance_id == instance.id)
            .order_by(Incident.at.desc(), Incident.id.desc())
            .limit(1)
        )
    )


def _references(run: Run) -> set[str]:
    """What an incident's cause can name: the open tasks, what waits for events, the answers awaited."""
    tasks = {
        str(task.id)
        for each in workflows(run)
        for task in each.unfinished.values()
        if task.state & OPEN
    }
    events = {str(each.id) for each in run.workflow.event_manager.waiting()}
    return tasks | events | set(run.waiting_services())


def settle_incidents(act: Act, instance: ProcessInstance, left: set[str]) -> None:
    """End the incidents of what is not there any more, and let the instance go on when none is left."""
    act.session.refresh(instance)
    waiting = 0
    for incident in act.session.scalars(_unresolved(instance)):
        cause = from_json(incident.cause)
        named = cause.get("task") or cause.get("reference")
        if named is not None and str(named) not in left:
            incident.resolved_at = act.now
        else:
            waiting += 1
    if instance.state == InstanceState.INCIDENT.value and not waiting:
        instance.state = InstanceState.RUNNING.value
    act.session.flush()


def _unresolved(instance: ProcessInstance) -> Any:
    return select(Incident).where(
        Incident.instance_id == instance.id, Incident.resolved_at.is_(None)
    )


def hold(act: Act, instance: ProcessInstance) -> None:
    """Put an instance on hold: see `workflow.suspend`."""
    instance.state = InstanceState.SUSPENDED.value
    act.session.flush()


def let_go(act: Act, instance: ProcessInstance) -> None:
    """Let an instance on hold go on, and give it in order what came meanwhile."""
    if instance.state != InstanceState.SUSPENDED.value:
        raise RuleBroken("El proceso no está en suspenso.")
    stopped = has_incidents(act, instance)
    instance.state = (InstanceState.INCIDENT if stopped else InstanceState.RUNNING).value
    held = act.session.scalars(
        select(HeldCause)
        .where(HeldCause.instance_id == instance.id, HeldCause.given_at.is_(None))
        .order_by(HeldCause.at, HeldCause.id)
    ).all()
    act.note(held=len(held))
    system = act.as_system(instance.definition_key)
    for each in held:
        each.given_at = act.now
        act.session.flush()
        cause = from_json(each.cause)
        move_instance(system, instance, _given(cause), cause)


def _given(cause: Mapping[str, Any]) -> Callable[[Run], Any]:
    return lambda run: run.answer(cause["reference"], cause["result"])


def keep_for_later(act: Act, instance: ProcessInstance, cause: Mapping[str, Any]) -> None:
    """Keep an answer that came for an instance on hold, until it goes on."""
    act.session.add(
        HeldCause(
            id=new_id(),
            entity_id=act.entity_id,
            instance_id=instance.id,
            cause=to_json(dict(cause)),
            at=act.now,
        )
    )
    act.note(held=True)


def has_incidents(act: Act, instance: ProcessInstance) -> bool:
    """Whether something of an instance waits for somebody to mend it."""
    return bool(act.session.scalar(select(exists(_unresolved(instance)))))


def open_incident(act: Act, incident_id: UUID) -> tuple[ProcessInstance, Incident]:
    """An incident that waits and its instance, both locked; raises NotFound and RuleBroken."""
    found = act.get(Incident, incident_id)
    instance = opened(act, found.instance_id)
    incident = act.lock(Incident, incident_id)
    if incident.resolved_at is not None:
        raise RuleBroken("Esta incidencia ya está resuelta.")
    return instance, incident


def repeat_incident(
    act: Act,
    instance: ProcessInstance,
    incident: Incident,
    corrections: Sequence[Correction],
    skipped: str | None = None,
) -> bool:
    """Do again what an incident stopped, with corrected data; whether it went well.

    The names of what was corrected go to the event, their values beside it, since they may be personal.
    """
    cause = from_json(incident.cause)
    act.note(incident=incident.id, cause=cause["kind"])
    incident.resolved_at = act.now
    changes: list[Change] = []
    if STARTING in instance.header:
        data = from_json(instance.header[STARTING])
        changes += correct(data, corrections)
        instance.header = {**instance.header, STARTING: to_json(data)}
        if skipped is not None:
            raise RuleBroken(
                "El proceso no llegó a empezar y no tiene pasos que saltar: corrija sus datos."
            )
    act.session.flush()

    def again(run: Run) -> None:
        changes.extend(moves.repeat(run, cause, corrections, skipped, incident.element))

    done = move_instance(act, instance, again, cause)
    tell_changes(act, changes)
    return done


def tell_changes(act: Act, changes: Sequence[Change]) -> None:
    """Say in the event which data changed: their names; the values beside it, with a commitment."""
    if not changes:
        return
    act.note(changed=[change.name for change in changes])
    act.personal(**{f"before:{change.name}": change.before for change in changes})
    act.personal(**{f"after:{change.name}": change.after for change in changes})


def record(
    act: Act,
    kind: InterventionKind,
    steps: Sequence[tuple[UUID, UUID | None, int | None]],
    arguments: Mapping[str, Any],
    reason: str,
    state: InterventionState,
) -> Intervention:
    """Keep what was ordered, on which instances: (instance, incident, version) each."""
    done = state is InterventionState.DONE
    row = Intervention(
        id=new_id(),
        entity_id=act.entity_id,
        kind=kind.value,
        arguments=dict(arguments),
        reason=reason,
        state=state.value,
        ordered_by=act.actor.id,
        ordered_at=act.now,
    )
    act.session.add(row)
    act.session.flush()
    for position, (instance_id, incident_id, version) in enumerate(steps):
        act.session.add(
            InterventionStep(
                id=new_id(),
                entity_id=act.entity_id,
                intervention_id=row.id,
                position=position,
                instance_id=instance_id,
                incident_id=incident_id,
                version=version,
                state=(StepState.DONE if done else StepState.WAITING).value,
                at=act.now if done else None,
            )
        )
    act.session.flush()
    act.note(intervention=row.id, instances=len(steps))
    return row
