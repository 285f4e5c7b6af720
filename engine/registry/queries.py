"""Reads of the registry: one entry with its documents, the books searched, the order of effects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select, true
from sqlalchemy.orm import Session, aliased

from engine.clock import MADRID
from engine.documents.holds import held_for
from engine.documents.models import Document, DocumentState
from engine.errors import NotFound
from engine.people.models import Person
from engine.people.names import sort_key
from engine.permissions import Actor, ActorKind
from engine.registry.models import (
    AttachmentKind,
    Book,
    Channel,
    EntryState,
    PhysicalDocuments,
    RegistryAttachment,
    RegistryEntry,
)

READ_ANY = "registry.read_any"
"""Permission to read every entry: the registrars and the secretary."""

_MAX_ROWS = 500
_Representative = aliased(Person)
_Rows = Select[RegistryEntry, str, str, str]


@dataclass(frozen=True)
class EntryRow:
    """An entry as lists and pages show it."""

    id: UUID
    book: Book
    code: str
    year: int
    number: int
    office: str
    office_name: str
    presented_at: datetime
    effective_at: datetime | None
    closed_because: str | None
    channel: Channel
    subject: str
    person_id: UUID | None
    person_name: str
    representative_id: UUID | None
    representative_name: str
    unit_id: UUID
    unit_name: str
    unit_dir3: str
    sia: str | None
    expediente_id: UUID | None
    external_reference: str | None
    physical_documents: PhysicalDocuments
    state: EntryState
    annulled_at: datetime | None
    annulled_because: str | None
    receipt_id: UUID | None
    receipt_ready: bool


@dataclass(frozen=True)
class AttachmentRow:
    """A document of an entry, with the bytes' hash when it was registered."""

    document_id: UUID
    position: int
    kind: AttachmentKind
    name: str
    media_type: str
    size: int
    sha256: str


def entry(
    session: Session,
    entry_id: UUID,
    actor: Actor,
    covered: ColumnElement[bool] | None = None,
) -> EntryRow:
    """One entry; raises NotFound for what the actor may not see.

    covered: which entries a power for some procedures reaches; the room of expedientes knows.
    """
    row = session.execute(_visible(_rows(), actor, covered).where(RegistryEntry.id == entry_id))
    found = row.one_or_none()
    if found is None:
        raise NotFound
    return _row(*found)


def attachments(session: Session, entry_id: UUID, actor: Actor) -> tuple[AttachmentRow, ...]:
    """The documents of an entry, in their order; the caller has asked for the entry first.

    A citizen is not told even the name of what is kept from them until it is notified (art. 43.2).
    """
    told = not_(held_for(actor.interested_id)) if actor.kind is ActorKind.CITIZEN else true()
    rows = session.scalars(
        select(RegistryAttachment)
        .join(Document, Document.id == RegistryAttachment.document_id)
        .where(RegistryAttachment.entry_id == entry_id, told)
        .order_by(RegistryAttachment.position)
    )
    return tuple(
        AttachmentRow(
            document_id=row.document_id,
            position=row.position,
            kind=AttachmentKind(row.kind),
            name=row.name,
            media_type=row.media_type,
            size=row.size,
            sha256=row.sha256,
        )
        for row in rows
    )


@dataclass(frozen=True)
class Search:
    """What is looked for in the books; what is None is not asked.

    code: the number as people read it, or its beginning; person: part of a name, or a whole
    document of identity; text: words of the subject; since, until: days of presentation, included.
    """

    book: Book | None = None
    code: str | None = None
    person: str | None = None
    text: str | None = None
    unit_id: UUID | None = None
    since: date | None = None
    until: date | None = None


