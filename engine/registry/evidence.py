"""What the audit verification asks of the registry: every entry is as its act left it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.documents.models import Document
from engine.record.evidence import Claim, claim_source
from engine.registry.models import RegistryAttachment, RegistryEntry
from engine.registry.summary import BoundDocument, summary_of, summary_sha256


@claim_source(frozenset({"registry.enter", "registry.settle_effective"}), "summary_sha256")
def entries(session: Session) -> Iterator[Claim]:
    """Every entry of both books, with the hash of what it says now."""
    bound: dict[object, list[BoundDocument]] = {}
    for entry_id, eni_id, sha256 in session.execute(
        select(RegistryAttachment.entry_id, Document.eni_id, RegistryAttachment.sha256)
        .join(Document, Document.id == RegistryAttachment.document_id)
        .order_by(RegistryAttachment.entry_id, RegistryAttachment.position)
    ):
        bound.setdefault(entry_id, []).append(BoundDocument(eni_id, sha256))
    rows = session.scalars(
        select(RegistryEntry).order_by(RegistryEntry.id).execution_options(yield_per=500)
    )
    for row in rows:
        value = summary_sha256(summary_of(row, bound.get(row.id, ())))
        yield Claim("El asiento registral", row.code, "registry_entry", str(row.id), value)


@claim_source(frozenset({"registry.enter"}), "subject")
def subjects(session: Session) -> Iterator[Claim]:
    """Every entry's subject, which the record keeps beside the event and commits to."""
    rows = session.execute(
        select(RegistryEntry.id, RegistryEntry.code, RegistryEntry.subject)
        .order_by(RegistryEntry.id)
        .execution_options(yield_per=500)
    )
    for entry_id, code, subject in rows:
        yield Claim("El asunto del asiento", code, "registry_entry", str(entry_id), subject)
