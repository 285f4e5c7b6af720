"""To whom a work item may be given: who holds its post, is not excluded and is not away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from engine.people.absences.queries import AbsenceRow, away, headed_by
from engine.people.models import Official, PostAssignment
from engine.people.roles import roles
from engine.permissions import Actor
from engine.workflow.access import REASSIGN_ANY, barred
from engine.workflow.models import WorkItem


@dataclass(frozen=True)
class Recipient:
    """An official to whom work may be given; `away` is their absence of today, which prevents it."""

    id: UUID
    name: str
    title: str
    away: AbsenceRow | None


def recipients(
    session: Session, item: WorkItem, today: date, *, by_head: bool
) -> tuple[Recipient, ...]:
    """Who may be given a work item, by name; those away too, to be told of.

    by_head: a head may give it to anybody with its role and unit, also when the model named others;
    to an excluded one nobody may.
    """
    kept_from = barred(session, item)
    named = frozenset(item.candidates) if item.candidates and not by_head else None
    return tuple(
        each
        for each in _officials(session, today, _with_post(item.role, item.unit_id, today))
        if str(each.id) not in kept_from
        and each.id != item.assignee_id
        and (named is None or str(each.id) in named)
    )


def colleagues(session: Session, actor: Actor, today: date) -> tuple[Recipient, ...]:
    """Those of the units that a head heads, and everybody for who may reassign any work."""
    if actor.may(REASSIGN_ANY):
        return _officials(session, today, _with_post("", None, today))
    headed = headed_by(actor)
    in_them = [_with_post("", unit_id, today) for unit_id in sorted(headed)]
    return _officials(session, today, or_(*in_them)) if in_them else ()


def _with_post(role: str, unit_id: UUID | None, today: date) -> ColumnElement[bool]:
    """Whether an official holds a post today: of a role and a unit, where they are said."""
    exclusive = [key for key, found in roles().items() if found.exclusive]
    post = select(PostAssignment.id).where(
        PostAssignment.official_id == Official.id,
        PostAssignment.role.not_in(exclusive),
        PostAssignment.valid_from <= today,
        or_(PostAssignment.valid_to.is_(None), PostAssignment.valid_to >= today),
    )
    if role:
        post = post.where(PostAssignment.role == role)
    if unit_id is not None:
        post = post.where(PostAssignment.unit_id == unit_id)
    return exists(post)


def _officials(
    session: Session, today: date, condition: ColumnElement[bool]
) -> tuple[Recipient, ...]:
    absences = away(session, today)
    found = session.scalars(
        select(Official).where(Official.active, condition).order_by(Official.sort_key, Official.id)
    )
    return tuple(
        Recipient(row.id, row.display_name, row.title, absences.get(row.id)) for row in found
    )
