"""A person's answer after its term: whether it is still taken, and what it undoes (PLZ-19).

It is taken until the act that says that the term ran out is notified (art. 73.3 of Ley 39/2015): while
nothing of the expediente waits to be opened by its person, and the expediente goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.documents.holds import held_since
from engine.documents.models import Document
from engine.expedientes.models import WITHDRAWING, Expediente, ExpedienteState
from engine.operation import Act
from engine.permissions import Actor
from engine.signing import operations as signing
from engine.signing.models import RequestState, SignatureRequest
from engine.workflow.models import WorkItem
from engine.workflow.work_items.late import LATE, answer_late, late_corrections
from engine.workflow.work_items.queries import WorkItemRow, items_of

_OPEN = (RequestState.PENDING.value, RequestState.SIGNING.value)


def late_answers(session: Session, row: Expediente) -> tuple[UUID, ...]:
    """The requests that its person may still answer though their term is over."""
    if row.state != ExpedienteState.OPEN.value or row.phase == WITHDRAWING:
        return ()
    found = late_corrections(session, row.id)
    if not found:
        return ()
    parties = [each for each in (row.person_id, row.representative_id) if each is not None]
    told = any(held_since(session, [row.id], party) for party in parties)
    return () if told else found


def late_items(session: Session, expediente_id: UUID, actor: Actor) -> tuple[WorkItemRow, ...]:
    """The same as rows, for the interested person; nothing for anybody else."""
    row = session.scalar(
        select(Expediente).where(
            Expediente.id == expediente_id, Expediente.person_id == actor.interested_id
        )
    )
    if row is None or actor.interested_id is None:
        return ()
    wanted = frozenset(late_answers(session, row))
    if not wanted:
        return ()
    return tuple(item for item in items_of(session, expediente_id) if item.id in wanted)


def take_late(act: Act, row: Expediente, item: WorkItem, answer: Mapping[str, Any]) -> None:
    """Give a late answer to the process, and take back the signatures that nobody needs any more."""
    system = act.as_system(row.procedure_key)
    waiting = answer_late(system, item, {**answer, "late": True}, act.actor.id)
    act.event.basis = LATE
    act.note(late=True)
    asked = act.session.execute(
        select(SignatureRequest.document_id, SignatureRequest.reference)
        .join(Document, Document.id == SignatureRequest.document_id)
        .where(
            Document.expediente_id == row.id,
            SignatureRequest.state.in_(_OPEN),
            SignatureRequest.reference.startswith(f"{item.instance_id}:"),
        )
        .order_by(SignatureRequest.document_id)
        .distinct()
    ).all()
    for document_id, reference in asked:
        if reference not in waiting:
            signing.withdraw(
                system, document_id=document_id, reason="Respuesta recibida antes de notificarla"
            )
