"""Changes of people: registering them, their contact data and channel, posts, powers and sessions."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from stdnum.es import cif, nie, nif

from engine.errors import BadInput, NotFound, RuleBroken, Stale
from engine.operation import Act, operation
from engine.people.models import (
    Channel,
    Official,
    Person,
    PersonKind,
    PostAssignment,
    Power,
    Unit,
    WebSession,
)
from engine.people.names import display_name, sort_key
from engine.people.queries import powers_between, token_hash
from engine.people.roles import roles
from engine.permissions import ActorKind

SESSION_LENGTH = timedelta(hours=8)
_LONGEST_SESSION = timedelta(hours=24)
_MAX_POWER_YEARS = 5


@operation("people.register_person")
def register_person(
    act: Act,
    *,
    kind: PersonKind,
    document_number: str,
    name: str,
    surname1: str = "",
    surname2: str = "",
    email: str = "",
    phone: str = "",
    address: dict[str, Any] | None = None,
    channel: Channel | None = None,
) -> Person:
    """Add a person; legal persons are obliged to the electronic channel (art. 14.2 Ley 39/2015)."""
    number = _document(document_number)
    obliged = kind is PersonKind.COMPANY
    person = Person(
        kind=kind.value,
        document_kind=_document_kind(number),
        document_number=number,
        name=name.strip(),
        surname1=surname1.strip(),
        surname2=surname2.strip(),
        display_name=display_name(name, surname1, surname2),
        sort_key=sort_key(name, surname1, surname2),
        email=email.strip(),
        phone=phone.strip(),
        address=address or {},
        channel=(Channel.ELECTRONIC if obliged else channel or Channel.PAPER).value,
        obliged=obliged,
        created_at=act.now,
    )
    act.session.add(person)
    act.session.flush()
    act.about("person", person.id)
    act.personal(document=number, name=person.display_name)
    return person


def _document(text: str) -> str:
    number = "".join(text.upper().split()).replace("-", "").replace(".", "")
    if not nif.is_valid(number):
        raise BadInput(f"El documento «{text}» no es un DNI, NIE o NIF válido: revise la letra.")
    return number


def _document_kind(number: str) -> str:
    if nie.is_valid(number):
        return "nie"
    return "cif" if cif.is_valid(number) else "dni"


@operation("people.change_contact", basis="art. 41.1 de la Ley 39/2015")
def change_contact(
    act: Act, *, person_id: UUID, email: str, phone: str, channel: Channel, version: int
) -> None:
    """Change the notification channel and where notices are sent; the person itself does it."""
    if act.actor.kind is ActorKind.CITIZEN and act.actor.interested_id != person_id:
        raise NotFound
    person = act.lock(Person, person_id)
    if person.version != version:
        raise Stale(
            "Sus datos de contacto han cambiado en otra ventana. Revíselos y guarde de nuevo."
        )
    if person.obliged and channel is not Channel.ELECTRONIC:
        raise RuleBroken("Las personas jurídicas reciben siempre notificaciones electrónicas.")
    act.about("person", person.id)
    act.note(channel=channel, previous_channel=person.channel)
    act.personal(email=email, phone=phone)
    person.email, person.phone, person.channel = (
        email.strip(),
        phone.strip(),
        channel.value,
    )
    person.version += 1


@operation("people.create_unit")
def create_unit(
    act: Act, *, code: str, dir3: str, name: str, parent_id: UUID | None = None
) -> Unit:
    """Add a unit."""
    unit = Unit(code=code, dir3=dir3, name=name, parent_id=parent_id)
    act.session.add(unit)
    act.session.flush()
    act.about("unit", unit.id)
    act.note(code=code, dir3=dir3)
    return unit


@operation("people.register_official")
def register_official(
    act: Act,
    *,
    code: str,
    document_number: str,
    name: str,
    surname1: str,
    surname2: str,
    title: str,
    email: str = "",
) -> Official:
    """Add a public employee or an elected official."""
    official = Official(
        code=code,
        document_number=_document(document_number),
        display_name=display_name(name, surname1, surname2),
        sort_key=sort_key(name, surname1, surname2),
        title=title,
        email=email,
        created_at=act.now,
    )
    act.session.add(official)
    act.session.flush()
    act.about("official", official.id)
    act.note(code=code)
    return official


@operation("people.assign_post")
def assign_post(
    act: Act,
    *,
    official_id: UUID,
    unit_id: UUID,
    role: str,
    valid_from: date,
    valid_to: date | None = None,
) -> PostAssignment:
    """Give a role in a unit; the auditor's role excludes every other (ENS op.acc.3 R1)."""
    if role not in roles():
        raise BadInput(f"El papel «{role}» no existe.")
    act.lock(Official, official_id)
    held = set(
        act.session.scalars(
            select(PostAssignment.role).where(
                PostAssignment.official_id == official_id,
                PostAssignment.valid_to.is_(None),
            )
        )
    )
    others = held - {role}
    if others and (roles()[role].exclusive or any(roles()[key].exclusive for key in others)):
        raise RuleBroken("El papel de auditoría no se puede tener junto con ningún otro.")
    post = PostAssignment(
        official_id=official_id,
        unit_id=unit_id,
        role=role,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    act.session.add(post)
    act.about("official", official_id)
    act.note(role=role, unit=unit_id, valid_from=valid_from, valid_to=valid_to)
    return post


@operation("people.grant_power", basis="art. 6 de la Ley 39/2015")
def grant_power(
    act: Act,
    *,
    grantor_id: UUID,
    attorney_id: UUID,
    scope: str,
    source: str,
    valid_from: date,
    valid_to: date,
    procedures: tuple[str, ...] = (),
) -> Power:
    """Register a power of representation, of at most five years."""
    if scope not in ("any", "town", "procedures"):
        raise BadInput(
            "El poder vale para cualquier administración, para esta o para procedimientos."
        )
    if valid_to < valid_from or valid_to > _years_later(valid_from, _MAX_POWER_YEARS):
        raise BadInput("Un poder dura como mucho cinco años desde que se inscribe.")
    power = Power(
        grantor_id=grantor_id,
        attorney_id=attorney_id,
        scope=scope,
        procedures=list(procedures),
        source=source,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    act.session.add(power)
    act.session.flush()
    act.about("power", power.id)
    act.note(grantor=grantor_id, attorney=attorney_id, scope=scope, until=valid_to)
    return power


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


@operation("people.sign_in")
def sign_in(
    act: Act,
    *,
    actor_kind: ActorKind,
    actor_id: UUID,
    method: str,
    level: str,
    real_now: datetime,
    address: str = "",
    replaces: UUID | None = None,
) -> tuple[WebSession, str]:
    """Open a session; returns the row and the token that only the browser keeps.

    real_now: real time, since a session must not end because the demonstration's clock moved;
    replaces: the session that the same browser had open, which ends.
    """
    known = act.session.scalar(
        select(Person.id).where(Person.id == actor_id)
        if actor_kind is ActorKind.CITIZEN
        else select(Official.id).where(Official.id == actor_id, Official.active)
    )
    if known is None:
        raise NotFound("No se ha podido comprobar su identidad.")
    if replaces is not None:
        previous = act.lock(WebSession, replaces)
        previous.ended_at = previous.ended_at or real_now
    token = secrets.token_urlsafe(32)
    row = WebSession(
        token_hash=token_hash(token),
        actor_kind=actor_kind.value,
        actor_id=actor_id,
        method=method,
        level=level,
        created_at=real_now,
        seen_at=real_now,
        expires_at=real_now + SESSION_LENGTH,
    )
    act.session.add(row)
    act.session.flush()
    act.about(actor_kind.value, actor_id)
    act.note(session=row.id, method=method, level=level)
    if address:
        act.personal(address=address)
    return row, token


@operation("people.sign_out")
def sign_out(act: Act, *, session_id: UUID, real_now: datetime) -> None:
    """End a session; ending it twice is harmless."""
    row = act.lock(WebSession, session_id)
    if row.actor_id != act.actor.id:
        raise NotFound
    row.ended_at = row.ended_at or real_now
    act.about("session", session_id)


@operation("people.keep_session")
def keep_session(act: Act, *, session_id: UUID, real_now: datetime) -> None:
    """Lengthen a session in use, up to a day after it began (WCAG 2.2.1: a person may extend it)."""
    row = act.lock(WebSession, session_id)
    if row.actor_id != act.actor.id or row.ended_at is not None or row.expires_at <= real_now:
        raise NotFound
    row.seen_at = real_now
    row.expires_at = min(real_now + SESSION_LENGTH, row.created_at + _LONGEST_SESSION)
    act.about("session", session_id)


@operation("people.act_for", basis="art. 5 de la Ley 39/2015")
def act_for(act: Act, *, session_id: UUID, grantor_id: UUID | None, today: date) -> None:
    """Begin or stop acting in another's name within a session, if a power stands."""
    row = act.lock(WebSession, session_id)
    if act.actor.id is None or row.actor_id != act.actor.id:
        raise NotFound
    if grantor_id is not None and not powers_between(act.session, grantor_id, act.actor.id, today):
        raise NotFound("No consta una representación en vigor para actuar en su nombre.")
    row.on_behalf_of = grantor_id
    act.about("session", session_id)
    act.note(grantor=grantor_id)
