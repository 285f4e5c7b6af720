"""Slow work of expedientes, outside any transaction: the signed index of what was closed."""

from __future__ import annotations

from uuid import UUID

import engine.expedientes.evidence  # noqa: F401 - registers what the verification asks for
from engine.expedientes.index import documents_pending, sign_index
from engine.expedientes.models import Expediente, ExpedienteState
from engine.expedientes.operations import index_signed
from engine.jobs import job
from engine.townhall import Call


@job("expedientes.index")
def index(call: Call, *, expediente_id: str) -> None:
    """Sign the index once every document is ready; until then the duty asks again."""
    identifier = UUID(expediente_id)
    townhall = call.townhall
    with townhall.database.reading() as session:
        row = session.get(Expediente, (townhall.settings.entity_id, identifier))
        if row is None or row.state != ExpedienteState.CLOSED or row.index_document_id is not None:
            return
        if documents_pending(session, identifier):
            return
        signed = sign_index(townhall, session, row)
    if signed is not None:
        index_signed(call, expediente_id=identifier, index=signed)
