"""The signed index of a closed expediente (art. 70.3 of Ley 39/2015, art. 51 of RD 203/2021).

It names the final documents only: drafts, notes and internal messages are not part of an
expediente, and reports always are (art. 70.4; EXP-1, EXP-2).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select
from sqlalchemy.orm import Session

from engine.documents.codes import DocumentKind, ExpedienteState
from engine.documents.eni_expediente import EniExpediente, IndexedDocument, build_expediente
from engine.documents.exchange import eni_file
from engine.documents.index_signature import index_signer
from engine.documents.models import Document, DocumentState, Visibility
from engine.expedientes.models import Expediente
from engine.people.models import Person
from engine.procedures.queries import procedure
from engine.townhall import TownHall

_FINAL = (DocumentState.FINAL.value, DocumentState.SEALED.value)
_NOTES = (DocumentKind.OTHER.value, DocumentKind.COMMUNICATION.value)
_SPECIFIC_CHARACTERS = 30


@dataclass(frozen=True)
class Folio:
    """A document in its place of the index, from 1; eni_sha256: of its stored ENI file."""

    position: int
    document_id: UUID
    sha256: str
    eni_sha256: str


@dataclass(frozen=True)
class SignedIndex:
    """The signed XML and what it names."""

    data: bytes
    folios: tuple[Folio, ...]


def indexed_documents(session: Session, expediente_id: UUID) -> tuple[Document, ...]:
    """The documents that are part of the expediente, in the order in which they came."""
    note = and_(
        Document.visibility == Visibility.INTERNAL.value,
        Document.kind.in_(_NOTES),
    )
    return tuple(
        session.scalars(
            select(Document)
            .where(
                Document.expediente_id == expediente_id,
                Document.state.in_(_FINAL),
                not_(note),
            )
            .order_by(Document.captured_at, Document.id)
        )
    )


def documents_pending(session: Session, expediente_id: UUID) -> bool:
    """Whether some document of it is still being rendered or sealed."""
    condition = exists(
        select(Document.id).where(Document.expediente_id == expediente_id, being_made())
    )
    return bool(session.scalar(select(condition)))


def being_made() -> ColumnElement[bool]:
    """Condition on Document: it is still being rendered or sealed."""
    return or_(
        Document.state == DocumentState.DRAFT.value,
        and_(Document.state == DocumentState.FINAL.value, Document.seal_requested),
    )


def sign_index(townhall: TownHall, session: Session, row: Expediente) -> SignedIndex | None:
    """Make and sign the index, outside any transaction; None when there is nothing to index."""
    entity_id = townhall.settings.entity_id
    folios: list[Folio] = []
    entries: list[IndexedDocument] = []
    for position, document in enumerate(indexed_documents(session, row.id), start=1):
        eni_sha256 = townhall.storage.put(entity_id, eni_file(townhall, session, document.id))
        folios.append(Folio(position, document.id, document.sha256, eni_sha256))
        entries.append(
            IndexedDocument(
                identifier=document.eni_id,
                sha256=bytes.fromhex(eni_sha256),
                incorporated_at=document.captured_at,
                order=position,
            )
        )
    if not entries:
        return None
    expediente = EniExpediente(
        identifier=row.eni_id,
        organs=(townhall.settings.town.dir3,),
        opened_at=row.opened_at,
        classification=_classification(townhall, session, row),
        state=ExpedienteState.CLOSED,
        indexed_at=townhall.clock.now(),
        entries=tuple(entries),
        interested=_interested(session, row),
    )
    return SignedIndex(build_expediente(expediente, index_signer(townhall)), tuple(folios))


def _classification(townhall: TownHall, session: Session, row: Expediente) -> str:
    """The SIA code, or the town's own while the procedure is not in the inventory (NTI-E)."""
    found = procedure(session, row.procedure_key, row.procedure_version)
    if found.sia:
        return found.sia
    own = "".join(char for char in found.key.upper() if char.isalnum())
    return f"{townhall.settings.town.dir3}_PRO_{own[:_SPECIFIC_CHARACTERS].zfill(_SPECIFIC_CHARACTERS)}"


def _interested(session: Session, row: Expediente) -> tuple[str, ...]:
    if row.person_id is None:
        return ()
    number = session.scalar(select(Person.document_number).where(Person.id == row.person_id))
    return () if number is None else (number,)
