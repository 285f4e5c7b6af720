"""Reads of processes: inboxes, the work of an expediente, what is due, incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from engine.deadlines.models import Deadline
from engine.errors import NotFound
from engine.people.models import Official, Person, Unit
from engine.permissions import Actor
from engine.workflow.access import candidates, may_see
from engine.workflow.codec import from_json
from engine.workflow.diagram import CURRENT, DONE
from engine.workflow.elements import elements_of
from engine.workflow.models import (
    Incident,
    InstanceState,
    ProcessInstance,
    ProcessTask,
    ProcessTimer,
    TimerState,
    WorkItem,
    WorkState,
)
from engine.workflow.store import definition_of
from engine.workflow.work import CORRECTION

_STANDING = TaskState.READY | TaskState.WAITING | TaskState.STARTED


class Inbox(StrEnum):
    """The lists of an inbox."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    ALL = "all"


@dataclass(frozen=True)
class WorkItemRow:
    """A work item as lists and pages show it."""

    id: UUID
    instance_id: UUID
    element: str
    title: str
    kind: str
    form: str
    phase: str
    expediente_id: UUID | None
    person_id: UUID | None
    unit_id: UUID | None
    unit_name: str
    role: str
    assignee_id: UUID | None
    assignee_name: str
    fixed: bool
    state: WorkState
    created_at: datetime
    completed_at: datetime | None
    completed_by_name: str
    due_at: datetime | None
    version: int
    excluded: frozenset[str] = frozenset()

    @property
    def open(self) -> bool:
        return self.state in (WorkState.OPEN, WorkState.CLAIMED)


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


def inbox(
    session: Session,
    actor: Actor,
    which: Inbox,
    limit: int = 200,
    *,
    offset: int = 0,
    definition: str | None = None,
) -> tuple[WorkItemRow, ...]:
    """The open work of an official: what is due first comes first, then what is oldest.

    definition: only the work of this procedure.
    """
    condition = _of_inbox(actor)[which]
    if definition is not None:
        condition = and_(condition, _of_definition(definition))
    return _rows(session, condition, limit, WorkItem.due_at.asc().nulls_last(), offset=offset)


def _of_inbox(actor: Actor) -> dict[Inbox, ColumnElement[bool]]:
    """What each list of an official's inbox holds."""
    mine = and_(WorkItem.assignee_id == actor.id, WorkItem.state == WorkState.CLAIMED.value)
    everything = and_(
        or_(candidates(actor), WorkItem.assignee_id == actor.id),
        WorkItem.state.in_([WorkState.OPEN.value, WorkState.CLAIMED.value]),
    )
    return {
        Inbox.MINE: mine,
        Inbox.UNASSIGNED: and_(candidates(actor), WorkItem.state == WorkState.OPEN.value),
        Inbox.ALL: everything,
    }


def _of_definition(definition: str) -> ColumnElement[bool]:
    return WorkItem.instance_id.in_(
        select(ProcessInstance.id).where(ProcessInstance.definition_key == definition)
    )


def inbox_definitions(session: Session, actor: Actor) -> dict[str, int]:
    """The procedures of an official's open work, with how many items each has."""
    rows = session.execute(
        select(ProcessInstance.definition_key, func.count())
        .join(WorkItem, WorkItem.instance_id == ProcessInstance.id)
        .where(_of_inbox(actor)[Inbox.ALL])
        .group_by(ProcessInstance.definition_key)
    )
    return {key: count for key, count in rows}  # noqa: C416 - a Row is not a pair for the types


def inbox_counts(
    session: Session, actor: Actor, *, definition: str | None = None
) -> dict[Inbox, int]:
    """How many items each list of the inbox has."""
    lists = _of_inbox(actor)
    statement = select(*(func.count().filter(lists[which]) for which in Inbox)).where(
        WorkItem.state.in_([WorkState.OPEN.value, WorkState.CLAIMED.value])
    )
    if definition is not None:
        statement = statement.where(_of_definition(definition))
    return dict(zip(Inbox, session.execute(statement).one(), strict=True))


def work_item(session: Session, work_item_id: UUID, actor: Actor) -> WorkItemRow:
    """A work item that the actor holds or may take; raises NotFound for any other."""
    found = session.scalar(select(WorkItem).where(WorkItem.id == work_item_id))
    if found is None or not may_see(found, actor):
        raise NotFound
    return _rows(session, WorkItem.id == work_item_id, 1)[0]


def items_of(session: Session, expediente_id: UUID) -> tuple[WorkItemRow, ...]:
    """Every work item of an expediente, oldest first."""
    return _rows(session, WorkItem.expediente_id == expediente_id, 1000)


def open_to(session: Session, expediente_id: UUID, actor: Actor) -> frozenset[UUID]:
    """The open work of an expediente that an official holds or may take."""
    return frozenset(
        session.scalars(
            select(WorkItem.id).where(
                WorkItem.expediente_id == expediente_id, _of_inbox(actor)[Inbox.ALL]
            )
        )
    )


def open_items(
    session: Session, expediente_ids: Sequence[UUID]
) -> dict[UUID, tuple[WorkItemRow, ...]]:
    """The open work of several expedientes at once."""
    found: dict[UUID, list[WorkItemRow]] = {}
    condition = and_(
        WorkItem.expediente_id.in_(expediente_ids),
        WorkItem.state.in_([WorkState.OPEN.value, WorkState.CLAIMED.value]),
    )
    for row in _rows(session, condition, 10_000):
        if row.expediente_id is not None:
            found.setdefault(row.expediente_id, []).append(row)
    return {key: tuple(rows) for key, rows in found.items()}


