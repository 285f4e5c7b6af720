"""Beginning an expediente that nobody asked for: which ones the official may, and the form of each."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import BadInput, NotFound
from engine.expedientes.choices import choices_for
from engine.expedientes.ex_officio.operations import begin_ex_officio
from engine.expedientes.ex_officio.queries import BEGIN, may_begin, openings
from engine.expedientes.queries import may_access
from engine.procedures.queries import current as procedure_in_force
from web.access import Audience, access
from web.context import call, current, reading
from web.form_pages import Sent, sent, whole_form
from web.office.blueprint import office
from web.rendering import mistakes, page


@office.get("/iniciar")
@access(Audience.OFFICE, permission=BEGIN)
def beginnings() -> Response:
    """The procedures that the official's post begins."""
    return page("office/beginnings.html", procedures=openings(reading(), current().actor))


@office.get("/iniciar/<key>")
@access(Audience.OFFICE, permission=BEGIN)
def beginning(key: str) -> Response:
    """The form with which one begins."""
    return _form(key)


def _form(
    key: str,
    *,
    status: int = 200,
    errors: tuple[tuple[str, str], ...] = (),
    data: Sent | None = None,
) -> Response:
    session, actor = reading(), current().actor
    procedure = procedure_in_force(session, key)
    if not may_begin(actor, procedure) or procedure.opening is None or procedure.form is None:
        raise NotFound
    choices = choices_for(session, procedure.form, actor)
    parts, values = whole_form(procedure.form, {}, data=data, choices=choices)
    return page(
        "office/beginning.html",
        status=status,
        errors=errors,
        values=values,
        procedure=procedure,
        initiative=procedure.opening.initiative,
        parts=parts,
    )


@office.post("/iniciar/<key>")
@access(Audience.OFFICE, operation=BEGIN)
def begin(key: str) -> Response:
    """Open the expediente; what was typed is kept when something is wrong."""
    try:
        row = begin_ex_officio(call(), procedure_key=key, data=sent())
    except BadInput as error:
        return _form(key, status=422, errors=mistakes(error), data=sent())
    flash(gettext("El expediente %(number)s está abierto.", number=row.number), "success")
    if not may_access(reading(), row.id, current().actor):
        return redirect(url_for("office.inbox"), 303)
    return redirect(url_for("office.expediente", expediente_id=row.id), 303)
