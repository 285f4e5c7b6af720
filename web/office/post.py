"""Notifications on paper: what the postman takes, what he brought back, what is announced."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from engine.clock import MADRID
from engine.errors import BadInput, RuleBroken
from engine.expedientes.lists import headings
from engine.notifications import operations, queries
from engine.notifications.delivery import Receiver
from engine.notifications.exchange import queries as exchange
from engine.notifications.models import NotificationState, PostalResult
from engine.notifications.pending import queries as pending
from engine.notifications.printing import queries as printing
from engine.notifications.publications import operations as publications
from engine.people.models import Channel
from web.access import Audience, access
from web.context import call, current, now, reading
from web.inputs import day, identifier
from web.office.blueprint import office
from web.rendering import mistakes, page, typed

RECORD = "notifications.record_attempt"
RESULTS = {
    PostalResult.DELIVERED: lazy_gettext("Entregada"),
    PostalResult.REJECTED: lazy_gettext("Rechazada por quien la recibe"),
    PostalResult.ABSENT: lazy_gettext("No había nadie"),
    PostalResult.UNKNOWN: lazy_gettext("Persona o dirección desconocida"),
}


@office.get("/registro/papel")
@access(Audience.OFFICE, permission=RECORD)
def registry_post() -> Response:
    """What has to be taken on paper, oldest first, and what waits for its announcement."""
    session = reading()
    rows = queries.to_post(session, current().actor)
    return page(
        "office/post.html",
        rows=rows,
        undelivered=sum(row.state is NotificationState.UNDELIVERED for row in rows),
        waiting=printing.waiting(session),
        acts=pending.waiting(session, current().actor, now()),
        headings=headings(session, (row.expediente_id for row in rows)),
        NotificationState=NotificationState,
    )


@office.get("/registro/papel/<notification_id>")
@access(Audience.OFFICE, permission=RECORD)
def registry_post_item(notification_id: str) -> Response:
    """One of them: where it goes, the attempts made, what to write down next."""
    return item_page(identifier(notification_id))


def item_page(
    notification_id: UUID,
    *,
    status: int = 200,
    errors: tuple[tuple[str, str], ...] = (),
    values: dict[str, Any] | None = None,
) -> Response:
    session, actor = reading(), current().actor
    row = queries.notification(session, notification_id, actor)
    undelivered = row.state is NotificationState.UNDELIVERED
    town = current().townhall.settings.town
    return page(
        "office/post_item.html",
        status=status,
        errors=errors,
        values=values or {"day": now().astimezone(MADRID).strftime("%d/%m/%Y")},
        row=row,
        paper=row.channel is Channel.PAPER,
        heading=headings(session, [row.expediente_id]).get(row.expediente_id)
        if row.expediente_id
        else None,
        attempts=queries.attempts(session, notification_id),
        channels=exchange.dispatches(session, notification_id),
        events=exchange.events(session, notification_id),
        announcement=queries.announcement(session, town, notification_id, actor)
        if undelivered
        else "",
        results=[(result.value, text) for result, text in RESULTS.items()],
        RESULTS=RESULTS,
        NotificationState=NotificationState,
    )


@office.post("/registro/papel/<notification_id>/intento")
@access(Audience.OFFICE, operation="notifications.record_attempt")
def record_attempt(notification_id: str) -> Response:
    """Write down what the postman says of one attempt."""
    wanted = identifier(notification_id)
    at, result, errors = _attempt()
    if at is None or result is None:
        return item_page(wanted, status=422, errors=errors, values=typed())
    try:
        attempt = operations.record_attempt(
            call(), notification_id=wanted, at=at, result=result, receiver=_receiver()
        )
    except BadInput as error:
        return item_page(wanted, status=422, errors=_beside(error, "day"), values=typed())
    except RuleBroken as error:
        return item_page(wanted, status=409, errors=(("", error.message),), values=typed())
    if attempt.why_void:
        flash(gettext("Anotado, pero no cuenta: %(why)s", why=attempt.why_void), "info")
    else:
        flash(gettext("El intento queda anotado."), "success")
    return redirect(url_for("office.registry_post_item", notification_id=wanted), 303)


def _attempt() -> tuple[datetime | None, PostalResult | None, tuple[tuple[str, str], ...]]:
    """The instant and the result that were typed, with what is wrong in them."""
    form, errors = request.form, []
    try:
        result = PostalResult(form.get("result", ""))
    except ValueError:
        result = None
        errors.append(("result", gettext("Elija qué pasó en el intento.")))
    at = typed_instant(form.get("day", ""), form.get("hour", ""))
    if at is None:
        errors.append(("day", gettext("Escriba el día como 27/3/2027 y la hora como 10:45.")))
    return at, result, tuple(errors)


def typed_instant(typed_day: str, typed_hour: str) -> datetime | None:
    try:
        found = day(typed_day)
        hour = time.fromisoformat(typed_hour.strip().replace(".", ":").zfill(5))
    except ValueError:
        return None
    if found is None:
        return None
    return datetime.combine(found, hour, tzinfo=MADRID)


def _receiver() -> Receiver | None:
    form = request.form
    name, document = form.get("receiver_name", ""), form.get("receiver_document", "")
    of_age = form.get("receiver_of_age") == "yes"
    return Receiver(name, document, of_age) if name or document or of_age else None


def _beside(error: BadInput, instant: str) -> tuple[tuple[str, str], ...]:
    """What is wrong, where this page asks for the instant by another name than the operation."""
    return tuple((instant if name == "at" else name, text) for name, text in mistakes(error))


@office.post("/registro/papel/<notification_id>/anuncio")
@access(Audience.OFFICE, operation="notifications.announce")
def announce(notification_id: str) -> Response:
    """The gazette published the announcement of what could not be delivered."""
    wanted = identifier(notification_id)
    published = typed_instant(request.form.get("published", ""), "00:00")
    if published is None:
        wrong = gettext("Escriba el día de la publicación, como 27/3/2027.")
        return item_page(wanted, status=422, errors=(("published", wrong),), values=typed())
    try:
        operations.announce(
            call(),
            notification_id=wanted,
            announcement=request.form.get("announcement", ""),
            published_at=published,
        )
    except BadInput as error:
        return item_page(wanted, status=422, errors=_beside(error, "published"), values=typed())
    except RuleBroken as error:
        return item_page(wanted, status=409, errors=(("", error.message),), values=typed())
    flash(gettext("La notificación queda hecha con su publicación."), "success")
    return redirect(url_for("office.registry_post_item", notification_id=wanted), 303)


@office.post("/registro/papel/<notification_id>/entrega")
@access(Audience.OFFICE, operation="notifications.deliver")
def deliver(notification_id: str) -> Response:
    """Hand it over to the person, who came to the assistance office."""
    wanted = identifier(notification_id)
    operations.deliver(call(), notification_id=wanted)
    flash(gettext("La notificación queda entregada en la oficina."), "success")
    return redirect(url_for("office.registry_post_item", notification_id=wanted), 303)


@office.post("/registro/papel/<notification_id>/tablon")
@access(Audience.OFFICE, operation="notifications.post_on_board")
def post_on_board(notification_id: str) -> Response:
    """Put the announcement on the town's board before the gazette."""
    wanted = identifier(notification_id)
    try:
        publications.post_on_board(call(), notification_id=wanted)
    except RuleBroken as error:
        return item_page(wanted, status=409, errors=(("", error.message),))
    flash(gettext("El anuncio está en el tablón. Falta el Boletín Oficial del Estado."), "success")
    return redirect(url_for("office.registry_post_item", notification_id=wanted), 303)
