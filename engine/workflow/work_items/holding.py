"""A work item about to change hands: locked, seen by who asks, as they saw it; and in whose place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from engine.clock import madrid_date
from engine.errors import BadInput, NotFound, Refused, RuleBroken, Stale
from engine.operation import Act
from engine.people.absences.queries import AbsenceRow, stands_in_for
from engine.permissions import Actor
from engine.workflow.access import may_see, represented
from engine.workflow.models import WorkItem, WorkState
from engine.workflow.work_items.models import SubstitutedWork

SUBSTITUTION = "art. 13 de la Ley 40/2015"
MOST_AT_ONCE = 100


def locked_item(act: Act, work_item_id: UUID, version: int) -> WorkItem:
    """The item, locked until the commit; raises NotFound and Stale."""
    item = act.lock(WorkItem, work_item_id)
    check(act, item, version)
    act.note(element=item.element)
    return item


def check(act: Act, item: WorkItem, version: int) -> None:
    """Whether the actor may see it and it is as they saw it; raises NotFound and Stale."""
    act.about("work_item", item.id, item.expediente_id)
    if not may_see(act.session, item, act.actor):
        raise NotFound
    if item.state in (WorkState.DONE.value, WorkState.CANCELLED.value):
        raise Stale("Esta tarea ya está hecha o ya no hace falta. Vuelva a su bandeja.")
    if item.version != version:
        raise Stale("La tarea ha cambiado desde que la abrió. Revísela y vuelva a intentarlo.")


def note_substitution(act: Act, absent: Actor) -> AbsenceRow:
    """Say in the event in whose place the actor acts, and by which absence; raises NotFound without one.

    The absence is read again: it may have ended since the actor was loaded.
    """
    absent_id, actor_id, today = absent.id, act.actor.id, madrid_date(act.now)
    found = () if actor_id is None else stands_in_for(act.session, actor_id, today)
    absence = next((row for row in found if row.official_id == absent_id), None)
    if absence is None:
        raise NotFound
    act.event.basis = SUBSTITUTION
    act.note(
        substitution_of=absent_id, absence=absence.id, capacity="por sustitución de su titular"
    )
    return absence


def done_in_place(act: Act, item: WorkItem) -> UUID | None:
    """Write down that an item is being done in an absent one's place, if it is; whose."""
    absent_id = represented(item)
    absent = next((each for each in act.actor.stands_for if each.id == absent_id), None)
    if absent is None or absent_id is None or act.actor.id is None:
        return None
    absence = note_substitution(act, absent)
    act.session.add(
        SubstitutedWork(
            work_item_id=item.id,
            instance_id=item.instance_id,
            official_id=act.actor.id,
            absent_id=absent_id,
            absence_id=absence.id,
            at=act.now,
        )
    )
    return absent_id


@dataclass(frozen=True)
class Several:
    """Items of one operation over many: each with its version, as the actor saw it."""

    items: tuple[tuple[UUID, int], ...]

    def __post_init__(self) -> None:
        if not self.items:
            raise BadInput("Marque al menos una tarea.", (("items", "Marque al menos una tarea."),))
        if len(self.items) > MOST_AT_ONCE:
            message = f"Marque {MOST_AT_ONCE} tareas como mucho."
            raise BadInput(message, (("items", message),))

    @property
    def ids(self) -> tuple[UUID, ...]:
        return tuple(identifier for identifier, _ in self.items)


@dataclass(frozen=True)
class ItemResult:
    """What became of one of many: `refusal` says why it was not done, empty when it was."""

    work_item_id: UUID
    refusal: str


def each_by_itself(
    act: Act,
    several: Several,
    change: Callable[[UUID, int], None],
    *,
    order: Sequence[UUID] | None = None,
) -> tuple[ItemResult, ...]:
    """Change each item, those that can be; one that cannot leaves the others as they become.

    They are locked in the order of their ids, so that two such acts do not wait in a ring. order: in
    which they are changed, of items that are locked already.
    """
    results = {}
    versions = dict(several.items)
    for work_item_id in sorted(versions) if order is None else order:
        version = versions[work_item_id]
        try:
            with act.session.begin_nested():
                change(work_item_id, version)
            refusal = ""
        except (NotFound, Refused, RuleBroken) as error:
            refusal = error.message
        results[work_item_id] = ItemResult(work_item_id, refusal)
    refused = [identifier for identifier, result in results.items() if result.refusal]
    act.about("work_items", str(len(results)))
    act.note(done=len(results) - len(refused), refused=refused)
    return tuple(results[identifier] for identifier, _ in several.items)


def refuse_the_absent(row: AbsenceRow | None) -> None:
    """Raise RuleBroken for somebody who is away: work given to them would wait."""
    if row is not None:
        raise RuleBroken(f"{row.until} Elija a otra persona.")
