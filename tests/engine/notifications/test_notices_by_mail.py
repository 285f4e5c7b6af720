"""Notices by e-mail: that a notification waits and nothing of it; when they fail nothing is void."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import pytest
from factories.mail import MailServer
from factories.notifications import Notify, themselves
from sqlalchemy import select

from engine.audit.models import AuditEvent
from engine.errors import BadInput, ConfigurationError, Unavailable
from engine.jobs import JOBS, JobRun
from engine.notifications import operations, queries
from engine.notifications.mail import (
    FolderSender,
    MailRefused,
    SmtpSender,
    SmtpServer,
    mail_sender,
)
from engine.notifications.models import Notice, Notification
from engine.people.models import Person
from engine.settings import Environment, load_settings
from engine.townhall import TownHall
from engine.worker import run_job

SEND = JOBS["notifications.send_notice"]


def notices(hall: TownHall) -> list[Notice]:
    with hall.database.reading() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def notification(hall: TownHall, row: Notification) -> queries.NotificationRow:
    with hall.database.reading() as session:
        return queries.notification(session, row.id, hall.system("test").actor)


def send(hall: TownHall, notice_id: UUID, job_id: int = 7) -> None:
    """Run the job as the worker does."""
    run_job(hall, SEND, job_id, {"notice_id": str(notice_id)})


def read(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.fixture
def outgoing(hall: TownHall, mail_server: MailServer) -> MailServer:
    hall.settings = replace(
        hall.settings, smtp_url=mail_server.url, mail_from="avisos@town.example"
    )
    return mail_server


def test_the_notice_says_that_there_is_one_from_whom_until_when_and_where(
    hall: TownHall,
    notify: Notify,
    electronic: Person,
    outgoing: MailServer,
    run_all: Callable[[], int],
) -> None:
    """NOT-10: always sent when an address is known; it carries nothing of the notification."""
    row = notify(electronic)
    assert notification(hall, row).notice_sent_at is None
    run_all()
    (data,) = outgoing.messages
    message = read(data)
    assert message["To"] == "xuan@example.org"
    assert str(message["From"]) == "Ayuntamiento de Valdecandamo <avisos@town.example>"
    assert message["Date"] == "Tue, 24 Nov 2026 09:00:00 +0000"
    text = message.get_content()
    for said in (
        "Ayuntamiento de Valdecandamo (Urbanismo y Obras)",
        "hasta el 4 de diciembre de 2026",
        hall.settings.base_url,
        "no es la notificación",
    ):
        assert said in text
    whole = f"{message['Subject']} {text}"
    for hidden in ("Terraza", "deniega", "Resolución", str(row.id), str(row.document_id)):
        assert hidden not in whole
    assert notification(hall, row).notice_sent_at == hall.clock.now()
    assert notification(hall, row).state == "available"


def test_the_representative_is_told_apart_and_who_gave_no_address_is_not(
    hall: TownHall,
    notify: Notify,
    electronic: Person,
    company: Person,
    outgoing: MailServer,
    run_all: Callable[[], int],
) -> None:
    """NOT-10: nobody reads the other's address."""
    company.email = "sidreria@example.org"
    with hall.database.transaction() as session:
        session.merge(company)
    notify(electronic, representative_id=company.id)
    run_all()
    assert sorted(read(data)["To"] for data in outgoing.messages) == [
        "sidreria@example.org",
        "xuan@example.org",
    ]
    company.email = ""
    with hall.database.transaction() as session:
        session.merge(company)
    notify(company)
    run_all()
    assert len(outgoing.messages) == 2


def test_on_paper_the_notice_promises_no_last_day(
    hall: TownHall, notify: Notify, citizen: Person
) -> None:
    with hall.database.transaction() as session:
        citizen.email = "xuan@example.org"
        session.merge(citizen)
    notify(citizen)
    (notice,) = notices(hall)
    assert "también se le envía en papel" in notice.text
    assert "hasta el" not in notice.text


def test_a_failed_notice_is_recorded_tried_again_and_invalidates_nothing(
    hall: TownHall, notify: Notify, electronic: Person, outgoing: MailServer
) -> None:
    """NOT-10: the notification stands; the next try is the same message by its Message-ID."""
    outgoing.answers["DATA"] = "451 later"
    row = notify(electronic)
    (notice,) = notices(hall)
    with pytest.raises(Unavailable):
        send(hall, notice.id)
    failed = notification(hall, row)
    assert failed.notice_failure == "El servidor de correo pide que se intente más tarde."
    assert (failed.state, failed.notice_sent_at) == ("available", None)
    with hall.database.reading() as session:
        assert session.scalars(select(JobRun.state)).one() == "waiting"
    del outgoing.answers["DATA"]
    send(hall, notice.id)
    sent = notification(hall, row)
    assert (sent.notice_sent_at, sent.notice_failure) == (hall.clock.now(), None)
    send(hall, notice.id)
    (data,) = outgoing.messages
    assert read(data)["Message-ID"] == f"<{notice.id}@localhost>"
    operations.open_notification(hall.call(themselves(electronic)), notification_id=row.id)
    with hall.database.reading() as session:
        events = session.scalars(
            select(AuditEvent.type).where(AuditEvent.object_id == str(notice.id))
        ).all()
    assert sorted(events) == ["notifications.notice_failed", "notifications.notice_sent"]


