"""Date terms again when what they were computed from has changed: one row or a hundred thousand.

Rows with the same inputs are computed once, and all are written in a few statements.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, text
from sqlalchemy.orm.util import identity_key

from engine.deadlines.calendars import Calendar, Calendars, NoCalendarForYear
from engine.deadlines.computation import Derivation, Extension, Suspension, compute
from engine.deadlines.models import (
    RUNNING,
    ChangeKind,
    Deadline,
    DeadlineExtension,
    DeadlineState,
    DeadlineSuspension,
)
from engine.deadlines.seat import calendar_of, seat_calendar
from engine.deadlines.term import Term, TermUnit
from engine.ids import new_id
from engine.operation import Act

_WRITTEN_AT_ONCE = 5_000
_FOLLOWED_AT_ONCE = 1_000
_FOLLOW = "workflow.follow_terms"
_OVER_STAYS_OVER = (
    ChangeKind.CALENDAR,
    ChangeKind.INCIDENT,
    ChangeKind.PERSON,
    ChangeKind.URGENCY,
)
"""What cannot bring back a term that is over, nor end one in the past."""

_WRITE = text("""
    UPDATE deadline d SET due_at = g.due,
        derivation = d.derivation || g.derivation
            || jsonb_build_object('effective_start', v.effective)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:places AS int[]), CAST(:effective AS text[]))
            AS v(id, place, effective)
        JOIN unnest(CAST(:dues AS timestamptz[]), CAST(:derivations AS jsonb[]))
            WITH ORDINALITY AS g(due, derivation, place) ON g.place = v.place
    WHERE d.entity_id = :entity AND d.id = v.id
        AND (d.due_at <> g.due OR d.derivation -> 'days' <> g.derivation -> 'days'
            OR d.derivation -> 'articles' <> g.derivation -> 'articles')
""")
_WRITE_CHANGES = text("""
    INSERT INTO deadline_change (entity_id, id, deadline_id, expediente_id, at, kind, article, why,
        previous_due_at, due_at, reference)
    SELECT :entity, v.id, v.deadline, v.expediente, :at, :kind, :article, :why, v.previous, v.due,
        :reference
    FROM unnest(CAST(:ids AS uuid[]), CAST(:deadlines AS uuid[]), CAST(:expedientes AS uuid[]),
        CAST(:previous AS timestamptz[]), CAST(:dues AS timestamptz[]))
        AS v(id, deadline, expediente, previous, due)
