"""The certificate of a silence, made apart from its record."""

from __future__ import annotations

from uuid import UUID

from engine.expedientes.silence import operations
from engine.jobs import job
from engine.townhall import Call


@job(operations.CERTIFY)
def certify(call: Call, *, silence_id: str) -> None:
    """Make the certificate; one that is made already, or that was annulled, has no second one."""
    operations.certify(call, silence_id=UUID(silence_id))
