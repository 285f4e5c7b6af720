"""Every change of a document: captured, rendered, sealed, filed in its expediente, withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from engine.documents import queries
from engine.documents.codes import DocumentKind, ElaborationState, Origin
from engine.documents.composition import MEDIA_TYPE, ComposedDocument
from engine.documents.media import check_media_type, file_name
from engine.documents.models import (
    Document,
    DocumentSignature,
    DocumentState,
    DocumentVersion,
    SecureCode,
    SecureCodeState,
    VersionReason,
    Visibility,
    snapshot,
)
from engine.documents.pdf import EmbeddedFile
from engine.documents.queries import DocumentRow
from engine.documents.scanning import scanner_of
from engine.documents.sealing import SignedFile
from engine.documents.secure_codes import resolve
from engine.documents.templates import compose
from engine.documents.versions import (
    PDF,
    attach_files,
    identifier_of_paper,
    issue_code,
    new_document,
    new_version,
    record_signature,
)
from engine.errors import BadInput, NotFound, RuleBroken
from engine.operation import Act, operation
from engine.permissions import ActorKind


@operation("documents.add_document", basis="art. 26 de la Ley 39/2015")
def add_document(
    act: Act,
    *,
    title: str,
    kind: DocumentKind,
    origin: Origin,
    media_type: str,
    name: str,
    data: bytes | None = None,
    sha256: str | None = None,
    expediente_id: UUID | None = None,
    person_id: UUID | None = None,
    elaboration_state: ElaborationState = ElaborationState.ORIGINAL,
    source_eni_id: str | None = None,
    visibility: Visibility = Visibility.PARTIES,
    organ: str | None = None,
) -> Document:
    """Capture a document from its bytes, or from the hash of bytes already in the storage.

    A citizen can only capture what is of the citizen's side and theirs. A paper original that has no
    identifier is given one here (FIL-12), so that its copy can name it.
    Raises BadInput when the bytes are not of the declared type, or a copy names no source.
    """
    if (data is None) == (sha256 is None):
        raise ValueError("a document comes from its bytes or from their hash")
    content = data if data is not None else act.storage.get(act.entity_id, sha256 or "")
    if act.actor.kind is ActorKind.CITIZEN:
        origin, person_id, visibility = Origin.CITIZEN, act.actor.interested_id, Visibility.PARTIES
    if elaboration_state is ElaborationState.COPY_OF_PAPER and not source_eni_id:
        source_eni_id = identifier_of_paper(act, organ)
    if elaboration_state.is_copy and not source_eni_id:
        raise BadInput("Una copia auténtica debe indicar el identificador del documento de origen.")
    check_media_type(content, media_type)
    document = new_document(
        act,
        title=title,
        kind=kind,
        origin=origin,
        elaboration_state=elaboration_state,
        source_eni_id=source_eni_id,
        expediente_id=expediente_id,
        person_id=person_id,
        visibility=visibility,
        organ=organ,
        state=DocumentState.FINAL,
    )
    document.name = file_name(name, media_type)
    act.session.add(document)
    act.session.flush()
    new_version(act, document, content, media_type, VersionReason.CAPTURED)
    act.about("document", document.id, expediente_id)
    act.note(**snapshot(document))
    act.personal(title=document.title, name=document.name)
    if scanner_of(act.townhall) is not None:
        act.defer("documents.scan", lock=f"document:{document.id}", document_id=document.id)
    return document


@operation("documents.render_document", basis="art. 26 de la Ley 39/2015")
def render_document(
    act: Act,
    *,
    template: str,
    source: str,
    context: Mapping[str, Any],
    title: str,
    kind: DocumentKind,
    expediente_id: UUID | None = None,
    person_id: UUID | None = None,
    unit_name: str | None = None,
    references: Sequence[tuple[str, str]] = (),
    visibility: Visibility = Visibility.PARTIES,
    organ: str | None = None,
    language: str = "es",
    attachments: Sequence[EmbeddedFile] = (),
    seal: bool = False,
    reference: str | None = None,
) -> Document:
    """Compose a document of the town hall from a template; a job makes its PDF (and seals it).

    template: the name by which the template is known; source: its Jinja text;
    reference: the workflow signal that waits until the PDF, or the sealed PDF, is ready.
    The fields that nobody gave are in `document.missing` and marked on the page.
    """
    composition = compose(source, context)
    document = new_document(
        act,
        title=title,
        kind=kind,
        origin=Origin.ADMINISTRATION,
        elaboration_state=ElaborationState.ORIGINAL,
        source_eni_id=None,
        expediente_id=expediente_id,
        person_id=person_id,
        visibility=visibility,
        organ=organ,
        state=DocumentState.DRAFT,
    )
    document.name = file_name(title, PDF)
    document.template = template
    document.missing = list(composition.missing)
    document.seal_requested = seal
    document.reference = reference
    composed = ComposedDocument(
        composition.html, unit_name or act.settings.town.organ_name, tuple(references), language
    )
    act.session.add(document)
    act.session.flush()
    new_version(act, document, composed.to_bytes(), MEDIA_TYPE, VersionReason.COMPOSED)
    attach_files(act, document, attachments)
    issue_code(act, document)
    act.about("document", document.id, expediente_id)
    act.note(template=template, missing=len(document.missing), seal=seal, **snapshot(document))
    act.personal(title=document.title)
    act.defer("documents.render", lock=f"document:{document.id}", document_id=document.id)
    return document


@operation("documents.rendered")
def rendered(act: Act, *, document_id: UUID, from_sha256: str, data: bytes) -> bool:
    """The PDF of a composed document is made; false when another run of the job came first."""
    document = act.lock(Document, document_id)
    act.about("document", document.id, document.expediente_id)
    if document.state != DocumentState.DRAFT or document.sha256 != from_sha256:
        act.note(effect=False)
        return False
    new_version(act, document, data, PDF, VersionReason.RENDERED)
    document.state = DocumentState.FINAL.value
    act.note(**snapshot(document))
    if document.seal_requested:
        act.defer("documents.seal", lock=f"document:{document.id}", document_id=document.id)
    else:
        _wake(act, document)
    return True


@operation("documents.request_seal", basis="art. 42 de la Ley 40/2015")
def request_seal(act: Act, *, document_id: UUID, reference: str | None = None) -> None:
    """Ask for the organ's seal on a PDF; `reference` is the signal that waits for it.

    Raises RuleBroken for what cannot be sealed. What is sealed already wakes the signal at once.
    """
    document = act.lock(Document, document_id)
    act.about("document", document.id, document.expediente_id)
    if document.state in (DocumentState.QUARANTINED, DocumentState.WITHDRAWN):
        raise RuleBroken("El documento está retirado o en cuarentena: no se puede sellar.")
    if document.state != DocumentState.DRAFT and document.media_type != PDF:
        raise RuleBroken("Solo se pueden sellar documentos PDF.")
    act.note(sha256=document.sha256)
    document.reference = reference or document.reference
    if document.state == DocumentState.SEALED:
        _wake(act, document)
        return
    document.seal_requested = True
    if document.state == DocumentState.FINAL:
        act.defer("documents.seal", lock=f"document:{document.id}", document_id=document.id)


@operation("documents.sealed", basis="art. 42 de la Ley 40/2015")
def sealed(act: Act, *, document_id: UUID, from_sha256: str, signed: SignedFile) -> bool:
    """The organ's seal is on the document; false when another run of the job came first."""
    document = act.lock(Document, document_id)
    act.about("document", document.id, document.expediente_id)
    if document.state != DocumentState.FINAL or document.sha256 != from_sha256:
        act.note(effect=False)
        return False
    record_signature(act, document, signed, VersionReason.SEALED)
    document.state = DocumentState.SEALED.value
    document.seal_requested = False
    act.note(
        level=signed.level,
        certificate=signed.certificate,
        previous_sha256=from_sha256,
        **snapshot(document),
    )
    _wake(act, document)
    return True


