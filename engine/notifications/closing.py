"""How a notification ends: the first closing counts, whatever the channel (art. 41.7; NOT-4).

Parts of operations, like engine/documents/versions.py: whoever closes it records it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from engine.deadlines.models import DeadlineState
from engine.deadlines.operations import end_deadline
from engine.documents.holds import release
from engine.errors import RuleBroken
from engine.notifications.acknowledgement import issue_acknowledgement
from engine.notifications.models import (
    TRANSITIONS,
    Notification,
    NotificationState,
    PostalAttempt,
    Via,
)
from engine.notifications.parties import expediente_of
from engine.operation import Act

SYSTEM = "notifications"
RESOLUTION = "resolution"
"""The purpose of the notification that ends the maximum term to resolve and notify."""

_ACCESSED = (NotificationState.ACCEPTED, NotificationState.DELIVERED)


@dataclass(frozen=True)
class Closing:
    """A way to end: the state, when it happened and where; who received it, as the proof says it.

    by: the person, when it is one that the town knows.
    """

    state: NotificationState
    at: datetime
    via: Via
    received_by: str = ""
    by: UUID | None = None


def close(act: Act, row: Notification, closing: Closing) -> bool:
    """End the notification, if nothing ended it before; whether it did.

    What the town learns later but happened first counts all the same: a postman's delivery of the
    morning, recorded at night, goes before an access of the afternoon. The process was told
    already, so the date is mended and a new acknowledgement says so.
    Raises RuleBroken when its state does not allow it.
    """
    state = NotificationState(row.state)
    act.note(previous_state=state, via=closing.via, closing=closing.state, closing_at=closing.at)
    if state.closed and row.closed_at is not None and closing.at >= row.closed_at:
        act.note(effect=False)
        return False
    if not state.closed and closing.state not in TRANSITIONS[state]:
        raise RuleBroken("La notificación no se puede cerrar así en el estado en que está.")
    act.note(effect=True, corrected=state.closed, previous_closed_at=row.closed_at)
    row.state, row.closed_at = closing.state.value, closing.at
    row.closed_via, row.closed_by = closing.via.value, closing.by
    release_document(act, row)
    end_access_term(act, row, closing.state)
    meet_term_to_notify(act, row, closing.at)
    act.session.flush()
    issue_acknowledgement(act.as_system(SYSTEM), row, closing.received_by, attempts_of(act, row.id))
    _wake(act, row, closing)
    return True


def release_document(act: Act, row: Notification) -> None:
    """Whoever was kept from reading the act may read it now."""
    for person_id in (row.person_id, row.representative_id):
        if person_id is not None:
            release(act, document_id=row.document_id, person_id=person_id)


def end_access_term(act: Act, row: Notification, state: NotificationState) -> None:
    """End the ten days to read it, if they run."""
    if row.deadline_id is None:
        return
    expired = state is NotificationState.EXPIRED
    ended = DeadlineState.EXPIRED if expired else DeadlineState.MET
    end_deadline(act.as_system(SYSTEM), deadline_id=row.deadline_id, state=ended)


def meet_term_to_notify(act: Act, row: Notification, at: datetime) -> None:
    """The town notified at this instant, in its maximum term or late, when the act is the resolution.

    At disposal in the sede for whoever is notified so (art. 43.3, NOT-7), at the first attempt for
    the others (art. 40.4, NOT-2), or when it ends; doing it again changes nothing.
    """
    expediente = expediente_of(act, row.expediente_id) if row.purpose == RESOLUTION else None
    if expediente is None or expediente.deadline_id is None:
        return
    end_deadline(
        act.as_system(SYSTEM),
        deadline_id=expediente.deadline_id,
        state=DeadlineState.MET,
        at=at,
    )


def attempts_of(act: Act, notification_id: UUID) -> Sequence[PostalAttempt]:
    """The attempts to deliver the paper, in their order."""
    return act.session.scalars(
        select(PostalAttempt)
        .where(PostalAttempt.notification_id == notification_id)
        .order_by(PostalAttempt.number)
    ).all()


def _wake(act: Act, row: Notification, closing: Closing) -> None:
    """Tell the process that waits, if one does."""
    if row.reference is None:
        return
    result = {
        "notified": True,
        "notification_id": str(row.id),
        "state": closing.state.value,
        "at": closing.at.isoformat(),
        "accessed": closing.state in _ACCESSED,
    }
    act.defer("workflow.signal", reference=row.reference, result=result)
    row.reference = None
