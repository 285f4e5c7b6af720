"""The notification of an act left: its term is met. Part of operations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from engine.deadlines.models import DeadlineState
from engine.deadlines.operations import end_deadline
from engine.notifications.pending.models import ActToNotify
from engine.operation import Act

_SYSTEM = "notifications"


def meet_term_to_send(act: Act, document_id: UUID, at: datetime) -> None:
    """It left at `at`, in its term or late (NOT-1); nothing when nobody was waiting for it."""
    row = act.session.scalar(
        select(ActToNotify).where(ActToNotify.document_id == document_id).with_for_update()
    )
    if row is None or row.notified_at is not None:
        return
    row.notified_at = at
    end_deadline(
        act.as_system(_SYSTEM), deadline_id=row.deadline_id, state=DeadlineState.MET, at=at
    )
