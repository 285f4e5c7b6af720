"""Where a person lands after identifying themselves."""

from __future__ import annotations

from flask import url_for

from engine.permissions import ActorKind

_FIRST = {ActorKind.CITIZEN: "citizen.folder", ActorKind.OFFICIAL: "office.inbox"}


def default_page(kind: ActorKind) -> str:
    """The folder of a citizen, the inbox of an official."""
    return url_for(_FIRST.get(kind, "public.home"))
