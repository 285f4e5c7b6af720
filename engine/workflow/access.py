"""Whose a work item is: its unit, role and candidates, who is excluded, who stands in for whom.

An excluded official can do nothing with it, not even in somebody else's place; and nobody stands in
for one who is excluded: four eyes are held here, whatever a page or another operation asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from engine.people.absences.queries import headed_by
from engine.people.models import PostAssignment
from engine.permissions import Actor, ActorKind
from engine.workflow.models import WorkItem, WorkState
from engine.workflow.work import CORRECTION
from engine.workflow.work_items.models import SubstitutedWork

REASSIGN = "workflow.reassign"
"""Permission to move the work of others: of the unit that one heads, unless REASSIGN_ANY is held too."""
REASSIGN_ANY = "workflow.reassign_any"
"""Permission to move the work of any unit."""


def barred(session: Session, item: WorkItem) -> frozenset[str]:
    """Who may not do a work item: the excluded, and those in whose place an excluded one acted before.

    An act in somebody's place is an act of the absent one's office, so it counts for both.
    """
    if not item.excluded:
        return frozenset()
    acted_for = session.scalars(
        select(SubstitutedWork.absent_id).where(
            SubstitutedWork.instance_id == item.instance_id,
            cast(SubstitutedWork.official_id, String).in_(item.excluded),
        )
    )
    return frozenset(item.excluded) | {str(identifier) for identifier in acted_for}


def in_own_right(item: WorkItem, actor: Actor, barred: frozenset[str]) -> bool:
    """Whether an official may claim it by their post, or because the model names them."""
    if item.kind == CORRECTION or item.fixed or str(actor.id) in barred:
        return False
    if item.candidates and str(actor.id) not in item.candidates:
        return False
    return any(
        (not item.role or post.role == item.role)
        and (item.unit_id is None or post.unit_id == item.unit_id)
        for post in actor.posts
    )


def in_place_of(item: WorkItem, actor: Actor, barred: frozenset[str]) -> Actor | None:
    """The absent official in whose place the actor may take it: one whose it is, or who could take it."""
    if item.kind == CORRECTION or str(actor.id) in barred:
        return None
    allowed = [absent for absent in actor.stands_for if str(absent.id) not in barred]
    theirs = (absent for absent in allowed if absent.id == holder(item))
    could = (absent for absent in allowed if in_own_right(item, absent, barred))
    return next(theirs, None) or next(could, None)


def represented(item: WorkItem) -> UUID | None:
    """The absent official in whose place its assignee has it; None for who has it by themselves."""
    return None if item.delegated_from is not None else item.owner_id


def holder(item: WorkItem) -> UUID | None:
    """Whose it is: its assignee's, or that of the one in whose place they have it.

    What was delegated is nobody's to take over: who delegated it takes it back.
    """
    if item.delegated_from is not None:
        return None
    return item.owner_id or item.assignee_id


def may_take(session: Session, item: WorkItem, actor: Actor) -> bool:
    """Whether an official may claim it: by themselves, in an absent one's place, or back as theirs."""
    if actor.kind is not ActorKind.OFFICIAL:
        return False
    kept_from = barred(session, item)
    if in_own_right(item, actor, kept_from) or in_place_of(item, actor, kept_from) is not None:
        return True
    return item.owner_id == actor.id and str(actor.id) not in kept_from


@dataclass(frozen=True)
class Claim:
    """How a work item may be claimed: by oneself, in an absent one's place, or back from who stood in."""

    absent: Actor | None = None
    back: bool = False


def claim_of(session: Session, item: WorkItem, actor: Actor) -> Claim | None:
    """How the actor may claim it now; None when another has it, or they themselves."""
    if not may_take(session, item, actor) or item.assignee_id == actor.id:
        return None
    kept_from = barred(session, item)
    waits = item.state == WorkState.OPEN.value
    if waits and in_own_right(item, actor, kept_from):
        return Claim()
    if not waits and represented(item) == actor.id:
        return Claim(back=True)
    absent = in_place_of(item, actor, kept_from)
    if absent is not None and (waits or holder(item) == absent.id):
        return Claim(absent=absent)
    return None


