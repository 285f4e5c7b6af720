"""Notices: what a person is told by e-mail. Parts of operations, and the message itself.

That of a notification says that there is one, from whom, until when and where to read it: nothing
of what it holds (art. 41.6 of Ley 39/2015, art. 43.1 of RD 203/2021; NOT-10).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit
from uuid import UUID

from engine.documents.templates import day
from engine.notifications.mail import MailRefused
from engine.notifications.models import Notice, Notification
from engine.operation import Act
from engine.people.models import Person
from engine.settings import Settings

SEND_JOB = "notifications.send_notice"
_FAILURE_CHARACTERS = 200


def tell_of_notification(
    act: Act, row: Notification, people: Iterable[Person], expires_at: datetime | None
) -> int:
    """Tell those who gave an e-mail address; returns how many."""
    town = act.settings.town.name
    until = (
        f"Puede leerla hasta el {day(expires_at)}. Si no lo hace, se entenderá rechazada."
        if expires_at is not None
        else "Puede leerla en la sede cuando quiera; también se le envía en papel."
    )
    text = (
        f"{town} ({row.unit_name}) ha puesto a su disposición una notificación en la sede "
        f"electrónica.\n\n{until}\n\n{_where(act.settings)}\n\n"
        "Este mensaje es solo un aviso: no es la notificación ni produce sus efectos."
    )
    told = [person for person in people if person.email]
    for person in told:
        _tell(act, person, f"Tiene una notificación de {town}", text, row.expediente_id, row.id)
    return len(told)


def tell(
    act: Act,
    people: Iterable[Person],
    subject: str,
    text: str,
    expediente_id: UUID | None,
    reference: str | None = None,
) -> tuple[Notice, ...]:
    """Leave an advice in each person's folder, and send it to those who gave an e-mail address."""
    return tuple(
        _tell(act, person, subject, text, expediente_id, None, reference) for person in people
    )


def _tell(
    act: Act,
    person: Person,
    subject: str,
    text: str,
    expediente_id: UUID | None,
    notification_id: UUID | None,
    reference: str | None = None,
) -> Notice:
    notice = Notice(
        person_id=person.id,
        expediente_id=expediente_id,
        notification_id=notification_id,
        subject=subject,
        text=text,
        email=person.email,
        created_at=act.now,
        reference=reference,
    )
    act.session.add(notice)
    act.session.flush()
    if notice.email:
        act.defer(SEND_JOB, notice_id=notice.id)
    return notice


def keep_sent(act: Act, notice: Notice) -> None:
    """It left; saying it again changes nothing."""
    notice.sent_at, notice.failure = notice.sent_at or act.now, None
    row = _told_of(act, notice)
    if row is not None:
        row.notice_sent_at, row.notice_failure = row.notice_sent_at or act.now, None


def keep_failure(act: Act, notice: Notice, why: str) -> None:
    """It did not leave; a failure that is told after it left changes nothing."""
    if notice.sent_at is not None:
        return
    notice.failure = why[:_FAILURE_CHARACTERS]
    row = _told_of(act, notice)
    if row is not None and row.notice_sent_at is None:
        row.notice_failure = notice.failure


def _told_of(act: Act, notice: Notice) -> Notification | None:
    """The notification that a notice tells of, locked."""
    if notice.notification_id is None:
        return None
    return act.lock(Notification, notice.notification_id)


def message_of(settings: Settings, notice: Notice, now: datetime) -> EmailMessage:
    """The message of a notice; its Message-ID is the same however often it is sent.

    Raises MailRefused for an address that is none.
    """
    message = EmailMessage()
    sender = settings.mail_from or settings.town.email
    try:
        message["From"] = Address(settings.town.name, addr_spec=sender)
        message["To"] = Address(addr_spec=notice.email)
    except (ValueError, IndexError) as error:
        raise MailRefused("La dirección de correo no es válida.") from error
    message["Subject"] = " ".join(notice.subject.split())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{notice.id}@{urlsplit(settings.base_url).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    body = notice.text
    if notice.notification_id is None:
        body = f"{body}\n\n{_where(settings)}"
    message.set_content(f"{body}\n\n{settings.town.name}\n")
    return message


def _where(settings: Settings) -> str:
    """The sede's own address and no link to anything in it: people are taught not to follow links."""
    return f"Entre en la sede electrónica, {settings.base_url}, y abra su carpeta."
