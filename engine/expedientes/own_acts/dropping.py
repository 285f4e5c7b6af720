"""Part of operations: an act that is no longer needed is not notified."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from engine.expedientes.own_acts.models import OwnAct
from engine.operation import Act


def drop_waiting(act: Act, cause_id: UUID) -> int:
    """Drop the acts of a cause that nobody was notified of yet; returns how many.

    One that is at the person's disposal already is read still, and begins nothing.
    """
    rows = act.session.scalars(
        select(OwnAct)
        .where(
            OwnAct.cause_id == cause_id,
            OwnAct.notified_at.is_(None),
            OwnAct.dropped_at.is_(None),
        )
        .with_for_update()
    ).all()
    for row in rows:
        row.dropped_at = act.now
    act.session.flush()
    return len(rows)
