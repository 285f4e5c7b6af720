"""Recurrent work of silence: it falls when its term ends, and its certificate is issued once sealed."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from engine.deadlines.models import Deadline, DeadlineState
from engine.documents.models import Document, DocumentState
from engine.errors import TownHallError
from engine.expedientes.models import WITHDRAWING, Expediente, ExpedienteState
from engine.expedientes.silence.models import Silence
from engine.expedientes.silence.operations import fall, issue
from engine.jobs import duty
from engine.townhall import TownHall

_BATCH = 200
_SECOND = timedelta(seconds=1)

_log = logging.getLogger(__name__)


def _waiting() -> Select[UUID, datetime]:
    """The open expedientes whose term runs and means something when it ends, what ends first before."""
    return (
        select(Expediente.id, Deadline.due_at)
        .join(Deadline, Deadline.id == Expediente.deadline_id)
        .where(
            Deadline.state == DeadlineState.OPEN.value,
            Expediente.state == ExpedienteState.OPEN.value,
            Expediente.silence_effect.is_not(None),
            Expediente.phase != WITHDRAWING,
        )
        .order_by(Deadline.due_at)
    )


def next_fall(_townhall: TownHall, session: Session) -> datetime | None:
    """The instant after the term that ends first; in the past when it was not seen in time."""
    found = session.execute(_waiting().limit(1)).first()
    return None if found is None else found.due_at + _SECOND


@duty("silence.fall", every=60, look=next_fall)
def let_fall(townhall: TownHall) -> None:
    """Record every silence whose instant has come; one that cannot be keeps no other waiting."""
    before = townhall.clock.now() - _SECOND
    last: tuple[datetime, UUID] | None = None
    while True:
        with townhall.database.reading() as session:
            due = _waiting().where(Deadline.due_at <= before)
            due = due.order_by(None).order_by(Deadline.due_at, Expediente.id).limit(_BATCH)
            if last is not None:
                due = due.where(
                    (Deadline.due_at > last[0])
                    | ((Deadline.due_at == last[0]) & (Expediente.id > last[1]))
                )
            found = session.execute(due).all()
        for expediente_id, due_at in found:
            last = (due_at, expediente_id)
            try:
                fall(townhall.system("silence.fall"), expediente_id=expediente_id)
            except TownHallError as error:
                _log.warning("silence of %s not recorded: %s", expediente_id, error)
        if len(found) < _BATCH:
            return


@duty("silence.certificates", every=5)
def issue_certificates(townhall: TownHall) -> None:
    """Issue the certificates whose seal is on them."""
    with townhall.database.reading() as session:
        ready = session.scalars(
            select(Silence.id)
            .join(Document, Document.id == Silence.certificate_id)
            .where(
                Silence.issued_at.is_(None),
                Silence.annulled_at.is_(None),
                Document.state == DocumentState.SEALED.value,
            )
            .order_by(Silence.fell_at)
            .limit(_BATCH)
        ).all()
    for silence_id in ready:
        try:
            issue(townhall.system("silence.certificates"), silence_id=silence_id)
        except TownHallError as error:
            _log.warning("certificate of %s not issued: %s", silence_id, error)
