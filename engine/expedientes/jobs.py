"""Slow work of expedientes, outside any transaction: the signed index of what was closed."""

from __future__ import annotations

from uuid import UUID

import engine.expedientes.evidence  # noqa: F401 - registers what the verification asks for
from engine.errors import RuleBroken
from engine.expedientes.closing.operations import index_signed, postpone_index
from engine.expedientes.index import documents_pending, sign_index
from engine.expedientes.models import Expediente, ExpedienteState
from engine.jobs import job
from engine.townhall import Call


@job("expedientes.index")
def index(call: Call, *, expediente_id: str) -> None:
    """Sign the index; while a document is not ready the duty asks again later.

    Raises RuleBroken when there is nothing to index, for a person to look at.
    """
    identifier = UUID(expediente_id)
    townhall = call.townhall
    with townhall.database.reading() as session:
        row = session.get(Expediente, (townhall.settings.entity_id, identifier))
        if row is None or row.state != ExpedienteState.CLOSED or row.index_document_id is not None:
            return
        ready = not documents_pending(session, identifier)
        signed = sign_index(townhall, session, row) if ready else None
    if not ready:
        postpone_index(call, expediente_id=identifier)
        return
    if signed is None:
        raise RuleBroken(
            f"El expediente {row.number} está cerrado y no tiene ningún documento definitivo: "
            "incorpore el que falte para que se pueda firmar su índice."
        )
    index_signed(call, expediente_id=identifier, index=signed)
