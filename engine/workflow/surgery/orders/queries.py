"""Reads of orders: what was proposed or ordered, by whom, and how it went with each instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from engine.errors import NotFound
from engine.people.models import Official
from engine.workflow.models import ProcessInstance
from engine.workflow.surgery.models import (
    Intervention,
    InterventionKind,
    InterventionState,
    InterventionStep,
    StepState,
)


@dataclass(frozen=True)
class InterventionRow:
    """What was ordered, and how far it is.

    corrected: the names of the data that it changes, without their values.
    """

    id: UUID
    kind: InterventionKind
    state: InterventionState
    element: str
    target: str
    corrected: tuple[str, ...]
    reason: str
    ordered_by: UUID
    ordered_by_name: str
    ordered_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    decision: str
    total: int
    done: int
    failed: int

    @property
    def waiting(self) -> int:
        return self.total - self.done - self.failed


@dataclass(frozen=True)
class StepRow:
    """How it went with one instance."""

    instance_id: UUID
    definition_key: str
    expediente_id: UUID | None
    state: StepState
    message: str
    at: datetime | None


def waiting_steps(session: Session, intervention_id: UUID) -> Sequence[UUID]:
    """The instances of an order that were not taken yet, in order."""
    return session.scalars(
        select(InterventionStep.id)
        .where(
            InterventionStep.intervention_id == intervention_id,
            InterventionStep.state == StepState.WAITING.value,
        )
        .order_by(InterventionStep.position)
    ).all()


def proposals(session: Session, limit: int = 100) -> tuple[InterventionRow, ...]:
    """What waits for a second person, oldest first."""
    return _rows(session, Intervention.state == InterventionState.PROPOSED.value, limit)


def recent_orders(session: Session, limit: int = 20) -> tuple[InterventionRow, ...]:
    """What was ordered last, newest first."""
    return _rows(
        session, Intervention.state != InterventionState.PROPOSED.value, limit, newest=True
    )


def orders_of(session: Session, instance_id: UUID) -> tuple[InterventionRow, ...]:
    """What was ordered on an instance, newest first."""
    mine = select(InterventionStep.intervention_id).where(
        InterventionStep.instance_id == instance_id
    )
    return _rows(session, Intervention.id.in_(mine), 100, newest=True)


def order(session: Session, intervention_id: UUID) -> InterventionRow:
    """An order; raises NotFound."""
    found = _rows(session, Intervention.id == intervention_id, 1)
    if not found:
        raise NotFound
    return found[0]


def steps(session: Session, intervention_id: UUID, limit: int = 1_000) -> tuple[StepRow, ...]:
    """How it went with each instance, what failed first."""
    rows = session.execute(
        select(InterventionStep, ProcessInstance.definition_key, ProcessInstance.expediente_id)
        .join(ProcessInstance, ProcessInstance.id == InterventionStep.instance_id)
        .where(InterventionStep.intervention_id == intervention_id)
        .order_by(InterventionStep.state != StepState.FAILED.value, InterventionStep.position)
        .limit(limit)
    )
    return tuple(
        StepRow(
            step.instance_id,
            definition_key,
            expediente_id,
            StepState(step.state),
            step.message,
            step.at,
        )
        for step, definition_key, expediente_id in rows
    )


def _rows(
    session: Session, condition: ColumnElement[bool], limit: int, *, newest: bool = False
) -> tuple[InterventionRow, ...]:
    decider = aliased(Official)
    counts = (
        select(
            InterventionStep.intervention_id.label("id"),
            func.count().label("total"),
            func.count().filter(InterventionStep.state == StepState.DONE.value).label("done"),
            func.count().filter(InterventionStep.state == StepState.FAILED.value).label("failed"),
        )
        .group_by(InterventionStep.intervention_id)
        .subquery()
    )
    at = Intervention.ordered_at
    rows = session.execute(
        select(
            Intervention,
            Official.display_name,
            decider.display_name,
            counts.c.total,
            counts.c.done,
            counts.c.failed,
        )
        .join(Official, Official.id == Intervention.ordered_by)
        .outerjoin(decider, decider.id == Intervention.decided_by)
        .join(counts, counts.c.id == Intervention.id)
        .where(condition)
        .order_by(at.desc() if newest else at, Intervention.id)
        .limit(limit)
    )
    return tuple(
        InterventionRow(
            id=row.id,
            kind=InterventionKind(row.kind),
            state=InterventionState(row.state),
            element=str(row.arguments.get("element", "")),
            target=str(row.arguments.get("target", "")),
            corrected=_names(row.arguments),
            reason=row.reason,
            ordered_by=row.ordered_by,
            ordered_by_name=ordered_by,
            ordered_at=row.ordered_at,
            decided_by_name=decided_by or "",
            decided_at=row.decided_at,
            decision=row.decision,
            total=total,
            done=done,
            failed=failed,
        )
        for row, ordered_by, decided_by, total, done, failed in rows
    )


def _names(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(each["name"]) for each in arguments.get("corrections", ()))