def search(
    session: Session,
    actor: Actor,
    wanted: Search,
    *,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> tuple[EntryRow, ...]:
    """Entries that the actor may see, newest first.

    before: the instant and the id of the last row of the previous page.
    """
    statement = _visible(_rows(), actor).where(*_conditions(wanted))
    if before is not None:
        instant, last_id = before
        statement = statement.where(
            or_(
                RegistryEntry.presented_at < instant,
                and_(RegistryEntry.presented_at == instant, RegistryEntry.id < last_id),
            )
        )
    rows = session.execute(
        statement.order_by(RegistryEntry.presented_at.desc(), RegistryEntry.id.desc()).limit(
            min(limit, _MAX_ROWS)
        )
    )
    return tuple(_row(*row) for row in rows)


def _conditions(wanted: Search) -> list[Any]:
    conditions: list[Any] = []
    if wanted.book is not None:
        conditions.append(RegistryEntry.book == wanted.book.value)
    if wanted.code:
        conditions.append(RegistryEntry.code.startswith(wanted.code.strip(), autoescape=True))
    if wanted.person:
        conditions.append(_about_person(wanted.person))
    conditions += [
        RegistryEntry.subject_key.contains(word, autoescape=True)
        for word in sort_key(wanted.text or "").split()
    ]
    if wanted.unit_id is not None:
        conditions.append(RegistryEntry.unit_id == wanted.unit_id)
    if wanted.since is not None:
        conditions.append(RegistryEntry.presented_at >= _midnight(wanted.since))
    if wanted.until is not None:
        conditions.append(RegistryEntry.presented_at < _midnight(wanted.until + timedelta(days=1)))
    return conditions


def _about_person(text: str) -> Any:
    """The person or the representative: by the whole document, or by part of the name."""
    number = "".join(text.upper().split())
    key = sort_key(text)
    return or_(
        *(
            or_(who.document_number == number, who.sort_key.contains(key, autoescape=True))
            for who in (Person, _Representative)
        )
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=MADRID)


def of_person(
    session: Session,
    actor: Actor,
    covered: ColumnElement[bool] | None = None,
    limit: int = 200,
) -> tuple[EntryRow, ...]:
    """What the interested person presented or received, newest first; covered: as in `entry`."""
    if actor.kind is not ActorKind.CITIZEN:
        return ()
    rows = session.execute(
        _visible(_rows(), actor, covered)
        .order_by(RegistryEntry.presented_at.desc(), RegistryEntry.id.desc())
        .limit(limit)
    )
    return tuple(_row(*row) for row in rows)


def in_order_of_effect(session: Session, book: Book, year: int) -> tuple[EntryRow, ...]:
    """The entries of a year as the law orders them (PLZ-9).

    What came on a non-business day stands before what was presented on the next business day.
    """
    rows = session.execute(
        _rows()
        .where(RegistryEntry.book == book.value, RegistryEntry.year == year)
        .order_by(
            func.coalesce(RegistryEntry.effective_at, RegistryEntry.presented_at),
            RegistryEntry.presented_at,
            RegistryEntry.number,
        )
    )
    return tuple(_row(*row) for row in rows)


def of_expediente(session: Session, expediente_id: UUID) -> tuple[EntryRow, ...]:
    """What was presented in and sent from an expediente, oldest first; the caller decides the access."""
    rows = session.execute(
        _rows()
        .where(RegistryEntry.expediente_id == expediente_id)
        .order_by(RegistryEntry.presented_at, RegistryEntry.id)
    )
    return tuple(_row(*row) for row in rows)


def _rows() -> _Rows:
    return (
        select(
            RegistryEntry,
            Person.display_name,
            _Representative.display_name,
            Document.state,
        )
        .outerjoin(Person, Person.id == RegistryEntry.person_id)
        .outerjoin(_Representative, _Representative.id == RegistryEntry.representative_id)
        .outerjoin(Document, Document.id == RegistryEntry.receipt_id)
    )


def _visible(statement: _Rows, actor: Actor, covered: ColumnElement[bool] | None = None) -> _Rows:
    """The entries that the actor may see: their own, their units', or all with READ_ANY.

    Of those of whom they represent in some procedures only, the ones that are covered.
    """
    if actor.kind is ActorKind.SYSTEM or (actor.kind is ActorKind.OFFICIAL and actor.may(READ_ANY)):
        return statement
    if actor.kind is ActorKind.OFFICIAL:
        return statement.where(RegistryEntry.unit_id.in_(tuple(actor.unit_ids)))
    if actor.kind is ActorKind.CITIZEN:
        reached = true() if actor.procedures is None else false() if covered is None else covered
        return statement.where(RegistryEntry.person_id == actor.interested_id, reached)
    return statement.where(false())


def _row(
    row: RegistryEntry, person: str | None, representative: str | None, receipt: str | None
) -> EntryRow:
    return EntryRow(
        id=row.id,
        book=Book(row.book),
        code=row.code,
        year=row.year,
        number=row.number,
        office=row.office,
        office_name=row.office_name,
        presented_at=row.presented_at,
        effective_at=row.effective_at,
        closed_because=row.closed_because,
        channel=Channel(row.channel),
        subject=row.subject,
        person_id=row.person_id,
        person_name=person or "",
        representative_id=row.representative_id,
        representative_name=representative or "",
        unit_id=row.unit_id,
        unit_name=row.unit_name,
        unit_dir3=row.unit_dir3,
        sia=row.sia,
        expediente_id=row.expediente_id,
        external_reference=row.external_reference,
        physical_documents=PhysicalDocuments(row.physical_documents),
        state=EntryState(row.state),
        annulled_at=row.annulled_at,
        annulled_because=row.annulled_because,
        receipt_id=row.receipt_id,
        receipt_ready=receipt == DocumentState.SEALED.value,
    )
