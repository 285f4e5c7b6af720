"""Who signs: how a request names its signer, and whether an official is that signer."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from engine.permissions import Actor, ActorKind
from engine.signing.models import SignatureRequest


@dataclass(frozen=True)
class Signer:
    """Who signs a step: one official, or whoever holds a role (in a unit, when one is given)."""

    official_id: UUID | None = None
    role: str | None = None
    unit_id: UUID | None = None
    step: int = 1


def is_signer(request: SignatureRequest, actor: Actor) -> bool:
    """Whether the request is addressed to this official, by name or by role."""
    if actor.kind is not ActorKind.OFFICIAL or actor.id is None:
        return False
    if str(actor.id) in request.excluded_ids:
        return False
    if request.official_id is not None:
        return request.official_id == actor.id
    return request.role is not None and actor.holds(request.role, request.unit_id)