def may_work(session: Session, item: WorkItem, actor: Actor) -> bool:
    """Whether the actor may complete it now: its assignee, or the person it asks.

    Who has it in somebody's place may only while the absence lasts.
    """
    if item.kind == CORRECTION:
        return (
            actor.kind is ActorKind.CITIZEN
            and item.person_id is not None
            and actor.interested_id == item.person_id
        )
    if (
        actor.kind is not ActorKind.OFFICIAL
        or item.state != WorkState.CLAIMED.value
        or item.assignee_id != actor.id
    ):
        return False
    kept_from = barred(session, item)
    if str(actor.id) in kept_from:
        return False
    absent = represented(item)
    return absent is None or (
        str(absent) not in kept_from and absent in {each.id for each in actor.stands_for}
    )


def may_see(session: Session, item: WorkItem, actor: Actor) -> bool:
    """Whether the actor may open it: theirs, one that they may take, or one that they may reassign."""
    if actor.kind is ActorKind.OFFICIAL and actor.id in (item.assignee_id, item.owner_id):
        return True
    return (
        may_take(session, item, actor)
        or may_work(session, item, actor)
        or may_manage(session, item, actor)
    )


def may_manage(session: Session, item: WorkItem, actor: Actor) -> bool:
    """Whether the actor may reassign it: the head of its unit, or whoever may in any."""
    if actor.kind is not ActorKind.OFFICIAL or not actor.may(REASSIGN) or item.kind == CORRECTION:
        return False
    if actor.may(REASSIGN_ANY):
        return True
    headed = headed_by(actor)
    if item.unit_id is not None:
        return item.unit_id in headed
    return bool(
        item.assignee_id is not None
        and session.scalar(select(_works_in(headed, item.assignee_id).exists()))
    )


def managed(actor: Actor) -> ColumnElement[bool]:
    """The work items that an official may reassign, as a condition of a query."""
    if actor.kind is not ActorKind.OFFICIAL or not actor.may(REASSIGN):
        return false()
    of_people = WorkItem.kind != CORRECTION
    if actor.may(REASSIGN_ANY):
        return of_people
    headed = headed_by(actor)
    if not headed:
        return false()
    elsewhere = and_(WorkItem.unit_id.is_(None), _works_in(headed, WorkItem.assignee_id).exists())
    return and_(of_people, or_(WorkItem.unit_id.in_(headed), elsewhere))


def _works_in(units: Iterable[UUID], official: Any) -> Select[UUID]:
    """Work of no unit is of the unit of who has it; also of the one where they were when they got it."""
    return select(PostAssignment.id).where(
        PostAssignment.official_id == official, PostAssignment.unit_id.in_(tuple(units))
    )


def candidates(actor: Actor) -> ColumnElement[bool]:
    """The work items that an official may take, as a condition of a query: the same as `may_take`."""
    if actor.kind is not ActorKind.OFFICIAL:
        return false()
    kinds = [_by_post(actor), and_(WorkItem.owner_id == actor.id, WorkItem.assignee_id != actor.id)]
    for absent in actor.stands_for:
        held = and_(
            WorkItem.delegated_from.is_(None),
            func.coalesce(WorkItem.owner_id, WorkItem.assignee_id) == absent.id,
        )
        kinds.append(and_(or_(held, _by_post(absent)), _not_barred(absent)))
    return and_(WorkItem.kind != CORRECTION, _not_barred(actor), or_(*kinds))


def _by_post(actor: Actor) -> ColumnElement[bool]:
    if not actor.posts:
        return false()
    by_post = or_(
        *(
            and_(
                or_(WorkItem.role == "", WorkItem.role == post.role),
                or_(WorkItem.unit_id.is_(None), WorkItem.unit_id == post.unit_id),
            )
            for post in actor.posts
        )
    )
    named = or_(WorkItem.candidates == [], WorkItem.candidates.contains([str(actor.id)]))
    return and_(not_(WorkItem.fixed), by_post, named)


def _not_barred(actor: Actor) -> ColumnElement[bool]:
    # Under a name of its own: the lists join the same table to say in whose place work was done.
    earlier = aliased(SubstitutedWork)
    acted_for_them = exists(
        select(earlier.id).where(
            earlier.instance_id == WorkItem.instance_id,
            earlier.absent_id == actor.id,
            WorkItem.excluded.has_key(cast(earlier.official_id, String)),
        )
    )
    return and_(
        not_(WorkItem.excluded.contains([str(actor.id)])),
        or_(WorkItem.excluded == [], not_(acted_for_them)),
    )
