"""The simplified procedure: agreed by the unit, opposed by the person, given up for the ordinary one."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from engine.deadlines.models import RUNNING, Deadline
from engine.errors import BadInput, NotFound, RuleBroken
from engine.expedientes.access import require_power
from engine.expedientes.contributions import Contribution, present
from engine.expedientes.models import Expediente
from engine.expedientes.operations import Presented
from engine.expedientes.own_acts.dropping import drop_waiting
from engine.expedientes.own_acts.making import Wording, going_on, make_own_act
from engine.expedientes.own_acts.models import OwnActKind
from engine.expedientes.own_acts.officials import checked_reason, own_unit
from engine.expedientes.simplified.models import Simplification, SimplifiedState
from engine.expedientes.simplified.term import back_to_ordinary, standing
from engine.operation import Act, operation
from engine.registry.receipt import Section

_TEMPLATE = Path(__file__).parent / "documents" / "simplified.html"


@operation("expedientes.simplify", basis="art. 96 de la Ley 39/2015")
def simplify(
    act: Act, *, expediente_id: UUID, reason: str, opposable: bool = True
) -> Simplification:
    """Agree the simplified procedure for an expediente: sealed and notified to its person (INS-11).

    From the day after that notice thirty working days are counted to resolve, when that is earlier.
    opposable: false for a minor infringement, against which the person cannot oppose it (art. 96.5).
    Raises NotFound, BadInput without a reason, RuleBroken when it has no term or is simplified already.
    """
    row = going_on(act, expediente_id)
    own_unit(act, row)
    why = checked_reason(act, reason)
    term = None if row.deadline_id is None else act.get(Deadline, row.deadline_id)
    if term is None or term.state not in RUNNING:
        raise RuleBroken("El expediente no tiene un plazo para resolver en curso que simplificar.")
    if standing(act.session, row.id) is not None:
        raise RuleBroken("Ya está acordada la tramitación simplificada de este expediente.")
    found = Simplification(
        expediente_id=row.id,
        state=SimplifiedState.AGREED.value,
        reason=why,
        opposable=opposable,
        agreed_at=act.now,
        ordinary={},
    )
    act.session.add(found)
    act.session.flush()
    own = make_own_act(
        act.as_system(row.procedure_key),
        row,
        OwnActKind.SIMPLIFIED,
        found.id,
        Wording(
            template=_TEMPLATE,
            title="Acuerdo de tramitación simplificada",
            subject="Acuerdo sobre la tramitación del expediente",
            fields={"motivo": why, "oponible": opposable},
        ),
    )
    act.note(document=own.document_id, opposable=opposable)
    return found


@operation("expedientes.oppose_simplified", basis="art. 96.2 de la Ley 39/2015")
def oppose_simplified(act: Act, *, expediente_id: UUID, text: str) -> Presented:
    """The person opposes the simplified procedure: registered, and the ordinary one goes on at once.

    Raises NotFound when it is not theirs or it is not simplified, RuleBroken for a minor infringement.
    """
    found = act.get(Expediente, expediente_id)
    if found.person_id is None or found.person_id != act.actor.interested_id:
        raise NotFound
    require_power(act, found.procedure_key)
    row = going_on(act, expediente_id)
    simplified = _standing(act, row)
    if not simplified.opposable:
        raise RuleBroken(
            "En las infracciones leves no cabe oponerse a la tramitación simplificada."
        )
    wording = text.strip()
    if len(wording) > 10_000:
        message = "El texto pasa de 10.000 caracteres: acórtelo."
        raise BadInput(message, (("text", message),))
    entry = present(
        act,
        row,
        Contribution(
            subject=f"Oposición a la tramitación simplificada del expediente {row.number}",
            contents=(Section("Oposición", (("Motivo", wording or "No se indica"),)),),
            documents=(),
        ),
    )
    _give_up(act, row, simplified, "La persona interesada se ha opuesto.", opposed=True)
    act.note(entry=entry.code)
    return Presented(entry.id, entry.code, row.id)


@operation("expedientes.make_ordinary", basis="arts. 96.1 y 96.7 de la Ley 39/2015")
def make_ordinary(act: Act, *, expediente_id: UUID, reason: str) -> None:
    """Go on by the ordinary procedure: a step that the simplified one does not have is needed, or another
    reason. Raises NotFound when it is not simplified, BadInput without a reason."""
    row = going_on(act, expediente_id)
    own_unit(act, row)
    _give_up(act, row, _standing(act, row), checked_reason(act, reason), opposed=False)


def _standing(act: Act, row: Expediente) -> Simplification:
    found = standing(act.session, row.id)
    if found is None:
        raise NotFound("Este expediente no sigue la tramitación simplificada.")
    return act.lock(Simplification, found.id)


def _give_up(
    act: Act, row: Expediente, simplified: Simplification, why: str, *, opposed: bool
) -> None:
    system = act.as_system(row.procedure_key)
    drop_waiting(system, simplified.id)
    back_to_ordinary(system, simplified)
    simplified.state, simplified.ended_at = SimplifiedState.ORDINARY.value, act.now
    simplified.end_reason, simplified.opposed = why, opposed
    act.session.flush()
