"""A waiver: as a withdrawal, but of the right itself, and its writing and its resolution say so."""

from __future__ import annotations

from sqlalchemy import select

from engine.documents.models import Document
from engine.expedientes import operations
from engine.expedientes.models import ExpedienteState, Outcome
from engine.expedientes.withdrawal import Leaving
from engine.registry.models import RegistryEntry
from tests.engine.expedientes.conftest import Run, Town
from tests.engine.expedientes.test_expedientes import notified_in_the_sede, opened


def test_a_waiver_is_registered_accepted_outright_notified_and_closes(
    town: Town, run_all: Run
) -> None:
    """INS-9: the same way as a withdrawal, with the words of what it is."""
    town.publish()
    notified_in_the_sede(town)
    filed = town.filed()
    presented = operations.withdraw(
        town.call(),
        expediente_id=filed.expediente_id,
        reason="Ya no lo necesito",
        consent=True,
        leaving=Leaving.WAIVER,
    )
    run_all()
    opened(town, filed.expediente_id)
    run_all()
    run_all()
    view = town.view(filed.expediente_id)
    assert (view.row.state, view.row.outcome) == (ExpedienteState.CLOSED, Outcome.WITHDRAWN)
    with town.hall.database.reading() as session:
        entry = session.get_one(RegistryEntry, (town.hall.settings.entity_id, presented.entry_id))
        resolution = session.scalars(
            select(Document).where(Document.template == Leaving.WAIVER.template)
        ).one()
    assert entry.subject.startswith("Renuncia en el expediente")
    assert "la renuncia" in resolution.title
