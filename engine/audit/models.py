"""Tables of the record (RD 311/2022, op.exp.8): insert and read only for the application's role."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned, EntityRow

APPEND_ONLY_TABLES = (
    "audit_event",
    "audit_leaf",
    "audit_tile",
    "audit_checkpoint",
    "checkpoint_stamp",
)


class AuditEvent(EntityRow, Base):
    """One event: its canonical bytes are the source of truth, the other columns repeat them for search.

    leaf: SHA-256(0x00 ‖ body), the leaf hash of RFC 6962.
    """

    __tablename__ = "audit_event"
    at: Mapped[datetime]
    type: Mapped[str]
    result: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    object_kind: Mapped[str | None]
    object_id: Mapped[str | None]
    expediente_id: Mapped[UUID | None]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index(None, "entity_id", "at"),
        Index(None, "entity_id", "object_kind", "object_id", "at"),
        Index(None, "entity_id", "expediente_id", "at"),
        Index(None, "entity_id", "actor_id", "at"),
    )


class AuditLeaf(EntityOwned, Base):
    """The place of an event in the tree: `idx` counts from 0 without gap, per entity."""

    __tablename__ = "audit_leaf"
    idx: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID]
    leaf: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (UniqueConstraint("entity_id", "event_id"),)


class AuditTile(EntityOwned, Base):
    """The root of a complete subtree of 256 leaves: tile `number` covers 256·number to 256·number+255.

    A proof reads one tile of leaves and these roots, not the whole log.
    """

    __tablename__ = "audit_tile"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)


class AuditCheckpoint(EntityOwned, Base):
    """A signed size and root of the tree.

    frontier: the hashes of the complete subtrees, 32 bytes each, largest first;
    note: a C2SP checkpoint.
    """

    __tablename__ = "audit_checkpoint"
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    root: Mapped[bytes] = mapped_column(LargeBinary)
    frontier: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str]


class AuditPersonalData(EntityOwned, Base):
    """Personal values of an event, kept beside the record so that they can be erased.

    The event's body holds only SHA-256(salt ‖ value), so erasing this row ends any guessing.
    """

    __tablename__ = "audit_personal_data"
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    value: Mapped[str]
