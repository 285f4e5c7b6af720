"""One announcement for several notifications, and what a person did knowing an act."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from engine.clock import MADRID
from engine.errors import BadInput, RuleBroken
from engine.notifications import queries
from engine.notifications.defects import operations as defects
from engine.notifications.publications import operations
from web.access import Audience, access
from web.context import call, current, reading
from web.inputs import day, identifier
from web.office.blueprint import office
from web.office.post import item_page, typed_instant
from web.rendering import mistakes, page, typed

ANNOUNCE = "notifications.announce_several"
KNOWLEDGE = "notifications.record_knowledge"


@office.get("/registro/papel/anuncio")
@access(Audience.OFFICE, permission=ANNOUNCE)
def registry_announcement() -> Response:
    """One text for everything that waits to be announced."""
    return _together()


def _together(*, status: int = 200, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    town = current().townhall.settings.town
    rows, text = queries.announcement_together(reading(), town, current().actor)
    return page(
        "office/announcement.html",
        status=status,
        errors=errors,
        values=typed() if status != 200 else {},
        text=text,
        options=[(str(row.id), f"{row.entry_code}: {row.person_name}") for row in rows],
    )


@office.post("/registro/papel/anuncio")
@access(Audience.OFFICE, permission=ANNOUNCE, operation=ANNOUNCE)
def announce_several() -> Response:
    """The gazette published it: its number and its day, for those that are in it."""
    published = None
    try:
        published = day(request.form.get("published", ""))
        wanted = [UUID(text) for text in request.form.getlist("notifications")]
    except ValueError:
        wanted = []
    if published is None:
        wrong = gettext("Escriba el día de la publicación, como 27/3/2027.")
        return _together(status=422, errors=(("published", wrong),))
    try:
        made = operations.announce_several(
            call(),
            notification_ids=wanted,
            number=request.form.get("announcement", ""),
            published_at=datetime.combine(published, time(), tzinfo=MADRID),
        )
    except BadInput as error:
        return _together(status=422, errors=_beside(error, "published"))
    except RuleBroken as error:
        return _together(status=409, errors=(("", error.message),))
    flash(
        ngettext(
            "Queda hecha una notificación con su publicación.",
            "Quedan hechas %(num)s notificaciones con su publicación.",
            made,
        ),
        "success",
    )
    return redirect(url_for("office.registry_post"), 303)


@office.post("/registro/papel/<notification_id>/conocida")
@access(Audience.OFFICE, permission=KNOWLEDGE, operation=KNOWLEDGE)
def record_knowledge(notification_id: str) -> Response:
    """The person acted knowing the act, though its notification was wrong."""
    wanted = identifier(notification_id)
    form = request.form
    at = typed_instant(form.get("knowledge_day", ""), form.get("knowledge_hour", ""))
    if at is None:
        wrong = gettext("Escriba el día como 27/3/2027 y la hora como 10:45.")
        return item_page(wanted, status=422, errors=(("knowledge_day", wrong),), values=typed())
    try:
        defects.record_knowledge(
            call(), notification_id=wanted, at=at, defect=form.get("defect", "")
        )
    except BadInput as error:
        errors = _beside(error, "knowledge_day")
        return item_page(wanted, status=422, errors=errors, values=typed())
    flash(gettext("Anotado: la notificación surte efecto desde ese momento."), "success")
    return redirect(url_for("office.registry_post_item", notification_id=wanted), 303)


def _beside(error: BadInput, instant: str) -> tuple[tuple[str, str], ...]:
    """What is wrong, where these pages ask for the instant by another name than the operation."""
    return tuple((instant if name == "at" else name, text) for name, text in mistakes(error))
