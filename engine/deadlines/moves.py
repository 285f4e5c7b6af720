"""Which terms moved, by a change of calendar or an incident: from, to, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from engine.deadlines.models import Deadline, DeadlineChange

PAGE = 50


@dataclass(frozen=True)
class Move:
    """A term that moved. expediente_id: none for a term that belongs to none."""

    id: UUID
    deadline_id: UUID
    expediente_id: UUID | None
    title: str
    article: str
    previous_due_at: datetime
    due_at: datetime


def moves(
    session: Session,
    reference: UUID,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = PAGE,
) -> tuple[Move, ...]:
    """The terms that an act moved, those that end first now before; `limit` after a position.

    after: the end and the id of the change after which the page begins.
    """
    query = (
        select(
            DeadlineChange.id,
            DeadlineChange.deadline_id,
            DeadlineChange.expediente_id,
            Deadline.title,
            Deadline.article,
            DeadlineChange.previous_due_at,
            DeadlineChange.due_at,
        )
        .join(Deadline, Deadline.id == DeadlineChange.deadline_id)
        .where(DeadlineChange.reference == reference)
        .order_by(DeadlineChange.due_at, DeadlineChange.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(DeadlineChange.due_at, DeadlineChange.id) > after)
    return tuple(Move(*row) for row in session.execute(query))


def count_moves(session: Session, reference: UUID) -> int:
    """How many terms an act moved."""
    return (
        session.scalar(
            select(func.count())
            .select_from(DeadlineChange)
            .where(DeadlineChange.reference == reference)
        )
        or 0
    )
