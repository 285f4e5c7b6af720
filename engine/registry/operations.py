"""Every change of the registry: an entry or an exit made, annulled, its receipt issued."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from engine.deadlines.calendars import NoCalendarForYear
from engine.deadlines.filing import filing_instant
from engine.documents.models import Document, DocumentState
from engine.documents.operations import render_document
from engine.documents.pdf import EmbeddedFile
from engine.documents.queries import DocumentRow, documents_by_id
from engine.errors import BadInput, NotFound, RuleBroken
from engine.operation import Act, operation
from engine.people.models import Person, Unit
from engine.people.names import sort_key
from engine.permissions import ActorKind
from engine.record.proof_document import PROOF_NAME
from engine.registry.calendar import sede_calendar
from engine.registry.models import (
    AttachmentKind,
    Book,
    Channel,
    EntryState,
    PhysicalDocuments,
    RegistryAttachment,
    RegistryEntry,
)
from engine.registry.numbering import Place, take_place
from engine.registry.receipt import Section, receipt_document
from engine.registry.summary import BoundDocument, summary_of, summary_sha256

MAX_SUBJECT = 240
_MAX_DOCUMENTS = 200


@dataclass(frozen=True)
class Attached:
    """A document that goes with an entry, and as what."""

    document_id: UUID
    kind: AttachmentKind = AttachmentKind.ATTACHED


@operation("registry.enter", basis="art. 16 de la Ley 39/2015")
def enter(
    act: Act,
    *,
    book: Book,
    subject: str,
    unit_id: UUID,
    person_id: UUID | None = None,
    representative_id: UUID | None = None,
    documents: Sequence[UUID | Attached] = (),
    channel: Channel = Channel.SEDE,
    sia: str | None = None,
    expediente_id: UUID | None = None,
    external_reference: str | None = None,
    physical_documents: PhysicalDocuments = PhysicalDocuments.NONE,
    contents: Sequence[Section] = (),
    notes: Sequence[str] = (),
    receipt: bool | None = None,
) -> RegistryEntry:
    """Make an entry or an exit: gapless number, official instant, effective instant.

    documents: their ids (attached documents) or `Attached`; what they hold now is bound by hash;
    contents: the filing section by section, for the receipt; notes: sentences that the receipt
    tells the filer (term, silence); receipt: whether a job issues one, by default for entries.
    Raises BadInput, or NotFound for a person, unit or document that does not exist.
    """
    wording = " ".join(subject.split())
    if not wording or len(wording) > MAX_SUBJECT:
        raise BadInput(f"El asunto debe tener entre 1 y {MAX_SUBJECT} caracteres.")
    _check_filer(act, person_id, representative_id)
    unit = act.get(Unit, unit_id)
    attached = [item if isinstance(item, Attached) else Attached(item) for item in documents]
    rows = _registrable(act, attached, person_id)
    place = take_place(act, book, act.settings.town.office_dir3)
    entry = _entry(act, book, place, unit, wording)
    entry.person_id, entry.representative_id = person_id, representative_id
    entry.channel, entry.physical_documents = channel.value, physical_documents.value
    entry.sia, entry.external_reference = sia, external_reference
    entry.expediente_id = expediente_id
    entry.contents = [section.to_json() for section in contents]
    entry.notes = list(notes)
    facts = summary_of(entry, [BoundDocument(row.eni_id, row.sha256) for row in rows])
    entry.summary_sha256 = summary_sha256(facts)
    act.session.add(entry)
    act.session.flush()
    _attach(act, entry, attached, rows)
    act.about("registry_entry", entry.id, expediente_id)
    act.note(**facts, summary_sha256=entry.summary_sha256)
    act.personal(subject=wording)
    if receipt if receipt is not None else book is Book.ENTRY:
        act.defer("registry.receipt", lock=f"registry:{entry.id}", entry_id=entry.id)
    return entry


def _check_filer(act: Act, person_id: UUID | None, representative_id: UUID | None) -> None:
    for identifier in (person_id, representative_id):
        if identifier is not None:
            act.get(Person, identifier)
    if act.actor.kind is not ActorKind.CITIZEN:
        return
    if person_id is None or person_id != act.actor.interested_id:
        raise NotFound("Solo puede registrar escritos en su nombre o en el de quien representa.")
    if representative_id != (act.actor.id if act.actor.on_behalf_of else None):
        raise NotFound("El escrito no indica bien quién actúa en representación.")


def _registrable(
    act: Act, attached: Sequence[Attached], person_id: UUID | None
) -> tuple[DocumentRow, ...]:
    """The documents, if they can be registered by this actor."""
    if len(attached) > _MAX_DOCUMENTS:
        raise BadInput(f"Un asiento admite como mucho {_MAX_DOCUMENTS} documentos.")
    if len({item.document_id for item in attached}) != len(attached):
        raise BadInput("El mismo documento está adjunto dos veces: quite uno.")
    rows = documents_by_id(act.session, [item.document_id for item in attached])
    for row in rows:
        if act.actor.kind is ActorKind.CITIZEN and row.person_id != person_id:
            raise NotFound("Alguno de los documentos no existe.")
        if row.state in (DocumentState.QUARANTINED, DocumentState.WITHDRAWN):
            raise RuleBroken(f"El documento «{row.title}» no se puede registrar: quítelo.")
        if row.state == DocumentState.DRAFT:
            raise RuleBroken(f"El documento «{row.title}» se está preparando: espere un momento.")
    return rows


def _entry(act: Act, book: Book, place: Place, unit: Unit, subject: str) -> RegistryEntry:
    town = act.settings.town
    effective_at, closed_because = None, None
    try:
        filed = filing_instant(place.presented_at, sede_calendar(act.townhall, act.session))
        effective_at, closed_because = filed.effective, filed.reason
    except NoCalendarForYear:
        closed_because = "falta publicar el calendario de días inhábiles"
    is_official = act.actor.kind is ActorKind.OFFICIAL
    return RegistryEntry(
        book=book.value,
        office=town.office_dir3,
        office_name=town.office_name,
        year=place.year,
        number=place.number,
        code=place.code,
        presented_at=place.presented_at,
        effective_at=effective_at,
        closed_because=closed_because,
        subject=subject,
        subject_key=sort_key(subject),
        unit_id=unit.id,
        unit_name=unit.name,
        unit_dir3=unit.dir3,
        official_id=act.actor.id if is_official else None,
        state=EntryState.REGISTERED.value,
    )


def _attach(
    act: Act, entry: RegistryEntry, attached: Sequence[Attached], rows: Sequence[DocumentRow]
) -> None:
    for position, (item, row) in enumerate(zip(attached, rows, strict=True), start=1):
        act.session.add(
            RegistryAttachment(
                entry_id=entry.id,
                document_id=row.id,
                position=position,
                kind=item.kind.value,
                name=row.name,
                media_type=row.media_type,
                size=row.size,
                sha256=row.sha256,
            )
        )
    act.session.flush()


@operation("registry.annul", basis="art. 16 de la Ley 39/2015")
def annul(act: Act, *, entry_id: UUID, reason: str) -> None:
    """Annul an entry made by mistake: it keeps its number and says why it has no effect."""
    if not reason.strip():
        raise BadInput("Indique por qué se anula el asiento.")
    entry = act.lock(RegistryEntry, entry_id)
    if entry.state == EntryState.ANNULLED:
        raise RuleBroken("El asiento ya estaba anulado.")
    entry.state = EntryState.ANNULLED.value
    entry.annulled_at, entry.annulled_because = act.now, reason.strip()
    entry.annulled_by = act.actor.id if act.actor.kind is ActorKind.OFFICIAL else None
    act.about("registry_entry", entry.id, entry.expediente_id)
    act.because(reason.strip())
    act.note(code=entry.code)


@operation("registry.link_expediente", basis="art. 16.4 de la Ley 39/2015")
def link_expediente(act: Act, *, entry_id: UUID, expediente_id: UUID) -> None:
    """Say which expediente an entry went to; raises RuleBroken when it went to another."""
    entry = act.lock(RegistryEntry, entry_id)
    if act.actor.kind is ActorKind.CITIZEN and entry.person_id != act.actor.interested_id:
        raise NotFound
    if entry.expediente_id not in (None, expediente_id):
        raise RuleBroken("El asiento ya está incorporado a otro expediente.")
    entry.expediente_id = expediente_id
    act.about("registry_entry", entry.id, expediente_id)
    act.note(code=entry.code)


@operation("registry.settle_effective", basis="arts. 30.7 y 31.2 de la Ley 39/2015")
def settle_effective(act: Act, *, entry_id: UUID) -> bool:
    """Give its effective instant to an entry made while next year's calendar was not published."""
    entry = act.lock(RegistryEntry, entry_id)
    act.about("registry_entry", entry.id, entry.expediente_id)
    if entry.effective_at is not None:
        act.note(effect=False)
        return False
    filed = filing_instant(entry.presented_at, sede_calendar(act.townhall, act.session))
    entry.effective_at, entry.closed_because = filed.effective, filed.reason
    entry.summary_sha256 = summary_sha256(summary_of(entry, _bound(act, entry_id)))
    act.note(code=entry.code, effective_at=filed.effective, summary_sha256=entry.summary_sha256)
    return True


