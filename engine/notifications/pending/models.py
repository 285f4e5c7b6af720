"""The table of acts that wait to be notified."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from engine.db import Base, EntityRow, refers


class ActToNotify(EntityRow, Base):
    """An act whose notification has to leave within the term of art. 40.2.

    adopted_at: when it was signed; deadline_id: its term; notified_at: when its notification left.
    """

    __tablename__ = "act_to_notify"
    document_id: Mapped[UUID]
    expediente_id: Mapped[UUID]
    deadline_id: Mapped[UUID]
    adopted_at: Mapped[datetime]
    notified_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "document_id"),
        refers("document_id", "document"),
        refers("deadline_id", "deadline"),
    )
