"""The order in which work of the same kind is dispatched (art. 71.2 of Ley 39/2015).

Of the same kind is what the same step of the same procedure asks for: it is taken in the order in which
its expedientes began, unless the head of the unit gave another priority to one of them and said why, or
whoever takes it writes down the order that they were given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from engine.errors import BadInput, RuleBroken
from engine.operation import Act
from engine.permissions import Actor
from engine.workflow.access import candidates
from engine.workflow.models import InstanceState, ProcessInstance, WorkItem, WorkState

ORDER = "art. 71.2 de la Ley 39/2015"
MAX_REASON = 1000


class OutOfOrder(RuleBroken):
    """Work that began earlier waits for the same person: taking this one needs a reason."""

    def __init__(self, earlier: int) -> None:
        waiting = "hay una anterior" if earlier == 1 else f"hay {earlier} anteriores"
        super().__init__(
            f"No le toca todavía: {waiting} del mismo trámite y paso sin asignar. Para saltarse el orden, "
            "escriba el motivo."
        )
        self.earlier = earlier


@dataclass(frozen=True)
class Earlier:
    """The work that goes before an item: how much, and the item that goes first."""

    count: int
    first: UUID


def earlier(session: Session, item: WorkItem, actor: Actor) -> Earlier | None:
    """The unclaimed work of the same kind that the actor could take and that goes before an item.

    None when it is its turn. What began at the same instant goes at the same time; what is stopped or
    on hold keeps nobody waiting.
    """
    own = session.get_one(ProcessInstance, (item.entity_id, item.instance_id))
    before = and_(
        ProcessInstance.definition_key == own.definition_key,
        WorkItem.element == item.element,
        WorkItem.id != item.id,
        or_(
            WorkItem.priority > item.priority,
            and_(WorkItem.priority == item.priority, ProcessInstance.started_at < own.started_at),
        ),
    )
    rows = session.execute(
        select(WorkItem.id, func.count().over())
        .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        .where(_waiting(actor), before)
        .order_by(WorkItem.priority.desc(), ProcessInstance.started_at, WorkItem.id)
        .limit(1)
    ).one_or_none()
    return None if rows is None else Earlier(rows[1], rows[0])


def places(session: Session, items: Sequence[UUID], actor: Actor) -> dict[UUID, int]:
    """How much unclaimed work of its kind goes before each of these items; in one statement."""
    if not items:
        return {}
    kinds = select(ProcessInstance.definition_key, WorkItem.element).join(
        WorkItem, WorkItem.instance_id == ProcessInstance.id
    )
    ranked = (
        select(
            WorkItem.id,
            func.rank()
            .over(
                partition_by=(ProcessInstance.definition_key, WorkItem.element),
                order_by=(WorkItem.priority.desc(), ProcessInstance.started_at),
            )
            .label("place"),
        )
        .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        .where(
            _waiting(actor),
            tuple_(ProcessInstance.definition_key, WorkItem.element).in_(
                kinds.where(WorkItem.id.in_(tuple(items)))
            ),
        )
        .subquery()
    )
    rows = session.execute(select(ranked.c.id, ranked.c.place).where(ranked.c.id.in_(tuple(items))))
    return {identifier: place - 1 for identifier, place in rows}


def _waiting(actor: Actor) -> ColumnElement[bool]:
    """What nobody has and the actor may take now."""
    return and_(
        candidates(actor),
        WorkItem.state == WorkState.OPEN.value,
        ProcessInstance.state == InstanceState.RUNNING.value,
    )


def in_order(act: Act, items: Sequence[UUID]) -> tuple[UUID, ...]:
    """These items as they are dispatched, all locked; one that does not exist comes last.

    They are locked in the order of their ids, as every act over many does.
    """
    wanted = tuple(sorted(set(items)))
    found = act.session.execute(
        select(WorkItem.id, WorkItem.priority, ProcessInstance.started_at)
        .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        .where(WorkItem.id.in_(wanted))
        .order_by(WorkItem.id)
        .with_for_update(of=WorkItem)
    ).all()
    known = sorted(
        (-priority, started_at, identifier) for identifier, priority, started_at in found
    )
    ordered = tuple(identifier for _, _, identifier in known)
    return (*ordered, *(identifier for identifier in wanted if identifier not in ordered))


def keep_order(act: Act, item: WorkItem, reason: str) -> None:
    """Let the actor take an item in its turn, or out of it for a reason that stays in the event.

    Raises OutOfOrder when something goes before and there is no reason, BadInput for one too long.
    """
    before = earlier(act.session, item, act.actor)
    if before is None:
        return
    plain = reason.strip()
    if not plain:
        raise OutOfOrder(before.count)
    if len(plain) > MAX_REASON:
        message = "El motivo pasa de 1.000 caracteres: acórtelo."
        raise BadInput(message, (("reason", message),))
    act.because(plain)
    act.event.basis = ORDER
    act.note(out_of_order=before.count, first=before.first)
