"""Published versions of procedures: immutable, whole, independent of the disk they came from."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of


class VersionState(StrEnum):
    """Only a published version opens new expedientes; a retired one serves those that it began."""

    PUBLISHED = "published"
    RETIRED = "retired"


class ProcedureVersion(EntityRow, Base):
    """One version of a procedure: all the files of its package, by name."""

    __tablename__ = "procedure_version"
    key: Mapped[str]
    version: Mapped[int]
    title: Mapped[str]
    state: Mapped[str]
    sha256: Mapped[str]
    metadata_json: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "key", "version"),
        Index(
            "uq_procedure_version_one_published",
            "entity_id",
            "key",
            unique=True,
            postgresql_where=text("state = 'published'"),
        ),
        one_of("state", VersionState, "state"),
    )


class ProcedureFile(EntityRow, Base):
    """A file of a published version: the model, the form, a decision, a document template."""

    __tablename__ = "procedure_file"
    key: Mapped[str]
    version: Mapped[int]
    name: Mapped[str]
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (UniqueConstraint("entity_id", "key", "version", "name"),)
