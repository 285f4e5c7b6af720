"""Declare a technical incident, extend every term that had not ended, and end it (PLZ-16, NOT-14)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, text
from sqlalchemy.orm import aliased

from engine.deadlines.incidents.models import ARTICLES, IncidentCause, TechnicalIncident
from engine.deadlines.incidents.reach import unexpired
from engine.deadlines.models import ChangeKind, Deadline, DeadlineExtension, ExtensionKind
from engine.deadlines.redating import redate
from engine.deadlines.term import Term, TermUnit
from engine.errors import BadInput, RuleBroken
from engine.ids import new_id
from engine.operation import Act, operation

MAX_DAYS = 60
MAX_TEXT = 2000
_WRITTEN_AT_ONCE = 10_000
_EXTEND = text("""
    INSERT INTO deadline_extension (entity_id, id, deadline_id, kind, term, article, reason, decided_at,
        reference)
    SELECT :entity, v.id, v.deadline, :kind, :term, :article, :reason, :at, :reference
    FROM unnest(CAST(:ids AS uuid[]), CAST(:deadlines AS uuid[])) AS v(id, deadline)
""")


@operation("deadlines.declare_incident", basis="arts. 32.4 y 32.5 de la Ley 39/2015")
def declare_incident(
    act: Act,
    *,
    title: str,
    cause: IncidentCause,
    services: str,
    reason: str,
    from_at: datetime,
    until_at: datetime | None,
    extension_days: int,
) -> TechnicalIncident:
    """Publish an incident and add `extension_days` business days to every term that has not ended.

    A term that is over is never brought back, and one that suspension holds gets them too. The terms
    that a rule keeps out (`incident = false` in data/terms.toml) stay as they are.
    from_at, until_at: when the systems failed, no end while they do. Raises BadInput.
    """
    _check(act, title, services, reason, from_at, until_at, extension_days)
    incident = TechnicalIncident(
        id=new_id(),
        title=title.strip(),
        cause=cause.value,
        article=ARTICLES[cause],
        services=services.strip(),
        reason=reason.strip(),
        from_at=from_at,
        until_at=until_at,
        extension=str(Term(extension_days, TermUnit.BUSINESS_DAYS)),
        declared_at=act.now,
        ended_at=None if until_at is None else act.now,
        extended=0,
        moved=0,
    )
    act.session.add(incident)
    act.session.flush()
    incident.extended = _extend(act, incident)
    found = redate(
        act,
        _extended_by(incident.id),
        kind=ChangeKind.INCIDENT,
        article=incident.article,
        why=f"Incidencia técnica: {incident.title}",
        reference=incident.id,
    )
    incident.moved, incident.left = found.moved, len(found.uncounted)
    act.about("technical_incident", incident.id)
    act.because(incident.reason)
    act.note(
        article=incident.article,
        extension=incident.extension,
        extended=incident.extended,
        moved=incident.moved,
        left=incident.left,
    )
    return incident


def _extend(act: Act, incident: TechnicalIncident) -> int:
    """Give the extension to each term that has not ended; how many got it."""
    found = act.session.scalars(
        select(Deadline.id).where(unexpired(act.now)).order_by(Deadline.id).with_for_update()
    ).all()
    for start in range(0, len(found), _WRITTEN_AT_ONCE):
        part = found[start : start + _WRITTEN_AT_ONCE]
        act.session.execute(
            _EXTEND,
            {
                "entity": act.entity_id,
                "kind": ExtensionKind.INCIDENT.value,
                "term": incident.extension,
                "article": incident.article,
                "reason": incident.title,
                "at": act.now,
                "reference": incident.id,
                "ids": [new_id() for _ in part],
                "deadlines": list(part),
            },
        )
    return len(found)


def _extended_by(incident_id: UUID) -> ColumnElement[bool]:
    given = aliased(DeadlineExtension)  # the re-dating joins the table itself
    return exists().where(given.deadline_id == Deadline.id, given.reference == incident_id)


@operation("deadlines.end_incident", basis="art. 32.4 de la Ley 39/2015")
def end_incident(act: Act, *, incident_id: UUID, until_at: datetime) -> None:
    """Say until when an incident lasted; the extension that was decided stands."""
    row = act.lock(TechnicalIncident, incident_id)
    act.about("technical_incident", row.id)
    if row.until_at is not None:
        raise RuleBroken("La incidencia ya está terminada.")
    if not row.from_at <= until_at <= act.now:
        raise _wrong("until", "El final va entre el comienzo de la incidencia y este momento.")
    row.until_at, row.ended_at = until_at, act.now
    act.note(until_at=until_at)


def _check(
    act: Act,
    title: str,
    services: str,
    reason: str,
    from_at: datetime,
    until_at: datetime | None,
    days: int,
) -> None:
    errors = []
    for field, value, message in (
        ("title", title, "Diga qué ha pasado."),
        ("services", services, "Diga qué servicios no se podían usar."),
        ("reason", reason, "Motive la ampliación (art. 32.4 de la Ley 39/2015)."),
    ):
        if not value.strip():
            errors.append((field, message))
        elif len(value) > MAX_TEXT:
            errors.append((field, f"Escriba {MAX_TEXT} caracteres como mucho."))
    if from_at > act.now:
        errors.append(("from", "La incidencia no puede empezar en el futuro."))
    if until_at is not None and not from_at <= until_at <= act.now:
        errors.append(("until", "El final va entre el comienzo y este momento."))
    if not 1 <= days <= MAX_DAYS:
        errors.append(("days", f"Amplíe entre 1 y {MAX_DAYS} días hábiles."))
    if errors:
        raise BadInput(errors[0][1], tuple(errors))


def _wrong(field: str, message: str) -> BadInput:
    return BadInput(message, ((field, message),))
