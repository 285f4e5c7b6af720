"""Part of operations: what an interested person brings to an expediente goes through the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from engine.errors import RuleBroken
from engine.expedientes.access import representative_of
from engine.expedientes.models import WITHDRAWING, Expediente, ExpedienteState
from engine.operation import Act
from engine.registry.models import Book, RegistryEntry
from engine.registry.operations import Attached, enter
from engine.registry.receipt import Section


@dataclass(frozen=True)
class Contribution:
    """A writing to be registered: its subject, what the receipt copies, its documents."""

    subject: str
    contents: Sequence[Section]
    documents: Sequence[UUID | Attached]


def present(act: Act, row: Expediente, contribution: Contribution) -> RegistryEntry:
    """Register it in the name of the interested person; its receipt comes by job."""
    return enter(
        act,
        book=Book.ENTRY,
        subject=contribution.subject,
        unit_id=row.unit_id,
        person_id=row.person_id,
        representative_id=representative_of(act.actor),
        documents=contribution.documents,
        expediente_id=row.id,
        contents=contribution.contents,
        notes=(f"Se incorpora al expediente {row.number}.",),
    )


def require_open(row: Expediente) -> None:
    """Raise RuleBroken for what has ended, and for what the person withdrew."""
    if row.state == ExpedienteState.CLOSED.value:
        raise RuleBroken(
            "El expediente ya está terminado. Si quiere pedir otra cosa, presente una solicitud nueva."
        )
    if row.phase == WITHDRAWING:
        raise RuleBroken(
            "Ya ha desistido de esta solicitud. Si quiere pedir otra cosa, presente una nueva."
        )
