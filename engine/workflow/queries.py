"""Reads of processes: their data and state, what is due, incidents; the work of people from work_items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.deadlines.models import Deadline, DeadlineState
from engine.errors import NotFound
from engine.workflow.codec import from_json, unpacked
from engine.workflow.diagram import CURRENT, DONE
from engine.workflow.effects import STARTING
from engine.workflow.elements import elements_of
from engine.workflow.models import (
    Incident,
    ProcessHistory,
    ProcessInstance,
    ProcessTask,
    ProcessTimer,
)
from engine.workflow.state import GONE, TaskRow
from engine.workflow.store import definition_of, stored
from engine.workflow.work_items.queries import (
    Inbox,
    WorkItemRow,
    corrections_of,
    inbox,
    inbox_counts,
    inbox_definitions,
    items_of,
    open_items,
    open_to,
    work_item,
)

__all__ = [
    "Inbox",
    "IncidentRow",
    "WorkItemRow",
    "corrections_of",
    "data_of",
    "due_of",
    "element_states",
    "inbox",
    "inbox_counts",
    "inbox_definitions",
    "incidents",
    "instance_of",
    "items_of",
    "open_items",
    "open_to",
    "work_item",
]

_STANDING = TaskState.READY | TaskState.WAITING | TaskState.STARTED


@dataclass(frozen=True)
class IncidentRow:
    """What stopped an instance."""

    id: UUID
    instance_id: UUID
    definition_key: str
    expediente_id: UUID | None
    element: str
    kind: str
    message: str
    at: datetime


def instance_of(session: Session, expediente_id: UUID) -> ProcessInstance:
    """The root instance of an expediente; raises NotFound."""
    found = session.scalar(
        select(ProcessInstance).where(ProcessInstance.expediente_id == expediente_id)
    )
    if found is None:
        raise NotFound
    return found


def data_of(session: Session, instance: ProcessInstance) -> dict[str, Any]:
    """What an instance knows now: where its open tasks part, and what each branch added since."""
    if STARTING in instance.header:
        return dict(from_json(instance.header[STARTING]))
    found = stored(session, instance)
    data: dict[str, Any] = {}
    for (_, key), value in sorted(found.data.items(), key=lambda item: item[0][0]):
        if value != GONE:
            data[key] = unpacked(value, found.payloads)
    rows = {row.id: row for row in found.tasks}
    for row in sorted(rows.values(), key=lambda each: _depth(rows, each)):
        if row.parent in rows:
            data.update(from_json(row.added, found.payloads))
    return data


def _depth(rows: dict[UUID, TaskRow], row: TaskRow) -> int:
    """How many tasks are above one, those that hold its subprocess included."""
    count, above = 0, row.parent if row.parent in rows else row.inside
    while above in rows:
        count += 1
        upper = rows[above]
        above = upper.parent if upper.parent in rows else upper.inside
    return count


def element_states(session: Session, instance: ProcessInstance) -> dict[str, str]:
    """How each element that an instance reached stands: `done` or `current`.

    One that is open again after it was done is current. A timer on the border of an open task is
    not a step: it appears once it fired.
    """
    nodes = elements_of(definition_of(session, instance)).nodes
    done = session.scalars(
        select(ProcessHistory.element)
        .where(
            ProcessHistory.instance_id == instance.id,
            ProcessHistory.element.is_not(None),
            ProcessHistory.state == TaskState.COMPLETED,
        )
        .group_by(ProcessHistory.element)
        .order_by(func.min(ProcessHistory.version), func.min(ProcessHistory.sequence))
    )
    found = {element: DONE for element in done if element is not None and element in nodes}
    standing = session.execute(
        select(ProcessTask.element, ProcessTask.state).where(
            ProcessTask.instance_id == instance.id, ProcessTask.element.is_not(None)
        )
    )
    for element, state in standing:
        if element is None or element not in nodes:
            continue
        if state & _STANDING and nodes[element].attached_to is None:
            found[element] = CURRENT
    return found


def due_of(session: Session, timer: ProcessTimer) -> datetime | None:
    """When a timer is due: its own instant, or the end of its legal term; none while that stands still."""
    if timer.deadline_id is None:
        return timer.due_at
    return session.scalar(
        select(Deadline.due_at).where(
            Deadline.id == timer.deadline_id, Deadline.state != DeadlineState.SUSPENDED.value
        )
    )


def incidents(session: Session, limit: int = 200) -> tuple[IncidentRow, ...]:
    """What waits for somebody to mend it, oldest first."""
    rows = session.execute(
        select(Incident, ProcessInstance)
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(Incident.resolved_at.is_(None))
        .order_by(Incident.at, Incident.id)
        .limit(limit)
    )
    return tuple(
        IncidentRow(
            id=incident.id,
            instance_id=instance.id,
            definition_key=instance.definition_key,
            expediente_id=instance.expediente_id,
            element=incident.element,
            kind=incident.kind,
            message=incident.message,
            at=incident.at,
        )
        for incident, instance in rows
    )
