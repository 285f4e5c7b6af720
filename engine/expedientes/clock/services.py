"""What models ask of the clock: `expedientes/suspend`, `resume`, `extend`, `communicate`, `decide`, `sense`, `silence`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deadlines.models import RUNNING, Deadline, DeadlineState, DeadlineSuspension
from engine.errors import NotFound
from engine.expedientes.clock.operations import (
    extend_clock,
    prepare_communication,
    resume_clock,
    suspend_clock,
)
from engine.expedientes.models import Expediente
from engine.expedientes.silence.meeting import meet_maximum_term
from engine.expedientes.silence.operations import await_end, classify
from engine.expedientes.silence.senses import fallen, outcome_of, refusal
from engine.operation import Act
from engine.services import InstanceView, Wait, service


@service("expedientes/suspend")
def suspend(
    act: Act,
    instance: InstanceView,
    *,
    cause: str,
    reason: str,
    document_id: str | None = None,
    until: datetime | str | None = None,
) -> Mapping[str, Any]:
    """Stop the maximum term (art. 22), as when a preceptive report is asked for; goes on at once.

    cause: a code of the data of suspensions; until: an instant (ISO 8601) at which it ends by itself
    at the latest, such as that of the term given to answer.
    The value: `suspension_id`, for `expedientes/resume`; null when no term runs any more, so that a
    late report stops nothing and no process fails.
    """
    expediente_id = _expediente_of(instance)
    if not _runs(act, expediente_id):
        return {"suspension_id": None}
    identifier = suspend_clock(
        act,
        expediente_id=expediente_id,
        cause=cause,
        reason=reason,
        document_id=None if document_id is None else UUID(document_id),
        lifts_at=datetime.fromisoformat(until) if isinstance(until, str) else until,
    )
    return {"suspension_id": str(identifier)}


@service("expedientes/resume")
def resume(
    act: Act,
    instance: InstanceView,
    *,
    suspension_id: str | None,
    reason: str,
    document_id: str | None = None,
) -> Mapping[str, Any]:
    """Let the maximum term run again; goes on at once. The value: `resumed`.

    False when there was nothing to resume: no suspension, or one that ended by itself.
    """
    expediente_id = _expediente_of(instance)
    if suspension_id is None or not _lasts(act.session, UUID(suspension_id)):
        return {"resumed": False}
    resume_clock(
        act,
        expediente_id=expediente_id,
        suspension_id=UUID(suspension_id),
        reason=reason,
        document_id=None if document_id is None else UUID(document_id),
    )
    return {"resumed": True}


@service("expedientes/extend")
def extend(
    act: Act,
    instance: InstanceView,
    *,
    amount: str,
    reason: str,
    document_id: str | None = None,
) -> Mapping[str, Any]:
    """Lengthen the maximum term, as art. 20.1 of Ley 19/2013 lets; goes on at once.

    amount: as terms are written, `1 month`. The value: `extended`, false when no term runs any more.
    Raises RuleBroken for more than the law lets.
    """
    expediente_id = _expediente_of(instance)
    if not _runs(act, expediente_id):
        return {"extended": False}
    extend_clock(
        act,
        expediente_id=expediente_id,
        amount=amount,
        reason=reason,
        document_id=None if document_id is None else UUID(document_id),
    )
    return {"extended": True}


@service("expedientes/communicate")
def communicate(act: Act, instance: InstanceView) -> Wait | Mapping[str, Any]:
    """Send the communication of art. 21.4 (PLZ-12), and wait until it is sealed.

    The signal's result is that of `documents/render`; sent before, its value is `document_id`.
    """
    expediente_id = _expediente_of(instance)
    if prepare_communication(act, expediente_id=expediente_id, reference=instance.reference):
        return Wait(instance.reference)
    return {"document_id": str(act.get(Expediente, expediente_id).communication_id)}


@service("expedientes/decide")
def decide(act: Act, instance: InstanceView, *, outcome: str) -> Mapping[str, Any]:
    """Whether an outcome may still be decided (art. 24.3, SIL-2); goes on at once, never fails for it.

    The value: `allowed`, `reason` (in words, empty when allowed) and `silence` (the effect that
    fell: `positive`, `negative`, `expiry`, or null). Raises BadInput for what is no outcome.
    """
    expediente_id = _expediente_of(instance)
    why = refusal(act.session, expediente_id, outcome_of(outcome))
    silence = fallen(act.session, expediente_id)
    return {
        "allowed": why is None,
        "reason": why or "",
        "silence": None if silence is None else silence.effect,
    }


@service("expedientes/sense")
def sense(act: Act, instance: InstanceView, *, effect: str, article: str, reason: str) -> None:
    """Say which effect silence will have in this one expediente (art. 24.1, SIL-1), before it falls.

    effect: `positive`, `negative` or `none`; article: the rule that gives it, as when a general
    request turns out to be about the public domain.
    """
    classify(
        act,
        expediente_id=_expediente_of(instance),
        effect=effect,
        article=article,
        reason=reason,
    )


@service("expedientes/silence")
def silence(act: Act, instance: InstanceView) -> Wait:
    """Wait until the maximum term ends unanswered, by silence or by expiry.

    The signal's result: `effect`, `at` (ISO 8601: the instant after the last second) and `article`.
    It never comes when the term is met: wait for it where something else may end the wait.
    """
    await_end(act, expediente_id=_expediente_of(instance), reference=instance.reference)
    return Wait(instance.reference)


@service("expedientes/term_end")
def term_end(act: Act, instance: InstanceView, *, rule: str) -> Mapping[str, Any]:
    """When the newest term of a rule ends or ended in the expediente: `at` (ISO 8601), null for none.

    What happens at the end of a term counts from then, not from when a worker came to it.
    """
    due: datetime | None = act.session.scalar(
        select(Deadline.due_at)
        .where(Deadline.expediente_id == _expediente_of(instance), Deadline.rule == rule)
        .order_by(Deadline.id.desc())
        .limit(1)
    )
    return {"at": None if due is None else due.isoformat()}


@service("expedientes/meet_term")
def meet_term(act: Act, instance: InstanceView) -> None:
    """The procedure ends without a resolution to notify: its maximum term is met now.

    As when a fine is paid with its reduction, or its complaint stands as the decision (arts. 94 and
    95.4 of Real Decreto Legislativo 6/2015).
    """
    row = act.get(Expediente, _expediente_of(instance))
    meet_maximum_term(act, row, act.now)


def _expediente_of(instance: InstanceView) -> UUID:
    if instance.expediente_id is None:
        raise NotFound("El proceso no tiene expediente.")
    return instance.expediente_id


def _runs(act: Act, expediente_id: UUID) -> bool:
    """Whether the term has not ended: it runs and today is in it, or it stands still."""
    term = act.session.scalar(
        select(Deadline)
        .join(Expediente, Expediente.deadline_id == Deadline.id)
        .where(Expediente.id == expediente_id)
    )
    if term is None or term.state not in RUNNING:
        return False
    return term.state != DeadlineState.OPEN.value or act.now.replace(microsecond=0) <= term.due_at


def _lasts(session: Session, suspension_id: UUID) -> bool:
    found = session.execute(
        select(DeadlineSuspension.ended_at).where(DeadlineSuspension.id == suspension_id)
    ).one_or_none()
    return found is not None and found.ended_at is None
