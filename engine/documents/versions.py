"""Parts of operations: a new document, new bytes for one, its secure code, a signature on it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from engine.clock import madrid_date
from engine.documents import secure_code
from engine.documents.codes import DocumentKind, ElaborationState, Origin
from engine.documents.identifiers import document_identifier
from engine.documents.models import (
    Document,
    DocumentAttachment,
    DocumentSignature,
    DocumentState,
    DocumentVersion,
    SecureCode,
    SecureCodeState,
    VersionReason,
    Visibility,
)
from engine.documents.pdf import EmbeddedFile
from engine.documents.sealing import SignedFile
from engine.documents.secure_codes import code_box
from engine.errors import BadInput
from engine.ids import new_id
from engine.operation import Act

PDF = "application/pdf"
_MAX_TITLE = 300


def new_document(
    act: Act,
    *,
    title: str,
    kind: DocumentKind,
    origin: Origin,
    elaboration_state: ElaborationState,
    source_eni_id: str | None,
    expediente_id: UUID | None,
    person_id: UUID | None,
    visibility: Visibility,
    organ: str | None,
    state: DocumentState,
) -> Document:
    identifier = new_id()
    owner = organ or act.settings.town.dir3
    wording = " ".join(title.split())
    if not wording or len(wording) > _MAX_TITLE:
        raise BadInput(f"El título del documento debe tener entre 1 y {_MAX_TITLE} caracteres.")
    return Document(
        id=identifier,
        expediente_id=expediente_id,
        person_id=person_id,
        eni_id=document_identifier(owner, madrid_date(act.now).year, identifier),
        title=wording,
        kind=kind.value,
        origin=origin.value,
        elaboration_state=elaboration_state.value,
        source_eni_id=source_eni_id,
        captured_at=act.now,
        state=state.value,
        organ=owner,
        visibility=visibility.value,
        missing=[],
        media_type="",
        size=0,
        sha256="",
        name="",
        version=0,
    )


def identifier_of_paper(act: Act, organ: str | None) -> str:
    """An ENI identifier for an original on paper, which its authentic copy names."""
    year = madrid_date(act.now).year
    return document_identifier(organ or act.settings.town.dir3, year, new_id())


def new_version(
    act: Act, document: Document, data: bytes, media_type: str, reason: VersionReason
) -> None:
    """Give the document new current bytes; the earlier ones keep their row and their object."""
    document.sha256 = act.storage.put(act.entity_id, data)
    document.size = len(data)
    document.media_type = media_type
    document.version += 1
    act.session.add(
        DocumentVersion(
            document_id=document.id,
            number=document.version,
            sha256=document.sha256,
            size=document.size,
            media_type=media_type,
            reason=reason.value,
            at=act.now,
        )
    )
    act.session.flush()


def attach_files(act: Act, document: Document, attachments: Sequence[EmbeddedFile]) -> None:
    for file in attachments:
        act.session.add(
            DocumentAttachment(
                document_id=document.id,
                name=file.name,
                description=file.description,
                media_type=file.media_type,
                relationship=file.relationship,
                sha256=act.storage.put(act.entity_id, file.data),
            )
        )


def issue_code(act: Act, document: Document) -> None:
    code = secure_code.generate()
    act.session.add(
        SecureCode(
            document_id=document.id,
            code_hash=secure_code.code_hash(code),
            encrypted=code_box(act.townhall).encrypt(code, document.id),
            state=SecureCodeState.ACTIVE.value,
            issued_at=act.now,
        )
    )


def record_signature(
    act: Act,
    document: Document,
    signed: SignedFile,
    reason: VersionReason,
    official_id: UUID | None = None,
) -> None:
    """Part of an operation: the signed bytes become the document's, with the signature's row."""
    new_version(act, document, signed.data, PDF, reason)
    act.session.add(
        DocumentSignature(
            document_id=document.id,
            number=document.version,
            kind=signed.kind.value,
            level=signed.level,
            signer_name=signed.signer_name,
            official_id=official_id,
            certificate=signed.certificate,
            signed_at=signed.signed_at,
            upgrade_pending=signed.upgrade_pending,
        )
    )
