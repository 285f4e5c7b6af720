"""Recurrent work of expedientes: indexes that waited for a document, terms that waited for a calendar."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import exists, or_, select

from engine.errors import TownHallError
from engine.expedientes.jobs import index
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
def sign_waiting_indexes(townhall: TownHall) -> None:
    """Sign the indexes of closed expedientes that waited for a document to be sealed."""
    now = townhall.clock.now()
    without_receipt = exists(
        select(RegistryEntry.id).where(
            RegistryEntry.expediente_id == Expediente.id,
            RegistryEntry.book == Book.ENTRY.value,
            RegistryEntry.state == EntryState.REGISTERED.value,
            RegistryEntry.receipt_id.is_(None),
        )
    )
    with townhall.database.reading() as session:
        waiting = session.scalars(
            select(Expediente.id)
            .where(
                Expediente.state == ExpedienteState.CLOSED.value,
                Expediente.index_document_id.is_(None),
                or_(~without_receipt, Expediente.closed_at < now - _RECEIPTS),
            )
            .order_by(Expediente.closed_at)
            .limit(_BATCH)
        ).all()
    for expediente_id in waiting:
        try:
            index(townhall.system("expedientes.index"), expediente_id=str(expediente_id))
        except TownHallError as error:
            _log.warning("index of %s not signed: %s", expediente_id, error)


@duty("expedientes.terms", every=3600)
def settle_waiting_terms(townhall: TownHall) -> None:
    """Open the terms of expedientes that began before their year's calendar was published."""
    with townhall.database.reading() as session:
        waiting = session.scalars(
            select(Expediente)
            .where(Expediente.state == ExpedienteState.OPEN.value, Expediente.deadline_id.is_(None))
            .order_by(Expediente.opened_at)
            .limit(_BATCH)
        ).all()
        countable = [
            row.id
            for row in waiting
            if can_be_counted(
                townhall, row, procedure(session, row.procedure_key, row.procedure_version)
            )
        ]
    for expediente_id in countable:
        settle_term(townhall.system("expedientes.terms"), expediente_id=expediente_id)
