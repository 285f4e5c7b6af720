"""Reads of documents: who may see which, their versions, their signatures, their bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, false, not_, or_, select, true
from sqlalchemy.orm import Session

from engine.audit.models import AuditEvent
from engine.documents.codes import DocumentKind
from engine.documents.holds import held_for, released_to
from engine.documents.models import (
    Document,
    DocumentSignature,
    DocumentState,
    DocumentVersion,
    Visibility,
)
from engine.errors import NotFound
from engine.permissions import Actor, ActorKind
from engine.townhall import TownHall

READ_ANY = "documents.read_any"
"""Permission to read documents that are in no expediente yet: the registry, the secretary."""

_IN_FORCE = (DocumentState.FINAL.value, DocumentState.SEALED.value)


@dataclass(frozen=True)
class DocumentRow:
    """A document as lists and pages show it."""

    id: UUID
    expediente_id: UUID | None
    person_id: UUID | None
    eni_id: str
    title: str
    kind: DocumentKind
    origin: str
    elaboration_state: str
    name: str
    media_type: str
    size: int
    sha256: str
    captured_at: datetime
    state: DocumentState
    visibility: Visibility
    organ: str
    template: str | None
    missing: tuple[str, ...]
    version: int

    @property
    def ready(self) -> bool:
        """Whether its bytes can be shown: a draft's PDF is still being made."""
        return self.state in _IN_FORCE


@dataclass(frozen=True)
class VersionRow:
    """One of the bytes that a document had."""

    number: int
    sha256: str
    size: int
    media_type: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class SignatureRow:
    """A signature or seal of a document."""

    kind: str
    level: str
    signer_name: str
    official_id: UUID | None
    certificate: str
    signed_at: datetime
    upgrade_pending: bool
    version: int


def document(
    session: Session,
    document_id: UUID,
    actor: Actor,
    expedientes: Iterable[UUID] = (),
) -> DocumentRow:
    """One document; raises NotFound for what the actor may not see.

    expedientes: those that the actor has access to; the caller's room knows them.
    """
    row = session.scalar(
        _visible(select(Document), actor, expedientes).where(Document.id == document_id)
    )
    if row is None:
        raise NotFound
    return document_row(row)


def documents_of(
    session: Session, expediente_id: UUID, actor: Actor, expedientes: Iterable[UUID]
) -> tuple[DocumentRow, ...]:
    """The documents of an expediente that the actor may see, oldest first."""
    rows = session.scalars(
        _visible(select(Document), actor, expedientes)
        .where(Document.expediente_id == expediente_id)
        .order_by(Document.captured_at, Document.id)
    )
    return tuple(document_row(row) for row in rows)


def documents_by_id(session: Session, identifiers: Iterable[UUID]) -> tuple[DocumentRow, ...]:
    """These documents in this order, for rooms that decide the access themselves."""
    wanted = tuple(identifiers)
    rows = {
        row.id: document_row(row)
        for row in session.scalars(select(Document).where(Document.id.in_(wanted)))
    }
    missing = [identifier for identifier in wanted if identifier not in rows]
    if missing:
        raise NotFound("Alguno de los documentos no existe.")
    return tuple(rows[identifier] for identifier in wanted)


