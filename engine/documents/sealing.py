"""The organ's seal and the officials' signatures on PDFs, with the keys of the town hall (PAdES).

The time-stamp authority may be silent: the act is signed all the same at the level that could be
had, and it is raised later. Never called inside a transaction.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from engine.documents.codes import SignatureKind
from engine.documents.late_stamp import NoTimeStampError, add_late_stamp
from engine.errors import ConfigurationError, RuleBroken
from engine.townhall import TownHall

if TYPE_CHECKING:
    from cryptography import x509
    from pyhanko.sign.timestamps import TimeStamper

    from signatures.keys import SigningKey
    from signatures.pades import RevocationMaterial

KEYS_PART = "keys"
_log = logging.getLogger(__name__)


class TownKeys(Protocol):
    """`townhall.parts["keys"]`: the keys by purpose, of the room above."""

    def seal(self) -> SigningKey: ...

    def official(self, official_id: UUID) -> SigningKey: ...

    def time_stamper(self) -> TimeStamper | None: ...

    def trust_roots(self) -> Sequence[x509.Certificate]: ...

    def revocation(self) -> RevocationMaterial | None: ...


@dataclass(frozen=True)
class SignedFile:
    """Signed bytes and what their signature is.

    level: B, T or LT of PAdES; upgrade_pending: a higher level was wanted and could not be had.
    """

    data: bytes
    kind: SignatureKind
    level: str
    signer_name: str
    certificate: str
    signed_at: datetime
    upgrade_pending: bool


@dataclass(frozen=True)
class RaisedFile:
    """Bytes whose signatures have now a time stamp, and the level that they have reached."""

    data: bytes
    level: str


def town_keys(townhall: TownHall) -> TownKeys:
    """The keys of the town hall; raises ConfigurationError when none were assembled."""
    keys: TownKeys | None = townhall.parts.get(KEYS_PART)
    if keys is None:
        raise ConfigurationError("El ayuntamiento no tiene claves: revise la carpeta de claves.")
    return keys


def seal_pdf(townhall: TownHall, pdf: bytes) -> SignedFile:
    """The organ's seal (art. 42.a of Ley 40/2015); later signatures of people stay possible."""
    return _sign(townhall, pdf, town_keys(townhall).seal(), "Sello electrónico del órgano")


def sign_pdf(townhall: TownHall, pdf: bytes, official_id: UUID, reason: str) -> SignedFile:
    """The signature of an official with their own certificate (art. 43 of Ley 40/2015)."""
    return _sign(townhall, pdf, town_keys(townhall).official(official_id), reason)


def _sign(townhall: TownHall, pdf: bytes, key: SigningKey, reason: str) -> SignedFile:
    from signatures import pades

    keys = town_keys(townhall)
    try:
        signed = pades.sign_pdf(
            pdf,
            key,
            level=pades.Level.LT,
            stamper=keys.time_stamper(),
            revocation=keys.revocation(),
            reason=reason,
            location=townhall.settings.town.short_name,
            field=_next_field(pdf),
        )
    except pades.PdfSigningError as error:
        raise RuleBroken(
            "El documento no se puede firmar: su PDF está dañado o cerrado."
        ) from error
    if signed.degraded:
        _log.warning("signature at level %s: %s", signed.level, signed.degraded)
    return SignedFile(
        data=signed.data,
        kind=SignatureKind.PADES,
        level=signed.level.value,
        signer_name=common_name(key.certificate),
        certificate=fingerprint(key.certificate),
        signed_at=townhall.clock.now(),
        upgrade_pending=signed.degraded is not None,
    )


def _next_field(pdf: bytes) -> str:
    """The name of a signature field that the PDF does not have yet."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    reader = PdfFileReader(io.BytesIO(pdf), strict=False)
    return f"Firma{len(reader.embedded_signatures) + 1}"


def seal_detached(townhall: TownHall, data: bytes) -> bytes:
    """The organ's seal over any bytes: a detached CAdES in DER, time-stamped when that can be had."""
    from pyhanko.sign.timestamps.common_utils import TimestampRequestError

    keys = town_keys(townhall)
    try:
        return _cades(keys.seal(), data, keys.time_stamper())
    except TimestampRequestError as error:
        _log.warning("detached seal without time stamp: %s", error)
        return _cades(keys.seal(), data, None)


def _cades(key: SigningKey, data: bytes, stamper: TimeStamper | None) -> bytes:
    import asyncio

    signing = key.signer.async_sign_general_data(
        data, "sha256", detached=True, use_cades=True, timestamper=stamper
    )
    return bytes(asyncio.run(signing).dump())


def upgrade_pdf(townhall: TownHall, pdf: bytes) -> RaisedFile:
    """Add the time stamp that was missing; raises NoTimeStampError while no service answers."""
    keys = town_keys(townhall)
    stamper = keys.time_stamper()
    if stamper is None:
        raise NoTimeStampError("no time-stamp service is configured")
    return RaisedFile(*add_late_stamp(pdf, stamper, keys.revocation()))


def common_name(certificate: x509.Certificate) -> str:
    """The name that the certificate's subject says."""
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, in hexadecimal."""
    from cryptography.hazmat.primitives.hashes import SHA256

    return certificate.fingerprint(SHA256()).hex()
