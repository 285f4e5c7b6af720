"""Holds on documents: a notified act is not read before its notification ends (art. 43.2 Ley 39/2015).

Parts of operations, like engine/documents/versions.py: whoever holds a document records it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine.documents.models import Document, DocumentHold
from engine.operation import Act


def withhold(act: Act, *, document_id: UUID, person_id: UUID) -> None:
    """Keep a person from reading a document, whatever its visibility, until it is released.

    What was released to that person once stays released.
    """
    act.session.execute(
        insert(DocumentHold)
        .values(
            entity_id=act.entity_id, document_id=document_id, person_id=person_id, held_at=act.now
        )
        .on_conflict_do_nothing()
    )


def release(act: Act, *, document_id: UUID, person_id: UUID) -> None:
    """Let the person read the document from now on, also when it is internal."""
    act.session.execute(
        update(DocumentHold)
        .where(
            DocumentHold.document_id == document_id,
            DocumentHold.person_id == person_id,
            DocumentHold.released_at.is_(None),
        )
        .values(released_at=act.now)
    )


def held_for(person_id: UUID | None) -> ColumnElement[bool]:
    """Condition on Document: it is being kept from this person."""
    return Document.id.in_(
        select(DocumentHold.document_id).where(
            DocumentHold.person_id == person_id, DocumentHold.released_at.is_(None)
        )
    )


def released_to(person_id: UUID | None) -> ColumnElement[bool]:
    """Condition on Document: it was notified to this person, and the notification ended."""
    return Document.id.in_(
        select(DocumentHold.document_id).where(
            DocumentHold.person_id == person_id, DocumentHold.released_at.is_not(None)
        )
    )


def held_since(
    session: Session, expediente_ids: Iterable[UUID], person_id: UUID | None
) -> dict[UUID, datetime]:
    """Since when a document of each of these expedientes is kept from the person; the others are not in it."""
    rows = session.execute(
        select(Document.expediente_id, func.min(DocumentHold.held_at))
        .join(DocumentHold, DocumentHold.document_id == Document.id)
        .where(
            Document.expediente_id.in_(tuple(expediente_ids)),
            DocumentHold.person_id == person_id,
            DocumentHold.released_at.is_(None),
        )
        .group_by(Document.expediente_id)
    )
    return {expediente_id: since for expediente_id, since in rows if expediente_id is not None}
