"""The demonstration's clock: what would end if it were moved, moving it, and what did end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

from flask import flash, redirect, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from engine.clock import MADRID, madrid_date
from engine.deadlines.models import DeadlineState
from engine.demo_clock import operations, queries
from engine.demo_clock.queries import Endings
from engine.errors import BadInput, NotFound
from engine.expedientes.lists import headings
from web.access import Audience, access
from web.admin.blueprint import READ, admin
from web.context import call, current, now, reading
from web.formatters import date_time
from web.inputs import day
from web.rendering import mistakes, page

_AN_INSTANT = timedelta(seconds=1)
_SETTLING = timedelta(seconds=30)
_MOST_HOURS, _MOST_DAYS = 24 * 366, 366
_TARGET = "hasta"

STATES: Mapping[DeadlineState, tuple[str, str]] = {
    DeadlineState.OPEN: (lazy_gettext("Sigue abierto, fuera de plazo"), "yellow"),
    DeadlineState.MET: (lazy_gettext("Cumplido"), "green"),
    DeadlineState.EXPIRED: (lazy_gettext("Vencido"), "orange"),
    DeadlineState.CANCELLED: (lazy_gettext("Sin objeto"), "grey"),
}
_SUSPENDED = (lazy_gettext("Suspendido"), "blue")


@admin.get("/reloj")
@access(Audience.ADMIN, permission=READ)
def demo_clock() -> Response:
    """How the clock stands, what a move would end, and what the last one ended."""
    if not current().townhall.settings.demo:
        raise NotFound
    if not request.args.get("modo"):
        return _page()
    try:
        return _page(target=_target(request.args))
    except BadInput as error:
        return _page(status=422, errors=mistakes(error))


@admin.post("/reloj")
@access(Audience.ADMIN, operation="demo.move_clock")
def move_demo_clock() -> Response:
    """Move the clock forward."""
    if not current().townhall.settings.demo:
        raise NotFound
    try:
        moved = operations.move_clock(call(), to=_instant(request.form.get(_TARGET, "")))
    except BadInput as error:
        return _page(status=422, errors=mistakes(error))
    flash(gettext("Ahora, en el municipio: %(when)s.", when=date_time(moved)), "success")
    return redirect(url_for("admin.demo_clock"), 303)


def _page(
    *,
    status: int = 200,
    errors: tuple[tuple[str, str], ...] = (),
    target: datetime | None = None,
) -> Response:
    queries.look_again(current().townhall)
    session, present = reading(), now()
    move = queries.last_move(session)
    ahead = queries.ahead_of_real_time(current().townhall)
    coming = None if target is None else queries.will_end(session, present, target)
    past = None if move is None else queries.ended(session, move.began, move.ended)
    shown = [row for found in (coming, past) if found is not None for row in found.rows]
    return page(
        "admin/demo_clock.html",
        status=status,
        errors=errors,
        values={name: request.args.get(name, "") for name in ("modo", "horas", "dias", "fecha")},
        present=present,
        ahead=ahead,
        days_ahead=round(ahead / timedelta(days=1)),
        next_end=queries.next_end(session, present),
        target=target,
        coming=coming,
        move=move,
        past=past,
        settling=move is not None and present - move.ended < _SETTLING and _some_open(past),
        headings=headings(session, (row.expediente_id for row in shown)),
        state_of=lambda row: STATES.get(row.state, _SUSPENDED),
    )


def _some_open(found: Endings | None) -> bool:
    """Whether a term that ended is still open: the workers may have to do what its end brings."""
    return found is not None and any(row.state is DeadlineState.OPEN for row in found.rows)


def _target(asked: Mapping[str, str]) -> datetime:
    """The instant that the form asks for; raises BadInput."""
    ways: Mapping[str, Callable[[], datetime]] = {
        "horas": lambda: now() + timedelta(hours=_number(asked, "horas", _MOST_HOURS)),
        "dias": lambda: _same_hour(
            madrid_date(now()) + timedelta(days=_number(asked, "dias", _MOST_DAYS))
        ),
        "fecha": lambda: _same_hour(_date(asked)),
        "plazo": _next_term,
    }
    way = ways.get(asked["modo"])
    if way is None:
        raise _wrong("modo", gettext("Elija cómo adelantar el reloj."))
    found = way()
    if found <= now():
        raise _wrong("fecha", gettext("El reloj solo va hacia delante: escriba un día posterior."))
    return found


def _number(asked: Mapping[str, str], name: str, most: int) -> int:
    text = asked.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise _wrong(name, gettext("Escriba un número entre 1 y %(most)d.", most=most))
    return int(text)


def _date(asked: Mapping[str, str]) -> date:
    try:
        found = day(asked.get("fecha", ""))
    except ValueError:
        found = None
    if found is None:
        raise _wrong("fecha", gettext("Escriba un día, por ejemplo 27/3/2027."))
    return found


def _next_term() -> datetime:
    """Just after the next open term ends."""
    found = queries.next_end(reading(), now())
    if found is None:
        raise _wrong("modo", gettext("No hay ningún plazo abierto."))
    return found + _AN_INSTANT


def _same_hour(wanted: date) -> datetime:
    """The town's present hour of another day."""
    local = now().astimezone(MADRID)
    return datetime.combine(wanted, local.time(), tzinfo=MADRID).astimezone(UTC)


def _instant(text: str) -> datetime:
    """The instant that a preview proposed; raises BadInput."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise _wrong("modo", gettext("Elija cómo adelantar el reloj."))
    return found.astimezone(UTC)


def _wrong(field: str, message: str) -> BadInput:
    return BadInput(message, ((field, message),))
