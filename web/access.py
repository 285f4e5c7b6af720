"""Who may open each page: every route declares it, and a route that does not stops the start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask

from engine.errors import Refused
from engine.operation import OPERATIONS
from engine.permissions import Actor, ActorKind, require

View = TypeVar("View", bound=Callable[..., Any])
FORM_BYTES = 1_000_000
"""The size of a request without files: a long form in full has some tens of kilobytes."""

_SAFE = {"GET", "HEAD", "OPTIONS"}


class Audience(StrEnum):
    """For whom a page is. All but the public ones ask for an identified person."""

    PUBLIC = "public"
    SIGNED = "signed"
    CITIZEN = "citizen"
    OFFICE = "office"
    FINANCE = "finance"
    ADMIN = "admin"


_KINDS: dict[Audience, frozenset[ActorKind]] = {
    Audience.PUBLIC: frozenset(ActorKind),
    Audience.SIGNED: frozenset({ActorKind.CITIZEN, ActorKind.OFFICIAL}),
    Audience.CITIZEN: frozenset({ActorKind.CITIZEN}),
    Audience.OFFICE: frozenset({ActorKind.OFFICIAL}),
    Audience.FINANCE: frozenset({ActorKind.OFFICIAL}),
    Audience.ADMIN: frozenset({ActorKind.OFFICIAL}),
}


@dataclass(frozen=True)
class Access:
    """What a route declares.

    permission: the one that a page for reading asks for; a change asks for its operation's own;
    operation: the one operation that the route calls;
    without_operation: why a route that takes POST calls none (a preference, the callback of a protocol);
    callback: called by a machine of others that proves itself by a signature, not by our form's token;
    max_bytes: the largest request that is read, files included.
    """

    audience: Audience
    permission: str | None = None
    operation: str | None = None
    without_operation: str = ""
    callback: bool = False
    max_bytes: int = FORM_BYTES

    @property
    def public(self) -> bool:
        return self.audience is Audience.PUBLIC


def access(
    audience: Audience,
    *,
    permission: str | None = None,
    operation: str | None = None,
    without_operation: str = "",
    callback: bool = False,
    max_bytes: int = FORM_BYTES,
) -> Callable[[View], View]:
    """Declare who may open a route and which operation it calls; it stands below the route's line."""
    declared = Access(audience, permission, operation, without_operation, callback, max_bytes)

    def mark(view: View) -> View:
        view.__dict__["access"] = declared
        return view

    return mark


def access_of(view: Callable[..., Any]) -> Access | None:
    """What a view declares, if it does."""
    declared = getattr(view, "access", None)
    return declared if isinstance(declared, Access) else None


def check_actor(declared: Access, actor: Actor) -> None:
    """Raise Refused when a signed-in actor is not of the audience or lacks the permission."""
    if actor.kind not in _KINDS[declared.audience]:
        raise Refused(_WRONG_KIND[actor.kind])
    if declared.permission is not None:
        require(actor, declared.permission)


_WRONG_KIND = {
    ActorKind.CITIZEN: "Esta página es del personal del ayuntamiento. Lo suyo está en «Mi carpeta».",
    ActorKind.OFFICIAL: (
        "Esta página es de la ciudadanía y usted ha entrado como personal del ayuntamiento. "
        "Salga y entre con su propia identidad para usarla."
    ),
    ActorKind.ANONYMOUS: "Para ver esta página tiene que identificarse.",
    ActorKind.SYSTEM: "Esta página es para personas.",
}


def require_declarations(app: Flask) -> None:
    """Raise ValueError for a route without access, or that changes things without one operation."""
    for rule in app.url_map.iter_rules():
        declared = access_of(app.view_functions[rule.endpoint])
        if declared is None:
            raise ValueError(f"the route {rule} declares no access")
        changes = bool((rule.methods or set()) - _SAFE)
        if changes and (declared.operation is None) == (not declared.without_operation):
            raise ValueError(f"the route {rule} declares neither one operation nor why none")
        if declared.operation is not None and declared.operation not in OPERATIONS:
            raise ValueError(f"the route {rule} names the unknown operation {declared.operation}")
