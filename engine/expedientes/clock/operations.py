"""Every change of the clock of an expediente that a person or its process makes, told to its person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from engine.deadlines import operations as deadlines
from engine.deadlines.models import Deadline, DeadlineState
from engine.deadlines.operations import end_deadline
from engine.deadlines.rules import suspension_cause
from engine.deadlines.term import Term
from engine.documents.models import Document, DocumentState
from engine.documents.templates import day
from engine.errors import BadInput, NotFound, RuleBroken
from engine.expedientes.clock.communication import render_communication
from engine.expedientes.models import Expediente, ExpedienteState
from engine.expedientes.queries import may_access
from engine.operation import Act, operation


@operation("expedientes.suspend_clock", basis="art. 22 de la Ley 39/2015")
def suspend_clock(
    act: Act,
    *,
    expediente_id: UUID,
    cause: str,
    reason: str,
    document_id: UUID | None = None,
    lifts_at: datetime | None = None,
) -> UUID:
    """Stop the maximum term from today, by one of the causes of art. 22; its person is told (PLZ-13).

    cause: a code of the data of suspensions; document_id: the act that stops it; lifts_at: when it
    ends by itself at the latest. Returns the suspension. Raises BadInput, NotFound for what the actor may not see, RuleBroken when no term runs.
    """
    row, term = _running(act, expediente_id)
    why = _reason(act, reason)
    _check_document(act, row, document_id)
    found = suspension_cause(cause)
    suspension = deadlines.suspend(
        act.as_system(row.procedure_key),
        deadline_id=term.id,
        cause=cause,
        at=act.now,
        reason=why,
        document_id=document_id,
        lifts_at=lifts_at,
    )
    act.note(cause=cause, suspension=suspension.id, document=document_id)
    end = suspension.lifts_at
    until = "" if end is None else f" Como mucho, hasta el {day(end)}."
    _tell(
        act,
        row,
        f"Se suspende el plazo para resolver el expediente {row.number}",
        f"El plazo para resolver y notificar deja de contar desde hoy, {day(act.now)}. "
        f"Causa: {found.title} ({found.article}). Motivo: {why}.{until}",
    )
    return suspension.id


@operation("expedientes.resume_clock", basis="art. 22 de la Ley 39/2015")
def resume_clock(
    act: Act,
    *,
    expediente_id: UUID,
    suspension_id: UUID,
    reason: str,
    document_id: UUID | None = None,
) -> None:
    """Let the maximum term run again from today; its person is told what came and the new date.

    Raises BadInput, NotFound, RuleBroken when that suspension is not of this expediente or has ended.
    """
    row = _of_actor(act, expediente_id)
    why = _reason(act, reason)
    _check_document(act, row, document_id)
    term = deadlines.resume(
        act.as_system(row.procedure_key),
        suspension_id=suspension_id,
        at=act.now,
        reason=why,
        document_id=document_id,
    )
    if term.id != row.deadline_id:
        raise NotFound
    act.note(suspension=suspension_id, document=document_id, due_at=term.due_at)
    still = term.state == DeadlineState.SUSPENDED.value
    when = (
        "Sigue suspendido por otra causa."
        if still
        else f"Su último día es ahora el {day(term.due_at)}."
    )
    _tell(
        act,
        row,
        f"Termina una suspensión del plazo del expediente {row.number}",
        f"Desde hoy, {day(act.now)}, termina una suspensión del plazo para resolver y notificar. "
        f"Motivo: {why}. {when}",
    )


@operation("expedientes.extend_clock", basis="art. 23 de la Ley 39/2015")
def extend_clock(
    act: Act, *, expediente_id: UUID, amount: str, reason: str, document_id: UUID | None = None
) -> None:
    """Lengthen the maximum term, with its reasons; its person is told (PLZ-14).

    amount: as terms are written, `1 months`. Raises BadInput, NotFound, and RuleBroken for more than
    the law lets.
    """
    row, term = _running(act, expediente_id)
    why = _reason(act, reason)
    _check_document(act, row, document_id)
    more = Term.parse(amount)
    moved = deadlines.extend(
        act.as_system(row.procedure_key),
        deadline_id=term.id,
        term=more,
        reason=why,
        document_id=document_id,
    )
    act.note(amount=str(more), document=document_id, due_at=moved.due_at)
    _tell(
        act,
        row,
        f"Se amplía el plazo para resolver el expediente {row.number}",
        f"El plazo para resolver y notificar se amplía en {more.spanish}. Motivo: {why}. Su último "
        f"día es ahora el {day(moved.due_at)}. Contra esta ampliación no cabe recurso.",
    )


@operation("expedientes.declare_urgency", basis="art. 33 de la Ley 39/2015")
def declare_urgency(
    act: Act, *, expediente_id: UUID, reason: str, document_id: UUID | None = None
) -> None:
    """Deal with it as urgent: its terms are halved but those to apply and to appeal (PLZ-17)."""
    row = _of_actor(act, expediente_id)
    why = _reason(act, reason)
    _check_document(act, row, document_id)
    deadlines.declare_urgency(
        act.as_system(row.procedure_key),
        expediente_id=row.id,
        reason=why,
        document_id=document_id,
    )
    act.note(document=document_id)
    _tell(
        act,
        row,
        f"El expediente {row.number} se tramita por urgencia",
        "Los plazos del procedimiento se reducen a la mitad, salvo los de presentar solicitudes y "
        f"recursos. Motivo: {why}. Contra este acuerdo no cabe recurso.",
    )


@operation("expedientes.prepare_communication", basis="art. 21.4 de la Ley 39/2015")
def prepare_communication(act: Act, *, expediente_id: UUID, reference: str | None = None) -> bool:
    """Make and seal the communication of art. 21.4; false when it was made before (PLZ-12).

    reference: the workflow signal that waits for it; act: of the town hall itself.
    """
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    if row.communication_id is not None:
        act.note(effect=False)
        return False
    if row.person_id is None:
        raise RuleBroken("El expediente no tiene ninguna persona interesada a quien comunicar.")
    row.communication_id = render_communication(act, row, reference).id
    act.note(document=row.communication_id)
    return True


@operation("expedientes.communicate", basis="art. 21.4 de la Ley 39/2015; art. 41 del RD 203/2021")
def communicate(act: Act, *, expediente_id: UUID) -> bool:
    """The communication is sealed: it is in the folder of its person, who is told; its term is met.

    False while it is not ready, and when it was sent before.
    """
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    document = None
    if row.communication_id is not None and row.communicated_at is None:
        document = act.get(Document, row.communication_id)
    if document is None or document.state != DocumentState.SEALED.value:
        act.note(effect=False)
        return False
    row.communicated_at = act.now
    act.note(document=document.id, sha256=document.sha256)
    if row.communication_deadline_id is not None:
        end_deadline(
            act, deadline_id=row.communication_deadline_id, state=DeadlineState.MET, at=act.now
        )
    _tell(
        act,
        row,
        f"Plazo y silencio de su expediente {row.number}",
        "Le decimos hasta cuándo tenemos para resolver su solicitud y qué pasa si no lo hacemos: "
        "lo tiene en la comunicación que hemos dejado en su expediente.",
    )
    return True


def _of_actor(act: Act, expediente_id: UUID) -> Expediente:
    """The expediente, locked, when it goes on and the actor may see it."""
    if not may_access(act.session, expediente_id, act.actor):
        raise NotFound
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    if row.state != ExpedienteState.OPEN.value:
        raise RuleBroken("El expediente está terminado: su plazo ya no se puede cambiar.")
    return row


def _running(act: Act, expediente_id: UUID) -> tuple[Expediente, Deadline]:
    row = _of_actor(act, expediente_id)
    if row.deadline_id is None:
        raise RuleBroken(
            "El plazo de este expediente aún no se puede contar: falta el calendario de su año."
        )
    return row, act.get(Deadline, row.deadline_id)


def _reason(act: Act, reason: str) -> str:
    why = " ".join(reason.split()).rstrip(".")
    if not why:
        message = "Diga el motivo: se comunica a la persona interesada."
        raise BadInput(message, (("reason", message),))
    act.because(why)
    return why


def _check_document(act: Act, row: Expediente, document_id: UUID | None) -> None:
    """The act that is named is a document of this expediente."""
    if document_id is None:
        return
    if act.get(Document, document_id).expediente_id != row.id:
        message = "Elija un documento de este expediente."
        raise BadInput(message, (("document", message),))


def _tell(act: Act, row: Expediente, subject: str, text: str) -> None:
    if row.person_id is not None:
        act.defer("notifications.tell", expediente_id=row.id, subject=subject, text=text)
