"""Reads of absences: who is away on a day, whom somebody stands in for, the list of the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from engine.errors import NotFound
from engine.people.absences.models import Absence, AbsenceKind
from engine.people.models import Official, PostAssignment
from engine.permissions import Actor

MANAGE = "people.manage_absences"
"""Permission to record and end the absences of anybody."""
HEAD = "head"


@dataclass(frozen=True)
class AbsenceRow:
    """An absence as pages show it."""

    id: UUID
    official_id: UUID
    official_name: str
    substitute_id: UUID | None
    substitute_name: str
    kind: AbsenceKind
    starts_on: date
    ends_on: date
    recorded_by_name: str
    recorded_at: datetime
    ended_at: datetime | None
    version: int

    def on(self, day: date) -> bool:
        """Whether it has effect on a day."""
        return self.ended_at is None and self.starts_on <= day <= self.ends_on

    @property
    def days(self) -> str:
        """`del 24/11/2026 al 3/12/2026`."""
        return f"del {_day(self.starts_on)} al {_day(self.ends_on)}"

    @property
    def until(self) -> str:
        """Until when, and who acts meanwhile, in a sentence."""
        words = f"{self.official_name} está ausente hasta el {_day(self.ends_on)}"
        return (
            f"{words}; sustituye {self.substitute_name}." if self.substitute_name else f"{words}."
        )


def _day(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year}"


def in_force(day: date) -> ColumnElement[bool]:
    """Condition: the absence has effect on a day."""
    return and_(Absence.ended_at.is_(None), Absence.starts_on <= day, Absence.ends_on >= day)


def away(session: Session, day: date) -> dict[UUID, AbsenceRow]:
    """Who is away on a day, by official."""
    return {row.official_id: row for row in _rows(session, in_force(day))}


def away_between(
    session: Session, official_id: UUID, first: date, last: date
) -> tuple[AbsenceRow, ...]:
    """The absences of an official that have a day in common with a stretch of days."""
    overlaps = and_(Absence.starts_on <= last, Absence.ends_on >= first)
    return _rows(
        session, and_(Absence.official_id == official_id, Absence.ended_at.is_(None), overlaps)
    )


def stands_in_for(session: Session, official_id: UUID, day: date) -> tuple[AbsenceRow, ...]:
    """The absences on a day in which an official is the substitute of somebody who works here."""
    return _rows(
        session, and_(Absence.substitute_id == official_id, Official.active, in_force(day))
    )


def visible(session: Session, actor: Actor, today: date) -> tuple[AbsenceRow, ...]:
    """What is not over of one's own, of those one stands in for, and of those whose absences one manages."""
    theirs = or_(
        Absence.official_id == actor.id,
        Absence.substitute_id == actor.id,
        Absence.official_id.in_(_members(actor)),
    )
    standing = and_(Absence.ended_at.is_(None), Absence.ends_on >= today)
    return _rows(session, standing if actor.may(MANAGE) else and_(standing, theirs))


def absence(session: Session, absence_id: UUID) -> AbsenceRow:
    """One absence; raises NotFound."""
    found = _rows(session, Absence.id == absence_id)
    if not found:
        raise NotFound
    return found[0]


def manages(session: Session, actor: Actor, official_id: UUID) -> bool:
    """Whether the actor keeps the absences of an official: as head of a unit of theirs, or of all."""
    if actor.may(MANAGE):
        return True
    return bool(
        session.scalar(
            select(Official.id).where(Official.id == official_id, Official.id.in_(_members(actor)))
        )
    )


def _members(actor: Actor) -> Select[UUID]:
    """Those who hold a post in a unit that the actor heads."""
    headed = tuple(headed_by(actor))
    return select(PostAssignment.official_id).where(PostAssignment.unit_id.in_(headed))


def headed_by(actor: Actor) -> frozenset[UUID]:
    """The units that an official heads."""
    return frozenset(post.unit_id for post in actor.posts if post.role == HEAD)


def _rows(session: Session, condition: ColumnElement[bool]) -> tuple[AbsenceRow, ...]:
    substitute, recorder = aliased(Official), aliased(Official)
    rows = session.execute(
        select(Absence, Official.display_name, substitute.display_name, recorder.display_name)
        .join(Official, Official.id == Absence.official_id)
        .outerjoin(substitute, substitute.id == Absence.substitute_id)
        .outerjoin(recorder, recorder.id == Absence.recorded_by)
        .where(condition)
        .order_by(Absence.starts_on, Official.sort_key, Absence.id)
    )
    return tuple(
        AbsenceRow(
            id=row.id,
            official_id=row.official_id,
            official_name=name,
            substitute_id=row.substitute_id,
            substitute_name=substitute_name or "",
            kind=AbsenceKind(row.kind),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            recorded_by_name=recorder_name or "",
            recorded_at=row.recorded_at,
            ended_at=row.ended_at,
            version=row.version,
        )
        for row, name, substitute_name, recorder_name in rows
    )
