"""Answers that come after their term: taken until what the silence brought about is notified.

Art. 73.3 of Ley 39/2015: the term of a person's act may be over and the act still counts, if it comes
before the decision that says so is notified. Whether that was notified, the caller knows; here the
process goes back to the step that waited, as if it had been answered there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session, aliased

from engine.errors import RuleBroken
from engine.operation import Act
from engine.workflow.elements import elements_of
from engine.workflow.models import (
    InstanceState,
    ProcessInstance,
    ProcessTimer,
    TimerState,
    WorkItem,
    WorkState,
)
from engine.workflow.runtime import Run
from engine.workflow.store import definition_of
from engine.workflow.surgery.mending import mend
from engine.workflow.surgery.moves import restart
from engine.workflow.surgery.tree import element_of
from engine.workflow.work import CORRECTION

LATE = "art. 73.3 de la Ley 39/2015"


def late_corrections(session: Session, expediente_id: UUID) -> tuple[UUID, ...]:
    """What was asked of the person of an expediente and its term ended unanswered, the newest of each
    step, while its process goes on."""
    newer = aliased(WorkItem)
    asked_again = exists(
        select(newer.id).where(
            newer.instance_id == WorkItem.instance_id,
            newer.element == WorkItem.element,
            newer.created_at > WorkItem.created_at,
        )
    )
    rows = session.execute(
        select(WorkItem, ProcessInstance)
        .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        .where(
            WorkItem.expediente_id == expediente_id,
            WorkItem.kind == CORRECTION,
            WorkItem.state == WorkState.CANCELLED.value,
            ProcessInstance.state == InstanceState.RUNNING.value,
            ~asked_again,
        )
        .order_by(WorkItem.created_at, WorkItem.id)
    )
    return tuple(item.id for item, instance in rows if _ran_out(session, instance, item))


def _ran_out(session: Session, instance: ProcessInstance, item: WorkItem) -> bool:
    """Whether it was a timer on its border that ended it, and not a person or another event."""
    nodes = elements_of(definition_of(session, instance)).nodes
    borders = [node.id for node in nodes.values() if node.attached_to == item.element]
    fired = select(ProcessTimer.id).where(
        and_(
            ProcessTimer.instance_id == item.instance_id,
            ProcessTimer.element.in_(borders),
            ProcessTimer.state == TimerState.FIRED.value,
        )
    )
    return bool(session.scalar(select(fired.exists())))


def answer_late(act: Act, item: WorkItem, answer: Mapping[str, Any], by: UUID | None) -> set[str]:
    """Go back to an unanswered step, answer it and go on: what its silence brought about is undone.

    act: of the system, with the instance and the item locked. Returns the references of the answers
    that its process still waits for, so that what was asked of others in vain can be taken back.
    Raises RuleBroken when the process cannot go back, and then nothing changed.
    """
    instance = act.lock(ProcessInstance, item.instance_id)
    answers = {item.element: {**answer, "by": str(by), "at": act.now}}
    waiting: set[str] = set()

    def move(run: Run) -> None:
        before = {task.id for task in run.open_tasks()}
        restart(run, item.task_id)
        again = [
            task
            for task in run.open_tasks()
            if task.id not in before and element_of(task) == item.element
        ]
        if len(again) != 1:
            raise RuleBroken(f"No se puede volver a «{item.title}».")
        run.complete(again[0].id, answers)
        waiting.update(run.waiting_services())

    mend(act, instance, move, "late_answer")
    item.state, item.completed_at, item.completed_by = WorkState.DONE.value, act.now, by
    item.version += 1
    return waiting
