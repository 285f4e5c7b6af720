"""The table of print batches."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from engine.db import Base, EntityRow, refers


class PrintBatch(EntityRow, Base):
    """The papers printed together. Its dispatches name it.

    count: how many; sha256, size: of the PDF of them all, None while it is being made.
    """

    __tablename__ = "print_batch"
    created_at: Mapped[datetime]
    official_id: Mapped[UUID | None]
    count: Mapped[int]
    sha256: Mapped[str | None]
    size: Mapped[int | None]
    ready_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "entity_id", "created_at"),
        refers("official_id", "official"),
    )
