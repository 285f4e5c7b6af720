"""Who may use a route: every view declares it, and a view that does not is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from engine.permissions import Actor, ActorKind

View = TypeVar("View", bound=Callable[..., Any])


class Audience(StrEnum):
    """For whom a route is."""

    PUBLIC = "public"
    CITIZEN = "citizen"
    OFFICIAL = "official"
    SIGNED_IN = "signed_in"


@dataclass(frozen=True)
class Access:
    """What a route declares.

    permission: asked of the actor before the view runs, for pages that only some roles see;
    operation: the one operation that a POST calls, None where an explained exception has none.
    """

    audience: Audience
    permission: str | None = None
    operation: str | None = None


def access(
    audience: Audience, *, permission: str | None = None, operation: str | None = None
) -> Callable[[View], View]:
    """Declare who may use the view and which operation it calls when posted to."""

    def decorate(view: View) -> View:
        view.access = Access(audience, permission, operation)  # type: ignore[attr-defined]
        return view

    return decorate


def access_of(app: Flask, endpoint: str) -> Access | None:
    """What the endpoint declared."""
    return getattr(app.view_functions.get(endpoint), "access", None)


def guard() -> Response | None:
    """Before every request: deny what was not declared, send the unknown to sign in."""
    if request.endpoint is None or request.endpoint == "static":
        return None
    declared = access_of(current_app._get_current_object(), request.endpoint)  # type: ignore[attr-defined]
    if declared is None:
        abort(403)
    actor: Actor = g.actor
    if declared.audience is Audience.PUBLIC:
        return None
    if actor.kind is ActorKind.ANONYMOUS:
        return redirect(url_for("auth.sign_in", next=_came_from()))
    if declared.audience is Audience.CITIZEN and actor.kind is not ActorKind.CITIZEN:
        abort(403)
    if declared.audience is Audience.OFFICIAL and actor.kind is not ActorKind.OFFICIAL:
        abort(403)
    if declared.permission is not None and not actor.may(declared.permission):
        abort(403)
    return None


def _came_from() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else url_for("public.home")


def safe_next(target: str | None) -> str | None:
    """A path of our own to go on to, never another site."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    return target if "\\" not in target and "\n" not in target and "\r" not in target else None
