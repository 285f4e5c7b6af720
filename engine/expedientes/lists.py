"""Lists that name expedientes: an official's work, signatures, entries, incidents.

One statement for any number of rows; the room that made the list decides who may see it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import Session

from engine.deadlines.models import RUNNING, Deadline, DeadlineState
from engine.documents.models import Document
from engine.documents.queries import READ_ANY as READ_LOOSE
from engine.expedientes.access import accessible_to
from engine.expedientes.drafts.models import Draft
from engine.expedientes.models import Expediente
from engine.payments.queries import OrderRow, order_for
from engine.people.models import Person
from engine.permissions import Actor
from engine.workflow.work_items import queries as workflow
from engine.workflow.work_items.queries import EVERYTHING, Inbox, Narrowing, WorkItemRow

PAGE = 50


@dataclass(frozen=True)
class Heading:
    """What names an expediente in a list; due_at: when its term to resolve ends, suspended: or stands still."""

    id: UUID
    number: str
    title: str
    procedure_key: str
    person_name: str
    due_at: datetime | None
    suspended: bool = False


@dataclass(frozen=True)
class TaskRow:
    """A work item and the expediente that it is of."""

    item: WorkItemRow
    heading: Heading | None


@dataclass(frozen=True)
class TaskPage:
    """A page of an inbox; `more` says whether another follows."""

    rows: tuple[TaskRow, ...]
    page: int
    more: bool


def headings(session: Session, identifiers: Iterable[UUID | None]) -> dict[UUID, Heading]:
    """The headings of these expedientes, for lists whose room decided the access."""
    wanted = {identifier for identifier in identifiers if identifier is not None}
    rows = session.execute(
        select(
            Expediente.id,
            Expediente.number,
            Expediente.title,
            Expediente.procedure_key,
            Person.display_name,
            Deadline.due_at,
            Deadline.state,
        )
        .outerjoin(Person, Person.id == Expediente.person_id)
        .outerjoin(
            Deadline,
            and_(Deadline.id == Expediente.deadline_id, Deadline.state.in_(RUNNING)),
        )
        .where(Expediente.id.in_(wanted))
    )
    return {
        identifier: Heading(
            identifier,
            number,
            title,
            key,
            person or "",
            due_at,
            state == DeadlineState.SUSPENDED.value,
        )
        for identifier, number, title, key, person, due_at, state in rows
    }


def tasks(
    session: Session,
    actor: Actor,
    which: Inbox,
    *,
    narrowing: Narrowing = EVERYTHING,
    page: int = 1,
) -> TaskPage:
    """A page of an official's inbox with the expediente of each task."""
    items = workflow.inbox(
        session, actor, which, PAGE + 1, offset=(page - 1) * PAGE, narrowing=narrowing
    )
    found = headings(session, (item.expediente_id for item in items))
    rows = tuple(
        TaskRow(item, found.get(item.expediente_id) if item.expediente_id else None)
        for item in items[:PAGE]
    )
    return TaskPage(rows, page, len(items) > PAGE)


def readable(
    session: Session, document_ids: Iterable[UUID | None], actor: Actor
) -> frozenset[UUID]:
    """Which of these documents an official may open: those of the expedientes that are theirs.

    Those of no expediente yet are for whoever may read such documents, as in documents.read.
    """
    wanted = {identifier for identifier in document_ids if identifier is not None}
    theirs = Document.expediente_id.in_(select(Expediente.id).where(accessible_to(actor)))
    loose = Document.expediente_id.is_(None) if actor.may(READ_LOOSE) else false()
    return frozenset(
        session.scalars(select(Document.id).where(Document.id.in_(wanted), or_(theirs, loose)))
    )


def id_of_number(session: Session, number: str) -> UUID | None:
    """The expediente with a number, for rooms that decide the access themselves."""
    return session.scalar(select(Expediente.id).where(Expediente.number == number.strip().upper()))


def payment_of(session: Session, expediente_id: UUID, person_id: UUID | None) -> OrderRow | None:
    """What its interested person paid when an expediente was filed; the caller decides the access."""
    draft_id = session.scalar(
        select(Draft.id).where(Draft.person_id == person_id, Draft.expediente_id == expediente_id)
    )
    return None if draft_id is None else order_for(session, "draft", draft_id)
