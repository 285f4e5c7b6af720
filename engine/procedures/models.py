"""Tables of the catalogue: each published version of a procedure with its files, which never change."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned, EntityRow, refers


class ProcedureVersion(EntityRow, Base):
    """A published version. Drafts and expedientes keep the version with which they began."""

    __tablename__ = "procedure_version"
    key: Mapped[str]
    number: Mapped[int]
    title: Mapped[str]
    channel: Mapped[str]
    sha256: Mapped[str]
    published_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("entity_id", "key", "number"),)


class ProcedureFile(EntityOwned, Base):
    """A file of a published version, by its path inside the package."""

    __tablename__ = "procedure_file"
    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (refers("version_id", "procedure_version"),)
