"""Expiry of what was asked for: the person is warned, three months pass, it is resolved and notified."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from engine.deadlines.models import Deadline, DeadlineState
from engine.deadlines.operations import end_deadline
from engine.documents.codes import DocumentKind
from engine.errors import BadInput, NotFound, RuleBroken
from engine.expedientes.expiry.effects import standing_warning
from engine.expedientes.expiry.models import ExpiryState, ExpiryWarning
from engine.expedientes.models import Expediente, Outcome
from engine.expedientes.own_acts.dropping import drop_waiting
from engine.expedientes.own_acts.making import Wording, going_on, make_own_act
from engine.expedientes.own_acts.models import OwnActKind
from engine.expedientes.own_acts.officials import checked_reason, own_unit
from engine.expedientes.silence.senses import check_sense
from engine.operation import Act, operation

_FOLDER = Path(__file__).parent / "documents"


@operation("expedientes.warn_expiry", basis="art. 95.1 de la Ley 39/2015")
def warn_expiry(
    act: Act, *, expediente_id: UUID, missing: str, indispensable: bool
) -> ExpiryWarning:
    """Warn a person that what they asked for will expire if they do not do what is missing (INS-10).

    missing: what they have to do; indispensable: whether nothing can be decided without it, since a
    step that can be done without only loses its term (art. 95.2). Raises RuleBroken for that one, for
    an expediente that nobody asked for and for one warned already; BadInput without what is missing.
    """
    row = going_on(act, expediente_id)
    own_unit(act, row)
    if row.entry_id is None or row.person_id is None:
        raise RuleBroken(
            "Este expediente no se inició a solicitud de nadie: caduca por su plazo, sin advertencia."
        )
    if not indispensable:
        raise RuleBroken(
            "Un trámite que no es imprescindible para resolver no hace caducar el expediente: si no lo "
            "hace en plazo, la persona pierde ese trámite y se sigue sin él (artículo 95.2)."
        )
    what = _what(missing)
    if standing_warning(act.session, row.id) is not None:
        raise RuleBroken("La persona ya está advertida de la caducidad de este expediente.")
    found = ExpiryWarning(
        expediente_id=row.id, state=ExpiryState.WARNED.value, missing=what, warned_at=act.now
    )
    act.session.add(found)
    act.session.flush()
    own = make_own_act(
        act.as_system(row.procedure_key),
        row,
        OwnActKind.EXPIRY_WARNING,
        found.id,
        Wording(
            template=_FOLDER / "expiry_warning.html",
            title="Advertencia de caducidad",
            subject="Advertencia en el expediente",
            fields={"falta": what},
        ),
    )
    act.note(document=own.document_id)
    return found


def _what(missing: str) -> str:
    plain = missing.strip()
    if not plain or len(plain) > 4000:
        message = (
            "Escriba qué tiene que hacer la persona para que el expediente siga."
            if not plain
            else "El texto pasa de 4.000 caracteres: acórtelo."
        )
        raise BadInput(message, (("missing", message),))
    return plain


@operation("expedientes.lift_expiry", basis="art. 95.1 de la Ley 39/2015")
def lift_expiry(act: Act, *, expediente_id: UUID, reason: str) -> None:
    """The person did what was missing: it does not expire. Raises NotFound when nobody was warned, and
    RuleBroken once the expiry was declared."""
    row = going_on(act, expediente_id)
    own_unit(act, row)
    warning = _standing(act, row)
    if warning.state == ExpiryState.DECLARED.value:
        raise RuleBroken("La caducidad ya está declarada y se está notificando.")
    why = checked_reason(act, reason)
    drop_waiting(act, warning.id)
    if warning.deadline_id is not None:
        end_deadline(
            act.as_system(row.procedure_key),
            deadline_id=warning.deadline_id,
            state=DeadlineState.MET,
        )
    _end(act, warning, ExpiryState.DONE, why)


@operation("expedientes.declare_expiry", basis="arts. 21.1 y 95.1 de la Ley 39/2015")
def declare_expiry(act: Act, *, expediente_id: UUID, reason: str) -> None:
    """Resolve that what was asked for has expired, once the three months are over: sealed and notified.

    The expediente ends when that is notified; until then its process goes on. Raises NotFound when
    nobody was warned, RuleBroken before the term is over.
    """
    row = going_on(act, expediente_id)
    own_unit(act, row)
    warning = _standing(act, row)
    term = None if warning.deadline_id is None else act.get(Deadline, warning.deadline_id)
    if warning.state != ExpiryState.COUNTING.value or term is None:
        raise RuleBroken(
            "La caducidad no se puede declarar: la advertencia no está notificada todavía, o ya se "
            "declaró."
        )
    if act.now <= term.due_at:
        raise RuleBroken(
            "Todavía no han pasado los tres meses desde que se notificó la advertencia."
        )
    check_sense(act.session, row.id, Outcome.EXPIRED)
    why = checked_reason(act, reason)
    system = act.as_system(row.procedure_key)
    end_deadline(system, deadline_id=term.id, state=DeadlineState.EXPIRED)
    own = make_own_act(
        system,
        row,
        OwnActKind.EXPIRY,
        warning.id,
        Wording(
            template=_FOLDER / "expiry.html",
            title="Resolución de caducidad",
            subject="Resolución en el expediente",
            fields={"falta": warning.missing, "motivo": why, "advertida": warning.notified_at},
            kind=DocumentKind.RESOLUTION,
            purpose="resolution",
        ),
    )
    act.note(document=own.document_id)
    _end(act, warning, ExpiryState.DECLARED, why)


def _standing(act: Act, row: Expediente) -> ExpiryWarning:
    found = standing_warning(act.session, row.id)
    if found is None:
        raise NotFound("Nadie está advertido de la caducidad de este expediente.")
    return act.lock(ExpiryWarning, found.id)


def _end(act: Act, warning: ExpiryWarning, state: ExpiryState, why: str) -> None:
    warning.state, warning.ended_at, warning.end_reason = state.value, act.now, why
    act.session.flush()
