"""The receipt, a moment after the filing: when the entry's event has its place in the record."""

from __future__ import annotations

import time
from uuid import UUID

from sqlalchemy import select

import engine.registry.evidence  # noqa: F401 - registers what the verification asks for
from engine.audit.models import AuditEvent
from engine.errors import NotFound, Unavailable
from engine.jobs import job
from engine.record.proof_document import proof_json
from engine.record.proofs import InclusionProof, prove
from engine.record.sequencer import sequence
from engine.registry.models import RegistryEntry
from engine.registry.operations import receipt_issued
from engine.townhall import Call, TownHall

_WAITS = 20
_WAIT_SECONDS = 0.25


@job("registry.receipt")
def receipt(call: Call, *, entry_id: str) -> None:
    """Prove the entry's event, then compose the receipt that carries the proof."""
    identifier = UUID(entry_id)
    with call.townhall.database.reading() as session:
        entry = session.get(RegistryEntry, (call.townhall.settings.entity_id, identifier))
        if entry is None or entry.receipt_id is not None:
            return
        event_id = session.scalar(
            select(AuditEvent.id).where(
                AuditEvent.type == "registry.enter",
                AuditEvent.object_kind == "registry_entry",
                AuditEvent.object_id == str(identifier),
                AuditEvent.result == "ok",
            )
        )
    if event_id is None:
        raise NotFound("El asiento no tiene su acto en el registro de auditoría.")
    proof = _proof_of(call.townhall, event_id)
    receipt_issued(call, entry_id=identifier, proof=proof_json(proof))


def _proof_of(townhall: TownHall, event_id: UUID) -> InclusionProof:
    """The proof of a committed event; sequences it here rather than wait for the duty.

    Raises Unavailable after five seconds, when another sequencer holds the log: the job is retried.
    """
    for _ in range(_WAITS):
        with townhall.database.reading() as session:
            try:
                return prove(session, event_id)
            except Unavailable:
                pass
        if not sequence(townhall):
            # Another process is placing events: waits and leases run in real time.
            time.sleep(_WAIT_SECONDS)
    raise Unavailable("El asiento aún no tiene su lugar en el registro de auditoría.")
