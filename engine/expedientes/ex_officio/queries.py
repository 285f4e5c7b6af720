"""Which procedures an official may begin without anybody asking for them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.people.names import sort_key
from engine.permissions import Actor, ActorKind
from engine.procedures.package import Procedure
from engine.procedures.queries import in_force

BEGIN = "expedientes.begin_ex_officio"


def may_begin(actor: Actor, procedure: Procedure) -> bool:
    """Whether the actor's post begins this procedure: its role, in any unit."""
    return (
        actor.kind is ActorKind.OFFICIAL
        and actor.may(BEGIN)
        and procedure.opening is not None
        and actor.holds(procedure.opening.role)
    )


def openings(session: Session, actor: Actor) -> tuple[Procedure, ...]:
    """The procedures that the actor may begin, by title."""
    if actor.kind is not ActorKind.OFFICIAL or not actor.may(BEGIN):
        return ()
    found = [each for each in in_force(session) if may_begin(actor, each)]
    return tuple(sorted(found, key=lambda each: sort_key(each.title)))
