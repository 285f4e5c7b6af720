"""What the notices of an expiry begin: its three months, and its end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deadlines.operations import open_deadline
from engine.expedientes.closing.operations import close
from engine.expedientes.expiry.models import ExpiryState, ExpiryWarning
from engine.expedientes.models import Expediente, Outcome
from engine.expedientes.own_acts.making import when_notified
from engine.expedientes.own_acts.models import OwnAct, OwnActKind
from engine.expedientes.withdrawal import drop_signatures
from engine.operation import Act
from engine.workflow import operations as workflow
from engine.workflow.models import InstanceState
from engine.workflow.queries import instance_of

RULE = "expiry_warning"
_OVER = (ExpiryState.DONE.value, ExpiryState.NOTIFIED.value)
_ENDED = (InstanceState.COMPLETED.value, InstanceState.CANCELLED.value)


def standing_warning(session: Session, expediente_id: UUID) -> ExpiryWarning | None:
    """The warning of expiry that an expediente has, until what it asks is done or it expired."""
    return session.scalar(
        select(ExpiryWarning).where(
            ExpiryWarning.expediente_id == expediente_id, ExpiryWarning.state.not_in(_OVER)
        )
    )


@when_notified(OwnActKind.EXPIRY_WARNING)
def count_warning(act: Act, own: OwnAct, at: datetime) -> None:
    """Three months are counted from the notice of the warning."""
    row = act.lock(ExpiryWarning, own.cause_id)
    if row.state != ExpiryState.WARNED.value:
        return
    person_id = act.get(Expediente, row.expediente_id).person_id
    term = open_deadline(
        act, rule=RULE, starts_at=at, expediente_id=row.expediente_id, person_id=person_id
    )
    row.state, row.notified_at, row.deadline_id = ExpiryState.COUNTING.value, at, term.id


@when_notified(OwnActKind.EXPIRY)
def end_expired(act: Act, own: OwnAct, at: datetime) -> None:
    """The resolution is notified: the process stops and the expediente is closed as expired."""
    row = act.lock(ExpiryWarning, own.cause_id)
    row.state = ExpiryState.NOTIFIED.value
    act.note(expired_at=at)
    instance = instance_of(act.session, row.expediente_id)
    expediente = act.get(Expediente, row.expediente_id)
    drop_signatures(act, expediente, reason="Caducidad")
    if instance.state not in _ENDED:
        workflow.cancel(act, instance_id=instance.id, reason="Caducidad notificada")
    close(act, expediente_id=row.expediente_id, outcome=Outcome.EXPIRED)
