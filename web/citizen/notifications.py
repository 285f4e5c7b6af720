"""Notifications: what opening, rejecting or leaving one means, said before it is done (NOT-5)."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.notifications import operations, queries
from engine.notifications.models import NotificationState
from web.access import Audience, access
from web.citizen.blueprint import citizen
from web.context import call, current, reading
from web.rendering import page


@citizen.get("/notificaciones")
@access(Audience.CITIZEN)
def notifications() -> Response:
    """Every notification of the person, those that wait first."""
    rows = queries.inbox(reading(), current().actor)
    return page(
        "citizen/notifications.html",
        waiting=[row for row in rows if row.open],
        ended=[row for row in rows if not row.open],
        advices=queries.advices(reading(), current().actor),
    )


@citizen.get("/notificaciones/<uuid:notification_id>")
@access(Audience.CITIZEN)
def notification(notification_id: UUID) -> Response:
    """The warning while it waits; what it was and its proof once it has ended. Looking opens nothing."""
    row = queries.notification(reading(), notification_id, current().actor)
    template = "citizen/notification.html" if row.open else "citizen/notified.html"
    return page(template, row=row, state=NotificationState)


@citizen.post("/notificaciones/<uuid:notification_id>/abrir")
@access(Audience.CITIZEN, operation="notifications.open")
def open_notification(notification_id: UUID) -> Response:
    """Open it: from this instant the person is notified."""
    operations.open_notification(call(), notification_id=notification_id)
    return redirect(url_for(".notification", notification_id=notification_id), 303)


@citizen.get("/notificaciones/<uuid:notification_id>/rechazar")
@access(Audience.CITIZEN)
def rejecting(notification_id: UUID) -> Response:
    """Ask before rejecting it: nothing brings it back."""
    row = queries.notification(reading(), notification_id, current().actor)
    if not row.open:
        return redirect(url_for(".notification", notification_id=notification_id), 303)
    return page("citizen/reject.html", row=row)


@citizen.post("/notificaciones/<uuid:notification_id>/rechazar")
@access(Audience.CITIZEN, operation="notifications.reject")
def reject(notification_id: UUID) -> Response:
    """Reject it: the step is done and the procedure goes on."""
    row = operations.reject(call(), notification_id=notification_id)
    if row.state == NotificationState.REJECTED:
        flash(gettext("Ha rechazado la notificación. El procedimiento sigue."), "info")
    return redirect(url_for(".notification", notification_id=notification_id), 303)
