"""Bring the people's work and the timers of an instance up to date with what is open in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from engine.deadlines.models import Deadline, DeadlineState
from engine.deadlines.operations import end_deadline, open_deadline
from engine.operation import Act
from engine.people.models import Unit
from engine.services import SERVICES, InstanceView
from engine.workflow.definitions import Definition
from engine.workflow.elements import Element, Elements, elements_of
from engine.workflow.models import (
    ProcessInstance,
    ProcessTimer,
    TimerState,
    WorkItem,
    WorkState,
)
from engine.workflow.runtime import Run
from engine.workflow.scripting import ModelError
from engine.workflow.timers import PendingTimer, pending_timers

FORM, CORRECTION = "form", "correction"
_ACTIVE = (WorkState.OPEN.value, WorkState.CLAIMED.value)
_ANNOUNCE = "expedientes/phase"


def synchronize(act: Act, instance: ProcessInstance, definition: Definition, run: Run) -> None:
    """Create and cancel work items and timers; tell the expediente in which phase it stands.

    act: of the system, since terms are opened and ended by the model.
    """
    known = elements_of(definition)
    timers = _synchronize_timers(act, instance, known, run)
    _synchronize_work(act, instance, known, run, timers)
    _announce(act, instance, known, run)


def _synchronize_timers(
    act: Act, instance: ProcessInstance, known: Elements, run: Run
) -> Mapping[str, ProcessTimer]:
    """The waiting timers by element, with the terms of the new ones opened.

    One that fired and left an incident stands in the model still: it is nobody's to open again.
    """
    pending = {timer.task_id: timer for timer in pending_timers(run.workflow)}
    rows = {
        row.task_id: row
        for row in act.session.scalars(
            select(ProcessTimer).where(
                ProcessTimer.instance_id == instance.id,
                or_(
                    ProcessTimer.state == TimerState.WAITING.value,
                    ProcessTimer.task_id.in_(list(pending)),
                ),
            )
        )
    }
    for task_id, row in list(rows.items()):
        if task_id not in pending:
            row.state = TimerState.CANCELLED.value
            _end_term(act, row.deadline_id, DeadlineState.MET)
            del rows[task_id]
    for task_id, timer in pending.items():
        if task_id not in rows:
            rows[task_id] = _new_timer(act, instance, timer)
    return {
        known.nodes[row.element].attached_to or row.element: row
        for row in rows.values()
        if row.element in known.nodes
    }


def _new_timer(act: Act, instance: ProcessInstance, timer: PendingTimer) -> ProcessTimer:
    row = ProcessTimer(
        instance_id=instance.id, task_id=timer.task_id, element=timer.element, due_at=timer.due
    )
    if timer.rule is not None:
        term = open_deadline(
            act,
            rule=timer.rule,
            starts_at=timer.start or act.now,
            expediente_id=instance.expediente_id,
            person_id=instance.person_id,
        )
        row.deadline_id = term.id
    act.session.add(row)
    return row


def _end_term(act: Act, deadline_id: UUID | None, state: DeadlineState) -> None:
    if deadline_id is not None:
        end_deadline(act, deadline_id=deadline_id, state=state)


def _synchronize_work(
    act: Act,
    instance: ProcessInstance,
    known: Elements,
    run: Run,
    timers: Mapping[str, ProcessTimer],
) -> None:
    opened = {task.id: task for task in run.open_tasks()}
    rows = {
        row.task_id: row
        for row in act.session.scalars(
            select(WorkItem).where(
                WorkItem.instance_id == instance.id,
                # One that was done and left an incident stands in the model still.
                or_(WorkItem.state.in_(_ACTIVE), WorkItem.task_id.in_(list(opened))),
            )
        )
    }
    for task_id, row in rows.items():
        if task_id not in opened:
            row.state, row.completed_at = WorkState.CANCELLED.value, act.now
            row.version += 1
            _end_term(act, row.deadline_id, DeadlineState.CANCELLED)
    for task_id, task in opened.items():
        if task_id not in rows:
            element = known.nodes[str(task.task_spec.bpmn_id)]
            act.session.add(_new_item(act, instance, element, task, timers.get(element.id)))


def _new_item(
    act: Act,
    instance: ProcessInstance,
    element: Element,
    task: Any,
    timer: ProcessTimer | None,
) -> WorkItem:
    said = _Said(act, element, task)
    kind = element.properties.get("kind", FORM)
    official = said.value("official")
    item = WorkItem(
        instance_id=instance.id,
        task_id=task.id,
        element=element.id,
        title=element.name or element.id,
        kind=kind,
        form=element.properties.get("form", element.id),
        phase=element.properties.get("phase", ""),
        expediente_id=instance.expediente_id,
        person_id=instance.person_id if kind == CORRECTION else None,
        unit_id=None if kind == CORRECTION else said.unit(),
        role=said.text("role"),
        excluded=[str(item) for item in said.value("excluded") or ()],
        assignee_id=UUID(str(official)) if official else None,
        fixed=bool(official),
        state=(WorkState.CLAIMED if official else WorkState.OPEN).value,
        created_at=act.now,
    )
    _give_term(act, instance, element, item, timer)
    return item


def _give_term(
    act: Act,
    instance: ProcessInstance,
    element: Element,
    item: WorkItem,
    timer: ProcessTimer | None,
) -> None:
    """Until when: the term of the timer on the task's border, else the one that the task names."""
    if timer is not None:
        item.due_at = _due_of(act, timer)
        return
    rule = element.properties.get("due")
    if rule:
        term = open_deadline(
            act,
            rule=rule,
            starts_at=act.now,
            expediente_id=instance.expediente_id,
        )
        item.deadline_id, item.due_at = term.id, term.due_at


