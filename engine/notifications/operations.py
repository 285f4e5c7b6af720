"""Every change of a notification: made available, opened, rejected, expired, delivered, announced."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from engine.deadlines.models import Deadline
from engine.documents.holds import withhold
from engine.documents.models import Document
from engine.errors import BadInput, RuleBroken
from engine.expedientes.models import Expediente
from engine.notifications.acknowledgement import issue_availability
from engine.notifications.availability import check_ready, is_overdue, make_available
from engine.notifications.channels import channel_for, is_first_of_office
from engine.notifications.closing import (
    RESOLUTION,
    SYSTEM,
    Closing,
    attempts_of,
    close,
    meet_term_to_notify,
)
from engine.notifications.delivery import (
    Receiver,
    check_instant,
    check_taken,
    end_by_post,
    find_nobody,
    give_up,
)
from engine.notifications.models import (
    Notice,
    Notification,
    NotificationState,
    PostalAttempt,
    PostalResult,
    Via,
)
from engine.notifications.notices import keep_failure, keep_sent, tell, tell_of_notification
from engine.notifications.parties import check_power, check_receiver, expediente_of
from engine.notifications.postal import exhausted, standing
from engine.notifications.withdrawals import resolution_to_notify
from engine.operation import Act, operation
from engine.people.models import Channel, Person, Unit
from engine.permissions import ActorKind

MAX_SUBJECT = 200
_MAX_ANNOUNCEMENT = 100


@operation("notifications.notify", basis="arts. 40 a 43 de la Ley 39/2015")
def notify(
    act: Act,
    *,
    document_id: UUID,
    person_id: UUID,
    subject: str,
    unit_id: UUID,
    expediente_id: UUID | None = None,
    representative_id: UUID | None = None,
    purpose: str = "notification",
    reference: str | None = None,
    convertible: bool = True,
) -> Notification:
    """Notify a document that is ready: its exit is registered, it is at the person's disposal.

    subject: what it is about, without its sense, since it is read before the act;
    purpose: `resolution` for the act that ends the maximum term to resolve and notify;
    reference: the workflow signal that waits for the end; convertible: it can be made electronic.
    Nobody who is notified reads the document before the end. Raises RuleBroken while it is being
    made or sealed, BadInput, NotFound.
    """
    wording = " ".join(subject.split())
    if not wording or len(wording) > MAX_SUBJECT:
        raise BadInput(
            f"El asunto de la notificación debe tener entre 1 y {MAX_SUBJECT} caracteres."
        )
    person, unit = act.get(Person, person_id), act.get(Unit, unit_id)
    check_ready(act.get(Document, document_id))
    expediente = expediente_of(act, expediente_id)
    filed = expediente is not None and expediente.entry_id is not None
    first = is_first_of_office(act.session, person, filed=filed)
    chosen = channel_for(person, convertible=convertible, first_of_office=first)
    row = Notification(
        expediente_id=expediente_id,
        document_id=document_id,
        person_id=person_id,
        representative_id=representative_id,
        unit_id=unit_id,
        unit_name=unit.name,
        subject=wording,
        purpose=purpose,
        channel=chosen.channel.value,
        channel_reason=chosen.reason.value,
        state=NotificationState.PREPARED.value,
        prepared_at=act.now,
        reference=reference,
    )
    act.session.add(row)
    act.session.flush()
    act.about("notification", row.id, expediente_id)
    act.note(document=document_id, channel=chosen.channel, channel_reason=chosen.reason)
    people = [person]
    if representative_id is not None and representative_id != person_id:
        people.append(act.get(Person, representative_id))
    for each in people:
        withhold(act, document_id=document_id, person_id=each.id)
    make_available(act, row)
    deadline = None if row.deadline_id is None else act.get(Deadline, row.deadline_id)
    told = tell_of_notification(act, row, people, None if deadline is None else deadline.due_at)
    act.note(available_at=row.available_at, notices=told)
    return row


@operation("notifications.notify_withdrawal", basis="arts. 21.1, 40 y 94.4 de la Ley 39/2015")
def notify_withdrawal(act: Act, *, expediente_id: UUID) -> Notification | None:
    """Notify the resolution that accepts a withdrawal; None when there is none, or it was notified."""
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    resolution = resolution_to_notify(act.session, row.id)
    if resolution is None or row.person_id is None:
        act.note(effect=False)
        return None
    return notify(
        act,
        document_id=resolution.id,
        person_id=row.person_id,
        representative_id=row.representative_id,
        subject=f"Resolución en el expediente {row.number}",
        unit_id=row.unit_id,
        expediente_id=row.id,
        purpose=RESOLUTION,
    )


@operation("notifications.open", basis="art. 43.2 de la Ley 39/2015")
def open_notification(act: Act, *, notification_id: UUID) -> Notification:
    """Access the content in the sede: the notification is made at this instant.

    Opening what has ended changes nothing, and the document can be read. Raises NotFound for whoever
    is not the person or their representative, Refused for a power that does not reach it.
    """
    return _end_in_sede(act, notification_id, NotificationState.ACCEPTED)


@operation("notifications.reject", basis="art. 41.5 de la Ley 39/2015")
def reject(act: Act, *, notification_id: UUID) -> Notification:
    """Reject the notification in the sede: the step is done and the procedure goes on.

    Rejecting what has ended changes nothing. Raises as `open_notification` does.
    """
    return _end_in_sede(act, notification_id, NotificationState.REJECTED)


def _end_in_sede(act: Act, notification_id: UUID, state: NotificationState) -> Notification:
    row = act.lock(Notification, notification_id)
    act.about("notification", row.id, row.expediente_id)
    check_receiver(act, row)
    _expire_if_due(act, row)
    close(act, row, Closing(state, act.now, Via.SEDE, _who(act), act.actor.id))
    return row


def _who(act: Act) -> str:
    """The citizen who acts, as the acknowledgement names them."""
    if act.actor.id is None:
        return ""
    person = act.get(Person, act.actor.id)
    name = f"{person.display_name} ({person.document_number})"
    represented = act.actor.on_behalf_of_name
    return f"{name}, en representación de {represented}" if represented else name


def _expire_if_due(act: Act, row: Notification) -> None:
    """The last day ended and no worker has said so yet: it is the law that closes it, not a job."""
    if row.state == NotificationState.AVAILABLE and is_overdue(act, row):
        expire(act.as_system("notifications.expire"), notification_id=row.id)


@operation("notifications.expire", basis="art. 43.2 de la Ley 39/2015")
def expire(act: Act, *, notification_id: UUID) -> bool:
    """Nobody opened it in its term: it counts as rejected, at the term's last instant.

    False when something else ended it before, or its term has moved and still runs.
    """
    row = act.lock(Notification, notification_id)
    act.about("notification", row.id, row.expediente_id)
    if row.deadline_id is None or row.state != NotificationState.AVAILABLE:
        act.note(effect=False)
        return False
    if not is_overdue(act, row):
        act.note(effect=False)
        return False
    due = act.get(Deadline, row.deadline_id).due_at
    return close(act, row, Closing(NotificationState.EXPIRED, due, Via.SEDE))


@operation("notifications.deliver", basis="art. 41.1.a de la Ley 39/2015")
def deliver(act: Act, *, notification_id: UUID, receiver_id: UUID | None = None) -> Notification:
    """Hand it over in the assistance office to the person who comes and asks for it.

    receiver_id: the interested person when not given, or an attorney with a power in force.
    Handing over what has ended changes nothing.
    """
    row = act.lock(Notification, notification_id)
    act.about("notification", row.id, row.expediente_id)
    receiver = act.get(Person, receiver_id or row.person_id)
    if receiver.id != row.person_id:
        check_power(act, row, receiver.id)
    _expire_if_due(act, row)
    who = f"{receiver.display_name} ({receiver.document_number})"
    if act.actor.display_name:
        who = f"{who}; lo entregó {act.actor.display_name}"
    close(act, row, Closing(NotificationState.DELIVERED, act.now, Via.OFFICE, who, receiver.id))
    return row


@operation("notifications.record_attempt", basis="art. 42.2 de la Ley 39/2015")
def record_attempt(
    act: Act,
    *,
    notification_id: UUID,
    at: datetime,
    result: PostalResult,
    receiver: Receiver | None = None,
) -> PostalAttempt:
    """Write down what the postman says of an attempt made at `at`.

    receiver: who took it, needed when it was delivered. What found nobody counts once before and
    once after the turn of the day, in the term that the law gives; `why_void` says why one does not.
    An attempt on what has ended is written down without effect.
    Raises BadInput, or RuleBroken when nothing was sent on paper.
    """
    row = act.lock(Notification, notification_id)
    act.about("notification", row.id, row.expediente_id)
    if row.channel != Channel.PAPER.value:
        raise RuleBroken("Esta notificación es electrónica: no se envía en papel.")
    earlier = attempts_of(act, row.id)
    check_instant(act, row, at, earlier[-1].at if earlier else None)
    if result is PostalResult.DELIVERED:
        check_taken(receiver)
    attempt = PostalAttempt(
        notification_id=row.id,
        number=len(earlier) + 1,
        at=at,
        result=result.value,
        official_id=act.actor.id if act.actor.kind is ActorKind.OFFICIAL else None,
        recorded_at=act.now,
    )
    act.session.add(attempt)
    first = standing(earlier)
    act.note(attempt=attempt.number, at=at, result=result)
    match result:
        case PostalResult.DELIVERED | PostalResult.REJECTED:
            end_by_post(act, row, attempt, receiver)
        case PostalResult.ABSENT if row.state == NotificationState.TO_POST:
            find_nobody(act, row, attempt, first[0] if first else None)
        case PostalResult.ABSENT:
            attempt.why_void = "La entrega en papel ya había terminado."
        case PostalResult.UNKNOWN:
            give_up(row)
    act.session.flush()
    meet_term_to_notify(act, row, attempt.at)
    if row.purpose == RESOLUTION and row.closed_at is None:
        issue_availability(act.as_system(SYSTEM), row, (*earlier, attempt))
    act.note(state=row.state, void=attempt.why_void is not None)
    return attempt


@operation("notifications.announce", basis="art. 44 de la Ley 39/2015")
def announce(
    act: Act, *, notification_id: UUID, announcement: str, published_at: datetime | None = None
) -> Notification:
    """The gazette published the announcement: the notification is made.

    announcement: the number that the gazette gave it; published_at: now when not given.
    Raises RuleBroken while the paper may still be delivered; on what has ended it changes nothing.
    """
    wording = " ".join(announcement.split())
    if not wording or len(wording) > _MAX_ANNOUNCEMENT:
        raise BadInput(
            "Indique el número del anuncio en el Boletín Oficial del Estado.",
            (("announcement", f"Escriba entre 1 y {_MAX_ANNOUNCEMENT} caracteres."),),
        )
    row = act.lock(Notification, notification_id)
    act.about("notification", row.id, row.expediente_id)
    attempts = attempts_of(act, row.id)
    if not exhausted(attempts):
        raise RuleBroken(
            "Antes de anunciarla hay que intentar la entrega en papel: dos intentos, o que conste "
            "que la persona o su dirección son desconocidas."
        )
    at = published_at or act.now
    check_instant(act, row, at, attempts[-1].at)
    act.note(announcement=wording)
    # What is written on the row is what the acknowledgement says, so it goes there before the end.
    previous, row.announcement = row.announcement, wording
    if not close(act, row, Closing(NotificationState.PUBLISHED, at, Via.GAZETTE)):
        row.announcement = previous
    return row


@operation("notifications.advise", basis="art. 41.6 de la Ley 39/2015")
def advise(
    act: Act,
    *,
    person_id: UUID,
    subject: str,
    text: str,
    expediente_id: UUID | None = None,
    representative_id: UUID | None = None,
) -> tuple[Notice, ...]:
    """Tell a person something that begins no term: it stands in their folder and goes by e-mail."""
    wording = " ".join(subject.split())
    if not wording or len(wording) > MAX_SUBJECT or not text.strip():
        raise BadInput(
            f"Un aviso necesita un texto y un asunto de como mucho {MAX_SUBJECT} caracteres."
        )
    people = [act.get(Person, person_id)]
    if representative_id is not None and representative_id != person_id:
        people.append(act.get(Person, representative_id))
    notices = tell(act, people, wording, text.strip(), expediente_id)
    act.about("notice", notices[0].id, expediente_id)
    act.note(notices=[str(notice.id) for notice in notices])
    return notices


@operation(
    "notifications.tell", permission="notifications.advise", basis="art. 41.6 de la Ley 39/2015"
)
def tell_of_expediente(
    act: Act, *, expediente_id: UUID, subject: str, text: str
) -> tuple[Notice, ...]:
    """Tell an expediente's parties something that begins no term; the same job tells it once.

    Nothing when nobody is interested in it.
    """
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    reference = act.call.trace.job
    told = reference is not None and act.session.scalar(
        select(Notice.id).where(Notice.reference == reference).limit(1)
    )
    if row.person_id is None or told:
        act.note(effect=False)
        return ()
    parties = dict.fromkeys((row.person_id, row.representative_id or row.person_id))
    people = [act.get(Person, identifier) for identifier in parties]
    notices = tell(act, people, subject, text.strip(), row.id, reference)
    act.note(notices=[str(notice.id) for notice in notices])
    return notices


@operation("notifications.notice_sent", basis="art. 41.6 de la Ley 39/2015")
def notice_sent(act: Act, *, notice_id: UUID) -> None:
    """A notice left by e-mail; saying it again changes nothing."""
    notice = act.lock(Notice, notice_id)
    act.about("notice", notice.id, notice.expediente_id)
    act.note(notification=notice.notification_id)
    keep_sent(act, notice)


@operation("notifications.notice_failed", basis="art. 41.6 de la Ley 39/2015")
def notice_failed(act: Act, *, notice_id: UUID, why: str) -> None:
    """A notice could not be sent: it is kept as a fact, and the notification stands (NOT-10)."""
    notice = act.lock(Notice, notice_id)
    act.about("notice", notice.id, notice.expediente_id)
    act.note(notification=notice.notification_id, why=why)
    keep_failure(act, notice, why)