@pytest.mark.parametrize("verb", ["RCPT", "MAIL"])
def test_an_address_that_is_refused_for_good_is_not_tried_again(
    hall: TownHall, notify: Notify, electronic: Person, outgoing: MailServer, verb: str
) -> None:
    """NOT-10: recorded, and the job is done."""
    outgoing.answers[verb] = "550 no such user"
    row = notify(electronic)
    (notice,) = notices(hall)
    send(hall, notice.id)
    assert "no admite" in (notification(hall, row).notice_failure or "")
    with hall.database.reading() as session:
        assert session.scalars(select(JobRun.state)).one() == "done"


@pytest.mark.parametrize("address", ["xuan", "xuan@", "a@b.example\nBcc: all@b.example", "ñ@ñ"])
def test_an_address_that_is_none_never_reaches_the_server(
    hall: TownHall, notify: Notify, citizen: Person, outgoing: MailServer, address: str
) -> None:
    """NOT-10: and nobody writes a header of their own."""
    with hall.database.transaction() as session:
        citizen.email = address
        session.merge(citizen)
    row = notify(citizen)
    (notice,) = notices(hall)
    send(hall, notice.id)
    assert outgoing.messages == []
    assert notification(hall, row).notice_failure is not None


def test_a_server_that_does_not_answer_is_tried_again(
    hall: TownHall, notify: Notify, electronic: Person
) -> None:
    hall.settings = replace(hall.settings, smtp_url="smtp://127.0.0.1:9")
    row = notify(electronic)
    (notice,) = notices(hall)
    with pytest.raises(Unavailable):
        send(hall, notice.id)
    assert notification(hall, row).notice_failure == "El servidor de correo no responde."


def test_a_password_never_travels_in_the_clear(mail_server: MailServer) -> None:
    mail_server.extensions = ("AUTH PLAIN LOGIN",)
    host, _, port = mail_server.url.removeprefix("smtp://").partition(":")
    sender = SmtpSender(SmtpServer(host, int(port), tls=False, user="town", password="secret"))
    with pytest.raises(ConfigurationError, match="no cifra"):
        sender.send(EmailMessage())
    assert not any(command.upper().startswith("AUTH") for command in mail_server.commands)


def test_the_servers_address_is_understood() -> None:
    parsed = SmtpServer.parse("smtps://avisos%40town:cl%3Aave@mail.example")
    assert parsed == SmtpServer("mail.example", 465, True, "avisos@town", "cl:ave")
    assert "cl:ave" not in repr(parsed)
    assert SmtpServer.parse("smtp://mail.example:25") == SmtpServer("mail.example", 25, False)
    for wrong in ("mail.example", "http://mail.example", "smtp://", "smtp://mail.example:x"):
        with pytest.raises(ConfigurationError):
            SmtpServer.parse(wrong)


def test_without_a_server_messages_are_files_except_in_production(
    hall: TownHall, notify: Notify, electronic: Person, run_all: Callable[[], int]
) -> None:
    notify(electronic)
    run_all()
    (path,) = hall.settings.mail_dir.glob("*")
    assert path.name == f"{notices(hall)[0].id}.eml"
    assert read(path.read_bytes())["To"] == "xuan@example.org"
    hall.parts.pop("mail")
    hall.settings = replace(hall.settings, environment=Environment.PRODUCTION)
    with pytest.raises(ConfigurationError, match="ANDECHA_SMTP_URL"):
        mail_sender(hall)


def test_the_settings_come_from_the_environment() -> None:
    found = load_settings({"ANDECHA_SMTP_URL": "smtp://m", "ANDECHA_MAIL_FROM": "a@b.example"})
    assert (found.smtp_url, found.mail_from) == ("smtp://m", "a@b.example")
    assert load_settings({}).smtp_url is None


def test_a_folder_that_cannot_be_written_leaves_no_half_message(
    hall: TownHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = EmailMessage()
    message["Message-ID"] = "<one@town>"

    def broken(*_arguments: object, **_options: object) -> bytes:
        raise MailRefused("roto")

    monkeypatch.setattr(message, "as_bytes", broken)
    with pytest.raises(MailRefused):
        FolderSender(hall.settings.mail_dir).send(message)
    assert list(hall.settings.mail_dir.iterdir()) == []


def test_an_advice_stands_in_the_folder_and_goes_by_mail(
    hall: TownHall,
    electronic: Person,
    company: Person,
    outgoing: MailServer,
    run_all: Callable[[], int],
) -> None:
    """NOT-10: an advice begins no term and is no notification."""
    operations.advise(
        hall.system("test"),
        person_id=electronic.id,
        subject="Su terraza caduca pronto",
        text="Puede pedir la renovación.",
        representative_id=company.id,
    )
    run_all()
    (data,) = outgoing.messages
    message = read(data)
    assert message["Subject"] == "Su terraza caduca pronto"
    assert "Puede pedir la renovación." in message.get_content()
    with hall.database.reading() as session:
        (advice,) = queries.advices(session, themselves(electronic))
        (other,) = queries.advices(session, themselves(company))
        assert queries.inbox(session, themselves(electronic)) == ()
    assert (advice.subject, advice.sent_at) == ("Su terraza caduca pronto", hall.clock.now())
    assert other.sent_at is None


def test_the_notice_of_a_notification_is_no_advice(
    hall: TownHall, notify: Notify, electronic: Person
) -> None:
    notify(electronic)
    with hall.database.reading() as session:
        assert queries.advices(session, themselves(electronic)) == ()


@pytest.mark.parametrize(("subject", "text"), [("", "t"), ("s" * 201, "t"), ("s", "  ")])
def test_an_advice_has_words(hall: TownHall, citizen: Person, subject: str, text: str) -> None:
    with pytest.raises(BadInput):
        operations.advise(hall.system("test"), person_id=citizen.id, subject=subject, text=text)
