"""Migrations: a plan proposed and amended, rehearsed, run instance by instance, and undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from engine.errors import BadInput, RuleBroken, Stale
from engine.ids import new_id
from engine.operation import Act, operation
from engine.workflow.models import InstanceState, ProcessInstance
from engine.workflow.runtime import Run
from engine.workflow.store import keep_model
from engine.workflow.transition import move_instance
from engine.workflow.versions.images import hash_of, image_of
from engine.workflow.versions.models import (
    MigrationPlan,
    MigrationResult,
    MigrationRun,
    Outcome,
    RunKind,
    RunState,
)
from engine.workflow.versions.moving import CannotMigrate, Moved, go_back, move
from engine.workflow.versions.plan import propose
from engine.workflow.versions.report import Report
from engine.workflow.versions.trying import LIVE, plan_of, still, tried

CHUNK = 25
"""How many instances a job looks at."""
MIGRATE_CHUNK, GO_ON = "workflow.migrate_chunk", "workflow.go_on"
_LARGEST_REASON = 1000


@operation("workflow.propose_migration")
def propose_migration(
    act: Act,
    *,
    definition_key: str,
    source_version: int,
    target_version: int,
    source: bytes,
    target: bytes,
) -> UUID:
    """Propose a plan from the difference between two published models; its id.

    source, target: the models of the two versions. Raises RuleBroken for the same version twice.
    """
    if source_version == target_version:
        raise RuleBroken("Elija dos versiones distintas.")
    plan = propose(keep_model(act, source), keep_model(act, target))
    row = MigrationPlan(
        id=new_id(),
        definition_key=definition_key,
        source_version=source_version,
        target_version=target_version,
        source_sha256=plan.source.sha256,
        target_sha256=plan.target.sha256,
        choices=plan.to_json(),
        created_at=act.now,
        created_by=act.actor.id,
    )
    act.session.add(row)
    act.session.flush()
    act.about("migration_plan", row.id)
    act.note(definition=definition_key, source=source_version, target=target_version)
    return row.id


@operation("workflow.amend_migration")
def amend_migration(act: Act, *, plan_id: UUID, version: int, choices: Mapping[str, str]) -> None:
    """Change where the tokens of a plan go: `map:ELEMENT`, `stay` or `drop` by element.

    Raises BadInput with each field at fault, Stale when somebody else changed the plan.
    """
    row = act.lock(MigrationPlan, plan_id)
    act.about("migration_plan", row.id)
    if row.version != version:
        raise Stale("Otra persona ha cambiado el plan. Revíselo y vuelva a guardarlo.")
    row.choices = plan_of(act, row, {**row.choices, **choices}).to_json()
    row.version += 1
    act.note(choices=row.choices)


@operation("workflow.rehearse_migration")
def rehearse_migration(act: Act, *, plan_id: UUID) -> UUID:
    """Try a plan on every live instance of its version, with nothing of it staying; the run's id."""
    plan = act.lock(MigrationPlan, plan_id)
    act.about("migration_plan", plan.id)
    instances = act.session.scalars(
        select(ProcessInstance.id)
        .where(
            ProcessInstance.definition_key == plan.definition_key,
            ProcessInstance.definition_version == plan.source_version,
            ProcessInstance.model_sha256 == plan.source_sha256,
            ProcessInstance.state.in_(LIVE),
        )
        .order_by(ProcessInstance.id)
    ).all()
    return _begin(act, plan, RunKind.REHEARSAL, list(instances), plan.choices)


@operation("workflow.migrate", basis="art. 41 de la Ley 40/2015")
def migrate(act: Act, *, rehearsal_id: UUID, reason: str) -> UUID:
    """Do what a rehearsal said, instance by instance, each in a transaction of its own; the run's id.

    Raises RuleBroken when the plan changed since it was rehearsed or there is nothing to migrate.
    """
    rehearsal = act.lock(MigrationRun, rehearsal_id)
    plan = act.lock(MigrationPlan, rehearsal.plan_id)
    act.about("migration_plan", plan.id)
    act.because(_reason(reason, "Indique por qué se migran los expedientes."))
    if rehearsal.kind != RunKind.REHEARSAL.value or rehearsal.state != RunState.FINISHED.value:
        raise RuleBroken("El ensayo todavía no ha terminado.")
    if dict(rehearsal.choices) != dict(plan.choices):
        raise RuleBroken("El plan ha cambiado desde el ensayo. Vuelva a ensayarlo.")
    _no_other(act, plan)
    return _begin(
        act,
        plan,
        RunKind.RUN,
        _instances(act, rehearsal.id, Outcome.READY),
        rehearsal.choices,
        follows_id=rehearsal.id,
        reason=reason.strip(),
    )


