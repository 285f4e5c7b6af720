"""How far ahead of real time the demonstration's town lives."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned


class DemoClockRow(EntityOwned, Base):
    """One row for each town that was ever moved.

    ahead: what is added to real time, which never becomes less; moved_from, moved_to: the town's
    instants before and after the last move.
    """

    __tablename__ = "demo_clock"
    ahead: Mapped[timedelta] = mapped_column(default=timedelta(0))
    moved_from: Mapped[datetime | None]
    moved_to: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("ahead >= interval '0'", name="forward"),)
