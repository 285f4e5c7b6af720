"""Reads of certificates: the one in force for a purpose, and those about to end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.keys.models import Certificate, CertificateState, Purpose


@dataclass(frozen=True)
class CertificateRow:
    """A certificate as lists and the key store see it; never its private key."""

    id: UUID
    purpose: Purpose
    holder: str
    subject: str
    pem: str
    fingerprint: str
    valid_from: datetime
    valid_to: datetime
    key_file: str
    state: CertificateState
    warned_days: int | None


def active(session: Session, purpose: Purpose, holder: str) -> CertificateRow | None:
    """The certificate that signs for a purpose and a holder now, or None."""
    row = session.scalar(
        select(Certificate).where(
            Certificate.purpose == purpose.value,
            Certificate.holder == holder,
            Certificate.state == CertificateState.ACTIVE.value,
        )
    )
    return None if row is None else _row(row)


def all_active(session: Session, purpose: Purpose) -> dict[str, CertificateRow]:
    """Every certificate in force for a purpose, by holder."""
    rows = session.scalars(
        select(Certificate).where(
            Certificate.purpose == purpose.value,
            Certificate.state == CertificateState.ACTIVE.value,
        )
    )
    return {row.holder: _row(row) for row in rows}


def expiring(session: Session, now: datetime, within: timedelta) -> tuple[CertificateRow, ...]:
    """The active certificates that end before `now + within`, those already ended too, soonest first."""
    rows = session.scalars(
        select(Certificate)
        .where(
            Certificate.state == CertificateState.ACTIVE.value,
            Certificate.valid_to < now + within,
        )
        .order_by(Certificate.valid_to, Certificate.id)
    )
    return tuple(_row(row) for row in rows)


def certificates(session: Session) -> tuple[CertificateRow, ...]:
    """Every certificate, also those that no longer sign, by purpose and holder, newest first."""
    rows = session.scalars(
        select(Certificate).order_by(
            Certificate.purpose, Certificate.holder, Certificate.registered_at.desc()
        )
    )
    return tuple(_row(row) for row in rows)


def _row(row: Certificate) -> CertificateRow:
    return CertificateRow(
        id=row.id,
        purpose=Purpose(row.purpose),
        holder=row.holder,
        subject=row.subject,
        pem=row.pem,
        fingerprint=row.fingerprint,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        key_file=row.key_file,
        state=CertificateState(row.state),
        warned_days=row.warned_days,
    )
