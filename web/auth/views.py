"""Sign-in: in the demonstration a list of fictitious people; acting for another; sign-out."""

from __future__ import annotations

from uuid import UUID

from flask import (
    Blueprint,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response

from engine.clock import madrid_date
from engine.ids import parse_id
from engine.people import operations, queries
from engine.permissions import ActorKind
from engine.settings import Environment
from web.access import Audience, access, safe_next
from web.context import SESSION_COOKIE, actor, call, reading, real_now, session_id, townhall

blueprint = Blueprint("auth", __name__)


@blueprint.get("/identificacion")
@access(Audience.PUBLIC)
def sign_in() -> str:
    """Choose who you are. The list of people exists in the demonstration only."""
    following = safe_next(request.args.get("next"))
    if not townhall().settings.demo:
        return render_template("auth/unavailable.html")
    with reading() as db:
        return render_template(
            "auth/sign_in.html",
            people=queries.people_list(db),
            officials=queries.officials_list(db),
            following=following,
        )


@blueprint.post("/identificacion")
@access(Audience.PUBLIC, operation="people.sign_in")
def sign_in_post() -> Response:
    """Open the session of the chosen person (demonstration only)."""
    if not townhall().settings.demo:
        abort(404)
    kind, _, identifier = request.form.get("who", "").partition(":")
    chosen = parse_id(identifier)
    if chosen is None or kind not in (ActorKind.CITIZEN.value, ActorKind.OFFICIAL.value):
        abort(400)
    row, token = operations.sign_in(
        call(),
        actor_kind=ActorKind(kind),
        actor_id=chosen,
        method="demo",
        level="substantial",
        real_now=real_now(),
        address=request.remote_addr or "",
    )
    session.clear()
    home = "office.inbox" if kind == ActorKind.OFFICIAL.value else "citizen.folder"
    response = make_response(redirect(safe_next(request.form.get("next")) or url_for(home)))
    response.set_cookie(
        SESSION_COOKIE,
        token,
        expires=row.expires_at,
        httponly=True,
        samesite="Lax",
        secure=townhall().settings.environment is Environment.PRODUCTION,
    )
    return response


@blueprint.post("/salir")
@access(Audience.SIGNED_IN, operation="people.sign_out")
def sign_out() -> Response:
    """End the session."""
    operations.sign_out(call(), session_id=_session(), real_now=real_now())
    session.clear()
    response = make_response(redirect(url_for("public.home")))
    response.delete_cookie(SESSION_COOKIE)
    return response


@blueprint.get("/en-nombre-de")
@access(Audience.CITIZEN)
def act_for() -> str:
    """Choose in whose name to act."""
    identity = actor().id
    if identity is None:
        abort(403)
    today = madrid_date(townhall().clock.now())
    with reading() as db:
        people = queries.represented_by(db, identity, today)
        own = queries.person_row(queries.person(db, identity))
    return render_template("auth/act_for.html", people=people, own=own)


@blueprint.post("/en-nombre-de")
@access(Audience.CITIZEN, operation="people.act_for")
def act_for_post() -> Response:
    """Act in the name of the chosen person from now on, or in one's own."""
    text = request.form.get("grantor", "")
    grantor: UUID | None = parse_id(text)
    if text != "self" and grantor is None:
        abort(400)
    operations.act_for(
        call(),
        session_id=_session(),
        grantor_id=grantor,
        today=madrid_date(townhall().clock.now()),
    )
    return redirect(url_for("citizen.folder"))


def _session() -> UUID:
    identifier = session_id()
    if identifier is None:
        abort(403)
    return identifier
