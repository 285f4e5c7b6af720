"""Technical incidents: declare one, with the terms that it extends, and say when it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from flask import flash, redirect, request, url_for
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug.wrappers import Response

from engine.clock import MADRID
from engine.deadlines.incidents import operations
from engine.deadlines.incidents.models import ARTICLES, IncidentCause
from engine.deadlines.incidents.queries import extendable, incident, incidents
from engine.deadlines.moves import PAGE, moves
from engine.errors import BadInput, NotFound
from engine.expedientes.lists import headings
from web.access import Audience, access
from web.admin.blueprint import READ, admin
from web.context import call, now, reading
from web.inputs import day, identifier
from web.paging import page_number, position, position_text
from web.rendering import mistakes, page, typed

CAUSES: Mapping[IncidentCause, str] = {
    IncidentCause.TECHNICAL: lazy_gettext("Fallo de los sistemas"),
    IncidentCause.CYBER: lazy_gettext("Ciberincidente"),
}
ROWS = 25


@admin.get("/incidencias-tecnicas")
@access(Audience.ADMIN, permission=READ)
def technical_incidents() -> Response:
    """The incidents of the systems, and what each extended."""
    number = page_number(request.args.get("pagina"))
    found = incidents(reading(), limit=ROWS + 1, offset=(number - 1) * ROWS)
    here = "admin.technical_incidents"
    return page(
        "admin/technical_incidents.html",
        rows=found[:ROWS],
        previous=url_for(here, pagina=number - 1) if number > 1 else None,
        following=url_for(here, pagina=number + 1) if len(found) > ROWS else None,
        CAUSES=CAUSES,
    )


@admin.get("/incidencias-tecnicas/declarar")
@access(Audience.ADMIN, permission=READ)
def declare_incident() -> Response:
    """The form of an incident, with how many terms it would extend now."""
    return _declare_page()


def _declare_page(*, status: int = 200, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    return page(
        "admin/technical_incident_new.html",
        status=status,
        errors=errors,
        values=typed(),
        count=extendable(reading(), now()),
        causes=[(cause.value, f"{CAUSES[cause]} ({ARTICLES[cause]})") for cause in IncidentCause],
    )


@admin.post("/incidencias-tecnicas/declarar")
@access(Audience.ADMIN, operation="deadlines.declare_incident")
def declare_incident_now() -> Response:
    """Declare it: every term that has not ended is extended, and the sede publishes it."""
    try:
        row = operations.declare_incident(
            call(),
            title=request.form.get("title", ""),
            cause=_cause(),
            services=request.form.get("services", ""),
            reason=request.form.get("reason", ""),
            from_at=_instant("from", optional=False) or now(),
            until_at=_instant("until", optional=True),
            extension_days=_days(),
        )
    except BadInput as error:
        return _declare_page(status=422, errors=mistakes(error))
    flash(
        ngettext(
            "Incidencia publicada: se amplía un plazo.",
            "Incidencia publicada: se amplían %(num)d plazos.",
            row.extended,
        ),
        "success",
    )
    return redirect(url_for("admin.technical_incident", incident_id=row.id), 303)


def _cause() -> IncidentCause:
    try:
        return IncidentCause(request.form.get("cause", ""))
    except ValueError:
        raise _wrong("cause", gettext("Elija la causa.")) from None


def _days() -> int:
    text = request.form.get("days", "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:6])
    raise _wrong("days", gettext("Escriba un número de días hábiles."))


def _instant(name: str, *, optional: bool) -> datetime | None:
    """The day and the hour of two fields, in the town's time; raises BadInput."""
    wrong = _wrong(name, gettext("Escriba el día y la hora, por ejemplo 27/3/2027 y 10:30."))
    typed_day = request.form.get(name, "").strip()
    typed_hour = request.form.get(f"{name}_hour", "").strip()
    if not typed_day and not typed_hour and optional:
        return None
    try:
        found, hour = day(typed_day), time.fromisoformat(typed_hour.zfill(5))
    except ValueError:
        raise wrong from None
    if found is None or hour.tzinfo is not None:
        raise wrong
    return datetime.combine(found, hour, tzinfo=MADRID)


@admin.get("/incidencias-tecnicas/<incident_id>")
@access(Audience.ADMIN, permission=READ)
def technical_incident(incident_id: str) -> Response:
    """One incident and the terms that end later by it."""
    return _incident_page(incident_id)


def _incident_page(
    incident_id: str, *, status: int = 200, errors: tuple[tuple[str, str], ...] = ()
) -> Response:
    session = reading()
    row = incident(session, identifier(incident_id))
    if row is None:
        raise NotFound
    found = moves(session, row.id, after=position(request.args.get("desde")), limit=PAGE + 1)
    shown, here = found[:PAGE], "admin.technical_incident"
    following = None
    if len(found) > PAGE:
        mark = position_text(shown[-1].due_at, shown[-1].id)
        following = url_for(here, incident_id=row.id, desde=mark)
    return page(
        "admin/technical_incident.html",
        status=status,
        errors=errors,
        values=typed(),
        row=row,
        moves=shown,
        first=url_for(here, incident_id=row.id) if request.args.get("desde") else None,
        following=following,
        headings=headings(session, (move.expediente_id for move in shown)),
        CAUSES=CAUSES,
    )


@admin.post("/incidencias-tecnicas/<incident_id>/terminar")
@access(Audience.ADMIN, operation="deadlines.end_incident")
def end_incident(incident_id: str) -> Response:
    """Say until when it lasted."""
    try:
        until = _instant("until", optional=False) or now()
        operations.end_incident(call(), incident_id=identifier(incident_id), until_at=until)
    except BadInput as error:
        return _incident_page(incident_id, status=422, errors=mistakes(error))
    flash(gettext("La sede dice ya hasta cuándo duró la incidencia."), "success")
    return redirect(url_for("admin.technical_incident", incident_id=incident_id), 303)


def _wrong(field: str, message: str) -> BadInput:
    return BadInput(message, ((field, message),))
