"""The terms that run in an expediente, for whoever may see it: what a calendar of theirs holds."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deadlines.models import DeadlineState
from engine.deadlines.queries import TermRow, terms_of
from engine.errors import NotFound
from engine.expedientes.access import accessible_to
from engine.expedientes.models import Expediente
from engine.permissions import Actor, ActorKind


def open_terms(session: Session, expediente_id: UUID, actor: Actor) -> tuple[TermRow, ...]:
    """The terms that end on a known day, what ends first before; raises NotFound.

    A person has that of the town hall to resolve and their own; not those of the town hall's work.
    """
    row = session.scalar(
        select(Expediente).where(Expediente.id == expediente_id, accessible_to(actor))
    )
    if row is None:
        raise NotFound
    staff = actor.kind is not ActorKind.CITIZEN
    running = (
        term
        for term in terms_of(session, expediente_id)
        if term.state is DeadlineState.OPEN
        and (staff or term.id == row.deadline_id or term.person_id == actor.interested_id)
    )
    return tuple(sorted(running, key=lambda term: (term.due_at, term.id)))
