"""Table of the warnings of expiry."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of, refers


class ExpiryState(StrEnum):
    """Warned and not notified yet, counting its three months, done by the person, or declared."""

    WARNED = "warned"
    COUNTING = "counting"
    DONE = "done"
    DECLARED = "declared"
    NOTIFIED = "notified"


_OVER = "state IN ('done', 'notified')"


class ExpiryWarning(EntityRow, Base):
    """That a person was warned that what they asked for will expire (art. 95.1).

    missing: what they have to do for it to go on; deadline_id: the three months, from its notice;
    ended_at, end_reason: when and why it was taken as done, or declared.
    """

    __tablename__ = "expiry_warning"
    expediente_id: Mapped[UUID]
    state: Mapped[str]
    missing: Mapped[str]
    warned_at: Mapped[datetime]
    notified_at: Mapped[datetime | None]
    deadline_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        Index(None, "entity_id", "expediente_id"),
        Index(
            "ix_expiry_warning_standing",
            "entity_id",
            "expediente_id",
            unique=True,
            postgresql_where=text(f"NOT ({_OVER})"),
        ),
        refers("expediente_id", "expediente"),
        refers("deadline_id", "deadline"),
        one_of("state", ExpiryState, "state"),
    )
