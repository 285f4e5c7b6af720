"""What happened in an expediente, in plain words: its phases, entries, documents, tasks, its end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, select, true
from sqlalchemy.orm import Session

from engine.audit.models import AuditEvent
from engine.documents.codes import DocumentKind, Origin
from engine.documents.models import Document
from engine.documents.queries import DocumentRow, signatures_of
from engine.expedientes.consent import EVIDENCE_TYPE
from engine.expedientes.models import Expediente, Outcome
from engine.people.models import Official
from engine.procedures.package import Procedure
from engine.registry.models import Book, RegistryEntry
from engine.signing.models import RequestState, SignatureRequest
from engine.workflow.models import WorkItem, WorkState
from engine.workflow.queries import WorkItemRow, items_of

_PHASE = "expedientes.change_phase"
_CLAIM = "workflow.claim"


@dataclass(frozen=True)
class Happening:
    """Something that happened: when, what in a few words, who did it (may be empty), the detail."""

    at: datetime
    title: str
    who: str
    text: str


def happenings(
    session: Session,
    row: Expediente,
    procedure: Procedure,
    documents: Sequence[DocumentRow],
    *,
    staff: bool,
    withheld_since: datetime | None = None,
) -> tuple[Happening, ...]:
    """Everything, oldest first; staff: with the tasks and the names of who did them.

    documents: those that the reader may see. The interested person reads phases, not tasks.
    withheld_since: an act waits since then to be opened by its reader, who is not told by its
    consequences what it decides (art. 43.2 of Ley 39/2015).
    """
    found = [
        Happening(row.opened_at, "Se abrió el expediente", "", f"Con el número {row.number}."),
        *_phases(session, row, procedure, withheld_since),
        *_entries(session, row),
        *_documents(documents),
        *_signatures(session, documents),
        *(_refusals(session, row) if staff else ()),
        *(_tasks(items_of(session, row.id)) if staff else ()),
        *(_out_of_order(session, row) if staff else ()),
        *_end(row, withheld_since),
    ]
    return tuple(sorted(found, key=lambda item: item.at))


def _phases(
    session: Session, row: Expediente, procedure: Procedure, until: datetime | None
) -> Iterator[Happening]:
    events = session.execute(
        select(AuditEvent.at, AuditEvent.body)
        .where(
            AuditEvent.expediente_id == row.id,
            AuditEvent.type == _PHASE,
            AuditEvent.result == "ok",
            true() if until is None else AuditEvent.at <= until,
        )
        .order_by(AuditEvent.at, AuditEvent.id)
    )
    for at, body in events:
        phase = json.loads(body).get("facts", {}).get("phase")
        if phase:
            yield Happening(at, procedure.phase_words(phase), "", "")


def _entries(session: Session, row: Expediente) -> Iterator[Happening]:
    entries = session.scalars(
        select(RegistryEntry)
        .where(RegistryEntry.expediente_id == row.id)
        .order_by(RegistryEntry.presented_at)
    )
    for entry in entries:
        way = "Entrada en el registro" if entry.book == Book.ENTRY.value else "Salida del registro"
        yield Happening(entry.presented_at, f"{way}: {entry.subject}", "", f"Número {entry.code}.")


def _documents(documents: Iterable[DocumentRow]) -> Iterator[Happening]:
    """What the town hall added; what came through the registry, and the proofs, are told otherwise."""
    for document in documents:
        if _is_proof(document):
            continue
        if document.origin == Origin.ADMINISTRATION.value and document.ready:
            yield Happening(
                document.captured_at,
                f"Se incorporó «{document.title}»",
                "",
                document.kind.label,
            )


def _is_proof(document: DocumentRow) -> bool:
    return document.kind is DocumentKind.ACKNOWLEDGEMENT or document.media_type == EVIDENCE_TYPE


def _signatures(session: Session, documents: Sequence[DocumentRow]) -> Iterator[Happening]:
    """Who signed which act; the organ's own seals are part of how a document is made."""
    titles = {document.id: document.title for document in documents}
    for document_id, signatures in signatures_of(session, titles).items():
        for signature in signatures:
            if signature.official_id is not None:
                title = f"Se firmó «{titles[document_id]}»"
                yield Happening(signature.signed_at, title, signature.signer_name, "")


def _refusals(session: Session, row: Expediente) -> Iterator[Happening]:
    """Who did not sign which act, and why."""
    refused = session.execute(
        select(SignatureRequest, Document.title, Official.display_name)
        .join(Document, Document.id == SignatureRequest.document_id)
        .join(Official, Official.id == SignatureRequest.decided_by)
        .where(
            Document.expediente_id == row.id,
            SignatureRequest.state == RequestState.REFUSED.value,
        )
        .order_by(SignatureRequest.decided_at)
    )
    for request, title, name in refused:
        if request.decided_at is not None:
            yield Happening(
                request.decided_at, f"No se firmó «{title}»", name, request.reason or ""
            )


def _tasks(items: Iterable[WorkItemRow]) -> Iterator[Happening]:
    for item in items:
        if item.state is WorkState.DONE and item.completed_at is not None:
            yield Happening(
                item.completed_at,
                f"Tarea hecha: {item.title}",
                item.completed_by_words,
                item.unit_name,
            )


def _out_of_order(session: Session, row: Expediente) -> Iterator[Happening]:
    """Who took a task of it before others that began earlier, and by what order (INS-1)."""
    events = session.execute(
        select(AuditEvent.at, AuditEvent.body, Official.display_name, WorkItem.title)
        .join(Official, Official.id == AuditEvent.actor_id)
        .join(WorkItem, cast(WorkItem.id, String) == AuditEvent.object_id)
        .where(
            AuditEvent.expediente_id == row.id,
            AuditEvent.type == _CLAIM,
            AuditEvent.result == "ok",
        )
        .order_by(AuditEvent.at, AuditEvent.id)
    )
    for at, body, name, title in events:
        said = json.loads(body)
        if said.get("facts", {}).get("out_of_order"):
            yield Happening(
                at, f"Se tomó fuera del orden de inicio: {title}", name, said.get("reason") or ""
            )


def _end(row: Expediente, withheld_since: datetime | None) -> Iterator[Happening]:
    if withheld_since is not None and row.outcome != Outcome.WITHDRAWN:
        return
    if row.closed_at is not None and row.outcome is not None:
        yield Happening(
            row.closed_at, "Terminó el expediente", "", Outcome(row.outcome).label + "."
        )
