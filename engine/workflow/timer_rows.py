"""The rows of an instance's timers, brought up to date with those that wait in its model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState
from sqlalchemy import select

from engine.db import driver_rows
from engine.deadlines.models import Deadline, DeadlineState
from engine.deadlines.operations import end_deadline, open_deadline
from engine.ids import new_id
from engine.operation import Act
from engine.workflow.effects import Effects
from engine.workflow.models import ProcessInstance, ProcessTimer, TimerState
from engine.workflow.state import Session, TaskRow
from engine.workflow.statements import CLOSED_TIMERS, STANDING_TIMERS
from engine.workflow.store import Writing
from engine.workflow.timers import DUE, RULE, PendingTimer, pending_timers


@dataclass(frozen=True)
class Until:
    """Until when something has to be done, and the legal term that says so; no instant while it stands
    still."""

    due_at: datetime | None = None
    term_id: UUID | None = None


class Timers:
    """The timers of a transition: those that wait, and when those that are new are due.

    One that fired and left an incident stands in the model still: it is nobody's to open again.
    apart: some are no tasks of the instance, so that its own rows tell which it has.
    """

    def __init__(
        self,
        act: Act,
        instance: ProcessInstance,
        session: Session,
        effects: Effects,
        *,
        apart: bool,
    ) -> None:
        self._act = act
        self._instance = instance
        self._session = session
        self._effects = effects
        self.pending = pending_timers(session.run.workflow)
        self._until: dict[str, Until] = {}
        self._rows = self._stored() if apart else None

    def _stored(self) -> dict[UUID, Any]:
        """The rows of the timers that wait, and of those that stand in the model, by their ids."""
        if self._effects.fresh:
            return {}
        values = {
            "entity": self._act.entity_id,
            "instance": self._instance.id,
            "tasks": [timer.task_id for timer in self.pending],
        }
        rows = driver_rows(self._act.session, STANDING_TIMERS, values)
        return {row.task_id: row for row in rows}

    def close(self) -> None:
        """Cancel the timers that wait no more, and end their terms."""
        waiting = {timer.task_id for timer in self.pending}
        closed = [each for each in self._waited() if each not in waiting]
        close(self._act, self._instance, CLOSED_TIMERS, closed, DeadlineState.MET, self._effects)

    def _waited(self) -> list[UUID]:
        """The timers that waited before the transition."""
        if self._rows is not None:
            waiting = TimerState.WAITING.value
            return [key for key, row in self._rows.items() if row.state == waiting]
        return [
            row.id
            for row in self._session.known.values()
            if row.state == TaskState.WAITING and _is_timer(row)
        ]

    def open(self, writing: Writing) -> None:
        """Write the timers that are new, or due at another instant than before."""
        writing.add(
            "new_timers",
            [self._new(timer) for timer in self.pending if not self._stands(timer)],
        )

    def _stands(self, timer: PendingTimer) -> bool:
        if self._rows is not None:
            return _is_of(self._rows.get(timer.task_id), timer)
        row = self._session.known.get(timer.task_id)
        if row is None or row.finished:
            return False
        due = None if timer.due is None else timer.due.isoformat()
        return bool(row.internal.get(DUE) == due and row.internal.get(RULE) == timer.rule)

    def _new(self, timer: PendingTimer) -> dict[str, Any]:
        due, deadline_id = timer.due, None
        if timer.rule is not None:
            self._effects.prepare()
            term = open_deadline(
                self._act,
                rule=timer.rule,
                starts_at=timer.start or self._act.now,
                expediente_id=self._instance.expediente_id,
                person_id=self._instance.person_id,
            )
            due, deadline_id = term.due_at, term.id
        self._until[timer.element] = Until(due, deadline_id)
        return {
            "id": new_id(),
            "task_id": timer.task_id,
            "element": timer.element,
            "due_at": timer.due,
            "deadline_id": deadline_id,
        }

    def until(self, element: str) -> Until:
        """When the timer that an element has now is due."""
        if element not in self._until:
            row = self._act.session.execute(
                select(
                    ProcessTimer.due_at, ProcessTimer.deadline_id, Deadline.due_at, Deadline.state
                )
                .outerjoin(Deadline, Deadline.id == ProcessTimer.deadline_id)
                .where(
                    ProcessTimer.instance_id == self._instance.id,
                    ProcessTimer.element == element,
                    ProcessTimer.state == TimerState.WAITING.value,
                )
                .limit(1)
            ).one_or_none()
            self._until[element] = Until() if row is None else _until(*row)
        return self._until[element]


def _until(
    own: datetime | None, term_id: UUID | None, due: datetime | None, state: str | None
) -> Until:
    if term_id is None:
        return Until(own)
    return Until(None if state == DeadlineState.SUSPENDED.value else due, term_id)


def _is_of(row: Any, timer: PendingTimer) -> bool:
    """Whether a stored timer is this one, as it is due now."""
    if row is None or row.state == TimerState.CANCELLED.value:
        return False
    return row.due_at == timer.due and (row.deadline_id is None) == (timer.rule is None)


def _is_timer(row: TaskRow) -> bool:
    return DUE in row.internal or RULE in row.internal


def close(
    act: Act,
    instance: ProcessInstance,
    sql: str,
    tasks: list[UUID],
    state: DeadlineState,
    effects: Effects,
) -> None:
    """Cancel what people or timers had to do in these tasks, and end the terms that it had."""
    if not tasks:
        return
    effects.prepare()
    values = {"entity": act.entity_id, "instance": instance.id, "tasks": tasks, "now": act.now}
    for row in driver_rows(act.session, sql, values):
        end_term(act, row.deadline_id, state)


def end_term(act: Act, deadline_id: UUID | None, state: DeadlineState) -> None:
    """End the term of work or of a timer, if it has one."""
    if deadline_id is not None:
        end_deadline(act, deadline_id=deadline_id, state=state)
