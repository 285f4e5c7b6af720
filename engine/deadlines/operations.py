"""Open a legal term, and end it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from engine.deadlines.computation import compute
from engine.deadlines.models import Deadline, DeadlineState
from engine.deadlines.rules import term_rule
from engine.deadlines.seat import calendars_for
from engine.deadlines.term import Term
from engine.operation import Act, operation


@operation("deadlines.open", basis="arts. 29 y 30 de la Ley 39/2015")
def open_deadline(
    act: Act,
    *,
    rule: str,
    starts_at: datetime,
    expediente_id: UUID | None = None,
    person_id: UUID | None = None,
    term: Term | None = None,
    filing: bool = False,
    urgent: bool = False,
) -> Deadline:
    """Begin a term with the act made at `starts_at`.

    person_id: the interested person, whose municipality's holidays do not count either (art. 30.6);
    term: replaces the rule's own, for a procedure whose norm gives another; filing: `starts_at` is a
    filing, deemed made by the seat's calendar alone (art. 31.3). Raises NoCalendarForYear rather than guess a year without calendar.
    """
    found = term_rule(rule)
    town = act.settings.town
    derivation = compute(
        starts_at,
        term or found.term,
        calendars_for(act.townhall, act.session, person_id),
        urgent=urgent and found.urgent,
        odd_half=town.odd_half,
        filing=filing,
        filing_term_from=town.filing_term_from,
    )
    row = Deadline(
        rule=rule,
        title=found.title,
        article=found.article,
        expediente_id=expediente_id,
        person_id=person_id,
        starts_at=starts_at,
        due_at=derivation.due,
        derivation={"term": str(derivation.term), **derivation.to_dict()},
    )
    act.session.add(row)
    act.session.flush()
    act.about("deadline", row.id, expediente_id)
    act.note(rule=rule, starts_at=starts_at, due_at=derivation.due, article=found.article)
    return row


@operation("deadlines.end")
def end_deadline(
    act: Act, *, deadline_id: UUID, state: DeadlineState, at: datetime | None = None
) -> None:
    """End a term: met, expired or cancelled. Ending it twice changes nothing.

    at: when what it waited for was done, now when not given; done after the last second of the term,
    the term expired, whatever `state` says.
    """
    row = act.lock(Deadline, deadline_id)
    ended_at = at or act.now
    if state is DeadlineState.MET and ended_at.replace(microsecond=0) > row.due_at:
        state = DeadlineState.EXPIRED
    act.about("deadline", row.id, row.expediente_id)
    act.note(rule=row.rule, state=state)
    if row.state == DeadlineState.OPEN.value:
        row.state = state.value
        row.ended_at = ended_at
