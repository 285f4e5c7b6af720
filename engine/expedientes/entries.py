"""The registry's entries as the interested person reads them: those that a power reaches, no others."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from engine.expedientes.access import covered_expediente
from engine.permissions import Actor
from engine.registry import queries
from engine.registry.models import RegistryEntry
from engine.registry.queries import EntryRow


def entry(session: Session, entry_id: UUID, actor: Actor) -> EntryRow:
    """One entry of the person, or of whom they represent in its procedure; raises NotFound."""
    return queries.entry(
        session, entry_id, actor, covered_expediente(actor, RegistryEntry.expediente_id)
    )


def entries(session: Session, actor: Actor) -> tuple[EntryRow, ...]:
    """What the interested person presented or received, newest first."""
    return queries.of_person(session, actor, covered_expediente(actor, RegistryEntry.expediente_id))
