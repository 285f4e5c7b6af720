"""Reads of notifications: a person's, an expediente's, those that a postman takes, the advices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, false, select, true
from sqlalchemy.orm import Session, aliased

from engine.deadlines.models import Deadline, DeadlineState
from engine.documents.models import Document, DocumentState
from engine.errors import NotFound
from engine.expedientes.access import covered_expediente
from engine.notifications.acknowledgement import how_it_ended
from engine.notifications.announcement import announcement_of_several, announcement_text
from engine.notifications.channels import paper_sentences
from engine.notifications.models import (
    OPEN,
    ChannelReason,
    Notice,
    Notification,
    NotificationState,
    PostalAttempt,
    PostalResult,
    Via,
)
from engine.notifications.precedence import END_OF_DAY
from engine.people.models import Channel, Official, Person
from engine.permissions import Actor, ActorKind
from engine.registry.models import RegistryEntry
from engine.settings import Town

READ_ANY = "notifications.read_any"
"""Permission to read every notification: the registrars, the secretary, the auditor."""

_MAX_ROWS = 500
_OPEN_STATES = tuple(state.value for state in OPEN)
_TO_POST = (NotificationState.TO_POST.value, NotificationState.UNDELIVERED.value)
_Acknowledgement = aliased(Document)


@dataclass(frozen=True)
class NotificationRow:
    """A notification as lists and pages show it.

    document_id, document_title: None while a citizen may not read it;
    expires_at: the last instant to open it, None when no term runs (paper);
    acknowledgement_ready: the acknowledgement is sealed and can be read.
    """

    id: UUID
    expediente_id: UUID | None
    person_id: UUID
    person_name: str
    representative_id: UUID | None
    unit_id: UUID
    unit_name: str
    subject: str
    purpose: str
    channel: Channel
    channel_reason: ChannelReason
    state: NotificationState
    prepared_at: datetime
    available_at: datetime | None
    expires_at: datetime | None
    entry_code: str
    document_id: UUID | None
    document_title: str | None
    closed_at: datetime | None
    closed_by: UUID | None
    closed_via: Via | None
    announcement: str | None
    defect: str | None
    acknowledgement_id: UUID | None
    acknowledgement_ready: bool
    notice_sent_at: datetime | None
    notice_failure: str | None

    @property
    def open(self) -> bool:
        """Whether the person may still open or reject it."""
        return self.state.open

    @property
    def ending(self) -> str:
        """How it ended, in a sentence; empty while it has not."""
        return how_it_ended(self.state, self.closed_via) if self.state.closed else ""

    @property
    def paper_sentences(self) -> tuple[str, ...]:
        """What the paper says besides the act; nothing when it is not sent on paper."""
        return paper_sentences(self.channel_reason) if self.channel is Channel.PAPER else ()

    @property
    def offers_electronic(self) -> bool:
        """Whoever reads in the sede what went on paper is offered the electronic channel (NOT-12)."""
        return (
            self.channel_reason is ChannelReason.NOT_ELECTRONIC
            and self.state is NotificationState.ACCEPTED
        )


@dataclass(frozen=True)
class AttemptRow:
    """An attempt to deliver the paper, with who wrote it down."""

    number: int
    at: datetime
    result: PostalResult
    why_void: str | None
    official_name: str
    recorded_at: datetime


@dataclass(frozen=True)
class NoticeRow:
    """An advice as the folder shows it; sent_at: when it left by e-mail, if it did."""

    id: UUID
    expediente_id: UUID | None
    subject: str
    text: str
    created_at: datetime
    sent_at: datetime | None


def inbox(session: Session, actor: Actor) -> tuple[NotificationRow, ...]:
    """The interested person's notifications, those that wait first, the newest first among them."""
    if actor.kind is not ActorKind.CITIZEN:
        return ()
    waiting = case((Notification.state.in_(_OPEN_STATES), 0), else_=1)
    rows = session.execute(
        _rows()
        .where(_visible(actor))
        .order_by(waiting, Notification.available_at.desc(), Notification.id.desc())
        .limit(_MAX_ROWS)
    )
    return tuple(_row(*row, officer=False) for row in rows)


