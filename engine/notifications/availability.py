"""Putting an act at a person's disposal (arts. 43.1 and 43.3 of Ley 39/2015). Parts of operations."""

from __future__ import annotations

from engine.deadlines.models import Deadline
from engine.deadlines.operations import open_deadline
from engine.documents.models import Document, DocumentState
from engine.errors import RuleBroken
from engine.notifications.acknowledgement import ACCESS_RULE, issue_availability
from engine.notifications.closing import RESOLUTION, SYSTEM, meet_term_to_notify
from engine.notifications.exchange.dispatching import dispatch
from engine.notifications.models import Notification, NotificationState
from engine.notifications.pending.meeting import meet_term_to_send
from engine.notifications.precedence import END_OF_DAY
from engine.operation import Act
from engine.people.models import Channel
from engine.registry.models import Book
from engine.registry.models import Channel as RegistryChannel
from engine.registry.operations import enter


def check_ready(document: Document) -> None:
    """Its bytes are those that the person will read: the registry binds them by their hash."""
    state = DocumentState(document.state)
    if state in (DocumentState.QUARANTINED, DocumentState.WITHDRAWN):
        raise RuleBroken("El documento está retirado o en cuarentena: no se puede notificar.")
    if state is DocumentState.DRAFT or document.seal_requested:
        raise RuleBroken(
            "El documento aún se está preparando: notifíquelo cuando esté firmado o sellado."
        )


def make_available(act: Act, row: Notification) -> None:
    """Register the exit, begin the term to read it when it has one, and let the person open it."""
    entry = enter(
        act,
        book=Book.EXIT,
        subject=f"Notificación: {row.subject}",
        unit_id=row.unit_id,
        person_id=row.person_id,
        representative_id=row.representative_id,
        documents=[row.document_id],
        channel=RegistryChannel.SYSTEM,
        expediente_id=row.expediente_id,
        receipt=False,
    )
    row.entry_id, row.available_at = entry.id, entry.presented_at
    dispatch(act, row)
    meet_term_to_send(act, row.document_id, entry.presented_at)
    if row.channel == Channel.PAPER.value:
        row.state = NotificationState.TO_POST.value
        return
    row.state = NotificationState.AVAILABLE.value
    deadline = open_deadline(
        act,
        rule=ACCESS_RULE,
        starts_at=entry.presented_at,
        expediente_id=row.expediente_id,
        person_id=row.person_id,
    )
    row.deadline_id = deadline.id
    meet_term_to_notify(act, row, entry.presented_at)
    if row.purpose == RESOLUTION:
        issue_availability(act.as_system(SYSTEM), row, ())


def is_overdue(act: Act, row: Notification) -> bool:
    """Whether the term to read it has one, and its last day is over."""
    if row.deadline_id is None:
        return False
    return act.get(Deadline, row.deadline_id).due_at + END_OF_DAY <= act.now
