"""Changes of keys: a certificate enters into force, another retires, one is revoked, one is about to end.

The life of a key is recorded event by event (RD 311/2022, op.exp.10).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from engine.errors import BadInput, RuleBroken
from engine.keys.models import Certificate, CertificateState, Purpose
from engine.operation import Act, operation

if TYPE_CHECKING:
    from cryptography import x509

_BASIS = "RD 311/2022, op.exp.10"


@operation("keys.register_certificate", basis=_BASIS)
def register_certificate(
    act: Act,
    *,
    purpose: Purpose,
    holder: str,
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate],
    key_file: str,
) -> Certificate:
    """Put a certificate into force; the one that signed before for this purpose and holder retires.

    chain: the certificates above it, the issuer's first; key_file: a name inside the keys folder.
    Raises BadInput for a certificate that has ended, RuleBroken for one registered before.
    """
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    fingerprint = certificate.fingerprint(SHA256()).hex()
    act.about("certificate", fingerprint)
    if certificate.not_valid_after_utc <= act.now:
        raise BadInput("El certificado ya ha caducado: pida otro.")
    if "/" in key_file or key_file.startswith("."):
        raise BadInput("El fichero de clave se nombra sin carpeta.")
    known = act.session.scalar(select(Certificate).where(Certificate.fingerprint == fingerprint))
    if known is not None:
        raise RuleBroken("Ese certificado ya está registrado.")
    replaced = _retire_active(act, purpose, holder)
    row = Certificate(
        purpose=purpose.value,
        holder=holder,
        subject=certificate.subject.rfc4514_string(),
        pem="".join(item.public_bytes(Encoding.PEM).decode() for item in (certificate, *chain)),
        fingerprint=fingerprint,
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
        key_file=key_file,
        registered_at=act.now,
    )
    act.session.add(row)
    act.session.flush()
    act.note(purpose=purpose, valid_to=row.valid_to, replaces=replaced)
    if purpose is Purpose.OFFICIAL:
        act.note(official=holder)
    return row


def _retire_active(act: Act, purpose: Purpose, holder: str) -> str | None:
    """Retire what signs now for the slot; returns its fingerprint."""
    row = act.session.scalar(
        select(Certificate)
        .where(
            Certificate.purpose == purpose.value,
            Certificate.holder == holder,
            Certificate.state == CertificateState.ACTIVE.value,
        )
        .with_for_update()
    )
    if row is None:
        return None
    _end(act, row, CertificateState.RETIRED)
    return row.fingerprint


def _end(act: Act, row: Certificate, state: CertificateState) -> None:
    row.state, row.ended_at = state.value, act.now
    act.session.flush()


@operation("keys.retire", basis=_BASIS)
def retire(act: Act, *, certificate_id: UUID, reason: str) -> None:
    """Stop signing with a certificate; what it signed stays good. Raises RuleBroken, NotFound."""
    row = act.lock(Certificate, certificate_id)
    act.about("certificate", row.fingerprint)
    act.because(reason)
    if row.state != CertificateState.ACTIVE:
        raise RuleBroken("Ese certificado ya no firma.")
    _end(act, row, CertificateState.RETIRED)
    act.note(purpose=row.purpose)


@operation("keys.revoke", basis=_BASIS)
def revoke(act: Act, *, certificate_id: UUID, reason: str) -> None:
    """Note that a certificate was revoked by its authority. Raises RuleBroken, NotFound."""
    row = act.lock(Certificate, certificate_id)
    act.about("certificate", row.fingerprint)
    act.because(reason)
    if row.state == CertificateState.REVOKED:
        raise RuleBroken("Ese certificado ya consta como revocado.")
    _end(act, row, CertificateState.REVOKED)
    act.note(purpose=row.purpose)


@operation("keys.warn_expiry", basis=_BASIS)
def warn_expiry(act: Act, *, certificate_id: UUID, days: int) -> None:
    """Leave an alarm that a certificate ends within so many days; once for each threshold."""
    row = act.lock(Certificate, certificate_id)
    act.about("certificate", row.fingerprint)
    if row.warned_days is not None and row.warned_days <= days:
        raise RuleBroken("Ya se había avisado.")
    row.warned_days = days
    act.note(purpose=row.purpose, within_days=days, valid_to=row.valid_to)
