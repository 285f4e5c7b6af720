"""Verifying a document by its secure code (art. 42.b of Ley 40/2015, art. 21 of RD 203/2021)."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.documents import operations, queries
from engine.documents.queries import DocumentRow
from engine.errors import NotFound, Unavailable
from engine.record.proof_document import PROOF_NAME, proof_json
from engine.record.proofs import InclusionProof, prove
from web.access import Audience, access
from web.context import call, reading
from web.files import document_answer
from web.limits import limit_refusals
from web.public.blueprint import public
from web.rendering import page

_WRONG_CODES = 20


@public.get("/verificar")
@access(Audience.PUBLIC)
def check() -> Response:
    """Where the code is typed; a code in the address leads to its document."""
    code = request.args.get("codigo", "").strip()
    if code:
        return redirect(url_for("public.check_code", code=_for_address(code)), 303)
    errors = [("codigo", gettext("Escriba el código que figura en el documento."))]
    return page("public/check.html", errors=errors if "codigo" in request.args else ())


@public.get("/verificar/<code>")
@access(Audience.PUBLIC, operation="documents.check_code")
def check_code(code: str) -> Response:
    """The document of a code: what it is, who signed it, its place in the record."""
    try:
        row, _ = _checked(code)
    except NotFound as error:
        return page(
            "public/check.html",
            status=404,
            errors=[("codigo", error.message)],
            values={"codigo": code},
        )
    return page(
        "public/checked.html",
        document=row,
        signatures=queries.signatures(reading(), row.id),
        proof=_proof(row),
        code=code,
    )


@public.get("/verificar/<code>/documento")
@access(Audience.PUBLIC, operation="documents.check_code")
def checked_document(code: str) -> Response:
    """The document itself."""
    row, data = _checked(code)
    return document_answer(
        data, row.name, row.media_type, download=request.args.get("descargar") == "si"
    )


@public.get("/verificar/<code>/prueba")
@access(Audience.PUBLIC, operation="documents.check_code")
def checked_proof(code: str) -> Response:
    """The proof that the document's act is in the record, to be checked without the town hall."""
    row, _ = _checked(code)
    proof = _proof(row)
    if proof is None:
        raise Unavailable(gettext("La prueba de este documento todavía no está lista."))
    return document_answer(proof_json(proof), PROOF_NAME, "application/json", download=True)


def _proof(row: DocumentRow) -> InclusionProof | None:
    """The proof of the act that made these bytes; None until the record has given it its place."""
    event = queries.binding_event(reading(), row.id)
    if event is None:
        return None
    try:
        return prove(reading(), event)
    except Unavailable:
        return None


def _checked(code: str) -> tuple[DocumentRow, bytes]:
    limit_refusals("documents.check_code", most=_WRONG_CODES)
    return operations.check_code(call(), code=code)


def _for_address(code: str) -> str:
    """What was typed, without what an address would take for a folder."""
    return code.replace("/", "").replace("\\", "")[:100] or "-"
