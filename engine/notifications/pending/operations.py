"""Every change of the acts that wait to be notified: that one waits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from engine.deadlines.operations import open_deadline
from engine.documents.models import Document
from engine.errors import RuleBroken
from engine.notifications.pending.models import ActToNotify
from engine.operation import Act, operation

NOTIFY_RULE = "notify"


@operation("notifications.expect", basis="art. 40.2 de la Ley 39/2015")
def expect(act: Act, *, document_id: UUID, adopted_at: datetime) -> ActToNotify:
    """The term to send its notification runs from the day of the act; expecting it twice is once.

    Raises RuleBroken for what is of no expediente.
    """
    document = act.lock(Document, document_id)
    act.about("document", document.id, document.expediente_id)
    known = act.session.scalar(select(ActToNotify).where(ActToNotify.document_id == document_id))
    if known is not None:
        act.note(effect=False)
        return known
    if document.expediente_id is None:
        raise RuleBroken("Solo se notifican los actos de un expediente.")
    deadline = open_deadline(
        act.as_system("notifications.expect"),
        rule=NOTIFY_RULE,
        starts_at=adopted_at,
        expediente_id=document.expediente_id,
    )
    row = ActToNotify(
        document_id=document_id,
        expediente_id=document.expediente_id,
        deadline_id=deadline.id,
        adopted_at=adopted_at,
    )
    act.session.add(row)
    act.session.flush()
    act.note(deadline=deadline.id, due_at=deadline.due_at)
    return row
