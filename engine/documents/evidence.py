"""What the audit verification asks of documents: every version's bytes, unchanged."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.documents.models import Document, DocumentAttachment, DocumentVersion
from engine.record.evidence import Claim, Evidence, claim_source, evidence_source


@evidence_source
def document_versions(session: Session) -> Iterator[Evidence]:
    """Every version of every document."""
    rows = session.execute(
        select(Document.id, Document.title, DocumentVersion.number, DocumentVersion.sha256)
        .join(
            DocumentVersion,
            (DocumentVersion.entity_id == Document.entity_id)
            & (DocumentVersion.document_id == Document.id),
        )
        .order_by(Document.id, DocumentVersion.number)
        .execution_options(yield_per=500)
    )
    for document_id, title, number, sha256 in rows:
        yield Evidence("documento", f"{document_id}/{number}", title, sha256)


@evidence_source
def embedded_files(session: Session) -> Iterator[Evidence]:
    """Every file that goes inside a composed document."""
    rows = session.execute(
        select(DocumentAttachment.document_id, DocumentAttachment.name, DocumentAttachment.sha256)
        .order_by(DocumentAttachment.id)
        .execution_options(yield_per=500)
    )
    for document_id, name, sha256 in rows:
        yield Evidence("fichero incrustado", f"{document_id}/{name}", name, sha256)


_WRITERS = frozenset(
    {
        "documents.add_document",
        "documents.render_document",
        "documents.rendered",
        "documents.sealed",
        "documents.upgraded",
        "signing.applied",
    }
)


@claim_source(_WRITERS, "sha256")
def current_hashes(session: Session) -> Iterator[Claim]:
    """Every version of every document: some act named its hash."""
    rows = session.execute(
        select(Document.id, Document.title, DocumentVersion.sha256)
        .join(
            DocumentVersion,
            (DocumentVersion.entity_id == Document.entity_id)
            & (DocumentVersion.document_id == Document.id),
        )
        .order_by(Document.id, DocumentVersion.number)
        .execution_options(yield_per=500)
    )
    for document_id, title, sha256 in rows:
        yield Claim("El documento", title, "document", str(document_id), sha256)
