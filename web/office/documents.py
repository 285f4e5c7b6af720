"""A document of an expediente: what it is, who signed it, its versions; and the document itself."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from engine.documents import operations, queries
from engine.expedientes.lists import headings
from engine.expedientes.queries import reach
from web.access import Audience, access
from web.context import call, current, reading
from web.files import document_answer
from web.inputs import identifier
from web.office.blueprint import office
from web.rendering import page


@office.get("/documentos/<document_id>")
@access(Audience.OFFICE)
def document(document_id: str) -> Response:
    """The metadata of the NTI, the signatures, the versions, and the document shown."""
    session, actor = reading(), current().actor
    wanted = identifier(document_id)
    row = queries.document(session, wanted, actor, reach(session, wanted, actor))
    found = headings(session, [row.expediente_id])
    return page(
        "office/document.html",
        row=row,
        heading=found.get(row.expediente_id) if row.expediente_id else None,
        signatures=queries.signatures(session, wanted),
        versions=queries.versions(session, wanted),
    )


@office.get("/documentos/<document_id>/contenido")
@access(Audience.OFFICE, operation="documents.read")
def document_content(document_id: str) -> Response:
    """The document itself; opening it is recorded."""
    wanted = identifier(document_id)
    reached = reach(reading(), wanted, current().actor)
    row, data = operations.read(call(), document_id=wanted, expedientes=reached)
    return document_answer(
        data, row.name, row.media_type, download=request.args.get("descargar") == "si"
    )
