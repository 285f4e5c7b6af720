"""The table of certificates (RD 311/2022, op.exp.10). Private keys are never in the database."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of


class Purpose(StrEnum):
    """What a key may be used for, and nothing else."""

    SEAL = "seal"
    OFFICIAL = "official"
    TIME_STAMPING = "time_stamping"


class CertificateState(StrEnum):
    """Active signs; retired only helps to verify what it signed; revoked is not to be trusted since."""

    ACTIVE = "active"
    RETIRED = "retired"
    REVOKED = "revoked"


class Certificate(EntityRow, Base):
    """A certificate and the name of the file with its private key.

    holder: the organ of a seal, the id of an official, the town for a time-stamp authority;
    pem: the certificate and, after it, those above it, the issuer's first;
    fingerprint: SHA-256 of the certificate in hexadecimal;
    key_file: a name inside `settings.keys_dir`, an encrypted PKCS#8 PEM;
    warned_days: the last threshold at which its end was announced.
    """

    __tablename__ = "certificate"
    purpose: Mapped[str]
    holder: Mapped[str]
    subject: Mapped[str]
    pem: Mapped[str]
    fingerprint: Mapped[str]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime]
    key_file: Mapped[str]
    state: Mapped[str] = mapped_column(default=CertificateState.ACTIVE.value)
    registered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    warned_days: Mapped[int | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "fingerprint"),
        Index(
            "uq_certificate_active",
            "entity_id",
            "purpose",
            "holder",
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
        Index(None, "entity_id", "state", "valid_to"),
        one_of("purpose", Purpose, "purpose"),
        one_of("state", CertificateState, "state"),
    )
