"""The signing folder: what waits for one's signature, each document shown before it is signed."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import BadInput, NotFound, RuleBroken
from engine.expedientes.lists import headings
from engine.signing import operations, queries
from engine.signing.models import RequestState
from engine.signing.queries import RequestRow
from web.access import Audience, access
from web.context import call, current, reading
from web.files import document_answer
from web.inputs import identifier
from web.office.blueprint import office
from web.rendering import mistakes, page, typed


@office.get("/firmas")
@access(Audience.OFFICE)
def signatures() -> Response:
    """What the official can sign now, oldest first."""
    rows = queries.mine(reading(), current().actor)
    return _folder("office/signatures.html", rows)


@office.get("/firmas/decididas")
@access(Audience.OFFICE)
def signatures_decided() -> Response:
    """What the official signed or refused, newest first."""
    actor = current().actor
    if actor.id is None:
        raise NotFound
    return _folder("office/signatures_decided.html", queries.decided_by(reading(), actor.id))


def _folder(template: str, rows: tuple[RequestRow, ...]) -> Response:
    found = headings(reading(), (row.document.expediente_id for row in rows))
    return page(template, rows=rows, headings=found, RequestState=RequestState)


@office.get("/firmas/<request_id>")
@access(Audience.OFFICE)
def signature(request_id: str) -> Response:
    """One document to sign: itself, its hash, who else signs it, what signing does."""
    return _signature(request_id)


def _signature(
    request_id: str, *, status: int = 200, errors: tuple[tuple[str, str], ...] = ()
) -> Response:
    session, actor = reading(), current().actor
    row = queries.request(session, identifier(request_id), actor)
    expediente_id = row.document.expediente_id
    circuit = tuple(
        item
        for item in queries.of_document(session, row.document.id)
        if item.circuit_id == row.circuit_id
    )
    return page(
        "office/signature.html",
        status=status,
        errors=errors,
        values=typed(),
        row=row,
        circuit=circuit,
        heading=headings(session, [expediente_id]).get(expediente_id) if expediente_id else None,
        RequestState=RequestState,
    )


@office.get("/firmas/<request_id>/documento")
@access(Audience.OFFICE, operation="signing.open_document")
def signature_document(request_id: str) -> Response:
    """The document that one is asked to sign; opening it is recorded."""
    row, data = operations.open_document(call(), request_id=identifier(request_id))
    return document_answer(
        data, row.name, row.media_type, download=request.args.get("descargar") == "si"
    )


@office.post("/firmas/<request_id>/firmar")
@access(Audience.OFFICE, operation="signing.sign")
def sign(request_id: str) -> Response:
    """Sign exactly the bytes that the page showed."""
    try:
        operations.sign(
            call(),
            request_id=identifier(request_id),
            shown_sha256=request.form.get("shown_sha256", ""),
        )
    except RuleBroken as error:
        return _signature(request_id, status=409, errors=(("", error.message),))
    flash(gettext("Ha firmado el documento. La firma se aplica en unos segundos."), "success")
    return redirect(url_for("office.signature", request_id=request_id), 303)


@office.post("/firmas/<request_id>/rechazar")
@access(Audience.OFFICE, operation="signing.refuse")
def refuse(request_id: str) -> Response:
    """Refuse to sign, and say why."""
    try:
        operations.refuse(
            call(), request_id=identifier(request_id), reason=request.form.get("reason", "")
        )
    except BadInput as error:
        return _signature(request_id, status=422, errors=mistakes(error))
    except RuleBroken as error:
        return _signature(request_id, status=409, errors=(("", error.message),))
    flash(gettext("Ha rechazado la firma. Quien la pidió recibe el motivo."), "success")
    return redirect(url_for("office.signatures"), 303)
