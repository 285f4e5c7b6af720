"""Part of operations: the term to resolve of the simplified procedure, and back to its own (art. 96.6).

It is the same term dated again, so that what stopped it goes on stopping it, and the process that waits
for it waits for it still.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deadlines.computation import compute
from engine.deadlines.models import RUNNING, ChangeKind, Deadline
from engine.deadlines.redating import redate
from engine.deadlines.rules import term_rule
from engine.deadlines.seat import calendars_for
from engine.expedientes.models import Expediente
from engine.expedientes.own_acts.making import when_notified
from engine.expedientes.own_acts.models import OwnAct, OwnActKind
from engine.expedientes.simplified.models import Simplification, SimplifiedState
from engine.operation import Act

RULE = "simplified"
_COLUMNS = ("rule", "title", "article", "term", "urgent", "filing")


def standing(session: Session, expediente_id: UUID) -> Simplification | None:
    """The simplified procedure that an expediente follows, agreed or running."""
    return session.scalar(
        select(Simplification).where(
            Simplification.expediente_id == expediente_id,
            Simplification.state != SimplifiedState.ORDINARY.value,
        )
    )


@when_notified(OwnActKind.SIMPLIFIED)
def begin_simplified(act: Act, own: OwnAct, at: datetime) -> None:
    """Count thirty working days from the day after the notice, unless less is left of the ordinary term."""
    row = act.lock(Simplification, own.cause_id)
    if row.state != SimplifiedState.AGREED.value:
        return
    row.state, row.notified_at = SimplifiedState.RUNNING.value, at
    term = _running_term(act, own.expediente_id)
    if term is None:
        return
    rule = term_rule(RULE)
    due = compute(at, rule.term, calendars_for(act.townhall, act.session, term.person_id)).due
    act.note(ordinary_due_at=term.due_at, simplified_due_at=due)
    if due >= term.due_at:
        return
    row.ordinary = {name: getattr(term, name) for name in _COLUMNS}
    row.ordinary["starts_at"] = term.starts_at.isoformat()
    said = {
        "rule": rule.key,
        "title": rule.title,
        "article": rule.article,
        "term": str(rule.term),
        "urgent": False,
        "filing": False,
        "starts_at": at,
    }
    _date(act, term, said, "Se notificó el acuerdo de tramitación simplificada", row.id)


def back_to_ordinary(act: Act, row: Simplification) -> None:
    """Give the expediente back the term that it had, counted from where it was."""
    term = _running_term(act, row.expediente_id)
    if term is None or not row.ordinary:
        return
    said = {**row.ordinary, "starts_at": datetime.fromisoformat(row.ordinary["starts_at"])}
    _date(act, term, said, "El expediente vuelve a la tramitación ordinaria", row.id)


def _running_term(act: Act, expediente_id: UUID) -> Deadline | None:
    deadline_id = act.get(Expediente, expediente_id).deadline_id
    term = None if deadline_id is None else act.lock(Deadline, deadline_id)
    return term if term is not None and term.state in RUNNING else None


def _date(act: Act, term: Deadline, said: dict[str, Any], why: str, reference: UUID) -> None:
    for name, value in said.items():
        setattr(term, name, value)
    act.session.flush()
    redate(
        act,
        Deadline.id == term.id,
        kind=ChangeKind.SIMPLIFIED,
        article="art. 96 de la Ley 39/2015",
        why=why,
        reference=reference,
    )
