"""A late time stamp: what raises to T or LT a PAdES signature that was made without one.

A document time stamp over the signed PDF proves that the signature existed (ETSI EN 319 142-1,
clause 5.4.3); the revocation data goes before it in the document's security store.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from engine.errors import RuleBroken

if TYPE_CHECKING:
    from pyhanko.sign.timestamps import TimeStamper
    from pyhanko_certvalidator import ValidationContext

    from signatures.pades import RevocationMaterial


class NoTimeStampError(Exception):
    """No time-stamp service answers now."""


def add_late_stamp(
    pdf: bytes, stamper: TimeStamper, revocation: RevocationMaterial | None
) -> tuple[bytes, str]:
    """The PDF with a document time stamp, and the level that its signatures have reached.

    Raises NoTimeStampError while no service answers, RuleBroken when the PDF cannot be stamped.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.signers import PdfTimeStamper
    from pyhanko.sign.timestamps.common_utils import TimestampRequestError

    context = None if revocation is None else _context(revocation)
    try:
        prepared = pdf if context is None else _with_revocation(pdf, context)
        writer = IncrementalPdfFileWriter(io.BytesIO(prepared), strict=False)
        output = PdfTimeStamper(stamper).timestamp_pdf(writer, "sha256", context)
    except TimestampRequestError as error:
        raise NoTimeStampError(str(error)) from error
    except PdfError as error:
        raise RuleBroken("Al documento no se le puede añadir un sello de tiempo.") from error
    return output.getvalue(), "T" if revocation is None else "LT"


def _with_revocation(pdf: bytes, context: ValidationContext) -> bytes:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import add_validation_info

    for place in range(_count_signatures(pdf)):
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        signature = reader.embedded_regular_signatures[place]
        output = add_validation_info(signature, context, add_vri_entry=False)
        pdf = output.getvalue()
    return pdf


def _count_signatures(pdf: bytes) -> int:
    from pyhanko.pdf_utils.reader import PdfFileReader

    return len(PdfFileReader(io.BytesIO(pdf), strict=False).embedded_regular_signatures)


def _context(material: RevocationMaterial) -> ValidationContext:
    from asn1crypto import crl
    from pyhanko_certvalidator import ValidationContext

    from signatures.keys import to_asn1

    return ValidationContext(
        trust_roots=[to_asn1(root) for root in material.roots],
        other_certs=[to_asn1(certificate) for certificate in material.others],
        crls=[crl.CertificateList.load(item) for item in material.crls],
        allow_fetching=False,
        revocation_mode="hard-fail" if material.crls else "soft-fail",
    )
