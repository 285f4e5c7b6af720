"""Reads of people: actors with their powers, representation, lists for the sign-in page."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.operation import OPERATIONS
from engine.people.absences.queries import stands_in_for
from engine.people.models import Official, Person, PostAssignment, Power, Unit, WebSession
from engine.people.names import sort_key
from engine.people.roles import permissions_of
from engine.permissions import Actor, ActorKind, Post


def known_permissions() -> frozenset[str]:
    """Every permission that an operation asks for."""
    return frozenset(info.permission for info in OPERATIONS.values())


def anonymous_actor() -> Actor:
    """Whoever has not signed in."""
    return Actor(
        ActorKind.ANONYMOUS,
        permissions=permissions_of(["anonymous"], known_permissions()),
        roles=frozenset({"anonymous"}),
    )


def load_citizen_actor(
    session: Session, person_id: UUID, today: date, on_behalf_of: UUID | None = None
) -> Actor:
    """The citizen, acting for another only while a power stands; raises NotFound otherwise."""
    person = _person(session, person_id)
    represented, procedures = None, None
    if on_behalf_of is not None:
        powers = powers_between(session, on_behalf_of, person_id, today)
        if not powers:
            raise NotFound("No consta una representación en vigor para actuar en su nombre.")
        represented = _person(session, on_behalf_of)
        if all(power.scope == "procedures" for power in powers):
            procedures = frozenset(key for power in powers for key in power.procedures)
    return Actor(
        ActorKind.CITIZEN,
        id=person.id,
        display_name=person.display_name,
        permissions=permissions_of(["citizen"], known_permissions()),
        on_behalf_of=represented.id if represented else None,
        on_behalf_of_name=represented.display_name if represented else "",
        procedures=procedures,
        roles=frozenset({"citizen"}),
    )


def load_official_actor(session: Session, official_id: UUID, today: date) -> Actor:
    """The official with the posts held today and whom they stand in for; a disabled one is NotFound."""
    actor = _official_actor(session, official_id, today)
    absent = [row.official_id for row in stands_in_for(session, official_id, today)]
    if not absent:
        return actor
    # Who stands in for somebody does not stand in for those whom the absent one stood in for.
    return replace(
        actor, stands_for=tuple(_official_actor(session, each, today) for each in absent)
    )


def _official_actor(session: Session, official_id: UUID, today: date) -> Actor:
    official = session.scalar(select(Official).where(Official.id == official_id, Official.active))
    if official is None:
        raise NotFound
    posts = tuple(
        Post(row.unit_id, row.role)
        for row in session.scalars(
            select(PostAssignment).where(
                PostAssignment.official_id == official_id,
                PostAssignment.valid_from <= today,
                or_(PostAssignment.valid_to.is_(None), PostAssignment.valid_to >= today),
            )
        )
    )
    held = frozenset(post.role for post in posts)
    return Actor(
        ActorKind.OFFICIAL,
        id=official.id,
        display_name=official.display_name,
        permissions=permissions_of(held | {"employee"}, known_permissions()),
        posts=posts,
        roles=held,
    )


def powers_between(
    session: Session,
    grantor_id: UUID,
    attorney_id: UUID,
    today: date,
    procedure: str | None = None,
) -> tuple[Power, ...]:
    """The powers in force by which the attorney may act for the grantor (in a procedure, if given)."""
    rows = session.scalars(
        select(Power).where(
            Power.grantor_id == grantor_id,
            Power.attorney_id == attorney_id,
            Power.revoked_at.is_(None),
            Power.valid_from <= today,
            Power.valid_to >= today,
        )
    )
    return tuple(
        power
        for power in rows
        if procedure is None or power.scope != "procedures" or procedure in power.procedures
    )


@dataclass(frozen=True)
class PersonRow:
    """A person as lists show them."""

    id: UUID
    display_name: str
    document_number: str
    kind: str


@dataclass(frozen=True)
class OfficialRow:
    """An official as lists show them, with the titles of their posts."""

    id: UUID
    display_name: str
    title: str
    units: tuple[str, ...]


def represented_by(session: Session, attorney_id: UUID, today: date) -> tuple[PersonRow, ...]:
    """Those in whose name the person may act today."""
    rows = session.execute(
        select(Person)
        .join(Power, Power.grantor_id == Person.id)
        .where(
            Power.attorney_id == attorney_id,
            Power.revoked_at.is_(None),
            Power.valid_from <= today,
            Power.valid_to >= today,
        )
        .order_by(Person.sort_key)
        .distinct()
    ).scalars()
    return tuple(person_row(person) for person in rows)


@dataclass(frozen=True)
class SessionRow:
    """An open session of the web face; its times are real time, never the demonstration's."""

    id: UUID
    actor_kind: ActorKind
    actor_id: UUID | None
    on_behalf_of: UUID | None
    method: str
    level: str
    seen_at: datetime
    expires_at: datetime


