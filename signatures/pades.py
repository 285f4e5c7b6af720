"""PAdES signatures (ETSI EN 319 142-1): levels B, T and LT, several on one document.

A time-stamp service that fails lowers the level and says so: the act is never lost.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from asn1crypto import crl as asn1_crl
from cryptography import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko_certvalidator import ValidationContext

from signatures.keys import SigningKey, to_asn1


class Level(StrEnum):
    """The baseline levels of PAdES."""

    B = "B"
    T = "T"
    LT = "LT"


class PdfSigningError(ValueError):
    """The PDF cannot be signed: it is broken, encrypted, or its author forbade changes."""


@dataclass(frozen=True)
class SignedPdf:
    """A signed document and the level it reached; `degraded` says why it is not the asked one."""

    data: bytes
    level: Level
    degraded: str | None = None


@dataclass(frozen=True)
class RevocationMaterial:
    """What a signature of level LT carries along: trusted roots and CRLs in DER.

    at: the instant for which the certificates are judged, when it is not the computer's.
    """

    roots: Sequence[x509.Certificate]
    others: Sequence[x509.Certificate]
    crls: Sequence[bytes]
    at: datetime | None = None


def sign_pdf(
    pdf: bytes,
    key: SigningKey,
    *,
    level: Level = Level.B,
    stamper: TimeStamper | None = None,
    revocation: RevocationMaterial | None = None,
    reason: str = "",
    location: str = "",
    name: str = "",
    field: str = "Firma1",
    last: bool = False,
    at: datetime | None = None,
) -> SignedPdf:
    """Sign a PDF.

    at: the time of signing that the signature claims: that of `revocation`, or the computer's;
    last: forbid later changes other than signatures; the first signature of a document may set it.
    Raises PdfSigningError. When the time stamp or the revocation data cannot be had, the signature
    is made at a lower level and `degraded` says why.
    """
    wanted = level
    failure: str | None = None
    claimed = at or (revocation.at if revocation is not None else None)
    for attempt in _descending(wanted):
        if attempt is not Level.B and stamper is None:
            failure = failure or "no hay servicio de sellado de tiempo"
            continue
        if attempt is Level.LT and revocation is None:
            failure = failure or "no hay datos de revocación"
            continue
        try:
            data = _sign(
                pdf, key, attempt, stamper, revocation, reason, location, name, field, last, claimed
            )
        except TimestampRequestError as error:
            failure = f"el servicio de sellado de tiempo no responde ({error})"
            continue
        except (PdfError, ValueError, KeyError) as error:
            raise PdfSigningError(f"El PDF no se puede firmar: {error}") from error
        return SignedPdf(data, attempt, failure if attempt is not wanted else None)
    raise PdfSigningError("El PDF no se puede firmar.")


def _descending(level: Level) -> Sequence[Level]:
    order = [Level.LT, Level.T, Level.B]
    return order[order.index(level) :]


def _sign(
    pdf: bytes,
    key: SigningKey,
    level: Level,
    stamper: TimeStamper | None,
    revocation: RevocationMaterial | None,
    reason: str,
    location: str,
    name: str,
    field: str,
    last: bool,
    at: datetime | None,
) -> bytes:
    metadata = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        reason=reason or None,
        location=location or None,
        name=name or None,
        certify=last,
        docmdp_permissions=MDPPerm.FILL_FORMS,
        embed_validation_info=level is Level.LT,
        validation_context=(
            validation_context(revocation) if level is Level.LT and revocation else None
        ),
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    signer = _ClockedSigner(metadata, key.signer, timestamper=None if level is Level.B else stamper)
    signer.at = at
    return bytes(signer.sign_pdf(writer).getbuffer())


class _ClockedSigner(signers.PdfSigner):
    """pyHanko's signer with a clock from outside."""

    at: datetime | None = None

    def init_signing_session(
        self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False
    ) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        if self.at is not None:
            session.system_time = self.at
        return session


def validation_context(material: RevocationMaterial) -> ValidationContext:
    """pyHanko's context for these roots and CRLs, at the instant of the material."""
    return ValidationContext(
        moment=material.at,
        trust_roots=[to_asn1(root) for root in material.roots],
        other_certs=[to_asn1(certificate) for certificate in material.others],
        crls=[asn1_crl.CertificateList.load(crl) for crl in material.crls],
        allow_fetching=False,
        revocation_mode="hard-fail" if material.crls else "soft-fail",
    )