@operation("documents.upgraded", basis="art. 46 de la Ley 40/2015")
def upgraded(act: Act, *, document_id: UUID, from_sha256: str, data: bytes, level: str) -> bool:
    """The document's signatures got the time stamp that was missing; false when nothing changed."""
    document = act.lock(Document, document_id)
    act.about("document", document.id, document.expediente_id)
    if document.sha256 != from_sha256 or document.media_type != PDF:
        act.note(effect=False)
        return False
    new_version(act, document, data, PDF, VersionReason.UPGRADED)
    act.session.execute(
        update(DocumentSignature)
        .where(DocumentSignature.document_id == document_id, DocumentSignature.upgrade_pending)
        .values(level=level, upgrade_pending=False)
    )
    act.note(level=level, previous_sha256=from_sha256, **snapshot(document))
    return True


@operation("documents.assign_expediente", basis="art. 70.2 de la Ley 39/2015")
def assign_expediente(act: Act, *, document_id: UUID, expediente_id: UUID) -> None:
    """File a document that has no expediente yet; raises RuleBroken when it is in another one."""
    document = act.lock(Document, document_id)
    if act.actor.kind is ActorKind.CITIZEN and document.person_id != act.actor.interested_id:
        raise NotFound
    if document.expediente_id not in (None, expediente_id):
        raise RuleBroken("El documento ya pertenece a otro expediente: incorpore una copia.")
    document.expediente_id = expediente_id
    act.about("document", document.id, expediente_id)
    act.note(eni_id=document.eni_id, sha256=document.sha256)


