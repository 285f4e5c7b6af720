"""Whose a work item is: its unit and role, who is excluded, the interested person."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, not_, or_

from engine.permissions import Actor, ActorKind
from engine.workflow.models import WorkItem, WorkState
from engine.workflow.work import CORRECTION


def may_take(item: WorkItem, actor: Actor) -> bool:
    """Whether an official may claim a work item: by post, and not excluded by an earlier step."""
    if actor.kind is not ActorKind.OFFICIAL or item.kind == CORRECTION or item.fixed:
        return False
    if str(actor.id) in item.excluded:
        return False
    return any(
        (not item.role or post.role == item.role)
        and (item.unit_id is None or post.unit_id == item.unit_id)
        for post in actor.posts
    )


def may_work(item: WorkItem, actor: Actor) -> bool:
    """Whether the actor may complete it now: its assignee, or the person it asks."""
    if item.kind == CORRECTION:
        return (
            actor.kind is ActorKind.CITIZEN
            and item.person_id is not None
            and actor.interested_id == item.person_id
        )
    return (
        actor.kind is ActorKind.OFFICIAL
        and item.state == WorkState.CLAIMED.value
        and item.assignee_id == actor.id
    )


def may_see(item: WorkItem, actor: Actor) -> bool:
    """Whether the actor may open it: their own, or one that they may take."""
    if actor.kind is ActorKind.OFFICIAL and item.assignee_id == actor.id:
        return True
    return may_take(item, actor) or may_work(item, actor)


def candidates(actor: Actor) -> ColumnElement[bool]:
    """The work items that an official may take, as a condition of a query."""
    if actor.kind is not ActorKind.OFFICIAL or not actor.posts:
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
    return and_(
        WorkItem.kind != CORRECTION,
        not_(WorkItem.fixed),
        by_post,
        not_(WorkItem.excluded.contains([str(actor.id)])),
    )
