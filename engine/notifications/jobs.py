"""Sending notices, outside any transaction."""

from __future__ import annotations

from uuid import UUID

from engine.errors import ConfigurationError, Unavailable
from engine.jobs import job
from engine.notifications.mail import MailRefused, mail_sender
from engine.notifications.models import Notice
from engine.notifications.notices import SEND_JOB, message_of
from engine.notifications.operations import (
    notice_failed,
    notice_sent,
    tell_of_expediente,
)
from engine.townhall import Call


@job(SEND_JOB, attempts=8)
def send_notice(call: Call, *, notice_id: str) -> None:
    """Send a notice by e-mail; what may go well later is tried again, whatever fails is recorded."""
    townhall, identifier = call.townhall, UUID(notice_id)
    with townhall.database.reading() as session:
        notice = session.get(Notice, (townhall.settings.entity_id, identifier))
    if notice is None or notice.sent_at is not None:
        return
    try:
        message = message_of(townhall.settings, notice, townhall.clock.now())
        mail_sender(townhall).send(message)
    except MailRefused as error:
        notice_failed(call, notice_id=identifier, why=error.message)
        return
    except (Unavailable, ConfigurationError) as error:
        notice_failed(call, notice_id=identifier, why=error.message)
        raise
    notice_sent(call, notice_id=identifier)


@job("notifications.tell")
def tell(call: Call, *, expediente_id: str, subject: str, text: str) -> None:
    """Tell an expediente's parties something that begins no term, for the rooms above this one."""
    tell_of_expediente(call, expediente_id=UUID(expediente_id), subject=subject, text=text)
