"""The folder: what the person has to do first, then their expedientes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.expedientes import queries as expedientes
from engine.expedientes.drafts.queries import SUBJECT, DraftRow, drafts_of
from engine.notifications import queries as notifications
from engine.notifications.models import NotificationState
from engine.payments import queries as payments
from engine.payments.queries import OrderRow
from engine.workflow.queries import WorkItemRow, corrections_of
from web.access import Audience, access
from web.citizen.blueprint import citizen
from web.context import current, reading
from web.formatters import date_time, euros
from web.rendering import page


@dataclass(frozen=True)
class ToDo:
    """Something that waits for the person: what, where, in which state, until when, of what."""

    title: str
    address: str
    state: str
    tone: str
    detail: str
    until: datetime | None = None


@citizen.get("")
@access(Audience.CITIZEN)
def folder() -> Response:
    """What waits for the person, what goes on, what ended, what they were told."""
    session, actor = reading(), current().actor
    rows = expedientes.of_person(session, actor)
    numbers: dict[UUID | None, str] = {row.id: f"{row.title} · {row.number}" for row in rows}
    received = notifications.inbox(session, actor)
    owed = payments.unpaid(session, actor)
    corrections = (
        () if actor.interested_id is None else corrections_of(session, actor.interested_id)
    )
    asked = [item for item in corrections if item.expediente_id in numbers]
    return page(
        "citizen/folder.html",
        to_do=[
            *_corrections(asked, numbers),
            *_notifications(received, numbers),
            *_payments(owed),
            *_drafts(drafts_of(session, actor), owed),
        ],
        open_rows=[row for row in rows if row.open],
        closed_rows=[row for row in rows if not row.open],
        notifications=[row for row in received if not row.open][:5],
        advices=notifications.advices(session, actor)[:5],
    )


def _corrections(items: Sequence[WorkItemRow], numbers: dict[UUID | None, str]) -> list[ToDo]:
    ordered = sorted(items, key=lambda item: (item.due_at is None, item.due_at or item.created_at))
    return [
        ToDo(
            item.title,
            url_for(".correction", expediente_id=item.expediente_id, work_item_id=item.id),
            gettext("Pendiente"),
            "red",
            numbers[item.expediente_id],
            item.due_at,
        )
        for item in ordered
    ]


def _notifications(
    rows: Sequence[notifications.NotificationRow], numbers: dict[UUID | None, str]
) -> list[ToDo]:
    return [
        ToDo(
            row.subject,
            url_for(".notification", notification_id=row.id),
            gettext("Notificación"),
            "orange",
            numbers.get(row.expediente_id, row.unit_name),
            row.expires_at if row.state is NotificationState.AVAILABLE else None,
        )
        for row in rows
        if row.open
    ]


def _payments(owed: Sequence[OrderRow]) -> list[ToDo]:
    """What is owed, except the fees of applications, which their drafts say."""
    return [
        ToDo(
            row.concept,
            url_for(".pay_return", order_id=row.id),
            gettext("Sin pagar"),
            "orange",
            euros(row.amount),
        )
        for row in owed
        if row.subject_kind != SUBJECT
    ]


def _drafts(rows: Sequence[DraftRow], owed: Sequence[OrderRow]) -> list[ToDo]:
    unpaid = {row.subject_id for row in owed if row.subject_kind == SUBJECT}
    return [
        ToDo(
            row.procedure_title,
            url_for(".draft", draft_id=row.id),
            gettext("Sin pagar") if row.id in unpaid else gettext("Sin presentar"),
            "blue",
            gettext("Guardada: %(when)s", when=date_time(row.updated_at)),
        )
        for row in rows
    ]
