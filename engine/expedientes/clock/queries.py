"""Reads of the clock of an expediente, in a constant number of statements whatever its days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select, text
from sqlalchemy.orm import Session, aliased

from engine.clock import MADRID, madrid_date
from engine.deadlines.models import RUNNING, Deadline, DeadlineState
from engine.deadlines.rules import suspension_causes
from engine.deadlines.seat import seat_calendar
from engine.deadlines.standing import standing
from engine.deadlines.term import Term
from engine.expedientes.access import accessible_to
from engine.expedientes.clock.view import (
    ClockChange,
    ClockCommunication,
    ClockExtension,
    ClockSilence,
    ClockSuspension,
    ExpedienteClock,
)
from engine.expedientes.models import Expediente, ExpedienteState
from engine.expedientes.silence.models import Silence, SilenceEffect
from engine.people.models import Unit
from engine.permissions import Actor
from engine.procedures.package import Procedure
from engine.procedures.queries import procedure
from engine.townhall import TownHall

SIMPLIFIED = "simplified"
"""The rule of the term of what is dealt with by the simplified procedure (art. 96)."""
_SECOND = timedelta(seconds=1)
_Certificate = aliased(Deadline)
_Communication = aliased(Deadline)

# What happened to a term comes in one statement: three kinds of rows, each as one value.
_HAPPENED = text("""
    SELECT 'suspension' AS what, to_jsonb(s) AS body, s.started_at AS at, s.id
    FROM deadline_suspension s WHERE s.entity_id = :entity AND s.deadline_id = :deadline
    UNION ALL
    SELECT 'extension', to_jsonb(e), e.decided_at, e.id
    FROM deadline_extension e WHERE e.entity_id = :entity AND e.deadline_id = :deadline
    UNION ALL
    SELECT 'change', to_jsonb(c), c.at, c.id
    FROM deadline_change c WHERE c.entity_id = :entity AND c.deadline_id = :deadline
    ORDER BY at, id
""")


@dataclass(frozen=True)
class _Found:
    row: Expediente
    term: Deadline | None
    unit_name: str
    silence: Silence | None
    certificate: Deadline | None
    communication: Deadline | None


@dataclass(frozen=True)
class LateCommunication:
    """An expediente whose communication of art. 21.4 is not sent though its ten days are over."""

    expediente_id: UUID
    number: str
    title: str
    unit_name: str
    due_at: datetime


def clock(
    session: Session, townhall: TownHall, expediente_id: UUID, actor: Actor
) -> ExpedienteClock | None:
    """The clock of an expediente as it stands now; None for what the actor may not see (PLZ-20).

    Three statements: the expediente with its terms, its procedure, and what happened to its term.
    """
    found = _find(session, expediente_id, actor)
    if found is None:
        return None
    known = procedure(session, found.row.procedure_key, found.row.procedure_version)
    happened = [] if found.term is None else _happened(session, townhall, found.term.id)
    return _clock(found, known, happened, townhall)


def _find(session: Session, expediente_id: UUID, actor: Actor) -> _Found | None:
    found = session.execute(
        select(Expediente, Deadline, Unit.name, Silence, _Certificate, _Communication)
        .join(Unit, Unit.id == Expediente.unit_id)
        .outerjoin(Deadline, Deadline.id == Expediente.deadline_id)
        .outerjoin(
            Silence, and_(Silence.expediente_id == Expediente.id, Silence.annulled_at.is_(None))
        )
        .outerjoin(_Certificate, _Certificate.id == Silence.certificate_deadline_id)
        .outerjoin(_Communication, _Communication.id == Expediente.communication_deadline_id)
        .where(Expediente.id == expediente_id, accessible_to(actor))
    ).one_or_none()
    return None if found is None else _Found(*found)


def _happened(
    session: Session, townhall: TownHall, deadline_id: UUID
) -> Sequence[tuple[str, Mapping[str, Any]]]:
    rows = session.execute(
        _HAPPENED, {"entity": townhall.settings.entity_id, "deadline": deadline_id}
    )
    return [(row.what, row.body) for row in rows]


def _clock(
    found: _Found,
    known: Procedure,
    happened: Sequence[tuple[str, Mapping[str, Any]]],
    townhall: TownHall,
) -> ExpedienteClock:
    row, term, now = found.row, found.term, townhall.clock.now()
    suspensions = tuple(_suspension(body) for what, body in happened if what == "suspension")
    until = madrid_date(now if term is None or term.ended_at is None else term.ended_at)
    stopped = _stopped(suspensions, until)
    begun = _effective_start(row, term)
    running = term is not None and term.state == DeadlineState.OPEN.value
    return ExpedienteClock(
        expediente_id=row.id,
        number=row.number,
        procedure_title=known.title,
        deadline_id=row.deadline_id,
        rule="" if term is None else term.rule,
        title="" if term is None else term.title,
        article="" if term is None else term.article,
        term=known.term if term is None else Term.parse(term.term).spanish,
        starts_at=begun,
        due_at=None if term is None else term.due_at,
        state=None if term is None else DeadlineState(term.state),
        ended_at=None if term is None else term.ended_at,
        consumed_days=max(0, (until - madrid_date(begun)).days - len(stopped)),
        suspended_days=len(stopped),
        left=(
            standing(term.due_at, now, seat_calendar(townhall)).business_days
            if running and term is not None
            else None
        ),
        stopped_by=tuple(
            f"{each.title} ({each.article})"
            for each in suspensions
            if each.lasts and term is not None and term.state in RUNNING
        ),
        urgent=term is not None and term.urgent,
        simplified=term is not None and term.rule == SIMPLIFIED,
        unit_name=found.unit_name,
        organ=known.organ,
        on_request=row.entry_id is not None,
        silence=_silence(found, known, running),
        communication=_communication(found, now),
        suspensions=suspensions,
        extensions=tuple(_extension(body) for what, body in happened if what == "extension"),
        changes=tuple(_change(body) for what, body in happened if what == "change"),
        derivation={} if term is None else term.derivation,
    )


def _effective_start(row: Expediente, term: Deadline | None) -> datetime:
    """The instant from which the term runs, as its derivation says: a Sunday's filing, from Monday."""
    said = None if term is None else term.derivation.get("effective_start")
    return row.term_starts_at if said is None else datetime.fromisoformat(said)


