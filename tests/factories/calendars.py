"""The calendars that come with the program, put in a database without an act of anybody."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.db import Database
from engine.deadlines.almanac.packaged import packaged_drafts
from engine.deadlines.almanac.writing import write

_AT = datetime(2025, 12, 1, 9, tzinfo=UTC)


def put_calendars(url: str, entity_id: int = 1) -> None:
    """As if they had been published long ago: State, region and both towns."""
    database = Database(url, entity_id)
    with database.transaction() as session:
        for version, draft in enumerate(packaged_drafts(), 1):
            write(session, draft, version=version, at=_AT)
    database.dispose()
