"""Forms are bound to their session: what another site sends in a person's name is not accepted.

The token is a keyed hash over what only this browser holds: the session's cookie, or, before
signing in, a random value in the signed cookie of notices. It lives as long as that does.

What was sent after a session ended is shown to be sent again, once its person has signed in anew. The
page that shows it was made for nobody, so it carries a token of its own: over the value that this
browser held then, the address, and every field that is shown. It is good for that content alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import cast

from flask import Flask, current_app, request, session

from web.context import SESSION_COOKIE, current
from web.secret import derive

FIELD = "csrf_token"
AGAIN = "again_token"
HEADER = "X-CSRF-Token"
_VISIT = "visit"
_SALT_CHARACTERS = 16
_NEVER_SHOWN = frozenset({"password", "pin", FIELD, AGAIN})


class FormExpired(Exception):
    """The form does not belong to this session: it expired, or it came from elsewhere.

    ours: the browser says that the form was sent from our own pages.
    """

    def __init__(self, *, ours: bool) -> None:
        super().__init__("the form's token is not of this session")
        self.ours = ours


def csrf_token() -> str:
    """The token of this session's forms; salted, so that it never looks the same twice."""
    salt = secrets.token_hex(_SALT_CHARACTERS // 2)
    return salt + _signature(salt, _holder(make=True))


def check_csrf() -> None:
    """Raise FormExpired unless the request carries a token of its own session."""
    token = request.headers.get(HEADER) or request.form.get(FIELD, "")
    salt, signature = token[:_SALT_CHARACTERS], token[_SALT_CHARACTERS:]
    holder = _holder(make=False)
    ours = from_our_pages()
    if not ours or not holder:
        raise FormExpired(ours=ours)
    if not _same(signature, _signature(salt, holder)) and not _sent_again():
        raise FormExpired(ours=ours)


def fields_sent() -> list[tuple[str, str]]:
    """The fields of this request's form that a page may show and send again; no secret among them."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name.lower() not in _NEVER_SHOWN
    ]


def again_token() -> str:
    """The token of a form that shows this request's fields and sends them again unchanged."""
    salt = secrets.token_hex(_SALT_CHARACTERS // 2)
    if _VISIT not in session:
        session[_VISIT] = secrets.token_urlsafe(16)
    return salt + _again_signature(salt)


def _sent_again() -> bool:
    """Whether the request is what a page showed to this browser to be sent again, all of it."""
    token = request.form.get(AGAIN, "")
    salt, signature = token[:_SALT_CHARACTERS], token[_SALT_CHARACTERS:]
    return _VISIT in session and _same(signature, _again_signature(salt))


def _again_signature(salt: str) -> str:
    shown = [request.full_path, *(part for field in fields_sent() for part in field)]
    content = hashlib.sha256(json.dumps(shown).encode()).hexdigest()
    return _signature(salt, f"again {session[_VISIT]} {content}")


def _same(sent: str, ours: str) -> bool:
    """Compared as bytes: a token that is sent may hold any characters."""
    return hmac.compare_digest(sent.encode(errors="replace"), ours.encode())


def from_our_pages() -> bool:
    """Whether the browser does not say that the request comes from another site.

    Sec-Fetch-Site is written by the browser alone; old browsers send Origin.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    ours = current().townhall.settings.base_url
    return origin in (ours, request.host_url.rstrip("/"))


def _holder(*, make: bool) -> str:
    """What only this browser holds."""
    if current().session is not None:
        return request.cookies[SESSION_COOKIE]
    if _VISIT not in session and make:
        session[_VISIT] = secrets.token_urlsafe(16)
    return str(session.get(_VISIT, ""))


def _signature(salt: str, holder: str) -> str:
    return derive(cast(bytes, current_app.secret_key), f"form {salt} {holder}").hex()


def init_csrf(app: Flask) -> None:
    """Give templates the token."""
    app.jinja_env.globals["csrf_token"] = csrf_token
