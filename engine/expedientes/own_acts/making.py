"""Part of operations: an act made and sealed by the engine, and what its notification begins.

Notifying it is the work of engine/notifications, which stands above: it looks for what is sealed and
calls `expedientes.own_act_notified` when the notification ends, whatever the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from engine.documents.codes import DocumentKind
from engine.documents.holds import withhold
from engine.documents.operations import render_document
from engine.documents.services import standard_context
from engine.errors import RuleBroken
from engine.expedientes.models import WITHDRAWING, Expediente, ExpedienteState
from engine.expedientes.own_acts.models import OwnAct, OwnActKind
from engine.operation import Act
from engine.people.models import Person, Unit

Effect = Callable[[Act, OwnAct, datetime], None]
EFFECTS: dict[OwnActKind, Effect] = {}
"""What each kind of act begins when it is notified; the act is of the system."""


def when_notified(kind: OwnActKind) -> Callable[[Effect], Effect]:
    """Declare what the notification of a kind of act begins, at the instant at which it ended."""

    def declare(effect: Effect) -> Effect:
        EFFECTS[kind] = effect
        return effect

    return declare


@dataclass(frozen=True)
class Wording:
    """How an act is written: its template, its title, what the notice says, its fields."""

    template: Path
    title: str
    subject: str
    fields: Mapping[str, Any]
    kind: DocumentKind = DocumentKind.COMMUNICATION
    purpose: str = "notification"


def make_own_act(
    act: Act, row: Expediente, kind: OwnActKind, cause_id: UUID, wording: Wording
) -> OwnAct:
    """Render and seal an act by job, and leave it to be notified; act: of the system.

    Nobody of the parties reads it before it is notified.
    """
    if row.person_id is None:
        raise RuleBroken("El expediente no tiene persona interesada a quien notificar.")
    person, unit = act.get(Person, row.person_id), act.get(Unit, row.unit_id)
    document = render_document(
        act,
        template=f"expedientes/{wording.template.stem}",
        source=wording.template.read_text(encoding="utf-8"),
        context={
            **standard_context(act),
            "expediente": {"numero": row.number, "titulo": row.title},
            "interesado": {"nombre": person.display_name, "documento": person.document_number},
            "unidad": unit.name,
            **wording.fields,
        },
        title=f"{wording.title} en el expediente {row.number}",
        kind=wording.kind,
        expediente_id=row.id,
        person_id=row.person_id,
        unit_name=unit.name,
        references=(("Expediente", row.number),),
        seal=True,
    )
    for party in (row.person_id, row.representative_id):
        if party is not None:
            withhold(act, document_id=document.id, person_id=party)
    made = OwnAct(
        expediente_id=row.id,
        document_id=document.id,
        kind=kind.value,
        subject=f"{wording.subject} {row.number}",
        purpose=wording.purpose,
        cause_id=cause_id,
        made_at=act.now,
    )
    act.session.add(made)
    act.session.flush()
    return made


def going_on(act: Act, expediente_id: UUID) -> Expediente:
    """An expediente, locked, that has not ended and was not withdrawn; raises NotFound and RuleBroken."""
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    if row.state == ExpedienteState.CLOSED.value or row.phase == WITHDRAWING:
        raise RuleBroken("El expediente ya ha terminado, o la persona ha desistido de él.")
    return row
