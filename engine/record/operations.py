"""Looking into the record is itself recorded: its events say what people did (op.exp.8 R4)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from engine.operation import Act, operation
from engine.record import queries
from engine.record.queries import PAGE, EventRow, EventSearch, EventView


@operation("record.search", permission="audit.read", basis="art. 24 del RD 311/2022")
def search(
    act: Act, *, wanted: EventSearch, before: tuple[datetime, UUID] | None = None, limit: int = PAGE
) -> tuple[EventRow, ...]:
    """Look for events; what was looked for is recorded, and a name among it as a personal value."""
    act.about("record", "events", wanted.expediente_id)
    rows = queries.events(act.session, wanted, before=before, limit=limit)
    act.note(rows=len(rows), **{key: value for key, value in wanted.facts().items() if value})
    if wanted.actor:
        act.personal(actor=wanted.actor)
    return rows


@operation("record.read_event", permission="audit.read", basis="art. 24 del RD 311/2022")
def read_event(act: Act, *, event_id: UUID) -> EventView:
    """Read one event whole, with its personal values; raises NotFound."""
    act.about("audit_event", event_id)
    return queries.event(act.session, event_id)