def _due_of(act: Act, timer: ProcessTimer) -> datetime | None:
    if timer.deadline_id is None:
        return timer.due_at
    return act.session.scalar(select(Deadline.due_at).where(Deadline.id == timer.deadline_id))


class _Said:
    """The properties of a task: plain text, or FEEL over the instance's data after an equals sign."""

    def __init__(self, act: Act, element: Element, task: Any) -> None:
        self._act = act
        self._element = element
        self._task = task

    def value(self, name: str) -> Any:
        text = self._element.properties.get(name, "").strip()
        if text.startswith("="):
            return self._task.workflow.script_engine.evaluate(self._task, text[1:])
        return text or None

    def text(self, name: str) -> str:
        return str(self.value(name) or "")

    def unit(self) -> UUID | None:
        code = self.text("unit")
        if not code:
            return None
        found = self._act.session.scalar(select(Unit.id).where(Unit.code == code))
        if found is None:
            raise ModelError(f"{self._element.id}: no existe la unidad «{code}»", task=self._task)
        return found


def _announce(act: Act, instance: ProcessInstance, known: Elements, run: Run) -> None:
    """Tell the expediente, if somebody keeps one, the phase of what is open."""
    announce = SERVICES.get(_ANNOUNCE)
    if announce is None or instance.expediente_id is None:
        return
    waiting = [*run.open_tasks(), *run.waiting_services().values()]
    elements = [known.nodes[str(task.task_spec.bpmn_id)] for task in waiting]
    elements += [
        known.nodes[timer.element]
        for timer in pending_timers(run.workflow)
        if timer.element in known.nodes
    ]
    phases = [item.properties["phase"] for item in elements if item.properties.get("phase")]
    if not phases:
        return
    view = InstanceView(
        instance.id, instance.expediente_id, instance.definition_key, elements[0].id, "", {}
    )
    announce(act, view, phase=phases[0])


def cancel_work(act: Act, instance: ProcessInstance) -> None:
    """Cancel what is open in an instance that is stopped."""
    for item in act.session.scalars(
        select(WorkItem).where(WorkItem.instance_id == instance.id, WorkItem.state.in_(_ACTIVE))
    ):
        item.state, item.completed_at = WorkState.CANCELLED.value, act.now
        item.version += 1
        _end_term(act, item.deadline_id, DeadlineState.CANCELLED)
    for timer in act.session.scalars(
        select(ProcessTimer).where(
            ProcessTimer.instance_id == instance.id,
            ProcessTimer.state == TimerState.WAITING.value,
        )
    ):
        timer.state = TimerState.CANCELLED.value
        _end_term(act, timer.deadline_id, DeadlineState.CANCELLED)
