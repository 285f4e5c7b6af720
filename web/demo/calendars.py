"""The calendars of the demonstration, published as any other."""

from __future__ import annotations

from engine.deadlines.almanac.operations import propose_calendar, publish_calendar
from engine.deadlines.almanac.packaged import packaged_drafts
from engine.deadlines.almanac.queries import places
from engine.townhall import Call


def ensure_calendars(call: Call) -> None:
    """Publish those that come with the program and are not loaded; the others stay as they are."""
    with call.townhall.database.reading() as session:
        loaded = {row.code for row in places(session)}
    for draft in packaged_drafts():
        if draft.place.code not in loaded:
            row = propose_calendar(call, draft=draft, origin="Viene con el programa")
            publish_calendar(call, edition_id=row.id)
