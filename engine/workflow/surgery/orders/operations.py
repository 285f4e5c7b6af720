"""Steps skipped by two persons, and the same done to many instances, each in its own transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from engine.errors import BadInput, RuleBroken
from engine.operation import Act, operation
from engine.permissions import require
from engine.workflow import operations as workflow
from engine.workflow.elements import elements_of
from engine.workflow.models import Incident, ProcessInstance
from engine.workflow.runtime import Run
from engine.workflow.store import definition_of
from engine.workflow.surgery import moves
from engine.workflow.surgery.corrections import (
    Change,
    Correction,
    loaded_corrections,
    stored_corrections,
)
from engine.workflow.surgery.mending import (
    checked_reason,
    hold,
    let_go,
    mend,
    open_incident,
    opened,
    record,
    repeat_incident,
    tell_changes,
)
from engine.workflow.surgery.models import (
    Intervention,
    InterventionKind,
    InterventionState,
    InterventionStep,
    StepState,
)
from engine.workflow.surgery.orders.queries import waiting_steps
from engine.workflow.surgery.reading import last_done, skippable_element, tokens_at

MOST = 1_000
"""The instances of one order."""
JOB = "workflow.intervene"


@operation("workflow.propose_skip")
def propose_skip(
    act: Act,
    *,
    reason: str,
    incident_ids: Sequence[UUID] = (),
    instance_id: UUID | None = None,
    task_id: UUID | None = None,
    corrections: Sequence[Correction] = (),
) -> UUID:
    """Propose to pass over a step as if it were done; nothing happens until another person confirms.

    incident_ids: of the step that fails, in one or many instances; or else an instance and its open
    step. corrections: the data that the step should have given. Returns the proposal's id.
    """
    why = checked_reason(act, reason)
    steps: list[tuple[UUID, UUID | None, int | None]]
    if incident_ids:
        rows = [open_incident(act, incident_id) for incident_id in _few(incident_ids)]
        for instance, incident in rows:
            _check_known(act, instance, incident)
        steps = [(instance.id, incident.id, None) for instance, incident in rows]
        arguments: dict[str, Any] = {"element": rows[0][1].element}
    elif instance_id is not None and task_id is not None:
        instance = opened(act, instance_id)
        element = skippable_element(act.session, instance, task_id)
        steps = [(instance.id, None, instance.version)]
        arguments = {"element": element, "task": str(task_id)}
    else:
        raise BadInput("Elija qué paso quiere saltar.")
    arguments["corrections"] = stored_corrections(corrections)
    act.note(element=arguments["element"], corrected=[each.name for each in corrections])
    row = record(act, InterventionKind.SKIP, steps, arguments, why, InterventionState.PROPOSED)
    act.about("process_intervention", row.id)
    return row.id


def _few(identifiers: Sequence[UUID]) -> list[UUID]:
    found = list(dict.fromkeys(identifiers))
    if not found:
        raise BadInput("No hay ningún proceso al que hacérselo.")
    if len(found) > MOST:
        raise BadInput(f"Son demasiados a la vez: como mucho {MOST}.")
    return found


def _check_known(act: Act, instance: ProcessInstance, incident: Incident) -> None:
    """Raise RuleBroken for an incident of no step, or of one that decides where the process goes."""
    nodes = elements_of(definition_of(act.session, instance)).nodes
    node = nodes.get(incident.element)
    if node is None or node.kind.endswith("Gateway"):
        raise RuleBroken(
            "Lo que ha fallado no es un paso que se pueda saltar: corrija los datos o mueva el proceso."
        )


@operation("workflow.confirm_skip")
def confirm_skip(act: Act, *, intervention_id: UUID, decision: str = "") -> None:
    """Confirm, as another person, that a step is passed over; with many instances, a job does it."""
    row = _proposed(act, intervention_id)
    if row.ordered_by == act.actor.id:
        raise RuleBroken(
            "Quien propone saltar un paso no puede confirmarlo: pídaselo a otra persona."
        )
    act.because(decision.strip() or row.reason)
    row.decided_by, row.decided_at, row.decision = act.actor.id, act.now, decision.strip()
    act.note(proposed_by=row.ordered_by, element=row.arguments["element"])
    steps = waiting_steps(act.session, row.id)
    row.state = InterventionState.RUNNING.value
    act.session.flush()
    if len(steps) > 1:
        act.defer(JOB, intervention_id=row.id)
        return
    step = act.lock(InterventionStep, steps[0])
    step.message = _skip(act, row, step)
    step.state, step.at = StepState.DONE.value, act.now
    row.state = InterventionState.DONE.value


@operation("workflow.reject_skip")
def reject_skip(act: Act, *, intervention_id: UUID, reason: str) -> None:
    """Reject a proposal, or withdraw one's own."""
    why = checked_reason(act, reason)
    row = _proposed(act, intervention_id)
    row.state = InterventionState.REJECTED.value
    row.decided_by, row.decided_at, row.decision = act.actor.id, act.now, why


