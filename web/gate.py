"""The gate that every request passes: its size, who asks, and whether its form is ours."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from engine.errors import NotFound
from web.access import Access, access_of, check_actor
from web.context import current
from web.csrf import FormExpired, check_csrf, from_our_pages

_CHANGES = {"POST", "PUT", "PATCH", "DELETE"}
_FIELD_BYTES = 500_000
_MOST_FIELDS = 2_000


def init_gate(app: Flask) -> None:
    """Check each request before its view runs."""
    app.before_request(_pass)


def declared_access() -> Access | None:
    """What the route of this request declares; None when no route has this address."""
    if request.endpoint is None:
        return None
    return access_of(current_app.view_functions[request.endpoint])


def _pass() -> Response | None:
    declared = declared_access()
    if declared is None:
        return None  # no such page: the answer is 404
    if "\x00" in request.path:
        raise NotFound  # no name or number has it, and the database takes it in no text
    request.max_content_length = declared.max_bytes
    request.max_form_memory_size = _FIELD_BYTES
    request.max_form_parts = _MOST_FIELDS
    here = current()
    if not declared.public and here.session is None:
        if request.method in _CHANGES:
            raise FormExpired(ours=from_our_pages())
        return redirect(sign_in_address(), 303)
    check_actor(declared, here.actor)
    if request.method in _CHANGES and not declared.callback:
        check_csrf()
    return None


def sign_in_address() -> str:
    """The sign-in page, which comes back here afterwards."""
    wanted = request.full_path.rstrip("?")
    return f"{url_for('auth.sign_in')}?{urlencode({'next': wanted})}"


def safe_next(address: str | None, otherwise: str) -> str:
    """A path of this site, or the other one: never a way to lead a person to another's site."""
    if (
        not address
        or not address.startswith("/")
        or address.startswith(("//", "/\\"))
        or any(ord(character) < 0x21 for character in address)
        or "\\" in address
    ):
        return otherwise
    return address
