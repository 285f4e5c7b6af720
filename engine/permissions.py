"""What an actor is and whether it may do a thing: decided here without a table, denied by default."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from engine.errors import Refused


class ActorKind(StrEnum):
    """Who acts: ENS op.acc.1 asks for a separate identity for each kind of role."""

    ANONYMOUS = "anonymous"
    CITIZEN = "citizen"
    OFFICIAL = "official"
    SYSTEM = "system"


@dataclass(frozen=True)
class Post:
    """A role that an official holds in a unit."""

    unit_id: UUID
    role: str


@dataclass(frozen=True)
class Actor:
    """The one who acts, with the powers already loaded.

    id: the person's or the official's id, None for anonymous and system;
    on_behalf_of: the represented person's id, when a citizen acts through a checked power;
    permissions: the names that the actor's roles grant.
    """

    kind: ActorKind
    id: UUID | None = None
    display_name: str = ""
    permissions: frozenset[str] = frozenset()
    posts: tuple[Post, ...] = ()
    on_behalf_of: UUID | None = None
    on_behalf_of_name: str = ""
    procedures: frozenset[str] | None = None
    """The keys of the procedures that the powers in force name; None for any (art. 6.4 Ley 39/2015)."""
    process: str = ""
    """For the system: the procedure or the duty in whose name it acts (art. 41.2 of Ley 40/2015)."""
    roles: frozenset[str] = field(default_factory=frozenset)
    stands_for: tuple[Actor, ...] = ()
    """For an official: the absent ones in whose place they act today (art. 13 of Ley 40/2015)."""

    @property
    def interested_id(self) -> UUID | None:
        """The person whose matter this is: the represented one, else the actor."""
        return self.on_behalf_of or self.id

    @property
    def unit_ids(self) -> frozenset[UUID]:
        return frozenset(post.unit_id for post in self.posts)

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def holds(self, role: str, unit_id: UUID | None = None) -> bool:
        """Whether the actor holds `role`, in `unit_id` when one is given."""
        return any(
            post.role == role and (unit_id is None or post.unit_id == unit_id)
            for post in self.posts
        )


def require(actor: Actor, permission: str) -> None:
    """Raise Refused unless the actor's roles grant the permission."""
    if not actor.may(permission):
        raise Refused(
            f"Su puesto no tiene el permiso «{permission}». Si lo necesita, pídalo a la persona "
            "que administra los permisos de su unidad.",
            permission,
        )