@operation("workflow.undo_migration", basis="art. 41 de la Ley 40/2015")
def undo_migration(act: Act, *, run_id: UUID, reason: str) -> UUID:
    """Take back every instance of a run that has not moved since; the undoing's id."""
    run = act.lock(MigrationRun, run_id)
    plan = act.lock(MigrationPlan, run.plan_id)
    act.about("migration_plan", plan.id)
    act.because(_reason(reason, "Indique por qué se deshace la migración."))
    if run.kind != RunKind.RUN.value or run.state != RunState.FINISHED.value:
        raise RuleBroken("Solo se deshace una migración que ha terminado.")
    _no_other(act, plan)
    return _begin(
        act,
        plan,
        RunKind.UNDOING,
        _instances(act, run.id, Outcome.DONE),
        run.choices,
        follows_id=run.id,
        reason=reason.strip(),
    )


def _reason(text: str, message: str) -> str:
    reason = text.strip()
    if not reason:
        raise BadInput(message, (("reason", message),))
    return reason[:_LARGEST_REASON]


def _no_other(act: Act, plan: MigrationPlan) -> None:
    """One run at a time moves the instances of a plan."""
    busy = act.session.scalar(
        select(func.count()).where(
            MigrationRun.plan_id == plan.id,
            MigrationRun.kind != RunKind.REHEARSAL.value,
            MigrationRun.state == RunState.RUNNING.value,
        )
    )
    if busy:
        raise RuleBroken("Hay otra migración de este plan en marcha. Espere a que termine.")


def _instances(act: Act, run_id: UUID, outcome: Outcome) -> list[UUID]:
    return list(
        act.session.scalars(
            select(MigrationResult.instance_id)
            .where(MigrationResult.run_id == run_id, MigrationResult.outcome == outcome.value)
            .order_by(MigrationResult.instance_id)
        )
    )