def _proposed(act: Act, intervention_id: UUID) -> Intervention:
    row = act.lock(Intervention, intervention_id)
    act.about("process_intervention", row.id)
    if row.state != InterventionState.PROPOSED.value:
        raise RuleBroken("Esta propuesta ya está decidida.")
    return row


def _skip(act: Act, row: Intervention, step: InterventionStep) -> str:
    """Pass over the step of one instance; raises RuleBroken, and then nothing was done."""
    corrections = loaded_corrections(row.arguments["corrections"])
    element = str(row.arguments["element"])
    if step.incident_id is not None:
        instance, incident = open_incident(act, step.incident_id)
        if not repeat_incident(act, instance, incident, corrections, element):
            raise RuleBroken("Al saltar el paso, el proceso falla más adelante: no se ha saltado.")
        return ""
    instance = opened(act, step.instance_id, step.version)
    changes: list[Change] = []

    def skipped(run: Run) -> None:
        changes.extend(moves.skip(run, UUID(row.arguments["task"]), corrections))

    mend(act, instance, skipped, "skip")
    tell_changes(act, changes)
    return ""


_PERMISSIONS: Mapping[InterventionKind, str] = {
    InterventionKind.RETRY: "workflow.retry",
    InterventionKind.MOVE: "workflow.move_token",
    InterventionKind.RESTART: "workflow.restart_from",
    InterventionKind.SUSPEND: "workflow.suspend",
    InterventionKind.RESUME: "workflow.resume",
    InterventionKind.CANCEL: "workflow.stop",
}


@operation("workflow.order_many")
def order_many(
    act: Act,
    *,
    kind: InterventionKind,
    reason: str,
    incident_ids: Sequence[UUID] = (),
    instance_ids: Sequence[UUID] = (),
    element: str = "",
    target: str = "",
) -> UUID:
    """Order the same for many instances: a job does it, each in a transaction of its own.

    incident_ids: what is retried; instance_ids: the instances for any other kind; element: the step
    that is left or gone back to; target: where it is moved. Asks for the permission of the kind too.
    Returns the order's id, whose page says how each went.
    """
    why = checked_reason(act, reason)
    if kind not in _PERMISSIONS:
        raise BadInput("Elija qué quiere hacer.")
    require(act.actor, _PERMISSIONS[kind])
    if kind is InterventionKind.RETRY:
        incidents = [act.get(Incident, each) for each in _few(incident_ids)]
        steps: list[tuple[UUID, UUID | None, int | None]] = [
            (incident.instance_id, incident.id, None) for incident in incidents
        ]
    else:
        steps = [(act.get(ProcessInstance, each).id, None, None) for each in _few(instance_ids)]
    arguments = {"element": element, "target": target}
    row = record(act, kind, steps, arguments, why, InterventionState.RUNNING)
    act.about("process_intervention", row.id)
    act.note(kind=kind.value, element=element, target=target)
    act.defer(JOB, intervention_id=row.id)
    return row.id


