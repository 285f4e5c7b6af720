"""Error pages in the town's brand: what happened, what to do, and an incident number to quote."""

from __future__ import annotations

import structlog
from flask import Flask, g, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from engine.errors import BadInput, NotFound, Refused, RuleBroken, TownHallError, Unavailable

log = structlog.get_logger()

STATUS: tuple[tuple[type[TownHallError], int], ...] = (
    (NotFound, 404),
    (Refused, 403),
    (RuleBroken, 409),
    (BadInput, 422),
    (Unavailable, 503),
)
PAGES = frozenset({400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503})


def register_error_pages(app: Flask) -> None:
    """Answer every error with a page of ours."""
    app.register_error_handler(TownHallError, _town_hall_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _page(status: int, message: str | None = None) -> tuple[str, int]:
    template = status if status in PAGES else 500
    incident = getattr(g, "request_id", None)
    return render_template(f"errors/{template}.html", message=message, incident=incident), status


def _town_hall_error(error: TownHallError) -> tuple[str, int]:
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 500)
    return _page(status, error.message)


def _csrf_error(_error: CSRFError) -> tuple[str, int]:
    return _page(
        400,
        "La página que envió ha caducado o se abrió en otra sesión. Vuelva atrás, recárguela y "
        "envíela de nuevo: no se ha hecho ningún cambio.",
    )


def _http_error(error: HTTPException) -> tuple[str, int]:
    return _page(error.code or 500)


def _unexpected(error: Exception) -> tuple[str, int]:
    log.error("unexpected", request_id=getattr(g, "request_id", None), exc_info=error)
    return _page(500)
