"""Auditing: who did what and when. Looking is recorded too."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.audit.events import Result
from engine.expedientes.lists import headings, id_of_number
from engine.record import operations
from engine.record.queries import PAGE, EventRow, EventSearch, log_state
from web.access import Audience, access
from web.act_names import ACTS, ROOMS, act_name
from web.context import call, reading
from web.inputs import identifier
from web.office.filters import Filters
from web.paging import position, position_text
from web.rendering import page

audit = Blueprint("audit", __name__, url_prefix="/auditoria")

READ = "audit.read"
RESULTS = {
    Result.OK: "hecho",
    Result.REFUSED: "denegado",
    Result.FAILED: "fallido",
}


@audit.get("/")
@access(Audience.OFFICE, permission=READ)
def home() -> Response:
    """How the log stands, and the search."""
    return page("audit/home.html", state=log_state(reading()), filters=_filters(), **_choices())


def _filters() -> Filters:
    return Filters("acto", "quien", "resultado", "objeto", "expediente", "desde", "hasta", "antes")


def _choices() -> dict[str, Any]:
    rooms = sorted((f"{room}.", str(name)) for room, name in ROOMS.items())
    acts = sorted((act, f"{name} ({act})") for act, name in ACTS.items())
    return {
        "acts": [*((key, gettext("Todo: %(room)s", room=name)) for key, name in rooms), *acts],
        "results": [(result.value, name) for result, name in RESULTS.items()],
        "act_name": act_name,
        "RESULTS": RESULTS,
    }


@audit.get("/asientos")
@access(Audience.OFFICE, permission=READ, operation="record.search")
def events() -> Response:
    """The events that the address asks for, newest first; that one looked is recorded."""
    filters = _filters()
    wanted = _wanted(filters)
    rows: tuple[EventRow, ...] = ()
    if not filters.errors:
        rows = operations.search(
            call(), wanted=wanted, before=position(filters.text("antes")), limit=PAGE + 1
        )
    shown = rows[:PAGE]
    more = position_text(shown[-1].at, shown[-1].id) if len(rows) > PAGE else None
    return page(
        "audit/events.html",
        errors=filters.errors,
        rows=shown,
        filters=filters,
        headings=headings(reading(), (row.expediente_id for row in shown)),
        first=filters.address("audit.events", antes=None) if filters.text("antes") else None,
        following=filters.address("audit.events", antes=more) if more else None,
        **_choices(),
    )


def _wanted(filters: Filters) -> EventSearch:
    number = filters.text("expediente")
    expediente_id = id_of_number(reading(), number) if number else None
    if number and expediente_id is None:
        filters.errors.append(
            ("expediente", gettext("No hay ningún expediente con ese número: revíselo."))
        )
    return EventSearch(
        type=filters.text("acto") or "",
        actor=filters.text("quien") or "",
        result=filters.one_of("resultado", Result),
        object_id=filters.text("objeto") or "",
        expediente_id=expediente_id,
        since=filters.date("desde"),
        until=filters.date("hasta"),
    )


@audit.get("/asientos/<event_id>")
@access(Audience.OFFICE, permission=READ, operation="record.read_event")
def event(event_id: str) -> Response:
    """One event whole, as it was written."""
    view = operations.read_event(call(), event_id=identifier(event_id))
    found = headings(reading(), [view.row.expediente_id])
    return page(
        "audit/event.html",
        view=view,
        heading=found.get(view.row.expediente_id) if view.row.expediente_id else None,
        body=json.dumps(view.body, ensure_ascii=False, indent=2, sort_keys=True),
        **_choices(),
    )