def token_hash(token: str) -> bytes:
    """What the database keeps of a session's token."""
    return hashlib.sha256(token.encode()).digest()


def web_session(session: Session, token: str, real_now: datetime) -> SessionRow | None:
    """The session whose token a browser sends, or None when there is none, it ended or it expired."""
    row = session.scalar(
        select(WebSession).where(
            WebSession.token_hash == token_hash(token),
            WebSession.ended_at.is_(None),
            WebSession.expires_at > real_now,
        )
    )
    if row is None:
        return None
    return SessionRow(
        id=row.id,
        actor_kind=ActorKind(row.actor_kind),
        actor_id=row.actor_id,
        on_behalf_of=row.on_behalf_of,
        method=row.method,
        level=row.level,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
    )


def last_access(session: Session, kind: ActorKind, actor_id: UUID) -> datetime | None:
    """When somebody last opened a session (ENS op.acc.5 R5), in real time; None when never."""
    return session.scalar(
        select(func.max(WebSession.created_at)).where(
            WebSession.actor_kind == kind.value, WebSession.actor_id == actor_id
        )
    )


def people_list(session: Session, words: str = "") -> tuple[PersonRow, ...]:
    """The people with every word in name or document, by name: for the demonstration's sign-in."""
    found = select(Person).order_by(Person.sort_key)
    for word in sort_key(words).split():
        found = found.where(
            or_(Person.sort_key.contains(word), Person.document_number.contains(word))
        )
    return tuple(person_row(row) for row in session.scalars(found))


def officials_list(session: Session, words: str = "") -> tuple[OfficialRow, ...]:
    """The active officials with every word in name, title or unit, by name, with their units."""
    units: dict[UUID, list[str]] = {}
    for official_id, unit_name in session.execute(
        select(PostAssignment.official_id, Unit.name)
        .join(Unit, Unit.id == PostAssignment.unit_id)
        .order_by(Unit.name)
        .distinct()
    ):
        units.setdefault(official_id, []).append(unit_name)
    rows = session.scalars(select(Official).where(Official.active).order_by(Official.sort_key))
    found = (OfficialRow(o.id, o.display_name, o.title, tuple(units.get(o.id, ()))) for o in rows)
    wanted = sort_key(words).split()
    return tuple(
        row
        for row in found
        if all(
            word in sort_key(" ".join((row.display_name, row.title, *row.units))) for word in wanted
        )
    )


def person(session: Session, person_id: UUID) -> Person:
    """The person; raises NotFound."""
    return _person(session, person_id)


def person_by_document(session: Session, number: str) -> PersonRow | None:
    """The person with this DNI, NIE or NIF, or None."""
    row = session.scalar(select(Person).where(Person.document_number == number))
    return None if row is None else person_row(row)


def official_id_of(session: Session, code: str) -> UUID | None:
    """The id of the official with this code, or None."""
    found: UUID | None = session.scalar(select(Official.id).where(Official.code == code))
    return found


def powers_received(session: Session, attorney_id: UUID) -> tuple[Power, ...]:
    """Every power that a person has received, also ended and revoked ones, the newest first."""
    rows = session.scalars(
        select(Power)
        .where(Power.attorney_id == attorney_id)
        .order_by(Power.valid_from.desc(), Power.id)
    )
    return tuple(rows)


def unit_by_code(session: Session, code: str) -> Unit:
    """The unit with this code; raises NotFound."""
    unit = session.scalar(select(Unit).where(Unit.code == code))
    if unit is None:
        raise NotFound(f"No existe la unidad «{code}».")
    return unit


def person_row(person: Person) -> PersonRow:
    """A person as lists show them."""
    return PersonRow(person.id, person.display_name, person.document_number, person.kind)


def _person(session: Session, person_id: UUID) -> Person:
    row = session.scalar(select(Person).where(Person.id == person_id))
    if row is None:
        raise NotFound
    return row