def corrections_of(session: Session, person_id: UUID) -> tuple[WorkItemRow, ...]:
    """What the town hall asks of a person now."""
    condition = and_(
        WorkItem.kind == CORRECTION,
        WorkItem.person_id == person_id,
        WorkItem.state == WorkState.OPEN.value,
    )
    return _rows(session, condition, 100)


def instance_of(session: Session, expediente_id: UUID) -> ProcessInstance:
    """The root instance of an expediente; raises NotFound."""
    found = session.scalar(
        select(ProcessInstance).where(ProcessInstance.expediente_id == expediente_id)
    )
    if found is None:
        raise NotFound
    return found


def data_of(session: Session, instance: ProcessInstance) -> dict[str, Any]:
    """What an instance knows now: the data of its newest tasks over those above them."""
    rows = {
        row.id: row
        for row in session.execute(
            select(
                ProcessTask.id,
                func.coalesce(ProcessTask.parent, ProcessTask.inside).label("above"),
                ProcessTask.added,
                ProcessTask.changed_at,
            ).where(ProcessTask.instance_id == instance.id)
        )
    }
    depths: dict[UUID, int] = {}
    for identifier in rows:
        path = []
        current: UUID | None = identifier
        while current is not None and current in rows and current not in depths:
            path.append(current)
            current = rows[current].above
        for step in reversed(path):
            depths[step] = depths.get(rows[step].above, -1) + 1
    data: dict[str, Any] = {}
    # The steps of one transition have the same instant: then what lies below is newer.
    for row in sorted(rows.values(), key=lambda each: (each.changed_at, depths[each.id])):
        data.update(from_json(row.added))
    return data


def element_states(session: Session, instance: ProcessInstance) -> dict[str, str]:
    """How each element that an instance reached stands: `done` or `current`.

    One that is open again after it was done is current. A timer on the border of an open task is
    not a step: it appears once it fired.
    """
    nodes = elements_of(definition_of(session, instance)).nodes
    rows = session.execute(
        select(ProcessTask.element, ProcessTask.state).where(
            ProcessTask.instance_id == instance.id, ProcessTask.element.is_not(None)
        )
    )
    found: dict[str, str] = {}
    for element, state in rows:
        if element is None or element not in nodes:
            continue
        if state == TaskState.COMPLETED:
            found.setdefault(element, DONE)
        elif state & _STANDING and nodes[element].attached_to is None:
            found[element] = CURRENT
    return found


def due_of(session: Session, timer: ProcessTimer) -> datetime | None:
    """When a timer is due: its own instant, or the end of its legal term."""
    if timer.deadline_id is None:
        return timer.due_at
    return session.scalar(select(Deadline.due_at).where(Deadline.id == timer.deadline_id))


def due_timers(session: Session, now: datetime, limit: int = 100) -> tuple[UUID, ...]:
    """The timers to fire, those due first before; none of an instance that an incident stopped."""
    due = func.coalesce(Deadline.due_at, ProcessTimer.due_at)
    rows = session.scalars(
        select(ProcessTimer.id)
        .join(ProcessInstance, ProcessInstance.id == ProcessTimer.instance_id)
        .outerjoin(Deadline, Deadline.id == ProcessTimer.deadline_id)
        .where(
            ProcessTimer.state == TimerState.WAITING.value,
            ProcessInstance.state != InstanceState.INCIDENT.value,
            due <= now,
        )
        .order_by(due, ProcessTimer.id)
        .limit(limit)
    )
    return tuple(rows)


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


def _rows(
    session: Session, condition: ColumnElement[bool], limit: int, *order: Any, offset: int = 0
) -> tuple[WorkItemRow, ...]:
    assignee, completer = aliased(Official), aliased(Official)
    rows = session.execute(
        select(
            WorkItem,
            Unit.name,
            assignee.display_name,
            completer.display_name,
            Person.display_name,
        )
        .outerjoin(Unit, Unit.id == WorkItem.unit_id)
        .outerjoin(assignee, assignee.id == WorkItem.assignee_id)
        .outerjoin(completer, completer.id == WorkItem.completed_by)
        .outerjoin(Person, Person.id == WorkItem.person_id)
        .where(condition)
        .order_by(*order, WorkItem.created_at, WorkItem.id)
        .limit(limit)
        .offset(offset)
    )
    return tuple(
        WorkItemRow(
            id=item.id,
            instance_id=item.instance_id,
            element=item.element,
            title=item.title,
            kind=item.kind,
            form=item.form,
            phase=item.phase,
            expediente_id=item.expediente_id,
            person_id=item.person_id,
            unit_id=item.unit_id,
            unit_name=unit or "",
            role=item.role,
            assignee_id=item.assignee_id,
            assignee_name=assigned or person or "",
            fixed=item.fixed,
            state=WorkState(item.state),
            created_at=item.created_at,
            completed_at=item.completed_at,
            completed_by_name=completed or "",
            due_at=item.due_at,
            version=item.version,
            excluded=frozenset(item.excluded),
        )
        for item, unit, assigned, completed, person in rows
    )
