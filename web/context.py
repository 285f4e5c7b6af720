"""What a request knows: the town hall, the actor behind the session cookie, the call it makes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from flask import current_app, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit.events import Trace
from engine.clock import madrid_date
from engine.errors import NotFound
from engine.ids import new_id
from engine.people.models import WebSession
from engine.people.operations import token_hash
from engine.people.queries import anonymous_actor, load_citizen_actor, load_official_actor
from engine.permissions import Actor, ActorKind
from engine.townhall import Call, TownHall

SESSION_COOKIE = "andecha_session"


def townhall() -> TownHall:
    """The town hall that this application serves."""
    return cast(TownHall, current_app.extensions["townhall"])


def actor() -> Actor:
    """Who makes this request."""
    return cast(Actor, g.actor)


def call() -> Call:
    """The call under which this request's operation runs."""
    return cast(Call, g.call)


def session_id() -> UUID | None:
    """The identity session of this request."""
    return cast("UUID | None", g.session_id)


@contextmanager
def reading() -> Iterator[Session]:
    """A read-only session for the queries of a page."""
    with townhall().database.reading() as session:
        yield session


def real_now() -> datetime:
    """Real time, which sessions follow even when the demonstration's clock has moved."""
    return cast(datetime, current_app.extensions["session_clock"].now())


def identify() -> None:
    """Before every request: find the actor of the session cookie."""
    g.request_id = str(new_id())
    g.session_id = None
    g.actor = anonymous_actor()
    token = request.cookies.get(SESSION_COOKIE)
    if token and request.endpoint != "static":
        _load_session(token)
    g.call = Call(
        townhall(),
        g.actor,
        Trace(
            session_id=str(g.session_id) if g.session_id else None,
            request_id=g.request_id,
            address=pseudonym(request.remote_addr or ""),
        ),
    )


def _load_session(token: str) -> None:
    with reading() as session:
        row = session.scalar(select(WebSession).where(WebSession.token_hash == token_hash(token)))
        if row is None or row.ended_at is not None or row.expires_at <= real_now():
            return
        if row.actor_id is None:
            return
        today = madrid_date(townhall().clock.now())
        try:
            if row.actor_kind == ActorKind.CITIZEN.value:
                g.actor = load_citizen_actor(session, row.actor_id, today, row.on_behalf_of)
            else:
                g.actor = load_official_actor(session, row.actor_id, today)
        except NotFound:
            return
        g.session_id = row.id
        g.session_expires_at = row.expires_at


def pseudonym(address: str) -> str:
    """A keyed hash of a network address: enough to relate events, not to locate a person."""
    key = cast(bytes, current_app.config["SECRET_KEY"])
    return hmac.new(key, address.encode(), hashlib.sha256).hexdigest()[:16]


def utc(instant: datetime) -> datetime:
    """The instant in UTC."""
    return instant.astimezone(UTC)
