"""Tables of drafts: what a person has written of an application, and the files attached to it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of, refers


class DraftState(StrEnum):
    """The life of a draft."""

    OPEN = "open"
    FILED = "filed"
    DISCARDED = "discarded"


class Draft(EntityRow, Base):
    """An application that is being filled in, by the version of the procedure with which it began.

    person_id: whose application it is, also when a representative writes it;
    answers: the values read so far; typed: what was typed on each page, right or wrong, so that it
    is shown again (`page`, or `page/0`, `page/1`… for the items of a repeating page);
    revision: counts the changes, so that a stale page is noticed. Both are emptied once filed.
    """

    __tablename__ = "draft"
    procedure_key: Mapped[str]
    procedure_version: Mapped[int]
    person_id: Mapped[UUID]
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    typed: Mapped[dict[str, Any]] = mapped_column(default=dict)
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default=DraftState.OPEN.value)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    filed_at: Mapped[datetime | None]
    entry_id: Mapped[UUID | None]
    expediente_id: Mapped[UUID | None]

    __table_args__ = (
        Index(
            "uq_draft_entity_id_person_id_procedure_key_open",
            "entity_id",
            "person_id",
            "procedure_key",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "entity_id", "person_id", "state"),
        Index(None, "entity_id", "state", "updated_at"),
        refers("person_id", "person"),
        refers("entry_id", "registry_entry"),
        refers("expediente_id", "expediente"),
        one_of("state", DraftState, "state"),
    )


class DraftFile(EntityRow, Base):
    """A file attached to a draft: a document of the person that is in no expediente until filed."""

    __tablename__ = "draft_file"
    draft_id: Mapped[UUID]
    key: Mapped[str]
    document_id: Mapped[UUID]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    added_at: Mapped[datetime]

    __table_args__ = (
        Index(None, "entity_id", "draft_id"),
        refers("draft_id", "draft"),
        refers("document_id", "document"),
    )
