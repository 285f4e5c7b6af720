"""Recurrent work of expedientes: indexes that waited for a document, terms that waited for a calendar."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, or_, select

from engine.documents.models import Document
from engine.errors import TownHallError
from engine.expedientes.closing.operations import ask_index
from engine.expedientes.index import being_made
from engine.expedientes.models import Expediente, ExpedienteState
from engine.expedientes.opening import can_be_counted
from engine.expedientes.operations import settle_term
from engine.jobs import duty
from engine.procedures.queries import procedure
from engine.registry.models import Book, EntryState, RegistryEntry
from engine.townhall import TownHall

_BATCH = 100
_RECEIPTS = timedelta(minutes=10)
"""How long an index waits for the receipts of the expediente's entries; later ones stay outside."""

_log = logging.getLogger(__name__)


@duty("expedientes.index", every=5)
def ask_waiting_indexes(townhall: TownHall) -> None:
    """Ask for the indexes of closed expedientes whose documents are ready by now.

    Each is asked for once: signing it is a job, so what cannot be signed keeps nobody else waiting
    and ends as an incident.
    """
    now = townhall.clock.now()
    without_receipt = exists(
        select(RegistryEntry.id).where(
            RegistryEntry.expediente_id == Expediente.id,
            RegistryEntry.book == Book.ENTRY.value,
            RegistryEntry.state == EntryState.REGISTERED.value,
            RegistryEntry.receipt_id.is_(None),
        )
    )
    unready = exists(
        select(Document.id).where(Document.expediente_id == Expediente.id, being_made())
    )
    with townhall.database.reading() as session:
        waiting = session.scalars(
            select(Expediente.id)
            .where(
                Expediente.state == ExpedienteState.CLOSED.value,
                Expediente.index_document_id.is_(None),
                Expediente.index_asked_at.is_(None),
                ~unready,
                or_(~without_receipt, Expediente.closed_at < now - _RECEIPTS),
            )
            .order_by(Expediente.closed_at)
            .limit(_BATCH)
        ).all()
    for expediente_id in waiting:
        ask_index(townhall.system("expedientes.index"), expediente_id=expediente_id)


@duty("expedientes.terms", every=3600)
def settle_waiting_terms(townhall: TownHall) -> None:
    """Open the terms of expedientes that began before their year's calendar was published.

    One that cannot be counted or opened keeps none of the others waiting.
    """
    with townhall.database.reading() as session:
        waiting = session.scalars(
            select(Expediente.id)
            .where(Expediente.state == ExpedienteState.OPEN.value, Expediente.deadline_id.is_(None))
            .order_by(Expediente.opened_at)
        ).all()
    for expediente_id in waiting:
        try:
            if _can_be_counted(townhall, expediente_id):
                settle_term(townhall.system("expedientes.terms"), expediente_id=expediente_id)
        except TownHallError as error:
            _log.warning("term of %s not opened: %s", expediente_id, error)


def _can_be_counted(townhall: TownHall, expediente_id: UUID) -> bool:
    with townhall.database.reading() as session:
        row = session.get(Expediente, (townhall.settings.entity_id, expediente_id))
        return row is not None and can_be_counted(
            townhall, session, row, procedure(session, row.procedure_key, row.procedure_version)
        )
