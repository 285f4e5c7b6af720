"""Reads of migrations: plans, their runs with how far they got, and what became of each instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from SpiffWorkflow.util.task import TaskState
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.people.models import Official
from engine.workflow.models import ProcessInstance, ProcessTask
from engine.workflow.store import definition_by_hash
from engine.workflow.versions.models import (
    MigrationPlan,
    MigrationResult,
    MigrationRun,
    Outcome,
    RunKind,
    RunState,
)
from engine.workflow.versions.plan import Plan, from_texts
from engine.workflow.versions.report import Report
from engine.workflow.versions.trying import LIVE

_OPEN = int(TaskState.READY | TaskState.WAITING | TaskState.STARTED)
PROBLEMS = (Outcome.REFUSED, Outcome.MOVED, Outcome.DIFFERS)


@dataclass(frozen=True)
class PlanRow:
    """A plan, its models and who made it."""

    id: UUID
    definition_key: str
    source_version: int
    target_version: int
    version: int
    created_at: datetime
    author: str
    plan: Plan


@dataclass(frozen=True)
class RunRow:
    """A run and how many of its instances came to each outcome.

    reason: what the person who ordered it gave; current: its plan has not changed since.
    """

    id: UUID
    plan_id: UUID
    follows_id: UUID | None
    kind: RunKind
    state: RunState
    reason: str
    total: int
    created_at: datetime
    finished_at: datetime | None
    author: str
    current: bool
    counts: Mapping[Outcome, int]

    @property
    def looked_at(self) -> int:
        return self.total - self.counts.get(Outcome.PENDING, 0)

    @property
    def running(self) -> bool:
        return self.state is RunState.RUNNING


@dataclass(frozen=True)
class ResultRow:
    """What a run found or did in an instance."""

    instance_id: UUID
    expediente_id: UUID | None
    outcome: Outcome
    digest: str
    report: Report
    at: datetime | None


def plan(session: Session, plan_id: UUID) -> PlanRow:
    """A plan; raises NotFound."""
    found = session.execute(
        select(MigrationPlan, Official.display_name)
        .outerjoin(Official, Official.id == MigrationPlan.created_by)
        .where(MigrationPlan.id == plan_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    row, author = found
    models = [definition_by_hash(session, key) for key in (row.source_sha256, row.target_sha256)]
    return PlanRow(
        row.id,
        row.definition_key,
        row.source_version,
        row.target_version,
        row.version,
        row.created_at,
        author or "",
        from_texts(models[0], models[1], row.choices),
    )


def plans(session: Session, definition_key: str, limit: int = 50) -> tuple[MigrationPlan, ...]:
    """The plans of a procedure, newest first."""
    return tuple(
        session.scalars(
            select(MigrationPlan)
            .where(MigrationPlan.definition_key == definition_key)
            .order_by(MigrationPlan.created_at.desc(), MigrationPlan.id.desc())
            .limit(limit)
        )
    )


def open_steps(session: Session, row: PlanRow) -> dict[str, int]:
    """How many tokens stand at each element of a plan's older version now."""
    rows = session.execute(
        select(ProcessTask.element, func.count())
        .join(ProcessInstance, ProcessInstance.id == ProcessTask.instance_id)
        .where(
            ProcessInstance.definition_key == row.definition_key,
            ProcessInstance.model_sha256 == row.plan.source.sha256,
            ProcessInstance.state.in_(LIVE),
            ProcessTask.element.is_not(None),
            ProcessTask.state.op("&")(_OPEN) > 0,
        )
        .group_by(ProcessTask.element)
    )
    return {str(element): count for element, count in rows}


def runs(session: Session, plan_id: UUID) -> tuple[RunRow, ...]:
    """The runs of a plan, newest first."""
    return _runs(session, MigrationRun.plan_id == plan_id)


def run(session: Session, run_id: UUID) -> RunRow:
    """A run; raises NotFound."""
    found = _runs(session, MigrationRun.id == run_id)
    if not found:
        raise NotFound
    return found[0]


def _runs(session: Session, condition: object) -> tuple[RunRow, ...]:
    rows = session.execute(
        select(MigrationRun, MigrationPlan.choices, Official.display_name)
        .join(MigrationPlan, MigrationPlan.id == MigrationRun.plan_id)
        .outerjoin(Official, Official.id == MigrationRun.created_by)
        .where(condition)  # type: ignore[arg-type]
        .order_by(MigrationRun.created_at.desc(), MigrationRun.id.desc())
        .limit(100)
    ).all()
    counts: dict[UUID, dict[Outcome, int]] = {}
    for run_id, outcome, count in session.execute(
        select(MigrationResult.run_id, MigrationResult.outcome, func.count())
        .where(MigrationResult.run_id.in_([row.id for row, _, _ in rows]))
        .group_by(MigrationResult.run_id, MigrationResult.outcome)
    ):
        counts.setdefault(run_id, {})[Outcome(outcome)] = count
    return tuple(
        RunRow(
            row.id,
            row.plan_id,
            row.follows_id,
            RunKind(row.kind),
            RunState(row.state),
            row.reason,
            row.total,
            row.created_at,
            row.finished_at,
            author or "",
            dict(choices) == dict(row.choices),
            counts.get(row.id, {}),
        )
        for row, choices, author in rows
    )


def results(
    session: Session, run_id: UUID, *, only_problems: bool = False, limit: int = 50, offset: int = 0
) -> tuple[ResultRow, ...]:
    """The instances of a run, in order; only those that something keeps from migrating."""
    statement = (
        select(MigrationResult, ProcessInstance.expediente_id)
        .join(ProcessInstance, ProcessInstance.id == MigrationResult.instance_id)
        .where(MigrationResult.run_id == run_id)
        .order_by(MigrationResult.instance_id)
        .limit(limit)
        .offset(offset)
    )
    if only_problems:
        statement = statement.where(MigrationResult.outcome.in_([item.value for item in PROBLEMS]))
    return tuple(
        ResultRow(
            row.instance_id,
            expediente_id,
            Outcome(row.outcome),
            row.digest,
            Report.from_json(row.report),
            row.at,
        )
        for row, expediente_id in session.execute(statement)
    )


def kind_of(session: Session, run_id: UUID) -> RunKind:
    """The kind of a run; raises NotFound."""
    found = session.scalar(select(MigrationRun.kind).where(MigrationRun.id == run_id))
    if found is None:
        raise NotFound
    return RunKind(found)


def pending_instances(session: Session, run_id: UUID, chunk: int) -> tuple[UUID, ...]:
    """The instances of a chunk that a run has not looked at."""
    return tuple(
        session.scalars(
            select(MigrationResult.instance_id)
            .where(
                MigrationResult.run_id == run_id,
                MigrationResult.chunk == chunk,
                MigrationResult.outcome == Outcome.PENDING.value,
            )
            .order_by(MigrationResult.instance_id)
        )
    )
