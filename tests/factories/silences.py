"""When the term of what is filed on 24 November 2026 ends, and what fell in a town hall."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from engine.clock import MADRID, FixedClock
from engine.expedientes.silence.models import Silence
from engine.townhall import TownHall

LAST = datetime(2027, 1, 25, 23, 59, 59, tzinfo=MADRID)
"""The last second of two months from then: the 24th of January is a Sunday."""

FALLS = LAST + timedelta(seconds=1)


def to(clock: FixedClock, moment: datetime) -> None:
    """Move the clock forward to an instant."""
    clock.advance(moment - clock.now())


def silences_of(hall: TownHall) -> list[Silence]:
    """Every silence that was recorded, in its order."""
    with hall.database.reading() as session:
        found = list(session.scalars(select(Silence).order_by(Silence.id)))
        session.expunge_all()
        return found
