"""How a notification ends: the first closing counts, whatever the channel (art. 41.7; NOT-4).

Parts of operations, like engine/documents/versions.py: whoever closes it records it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from engine.deadlines.models import Deadline, DeadlineState
from engine.deadlines.operations import end_deadline
from engine.documents.holds import release
from engine.errors import RuleBroken
from engine.expedientes.silence.meeting import meet_maximum_term
from engine.notifications.acknowledgement import issue_acknowledgement
from engine.notifications.exchange.dispatching import tell_the_others
from engine.notifications.models import (
    TRANSITIONS,
    Notification,
    NotificationState,
    PostalAttempt,
    Via,
)
from engine.notifications.parties import expediente_of
from engine.notifications.precedence import KnownEnd
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
    known = row.closed_at
    if known is not None and (row.defect or not _goes_before(closing, known, state)):
        act.note(effect=False)
        return False
    if not state.closed and closing.state not in TRANSITIONS[state]:
        raise RuleBroken("La notificación no se puede cerrar así en el estado en que está.")
    end(act, row, closing)
    return True


def end(act: Act, row: Notification, closing: Closing) -> None:
    """It ended so, whatever was known before: its terms, its proof, its channels and its process."""
    state = NotificationState(row.state)
    act.note(effect=True, corrected=state.closed, previous_closed_at=row.closed_at)
    row.state, row.closed_at = closing.state.value, closing.at
    row.closed_via, row.closed_by = closing.via.value, closing.by
    release_document(act, row)
    if state.closed:
        _mend_terms(act, row, closing.at)
    else:
        end_access_term(act, row, closing.state, closing.at)
        meet_term_to_notify(act, row, closing.at)
    tell_the_others(act, row)
    act.session.flush()
    issue_acknowledgement(act.as_system(SYSTEM), row, closing.received_by, attempts_of(act, row.id))
    _wake(act, row, closing)


def release_document(act: Act, row: Notification) -> None:
    """Whoever was kept from reading the act may read it now."""
    for person_id in (row.person_id, row.representative_id):
        if person_id is not None:
            release(act, document_id=row.document_id, person_id=person_id)


def _goes_before(closing: Closing, closed_at: datetime, state: NotificationState) -> bool:
    """Whether this end happened before the one that is known: an expiry is the end of its last day."""
    return closing.at < KnownEnd(closed_at, state is NotificationState.EXPIRED).until


def end_access_term(act: Act, row: Notification, state: NotificationState, at: datetime) -> None:
    """End the ten days to read it, if they run, when the notification ended."""
    if row.deadline_id is None:
        return
    expired = state is NotificationState.EXPIRED
    ended = DeadlineState.EXPIRED if expired else DeadlineState.MET
    end_deadline(act.as_system(SYSTEM), deadline_id=row.deadline_id, state=ended, at=at)


def _mend_terms(act: Act, row: Notification, at: datetime) -> None:
    """The end was earlier than was known: so were those of the terms that it had ended."""
    terms = [row.deadline_id]
    expediente = expediente_of(act, row.expediente_id) if row.purpose == RESOLUTION else None
    if expediente is not None:
        terms.append(expediente.deadline_id)
    for deadline_id in terms:
        if deadline_id is None:
            continue
        term = act.lock(Deadline, deadline_id)
        access_expired = deadline_id == row.deadline_id and term.state == DeadlineState.EXPIRED
        if term.ended_at is None or (term.ended_at <= at and not access_expired):
            continue
        in_time = at.replace(microsecond=0) <= term.due_at
        term.state = (DeadlineState.MET if in_time else DeadlineState.EXPIRED).value
        term.ended_at = at
    if expediente is not None:
        meet_maximum_term(act.as_system(SYSTEM), expediente, at)


def meet_term_to_notify(act: Act, row: Notification, at: datetime) -> None:
    """The town notified at this instant, in its maximum term or late, when the act is the resolution.

    At disposal in the sede for whoever is notified so (art. 43.3, NOT-7), at the first attempt for
    the others (art. 40.4, NOT-2), or when it ends; doing it again changes nothing.
    """
    expediente = expediente_of(act, row.expediente_id) if row.purpose == RESOLUTION else None
    if expediente is not None:
        meet_maximum_term(act.as_system(SYSTEM), expediente, at)


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
