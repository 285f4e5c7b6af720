"""Reads of the terms of an expediente, each with what stopped, lengthened or moved it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deadlines.models import (
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
from engine.deadlines.rules import suspension_causes
from engine.deadlines.term import Term


@dataclass(frozen=True)
class SuspensionRow:
    """A suspension; starts_on, ends_on: the first and the last stopped day, no last while it lasts."""

    id: UUID
    cause: str
    title: str
    article: str
    starts_on: date
    ends_on: date | None
    started_at: datetime
    ended_at: datetime | None
    lifts_at: datetime | None
    reason: str
    end_reason: str
    document_id: UUID | None
    ended_document_id: UUID | None

    @property
    def lasting(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True)
class ExtensionRow:
    """What a term was lengthened by."""

    id: UUID
    kind: ExtensionKind
    term: Term
    article: str
    reason: str
    requested_at: datetime | None
    decided_at: datetime
    document_id: UUID | None
    reference: UUID | None


@dataclass(frozen=True)
class ChangeRow:
    """When and why a term was dated again."""

    at: datetime
    kind: ChangeKind
    article: str
    why: str
    previous_due_at: datetime
    due_at: datetime
    reference: UUID | None


@dataclass(frozen=True)
class DerivationDay:
    """A day of a derivation."""

    date: date
    counted: bool
    why: str
    article: str


@dataclass(frozen=True)
class TermRow:
    """A term of an expediente with its whole story.

    term: as agreed; counted: as it was counted, halved or not; due_at: its last end, at which
    nothing happens while it is suspended.
    """

    id: UUID
    rule: str
    title: str
    article: str
    kind: DeadlineKind
    term: Term
    counted: Term
    urgent: bool
    filing: bool
    person_id: UUID | None
    starts_at: datetime
    effective_start: datetime
    due_at: datetime
    state: DeadlineState
    ended_at: datetime | None
    derivation: tuple[DerivationDay, ...]
    articles: tuple[str, ...]
    suspensions: tuple[SuspensionRow, ...] = ()
    extensions: tuple[ExtensionRow, ...] = ()
    changes: tuple[ChangeRow, ...] = ()

    @property
    def suspended(self) -> bool:
        return self.state is DeadlineState.SUSPENDED


def terms_of(session: Session, expediente_id: UUID) -> tuple[TermRow, ...]:
    """Every term of an expediente, the first begun first, in four statements however many there are."""
    deadlines = session.scalars(
        select(Deadline)
        .where(Deadline.expediente_id == expediente_id)
        .order_by(Deadline.starts_at, Deadline.id)
    ).all()
    suspensions = _by_deadline(
        session.scalars(
            select(DeadlineSuspension)
            .join(Deadline, Deadline.id == DeadlineSuspension.deadline_id)
            .where(Deadline.expediente_id == expediente_id)
            .order_by(DeadlineSuspension.started_at, DeadlineSuspension.id)
        )
    )
    extensions = _by_deadline(
        session.scalars(
            select(DeadlineExtension)
            .join(Deadline, Deadline.id == DeadlineExtension.deadline_id)
            .where(Deadline.expediente_id == expediente_id)
            .order_by(DeadlineExtension.decided_at, DeadlineExtension.id)
        )
    )
    changes = _by_deadline(
        session.scalars(
            select(DeadlineChange)
            .where(DeadlineChange.expediente_id == expediente_id)
            .order_by(DeadlineChange.at, DeadlineChange.id)
        )
    )
    return tuple(
        _term_row(row, suspensions[row.id], extensions[row.id], changes[row.id])
        for row in deadlines
    )


def urgency_of(session: Session, expediente_id: UUID) -> Urgency | None:
    """The act by which an expediente is dealt with as urgent, if there is one."""
    return session.scalar(select(Urgency).where(Urgency.expediente_id == expediente_id))


class _OfDeadline(Protocol):
    @property
    def deadline_id(self) -> Any: ...


R = TypeVar("R", bound=_OfDeadline)


def _by_deadline(rows: Iterable[R]) -> Mapping[UUID, list[R]]:
    found: dict[UUID, list[R]] = defaultdict(list)
    for row in rows:
        found[row.deadline_id].append(row)
    return found


def _term_row(
    row: Deadline,
    suspensions: Iterable[DeadlineSuspension],
    extensions: Iterable[DeadlineExtension],
    changes: Iterable[DeadlineChange],
) -> TermRow:
    derivation = row.derivation
    return TermRow(
        id=row.id,
        rule=row.rule,
        title=row.title,
        article=row.article,
        kind=DeadlineKind(row.kind),
        term=Term.parse(row.term),
        counted=Term.parse(derivation["term"]),
        urgent=row.urgent,
        filing=row.filing,
        person_id=row.person_id,
        starts_at=row.starts_at,
        effective_start=datetime.fromisoformat(derivation["effective_start"]),
        due_at=row.due_at,
        state=DeadlineState(row.state),
        ended_at=row.ended_at,
        derivation=tuple(
            DerivationDay(
                date.fromisoformat(day["date"]), day["counted"], day["why"], day["article"]
            )
            for day in derivation["days"]
        ),
        articles=tuple(derivation["articles"]),
        suspensions=tuple(_suspension_row(each) for each in suspensions),
        extensions=tuple(_extension_row(each) for each in extensions),
        changes=tuple(_change_row(each) for each in changes),
    )


def _suspension_row(row: DeadlineSuspension) -> SuspensionRow:
    cause = suspension_causes().get(row.cause)
    return SuspensionRow(
        id=row.id,
        cause=row.cause,
        title=row.cause if cause is None else cause.title,
        article=row.article,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        started_at=row.started_at,
        ended_at=row.ended_at,
        lifts_at=row.lifts_at,
        reason=row.reason,
        end_reason=row.end_reason,
        document_id=row.document_id,
        ended_document_id=row.ended_document_id,
    )


def _extension_row(row: DeadlineExtension) -> ExtensionRow:
    return ExtensionRow(
        id=row.id,
        kind=ExtensionKind(row.kind),
        term=Term.parse(row.term),
        article=row.article,
        reason=row.reason,
        requested_at=row.requested_at,
        decided_at=row.decided_at,
        document_id=row.document_id,
        reference=row.reference,
    )


def _change_row(row: DeadlineChange) -> ChangeRow:
    return ChangeRow(
        at=row.at,
        kind=ChangeKind(row.kind),
        article=row.article,
        why=row.why,
        previous_due_at=row.previous_due_at,
        due_at=row.due_at,
        reference=row.reference,
    )
