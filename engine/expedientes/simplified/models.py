"""Table of the expedientes that are dealt with by the simplified procedure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of, refers


class SimplifiedState(StrEnum):
    """Agreed and not notified yet, counting its thirty days, or back in the ordinary procedure."""

    AGREED = "agreed"
    RUNNING = "running"
    ORDINARY = "ordinary"


class Simplification(EntityRow, Base):
    """That an expediente is dealt with by the simplified procedure, and why.

    ordinary: the columns of its term to resolve as they were before it was dated again, empty while
    they were not changed; ended_at, end_reason: when and why it went back; opposed: the person asked it.
    """

    __tablename__ = "simplification"
    expediente_id: Mapped[UUID]
    state: Mapped[str]
    reason: Mapped[str]
    opposable: Mapped[bool] = mapped_column(default=True)
    agreed_at: Mapped[datetime]
    notified_at: Mapped[datetime | None]
    ordinary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(default="")
    opposed: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index(None, "entity_id", "expediente_id"),
        Index(
            "ix_simplification_standing",
            "entity_id",
            "expediente_id",
            unique=True,
            postgresql_where=text("state <> 'ordinary'"),
        ),
        refers("expediente_id", "expediente"),
        one_of("state", SimplifiedState, "state"),
    )
