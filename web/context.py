"""What a request knows: the town hall, who asks, in which session, and its one reading session."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import cast
from uuid import UUID

from flask import Flask, g, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from engine.audit.events import Trace
from engine.clock import madrid_date
from engine.demo_clock.queries import ahead_of_real_time
from engine.errors import NotFound
from engine.ids import new_id
from engine.people.queries import (
    SessionRow,
    anonymous_actor,
    load_citizen_actor,
    load_official_actor,
    web_session,
)
from engine.permissions import Actor, ActorKind
from engine.townhall import Call, TownHall
from web.secret import derive

SESSION_COOKIE = "andecha_session"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


@dataclass
class Current:
    """The request under way.

    power_ended: the session acted for another, and the power is no longer in force.
    """

    townhall: TownHall
    actor: Actor
    trace: Trace
    session: SessionRow | None = None
    power_ended: bool = False
    open: ExitStack = field(default_factory=ExitStack)
    reading: Session | None = None

    @property
    def request_id(self) -> str:
        return self.trace.request_id or ""


def current() -> Current:
    """The request under way."""
    return cast(Current, g.current)


def reading() -> Session:
    """The request's one session for queries: read-only, opened when it is first asked for."""
    here = current()
    if here.reading is None:
        here.reading = here.open.enter_context(here.townhall.database.reading())
    return here.reading


def call() -> Call:
    """What an operation is called with. The reading session is closed first: a request holds one
    connection at a time, and what it reads afterwards is fresh."""
    here = current()
    close_reading(here)
    return Call(here.townhall, here.actor, here.trace)


def close_reading(here: Current) -> None:
    """Give the connection back."""
    here.open.close()
    here.reading = None


def now() -> datetime:
    """The town hall's time: the law's, and in the demonstration the demonstration's."""
    return current().townhall.clock.now()


def real_now() -> datetime:
    """Real time, for sessions and limits of attempts alone."""
    return datetime.now(UTC)


def moved_clock(here: Current) -> datetime | None:
    """The town's time when the demonstration's clock was moved, for a notice on every page.

    Also the page of a failure has it: a database that does not answer leaves the notice out.
    """
    try:
        moved = ahead_of_real_time(here.townhall)
        return here.townhall.clock.now() if moved else None
    except SQLAlchemyError:
        return None


def init_context(app: Flask, townhall: TownHall) -> None:
    """Prepare each request before any check, and leave nothing open after it."""

    @app.before_request
    def begin() -> None:
        trace = Trace(request_id=_request_id(), address=_pseudonym(app))
        g.current = Current(townhall, anonymous_actor(), trace)
        token = request.cookies.get(SESSION_COOKIE)
        if token:
            _identify(g.current, token)

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        here = g.pop("current", None)
        if here is not None:
            close_reading(here)


def _request_id() -> str:
    given = request.headers.get("X-Request-ID", "")
    return given if _REQUEST_ID.fullmatch(given) else new_id().hex


def _pseudonym(app: Flask) -> str | None:
    """The address as the record keeps it: comparable, not readable."""
    if request.remote_addr is None:
        return None
    key = cast(bytes, app.secret_key)
    return derive(key, f"address {request.remote_addr}").hex()[:32]


def _identify(here: Current, token: str) -> None:
    session = reading()
    row = web_session(session, token, real_now())
    if row is None or row.actor_id is None:
        return
    today = madrid_date(here.townhall.clock.now())
    try:
        if row.actor_kind is ActorKind.OFFICIAL:
            here.actor = load_official_actor(session, row.actor_id, today)
        else:
            here.actor = _citizen(here, row.actor_id, row.on_behalf_of, today)
    except NotFound:
        return  # disabled since: whoever holds the cookie is nobody
    here.session = row
    here.trace.session_id = str(row.id)


def _citizen(here: Current, person_id: UUID, represented_id: UUID | None, today: date) -> Actor:
    """The citizen, for themselves alone once the power that they used has ended."""
    try:
        return load_citizen_actor(reading(), person_id, today, represented_id)
    except NotFound:
        here.power_ended = represented_id is not None
        return load_citizen_actor(reading(), person_id, today)