""")


@dataclass(frozen=True)
class Moved:
    """A term that ends at another instant than before."""

    deadline_id: UUID
    expediente_id: UUID | None
    previous_due_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class Redated:
    """What a re-dating did: how many terms it looked at, and those that moved.

    uncounted: left as they were since they need a year without calendar; kept: left as they were
    since their end would have been put in the past.
    """

    count: int
    changed: tuple[Moved, ...]
    uncounted: tuple[UUID, ...] = ()
    kept: tuple[UUID, ...] = ()

    @property
    def moved(self) -> int:
        return len(self.changed)

    @property
    def left(self) -> int:
        return len(self.uncounted) + len(self.kept)


@dataclass(frozen=True)
class _Inputs:
    """What the end of a term depends on. start: an instant for hours, else the day."""

    term: str
    start: datetime | date
    urgent: bool
    filing: bool
    person_calendar: str | None
    odd_half: str
    term_from: str
    suspensions: tuple[Suspension, ...]
    extensions: tuple[Extension, ...]


def redate(
    act: Act,
    rows_condition: ColumnElement[bool],
    *,
    kind: ChangeKind,
    article: str,
    why: str,
    reference: UUID | None = None,
) -> Redated:
    """Compute again the terms under way that a condition names; a part of operations.

    A term that stands still is dated again too, without the suspension that lasts. A change that is
    nobody's act on the term itself (a calendar, an incident, urgency) leaves alone what is over, and
    what it would end in the past. Each row that moved gets a DeadlineChange with `reference`.
    """
    redating = _computed(act, rows_condition, kind, lock=True)
    redating.write()
    redating.write_changes(article, why, reference)
    found = redating.result()
    follow(act, [each.deadline_id for each in found.changed])
    return found


def foresee(act: Act, rows_condition: ColumnElement[bool], *, kind: ChangeKind) -> Redated:
    """What `redate` would do now, with nothing locked nor written."""
    return _computed(act, rows_condition, kind, lock=False).result()


def _computed(
    act: Act, rows_condition: ColumnElement[bool], kind: ChangeKind, *, lock: bool
) -> _Redating:
    condition = and_(Deadline.state.in_(RUNNING), rows_condition)
    if kind in _OVER_STAYS_OVER:
        still = Deadline.state == DeadlineState.SUSPENDED.value
        condition = and_(condition, or_(still, Deadline.due_at >= act.now.replace(microsecond=0)))
    redating = _Redating(act, kind)
    rows = _rows(condition)
    redating.group(act.session.execute(rows.with_for_update() if lock else rows).all(), condition)
    redating.compute()
    return redating


def follow(act: Act, deadlines: Sequence[UUID]) -> None:
    """Ask that the work of people whose term moved, stopped or goes on shows it."""
    for start in range(0, len(deadlines), _FOLLOWED_AT_ONCE):
        part = deadlines[start : start + _FOLLOWED_AT_ONCE]
        act.defer(_FOLLOW, deadlines=[str(each) for each in part])


def _rows(condition: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            Deadline.id,
            Deadline.expediente_id,
            Deadline.term,
            Deadline.starts_at,
            Deadline.due_at,
            Deadline.state,
            Deadline.urgent,
            Deadline.filing,
            Deadline.person_calendar,
            Deadline.derivation["odd_half"].astext.label("odd_half"),
            Deadline.derivation["filing_term_from"].astext.label("term_from"),
        )
        .where(condition)
        .order_by(Deadline.id)
    )


class _Redating:
    """One re-dating: rows by their inputs, each computed once, then written together."""

    def __init__(self, act: Act, kind: ChangeKind) -> None:
        self._act = act
        self._kind = kind
        self._seat = seat_calendar(act.townhall, act.session)
        self._people: dict[str, Calendar] = {}
        self._groups: dict[_Inputs, list[Row[Any]]] = defaultdict(list)
        self._found: list[tuple[Derivation, list[Row[Any]]]] = []
        self.moved: list[Moved] = []
        self.uncounted: list[UUID] = []
        self.kept: list[UUID] = []
        self.count = 0

    def result(self) -> Redated:
        """What was found."""
        return Redated(self.count, tuple(self.moved), tuple(self.uncounted), tuple(self.kept))

    def group(self, rows: Sequence[Row[Any]], condition: ColumnElement[bool]) -> None:
        """Put together the rows whose end depends on the same."""
        self.count = len(rows)
        suspensions = self._suspensions(condition)
        extensions = self._extensions(condition)
        zone = self._seat.timezone
        for row in rows:
            start = row.starts_at.astimezone(zone)
            by_hours = row.term.endswith((TermUnit.HOURS.value, "hour"))
            inputs = _Inputs(
                row.term,
                start if by_hours else start.date(),
                row.urgent,
                row.filing,
                row.person_calendar,
                row.odd_half or self._act.settings.town.odd_half,
                row.term_from or self._act.settings.town.filing_term_from,
                tuple(suspensions.get(row.id, ())),
                tuple(extensions.get(row.id, ())),
            )
            self._groups[inputs].append(row)

    def _suspensions(self, condition: ColumnElement[bool]) -> dict[UUID, list[Suspension]]:
        """The suspensions that ended, of the rows; one that ended the day it began stopped none."""
        found: dict[UUID, list[Suspension]] = defaultdict(list)
        for deadline_id, first, last in self._act.session.execute(
            select(
                DeadlineSuspension.deadline_id,
                DeadlineSuspension.starts_on,
                DeadlineSuspension.ends_on,
            )
            .join(Deadline, Deadline.id == DeadlineSuspension.deadline_id)
            .where(condition, DeadlineSuspension.ends_on >= DeadlineSuspension.starts_on)
            .order_by(DeadlineSuspension.starts_on, DeadlineSuspension.ends_on)
        ):
            if last is not None:
                found[deadline_id].append(Suspension(first, last))
        return found

    def _extensions(self, condition: ColumnElement[bool]) -> dict[UUID, list[Extension]]:
        found: dict[UUID, list[Extension]] = defaultdict(list)
        for deadline_id, term, article in self._act.session.execute(
            select(DeadlineExtension.deadline_id, DeadlineExtension.term, DeadlineExtension.article)
            .join(Deadline, Deadline.id == DeadlineExtension.deadline_id)
            .where(condition)
            .order_by(DeadlineExtension.decided_at, DeadlineExtension.id)
        ):
            found[deadline_id].append(Extension(Term.parse(term), _in_short(article)))
        return found

    def compute(self) -> None:
        """Find the new end of each group, and which rows move."""
        for inputs, rows in self._groups.items():
            try:
                derivation = self._computed(inputs, rows[0].starts_at)
            except NoCalendarForYear:
                self.uncounted += [row.id for row in rows]
                continue
            staying = [row for row in rows if self._would_be_over(row, derivation.due)]
            self.kept += [row.id for row in staying]
            going = [row for row in rows if row not in staying] if staying else rows
            self._found.append((derivation, going))
            self.moved += [
                Moved(row.id, row.expediente_id, row.due_at, derivation.due)
                for row in going
                if row.due_at != derivation.due
            ]

    def _computed(self, inputs: _Inputs, starts_at: datetime) -> Derivation:
        person = inputs.person_calendar
        return compute(
            starts_at,
            Term.parse(inputs.term),
            Calendars(self._seat, None if person is None else self._calendar(person)),
            suspensions=inputs.suspensions,
            urgent=inputs.urgent,
            odd_half=inputs.odd_half,
            filing=inputs.filing,
            filing_term_from=inputs.term_from,
            extensions=inputs.extensions,
        )

    def _calendar(self, identifier: str) -> Calendar:
        if identifier not in self._people:
            self._people[identifier] = calendar_of(
                self._act.townhall, self._act.session, identifier
            )
        return self._people[identifier]

    def _would_be_over(self, row: Row[Any], due: datetime) -> bool:
        return (
            self._kind in _OVER_STAYS_OVER
            and row.state == DeadlineState.OPEN.value
            and due < row.due_at
            and due < self._act.now
        )

    def write(self) -> None:
        """Write the new ends with their derivations; a row whose days are the same is left alone."""
        for part in _parts(self._found, _WRITTEN_AT_ONCE):
            self._act.session.execute(
                _WRITE,
                {
                    "entity": self._act.entity_id,
                    "ids": [row.id for _, rows in part for row in rows],
                    "places": [place for place, (_, rows) in enumerate(part, 1) for _ in rows],
                    "effective": [
                        _effective(derivation, row, self._seat)
                        for derivation, rows in part
                        for row in rows
                    ],
                    "dues": [derivation.due for derivation, _ in part],
                    "derivations": [json.dumps(_shared(derivation)) for derivation, _ in part],
                },
            )
        for each in self.moved:
            key = identity_key(Deadline, (self._act.entity_id, each.deadline_id))
            known = self._act.session.identity_map.get(key)
            if known is not None:
                self._act.session.expire(known)

    def write_changes(self, article: str, why: str, reference: UUID | None) -> None:
        """One DeadlineChange for each row that moved."""
        for start in range(0, len(self.moved), _WRITTEN_AT_ONCE):
            part = self.moved[start : start + _WRITTEN_AT_ONCE]
            self._act.session.execute(
                _WRITE_CHANGES,
                {
                    "entity": self._act.entity_id,
                    "at": self._act.now,
                    "kind": self._kind.value,
                    "article": article,
                    "why": why,
                    "reference": reference,
                    "ids": [new_id() for _ in part],
                    "deadlines": [each.deadline_id for each in part],
                    "expedientes": [each.expediente_id for each in part],
                    "previous": [each.previous_due_at for each in part],
                    "dues": [each.due_at for each in part],
                },
            )


def _in_short(article: str) -> str:
    """An article as derivations name it: its number alone when it is of Ley 39/2015."""
    return article.removeprefix("art. ").removesuffix(" de la Ley 39/2015")


def _shared(derivation: Derivation) -> dict[str, Any]:
    """What the rows of a group share of their derivation: all but when each began."""
    found = {"term": str(derivation.term), **derivation.to_dict()}
    del found["effective_start"]
    return found


def _effective(derivation: Derivation, row: Row[Any], seat: Calendar) -> str:
    """When a row's term began: a moved filing's first hour is everybody's, any other instant its own."""
    if derivation.effective_start == derivation.start:
        return str(row.starts_at.astimezone(seat.timezone).isoformat())
    return derivation.effective_start.isoformat()


def _parts(
    groups: Sequence[tuple[Derivation, list[Row[Any]]]], size: int
) -> Iterator[list[tuple[Derivation, list[Row[Any]]]]]:
    """The groups in parts of at most so many rows, a large group divided."""
    part: list[tuple[Derivation, list[Row[Any]]]] = []
    room = size
    for derivation, rows in groups:
        for start in range(0, len(rows), size):
            taken = rows[start : start + size]
            if len(taken) > room and part:
                yield part
                part, room = [], size
            part.append((derivation, taken))
            room -= len(taken)
    if part:
        yield part
