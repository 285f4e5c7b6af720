"""Applying signatures: with the official's own key, outside any transaction."""

from __future__ import annotations

from uuid import UUID

from engine.documents.models import Document
from engine.documents.sealing import sign_pdf
from engine.errors import ConfigurationError, NotFound, RuleBroken
from engine.jobs import job
from engine.signing.models import RequestState, SignatureRequest
from engine.signing.operations import applied, failed
from engine.townhall import Call


@job("signing.apply")
def apply(call: Call, *, request_id: str) -> None:
    """Sign the bytes that the official was shown (PAdES-LT); harmless when it runs twice."""
    entity_id = call.townhall.settings.entity_id
    with call.townhall.database.reading() as session:
        request = session.get(SignatureRequest, (entity_id, UUID(request_id)))
        if request is None or request.state != RequestState.SIGNING or request.decided_by is None:
            return
        document = session.get(Document, (entity_id, request.document_id))
    if document is None or document.sha256 != request.shown_sha256:
        failed(
            call,
            request_id=request.id,
            message="El documento cambió antes de aplicar su firma: léalo de nuevo y vuelva a firmar.",
        )
        return
    data = call.townhall.storage.get(entity_id, document.sha256)
    try:
        signed = sign_pdf(call.townhall, data, request.decided_by, request.purpose)
    except (ConfigurationError, NotFound, RuleBroken) as error:
        failed(call, request_id=request.id, message=error.message)
        return
    call.townhall.storage.put(entity_id, signed.data)
    applied(call, request_id=request.id, from_sha256=document.sha256, signed=signed)
