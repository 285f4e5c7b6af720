"""Who has access to which expedientes, as a condition of queries: deny by default."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.clock import madrid_date
from engine.errors import Refused
from engine.expedientes.models import Expediente
from engine.operation import Act
from engine.people.queries import powers_between
from engine.permissions import Actor, ActorKind
from engine.workflow.access import candidates
from engine.workflow.models import WorkItem

READ_ANY = "expedientes.read_any"
"""Permission to read every expediente: the secretary and the auditor."""


def accessible_to(actor: Actor) -> ColumnElement[bool]:
    """Condition on Expediente: the actor may see it.

    A citizen: their own, or those of the person represented in the procedures that the power names.
    An official: those of their units, those in which they have or had work, or all with READ_ANY.
    """
    if actor.kind is ActorKind.SYSTEM:
        return true()
    if actor.kind is ActorKind.CITIZEN:
        return _of_citizen(actor)
    if actor.kind is not ActorKind.OFFICIAL:
        return false()
    if actor.may(READ_ANY):
        return true()
    return or_(
        Expediente.unit_id.in_(tuple(actor.unit_ids)),
        exists(
            select(WorkItem.id).where(
                WorkItem.expediente_id == Expediente.id,
                or_(
                    candidates(actor),
                    WorkItem.assignee_id == actor.id,
                    WorkItem.completed_by == actor.id,
                ),
            )
        ),
    )


def _of_citizen(actor: Actor) -> ColumnElement[bool]:
    own = Expediente.person_id == actor.interested_id
    return and_(own, covered(actor, Expediente.procedure_key))


def covered(actor: Actor, procedure_key: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Condition: a citizen acts for themselves, or by a power in force that names this procedure."""
    if actor.procedures is None:
        return true()
    return procedure_key.in_(actor.procedures)


def covered_expediente(
    actor: Actor, expediente_id: InstrumentedAttribute[UUID | None]
) -> ColumnElement[bool]:
    """Condition: the same, of what belongs to an expediente."""
    if actor.procedures is None:
        return true()
    return expediente_id.in_(select(Expediente.id).where(covered(actor, Expediente.procedure_key)))


def represents(session: Session, actor: Actor, procedure_key: str, today: date) -> bool:
    """Whether the actor may act in this procedure: for themselves, or by a power that covers it."""
    if actor.on_behalf_of is None:
        return True
    if actor.id is None:
        return False
    return bool(powers_between(session, actor.on_behalf_of, actor.id, today, procedure_key))


def require_power(act: Act, procedure_key: str) -> None:
    """Raise Refused when the actor acts for another without a power for this procedure (FIL-6)."""
    if not represents(act.session, act.actor, procedure_key, madrid_date(act.now)):
        raise Refused(
            f"Su representación de {act.actor.on_behalf_of_name} no incluye este trámite. Pida a "
            "esa persona que la amplíe en el registro de apoderamientos, o actúe en su propio nombre."
        )


def representative_of(actor: Actor) -> UUID | None:
    """The representative, when the actor acts for another person."""
    return actor.id if actor.on_behalf_of is not None else None
