"""Secure codes in the database: found by what a person types, shown again to be printed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.documents import secure_code
from engine.documents.models import Document, DocumentState, SecureCode, SecureCodeState
from engine.townhall import TownHall

_PART = "code_box"
_NO_CODE = "0" * secure_code.LENGTH


def code_box(townhall: TownHall) -> secure_code.CodeBox:
    """The installation's code box, made once."""
    box: secure_code.CodeBox | None = townhall.parts.get(_PART)
    if box is None:
        box = townhall.parts[_PART] = secure_code.load_box(townhall.settings)
    return box


def resolve(session: Session, code: str, now: datetime) -> Document | None:
    """The document of a code, or None: unknown, mistyped, expired and withdrawn are not told apart.

    Every answer costs one look-up by hash, so that its time tells nothing either.
    """
    normalized = secure_code.normalize(code)
    wanted = secure_code.code_hash(normalized or _NO_CODE)
    found = session.scalar(
        select(Document)
        .join(
            SecureCode,
            (SecureCode.entity_id == Document.entity_id) & (SecureCode.document_id == Document.id),
        )
        .where(
            SecureCode.code_hash == wanted,
            SecureCode.state == SecureCodeState.ACTIVE.value,
            or_(SecureCode.expires_at.is_(None), SecureCode.expires_at > now),
            Document.state.in_([DocumentState.FINAL.value, DocumentState.SEALED.value]),
        )
    )
    return found if normalized is not None else None


def reveal(townhall: TownHall, session: Session, document_id: UUID) -> str | None:
    """The document's code, without groups, to print it; None when it has none in force."""
    row = session.scalar(
        select(SecureCode).where(
            SecureCode.document_id == document_id,
            SecureCode.state == SecureCodeState.ACTIVE.value,
        )
    )
    return None if row is None else code_box(townhall).decrypt(row.encrypted, document_id)
