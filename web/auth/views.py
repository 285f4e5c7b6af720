"""Signing in and out, keeping the session, acting for another."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.clock import madrid_date
from engine.errors import NotFound
from engine.people import operations, queries
from engine.permissions import ActorKind
from web.access import Audience, access
from web.auth.arrival import default_page
from web.context import SESSION_COOKIE, call, current, now, reading, real_now
from web.formatters import date_time
from web.gate import safe_next
from web.inputs import identifier
from web.limits import limit_refusals
from web.rendering import page

auth = Blueprint("auth", __name__)

DEMO_METHOD, DEMO_LEVEL = "demo", "substantial"
_SIGN_IN_REFUSALS = 10


@auth.get("/entrar")
@access(Audience.PUBLIC)
def sign_in() -> Response:
    """The ways to identify oneself; in the demonstration, the people of the town to choose from."""
    words = request.args.get("q", "").strip()
    demo = current().townhall.settings.demo
    return page(
        "auth/sign_in.html",
        words=words,
        next=safe_next(request.args.get("next"), ""),
        people=queries.people_list(reading(), words) if demo else (),
        officials=queries.officials_list(reading(), words) if demo else (),
    )


@auth.post("/entrar")
@access(Audience.PUBLIC, operation="people.sign_in")
def sign_in_demo() -> Response:
    """Open a session as somebody of the demonstration's town; there is no such page in production."""
    if not current().townhall.settings.demo:
        raise NotFound
    limit_refusals("people.sign_in", most=_SIGN_IN_REFUSALS)
    kind, actor_id = _who(request.form.get("who", ""))
    here = current()
    last = queries.last_access(reading(), kind, actor_id)
    _, token = operations.sign_in(
        call(),
        actor_kind=kind,
        actor_id=actor_id,
        method=DEMO_METHOD,
        level=DEMO_LEVEL,
        real_now=real_now(),
        address=request.remote_addr or "",
        replaces=here.session.id if here.session else None,
    )
    if last is not None:
        flash(gettext("Su último acceso fue el %(when)s.", when=date_time(last)), "info")
    answer = redirect(safe_next(request.form.get("next"), default_page(kind)), 303)
    answer.set_cookie(
        SESSION_COOKIE,
        token,
        httponly=True,
        samesite="Lax",
        secure=here.townhall.settings.base_url.startswith("https://"),
    )
    return answer


def _who(value: str) -> tuple[ActorKind, UUID]:
    """`citizen:<id>` or `official:<id>`; anything else is nobody."""
    kind, _, text = value.partition(":")
    if kind not in (ActorKind.CITIZEN, ActorKind.OFFICIAL):
        raise NotFound(gettext("Elija a una persona de la lista para entrar."))
    return ActorKind(kind), identifier(text)


@auth.post("/salir")
@access(Audience.SIGNED, operation="people.sign_out")
def sign_out() -> Response:
    """End the session, here and in the database."""
    operations.sign_out(call(), session_id=_session_id(), real_now=real_now())
    flash(gettext("Ha salido de la sede. Su sesión está cerrada."), "success")
    answer = redirect(url_for("public.home"), 303)
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="Lax")
    return answer


@auth.post("/sesion/mantener")
@access(Audience.SIGNED, operation="people.keep_session")
def keep() -> Response:
    """Lengthen the session and stay where one was."""
    operations.keep_session(call(), session_id=_session_id(), real_now=real_now())
    return redirect(safe_next(request.form.get("next"), url_for("public.home")), 303)


@auth.get("/representacion")
@access(Audience.CITIZEN)
def representation() -> Response:
    """In whose name the person may act."""
    here = current()
    if here.actor.id is None:
        raise NotFound
    grantors = queries.represented_by(reading(), here.actor.id, madrid_date(now()))
    return page("auth/representation.html", grantors=grantors)


@auth.post("/representacion")
@access(Audience.CITIZEN, operation="people.act_for")
def act_for() -> Response:
    """Begin or stop acting in another's name."""
    chosen = request.form.get("grantor", "")
    operations.act_for(
        call(),
        session_id=_session_id(),
        grantor_id=identifier(chosen) if chosen else None,
        today=madrid_date(now()),
    )
    if chosen:
        named = _grantor_name(identifier(chosen))
        flash(gettext("Desde ahora actúa en nombre de %(name)s.", name=named), "success")
    else:
        flash(gettext("Desde ahora actúa en su propio nombre."), "success")
    return redirect(default_page(ActorKind.CITIZEN), 303)


def _grantor_name(grantor_id: UUID) -> str:
    """The name of somebody who gave the reader a power; empty for anybody else."""
    actor = current().actor
    if actor.id is None:
        return ""
    grantors = queries.represented_by(reading(), actor.id, madrid_date(now()))
    return next((row.display_name for row in grantors if row.id == grantor_id), "")


def _session_id() -> UUID:
    session = current().session
    if session is None:
        raise NotFound
    return session.id
