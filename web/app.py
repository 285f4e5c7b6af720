"""The application factory, in named steps."""

from __future__ import annotations

import secrets
from pathlib import Path

from flask import Flask, request
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from whitenoise import WhiteNoise

from engine.assembly import assemble
from engine.clock import SystemClock
from engine.settings import Environment, load_settings
from engine.townhall import TownHall
from web.access import guard
from web.blueprints import register_blueprints
from web.context import identify
from web.errors import register_error_pages
from web.rendering import configure_templates
from web.security_headers import install_security_headers

STATIC = Path(__file__).resolve().parent / "static"
DEFAULT_BODY_LIMIT = 1 * 1024 * 1024
DEFAULT_FIELD_LIMIT = 512 * 1024


def create_app(townhall: TownHall | None = None) -> Flask:
    """The web face of a town hall; without one, that of the settings in the environment."""
    townhall = townhall or assemble(load_settings())
    app = Flask(__name__, static_folder=None, template_folder="templates")
    _configure(app, townhall)
    app.extensions["townhall"] = townhall
    app.extensions["session_clock"] = SystemClock()
    app.before_request(identify)
    CSRFProtect(app)
    app.before_request(guard)
    Babel(app, locale_selector=_locale, default_locale="es", default_timezone="Europe/Madrid")
    configure_templates(app)
    install_security_headers(app)
    register_blueprints(app)
    register_error_pages(app)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app, root=str(STATIC), prefix="static/", immutable_file_test=_is_hashed
    )
    return app


def _configure(app: Flask, townhall: TownHall) -> None:
    settings = townhall.settings
    app.config.update(
        SECRET_KEY=settings.secret_key or _kept_secret(settings.data_dir),
        MAX_CONTENT_LENGTH=DEFAULT_BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=DEFAULT_FIELD_LIMIT,
        MAX_FORM_PARTS=500,
        SESSION_COOKIE_NAME="andecha_page",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.environment is Environment.PRODUCTION,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_TRANSLATION_DIRECTORIES=str(Path(__file__).resolve().parent / "translations"),
    )


def _kept_secret(data_dir: Path) -> bytes:
    """The secret of an installation that set none: made once and kept, readable by its owner only."""
    path = data_dir / "web-secret"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(48))
    return path.read_bytes()


def _locale() -> str:
    """The language that the reader chose, else the first that the browser and the town share."""
    from web.context import townhall

    known = [language.code for language in townhall().settings.town.languages]
    chosen = request.cookies.get("andecha_language")
    if chosen in known:
        return chosen
    return request.accept_languages.best_match(known, default=known[0]) or known[0]


def _is_hashed(path: str, url: str) -> bool:
    return "/vendor/" in url
