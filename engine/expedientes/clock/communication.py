"""The communication of art. 21.4: the maximum term, its silence, when the organ received it."""

from __future__ import annotations

from pathlib import Path

from engine.deadlines.models import Deadline
from engine.documents.codes import DocumentKind
from engine.documents.models import Document
from engine.documents.operations import render_document
from engine.documents.services import standard_context
from engine.expedientes.models import Expediente
from engine.expedientes.templates import context_of
from engine.operation import Act
from engine.people.models import Unit
from engine.procedures.queries import procedure

TEMPLATE = Path(__file__).parent / "documents" / "communication.html"


def render_communication(act: Act, row: Expediente, reference: str | None) -> Document:
    """The document, whose PDF is made and sealed by job. Part of operations of the town hall itself."""
    known = procedure(act.session, row.procedure_key, row.procedure_version)
    unit = act.get(Unit, row.unit_id)
    term = None if row.deadline_id is None else act.get(Deadline, row.deadline_id)
    return render_document(
        act,
        template="expedientes/communication",
        source=TEMPLATE.read_text(encoding="utf-8"),
        context={
            **standard_context(act),
            **context_of(act.session, row, known, unit.name),
            "plazo": None
            if term is None
            else {
                "inicio": term.derivation.get("effective_start", term.starts_at.isoformat()),
                "ultimo_dia": term.due_at,
            },
        },
        title=f"Comunicación del plazo y del silencio del expediente {row.number}",
        kind=DocumentKind.COMMUNICATION,
        expediente_id=row.id,
        person_id=row.person_id,
        unit_name=unit.name,
        references=(("Expediente", row.number),),
        seal=True,
        reference=reference,
    )
