"""The start page and the catalogue."""

from __future__ import annotations

from itertools import groupby

from flask import request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import NotFound
from engine.people.queries import unit_by_code
from engine.procedures import queries
from engine.procedures.package import Procedure
from forms.definition import Attachment
from web.access import Audience, access
from web.context import reading
from web.public import board, checking, deadlines, health, information
from web.public.blueprint import public
from web.rendering import page

__all__ = ["board", "checking", "deadlines", "health", "information", "public"]


@public.get("/")
@access(Audience.PUBLIC)
def home() -> Response:
    """Search, what one can do here, the procedures by topic."""
    found = queries.catalogue(reading())
    return page("public/home.html", topics=by_topic(found), count=len(found))


@public.get("/tramites")
@access(Audience.PUBLIC)
def catalogue() -> Response:
    """Every procedure that can be filed here, by topic; or those that have every word."""
    words = request.args.get("q", "").strip()
    topic = request.args.get("tema", "").strip()
    found = queries.search(reading(), words)
    chosen = tuple(item for item in found if topic in ("", item.topic))
    tabs = [
        (name, url_for("public.catalogue", q=words or None, tema=name), len(rows))
        for name, rows in by_topic(found)
    ]
    return page(
        "public/catalogue.html",
        words=words,
        topic=topic,
        tabs=tabs,
        everything=len(found),
        groups=by_topic(chosen),
        count=len(chosen),
    )


@public.get("/tramites/<key>")
@access(Audience.PUBLIC)
def procedure(key: str) -> Response:
    """What a person wants to know before starting."""
    shown = queries.current(reading(), key)
    if shown.channel != "sede":
        raise NotFound
    return page(
        "public/procedure.html",
        procedure=shown,
        unit=unit_by_code(reading(), shown.unit).name,
        attachments=[(item, file_kinds(item)) for item in shown.form.attachments]
        if shown.form
        else [],
    )


def file_kinds(item: Attachment) -> str:
    """`PDF o JPEG, hasta 10 MB`: what may be attached, in words."""
    kinds = [kind.rpartition("/")[2].partition("+")[0].upper() for kind in item.media_types]
    listed = gettext(" o ").join(
        part for part in (", ".join(kinds[:-1]), kinds[-1] if kinds else "") if part
    )
    return gettext("%(kinds)s, hasta %(size)s MB", kinds=listed, size=item.max_mb)


def by_topic(procedures: tuple[Procedure, ...]) -> tuple[tuple[str, tuple[Procedure, ...]], ...]:
    """The procedures under their topics, in alphabetical order."""
    ordered = sorted(procedures, key=lambda item: item.topic)
    return tuple((name, tuple(rows)) for name, rows in groupby(ordered, lambda item: item.topic))
