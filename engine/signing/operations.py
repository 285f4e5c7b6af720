"""Every change of a signature request: asked, signed, refused, withdrawn, applied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.documents.models import Document, DocumentState, VersionReason
from engine.documents.operations import request_seal
from engine.documents.queries import DocumentRow, content, document_row
from engine.documents.sealing import SignedFile
from engine.documents.versions import PDF, record_signature
from engine.errors import BadInput, NotFound, RuleBroken, Stale
from engine.ids import new_id
from engine.operation import Act, operation
from engine.permissions import Actor
from engine.signing.models import RequestState, SignatureRequest
from engine.signing.signers import Signer, is_signer

_OPEN = (RequestState.PENDING.value, RequestState.SIGNING.value)
_MAX_REASON = 1000


@operation("signing.request_signature", basis="art. 43 de la Ley 40/2015")
def request_signature(
    act: Act,
    *,
    document_id: UUID,
    signers: Sequence[Signer],
    purpose: str = "Firma",
    excluded_ids: Iterable[UUID] = (),
    seal_after: bool = False,
    reference: str | None = None,
) -> tuple[SignatureRequest, ...]:
    """Ask for the signatures of a PDF: one, or a circuit of several in the order of their steps.

    excluded_ids: officials who may not sign it; reference: the signal that waits for the last
    signature or for the first refusal. Raises RuleBroken for what cannot be signed.
    """
    document = act.lock(Document, document_id)
    _check_signable(act, document)
    if not signers:
        raise BadInput("Indique quién tiene que firmar el documento.")
    circuit_id, excluded = new_id(), sorted(str(identifier) for identifier in set(excluded_ids))
    rows = tuple(
        SignatureRequest(
            document_id=document_id,
            circuit_id=circuit_id,
            step=signer.step,
            official_id=signer.official_id,
            role=signer.role,
            unit_id=signer.unit_id,
            excluded_ids=_allowed(excluded, signer),
            purpose=purpose,
            state=RequestState.PENDING.value,
            seal_after=seal_after,
            reference=reference,
            requested_at=act.now,
        )
        for signer in signers
    )
    act.session.add_all(rows)
    act.session.flush()
    act.about("document", document.id, document.expediente_id)
    act.note(
        circuit=circuit_id,
        sha256=document.sha256,
        requests=[row.id for row in rows],
        excluded=excluded,
    )
    return rows


def _allowed(excluded: list[str], signer: Signer) -> list[str]:
    if (signer.official_id is None) == (signer.role is None):
        raise BadInput("Cada firma la hace una persona o quien tenga un papel, no las dos cosas.")
    if str(signer.official_id) in excluded:
        raise RuleBroken(
            "Quien ha tramitado el documento no puede firmarlo: elija a otra persona (art. 23 de "
            "la Ley 40/2015)."
        )
    return excluded


def _check_signable(act: Act, document: Document) -> None:
    if document.state in (DocumentState.WITHDRAWN, DocumentState.QUARANTINED):
        raise RuleBroken("El documento está retirado o en cuarentena: no se puede firmar.")
    if document.state != DocumentState.DRAFT and document.media_type != PDF:
        raise RuleBroken("Solo se pueden firmar documentos PDF.")
    under_way = act.session.scalar(
        select(SignatureRequest.id)
        .where(SignatureRequest.document_id == document.id, SignatureRequest.state.in_(_OPEN))
        .limit(1)
    )
    if under_way is not None:
        raise RuleBroken("El documento ya está pendiente de firma.")


@operation("signing.open_document", permission="signing.sign", basis="art. 43 de la Ley 40/2015")
def open_document(act: Act, *, request_id: UUID) -> tuple[DocumentRow, bytes]:
    """Open what one is asked to sign, also of another unit's expediente; the access is recorded.

    Raises NotFound when the request is not the actor's, or the PDF is still being made.
    """
    request = act.get(SignatureRequest, request_id)
    act.about("signature_request", request_id)
    if not is_signer(request, act.actor):
        raise NotFound
    document = act.get(Document, request.document_id)
    act.about("document", document.id, document.expediente_id)
    act.note(sha256=document.sha256, request=request_id)
    row = document_row(document)
    return row, content(act.townhall, row)


@operation("signing.sign", basis="art. 43 de la Ley 40/2015")
def sign(act: Act, *, request_id: UUID, shown_sha256: str) -> None:
    """The official decides to sign exactly the bytes that they were shown.

    Raises NotFound when the request is not theirs, Stale when the document is not the one shown,
    RuleBroken when it is not their turn. A job applies the signature.
    """
    request, document = _of_the_actor(act, request_id)
    if document.state == DocumentState.DRAFT:
        raise RuleBroken(
            "El documento se está preparando: espere unos segundos y vuelva a abrirlo."
        )
    if document.state in (DocumentState.WITHDRAWN, DocumentState.QUARANTINED):
        raise RuleBroken("El documento se ha retirado: no se puede firmar.")
    if document.sha256 != shown_sha256:
        raise Stale("El documento ha cambiado desde que lo abrió: léalo de nuevo antes de firmar.")
    circuit = _circuit(act, request)
    _check_turn(request, circuit, act.actor)
    request.state = RequestState.SIGNING.value
    request.decided_by, request.decided_at = act.actor.id, act.now
    request.shown_sha256, request.failure = shown_sha256, None
    act.note(sha256=shown_sha256, circuit=request.circuit_id, step=request.step)
    act.defer("signing.apply", lock=f"document:{document.id}", request_id=request.id)


def _of_the_actor(act: Act, request_id: UUID) -> tuple[SignatureRequest, Document]:
    """The open request, locked with its document, if the actor is its signer."""
    found = act.get(SignatureRequest, request_id)
    # The document is locked first, as every other operation on it does, so that none waits in a ring.
    document = act.lock(Document, found.document_id)
    request = act.lock(SignatureRequest, request_id)
    act.about("signature_request", request.id, document.expediente_id)
    if not is_signer(request, act.actor):
        raise NotFound
    if request.state != RequestState.PENDING:
        raise RuleBroken("Esta firma ya está decidida.")
    return request, document


def _circuit(act: Act, request: SignatureRequest) -> list[SignatureRequest]:
    return list(
        act.session.scalars(
            select(SignatureRequest)
            .where(SignatureRequest.circuit_id == request.circuit_id)
            .order_by(SignatureRequest.step, SignatureRequest.id)
        )
    )


def _check_turn(
    request: SignatureRequest, circuit: Sequence[SignatureRequest], actor: Actor
) -> None:
    for other in circuit:
        if other.id == request.id:
            continue
        if other.step < request.step and other.state != RequestState.SIGNED:
            raise RuleBroken("Antes tiene que firmar otra persona del circuito.")
        if other.state == RequestState.SIGNING:
            raise RuleBroken("Se está aplicando otra firma al documento: espere unos segundos.")
        if other.decided_by == actor.id and other.state == RequestState.SIGNED:
            raise RuleBroken("Usted ya ha firmado este documento: tiene que firmar otra persona.")


@operation("signing.refuse", basis="art. 43 de la Ley 40/2015")
def refuse(act: Act, *, request_id: UUID, reason: str) -> None:
    """The official refuses to sign, and says why; the rest of the circuit is cancelled."""
    text = reason.strip()
    if not text or len(text) > _MAX_REASON:
        raise BadInput(
            "Explique por qué no firma el documento.", (("reason", "Escriba el motivo."),)
        )
    request, document = _of_the_actor(act, request_id)
    circuit = _circuit(act, request)
    if any(other.state == RequestState.SIGNING for other in circuit):
        raise RuleBroken("Se está aplicando otra firma al documento: espere unos segundos.")
    request.state, request.reason = RequestState.REFUSED.value, text
    request.decided_by, request.decided_at = act.actor.id, act.now
    for other in circuit:
        if other.state == RequestState.PENDING:
            other.state = RequestState.CANCELLED.value
    act.because(text)
    act.note(circuit=request.circuit_id, sha256=document.sha256)
    _wake(act, request, document, signed=False, reason=text)


@operation("signing.withdraw", basis="art. 43 de la Ley 40/2015")
def withdraw(act: Act, *, document_id: UUID, reason: str) -> int:
    """Take back the requests that wait for a document; returns how many were cancelled."""
    if not reason.strip():
        raise BadInput("Indique por qué retira la petición de firma.")
    document = act.lock(Document, document_id)
    rows = list(
        act.session.scalars(
            select(SignatureRequest).where(
                SignatureRequest.document_id == document_id, SignatureRequest.state.in_(_OPEN)
            )
        )
    )
    if any(row.state == RequestState.SIGNING for row in rows):
        raise RuleBroken("Se está aplicando una firma al documento: espere unos segundos.")
    for row in rows:
        row.state = RequestState.CANCELLED.value
    act.about("document", document_id, document.expediente_id)
    act.because(reason.strip())
    act.note(requests=[row.id for row in rows])
    return len(rows)


@operation("signing.applied", basis="art. 43 de la Ley 40/2015")
def applied(act: Act, *, request_id: UUID, from_sha256: str, signed: SignedFile) -> bool:
    """The signature is on the document; false when another run of the job came first."""
    found = act.get(SignatureRequest, request_id)
    document = act.lock(Document, found.document_id)
    request = act.lock(SignatureRequest, request_id)
    act.about("document", document.id, document.expediente_id)
    if request.state != RequestState.SIGNING or document.sha256 != from_sha256:
        act.note(effect=False)
        return False
    record_signature(act, document, signed, VersionReason.SIGNED, request.decided_by)
    request.state = RequestState.SIGNED.value
    act.note(
        official=request.decided_by,
        request=request.id,
        level=signed.level,
        certificate=signed.certificate,
        shown_sha256=from_sha256,
        sha256=document.sha256,
    )
    if all(row.state == RequestState.SIGNED for row in _circuit(act, request)):
        _finish(act, request, document)
    return True


def _finish(act: Act, request: SignatureRequest, document: Document) -> None:
    """The circuit is complete: the seal over it if it was asked for, and then its waiter."""
    if request.seal_after:
        request_seal(act, document_id=document.id, reference=request.reference)
        return
    _wake(act, request, document, signed=True, reason=None)


@operation("signing.failed")
def failed(act: Act, *, request_id: UUID, message: str) -> None:
    """The signature could not be applied: the request waits again, and its official reads why."""
    request = act.lock(SignatureRequest, request_id)
    act.about("signature_request", request.id)
    if request.state != RequestState.SIGNING:
        act.note(effect=False)
        return
    act.note(official=request.decided_by, shown_sha256=request.shown_sha256)
    act.because(message)
    request.state, request.failure = RequestState.PENDING.value, message
    request.decided_by = request.decided_at = request.shown_sha256 = None


def _wake(
    act: Act, request: SignatureRequest, document: Document, *, signed: bool, reason: str | None
) -> None:
    if request.reference is None:
        return
    result: dict[str, Any] = {
        "signed": signed,
        "reason": reason,
        "document_id": str(document.id),
        "eni_id": document.eni_id,
        "sha256": document.sha256,
        "official_id": str(request.decided_by),
    }
    act.defer("workflow.signal", reference=request.reference, result=result)
