"""The web application, put together in named steps."""

from __future__ import annotations

import time

import structlog
from flask import Flask, Response, g, request
from flask_babel import Babel, get_locale
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from engine.townhall import TownHall
from web.access import require_declarations
from web.assets import STATIC, STATIC_PREFIX, asset_address, is_immutable
from web.context import current, init_context, moved_clock
from web.csrf import init_csrf
from web.errors import init_errors
from web.fields import init_fields
from web.formatters import init_formatters
from web.gate import init_gate
from web.govuk import govuk
from web.languages import chosen_language, languages
from web.navigation import footer_menu, menu, menu_label
from web.requests import SedeRequest
from web.secret import web_secret
from web.security_headers import init_security_headers, script_nonce

_log = structlog.get_logger()
_HOUR = 3600


def create_app(townhall: TownHall, *, testing: bool = False, trusted_proxies: int = 0) -> Flask:
    """The application of a town hall.

    trusted_proxies: how many proxies of ours stand before it and write X-Forwarded-For.
    """
    app = Flask("web", static_folder=None)
    app.request_class = SedeRequest
    configure(app, townhall, testing=testing)
    init_security_headers(app)
    init_log(app)
    init_context(app, townhall)
    init_gate(app)
    init_csrf(app)
    init_templates(app, townhall)
    init_formatters(app)
    init_fields(app)
    init_errors(app)
    register_blueprints(app)
    register_simulators(app, townhall)
    require_declarations(app)
    serve_static_files(app)
    if trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted_proxies, x_proto=trusted_proxies)  # type: ignore[method-assign]
    return app


def configure(app: Flask, townhall: TownHall, *, testing: bool) -> None:
    """Cookies, secrets, language."""
    secure = townhall.settings.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=web_secret(townhall.settings),
        TESTING=testing,
        SESSION_COOKIE_NAME="andecha_notice",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        BABEL_DEFAULT_LOCALE="es",
        BABEL_DEFAULT_TIMEZONE=townhall.settings.town.timezone,
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )
    Babel(app, locale_selector=chosen_language)


def init_templates(app: Flask, townhall: TownHall) -> None:
    """Our templates and the components; a name that nobody gave is a fault, not a blank."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.update(
        asset=asset_address,
        govuk=govuk,
        script_nonce=script_nonce,
        town=townhall.settings.town,
        demo=townhall.settings.demo,
        base_url=townhall.settings.base_url,
    )

    @app.context_processor
    def for_every_page() -> dict[str, object]:
        here = current()
        return {
            "actor": here.actor,
            "signed_in": here.session is not None,
            "power_ended": here.power_ended,
            "request_id": here.request_id,
            "session_ends": here.session.expires_at if here.session else None,
            "moved_clock": moved_clock(here),
            "menu": menu(here.actor),
            "menu_label": menu_label(here.actor),
            "footer_menu": footer_menu(here.actor),
            "language": str(get_locale() or "es"),
            "languages": languages(townhall.settings.town),
        }


def init_log(app: Flask) -> None:
    """One line for each request: ids and times, never personal data."""

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def write(response: Response) -> Response:
        if "current" in g and not app.testing:
            _log.info(
                "request",
                request_id=current().request_id,
                endpoint=request.endpoint,
                method=request.method,
                status=response.status_code,
                milliseconds=round((time.perf_counter() - g.started) * 1000, 1),
                session=current().trace.session_id,
            )
        return response


def register_blueprints(app: Flask) -> None:
    """The faces of the town hall: one blueprint for each audience."""
    from web.admin.views import admin
    from web.audit.views import audit
    from web.auth.views import auth
    from web.citizen.views import citizen
    from web.contracts.views import contracts
    from web.finance.views import finance
    from web.office.views import office
    from web.payment_notices import payment_notices
    from web.public.views import public
    from web.treasury.views import treasury

    app.register_blueprint(public)
    app.register_blueprint(auth)
    app.register_blueprint(citizen)
    app.register_blueprint(office)
    app.register_blueprint(finance)
    app.register_blueprint(contracts)
    app.register_blueprint(treasury)
    app.register_blueprint(admin)
    app.register_blueprint(audit)
    app.register_blueprint(payment_notices)


def register_simulators(app: Flask, townhall: TownHall) -> None:
    """What plays the parts of others in the demonstration; in production it is not there."""
    if not townhall.settings.demo:
        return
    from web.simulators.views import install_gateway, simulators

    app.register_blueprint(simulators)
    install_gateway(app, townhall)


def serve_static_files(app: Flask) -> None:
    """Style sheets, scripts and fonts, from our own folder; what carries its hash never changes."""
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(STATIC),
        prefix=STATIC_PREFIX,
        max_age=_HOUR,
        immutable_file_test=is_immutable,
    )
