"""Reads of the record that other rooms decide by."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from engine.audit.events import Result
from engine.audit.models import AuditEvent
from engine.ids import first_id_at


def refusals_from(session: Session, *, type: str, address: str, since: datetime) -> int:
    """How often this was tried from an address (its pseudonym) and refused since an instant.

    since: real time, which ids are made of: moving the demonstration's clock forgets no attempt.
    """
    return (
        session.scalar(
            select(func.count())
            .select_from(AuditEvent)
            .where(
                AuditEvent.id >= first_id_at(since),
                AuditEvent.type == type,
                AuditEvent.result == Result.REFUSED.value,
                func.position(literal(address.encode("ascii")).op("IN")(AuditEvent.body)) > 0,
            )
        )
        or 0
    )