def _bound(act: Act, entry_id: UUID) -> list[BoundDocument]:
    """The documents of an entry, as its summary names them."""
    rows = act.session.execute(
        select(Document.eni_id, RegistryAttachment.sha256)
        .join(Document, Document.id == RegistryAttachment.document_id)
        .where(RegistryAttachment.entry_id == entry_id)
        .order_by(RegistryAttachment.position)
    )
    return [BoundDocument(eni_id, sha256) for eni_id, sha256 in rows]


@operation("registry.receipt_issued", basis="art. 16.3 de la Ley 39/2015")
def receipt_issued(act: Act, *, entry_id: UUID, proof: bytes) -> UUID:
    """Compose the receipt of an entry, to be sealed by job; issuing it twice gives the first one.

    proof: the inclusion proof of the entry's event, embedded as `prueba.json`.
    """
    entry = act.lock(RegistryEntry, entry_id)
    act.about("registry_entry", entry.id, entry.expediente_id)
    if entry.receipt_id is not None:
        act.note(effect=False)
        return entry.receipt_id
    attachments = tuple(
        act.session.scalars(
            select(RegistryAttachment)
            .where(RegistryAttachment.entry_id == entry_id)
            .order_by(RegistryAttachment.position)
        )
    )
    parts = receipt_document(act, entry, attachments)
    embedded = EmbeddedFile(
        PROOF_NAME,
        "Prueba de que el asiento está en el registro de auditoría",
        "application/json",
        proof,
    )
    document = render_document(
        act, **parts.arguments, attachments=(embedded, *parts.copies), seal=True
    )
    entry.receipt_id = document.id
    act.note(code=entry.code, receipt=document.id, proof_sha256=hashlib.sha256(proof).hexdigest())
    return document.id
