"""The receipt of an entry (justificante, art. 16.3 of Ley 39/2015): what it says and what it copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.documents.codes import DocumentKind
from engine.documents.models import Visibility
from engine.documents.pdf import EmbeddedFile
from engine.documents.templates import day, instant
from engine.operation import Act
from engine.people.models import Person
from engine.registry.models import (
    AttachmentKind,
    Book,
    PhysicalDocuments,
    RegistryAttachment,
    RegistryEntry,
)
from engine.settings import Town

TEMPLATE = Path(__file__).parent / "templates" / "receipt.html"
_MAX_COPIED_BYTES = 5_000_000
_KINDS = {
    AttachmentKind.FORM: "Formulario",
    AttachmentKind.ATTACHED: "Documento adjunto",
    AttachmentKind.INTERNAL: "Fichero técnico",
}
_PHYSICAL = {
    PhysicalDocuments.REQUIRED: "Se entrega documentación en papel, necesaria",
    PhysicalDocuments.COMPLEMENTARY: "Se entrega documentación en papel, complementaria",
}


@dataclass(frozen=True)
class Section:
    """A section of the filing as the receipt copies it: its title, and label and value pairs."""

    title: str
    fields: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """As the entry keeps it."""
        fields = [{"label": label, "value": value} for label, value in self.fields]
        return {"title": self.title, "fields": fields}


@dataclass(frozen=True)
class ReceiptParts:
    """What `documents.render_document` is asked, and the files that the receipt copies inside."""

    arguments: dict[str, Any]
    copies: tuple[EmbeddedFile, ...]


def receipt_document(
    act: Act, entry: RegistryEntry, attachments: Sequence[RegistryAttachment]
) -> ReceiptParts:
    """The receipt of an entry, to be rendered and sealed."""
    is_exit = entry.book == Book.EXIT
    title = f"Justificante de {'salida' if is_exit else 'presentación'} {entry.code}"
    context = {
        "ayuntamiento": act.settings.town.name,
        "exit": is_exit,
        "code": entry.code,
        "office": entry.office,
        "office_name": entry.office_name,
        "presented_at": entry.presented_at,
        "effective_at": entry.effective_at,
        "person": _person(act, entry.person_id),
        "representative": _person(act, entry.representative_id),
        "unit_name": entry.unit_name,
        "unit_dir3": entry.unit_dir3,
        "subject": entry.subject,
        "sia": entry.sia,
        "external_reference": entry.external_reference,
        "physical": _PHYSICAL.get(PhysicalDocuments(entry.physical_documents)),
        "term_start": term_start(entry, act.settings.town),
        "notes": entry.notes,
        "contents": entry.contents,
        "attachments": [
            {
                "position": item.position,
                "name": item.name,
                "kind": _KINDS[AttachmentKind(item.kind)],
                "media_type": item.media_type,
                "size": item.size,
                "sha256": item.sha256,
            }
            for item in attachments
        ],
    }
    arguments = {
        "template": "registry/receipt",
        "source": TEMPLATE.read_text(encoding="utf-8"),
        "context": context,
        "title": title,
        "kind": DocumentKind.ACKNOWLEDGEMENT,
        "expediente_id": entry.expediente_id,
        "person_id": entry.person_id,
        "unit_name": entry.office_name,
        "visibility": Visibility.PARTIES,
    }
    return ReceiptParts(arguments, _copies(act, attachments))


def term_start(entry: RegistryEntry, town: Town) -> str:
    """The sentence that tells the filer when terms begin (PLZ-9, PLZ-10; art. 31.2.c)."""
    law = "(artículos 21.3.b y 31.2 de la Ley 39/2015)"
    if entry.effective_at is None:
        return (
            "Aún no está publicado el calendario de días inhábiles que corresponde. El plazo para "
            "resolver y notificar se cuenta desde el día de la presentación, si es hábil, o desde "
            f"el primer día hábil siguiente {law}."
        )
    moved = entry.effective_at != entry.presented_at
    if not moved:
        return f"El plazo para resolver y notificar se cuenta desde el {day(entry.presented_at)} {law}."
    starts: datetime = entry.presented_at if town.filing_term_from == "real" else entry.effective_at
    return (
        f"Se presentó en un día inhábil ({entry.closed_because}): a efectos de plazos se entiende "
        f"presentado el {instant(entry.effective_at)}, y el plazo para resolver y notificar se "
        f"cuenta desde el {day(starts)} {law}."
    )


def _person(act: Act, identifier: Any) -> dict[str, str] | None:
    if identifier is None:
        return None
    person = act.get(Person, identifier)
    return {"name": person.display_name, "document": person.document_number}


def _copies(act: Act, attachments: Sequence[RegistryAttachment]) -> tuple[EmbeddedFile, ...]:
    """The forms filed, inside the receipt: the copy that art. 16.3 asks for."""
    copies, room = [], _MAX_COPIED_BYTES
    for item in attachments:
        if item.kind != AttachmentKind.FORM or item.size > room:
            continue
        room -= item.size
        copies.append(
            EmbeddedFile(
                name=f"{item.position:02d}-{item.name}",
                description=f"Copia de «{item.name}», registrado con el número de este justificante",
                media_type=item.media_type,
                data=act.storage.get(act.entity_id, item.sha256),
                relationship="Source",
            )
        )
    return tuple(copies)
