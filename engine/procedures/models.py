"""Tables of the catalogue: each version of a procedure with its files, which never change once published."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned, EntityRow, one_of, refers


class VersionState(StrEnum):
    """A draft may change; a published version never does; a retired one begins nothing any more."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class ProcedureVersion(EntityRow, Base):
    """A version of a procedure. What began with one keeps it, whatever is published later.

    The database itself refuses to change one that is not a draft: engine/procedures/guards.py.
    """

    __tablename__ = "procedure_version"
    key: Mapped[str]
    number: Mapped[int]
    title: Mapped[str]
    channel: Mapped[str]
    sha256: Mapped[str]
    state: Mapped[str] = mapped_column(default=VersionState.DRAFT.value)
    saved_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "key", "number"),
        one_of("state", VersionState, "state"),
    )


class ProcedureFile(EntityOwned, Base):
    """A file of a version, by its path inside the package."""

    __tablename__ = "procedure_file"
    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (refers("version_id", "procedure_version"),)
