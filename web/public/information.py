"""The pages about the sede itself: who answers for it, its time, its seals, its rules, one's rights."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

from flask import redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.clock import madrid_date
from engine.deadlines.seat import seat_calendar
from engine.errors import NotFound
from engine.keys.models import CertificateState, Purpose
from engine.keys.queries import certificates
from engine.procedures.automation import automated_actions
from engine.procedures.queries import catalogue
from web.access import Audience, access
from web.context import current, now, reading
from web.gate import safe_next
from web.languages import LANGUAGE_COOKIE, languages
from web.public.blueprint import public
from web.rendering import page

_STATEMENT = Path(__file__).with_name("accessibility.toml")
_GENERAL_REQUEST = "general-request"
_LANGUAGE_SECONDS = 365 * 86_400


@public.get("/aviso-legal")
@access(Audience.PUBLIC)
def legal_notice() -> Response:
    """Who answers for the sede and under which rules it is used."""
    return page("public/legal_notice.html")


@public.get("/privacidad")
@access(Audience.PUBLIC)
def privacy() -> Response:
    """What is done with personal data, and the cookies."""
    return page("public/privacy.html", request_page=_general_request())


@public.get("/accesibilidad")
@access(Audience.PUBLIC)
def accessibility() -> Response:
    """The statement of RD 1112/2018, art. 15, linked from every page."""
    return page(
        "public/accessibility.html", statement=_statement(), request_page=_general_request()
    )


@public.get("/sede")
@access(Audience.PUBLIC)
def sede() -> Response:
    """What RD 203/2021, art. 11, asks a sede to show."""
    town = current().townhall.settings.town
    year = madrid_date(now()).year
    calendar = seat_calendar(current().townhall, reading())
    in_force = [row for row in certificates(reading()) if row.state is CertificateState.ACTIVE]
    return page(
        "public/sede.html",
        instant=now(),
        year=year,
        calendar=calendar,
        holidays=sorted(item for item in calendar.holidays.items() if item[0].year == year),
        seals=[row for row in in_force if row.purpose is Purpose.SEAL],
        stamps=[row for row in in_force if row.purpose is Purpose.TIME_STAMPING],
        actions=[
            (item, actions) for item in catalogue(reading()) if (actions := automated_actions(item))
        ],
        offered=languages(town),
    )


@public.get("/quejas")
@access(Audience.PUBLIC)
def complaints() -> Response:
    """How to complain, suggest, or say that a page cannot be used."""
    return page("public/complaints.html", request_page=_general_request())


@public.get("/idioma/<code>")
@access(Audience.PUBLIC)
def language(code: str) -> Response:
    """Keep the language that the person chose, and go back to the page where they were."""
    here = current().townhall.settings
    if code not in {item.code for item in languages(here.town)}:
        raise NotFound(gettext("Esta sede no está en esa lengua."))
    answer = redirect(safe_next(request.args.get("next"), url_for("public.home")), 303)
    answer.set_cookie(
        LANGUAGE_COOKIE,
        code,
        max_age=_LANGUAGE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=here.base_url.startswith("https://"),
    )
    return answer


@cache
def _statement() -> dict[str, date | str]:
    return tomllib.loads(_STATEMENT.read_text(encoding="utf-8"))


def _general_request() -> str | None:
    """The page of the general request, while the town offers it."""
    if any(item.key == _GENERAL_REQUEST for item in catalogue(reading())):
        return url_for("public.procedure", key=_GENERAL_REQUEST)
    return None
