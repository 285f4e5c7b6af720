"""What models ask of signing: `signing/request`."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from engine.operation import Act
from engine.people.queries import unit_by_code
from engine.services import InstanceView, Wait, service
from engine.signing.operations import request_signature
from engine.signing.signers import Signer


@service("signing/request")
def request(
    act: Act,
    instance: InstanceView,
    *,
    document_id: str,
    role: str | None = None,
    unit: str | None = None,
    official_id: str | None = None,
    excluded_ids: Sequence[str] = (),
    purpose: str = "Firma",
    seal_after: bool = False,
) -> Wait:
    """Ask for one signature, of an official or of a role (in the unit of this code).

    excluded_ids: the officials of earlier steps who may not decide. The signal's result says
    `signed` true or false, and `reason` when it was refused.
    """
    signer = Signer(
        official_id=UUID(official_id) if official_id else None,
        role=role,
        unit_id=unit_by_code(act.session, unit).id if unit else None,
    )
    request_signature(
        act,
        document_id=UUID(document_id),
        signers=[signer],
        purpose=purpose,
        excluded_ids=[UUID(identifier) for identifier in excluded_ids],
        seal_after=seal_after,
        reference=instance.reference,
    )
    return Wait(instance.reference)
