"""What people read when something cannot be: what happened, what to do next, the request's id."""

from __future__ import annotations

import time
from dataclasses import dataclass

import structlog
from flask import Flask, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response

from engine.errors import (
    BadInput,
    NotFound,
    Refused,
    RuleBroken,
    Stale,
    TownHallError,
    Unavailable,
)
from web.context import current
from web.csrf import AGAIN, FormExpired, again_token, fields_sent
from web.rendering import mistakes, page

_log = structlog.get_logger()
_DRAIN_SECONDS = 60.0
_CHUNK = 262_144
# What our own forms carry beside what a person writes.
_OURS = frozenset({"version", "task", "next", "sha256", "shown_sha256"})


@dataclass(frozen=True)
class Explanation:
    """The page of a status: its heading, what happened, what to do."""

    title: str
    text: str
    advice: str


_PAGES: dict[int, Explanation] = {
    400: Explanation(
        lazy_gettext("No se ha entendido lo que se pedía"),
        lazy_gettext("La dirección o los datos enviados no están completos."),
        lazy_gettext("Vuelva a la página anterior e inténtelo de nuevo."),
    ),
    403: Explanation(
        lazy_gettext("No tiene acceso a esta página"),
        lazy_gettext("Su identidad no tiene el permiso que esta página pide."),
        lazy_gettext("Si cree que debería tenerlo, escriba o llame al ayuntamiento."),
    ),
    404: Explanation(
        lazy_gettext("Página no encontrada"),
        lazy_gettext("La página no existe, o lo que busca no es suyo."),
        lazy_gettext(
            "Si ha escrito la dirección, compruebe que es correcta. Si la ha copiado, compruebe "
            "que está completa."
        ),
    ),
    405: Explanation(
        lazy_gettext("Esta página no se abre así"),
        lazy_gettext("A esta dirección se llega enviando un formulario."),
        lazy_gettext("Vuelva a la página anterior y use el botón que hay en ella."),
    ),
    409: Explanation(
        lazy_gettext("Ahora no se puede hacer"),
        lazy_gettext("El estado del expediente no lo permite."),
        lazy_gettext("Vuelva atrás y mire cómo está ahora. No se ha cambiado nada."),
    ),
    413: Explanation(
        lazy_gettext("Lo que envía es demasiado grande"),
        lazy_gettext("El fichero o el texto superan el tamaño que se admite aquí."),
        lazy_gettext(
            "No se ha guardado nada de este envío. Reduzca el tamaño, o divídalo en varios "
            "ficheros, e inténtelo de nuevo."
        ),
    ),
    422: Explanation(
        lazy_gettext("Hay datos que revisar"),
        lazy_gettext("Lo enviado no se puede admitir así."),
        lazy_gettext("Vuelva a la página anterior, corríjalo y envíelo de nuevo."),
    ),
    429: Explanation(
        lazy_gettext("Demasiados intentos"),
        lazy_gettext("Se han hecho muchas peticiones seguidas desde su conexión."),
        lazy_gettext("Espere un minuto y vuelva a intentarlo."),
    ),
    500: Explanation(
        lazy_gettext("Ha fallado algo nuestro"),
        lazy_gettext("No ha podido terminarse lo que pedía. No es culpa suya."),
        lazy_gettext(
            "Vuelva a intentarlo dentro de unos minutos. Si estaba presentando algo, mire antes "
            "en «Mi carpeta» si ya figura: lo que figura allí está presentado."
        ),
    ),
    503: Explanation(
        lazy_gettext("El servicio no está disponible"),
        lazy_gettext("Una parte de la sede no responde en este momento."),
        lazy_gettext(
            "Vuelva a intentarlo dentro de unos minutos: no se ha perdido nada de lo guardado. "
            "Si una incidencia técnica impide presentar a tiempo, el ayuntamiento puede ampliar el "
            "plazo y lo publica en esta sede."
        ),
    ),
}


def init_errors(app: Flask) -> None:
    """One page for every way in which a request can end badly."""
    app.register_error_handler(TownHallError, _town_hall_error)
    app.register_error_handler(FormExpired, _form_expired)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _no_database)
    if not app.testing:
        app.register_error_handler(Exception, _unforeseen)


def status_of(error: TownHallError) -> int:
    """The status of the answer to a refusal."""
    match error:
        case NotFound():
            return 404
        case Refused():
            return 403
        case RuleBroken():
            return 409
        case BadInput():
            return 422
        case Unavailable():
            return 503
    return 500


def _town_hall_error(error: TownHallError) -> Response:
    status = status_of(error)
    if status >= 500:
        _log.error("request_failed", error=type(error).__name__, message=error.message)
    if isinstance(error, BadInput):
        details = tuple(message for _, message in mistakes(error))
        return explain(status, text=error.message, details=details if error.errors else ())
    if isinstance(error, Stale):
        return explain(
            status,
            title=gettext("Alguien lo ha cambiado mientras usted lo veía"),
            text=error.message,
            advice=gettext(
                "Vuelva atrás y recargue la página para ver cómo está. No se ha cambiado nada."
            ),
        )
    return explain(status, text=error.message)


def _form_expired(error: FormExpired) -> Response:
    """The session ended while a form was open: what was typed is shown, to be sent again."""
    fields = fields_sent()
    return page(
        "errors/form_expired.html",
        status=400,
        ours=error.ours,
        fields=fields,
        written=[
            value
            for name, value in fields
            if value and name not in _OURS and not name.startswith("form-")
        ],
        again=(AGAIN, again_token()),
        with_files=request.mimetype == "multipart/form-data",
        address=request.full_path.rstrip("?"),
        signed_in=current().session is not None,
    )


def _too_large(_error: RequestEntityTooLarge) -> Response:
    """Read the rest and throw it away: a browser shows no answer while it is still sending."""
    end = time.monotonic() + _DRAIN_SECONDS
    stream = request.environ["wsgi.input"]
    left = request.content_length
    while (left is None or left > 0) and time.monotonic() < end:
        size = _CHUNK if left is None else min(_CHUNK, left)
        try:
            chunk = stream.read(size)
        except OSError:
            break
        if not chunk:
            break
        left = None if left is None else left - len(chunk)
    return explain(413)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    answer = explain(status)
    if error.response is None:
        for name, value in error.get_headers():
            if name.lower() in ("allow", "retry-after"):
                answer.headers[name] = value
    return answer


def _no_database(error: OperationalError) -> Response:
    _log.error("database_unavailable", error=type(error.orig).__name__)
    return explain(503)


def _unforeseen(error: Exception) -> Response:
    _log.error("request_crashed", exc_info=error)
    return explain(500)


def explain(
    status: int,
    *,
    title: str | None = None,
    text: str | None = None,
    advice: str | None = None,
    details: tuple[str, ...] = (),
) -> Response:
    """The page of an error, which needs neither the database nor the style sheets."""
    known = _PAGES.get(status) or _PAGES[500 if status >= 500 else 400]
    return page(
        "errors/error.html",
        status=status,
        title=title or known.title,
        text=text or known.text,
        advice=advice or known.advice,
        details=details,
    )