@operation("documents.withdraw", basis="art. 21 del RD 203/2021")
def withdraw(act: Act, *, document_id: UUID, reason: str) -> None:
    """Leave a document and its secure code without effect; its bytes are kept."""
    if not reason.strip():
        raise BadInput("Indique por qué se retira el documento.")
    document = act.lock(Document, document_id)
    if document.state == DocumentState.WITHDRAWN:
        raise RuleBroken("El documento ya estaba retirado.")
    act.about("document", document.id, document.expediente_id)
    act.because(reason.strip())
    act.note(previous_state=document.state, sha256=document.sha256)
    document.state = DocumentState.WITHDRAWN.value
    _withdraw_code(act, document)


@operation("documents.quarantine", basis="art. 39 del RD 203/2021")
def quarantine(act: Act, *, document_id: UUID, finding: str) -> None:
    """Stop serving a file in which malware was found; it is never deleted in silence (FIL-13)."""
    document = act.lock(Document, document_id)
    act.about("document", document.id, document.expediente_id)
    act.note(previous_state=document.state, sha256=document.sha256, finding=finding)
    document.state = DocumentState.QUARANTINED.value
    _withdraw_code(act, document)


def _withdraw_code(act: Act, document: Document) -> None:
    act.session.execute(
        update(SecureCode)
        .where(SecureCode.document_id == document.id)
        .values(state=SecureCodeState.WITHDRAWN.value)
    )


def _wake(act: Act, document: Document) -> None:
    """Tell the process that waits for this document, if one does."""
    if document.reference is None:
        return
    result = {
        "document_id": str(document.id),
        "eni_id": document.eni_id,
        "sha256": document.sha256,
        "state": document.state,
        "missing": list(document.missing),
    }
    act.defer("workflow.signal", reference=document.reference, result=result)
    document.reference = None


@operation("documents.discard", basis="art. 70.4 de la Ley 39/2015")
def discard(act: Act, *, document_id: UUID) -> None:
    """Remove a file that a person attached to a draft and then took away, before any filing."""
    document = act.lock(Document, document_id)
    if act.actor.kind is ActorKind.CITIZEN and document.person_id != act.actor.interested_id:
        raise NotFound
    signatures = act.session.scalar(
        select(func.count()).where(DocumentSignature.document_id == document_id)
    )
    if document.expediente_id is not None or document.origin != Origin.CITIZEN or signatures:
        raise RuleBroken("El documento ya forma parte de un expediente: no se puede borrar.")
    act.about("document", document.id)
    act.note(sha256=document.sha256)
    for version in act.session.scalars(
        select(DocumentVersion).where(DocumentVersion.document_id == document_id)
    ):
        act.session.delete(version)
    act.session.flush()
    act.session.delete(document)


@operation("documents.read", basis="art. 53.1.a de la Ley 39/2015")
def read(
    act: Act, *, document_id: UUID, expedientes: Iterable[UUID] = ()
) -> tuple[DocumentRow, bytes]:
    """Open a document that the actor may see; the access is recorded (ENS op.exp.8).

    expedientes: those that the actor has access to. Raises NotFound for what is not theirs.
    """
    act.about("document", document_id)
    row = queries.document(act.session, document_id, act.actor, expedientes)
    act.about("document", row.id, row.expediente_id)
    act.note(sha256=row.sha256)
    return row, queries.content(act.townhall, row)


@operation("documents.check_code", basis="art. 21 del RD 203/2021")
def check_code(act: Act, *, code: str) -> tuple[DocumentRow, bytes]:
    """Open a document by its secure code; raises the same NotFound whatever is wrong with it."""
    found = resolve(act.session, code, act.now)
    if found is None:
        raise NotFound(
            "No hay ningún documento con ese código. Revise que lo ha escrito completo: son siete "
            "grupos de cuatro letras y números."
        )
    act.about("document", found.id, found.expediente_id)
    act.note(sha256=found.sha256)
    row = queries.document_row(found)
    return row, queries.content(act.townhall, row)
