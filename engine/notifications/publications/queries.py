"""Reads of publications: the public board, and what waits for its number in a gazette."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, select, true
from sqlalchemy.orm import Session

from engine.documents import queries as documents
from engine.documents.models import Document
from engine.errors import NotFound
from engine.notifications.publications.models import (
    Publication,
    PublicationReason,
    PublicationState,
)
from engine.notifications.publications.places import BOARD, places
from engine.notifications.queries import READ_ANY
from engine.permissions import Actor, ActorKind
from engine.townhall import TownHall

_MAX_ROWS = 200


@dataclass(frozen=True)
class PublicationRow:
    """A publication as pages show it; document_title: None for a brief one, which shows no act."""

    id: UUID
    expediente_id: UUID | None
    unit_name: str
    subject: str
    text: str
    reason: PublicationReason
    brief: bool
    place: str
    state: PublicationState
    requested_at: datetime
    published_at: datetime | None
    announcement: str | None
    document_id: UUID | None
    document_title: str | None

    @property
    def place_name(self) -> str:
        """The place, as people name it."""
        return places()[self.place].name


def board(session: Session) -> tuple[PublicationRow, ...]:
    """What stands on the sede's board, the newest first."""
    rows = session.execute(
        _rows()
        .where(_on_board())
        .order_by(Publication.published_at.desc(), Publication.id.desc())
        .limit(_MAX_ROWS)
    )
    return tuple(_row(*row) for row in rows)


def on_board(session: Session, publication_id: UUID) -> PublicationRow:
    """One of them; raises NotFound."""
    found = session.execute(
        _rows().where(_on_board(), Publication.id == publication_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return _row(*found)


def document_on_board(
    townhall: TownHall, session: Session, publication_id: UUID
) -> tuple[Document, bytes]:
    """The act that is published whole; raises NotFound for a brief one, which shows none."""
    row = on_board(session, publication_id)
    if row.brief or row.document_id is None:
        raise NotFound
    document = session.scalars(select(Document).where(Document.id == row.document_id)).one()
    return document, documents.content(townhall, document)


def publications(session: Session, actor: Actor) -> tuple[PublicationRow, ...]:
    """Those of the official's units, those that wait first, then the newest."""
    rows = session.execute(
        _rows()
        .where(_visible(actor))
        .order_by(Publication.state, Publication.requested_at.desc(), Publication.id.desc())
        .limit(_MAX_ROWS)
    )
    return tuple(_row(*row) for row in rows)


def publication(session: Session, publication_id: UUID, actor: Actor) -> PublicationRow:
    """One that the official may see; raises NotFound."""
    found = session.execute(
        _rows().where(_visible(actor), Publication.id == publication_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return _row(*found)


def _on_board() -> ColumnElement[bool]:
    return (Publication.place == BOARD) & (Publication.state == PublicationState.PUBLISHED.value)


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.kind is ActorKind.SYSTEM or actor.may(READ_ANY):
        return true()
    if actor.kind is ActorKind.OFFICIAL:
        return Publication.unit_id.in_(tuple(actor.unit_ids))
    return false()


def _rows() -> Select[Publication, str | None]:
    return select(Publication, Document.title).outerjoin(
        Document, Document.id == Publication.document_id
    )


def _row(row: Publication, title: str | None) -> PublicationRow:
    return PublicationRow(
        row.id,
        row.expediente_id,
        row.unit_name,
        row.subject,
        row.text,
        PublicationReason(row.reason),
        row.brief,
        row.place,
        PublicationState(row.state),
        row.requested_at,
        row.published_at,
        row.announcement,
        row.document_id,
        None if row.brief else title,
    )
