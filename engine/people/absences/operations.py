"""Changes of absences: written down with their substitute, ended before their last day."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from engine.clock import madrid_date
from engine.errors import BadInput, NotFound, RuleBroken, Stale
from engine.operation import Act, operation
from engine.people.absences.models import Absence, AbsenceKind
from engine.people.absences.queries import MANAGE, AbsenceRow, away_between, manages
from engine.people.models import Official, PostAssignment
from engine.people.roles import roles

_LONGEST_DAYS = 366


@operation("people.record_absence", basis="art. 13 de la Ley 40/2015")
def record_absence(
    act: Act,
    *,
    official_id: UUID,
    starts_on: date,
    ends_on: date,
    kind: AbsenceKind,
    substitute_id: UUID | None = None,
) -> Absence:
    """Write down that an official is away, and who acts in their place meanwhile.

    Officials write their own, with a substitute of their unit; the head of the unit and whoever
    manages absences write those of others. Raises NotFound for somebody else's, BadInput for dates
    that cannot be, RuleBroken when the days clash or the substitute cannot be one.
    """
    own = act.actor.id == official_id
    if not own and not manages(act.session, act.actor, official_id):
        raise NotFound
    _check_days(starts_on, ends_on, madrid_date(act.now))
    _lock(act, official_id, substitute_id)
    _check_free(act, official_id, starts_on, ends_on)
    if substitute_id is not None:
        # A head chooses for others; for themselves, only whoever manages everybody's.
        anybody = act.actor.may(MANAGE) or not own
        _check_substitute(act, official_id, substitute_id, anybody=anybody)
        _check_present(away_between(act.session, substitute_id, starts_on, ends_on))
    row = Absence(
        official_id=official_id,
        substitute_id=substitute_id,
        kind=kind.value,
        starts_on=starts_on,
        ends_on=ends_on,
        recorded_by=act.actor.id,
        recorded_at=act.now,
    )
    act.session.add(row)
    act.session.flush()
    act.about("absence", row.id)
    act.note(official=official_id, substitute=substitute_id, since=starts_on, until=ends_on)
    # Why somebody is away may tell of their health: it stands beside the event, not in it.
    act.personal(kind=kind.value)
    return row


@operation("people.end_absence", basis="art. 13 de la Ley 40/2015")
def end_absence(act: Act, *, absence_id: UUID, version: int) -> None:
    """End an absence now, or annul one that has not begun: nobody stands in any more."""
    row = act.lock(Absence, absence_id)
    if row.official_id != act.actor.id and not manages(act.session, act.actor, row.official_id):
        raise NotFound
    act.about("absence", row.id)
    if row.version != version:
        raise Stale("La ausencia ha cambiado. Revise cómo está ahora.")
    if row.ended_at is not None or row.ends_on < madrid_date(act.now):
        raise RuleBroken("Esa ausencia ya había terminado.")
    row.ended_at, row.ended_by = act.now, act.actor.id
    row.version += 1
    act.note(official=row.official_id, substitute=row.substitute_id)


def _check_days(starts_on: date, ends_on: date, today: date) -> None:
    if ends_on < starts_on:
        message = "El último día no puede ser anterior al primero."
        raise BadInput(message, (("ends_on", message),))
    if ends_on < today:
        message = "El último día ya ha pasado: una sustitución no vale para lo que ya se hizo."
        raise BadInput(message, (("ends_on", message),))
    if (ends_on - starts_on).days >= _LONGEST_DAYS:
        message = "Una ausencia se anota por un año como mucho. Al acabar, anote otra."
        raise BadInput(message, (("ends_on", message),))


def _lock(act: Act, official_id: UUID, substitute_id: UUID | None) -> None:
    """Both officials, always in the same order: absences that clash wait for each other here."""
    for identifier in sorted({official_id, substitute_id or official_id}):
        act.lock(Official, identifier)


def _check_free(act: Act, official_id: UUID, starts_on: date, ends_on: date) -> None:
    found = away_between(act.session, official_id, starts_on, ends_on)
    if found:
        raise RuleBroken(
            f"Ya consta una ausencia {found[0].days}. Termínela antes o elija otros días."
        )


def _check_substitute(act: Act, official_id: UUID, substitute_id: UUID, *, anybody: bool) -> None:
    if substitute_id == official_id:
        message = "Elija como sustituta a otra persona."
        raise BadInput(message, (("substitute_id", message),))
    held = _posts(act, official_id)
    offered = _posts(act, substitute_id)
    active = act.session.scalar(
        select(Official.id).where(Official.id == substitute_id, Official.active)
    )
    if active is None or not offered:
        raise RuleBroken("Esa persona no tiene hoy un puesto: elija a otra como sustituta.")
    if any(roles()[role].exclusive for _, role in held | offered):
        raise RuleBroken("Quien audita no puede sustituir a nadie ni tener sustituto.")
    if not anybody and not {unit for unit, _ in held} & {unit for unit, _ in offered}:
        raise RuleBroken(
            "Puede elegir a alguien de su unidad. Para que le sustituya otra persona, pídalo a su "
            "jefatura o a quien administra las ausencias."
        )


def _posts(act: Act, official_id: UUID) -> set[tuple[UUID, str]]:
    today = madrid_date(act.now)
    rows = act.session.execute(
        select(PostAssignment.unit_id, PostAssignment.role).where(
            PostAssignment.official_id == official_id,
            PostAssignment.valid_from <= today,
            or_(PostAssignment.valid_to.is_(None), PostAssignment.valid_to >= today),
        )
    )
    return {(unit_id, role) for unit_id, role in rows}


def _check_present(found: tuple[AbsenceRow, ...]) -> None:
    if found:
        raise RuleBroken(
            f"{found[0].official_name} también está ausente {found[0].days}: elija a otra persona."
        )
