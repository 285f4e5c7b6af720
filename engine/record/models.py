"""Tables of the record at work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKeyConstraint, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned


class CheckpointStamp(EntityOwned, Base):
    """A time stamp over a checkpoint's note (RD 311/2022, mp.info.4); insert and read only.

    size: the checkpoint; token: RFC 3161, in DER, over the note's bytes in UTF-8;
    authority: the name of the time-stamping unit; at: the instant that the token says.
    """

    __tablename__ = "checkpoint_stamp"
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    token: Mapped[bytes] = mapped_column(LargeBinary)
    authority: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (
        ForeignKeyConstraint(
            ["entity_id", "size"], ["audit_checkpoint.entity_id", "audit_checkpoint.size"]
        ),
    )
