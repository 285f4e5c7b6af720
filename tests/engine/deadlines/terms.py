"""Terms opened, and what was written of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.clock import MADRID, FixedClock
from engine.deadlines.models import Deadline, DeadlineChange
from engine.deadlines.operations import open_deadline
from engine.townhall import TownHall


def at(text: str) -> datetime:
    """An instant of the town."""
    return datetime.fromisoformat(text).replace(tzinfo=MADRID)


def move_to(clock: FixedClock, text: str) -> None:
    """Let the town's time pass until an instant."""
    clock.advance(at(text) - clock.now())


def later(clock: FixedClock, days: int) -> None:
    clock.advance(timedelta(days=days))


def opened(hall: TownHall, rule: str = "resolve", **values: Any) -> Deadline:
    """A term that begins now."""
    values.setdefault("starts_at", hall.clock.now())
    return open_deadline(hall.system("test"), rule=rule, **values)


def term(hall: TownHall, identifier: UUID) -> Deadline:
    """A term as it is stored."""
    with hall.database.reading() as session:
        found = session.get(Deadline, (hall.settings.entity_id, identifier))
        assert found is not None
        return found


def due(hall: TownHall, identifier: UUID) -> str:
    """The day on which a stored term ends."""
    return term(hall, identifier).due_at.astimezone(MADRID).date().isoformat()


def changes(hall: TownHall, identifier: UUID) -> list[DeadlineChange]:
    """What was written of a term's moves, in their order."""
    with hall.database.reading() as session:
        return list(
            session.scalars(
                select(DeadlineChange)
                .where(DeadlineChange.deadline_id == identifier)
                .order_by(DeadlineChange.at, DeadlineChange.id)
            )
        )
