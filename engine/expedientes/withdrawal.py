"""Part of the withdrawal or waiver: the writing that is signed, the resolution that accepts it (art. 94).

The resolution is notified, as any other (arts. 21.1, 40 and 94.4 of Ley 39/2015): engine/notifications
does it once it is sealed, and the expediente is closed when that notification ends.
"""

from __future__ import annotations

from enum import StrEnum
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

_DOCUMENTS = Path(__file__).parent / "documents"
_NO_REASON = "No se indica"


class Leaving(StrEnum):
    """How a person ends what they asked for (art. 94): it alone, or the right that it was about too."""

    WITHDRAWAL = "withdrawal"
    WAIVER = "waiver"

    @property
    def noun(self) -> str:
        """As titles say it."""
        return "Desistimiento" if self is Leaving.WITHDRAWAL else "Renuncia"

    @property
    def told(self) -> str:
        """What the receipt says before the title of the expediente."""
        return "Desiste de" if self is Leaving.WITHDRAWAL else "Renuncia a lo pedido en"

    @property
    def resolution(self) -> str:
        """What the title of its resolution says that is accepted."""
        return "el desistimiento" if self is Leaving.WITHDRAWAL else "la renuncia"

    @property
    def template(self) -> str:
        """What its resolution is known by."""
        return f"expedientes/{self.value}"


RESOLUTION_TEMPLATES = tuple(each.template for each in Leaving)
"""What the resolutions that accept a withdrawal or a waiver are known by."""


def withdrawal_document(
    act: Act, row: Expediente, leaving: Leaving, reason: str, identification: Identification
) -> Contribution:
    """The writing as canonical JSON with the evidence of its consent, to be registered."""
    data = rfc8785.dumps(
        {
            "v": 1,
            "act": leaving.value,
            "expediente": row.number,
            "person": str(row.person_id),
            "representative": _text(representative_of(act.actor)),
            "reason": reason,
            "at": canonical_instant(act.now),
        }
    )
    evidence = seal_consent(
        act,
        purpose=leaving.value,
        subject_id=row.id,
        sha256=fingerprint(data),
        identification=identification,
        consent=consent_text(madrid_date(act.now)),
    )
    writing = add_document(
        act,
        title=f"{leaving.noun} en el expediente {row.number}",
        kind=DocumentKind.CITIZEN_COMMUNICATION,
        origin=Origin.CITIZEN,
        media_type="application/json",
        name=f"{leaving.noun.lower()}.json",
        data=data,
        expediente_id=row.id,
    )
    proof = add_document(
        act.as_system(row.procedure_key),
        title=f"Prueba de la firma de {leaving.noun.lower()}",
        kind=DocumentKind.OTHER,
        origin=Origin.ADMINISTRATION,
        media_type=EVIDENCE_TYPE,
        name="consentimiento.jws",
        data=evidence,
        expediente_id=row.id,
        person_id=row.person_id,
    )
    return Contribution(
        subject=f"{leaving.noun} en el expediente {row.number}",
        contents=(
            Section(
                leaving.noun,
                ((leaving.told, row.title), ("Motivo", reason or _NO_REASON)),
            ),
        ),
        documents=(
            Attached(writing.id, AttachmentKind.FORM),
            Attached(proof.id, AttachmentKind.INTERNAL),
        ),
    )


def drop_signatures(act: Act, row: Expediente, reason: str = "Desistimiento") -> None:
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
        signing.withdraw(act, document_id=document_id, reason=reason)


def accept_withdrawal(act: Act, row: Expediente, leaving: Leaving, entry: RegistryEntry) -> None:
    """The resolution that accepts it outright, rendered and sealed by job; act: of the system.

    Nobody of the parties reads it before it is notified.
    """
    person = act.get(Person, row.person_id) if row.person_id is not None else None
    unit = act.get(Unit, row.unit_id)
    resolution = render_document(
        act,
        template=leaving.template,
        source=(_DOCUMENTS / f"{leaving.value}.html").read_text(encoding="utf-8"),
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
        title=f"Resolución que acepta {leaving.resolution} en el expediente {row.number}",
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