def _visible(
    statement: Select[Document], actor: Actor, expedientes: Iterable[UUID]
) -> Select[Document]:
    """The rows that the actor may see; deny by default. A citizen reads nothing that is held."""
    published = and_(Document.visibility == Visibility.PUBLIC.value, Document.state.in_(_IN_FORCE))
    accessible = tuple(expedientes)
    in_theirs = Document.expediente_id.in_(accessible) if accessible else false()
    match actor.kind:
        case ActorKind.SYSTEM:
            return statement
        case ActorKind.OFFICIAL:
            rules = [published, in_theirs]
            if actor.may(READ_ANY):
                rules.append(Document.expediente_id.is_(None))
            return statement.where(or_(*rules))
        case ActorKind.CITIZEN:
            own = and_(
                Document.person_id == actor.interested_id,
                Document.visibility != Visibility.INTERNAL.value,
            )
            theirs = and_(in_theirs, Document.visibility != Visibility.INTERNAL.value)
            shown = Document.state.not_in(
                [DocumentState.QUARANTINED.value, DocumentState.WITHDRAWN.value]
            )
            notified = released_to(actor.interested_id)
            held = held_for(actor.interested_id)
            # A power for some procedures reaches their expedientes, and what is in none yet.
            reached = or_(in_theirs, Document.expediente_id.is_(None))
            within = true() if actor.procedures is None else reached
            mine = and_(or_(own, theirs, notified), within, shown)
            return statement.where(or_(published, mine), not_(held))
        case _:
            return statement.where(published)


def document_row(row: Document) -> DocumentRow:
    """The row of a table as pages receive it."""
    return DocumentRow(
        id=row.id,
        expediente_id=row.expediente_id,
        person_id=row.person_id,
        eni_id=row.eni_id,
        title=row.title,
        kind=DocumentKind(row.kind),
        origin=row.origin,
        elaboration_state=row.elaboration_state,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        captured_at=row.captured_at,
        state=DocumentState(row.state),
        visibility=Visibility(row.visibility),
        organ=row.organ,
        template=row.template,
        missing=tuple(row.missing),
        version=row.version,
    )


def versions(session: Session, document_id: UUID) -> tuple[VersionRow, ...]:
    """Every version of a document's bytes, oldest first."""
    rows = session.scalars(
        select(DocumentVersion)
        .where(DocumentVersion.document_id == document_id)
        .order_by(DocumentVersion.number)
    )
    return tuple(
        VersionRow(row.number, row.sha256, row.size, row.media_type, row.reason, row.at)
        for row in rows
    )


def signatures(session: Session, document_id: UUID) -> tuple[SignatureRow, ...]:
    """The signatures and seals of a document, in the order in which they were put."""
    return signatures_of(session, [document_id]).get(document_id, ())


def signatures_of(
    session: Session, document_ids: Iterable[UUID]
) -> dict[UUID, tuple[SignatureRow, ...]]:
    """The signatures and seals of several documents, by document."""
    found: dict[UUID, list[SignatureRow]] = {}
    for row in session.scalars(
        select(DocumentSignature)
        .where(DocumentSignature.document_id.in_(tuple(document_ids)))
        .order_by(DocumentSignature.signed_at, DocumentSignature.id)
    ):
        found.setdefault(row.document_id, []).append(_signature_row(row))
    return {key: tuple(rows) for key, rows in found.items()}


def _signature_row(row: DocumentSignature) -> SignatureRow:
    return SignatureRow(
        kind=row.kind,
        level=row.level,
        signer_name=row.signer_name,
        official_id=row.official_id,
        certificate=row.certificate,
        signed_at=row.signed_at,
        upgrade_pending=row.upgrade_pending,
        version=row.number,
    )


def binding_event(session: Session, document_id: UUID) -> UUID | None:
    """The audit event of the act that made the current bytes: the first that names their hash."""
    sha256 = session.scalar(select(Document.sha256).where(Document.id == document_id))
    if sha256 is None:
        return None
    events = session.execute(
        select(AuditEvent.id, AuditEvent.body)
        .where(AuditEvent.object_kind == "document", AuditEvent.object_id == str(document_id))
        .order_by(AuditEvent.at, AuditEvent.id)
    )
    wanted = sha256.encode("ascii")
    return next((event_id for event_id, body in events if wanted in body), None)


def content(townhall: TownHall, row: DocumentRow | Document) -> bytes:
    """The current bytes; raises NotFound while the PDF is being made, or in quarantine."""
    if row.state not in _IN_FORCE and row.state != DocumentState.WITHDRAWN:
        raise NotFound("El documento no se puede abrir en este momento.")
    return townhall.storage.get(townhall.settings.entity_id, row.sha256)
