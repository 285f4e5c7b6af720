"""Absences: one's own and, for who keeps them, those of others; with who stands in meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from engine.clock import madrid_date
from engine.errors import BadInput, NotFound, RuleBroken
from engine.people.absences import operations, queries
from engine.people.absences.models import AbsenceKind
from engine.people.posts import StaffRow, staff
from engine.people.roles import roles
from engine.permissions import Actor
from web.access import Audience, access
from web.context import call, current, now, reading
from web.inputs import day, identifier
from web.office.blueprint import office
from web.office.inbox import sent_version
from web.rendering import mistakes, page, typed

KINDS = {
    AbsenceKind.HOLIDAY: lazy_gettext("Vacaciones"),
    AbsenceKind.LEAVE: lazy_gettext("Permiso o licencia"),
    AbsenceKind.ILLNESS: lazy_gettext("Enfermedad"),
    AbsenceKind.OTHER: lazy_gettext("Otra causa"),
}


@office.get("/ausencias")
@access(Audience.OFFICE)
def absences() -> Response:
    """Who is or will be away, of those that concern the official, and the form for another."""
    return _absences()


def _absences(*, status: int = 200, errors: Sequence[tuple[str, str]] = ()) -> Response:
    session, actor, today = reading(), current().actor, madrid_date(now())
    rows = queries.visible(session, actor, today)
    people = [
        row
        for row in staff(session, today)
        if row.active and row.posts and not any(roles()[post.role].exclusive for post in row.posts)
    ]
    absentees = [row for row in people if _keeps(actor, row)]
    return page(
        "office/absences.html",
        status=status,
        errors=errors,
        values=typed(),
        rows=rows,
        today=today,
        kinds=KINDS,
        kept={row.id for row in absentees},
        absentees=[(str(row.id), row.display_name) for row in absentees],
        others=any(row.id != actor.id for row in absentees),
        substitutes=[
            (str(row.id), f"{row.display_name} ({', '.join(sorted(_units(row)))})")
            for row in people
            if _may_choose(actor, row, absentees)
        ],
        kind_options=[(kind.value, str(text)) for kind, text in KINDS.items()],
    )


def _keeps(actor: Actor, row: StaffRow) -> bool:
    """Whether the actor may write down this official's absences: as the operation asks."""
    headed = queries.headed_by(actor)
    return (
        row.id == actor.id
        or actor.may(queries.MANAGE)
        or any(post.unit_id in headed for post in row.posts)
    )


def _may_choose(actor: Actor, row: StaffRow, absentees: Sequence[StaffRow]) -> bool:
    """Who keeps the absences of others chooses among all; the rest, in their own units."""
    if any(each.id != actor.id for each in absentees):
        return True
    return row.id != actor.id and any(post.unit_id in actor.unit_ids for post in row.posts)


def _units(row: StaffRow) -> set[str]:
    return {post.unit_name for post in row.posts}


@office.post("/ausencias")
@access(Audience.OFFICE, operation="people.record_absence")
def record_absence() -> Response:
    """Write an absence down."""
    starts_on, ends_on, kind, errors = _sent()
    if starts_on is None or ends_on is None or kind is None:
        return _absences(status=422, errors=errors)
    try:
        operations.record_absence(
            call(),
            official_id=_official(),
            starts_on=starts_on,
            ends_on=ends_on,
            kind=kind,
            substitute_id=_substitute(),
        )
    except BadInput as error:
        return _absences(status=422, errors=mistakes(error))
    except RuleBroken as error:
        return _absences(status=409, errors=(("", error.message),))
    flash(gettext("La ausencia queda anotada."), "success")
    return redirect(url_for("office.absences"), 303)


def _official() -> UUID:
    """Whose absence it is: one's own unless the form names another."""
    text = request.form.get("official_id", "")
    found = identifier(text) if text else current().actor.id
    if found is None:
        raise NotFound
    return found


def _substitute() -> UUID | None:
    text = request.form.get("substitute_id", "")
    return identifier(text) if text else None


def _sent() -> tuple[date | None, date | None, AbsenceKind | None, list[tuple[str, str]]]:
    """The days and the kind that were typed, with what is wrong in them."""
    errors: list[tuple[str, str]] = []
    days: list[date | None] = []
    for name in ("starts_on", "ends_on"):
        try:
            found = day(request.form.get(name, ""))
        except ValueError:
            found = None
        if found is None:
            errors.append((name, gettext("Escriba el día como 27/3/2027.")))
        days.append(found)
    try:
        kind = AbsenceKind(request.form.get("kind", ""))
    except ValueError:
        kind = None
        errors.append(("kind", gettext("Elija el motivo.")))
    return days[0], days[1], kind, errors


@office.post("/ausencias/<absence_id>/terminar")
@access(Audience.OFFICE, operation="people.end_absence")
def end_absence(absence_id: str) -> Response:
    """End it before its last day."""
    try:
        operations.end_absence(call(), absence_id=identifier(absence_id), version=sent_version())
    except RuleBroken as error:
        flash(error.message, "info")
    else:
        flash(gettext("La ausencia queda terminada: nadie sustituye ya."), "success")
    return redirect(url_for("office.absences"), 303)
