"""Changes of whose a work item is, and of its priority and reminder. Each says who, for whom and why."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from engine.clock import MADRID, madrid_date
from engine.errors import BadInput, NotFound, Refused, RuleBroken
from engine.operation import Act, operation
from engine.workflow.access import (
    claim_of,
    may_manage,
    may_take,
    may_work,
    represented,
)
from engine.workflow.models import WorkItem, WorkState
from engine.workflow.work_items.holding import (
    ItemResult,
    Several,
    each_by_itself,
    locked_item,
    note_substitution,
    refuse_the_absent,
)
from engine.workflow.work_items.order import in_order, keep_order
from engine.workflow.work_items.priority import HIGHEST
from engine.workflow.work_items.recipients import Recipient, recipients

_MAX_REASON = 1000


@operation("workflow.claim")
def claim(act: Act, *, work_item_id: UUID, version: int, reason: str = "") -> None:
    """Take a work item: by one's post, in the place of an absent one whom one substitutes, or back.

    reason: by what order it is taken before others of its kind that began earlier (art. 71.2 of Ley
    39/2015). Raises NotFound when it is not for the actor, Stale when it changed, RuleBroken when another
    has it, OutOfOrder when others go before and there is no reason.
    """
    item = locked_item(act, work_item_id, version)
    if not may_take(act.session, item, act.actor):
        raise NotFound
    found = claim_of(act.session, item, act.actor)
    if found is None:
        mine = item.assignee_id == act.actor.id
        raise RuleBroken(
            "Ya tiene usted esta tarea." if mine else "Otra persona ya se ha asignado esta tarea."
        )
    if item.state == WorkState.OPEN.value:
        keep_order(act, item, reason)
    if found.absent is not None:
        note_substitution(act, found.absent)
    if found.back:
        act.note(back_from=item.assignee_id)
    _give(item, act.actor.id, owner=found.absent.id if found.absent else None)


@operation("workflow.release")
def release(act: Act, *, work_item_id: UUID, version: int) -> None:
    """Give a claimed work item back: to who delegated it or was away, else to those who may take it."""
    item = _held(act, work_item_id, version)
    if item.delegated_from is not None:
        raise RuleBroken("Esta tarea se la han delegado: devuélvala a quien se la delegó.")
    absent_id = represented(item)
    if item.fixed and absent_id is None:
        raise RuleBroken("Esta tarea le corresponde a usted y no se puede devolver.")
    _give(item, absent_id if item.fixed else None)


@operation("workflow.delegate")
def delegate(act: Act, *, work_item_id: UUID, version: int, to: UUID) -> None:
    """Let another who may do it do one's work item; the delegator answers for it still.

    It is the sharing out of work, not of competence (arts. 9 and 12 of Ley 40/2015): whoever receives
    it must be able to do it by their own post. Raises RuleBroken when they may not, or are away.
    """
    item = _own(act, work_item_id, version)
    if item.fixed:
        raise RuleBroken("El trámite le da esta tarea a usted y no se puede delegar.")
    recipient = _recipient(act, item, to, by_head=False)
    owner = item.owner_id or act.actor.id
    if recipient.id == owner:
        raise RuleBroken("La tarea es de esa persona: devuélvasela en lugar de delegársela.")
    act.note(to=recipient.id, owner=owner)
    _give(item, recipient.id, owner=owner, delegated_from=act.actor.id)


@operation("workflow.resolve")
def resolve(act: Act, *, work_item_id: UUID, version: int) -> None:
    """Give a delegated work item back to who answers for it, to be looked at or finished."""
    item = _held(act, work_item_id, version)
    if item.delegated_from is None or item.owner_id is None:
        raise RuleBroken("Esta tarea no se la ha delegado nadie.")
    owner = item.owner_id
    able = owner in {
        each.id for each in recipients(act.session, item, madrid_date(act.now), by_head=False)
    }
    act.note(owner=owner, to_unit=not able)
    _give(item, owner if able else None)


@operation("workflow.take_back")
def take_back(act: Act, *, work_item_id: UUID, version: int, reason: str) -> None:
    """Take back what one delegated, without waiting for it; the reason is written down."""
    item = locked_item(act, work_item_id, version)
    _because(act, reason)
    if item.owner_id != act.actor.id or not may_take(act.session, item, act.actor):
        raise NotFound
    if item.delegated_from is None:
        raise RuleBroken("Esta tarea no está delegada: puede asignársela directamente.")
    act.note(back_from=item.assignee_id)
    _give(item, act.actor.id)


@operation("workflow.hand_over")
def hand_over(act: Act, *, work_item_id: UUID, version: int, to: UUID) -> None:
    """Pass one's work item on to another who may do it, who answers for it from now on."""
    item = _own(act, work_item_id, version)
    if item.fixed:
        raise RuleBroken("El trámite le da esta tarea a usted: pida a su jefatura que la reasigne.")
    if item.delegated_from is not None:
        raise RuleBroken("Esta tarea se la han delegado: devuélvala a quien se la delegó.")
    recipient = _recipient(act, item, to, by_head=False)
    act.note(to=recipient.id)
    _give(item, recipient.id)


