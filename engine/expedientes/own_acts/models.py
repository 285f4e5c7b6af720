"""Table of the acts that the engine makes in an expediente, outside its process."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of, refers


class OwnActKind(StrEnum):
    """What an act does once it is notified."""

    SIMPLIFIED = "simplified"
    EXPIRY_WARNING = "expiry_warning"
    EXPIRY = "expiry"


class OwnAct(EntityRow, Base):
    """An act to be notified to the interested person when it is sealed.

    subject: what the notice says of it, without its sense; purpose: `resolution` for one that ends the
    maximum term; cause_id: the row of the room that asked for it; notified_at: when its notification
    ended and its effect began; dropped_at: when it was no longer needed, before it was notified.
    """

    __tablename__ = "own_act"
    expediente_id: Mapped[UUID]
    document_id: Mapped[UUID]
    kind: Mapped[str]
    subject: Mapped[str]
    purpose: Mapped[str]
    cause_id: Mapped[UUID]
    made_at: Mapped[datetime]
    notified_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None] = mapped_column(default=None)

    __table_args__ = (
        Index(None, "entity_id", "expediente_id"),
        Index(None, "entity_id", "cause_id"),
        Index(
            "ix_own_act_waiting",
            "entity_id",
            "made_at",
            postgresql_where=text("notified_at IS NULL AND dropped_at IS NULL"),
        ),
        refers("expediente_id", "expediente"),
        refers("document_id", "document"),
        one_of("kind", OwnActKind, "kind"),
    )
