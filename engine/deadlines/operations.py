"""Open a legal term, stop it and let it go on, lengthen or halve it, and end it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select, update

from engine.clock import madrid_date
from engine.deadlines.computation import compute
from engine.deadlines.extending import article_of, check_extension
from engine.deadlines.models import (
    RUNNING,
    ChangeKind,
    Deadline,
    DeadlineChange,
    DeadlineExtension,
    DeadlineKind,
    DeadlineState,
    DeadlineSuspension,
    ExtensionKind,
    Urgency,
)
from engine.deadlines.redating import follow, redate
from engine.deadlines.rules import suspension_cause, term_rule, term_rules
from engine.deadlines.seat import calendars_for
from engine.deadlines.suspending import day_before, last_moment
from engine.deadlines.term import Term
from engine.errors import BadInput, RuleBroken
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
    """Begin a term with the act made at `starts_at`, by the rule that stood on that day.

    person_id: the interested person, whose municipality's holidays do not count either (art. 30.6);
    term: replaces the rule's own, for a procedure whose norm gives another; filing: `starts_at` is a
    filing, deemed made by the seat's calendar alone (art. 31.3); urgent: halve it if the rule lets,
    as every term of an expediente whose urgency was declared (art. 33).
    Raises NoCalendarForYear rather than guess a year without calendar.
    """
    found = term_rule(rule, madrid_date(starts_at))
    town = act.settings.town
    calendars = calendars_for(act.townhall, act.session, person_id)
    halved = found.urgent and (urgent or _is_urgent(act, expediente_id))
    agreed = term or found.term
    derivation = compute(
        starts_at,
        agreed,
        calendars,
        urgent=halved,
        odd_half=town.odd_half,
        filing=filing,
        filing_term_from=town.filing_term_from,
    )
    row = Deadline(
        rule=rule,
        title=found.title,
        article=found.article,
        kind=found.kind.value,
        term=str(agreed),
        urgent=halved,
        filing=filing,
        seat_calendar=calendars.seat.id,
        person_calendar=None if calendars.person is None else calendars.person.id,
        expediente_id=expediente_id,
        person_id=person_id,
        starts_at=starts_at,
        due_at=derivation.due,
        derivation={
            "term": str(derivation.term),
            "odd_half": town.odd_half,
            "filing_term_from": town.filing_term_from,
            **derivation.to_dict(),
        },
    )
    act.session.add(row)
    act.session.flush()
    act.about("deadline", row.id, expediente_id)
    act.note(rule=rule, starts_at=starts_at, due_at=derivation.due, article=found.article)
    return row


def _is_urgent(act: Act, expediente_id: UUID | None) -> bool:
    if expediente_id is None:
        return False
    declared = exists().where(Urgency.expediente_id == expediente_id)
    return bool(act.session.scalar(select(declared)))


@operation("deadlines.end")
def end_deadline(
    act: Act, *, deadline_id: UUID, state: DeadlineState, at: datetime | None = None
) -> None:
    """End a term: met, expired or cancelled. Ending it twice changes nothing.

    at: when what it waited for was done, now when not given; done after the last second of the term,
    the term expired, whatever `state` says, unless it stood still.
    """
    row = act.lock(Deadline, deadline_id)
    ended_at = at or act.now
    stopped = row.state == DeadlineState.SUSPENDED.value
    late = not stopped and ended_at.replace(microsecond=0) > row.due_at
    if state is DeadlineState.MET and late:
        state = DeadlineState.EXPIRED
    act.about("deadline", row.id, row.expediente_id)
    act.note(rule=row.rule, state=state)
    if row.state not in RUNNING:
        return
    row.state = state.value
    row.ended_at = ended_at
    if stopped:
        for standing in _lasting(act, row.id):
            _end_suspension(standing, ended_at)


@operation("deadlines.suspend", basis="art. 22 de la Ley 39/2015")
def suspend(
    act: Act,
    *,
    deadline_id: UUID,
    cause: str,
    at: datetime,
    reason: str,
    document_id: UUID | None = None,
    lifts_at: datetime | None = None,
) -> DeadlineSuspension:
    """Stop a term to resolve from the day of the act that stops it, made at `at` (PLZ-13).

    cause: a code of data/suspensions.toml; lifts_at: when it ends by itself at the latest, such as
    at the end of the term given to answer; never later than the longest that its cause allows.
    Several may overlap: their days count once. While one lasts the term keeps its last end and is
    not due. Raises RuleBroken for a term of another kind, ended or over before `at`; BadInput.
    """
    found = suspension_cause(cause)
    row = act.lock(Deadline, deadline_id)
    act.about("deadline", row.id, row.expediente_id)
    reason = _said(act, reason, "Indique por qué se suspende el plazo.")
    _check_running(row)
    if row.kind != DeadlineKind.MAXIMUM.value:
        raise RuleBroken("Solo se suspende el plazo máximo para resolver y notificar (art. 22).")
    _check_instant(act, at, not_before=row.starts_at)
    if row.state == DeadlineState.OPEN.value and at.replace(microsecond=0) > row.due_at:
        raise RuleBroken("El plazo había vencido antes de la causa: ya no puede suspenderse.")
    suspension = DeadlineSuspension(
        deadline_id=row.id,
        cause=found.code,
        article=found.article,
        starts_on=madrid_date(at),
        started_at=at,
        lifts_at=last_moment(at, found, lifts_at),
        reason=reason,
        document_id=document_id,
    )
    act.session.add(suspension)
    row.state = DeadlineState.SUSPENDED.value
    act.session.flush()
    _changed(act, row, ChangeKind.SUSPENDED, found.article, reason, suspension.id)
    follow(act, [row.id])
    act.note(rule=row.rule, cause=found.code, starts_on=suspension.starts_on, document=document_id)
    return suspension


@operation("deadlines.resume", basis="art. 22 de la Ley 39/2015")
def resume(
    act: Act,
    *,
    suspension_id: UUID,
    at: datetime,
    reason: str,
    document_id: UUID | None = None,
) -> Deadline:
    """End a suspension by the act made at `at`, whose day runs again; the stopped days are added.

    The term goes on when no other suspension of it lasts. Raises RuleBroken for one that ended.
    """
    deadline_id = act.get(DeadlineSuspension, suspension_id).deadline_id
    row = act.lock(Deadline, deadline_id)
    suspension = act.lock(DeadlineSuspension, suspension_id)
    act.about("deadline", row.id, row.expediente_id)
    reason = _said(act, reason, "Indique qué pone fin a la suspensión.")
    if suspension.ended_at is not None:
        raise RuleBroken("Esta suspensión ya había terminado.")
    _check_running(row)
    _check_instant(act, at, not_before=suspension.started_at)
    if suspension.lifts_at is not None:
        at = min(at, suspension.lifts_at)
    _end_suspension(suspension, at)
    suspension.end_reason, suspension.ended_document_id = reason, document_id
    act.session.flush()
    act.note(rule=row.rule, cause=suspension.cause, ends_on=suspension.ends_on)
    if _lasting(act, row.id):
        return row
    row.state = DeadlineState.OPEN.value
    _date_again(act, row, ChangeKind.RESUMED, suspension.article, reason, suspension.id)
    return row


@operation("deadlines.extend", basis="arts. 23 y 32 de la Ley 39/2015")
def extend(
    act: Act,
    *,
    deadline_id: UUID,
    term: Term,
    reason: str,
    document_id: UUID | None = None,
    requested_at: datetime | None = None,
) -> Deadline:
    """Lengthen a term that has not ended, by a reasoned act against which there is no appeal.

    The one to resolve by no more than it lasts and as many times as its rule says (PLZ-14); one of
    the procedure by no more than its half, asked for and decided before it ends (PLZ-15).
    requested_at: when it was asked for; none when nobody did. Raises RuleBroken, BadInput.
    """
    row = act.lock(Deadline, deadline_id)
    act.about("deadline", row.id, row.expediente_id)
    reason = _said(act, reason, "Motive la ampliación del plazo.")
    _check_running(row)
    check_extension(act, row, term, requested_at)
    maximum = row.kind == DeadlineKind.MAXIMUM.value
    extension = DeadlineExtension(
        deadline_id=row.id,
        kind=(ExtensionKind.MAXIMUM if maximum else ExtensionKind.PROCEDURAL).value,
        term=str(term),
        article=article_of(row),
        reason=reason,
        requested_at=requested_at,
        decided_at=act.now,
        document_id=document_id,
    )
    act.session.add(extension)
    act.session.flush()
    _date_again(act, row, ChangeKind.EXTENDED, extension.article, reason, extension.id)
    act.note(rule=row.rule, term=str(term), due_at=row.due_at, document=document_id)
    return row


@operation("deadlines.declare_urgency", basis="arts. 33 y 35.1.e de la Ley 39/2015")
def declare_urgency(
    act: Act, *, expediente_id: UUID, reason: str, document_id: UUID | None = None
) -> Urgency:
    """Deal with an expediente as urgent: its terms are halved, but for those to file or to appeal.

    Those of the town hall that are under way are, and all that are opened later whose rule says so.
    One that a person was already told keeps the length that they were told, and one whose half has
    passed keeps its end: nobody's time is taken back (PLZ-17). Raises RuleBroken when it was declared.
    """
    act.about("expediente", expediente_id, expediente_id)
    reason = _said(act, reason, "Motive la urgencia.")
    if _is_urgent(act, expediente_id):
        raise RuleBroken("Este expediente ya se tramita con urgencia.")
    declared = Urgency(
        expediente_id=expediente_id, reason=reason, document_id=document_id, declared_at=act.now
    )
    act.session.add(declared)
    act.session.flush()
    halving = tuple(act.session.scalars(select(Deadline.id).where(_to_be_halved(expediente_id))))
    _set_urgent(act, halving, urgent=True)
    article = "art. 33 de la Ley 39/2015"
    redated = redate(
        act,
        Deadline.id.in_(halving),
        kind=ChangeKind.URGENCY,
        article=article,
        why=reason,
        reference=declared.id,
    )
    moved = {each.deadline_id for each in redated.changed}
    _set_urgent(act, tuple(each for each in halving if each not in moved), urgent=False)
    act.note(halved=redated.moved, document=document_id)
    return declared


def _to_be_halved(expediente_id: UUID) -> ColumnElement[bool]:
    """The terms of the town hall, under way in an expediente, that urgency halves."""
    kinds = (DeadlineKind.MAXIMUM.value, DeadlineKind.INTERNAL.value)
    rules = [key for key, rule in term_rules().items() if rule.urgent]
    return and_(
        Deadline.expediente_id == expediente_id,
        Deadline.state.in_(RUNNING),
        Deadline.kind.in_(kinds),
        Deadline.rule.in_(rules),
        Deadline.urgent.is_(False),
    )


def _set_urgent(act: Act, deadlines: tuple[UUID, ...], *, urgent: bool) -> None:
    act.session.execute(update(Deadline).where(Deadline.id.in_(deadlines)).values(urgent=urgent))


def _said(act: Act, reason: str, message: str) -> str:
    """The reason that was given, kept in the event; raises BadInput when there is none."""
    reason = reason.strip()
    if not reason:
        raise BadInput(message, (("reason", message),))
    act.because(reason)
    return reason


def _check_running(row: Deadline) -> None:
    if row.state not in RUNNING:
        raise RuleBroken("Este plazo ya ha terminado.")


def _check_instant(act: Act, at: datetime, *, not_before: datetime) -> None:
    """An act is dated neither in the future nor before what it follows."""
    message = ""
    if at > act.now:
        message = "La fecha del acto no puede ser futura."
    elif madrid_date(at) < madrid_date(not_before):
        message = f"La fecha del acto no puede ser anterior al {madrid_date(not_before):%d/%m/%Y}."
    if message:
        raise BadInput(message, (("at", message),))


def _lasting(act: Act, deadline_id: UUID) -> list[DeadlineSuspension]:
    """The suspensions of a term that last."""
    rows = select(DeadlineSuspension).where(
        DeadlineSuspension.deadline_id == deadline_id, DeadlineSuspension.ended_at.is_(None)
    )
    return list(act.session.scalars(rows))


def _end_suspension(suspension: DeadlineSuspension, at: datetime) -> None:
    suspension.ended_at = at
    suspension.ends_on = day_before(at)


def _date_again(
    act: Act, row: Deadline, kind: ChangeKind, article: str, why: str, reference: UUID
) -> None:
    """Compute a term again and write that it was, also where its end is the same."""
    redated = redate(
        act, Deadline.id == row.id, kind=kind, article=article, why=why, reference=reference
    )
    if redated.uncounted:
        raise BadInput(
            "No puede calcularse el nuevo vencimiento: falta publicar el calendario de algún año."
        )
    if not redated.changed:
        _changed(act, row, kind, article, why, reference)
        follow(act, [row.id])
    act.session.refresh(row)


def _changed(
    act: Act, row: Deadline, kind: ChangeKind, article: str, why: str, reference: UUID
) -> None:
    """Write down that a term was touched without moving."""
    act.session.add(
        DeadlineChange(
            deadline_id=row.id,
            expediente_id=row.expediente_id,
            at=act.now,
            kind=kind.value,
            article=article,
            why=why,
            previous_due_at=row.due_at,
            due_at=row.due_at,
            reference=reference,
        )
    )
