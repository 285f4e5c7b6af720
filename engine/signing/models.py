"""Tables of signing: the requests of signature, alone or as the steps of a circuit."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of, refers


class RequestState(StrEnum):
    """The life of a signature request.

    pending: it waits for its official; signing: the official decided, a job applies the signature;
    cancelled: another step of its circuit was refused, or the request was withdrawn.
    """

    PENDING = "pending"
    SIGNING = "signing"
    SIGNED = "signed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class SignatureRequest(EntityRow, Base):
    """That an official, or whoever holds a role in a unit, signs a document.

    circuit_id, step: the steps of a circuit are signed in order, equal steps in any order;
    excluded_ids: the officials who may not sign (four eyes: who drafted does not decide);
    shown_sha256: the bytes that the official saw when signing; they are the bytes that are signed;
    seal_after: the organ's seal is put over the signatures when the circuit ends;
    reference: the workflow signal that waits for the end of the circuit.
    """

    __tablename__ = "signature_request"
    document_id: Mapped[UUID]
    circuit_id: Mapped[UUID]
    step: Mapped[int]
    official_id: Mapped[UUID | None]
    role: Mapped[str | None]
    unit_id: Mapped[UUID | None]
    excluded_ids: Mapped[list[str]] = mapped_column(default=list)
    purpose: Mapped[str]
    state: Mapped[str]
    seal_after: Mapped[bool] = mapped_column(default=False)
    reference: Mapped[str | None]
    requested_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    shown_sha256: Mapped[str | None]
    reason: Mapped[str | None]
    failure: Mapped[str | None]

    __table_args__ = (
        Index(None, "entity_id", "circuit_id", "step"),
        Index(None, "entity_id", "state", "official_id"),
        Index(None, "entity_id", "state", "unit_id", "role"),
        Index(None, "entity_id", "document_id"),
        refers("document_id", "document"),
        refers("official_id", "official"),
        refers("unit_id", "unit"),
        refers("decided_by", "official"),
        one_of("state", RequestState, "state"),
        CheckConstraint("(official_id IS NULL) <> (role IS NULL)", name="one_signer"),
    )
