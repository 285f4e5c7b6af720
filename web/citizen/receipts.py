"""What was presented: the durable page of each registry entry, with its receipt."""

from __future__ import annotations

from uuid import UUID

from flask import url_for
from werkzeug.wrappers import Response

from engine.documents import operations as documents
from engine.errors import NotFound
from engine.expedientes import entries
from engine.expedientes import queries as expedientes
from engine.expedientes.drafts.queries import may_read_file
from engine.registry import queries
from engine.registry.models import AttachmentKind
from web.access import Audience, access
from web.citizen.blueprint import citizen
from web.context import call, current, reading
from web.files import document_answer
from web.rendering import page


@citizen.get("/presentado/<uuid:entry_id>")
@access(Audience.CITIZEN)
def filed(entry_id: UUID) -> Response:
    """A registry entry of the person: its number and instant, its files, what comes next."""
    session, actor = reading(), current().actor
    entry = entries.entry(session, entry_id, actor)
    view = None
    if entry.expediente_id is not None and expedientes.may_access(
        session, entry.expediente_id, actor
    ):
        view = expedientes.expediente(session, entry.expediente_id, actor)
    return page(
        "citizen/filed.html",
        entry=entry,
        files=[
            item
            for item in queries.attachments(session, entry_id, actor)
            if item.kind is not AttachmentKind.INTERNAL
        ],
        view=view,
        begins=view is not None and view.row.entry_id == entry.id,
        receipt=url_for(".document", document_id=entry.receipt_id)
        if entry.receipt_id is not None and entry.receipt_ready
        else None,
    )


@citizen.get("/presentado")
@access(Audience.CITIZEN)
def presented() -> Response:
    """Everything that the person presented or was sent, newest first."""
    rows = entries.entries(reading(), current().actor)
    return page("citizen/presented.html", rows=rows)


@citizen.get("/documentos/<uuid:document_id>")
@access(Audience.CITIZEN, operation="documents.read")
def document(document_id: UUID) -> Response:
    """A document of the person; opening it is recorded. What is notified opens with its notification."""
    if not may_read_file(reading(), document_id, current().actor):
        raise NotFound
    reached = expedientes.reach(reading(), document_id, current().actor)
    row, data = documents.read(call(), document_id=document_id, expedientes=reached)
    return document_answer(data, row.name, row.media_type)
