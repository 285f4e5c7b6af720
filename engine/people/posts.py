"""Reads of the town hall's staff: units, who holds which post, and what each one may do and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.people.models import Official, PostAssignment, Unit
from engine.people.queries import known_permissions
from engine.people.roles import permissions_of, roles

EVERY_EMPLOYEE = "employee"


@dataclass(frozen=True)
class UnitRow:
    """A unit and the unit that it hangs from."""

    id: UUID
    code: str
    dir3: str
    name: str
    parent_name: str


@dataclass(frozen=True)
class PostRow:
    """A role that an official holds in a unit."""

    role: str
    role_title: str
    unit_id: UUID
    unit_name: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class StaffRow:
    """An official with the posts of a day."""

    id: UUID
    code: str
    display_name: str
    title: str
    email: str
    active: bool
    posts: tuple[PostRow, ...]


@dataclass(frozen=True)
class Grant:
    """A permission and the roles that give it."""

    permission: str
    roles: tuple[str, ...]


def units(session: Session) -> tuple[UnitRow, ...]:
    """Every unit, by name."""
    rows = session.scalars(select(Unit).order_by(Unit.name)).all()
    names = {row.id: row.name for row in rows}
    return tuple(
        UnitRow(
            row.id,
            row.code,
            row.dir3,
            row.name,
            names.get(row.parent_id, "") if row.parent_id else "",
        )
        for row in rows
    )


def staff(session: Session, today: date) -> tuple[StaffRow, ...]:
    """Every official in order of name, with the posts held today."""
    return _staff(session, today, select(Official).order_by(Official.sort_key))


def official(session: Session, official_id: UUID, today: date) -> StaffRow:
    """One official with the posts held today; raises NotFound."""
    found = _staff(session, today, select(Official).where(Official.id == official_id))
    if not found:
        raise NotFound
    return found[0]


def _staff(session: Session, today: date, statement: Select[Official]) -> tuple[StaffRow, ...]:
    officials = session.scalars(statement).all()
    posts: dict[UUID, list[PostRow]] = {}
    for post, unit_name in session.execute(
        select(PostAssignment, Unit.name)
        .join(Unit, Unit.id == PostAssignment.unit_id)
        .where(
            PostAssignment.official_id.in_([row.id for row in officials]),
            PostAssignment.valid_from <= today,
            or_(PostAssignment.valid_to.is_(None), PostAssignment.valid_to >= today),
        )
        .order_by(Unit.name, PostAssignment.role)
    ):
        posts.setdefault(post.official_id, []).append(
            PostRow(
                post.role,
                role_title(post.role),
                post.unit_id,
                unit_name,
                post.valid_from,
                post.valid_to,
            )
        )
    return tuple(
        StaffRow(
            row.id,
            row.code,
            row.display_name,
            row.title,
            row.email,
            row.active,
            tuple(posts.get(row.id, ())),
        )
        for row in officials
    )


def role_title(key: str) -> str:
    """A role as people read it."""
    found = roles().get(key)
    return found.title if found else key


def grants_of(held: Iterable[str]) -> tuple[Grant, ...]:
    """What somebody who holds these roles may do, and which role gives each thing.

    What every employee may do counts too.
    """
    known = known_permissions()
    by_permission: dict[str, list[str]] = {}
    for key in sorted({*held, EVERY_EMPLOYEE}):
        for permission in permissions_of([key], known):
            by_permission.setdefault(permission, []).append(role_title(key))
    return tuple(Grant(name, tuple(by_permission[name])) for name in sorted(by_permission))
