"""How many rows a town hall has: a test takes the counts before and after, and tells what was written."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from engine.db import Base
from engine.townhall import TownHall

# What every request or every sign-in may write, whatever it asks for.
_OF_ITS_OWN = frozenset({"audit_event", "web_session"})


def row_counts(hall: TownHall) -> Mapping[str, int]:
    """The rows of every table but the record's, where a refusal too is written, and the sessions."""
    tables = [table for name, table in Base.metadata.tables.items() if name not in _OF_ITS_OWN]
    with hall.database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        }
