"""Reads of technical incidents: what the sede publishes and what the office looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.deadlines.incidents.models import IncidentCause, TechnicalIncident
from engine.deadlines.incidents.reach import unexpired
from engine.deadlines.models import Deadline
from engine.deadlines.term import Term


@dataclass(frozen=True)
class IncidentRow:
    """An incident with the exact extension. until_at: none while it lasts."""

    id: UUID
    title: str
    cause: IncidentCause
    article: str
    services: str
    reason: str
    from_at: datetime
    until_at: datetime | None
    extension: Term
    declared_at: datetime
    extended: int
    moved: int
    left: int

    @property
    def lasting(self) -> bool:
        return self.until_at is None


def incidents(session: Session, *, limit: int = 50, offset: int = 0) -> tuple[IncidentRow, ...]:
    """The incidents, the last declared first."""
    rows = session.scalars(
        select(TechnicalIncident)
        .order_by(TechnicalIncident.declared_at.desc(), TechnicalIncident.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return tuple(_row(row) for row in rows)


def incident(session: Session, incident_id: UUID) -> IncidentRow | None:
    """One incident."""
    row = session.scalar(select(TechnicalIncident).where(TechnicalIncident.id == incident_id))
    return None if row is None else _row(row)


def extendable(session: Session, now: datetime) -> int:
    """How many terms an incident declared now would extend."""
    return session.scalar(select(func.count()).select_from(Deadline).where(unexpired(now))) or 0


def _row(row: TechnicalIncident) -> IncidentRow:
    return IncidentRow(
        id=row.id,
        title=row.title,
        cause=IncidentCause(row.cause),
        article=row.article,
        services=row.services,
        reason=row.reason,
        from_at=row.from_at,
        until_at=row.until_at,
        extension=Term.parse(row.extension),
        declared_at=row.declared_at,
        extended=row.extended,
        moved=row.moved,
        left=row.left,
    )
