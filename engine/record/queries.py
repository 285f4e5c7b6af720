"""Reads of the record: events looked for, one event whole, and how the log stands.

Events name people, so pages reach them through the operations of this room, which record who looked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from engine.audit.events import Result
from engine.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf, AuditPersonalData
from engine.clock import MADRID
from engine.errors import NotFound
from engine.ids import parse_id
from engine.people.models import Official, Person
from engine.people.names import sort_key
from engine.record.models import CheckpointStamp

PAGE = 50
_MAX_ROWS = 500


@dataclass(frozen=True)
class EventSearch:
    """What is looked for in the record; what is None or empty is not asked.

    type: an operation's name, or its room with a final dot (`documents.`);
    actor: part of a name; object_id, expediente_id: identifiers; since, until: days, included.
    """

    type: str = ""
    actor: str = ""
    result: Result | None = None
    object_kind: str = ""
    object_id: str = ""
    expediente_id: UUID | None = None
    since: date | None = None
    until: date | None = None

    def facts(self) -> dict[str, Any]:
        """What the record keeps of a search: everything but names."""
        return {
            "type": self.type,
            "result": self.result,
            "object_kind": self.object_kind,
            "object": self.object_id,
            "expediente": self.expediente_id,
            "since": self.since,
            "until": self.until,
        }


@dataclass(frozen=True)
class EventRow:
    """An event as lists show it; `place` is its leaf in the tree, None while it waits for one."""

    id: UUID
    at: datetime
    type: str
    result: Result
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    object_kind: str
    object_id: str
    expediente_id: UUID | None
    place: int | None


@dataclass(frozen=True)
class EventView:
    """One event whole: its canonical body, and the personal values that were not erased."""

    row: EventRow
    body: dict[str, Any]
    personal: dict[str, str]
    leaf: str


@dataclass(frozen=True)
class LogState:
    """How the log stands: its last signed root, what waits for a place, its last time stamp."""

    size: int
    root: str
    signed_at: datetime | None
    pending: int
    oldest_pending: datetime | None
    stamped_size: int | None
    stamped_at: datetime | None


def log_state(session: Session) -> LogState:
    """How the log stands now."""
    last = session.scalar(select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(1))
    pending, oldest = session.execute(
        select(func.count(), func.min(AuditEvent.at))
        .select_from(AuditEvent)
        .outerjoin(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .where(AuditLeaf.event_id.is_(None))
    ).one()
    stamp = session.scalar(select(CheckpointStamp).order_by(CheckpointStamp.size.desc()).limit(1))
    return LogState(
        size=last.size if last else 0,
        root=last.root.hex() if last else "",
        signed_at=last.at if last else None,
        pending=pending,
        oldest_pending=oldest,
        stamped_size=stamp.size if stamp else None,
        stamped_at=stamp.at if stamp else None,
    )


def events(
    session: Session,
    wanted: EventSearch,
    *,
    before: tuple[datetime, UUID] | None = None,
    limit: int = PAGE,
) -> tuple[EventRow, ...]:
    """Events, newest first; before: the instant and the id of the last row of the page before."""
    statement = select(AuditEvent, AuditLeaf.idx).outerjoin(
        AuditLeaf, AuditLeaf.event_id == AuditEvent.id
    )
    statement = statement.where(*_conditions(session, wanted))
    if before is not None:
        instant, last_id = before
        statement = statement.where(
            or_(
                AuditEvent.at < instant,
                and_(AuditEvent.at == instant, AuditEvent.id < last_id),
            )
        )
    found = session.execute(
        statement.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(min(limit, _MAX_ROWS))
    ).all()
    names = _names(session, {event.actor_id for event, _ in found if event.actor_id})
    return tuple(_row(event, place, names) for event, place in found)


def event(session: Session, event_id: UUID) -> EventView:
    """One event whole; raises NotFound."""
    found = session.execute(
        select(AuditEvent, AuditLeaf.idx)
        .outerjoin(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .where(AuditEvent.id == event_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    row, place = found
    personal = session.scalars(
        select(AuditPersonalData).where(AuditPersonalData.event_id == event_id)
    )
    names = _names(session, {row.actor_id} if row.actor_id else set())
    return EventView(
        _row(row, place, names),
        json.loads(row.body),
        {item.key: item.value for item in personal},
        row.leaf.hex(),
    )


def _conditions(session: Session, wanted: EventSearch) -> list[Any]:
    conditions: list[Any] = []
    if wanted.type.endswith("."):
        conditions.append(AuditEvent.type.startswith(wanted.type, autoescape=True))
    elif wanted.type:
        conditions.append(AuditEvent.type == wanted.type)
    if wanted.actor:
        conditions.append(AuditEvent.actor_id.in_(_actors(session, wanted.actor)))
    if wanted.result is not None:
        conditions.append(AuditEvent.result == wanted.result.value)
    if wanted.object_kind:
        conditions.append(AuditEvent.object_kind == wanted.object_kind)
    if wanted.object_id:
        conditions.append(AuditEvent.object_id == wanted.object_id)
    if wanted.expediente_id is not None:
        conditions.append(AuditEvent.expediente_id == wanted.expediente_id)
    if wanted.since is not None:
        conditions.append(AuditEvent.at >= _midnight(wanted.since))
    if wanted.until is not None:
        conditions.append(AuditEvent.at < _midnight(wanted.until + timedelta(days=1)))
    return conditions


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=MADRID)


def _actors(session: Session, text: str) -> list[UUID]:
    """The officials and the persons with every word in their name, or with this id."""
    identifier = parse_id(text.strip())
    if identifier is not None:
        return [identifier]
    found: list[UUID] = []
    for table in (Official, Person):
        statement = select(table.id)
        for word in sort_key(text).split():
            statement = statement.where(table.sort_key.contains(word, autoescape=True))
        found += session.scalars(statement.limit(_MAX_ROWS))
    return found


def _names(session: Session, identifiers: set[UUID]) -> dict[UUID, str]:
    """The names of officials and persons, two statements for any number of them."""
    names: dict[UUID, str] = {}
    for table in (Official, Person):
        rows = session.execute(
            select(table.id, table.display_name).where(table.id.in_(identifiers))
        )
        names |= {identifier: name for identifier, name in rows}  # noqa: C416 - a Row is not a pair for the types
    return names


def _row(event: AuditEvent, place: int | None, names: dict[UUID, str]) -> EventRow:
    return EventRow(
        id=event.id,
        at=event.at,
        type=event.type,
        result=Result(event.result),
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        actor_name=names.get(event.actor_id, "") if event.actor_id else "",
        object_kind=event.object_kind or "",
        object_id=event.object_id or "",
        expediente_id=event.expediente_id,
        place=place,
    )
