"""The clock of an expediente for its person: how the term is counted, its calendar, its certificate."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from engine.deadlines.queries import urgency_of
from engine.errors import BadInput
from engine.expedientes import queries
from engine.expedientes.silence import operations as silence
from engine.expedientes.simplified import operations as simplified
from engine.expedientes.simplified.term import standing
from web.access import Audience, access
from web.citizen.blueprint import citizen
from web.context import call, current, reading
from web.rendering import mistakes, page, typed
from web.term_words import clock_of, terms_file


@citizen.get("/expedientes/<uuid:expediente_id>/plazo")
@access(Audience.CITIZEN)
def term(expediente_id: UUID) -> Response:
    """How the term to resolve is counted: each day, what stops it, what moved it, what silence means."""
    view = queries.expediente(reading(), expediente_id, current().actor)
    return page(
        "citizen/term.html",
        row=view.row,
        clock=clock_of(expediente_id),
        simplified=standing(reading(), expediente_id),
        urgency=urgency_of(reading(), expediente_id),
    )


@citizen.get("/expedientes/<uuid:expediente_id>/plazos.ics")
@access(Audience.CITIZEN)
def terms_calendar(expediente_id: UUID) -> Response:
    """The terms that run, for the person's calendar."""
    number = clock_of(expediente_id).number
    address = url_for(".term", expediente_id=expediente_id, _external=True)
    return terms_file(expediente_id, number, address)


@citizen.get("/expedientes/<uuid:expediente_id>/oponerse")
@access(Audience.CITIZEN)
def opposing(expediente_id: UUID) -> Response:
    """What opposing the simplified procedure means, before doing it."""
    return _opposing(expediente_id)


def _opposing(
    expediente_id: UUID, *, status: int = 200, errors: tuple[tuple[str, str], ...] = ()
) -> Response:
    view = queries.expediente(reading(), expediente_id, current().actor)
    found = standing(reading(), expediente_id)
    if found is None or not found.opposable:
        return redirect(url_for(".expediente", expediente_id=expediente_id), 303)
    return page("citizen/oppose.html", status=status, errors=errors, values=typed(), row=view.row)


@citizen.post("/expedientes/<uuid:expediente_id>/oponerse")
@access(Audience.CITIZEN, operation="expedientes.oppose_simplified")
def oppose(expediente_id: UUID) -> Response:
    """Oppose it: registered, and the ordinary procedure goes on."""
    try:
        presented = simplified.oppose_simplified(
            call(), expediente_id=expediente_id, text=request.form.get("text", "")
        )
    except BadInput as error:
        return _opposing(expediente_id, status=422, errors=mistakes(error))
    return redirect(url_for(".filed", entry_id=presented.entry_id), 303)


@citizen.post("/expedientes/<uuid:expediente_id>/certificado-de-silencio")
@access(Audience.CITIZEN, operation="silence.request_certificate")
def ask_certificate(expediente_id: UUID) -> Response:
    """Ask for the certificate of silence: registered, and issued in fifteen days at most."""
    silence.request_certificate(call(), expediente_id=expediente_id)
    return redirect(url_for(".term", expediente_id=expediente_id), 303)
