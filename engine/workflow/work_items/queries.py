"""Reads of people's work: inboxes, one item, the work of an expediente, to whom it may be given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from engine.errors import NotFound
from engine.people.models import Official, Person, Unit
from engine.permissions import Actor
from engine.workflow.access import (
    Claim,
    candidates,
    claim_of,
    managed,
    may_manage,
    may_see,
    may_work,
)
from engine.workflow.models import ProcessInstance, WorkItem, WorkState
from engine.workflow.work import CORRECTION
from engine.workflow.work_items.models import SubstitutedWork
from engine.workflow.work_items.priority import Priority, priority_of
from engine.workflow.work_items.recipients import Recipient, recipients

_ACTIVE = (WorkState.OPEN.value, WorkState.CLAIMED.value)


class Inbox(StrEnum):
    """The lists of an inbox. MANAGED: what the official may reassign, of the units that they head."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    ALL = "all"
    MANAGED = "managed"


@dataclass(frozen=True)
class Narrowing:
    """What a list is narrowed to: a procedure, a priority, what was to be seen again by an instant."""

    definition: str | None = None
    priority: Priority | None = None
    follow_up_by: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """As conditions of a query."""
        found: list[ColumnElement[bool]] = []
        if self.definition is not None:
            of_it = select(ProcessInstance.id).where(
                ProcessInstance.definition_key == self.definition
            )
            found.append(WorkItem.instance_id.in_(of_it))
        if self.priority is not None:
            found.append(WorkItem.priority.between(*self.priority.bounds))
        if self.follow_up_by is not None:
            found.append(WorkItem.follow_up_at <= self.follow_up_by)
        return found


EVERYTHING = Narrowing()


@dataclass(frozen=True)
class WorkItemRow:
    """A work item as lists and pages show it.

    owner: who answers for it while another has it; completed_for: in whose place it was done.
    """

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
    owner_id: UUID | None = None
    owner_name: str = ""
    delegated: bool = False
    completed_for_name: str = ""
    priority: Priority = Priority.NORMAL
    follow_up_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.state in (WorkState.OPEN, WorkState.CLAIMED)

    @property
    def substituted(self) -> bool:
        """Whether its assignee has it in an absent official's place."""
        return self.owner_id is not None and not self.delegated

    @property
    def completed_by_words(self) -> str:
        """Who did it and in whose place, as acts have to say (art. 13.4 of Ley 40/2015)."""
        if not self.completed_for_name:
            return self.completed_by_name
        return f"{self.completed_by_name}, por sustitución de {self.completed_for_name}"


@dataclass(frozen=True)
class Rights:
    """What an official may do with a work item now.

    work: do it; claim: take it, and how; manage: move it though it is somebody else's.
    """

    work: bool
    claim: Claim | None
    manage: bool


def inbox(
    session: Session,
    actor: Actor,
    which: Inbox,
    limit: int = 200,
    *,
    offset: int = 0,
    narrowing: Narrowing = EVERYTHING,
) -> tuple[WorkItemRow, ...]:
    """The open work of an official: what is due first comes first, then by priority, then the oldest.

    Work of the same kind without a term keeps the order in which it began, unless its head gave it
    another priority and said why (art. 71.2 of Ley 39/2015).
    """
    condition = and_(_of_inbox(actor)[which], *narrowing.conditions())
    order = (WorkItem.due_at.asc().nulls_last(), WorkItem.priority.desc())
    return _rows(session, condition, limit, *order, offset=offset)


def _of_inbox(actor: Actor) -> dict[Inbox, ColumnElement[bool]]:
    """What each list of an official's inbox holds."""
    active = WorkItem.state.in_(_ACTIVE)
    return {
        Inbox.MINE: and_(
            WorkItem.assignee_id == actor.id, WorkItem.state == WorkState.CLAIMED.value
        ),
        Inbox.UNASSIGNED: and_(candidates(actor), WorkItem.state == WorkState.OPEN.value),
        Inbox.ALL: and_(
            or_(
                candidates(actor),
                WorkItem.assignee_id == actor.id,
                WorkItem.owner_id == actor.id,
            ),
            active,
        ),
        Inbox.MANAGED: and_(managed(actor), active),
    }


def inbox_definitions(session: Session, actor: Actor) -> dict[str, int]:
    """The procedures of an official's open work, with how many items each has."""
    lists = _of_inbox(actor)
    rows = session.execute(
        select(ProcessInstance.definition_key, func.count())
        .join(WorkItem, WorkItem.instance_id == ProcessInstance.id)
        .where(or_(lists[Inbox.ALL], lists[Inbox.MANAGED]))
        .group_by(ProcessInstance.definition_key)
    )
    return {key: count for key, count in rows}  # noqa: C416 - a Row is not a pair for the types


