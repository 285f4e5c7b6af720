"""What a move would end, before it is done: work, timers, answers, legal terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.deadlines.models import RUNNING, Deadline
from engine.workflow.models import (
    ProcessInstance,
    ProcessTimer,
    TimerState,
    WorkItem,
    WorkState,
)
from engine.workflow.surgery.moves import Plan
from engine.workflow.surgery.page import (
    TermRow,
    TimerRow,
    WorkRow,
    names_of,
    open_work,
    terms_of,
    timers_of,
)
from engine.workflow.surgery.reading import instance_row, run_of
from engine.workflow.surgery.tree import tokens

_ACTIVE = (WorkState.OPEN.value, WorkState.CLAIMED.value)


@dataclass(frozen=True)
class Consequences:
    """What a move ends, before it is done: the work, the timers, the answers that will find nobody.

    ended: legal terms that end with them; kept: the ones of the expediente that go on.
    """

    work: tuple[WorkRow, ...]
    timers: tuple[TimerRow, ...]
    answers: tuple[str, ...]
    ended: tuple[TermRow, ...]
    kept: tuple[TermRow, ...]
    remaining: tuple[str, ...]


def consequences(session: Session, instance_id: UUID, plan: Plan | None = None) -> Consequences:
    """What a move would end in an instance; without a plan, what stopping it for good would."""
    instance = instance_row(session, instance_id)
    names, work = names_of(session, instance), open_work(session, instance.id)
    timers = timers_of(session, instance, names)
    run = run_of(session, instance)
    waiting = () if run is None else tokens(run)
    ends = None if plan is None else set(plan.ends)

    def ending(task_id: UUID) -> bool:
        return ends is None or task_id in ends

    lost_work = tuple(row for row in work if ending(row.task_id))
    lost_timers = tuple(row for row in timers if ending(row.task_id))
    with_timers = session.scalars(
        select(ProcessTimer.deadline_id).where(
            ProcessTimer.instance_id == instance.id,
            ProcessTimer.state == TimerState.WAITING.value,
            ProcessTimer.task_id.in_([row.task_id for row in lost_timers]),
        )
    )
    closed = {row.deadline_id for row in lost_work} | set(with_timers)
    terms = terms_of(session, instance.expediente_id)
    answers = set() if run is None else {task.id for task in run.waiting_services().values()}
    return Consequences(
        work=lost_work,
        timers=lost_timers,
        answers=tuple(
            names.get(each.element, each.element)
            for each in waiting
            if each.task_id in answers and ending(each.task_id)
        ),
        ended=tuple(row for row in terms if row.id in closed),
        kept=tuple(row for row in terms if row.id not in closed),
        remaining=tuple(
            names.get(each.element, each.element)
            for each in waiting
            if not ending(each.task_id) and not each.fixed
        ),
    )


@dataclass(frozen=True)
class Totals:
    """What many instances have open: work of people, timers, legal terms of their expedientes."""

    work: int
    timers: int
    terms: int


def totals(session: Session, instance_ids: Sequence[UUID]) -> Totals:
    """What these instances have open, together."""
    wanted = list(instance_ids)
    expedientes = select(ProcessInstance.expediente_id).where(
        ProcessInstance.id.in_(wanted), ProcessInstance.expediente_id.is_not(None)
    )
    counts = session.execute(
        select(
            select(func.count())
            .where(WorkItem.instance_id.in_(wanted), WorkItem.state.in_(_ACTIVE))
            .scalar_subquery(),
            select(func.count())
            .where(
                ProcessTimer.instance_id.in_(wanted),
                ProcessTimer.state == TimerState.WAITING.value,
            )
            .scalar_subquery(),
            select(func.count())
            .where(
                Deadline.expediente_id.in_(expedientes),
                Deadline.state.in_(RUNNING),
            )
            .scalar_subquery(),
        )
    ).one()
    return Totals(*counts)
