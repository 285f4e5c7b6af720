"""A document as other administrations receive it: the ENI file with its metadata and signatures."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.documents.codes import DocumentKind, ElaborationState, Origin, SignatureKind
from engine.documents.eni import EniDocument, EniSignature, build_document, format_name
from engine.documents.models import Document, DocumentSignature
from engine.documents.queries import content
from engine.documents.sealing import seal_detached
from engine.documents.secure_code import printed
from engine.documents.secure_codes import reveal
from engine.errors import NotFound
from engine.townhall import TownHall


def eni_file(townhall: TownHall, session: Session, document_id: UUID) -> bytes:
    """The ENI file of a document; the caller has decided that it may be exchanged.

    What carries no signature of its own gets the organ's detached seal (TF04), since every document
    of an expediente needs one (NTI-D V). Raises NotFound for a draft or a quarantined document.
    """
    document = session.scalar(select(Document).where(Document.id == document_id))
    if document is None:
        raise NotFound
    data = content(townhall, document)
    signatures = _signatures(townhall, session, document)
    if not signatures:
        detached = seal_detached(townhall, data)
        signatures = (EniSignature(SignatureKind.CADES_DETACHED, data=detached),)
    return build_document(
        EniDocument(
            identifier=document.eni_id,
            organs=(document.organ,),
            captured_at=document.captured_at,
            origin=Origin(document.origin),
            elaboration_state=ElaborationState(document.elaboration_state),
            kind=DocumentKind(document.kind),
            format_name=format_name(document.media_type, document.name),
            content=data,
            source_identifier=document.source_eni_id,
            signatures=signatures,
        )
    )


def _signatures(
    townhall: TownHall, session: Session, document: Document
) -> tuple[EniSignature, ...]:
    found: list[EniSignature] = []
    code = reveal(townhall, session, document.id)
    if code is not None:
        regulation = townhall.settings.town.secure_code_regulation
        found.append(EniSignature(SignatureKind.CSV, csv=printed(code), csv_regulation=regulation))
    signed = session.scalars(
        select(DocumentSignature.id).where(DocumentSignature.document_id == document.id).limit(1)
    ).one_or_none()
    if signed is not None:
        found.append(EniSignature(SignatureKind.PADES))
    return tuple(found)
