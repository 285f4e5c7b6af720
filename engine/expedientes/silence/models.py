"""The table of silences: what fell, when, with which sense, and its certificate."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of, refers


class SilenceEffect(StrEnum):
    """What the end of the maximum term without a notified resolution means.

    Granted or refused by silence (arts. 24 and 25.1.a), or the procedure expires (art. 25.1.b).
    """

    POSITIVE = "positive"
    NEGATIVE = "negative"
    EXPIRY = "expiry"


class Silence(EntityRow, Base):
    """The effect that the end of an expediente's maximum term had.

    fell_at: the instant after its last second, whenever it was written down (recorded_at);
    certificate_deadline_id: the fifteen days to issue the certificate; issued_at: when it was sealed;
    requested_at, request_entry_id: when the person asked for it, and the entry; annulled_at: the town
    had notified in time after all (art. 40.4), which it learnt later.
    """

    __tablename__ = "silence"
    expediente_id: Mapped[UUID]
    deadline_id: Mapped[UUID]
    effect: Mapped[str]
    article: Mapped[str]
    fell_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    certificate_id: Mapped[UUID | None]
    certificate_deadline_id: Mapped[UUID | None]
    issued_at: Mapped[datetime | None]
    requested_at: Mapped[datetime | None]
    requested_by: Mapped[UUID | None]
    request_entry_id: Mapped[UUID | None]
    annulled_at: Mapped[datetime | None]
    annulled_why: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        Index(
            "uq_silence_entity_id_expediente_id",
            "entity_id",
            "expediente_id",
            unique=True,
            postgresql_where=text("annulled_at IS NULL"),
        ),
        Index(None, "entity_id", "issued_at"),
        refers("expediente_id", "expediente"),
        refers("deadline_id", "deadline"),
        refers("certificate_id", "document"),
        refers("certificate_deadline_id", "deadline"),
        refers("request_entry_id", "registry_entry"),
        one_of("effect", SilenceEffect, "effect"),
    )