def inbox_counts(
    session: Session, actor: Actor, *, narrowing: Narrowing = EVERYTHING
) -> dict[Inbox, int]:
    """How many items each list of the inbox has."""
    lists = _of_inbox(actor)
    statement = select(*(func.count().filter(lists[which]) for which in Inbox)).where(
        WorkItem.state.in_(_ACTIVE), *narrowing.conditions()
    )
    return dict(zip(Inbox, session.execute(statement).one(), strict=True))


def work_item(session: Session, work_item_id: UUID, actor: Actor) -> WorkItemRow:
    """A work item that the actor holds, may take or may reassign; raises NotFound for any other."""
    _visible(session, work_item_id, actor)
    return _rows(session, WorkItem.id == work_item_id, 1)[0]


def items_by_id(
    session: Session, identifiers: Sequence[UUID], actor: Actor
) -> dict[UUID, WorkItemRow]:
    """Those of these open items that are in some list of the actor's."""
    lists = _of_inbox(actor)
    theirs = or_(lists[Inbox.ALL], lists[Inbox.MANAGED])
    rows = _rows(session, and_(WorkItem.id.in_(tuple(identifiers)), theirs), len(identifiers))
    return {row.id: row for row in rows}


def rights(session: Session, work_item_id: UUID, actor: Actor) -> Rights:
    """What the actor may do with a work item; raises NotFound for one that they may not see."""
    found = _visible(session, work_item_id, actor)
    open_ = found.state in _ACTIVE
    return Rights(
        work=may_work(session, found, actor),
        claim=claim_of(session, found, actor) if open_ else None,
        manage=open_ and may_manage(session, found, actor),
    )


def may_be_given(
    session: Session, work_item_id: UUID, actor: Actor, today: date, *, by_head: bool
) -> tuple[Recipient, ...]:
    """To whom the actor may give a work item that they see, those away too; raises NotFound."""
    return recipients(session, _visible(session, work_item_id, actor), today, by_head=by_head)


def _visible(session: Session, work_item_id: UUID, actor: Actor) -> WorkItem:
    found = session.scalar(select(WorkItem).where(WorkItem.id == work_item_id))
    if found is None or not may_see(session, found, actor):
        raise NotFound
    return found


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
    condition = and_(WorkItem.expediente_id.in_(expediente_ids), WorkItem.state.in_(_ACTIVE))
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


def _rows(
    session: Session, condition: ColumnElement[bool], limit: int, *order: Any, offset: int = 0
) -> tuple[WorkItemRow, ...]:
    assignee, completer, owner, absent = (aliased(Official) for _ in range(4))
    rows = session.execute(
        select(
            WorkItem,
            Unit.name,
            func.coalesce(assignee.display_name, Person.display_name, ""),
            completer.display_name,
            owner.display_name,
            absent.display_name,
        )
        .outerjoin(Unit, Unit.id == WorkItem.unit_id)
        .outerjoin(assignee, assignee.id == WorkItem.assignee_id)
        .outerjoin(completer, completer.id == WorkItem.completed_by)
        .outerjoin(owner, owner.id == WorkItem.owner_id)
        .outerjoin(SubstitutedWork, SubstitutedWork.work_item_id == WorkItem.id)
        .outerjoin(absent, absent.id == SubstitutedWork.absent_id)
        .outerjoin(Person, Person.id == WorkItem.person_id)
        .where(condition)
        .order_by(*order, WorkItem.created_at, WorkItem.id)
        .limit(limit)
        .offset(offset)
    )
    return tuple(_row(*found) for found in rows)


def _row(
    item: WorkItem,
    unit: str | None,
    assigned: str,
    completed: str | None,
    owner: str | None,
    absent: str | None,
) -> WorkItemRow:
    return WorkItemRow(
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
        assignee_name=assigned,
        fixed=item.fixed,
        state=WorkState(item.state),
        created_at=item.created_at,
        completed_at=item.completed_at,
        completed_by_name=completed or "",
        due_at=item.due_at,
        version=item.version,
        excluded=frozenset(item.excluded),
        owner_id=item.owner_id,
        owner_name=owner or "",
        delegated=item.delegated_from is not None,
        completed_for_name=absent or "",
        priority=priority_of(item.priority),
        follow_up_at=item.follow_up_at,
    )