def _begin(
    act: Act,
    plan: MigrationPlan,
    kind: RunKind,
    instances: list[UUID],
    choices: Mapping[str, Any],
    *,
    follows_id: UUID | None = None,
    reason: str = "",
) -> UUID:
    """Write a run with its pending instances, and ask for a job for each chunk of them."""
    if not instances and kind is not RunKind.REHEARSAL:
        raise RuleBroken("No hay ningún expediente en el que hacerlo.")
    run = MigrationRun(
        id=new_id(),
        plan_id=plan.id,
        follows_id=follows_id,
        kind=kind.value,
        choices=dict(choices),
        reason=reason,
        total=len(instances),
        created_at=act.now,
        created_by=act.actor.id,
    )
    act.session.add(run)
    act.session.flush()
    act.session.add_all(
        MigrationResult(run_id=run.id, instance_id=instance_id, chunk=place // CHUNK)
        for place, instance_id in enumerate(instances)
    )
    for chunk in range((len(instances) + CHUNK - 1) // CHUNK):
        act.defer(MIGRATE_CHUNK, run_id=run.id, chunk=chunk)
    if not instances:
        run.state, run.finished_at = RunState.FINISHED.value, act.now
    act.note(run=run.id, kind=kind.value, instances=len(instances))
    return run.id


@operation("workflow.rehearse_instances")
def rehearse_instances(act: Act, *, run_id: UUID, chunk: int) -> None:
    """Try the plan on the pending instances of a chunk; each is put back at once."""
    run = act.get(MigrationRun, run_id)
    plan = act.get(MigrationPlan, run.plan_id)
    act.about("migration_plan", plan.id)
    models = plan_of(act, plan, run.choices)
    results = act.session.scalars(_pending(run_id, chunk).with_for_update(skip_locked=True)).all()
    for result in results:
        found, seen = tried(act, models, plan, result.instance_id)
        result.seen_version, result.at = seen, act.now
        if isinstance(found, Moved):
            result.outcome = (Outcome.STAYS if found.stays else Outcome.READY).value
            _keep_report(result, found.report)
        elif isinstance(found, Report):
            result.outcome = Outcome.REFUSED.value
            _keep_report(result, found)
        else:
            result.outcome = Outcome.MOVED.value
    act.note(run=run_id, instances=len(results))


def _keep_report(result: MigrationResult, report: Report) -> None:
    result.report, result.digest = report.to_json(), report.digest


class _Differs(Exception):
    """A migration would do something else than its rehearsal."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


@operation("workflow.migrate_instance", basis="art. 41 de la Ley 40/2015")
def migrate_instance(act: Act, *, run_id: UUID, instance_id: UUID) -> bool:
    """Take one instance to the newer version, exactly as rehearsed; whether it did.

    One that changed since its rehearsal, or to which something else would happen, stays as it is.
    """
    instance = act.lock(ProcessInstance, instance_id)
    run, plan, result = _task_of(act, run_id, instance_id)
    act.about("process_instance", instance.id, instance.expediente_id)
    act.because(run.reason)
    act.note(run=run.id, plan=plan.id, source=plan.source_version, target=plan.target_version)
    if result.outcome != Outcome.PENDING.value:
        act.note(effect=False)
        return False
    rehearsed = act.session.get_one(MigrationResult, (act.entity_id, run.follows_id, instance_id))
    result.seen_version, result.at = instance.version, act.now
    same = still(instance, plan.source_version, plan.source_sha256)
    if not same or instance.version != rehearsed.seen_version:
        return _left(act, result, Outcome.MOVED)
    models = plan_of(act, plan, run.choices)
    try:
        with act.session.begin_nested():
            moved = move(act, instance, models, plan.target_version, str(run.id))
            if moved.report.digest != rehearsed.digest:
                raise _Differs(moved.report)
    except (CannotMigrate, _Differs) as error:
        _keep_report(result, error.report)
        differs = isinstance(error, _Differs)
        return _left(act, result, Outcome.DIFFERS if differs else Outcome.REFUSED)
    _keep_report(result, moved.report)
    result.image, result.left = dict(moved.before), hash_of(moved.after)
    result.outcome = Outcome.DONE.value
    act.note(digest=result.digest, terms=[item.rule for item in moved.report.terms])
    if moved.report.going_on or moved.report.waiting_start:
        act.defer(GO_ON, instance_id=instance_id)
    return True


def _left(act: Act, result: MigrationResult, outcome: Outcome) -> bool:
    result.outcome = outcome.value
    act.note(effect=False, outcome=outcome.value)
    return False


@operation("workflow.undo_instance", basis="art. 41 de la Ley 40/2015")
def undo_instance(act: Act, *, run_id: UUID, instance_id: UUID) -> bool:
    """Take one instance back to where it was before it migrated; whether it did.

    One in which anything changed since stays as it is.
    """
    instance = act.lock(ProcessInstance, instance_id)
    undoing, plan, result = _task_of(act, run_id, instance_id)
    act.about("process_instance", instance.id, instance.expediente_id)
    act.because(undoing.reason)
    act.note(run=undoing.id, plan=plan.id, source=plan.target_version, target=plan.source_version)
    if result.outcome != Outcome.PENDING.value:
        act.note(effect=False)
        return False
    done = act.session.get_one(MigrationResult, (act.entity_id, undoing.follows_id, instance_id))
    result.seen_version, result.at = instance.version, act.now
    now = image_of(act.session, act.entity_id, instance_id)
    if hash_of(now) != done.left:
        return _left(act, result, Outcome.MOVED)
    go_back(act, instance, done.image, now)
    result.outcome = Outcome.DONE.value
    act.note(digest=done.digest)
    return True


def _task_of(
    act: Act, run_id: UUID, instance_id: UUID
) -> tuple[MigrationRun, MigrationPlan, MigrationResult]:
    """A run, its plan, and what it has to do with an instance, locked."""
    result = act.session.scalars(
        select(MigrationResult)
        .where(MigrationResult.run_id == run_id, MigrationResult.instance_id == instance_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    run = act.get(MigrationRun, run_id)
    return run, act.get(MigrationPlan, run.plan_id), result


def _pending(run_id: UUID, chunk: int) -> Any:
    return (
        select(MigrationResult)
        .where(
            MigrationResult.run_id == run_id,
            MigrationResult.chunk == chunk,
            MigrationResult.outcome == Outcome.PENDING.value,
        )
        .order_by(MigrationResult.instance_id)
    )


@operation("workflow.close_migration")
def close_migration(act: Act, *, run_id: UUID) -> bool:
    """End a run when nothing of it is pending; whether it ended."""
    run = act.lock(MigrationRun, run_id)
    act.about("migration_plan", run.plan_id)
    pending = act.session.scalar(
        select(func.count()).where(
            MigrationResult.run_id == run_id,
            MigrationResult.outcome == Outcome.PENDING.value,
        )
    )
    if pending or run.state == RunState.FINISHED.value:
        act.note(effect=False)
        return False
    run.state, run.finished_at = RunState.FINISHED.value, act.now
    act.note(run=run.id, kind=run.kind)
    return True


@operation("workflow.go_on")
def go_on(act: Act, *, instance_id: UUID) -> bool:
    """Let an instance that migrated do what needs nobody; whether it went well."""
    instance = act.lock(ProcessInstance, instance_id)
    act.about("process_instance", instance.id, instance.expediente_id)
    if instance.state != InstanceState.RUNNING.value:
        act.note(effect=False)
        return False
    return move_instance(act, instance, Run.advance, {"kind": "go_on"})
