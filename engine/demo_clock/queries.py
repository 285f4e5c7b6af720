"""Reads of the demonstration's clock: how it stands, and which terms end in a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from engine.deadlines.models import Deadline, DeadlineState
from engine.demo_clock.clock import DemoClock
from engine.demo_clock.models import DemoClockRow
from engine.townhall import TownHall

SHOWN = 100


@dataclass(frozen=True)
class Move:
    """The last time that the clock was moved, in the town's time."""

    began: datetime
    ended: datetime


@dataclass(frozen=True)
class EndingRow:
    """A term that ends in a stretch of time; state: how it stands now."""

    id: UUID
    title: str
    article: str
    expediente_id: UUID | None
    due_at: datetime
    state: DeadlineState


@dataclass(frozen=True)
class Endings:
    """The first terms of a stretch, in their order, and how many there are in all."""

    rows: tuple[EndingRow, ...]
    total: int


def ahead_of_real_time(townhall: TownHall) -> timedelta:
    """How far the town's clock was moved; nothing where it cannot be."""
    clock = townhall.clock
    return clock.ahead() if isinstance(clock, DemoClock) else timedelta(0)


def look_again(townhall: TownHall) -> None:
    """Read the clock when it is next asked for: another process may have moved it just now."""
    if isinstance(townhall.clock, DemoClock):
        townhall.clock.look_again()


def last_move(session: Session) -> Move | None:
    """The last move, None when the clock was never moved."""
    row = session.scalar(select(DemoClockRow))
    if row is None or row.moved_from is None or row.moved_to is None:
        return None
    return Move(row.moved_from, row.moved_to)


def next_end(session: Session, after: datetime) -> datetime | None:
    """When the next open term ends; None when none is open."""
    return session.scalar(
        select(func.min(Deadline.due_at)).where(
            Deadline.state == DeadlineState.OPEN.value, Deadline.due_at > after
        )
    )


def will_end(session: Session, after: datetime, until: datetime) -> Endings:
    """The open terms that end after an instant and not later than another."""
    return _endings(session, after, until, Deadline.state == DeadlineState.OPEN.value)


def ended(session: Session, after: datetime, until: datetime) -> Endings:
    """The terms whose last instant lay in a stretch and that had not ended before it, however they stand now."""
    still_open = or_(Deadline.ended_at.is_(None), Deadline.ended_at > after)
    return _endings(session, after, until, still_open)


def _endings(
    session: Session, after: datetime, until: datetime, which: ColumnElement[bool]
) -> Endings:
    conditions = (Deadline.due_at > after, Deadline.due_at <= until, which)
    rows = session.scalars(
        select(Deadline).where(*conditions).order_by(Deadline.due_at, Deadline.id).limit(SHOWN)
    ).all()
    total = len(rows)
    if total == SHOWN:
        total = session.scalar(select(func.count()).select_from(Deadline).where(*conditions)) or 0
    return Endings(
        tuple(
            EndingRow(
                row.id,
                row.title,
                row.article,
                row.expediente_id,
                row.due_at,
                DeadlineState(row.state),
            )
            for row in rows
        ),
        total,
    )
