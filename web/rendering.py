"""Rendering a page: the template, what was typed, what is wrong with it, the status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from engine.errors import BadInput


def page(
    template: str,
    *,
    status: int = 200,
    errors: Iterable[tuple[str, str]] = (),
    values: Mapping[str, Any] | None = None,
    **context: Any,
) -> Response:
    """A page as an answer.

    errors: (field, message) pairs, which the form macros and the error summary show;
    values: what the fields hold; what the person typed comes from `typed()`.
    """
    found: dict[str, str] = {}
    for name, message in errors:
        found.setdefault(name, message)
    text = render_template(template, errors=found, values=values or {}, **context)
    return make_response(text, status)


def typed() -> dict[str, Any]:
    """What the person typed: lists where a field was sent more than once."""
    return {
        name: found if len(found) > 1 else found[0]
        for name, found in request.form.lists()
        if name != "csrf_token"
    }


def mistakes(error: BadInput) -> tuple[tuple[str, str], ...]:
    """What is wrong, field by field; the message alone when it names no field."""
    return error.errors or (("", error.message),)