def notification(session: Session, notification_id: UUID, actor: Actor) -> NotificationRow:
    """One notification; raises NotFound for what the actor may not see. Looking opens nothing."""
    found = session.execute(
        _rows().where(_visible(actor), Notification.id == notification_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return _row(*found, officer=actor.kind is not ActorKind.CITIZEN)


def of_expediente(session: Session, expediente_id: UUID) -> tuple[NotificationRow, ...]:
    """The notifications of an expediente that the caller has shown to be the actor's, oldest first.

    What is not opened yet hides its document.
    """
    rows = session.execute(
        _rows()
        .where(Notification.expediente_id == expediente_id)
        .order_by(Notification.prepared_at, Notification.id)
    )
    return tuple(_row(*row, officer=False) for row in rows)


def to_post(session: Session, actor: Actor) -> tuple[NotificationRow, ...]:
    """What a postman has to take, or could not deliver and waits for its announcement, oldest first."""
    if actor.kind not in (ActorKind.OFFICIAL, ActorKind.SYSTEM):
        return ()
    rows = session.execute(
        _rows()
        .where(_visible(actor), Notification.state.in_(_TO_POST))
        .order_by(Notification.available_at, Notification.id)
        .limit(_MAX_ROWS)
    )
    return tuple(_row(*row, officer=True) for row in rows)


def announcement(session: Session, town: Town, notification_id: UUID, actor: Actor) -> str:
    """The text for the gazette of what could not be delivered; raises NotFound."""
    row = notification(session, notification_id, actor)
    person = session.get(Person, (town.entity_id, row.person_id))
    if person is None or actor.kind is ActorKind.CITIZEN:
        raise NotFound
    return announcement_text(town, row.unit_name, row.entry_code, person)


def announcement_together(
    session: Session, town: Town, actor: Actor
) -> tuple[tuple[NotificationRow, ...], str]:
    """What waits to be announced, and one text for the gazette that says of nobody more than needed."""
    rows = tuple(
        row for row in to_post(session, actor) if row.state is NotificationState.UNDELIVERED
    )
    found = session.scalars(select(Person).where(Person.id.in_([row.person_id for row in rows])))
    numbers = {person.id: person.document_number for person in found}
    told = [(row.unit_name, row.entry_code, numbers[row.person_id]) for row in rows]
    return rows, announcement_of_several(town, told)


def attempts(session: Session, notification_id: UUID) -> tuple[AttemptRow, ...]:
    """The attempts on a notification that the caller has asked for first, in their order."""
    rows = session.execute(
        select(PostalAttempt, Official.display_name)
        .outerjoin(Official, Official.id == PostalAttempt.official_id)
        .where(PostalAttempt.notification_id == notification_id)
        .order_by(PostalAttempt.number)
    )
    return tuple(
        AttemptRow(
            number=row.number,
            at=row.at,
            result=PostalResult(row.result),
            why_void=row.why_void,
            official_name=name or "",
            recorded_at=row.recorded_at,
        )
        for row, name in rows
    )


def advices(session: Session, actor: Actor) -> tuple[NoticeRow, ...]:
    """What the interested person was told besides notifications, newest first."""
    if actor.kind is not ActorKind.CITIZEN:
        return ()
    rows = session.scalars(
        select(Notice)
        .where(
            Notice.person_id == actor.interested_id,
            Notice.notification_id.is_(None),
            covered_expediente(actor, Notice.expediente_id),
        )
        .order_by(Notice.created_at.desc(), Notice.id.desc())
        .limit(_MAX_ROWS)
    )
    return tuple(
        NoticeRow(row.id, row.expediente_id, row.subject, row.text, row.created_at, row.sent_at)
        for row in rows
    )


def overdue(session: Session, now: datetime) -> tuple[UUID, ...]:
    """Those whose last day to be opened is over, the most overdue first."""
    rows = session.scalars(
        select(Notification.id)
        .join(Deadline, Deadline.id == Notification.deadline_id)
        .where(
            Notification.state == NotificationState.AVAILABLE.value,
            Deadline.state == DeadlineState.OPEN.value,
            Deadline.due_at <= now - END_OF_DAY,
        )
        .order_by(Deadline.due_at)
        .limit(_MAX_ROWS)
    )
    return tuple(rows)


def _visible(actor: Actor) -> ColumnElement[bool]:
    """The person's own that the attorney's power names, the official's units', or all with READ_ANY."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return true()
        case ActorKind.OFFICIAL if actor.may(READ_ANY):
            return true()
        case ActorKind.OFFICIAL:
            return Notification.unit_id.in_(tuple(actor.unit_ids))
        case ActorKind.CITIZEN:
            return and_(
                Notification.person_id == actor.interested_id,
                covered_expediente(actor, Notification.expediente_id),
            )
        case _:
            return false()


def _rows() -> Select[Notification, str, str | None, datetime | None, str, str | None]:
    return (
        select(
            Notification,
            Person.display_name,
            RegistryEntry.code,
            Deadline.due_at,
            Document.title,
            _Acknowledgement.state,
        )
        .join(Person, Person.id == Notification.person_id)
        .join(Document, Document.id == Notification.document_id)
        .outerjoin(RegistryEntry, RegistryEntry.id == Notification.entry_id)
        .outerjoin(Deadline, Deadline.id == Notification.deadline_id)
        .outerjoin(_Acknowledgement, _Acknowledgement.id == Notification.acknowledgement_id)
    )


def _row(
    row: Notification,
    person: str,
    code: str | None,
    due_at: datetime | None,
    title: str,
    acknowledgement: str | None,
    *,
    officer: bool,
) -> NotificationRow:
    state = NotificationState(row.state)
    readable = officer or state.closed
    return NotificationRow(
        id=row.id,
        expediente_id=row.expediente_id,
        person_id=row.person_id,
        person_name=person,
        representative_id=row.representative_id,
        unit_id=row.unit_id,
        unit_name=row.unit_name,
        subject=row.subject,
        purpose=row.purpose,
        channel=Channel(row.channel),
        channel_reason=ChannelReason(row.channel_reason),
        state=state,
        prepared_at=row.prepared_at,
        available_at=row.available_at,
        expires_at=due_at,
        entry_code=code or "",
        document_id=row.document_id if readable else None,
        document_title=title if readable else None,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        closed_via=Via(row.closed_via) if row.closed_via else None,
        announcement=row.announcement,
        defect=row.defect,
        acknowledgement_id=row.acknowledgement_id,
        acknowledgement_ready=acknowledgement == DocumentState.SEALED.value,
        notice_sent_at=row.notice_sent_at,
        notice_failure=row.notice_failure,
    )