def _stopped(suspensions: Sequence[ClockSuspension], until: date) -> frozenset[date]:
    """The natural days up to `until` in which the term stood still; those of two count once."""
    return frozenset(
        each.starts_on + timedelta(days=offset)
        for each in suspensions
        for offset in range((min(each.ends_on or until, until) - each.starts_on).days + 1)
    )


def _silence(found: _Found, known: Procedure, running: bool) -> ClockSilence:
    row, term, silence = found.row, found.term, found.silence
    effect = None if row.silence_effect is None else SilenceEffect(row.silence_effect)
    comes = running and effect is not None and row.state == ExpedienteState.OPEN.value
    if silence is None:
        falls_at = term.due_at + _SECOND if comes and term is not None else None
        return ClockSilence(effect, known.silence_text, falls_at)
    return ClockSilence(
        effect=SilenceEffect(silence.effect),
        text=known.silence_text,
        falls_at=None,
        fell_at=silence.fell_at,
        recorded_at=silence.recorded_at,
        article=silence.article,
        certificate_id=silence.certificate_id if silence.issued_at is not None else None,
        certificate_issued_at=silence.issued_at,
        certificate_due_at=None if found.certificate is None else found.certificate.due_at,
        requested_at=silence.requested_at,
    )


def _communication(found: _Found, now: datetime) -> ClockCommunication | None:
    term = found.communication
    if term is None:
        return None
    sent_at = found.row.communicated_at
    late = (sent_at or now).replace(microsecond=0) > term.due_at
    return ClockCommunication(term.due_at, sent_at, late)


def _suspension(body: Mapping[str, Any]) -> ClockSuspension:
    known = suspension_causes().get(body["cause"])
    return ClockSuspension(
        id=UUID(body["id"]),
        cause=body["cause"],
        title=body["cause"] if known is None else known.title,
        article=body["article"],
        reason=body["reason"],
        starts_on=date.fromisoformat(body["starts_on"]),
        ends_on=None if body["ends_on"] is None else date.fromisoformat(body["ends_on"]),
        lifts_at=_instant(body["lifts_at"]),
        document_id=_uuid(body["document_id"]),
        ended_document_id=_uuid(body["ended_document_id"]),
    )


def _extension(body: Mapping[str, Any]) -> ClockExtension:
    return ClockExtension(
        kind=body["kind"],
        amount=_spanish(body["term"]),
        article=body["article"],
        reason=body["reason"],
        decided_at=datetime.fromisoformat(body["decided_at"]),
        document_id=_uuid(body["document_id"]),
    )


def _change(body: Mapping[str, Any]) -> ClockChange:
    return ClockChange(
        at=datetime.fromisoformat(body["at"]),
        kind=body["kind"],
        article=body["article"],
        why=body["why"],
        previous_due_at=_instant(body["previous_due_at"]),
        due_at=_instant(body["due_at"]),
    )


def _spanish(term: str) -> str:
    return Term.parse(term).spanish


def _instant(text_of: str | None) -> datetime | None:
    return None if text_of is None else datetime.fromisoformat(text_of).astimezone(MADRID)


def _uuid(text_of: str | None) -> UUID | None:
    return None if text_of is None else UUID(text_of)


def late_communications(
    session: Session, townhall: TownHall, actor: Actor, limit: int = 200
) -> tuple[LateCommunication, ...]:
    """The expedientes whose communication of art. 21.4 is late, the latest first (PLZ-12)."""
    found = session.execute(
        select(Expediente, Unit.name, Deadline.due_at)
        .join(Unit, Unit.id == Expediente.unit_id)
        .join(Deadline, Deadline.id == Expediente.communication_deadline_id)
        .where(
            Deadline.state == DeadlineState.OPEN.value,
            Deadline.due_at < townhall.clock.now().replace(microsecond=0),
            Expediente.state == ExpedienteState.OPEN.value,
            accessible_to(actor),
        )
        .order_by(Deadline.due_at, Expediente.id)
        .limit(limit)
    )
    return tuple(
        LateCommunication(row.id, row.number, row.title, unit, due_at)
        for row, unit, due_at in found
    )
