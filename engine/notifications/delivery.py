"""What the postman brings back (art. 42 of Ley 39/2015). Parts of operations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.deadlines.calendars import Calendars
from engine.deadlines.seat import seat_calendar
from engine.errors import BadInput
from engine.notifications.closing import Closing, close
from engine.notifications.models import (
    Notification,
    NotificationState,
    PostalAttempt,
    PostalResult,
    Via,
)
from engine.notifications.postal import Place, judge, postal_rules
from engine.operation import Act


@dataclass(frozen=True)
class Receiver:
    """Who took the paper at the addressee's home and says who they are (art. 42.2).

    of_age: has the age that the law asks for, fourteen years.
    """

    name: str
    document: str
    of_age: bool


def check_instant(act: Act, row: Notification, at: datetime, last: datetime | None) -> None:
    field = "at"
    if at.tzinfo is None or at > act.now:
        raise BadInput(
            "La fecha y la hora no pueden ser posteriores a ahora.",
            ((field, "Escriba una fecha y una hora que ya hayan pasado."),),
        )
    if row.available_at is None or at < row.available_at:
        raise BadInput(
            "La fecha y la hora son anteriores al envío.",
            ((field, "Escriba una fecha y una hora posteriores a la salida del registro."),),
        )
    if last is not None and at <= last:
        raise BadInput(
            "Anote los hechos en el orden en que ocurrieron.",
            ((field, "Escriba una fecha y una hora posteriores al último intento."),),
        )


def check_taken(receiver: Receiver | None) -> None:
    """Whoever took it said who they are and is old enough (art. 42.2)."""
    age = postal_rules().minimum_age
    errors: list[tuple[str, str]] = []
    if receiver is None or not receiver.name.strip():
        errors.append(("receiver_name", "Escriba el nombre de quien la recogió."))
    if receiver is None or not receiver.document.strip():
        errors.append(("receiver_document", "Escriba el documento de quien la recogió."))
    if receiver is None or not receiver.of_age:
        errors.append(("receiver_of_age", f"Confirme que tiene {age} años o más."))
    if errors:
        raise BadInput("Faltan datos de quien recogió la notificación.", tuple(errors))


def end_by_post(
    act: Act, row: Notification, attempt: PostalAttempt, receiver: Receiver | None
) -> None:
    state = (
        NotificationState.DELIVERED
        if attempt.result == PostalResult.DELIVERED
        else NotificationState.REJECTED
    )
    who = ""
    if receiver is not None:
        who = f"{receiver.name.strip()} ({receiver.document.strip()})"
        act.personal(receiver=who)
    act.session.flush()
    close(act, row, Closing(state, attempt.at, Via.POST, who))


def find_nobody(
    act: Act, row: Notification, attempt: PostalAttempt, first: PostalAttempt | None
) -> None:
    calendars = Calendars(seat_calendar(act.townhall, act.session))
    verdict = judge(None if first is None else first.at, attempt.at, calendars)
    match verdict.place:
        case Place.VOID:
            attempt.why_void = verdict.why
        case Place.LATE if first is not None:
            first.why_void = verdict.why
        case Place.SECOND:
            give_up(row)


def give_up(row: Notification) -> None:
    """The paper cannot be delivered; the announcement is pending and the sede stays open."""
    if row.state == NotificationState.TO_POST:
        row.state = NotificationState.UNDELIVERED.value
