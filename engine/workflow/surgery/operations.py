"""Mending one instance: each act with its reason, in the record, by those who may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from engine.errors import BadInput
from engine.operation import Act, operation
from engine.workflow import operations as workflow
from engine.workflow.surgery import moves
from engine.workflow.surgery.corrections import Correction
from engine.workflow.surgery.mending import (
    checked_reason,
    hold,
    let_go,
    mend,
    open_incident,
    opened,
    record,
    repeat_incident,
)
from engine.workflow.surgery.models import InterventionKind, InterventionState
from engine.workflow.surgery.reading import known_now


@operation("workflow.correct_and_retry")
def correct_and_retry(
    act: Act, *, incident_id: UUID, corrections: Sequence[Correction], reason: str
) -> bool:
    """Do again what an incident stopped, with data corrected by a person; whether it went well.

    The event has the names of the data and a commitment to each value before and after. When it fails
    again nothing is corrected and the new incident says why.
    """
    checked_reason(act, reason)
    if not corrections:
        raise BadInput(
            "Indique qué dato corrige.", (("name-1", "Escriba el nombre y el valor del dato."),)
        )
    instance, incident = open_incident(act, incident_id)
    done = repeat_incident(act, instance, incident, corrections)
    act.note(effect=done)
    return done


@operation("workflow.move_token")
def move_token(
    act: Act,
    *,
    instance_id: UUID,
    task_ids: Sequence[UUID],
    target: str,
    reason: str,
    version: int | None = None,
) -> None:
    """Take one or several open steps of an instance to another element of the same scope.

    The work and the terms of what is left are cancelled. Raises RuleBroken when the target cannot be
    entered or a join would wait for ever, Stale when the instance moved meanwhile.
    """
    why = checked_reason(act, reason)
    instance = opened(act, instance_id, version)
    _about_move(act, instance.id, task_ids, target)
    mend(act, instance, lambda run: moves.move(run, task_ids, target), "move")
    arguments = {"tasks": [str(each) for each in task_ids], "target": target}
    _done(act, InterventionKind.MOVE, instance.id, arguments, why)


@operation("workflow.restart_from")
def restart_from(
    act: Act, *, instance_id: UUID, task_id: UUID, reason: str, version: int | None = None
) -> None:
    """Go back to a step that is over: what came after is undone, and stays in the history."""
    why = checked_reason(act, reason)
    instance = opened(act, instance_id, version)
    act.note(task=task_id)
    mend(act, instance, lambda run: moves.restart(run, task_id), "restart")
    _done(act, InterventionKind.RESTART, instance.id, {"task": str(task_id)}, why)


def _about_move(act: Act, instance_id: UUID, task_ids: Sequence[UUID], target: str) -> None:
    act.note(instance=instance_id, tasks=list(task_ids), target=target)


def _done(
    act: Act, kind: InterventionKind, instance_id: UUID, arguments: Mapping[str, Any], reason: str
) -> None:
    """Keep what was done to one instance, for its page."""
    record(act, kind, [(instance_id, None, None)], arguments, reason, InterventionState.DONE)


@operation("workflow.suspend")
def suspend(act: Act, *, instance_id: UUID, reason: str) -> None:
    """Put an instance on hold: no work is completed, no timer fires, what comes waits.

    The legal terms go on: to suspend one is another act, with its own ground in the law (art. 22 of Ley
    39/2015).
    """
    why = checked_reason(act, reason)
    instance = opened(act, instance_id)
    hold(act, instance)
    _done(act, InterventionKind.SUSPEND, instance.id, {}, why)


@operation("workflow.resume")
def resume(act: Act, *, instance_id: UUID, reason: str) -> None:
    """Let an instance go on, and give it what came while it was on hold, in order."""
    why = checked_reason(act, reason)
    instance = opened(act, instance_id, suspended=True)
    let_go(act, instance)
    _done(act, InterventionKind.RESUME, instance.id, {}, why)


@operation("workflow.stop")
def stop(act: Act, *, instance_id: UUID, reason: str, version: int | None = None) -> None:
    """Stop an instance for good by an operator's order; its expediente stays open without a process."""
    why = checked_reason(act, reason)
    instance = opened(act, instance_id, version, suspended=True)
    workflow.cancel(act.as_system(instance.definition_key), instance_id=instance.id, reason=why)
    _done(act, InterventionKind.CANCEL, instance.id, {}, why)


@operation("workflow.read_data")
def read_data(act: Act, *, instance_id: UUID) -> Mapping[str, Any]:
    """Read what an instance knows now, personal data included: who read it stays in the record."""
    data, instance = known_now(act.session, instance_id)
    act.about("process_instance", instance.id, instance.expediente_id)
    act.note(names=sorted(data))
    return data
