"""The headers that every answer carries: nothing inline, nothing from elsewhere, in no frame."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g

from web.context import current

_YEAR = 31_536_000


def script_nonce() -> str:
    """The nonce of this answer: an inline script without it does not run."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def form_may_go_to(origin: str) -> None:
    """Let a form of this page end, by a redirect, on another's site: the payment gateway's."""
    g.setdefault("form_targets", []).append(origin)


def init_security_headers(app: Flask) -> None:
    """Add the headers to every answer, errors included."""

    @app.after_request
    def add(response: Response) -> Response:
        here = current() if "current" in g else None
        headers = response.headers
        headers.setdefault("Content-Security-Policy", _policy())
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        if here is not None:
            headers["X-Request-ID"] = here.request_id
            if here.townhall.settings.base_url.startswith("https://"):
                headers["Strict-Transport-Security"] = f"max-age={_YEAR}; includeSubDomains"
        headers.setdefault("Cache-Control", "no-store")
        return response


def _policy() -> str:
    targets = " ".join(["'self'", *g.get("form_targets", [])])
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{script_nonce()}'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "frame-src 'self'",
            f"form-action {targets}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )
