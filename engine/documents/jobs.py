"""Slow work on documents, outside any transaction: PDFs, seals, malware scans."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import engine.documents.evidence  # noqa: F401 - registers what the verification asks for
from engine.documents.codes import DocumentKind
from engine.documents.composition import ComposedDocument
from engine.documents.models import (
    Document,
    DocumentAttachment,
    DocumentState,
)
from engine.documents.operations import quarantine, rendered, sealed
from engine.documents.pdf import EmbeddedFile, Sheet, to_pdf
from engine.documents.scanning import scanner_of
from engine.documents.sealing import seal_pdf
from engine.documents.secure_codes import reveal
from engine.jobs import job
from engine.townhall import Call, TownHall


@dataclass(frozen=True)
class _Draft:
    sha256: str
    data: bytes
    sheet: Sheet
    attachments: tuple[EmbeddedFile, ...]
    body: str


@job("documents.render")
def render(call: Call, *, document_id: str) -> None:
    """Make the PDF of a composed document."""
    draft = _read_draft(call.townhall, UUID(document_id))
    if draft is None:
        return
    pdf = to_pdf(draft.body, draft.sheet, call.townhall.settings, draft.attachments)
    call.townhall.storage.put(call.townhall.settings.entity_id, pdf)
    rendered(call, document_id=UUID(document_id), from_sha256=draft.sha256, data=pdf)


def _read_draft(townhall: TownHall, document_id: UUID) -> _Draft | None:
    entity_id = townhall.settings.entity_id
    with townhall.database.reading() as session:
        document = session.get(Document, (entity_id, document_id))
        if document is None or document.state != DocumentState.DRAFT:
            return None
        data = townhall.storage.get(entity_id, document.sha256)
        composed = ComposedDocument.from_bytes(data)
        sheet = Sheet(
            title=document.title,
            kind_label=DocumentKind(document.kind).label,
            unit_name=composed.unit_name,
            created_at=document.captured_at,
            code=reveal(townhall, session, document_id),
            references=composed.references,
            language=composed.language,
        )
        return _Draft(
            document.sha256, data, sheet, _embedded(townhall, session, document_id), composed.body
        )


def _embedded(townhall: TownHall, session: Session, document_id: UUID) -> tuple[EmbeddedFile, ...]:
    rows = session.scalars(
        select(DocumentAttachment)
        .where(DocumentAttachment.document_id == document_id)
        .order_by(DocumentAttachment.id)
    )
    return tuple(
        EmbeddedFile(
            name=row.name,
            description=row.description,
            media_type=row.media_type,
            data=townhall.storage.get(townhall.settings.entity_id, row.sha256),
            relationship=row.relationship,
        )
        for row in rows
    )


@job("documents.seal")
def seal(call: Call, *, document_id: str) -> None:
    """Put the organ's seal on a PDF; without a time stamp it is sealed too, to be raised."""
    entity_id = call.townhall.settings.entity_id
    with call.townhall.database.reading() as session:
        document = session.get(Document, (entity_id, UUID(document_id)))
    if document is None or document.state != DocumentState.FINAL or not document.seal_requested:
        return
    data = call.townhall.storage.get(entity_id, document.sha256)
    signed = seal_pdf(call.townhall, data)
    call.townhall.storage.put(entity_id, signed.data)
    sealed(call, document_id=document.id, from_sha256=document.sha256, signed=signed)


@job("documents.scan")
def scan(call: Call, *, document_id: str) -> None:
    """Look for malware in a file that came from outside; what has it is put in quarantine."""
    scanner = scanner_of(call.townhall)
    entity_id = call.townhall.settings.entity_id
    with call.townhall.database.reading() as session:
        document = session.get(Document, (entity_id, UUID(document_id)))
    if scanner is None or document is None or document.state == DocumentState.QUARANTINED:
        return
    finding = scanner.scan(call.townhall.storage.get(entity_id, document.sha256))
    if finding is not None:
        quarantine(call, document_id=document.id, finding=finding)