@operation("workflow.reassign")
def reassign(act: Act, *, work_item_id: UUID, version: int, to: UUID | None, reason: str) -> None:
    """Give a work item to somebody else, or back to its unit: by the head of the unit, and why.

    Also one that the model gave to one official alone. Never to an excluded one. Raises Refused when
    the actor does not head its unit, RuleBroken when the recipient may not have it.
    """
    item = locked_item(act, work_item_id, version)
    _because(act, reason)
    _check_head(act, item)
    act.note(previous=item.assignee_id, to=to)
    if to is None:
        if item.fixed:
            raise RuleBroken("El trámite pide que esta tarea la tenga una persona: elija a quién.")
        if item.state == WorkState.OPEN.value:
            raise RuleBroken("La tarea ya está sin asignar.")
        _give(item, None)
        return
    _give(item, _recipient(act, item, to, by_head=True).id)


@operation("workflow.prioritise", basis="art. 71.2 de la Ley 39/2015")
def prioritise(act: Act, *, work_item_id: UUID, version: int, priority: int, reason: str) -> None:
    """Change the order of dispatch: the head of the unit alone, by a reasoned order that is kept."""
    item = locked_item(act, work_item_id, version)
    _because(act, reason)
    _check_head(act, item)
    if not 0 <= priority <= HIGHEST:
        message = f"La prioridad va de 0 a {HIGHEST}."
        raise BadInput(message, (("priority", message),))
    act.note(previous=item.priority, priority=priority)
    item.priority = priority
    item.version += 1


@operation("workflow.follow_up")
def follow_up(act: Act, *, work_item_id: UUID, version: int, on: date | None) -> None:
    """Ask to be reminded of one's work item on a day, or no more; the term does not change."""
    item = _held(act, work_item_id, version)
    if on is not None and on <= madrid_date(act.now):
        message = "Elija un día posterior a hoy."
        raise BadInput(message, (("follow_up", message),))
    item.follow_up_at = None if on is None else datetime.combine(on, time(0), MADRID)
    item.version += 1
    act.note(on=on)


@operation("workflow.claim_many", permission="workflow.claim")
def claim_many(act: Act, *, items: Several, reason: str = "") -> tuple[ItemResult, ...]:
    """Take several work items at once; each is an act of its own, and those that cannot be say why.

    They are taken in the order in which they began, so those that go first need no reason; it is kept
    with those alone that are taken before others which were not marked, or could not be taken.
    """
    return each_by_itself(
        act,
        items,
        lambda item, version: claim(act, work_item_id=item, version=version, reason=reason),
        order=in_order(act, items.ids),
    )


@operation("workflow.reassign_many", permission="workflow.reassign")
def reassign_many(
    act: Act, *, items: Several, to: UUID | None, reason: str
) -> tuple[ItemResult, ...]:
    """Give several work items to somebody, or back to their units, for one reason."""
    _because(act, reason)
    return each_by_itself(
        act,
        items,
        lambda item, version: reassign(
            act, work_item_id=item, version=version, to=to, reason=reason
        ),
    )


def _held(act: Act, work_item_id: UUID, version: int) -> WorkItem:
    """An item that the actor has; raises NotFound for one of another."""
    item = locked_item(act, work_item_id, version)
    if item.assignee_id != act.actor.id or item.state != WorkState.CLAIMED.value:
        raise NotFound
    return item


def _own(act: Act, work_item_id: UUID, version: int) -> WorkItem:
    """An item that the actor has and may do, by themselves: a substitute does not pass it on."""
    item = _held(act, work_item_id, version)
    if represented(item) is not None:
        raise RuleBroken(
            "Tiene esta tarea en sustitución de otra persona: hágala, devuélvala o pida a su "
            "jefatura que la reasigne."
        )
    if not may_work(act.session, item, act.actor):
        raise NotFound
    return item


def _recipient(act: Act, item: WorkItem, to: UUID, *, by_head: bool) -> Recipient:
    """Who is to have an item; raises RuleBroken when they may not do it or are away."""
    found = recipients(act.session, item, madrid_date(act.now), by_head=by_head)
    chosen = next((each for each in found if each.id == to), None)
    if chosen is None:
        raise RuleBroken(
            "Esa persona no puede tener esta tarea: no tiene el puesto que pide, ya la tiene o hizo "
            "un paso anterior que se lo impide. Elija a otra."
        )
    refuse_the_absent(chosen.away)
    return chosen


def _check_head(act: Act, item: WorkItem) -> None:
    if not may_manage(act.session, item, act.actor):
        raise Refused("Solo puede hacerlo la jefatura de la unidad que tiene la tarea.")


def _because(act: Act, reason: str) -> None:
    plain = reason.strip()
    if not plain or len(plain) > _MAX_REASON:
        message = (
            "Escriba el motivo: queda en el expediente."
            if not plain
            else "El motivo pasa de 1.000 caracteres: acórtelo."
        )
        raise BadInput(message, (("reason", message),))
    act.because(plain)


def _give(
    item: WorkItem,
    assignee: UUID | None,
    *,
    owner: UUID | None = None,
    delegated_from: UUID | None = None,
) -> None:
    """Give it to somebody, or to nobody; who had it is not reminded of it any more."""
    if item.assignee_id is not None and item.assignee_id != assignee:
        item.follow_up_at = None
    item.assignee_id, item.owner_id, item.delegated_from = assignee, owner, delegated_from
    item.state = (WorkState.OPEN if assignee is None else WorkState.CLAIMED).value
    item.version += 1
