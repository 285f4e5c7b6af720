"""Health, for whoever watches the installation: no page, two answers in JSON."""

from __future__ import annotations

from flask import jsonify
from werkzeug.wrappers import Response

from engine.health import ready
from web.access import Audience, access
from web.context import current
from web.public.blueprint import public

_UNAVAILABLE = 503


@public.get("/salud/viva")
@access(Audience.PUBLIC)
def alive() -> Response:
    """The process answers."""
    return jsonify({"ok": True})


@public.get("/salud/lista")
@access(Audience.PUBLIC)
def ready_to_serve() -> tuple[Response, int]:
    """Everything that serving needs, one by one; 503 when something is missing."""
    checks = ready(current().townhall)
    ok = all(check.ok for check in checks)
    body = {check.name: {"ok": check.ok, "detail": check.detail} for check in checks}
    return jsonify({"ok": ok, "checks": body}), 200 if ok else _UNAVAILABLE
