"""Reads of processes: inboxes, the work of an expediente, what is due, incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from engine.deadlines.models import Deadline
from engine.errors import NotFound
from engine.people.models import Official, Person, Unit
from engine.permissions import Actor
from engine.workflow.access import candidates, may_see
from engine.workflow.codec import from_json
from engine.workflow.models import (
    Incident,
    ProcessInstance,
    ProcessTask,
    ProcessTimer,
    TimerState,
    WorkItem,
    WorkState,
)
from engine.workflow.work import CORRECTION


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
    session: Session, actor: Actor, which: Inbox, limit: int = 200
) -> tuple[WorkItemRow, ...]:
    """The open work of an official: what is due first comes first, then what is oldest."""
    mine = and_(WorkItem.assignee_id == actor.id, WorkItem.state == WorkState.CLAIMED.value)
    unassigned = and_(candidates(actor), WorkItem.state == WorkState.OPEN.value)
    everything = and_(
        or_(candidates(actor), WorkItem.assignee_id == actor.id),
        WorkItem.state.in_([WorkState.OPEN.value, WorkState.CLAIMED.value]),
    )
    condition = {Inbox.MINE: mine, Inbox.UNASSIGNED: unassigned, Inbox.ALL: everything}[which]
    return _rows(session, condition, limit, WorkItem.due_at.asc().nulls_last())


def inbox_counts(session: Session, actor: Actor) -> dict[Inbox, int]:
    """How many items each list of the inbox has."""
    mine = and_(WorkItem.assignee_id == actor.id, WorkItem.state == WorkState.CLAIMED.value)
    may = candidates(actor)
    row = session.execute(
        select(
            func.count().filter(mine),
            func.count().filter(and_(may, WorkItem.state == WorkState.OPEN.value)),
            func.count().filter(or_(may, mine)),
        ).where(WorkItem.state.in_([WorkState.OPEN.value, WorkState.CLAIMED.value]))
    ).one()
    return dict(zip((Inbox.MINE, Inbox.UNASSIGNED, Inbox.ALL), row, strict=True))


def work_item(session: Session, work_item_id: UUID, actor: Actor) -> WorkItemRow:
    """A work item that the actor holds or may take; raises NotFound for any other."""
    found = session.scalar(select(WorkItem).where(WorkItem.id == work_item_id))
    if found is None or not may_see(found, actor):
        raise NotFound
    return _rows(session, WorkItem.id == work_item_id, 1)[0]


def items_of(session: Session, expediente_id: UUID) -> tuple[WorkItemRow, ...]:
    """Every work item of an expediente, oldest first."""
    return _rows(session, WorkItem.expediente_id == expediente_id, 1000)


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


def touched_expedientes(session: Session, actor: Actor) -> frozenset[UUID]:
    """The expedientes in which an official has, may take or has done work."""
    rows = session.scalars(
        select(WorkItem.expediente_id)
        .where(
            or_(
                candidates(actor),
                WorkItem.assignee_id == actor.id,
                WorkItem.completed_by == actor.id,
            ),
            WorkItem.expediente_id.is_not(None),
        )
        .distinct()
    )
    return frozenset(row for row in rows if row is not None)


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
    rows = session.execute(
        select(ProcessTask.id, ProcessTask.added, ProcessTask.changed_at)
        .where(ProcessTask.instance_id == instance.id)
        .order_by(ProcessTask.changed_at, ProcessTask.id)
    )
    data: dict[str, Any] = {}
    for _identifier, added, _at in rows:
        data.update(from_json(added))
    return data


def due_of(session: Session, timer: ProcessTimer) -> datetime | None:
    """When a timer is due: its own instant, or the end of its legal term."""
    if timer.deadline_id is None:
        return timer.due_at
    return session.scalar(select(Deadline.due_at).where(Deadline.id == timer.deadline_id))


def due_timers(session: Session, now: datetime, limit: int = 100) -> tuple[UUID, ...]:
    """The timers to fire, those due first before."""
    due = func.coalesce(Deadline.due_at, ProcessTimer.due_at)
    rows = session.scalars(
        select(ProcessTimer.id)
        .outerjoin(Deadline, Deadline.id == ProcessTimer.deadline_id)
        .where(ProcessTimer.state == TimerState.WAITING.value, due <= now)
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
    session: Session, condition: ColumnElement[bool], limit: int, *order: Any
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
        )
        for item, unit, assigned, completed, person in rows
    )