@operation("workflow.take_step")
def take_step(act: Act, *, step_id: UUID) -> None:
    """Do what was ordered to one of its instances; a step that was taken before is not again.

    Raises what the act on the instance raises: then `fail_step` says so.
    """
    step = act.lock(InterventionStep, step_id)
    row = act.get(Intervention, step.intervention_id)
    act.about("process_instance", step.instance_id)
    act.because(row.reason)
    act.note(intervention=row.id, kind=row.kind, ordered_by=row.ordered_by)
    if row.decided_by is not None:
        act.note(confirmed_by=row.decided_by)
    if step.state != StepState.WAITING.value or row.state != InterventionState.RUNNING.value:
        act.note(effect=False)
        return
    message = _TAKEN[InterventionKind(row.kind)](act, row, step)
    step.state = (StepState.FAILED if message else StepState.DONE).value
    step.message, step.at = message, act.now


def _retry(act: Act, row: Intervention, step: InterventionStep) -> str:
    if step.incident_id is None:
        raise RuleBroken("Falta la incidencia que se quería reintentar.")
    done = workflow.retry(act, incident_id=step.incident_id, reason=row.reason)
    return "" if done else "Ha vuelto a fallar. La incidencia nueva dice por qué."


def _move(act: Act, row: Intervention, step: InterventionStep) -> str:
    instance = opened(act, step.instance_id)
    element, target = str(row.arguments["element"]), str(row.arguments["target"])
    tasks = tokens_at(act.session, instance.id, element)
    if len(tasks) != 1:
        raise RuleBroken(
            f"El proceso no está en «{element}» una sola vez: muévalo desde su página."
        )
    mend(act, instance, lambda run: moves.move(run, tasks, target), row.kind)
    return ""


def _restart(act: Act, row: Intervention, step: InterventionStep) -> str:
    instance = opened(act, step.instance_id)
    element = str(row.arguments["element"])
    task_id = last_done(act.session, instance.id, element)
    mend(act, instance, lambda run: moves.restart(run, task_id), row.kind)
    return ""


def _suspend(act: Act, _row: Intervention, step: InterventionStep) -> str:
    hold(act, opened(act, step.instance_id))
    return ""


def _resume(act: Act, _row: Intervention, step: InterventionStep) -> str:
    let_go(act, opened(act, step.instance_id, suspended=True))
    return ""


def _cancel(act: Act, row: Intervention, step: InterventionStep) -> str:
    instance = opened(act, step.instance_id, suspended=True)
    workflow.cancel(
        act.as_system(instance.definition_key), instance_id=instance.id, reason=row.reason
    )
    return ""


_TAKEN: Mapping[InterventionKind, Callable[[Act, Intervention, InterventionStep], str]] = {
    InterventionKind.RETRY: _retry,
    InterventionKind.SKIP: _skip,
    InterventionKind.MOVE: _move,
    InterventionKind.RESTART: _restart,
    InterventionKind.SUSPEND: _suspend,
    InterventionKind.RESUME: _resume,
    InterventionKind.CANCEL: _cancel,
}
"""What is done to one instance: returns why it failed, or raises it; empty when it went well."""


@operation("workflow.fail_step")
def fail_step(act: Act, *, step_id: UUID, message: str) -> None:
    """Say of one of the instances of an order that it could not be done, and why; it stays as it was."""
    step = act.lock(InterventionStep, step_id)
    act.about("process_instance", step.instance_id)
    act.note(intervention=step.intervention_id)
    if step.state == StepState.WAITING.value:
        step.state, step.message, step.at = StepState.FAILED.value, message[:1000], act.now


@operation("workflow.end_order")
def end_order(act: Act, *, intervention_id: UUID) -> None:
    """End an order whose instances were all taken."""
    row = act.lock(Intervention, intervention_id)
    act.about("process_intervention", row.id)
    if not waiting_steps(act.session, row.id) and row.state == InterventionState.RUNNING.value:
        row.state = InterventionState.DONE.value
