"""Part of the withdrawal: the writing that is signed, and the resolution that accepts it (art. 94).

The resolution is notified, as any other (arts. 21.1, 40 and 94.4 of Ley 39/2015): engine/notifications
does it once it is sealed, and the expediente is closed when that notification ends.
"""

from __future__ import annotations

from pathlib import Path

import rfc8785
from sqlalchemy import select

from engine.audit.events import canonical_instant
from engine.clock import madrid_date
from engine.documents.codes import DocumentKind, Origin
from engine.documents.holds import withhold
from engine.documents.models import Document
from engine.documents.operations import add_document, render_document
from engine.documents.services import standard_context
from engine.expedientes.access import representative_of
from engine.expedientes.consent import (
    EVIDENCE_TYPE,
    Identification,
    consent_text,
    seal_consent,
)
from engine.expedientes.contributions import Contribution
from engine.expedientes.models import Expediente
from engine.operation import Act
from engine.people.models import Person, Unit
from engine.registry.models import AttachmentKind, RegistryEntry
from engine.registry.operations import Attached
from engine.registry.receipt import Section
from engine.signing import operations as signing
from engine.signing.models import RequestState, SignatureRequest
from forms.canonical import fingerprint

RESOLUTION_TEMPLATE = "expedientes/withdrawal"
"""What the resolutions that accept a withdrawal are known by."""

TEMPLATE = Path(__file__).parent / "documents" / "withdrawal.html"
_NO_REASON = "No se indica"


def withdrawal_document(
    act: Act, row: Expediente, reason: str, identification: Identification
) -> Contribution:
    """The writing as canonical JSON with the evidence of its consent, to be registered."""
    data = rfc8785.dumps(
        {
            "v": 1,
            "act": "withdrawal",
            "expediente": row.number,
            "person": str(row.person_id),
            "representative": _text(representative_of(act.actor)),
            "reason": reason,
            "at": canonical_instant(act.now),
        }
    )
    evidence = seal_consent(
        act,
        purpose="withdrawal",
        subject_id=row.id,
        sha256=fingerprint(data),
        identification=identification,
        consent=consent_text(madrid_date(act.now)),
    )
    writing = add_document(
        act,
        title=f"Desistimiento del expediente {row.number}",
        kind=DocumentKind.CITIZEN_COMMUNICATION,
        origin=Origin.CITIZEN,
        media_type="application/json",
        name="desistimiento.json",
        data=data,
        expediente_id=row.id,
    )
    proof = add_document(
        act.as_system(row.procedure_key),
        title="Prueba de la firma del desistimiento",
        kind=DocumentKind.OTHER,
        origin=Origin.ADMINISTRATION,
        media_type=EVIDENCE_TYPE,
        name="consentimiento.jws",
        data=evidence,
        expediente_id=row.id,
        person_id=row.person_id,
    )
    return Contribution(
        subject=f"Desistimiento en el expediente {row.number}",
        contents=(
            Section(
                "Desistimiento",
                (("Desiste de", row.title), ("Motivo", reason or _NO_REASON)),
            ),
        ),
        documents=(
            Attached(writing.id, AttachmentKind.FORM),
            Attached(proof.id, AttachmentKind.INTERNAL),
        ),
    )


def drop_signatures(act: Act, row: Expediente) -> None:
    """Take back what waits to be signed in it; raises RuleBroken while a signature is being put."""
    waiting = act.session.scalars(
        select(SignatureRequest.document_id)
        .join(Document, Document.id == SignatureRequest.document_id)
        .where(
            Document.expediente_id == row.id,
            SignatureRequest.state.in_([RequestState.PENDING.value, RequestState.SIGNING.value]),
        )
        .order_by(SignatureRequest.document_id)
        .distinct()
    ).all()
    for document_id in waiting:
        signing.withdraw(act, document_id=document_id, reason="Desistimiento")


def accept_withdrawal(act: Act, row: Expediente, entry: RegistryEntry) -> None:
    """The resolution that accepts it outright, rendered and sealed by job; act: of the system.

    Nobody of the parties reads it before it is notified.
    """
    person = act.get(Person, row.person_id) if row.person_id is not None else None
    unit = act.get(Unit, row.unit_id)
    resolution = render_document(
        act,
        template=RESOLUTION_TEMPLATE,
        source=TEMPLATE.read_text(encoding="utf-8"),
        context={
            **standard_context(act),
            "expediente": {"numero": row.number, "titulo": row.title},
            "interesado": {
                "nombre": "" if person is None else person.display_name,
                "documento": "" if person is None else person.document_number,
            },
            "registro": {"codigo": entry.code, "presentada": entry.presented_at},
            "unidad": unit.name,
        },
        title=f"Resolución que acepta el desistimiento en el expediente {row.number}",
        kind=DocumentKind.RESOLUTION,
        expediente_id=row.id,
        person_id=row.person_id,
        unit_name=unit.name,
        references=(("Expediente", row.number),),
        seal=True,
    )
    for party in (row.person_id, row.representative_id):
        if party is not None:
            withhold(act, document_id=resolution.id, person_id=party)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
