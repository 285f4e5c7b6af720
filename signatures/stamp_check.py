"""Judge an RFC 3161 token: its own path, apart from what made it, with asn1crypto and cryptography alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

_MAX_TOKEN_BYTES = 100_000
_MAX_CHAIN = 8
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class StampError(ValueError):
    """The token does not prove what it should; the message says why, in Spanish."""


@dataclass(frozen=True)
class Stamp:
    """What a good token says: the instant, who says it and with which certificate."""

    at: datetime
    authority: str
    certificate: x509.Certificate


def check_stamp(token: bytes, data: bytes, roots: Sequence[x509.Certificate]) -> Stamp:
    """The time stamp over `data` under one of the trusted roots; raises StampError.

    Checked in this order: shape, message imprint, the time-stamping certificate, the signed
    attributes, the signature, and the chain to a root at the instant of the stamp.
    """
    try:
        return _check(token, data, roots)
    except (ValueError, TypeError, KeyError, IndexError, UnsupportedAlgorithm) as error:
        if isinstance(error, StampError):
            raise
        raise StampError("el sello de tiempo no se puede leer") from error


def _check(token: bytes, data: bytes, roots: Sequence[x509.Certificate]) -> Stamp:
    if len(token) > _MAX_TOKEN_BYTES:
        raise StampError("el sello de tiempo es demasiado grande")
    content = cms.ContentInfo.load(token, strict=True)
    if content["content_type"].native != "signed_data":
        raise StampError("no es un sello de tiempo")
    signed = content["content"]
    encapsulated = signed["encap_content_info"]
    if encapsulated["content_type"].native != "tst_info" or len(signed["signer_infos"]) != 1:
        raise StampError("no es un sello de tiempo")
    content_bytes = bytes(encapsulated["content"])
    info = tsp.TSTInfo.load(content_bytes, strict=True)
    _check_imprint(info["message_imprint"], data)
    signer = signed["signer_infos"][0]
    certificates = [
        x509.load_der_x509_certificate(item.chosen.dump())
        for item in signed["certificates"]
        if item.name == "certificate"
    ]
    certificate = _signer_certificate(signer, certificates)
    _check_usage(certificate)
    attributes = _check_attributes(signer, content_bytes, certificate)
    _check_signature(signer, attributes, certificate)
    at: datetime = info["gen_time"].native
    _check_chain(certificate, certificates, roots, at)
    return Stamp(at, certificate.subject.rfc4514_string(), certificate)


def _check_imprint(imprint: tsp.MessageImprint, data: bytes) -> None:
    algorithm = imprint["hash_algorithm"]["algorithm"].native
    if algorithm not in _HASHES:
        raise StampError("el sello de tiempo usa una función de resumen débil")
    if imprint["hashed_message"].native != hashlib.new(algorithm, data).digest():
        raise StampError("el sello de tiempo es de otro contenido")


def _signer_certificate(
    signer: cms.SignerInfo, certificates: Sequence[x509.Certificate]
) -> x509.Certificate:
    sid = signer["sid"]
    if sid.name != "issuer_and_serial_number":
        raise StampError("el sello de tiempo no dice quién lo firma")
    serial = sid.chosen["serial_number"].native
    issuer = sid.chosen["issuer"].dump()
    for certificate in certificates:
        if certificate.serial_number == serial and certificate.issuer.public_bytes() == issuer:
            return certificate
    raise StampError("el sello de tiempo no lleva el certificado de quien lo firma")


def _check_usage(certificate: x509.Certificate) -> None:
    """RFC 3161 section 2.3: the extended key usage is time stamping, alone and critical."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        usage = None
    if (
        usage is None
        or not usage.critical
        or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]
    ):
        raise StampError("quien firma no es una autoridad de sellado de tiempo")


def _check_attributes(
    signer: cms.SignerInfo, content: bytes, certificate: x509.Certificate
) -> bytes:
    """The signed attributes name this content and this certificate; returns their signed bytes."""
    values = {item["type"].native: item["values"] for item in signer["signed_attrs"]}
    digest = signer["digest_algorithm"]["algorithm"].native
    if digest not in _HASHES:
        raise StampError("el sello de tiempo usa una función de resumen débil")
    if (
        values["content_type"][0].native != "tst_info"
        or values["message_digest"][0].native != hashlib.new(digest, content).digest()
    ):
        raise StampError("el contenido del sello de tiempo ha sido modificado")
    if not _names_certificate(values, certificate):
        raise StampError("el sello de tiempo nombra otro certificado")
    signed: bytes = signer["signed_attrs"].untag().dump(force=True)
    return signed


def _names_certificate(values: dict[str, core.SetOf], certificate: x509.Certificate) -> bool:
    """ESSCertIDv2 (RFC 5816) or the older ESSCertID, that many services still write."""
    if "signing_certificate_v2" in values:
        first = values["signing_certificate_v2"][0]["certs"][0]
        wanted = first["hash_algorithm"]["algorithm"].native
        if wanted not in _HASHES:
            return False
        named: bytes = first["cert_hash"].native
        return named == certificate.fingerprint(_HASHES[wanted]())
    if "signing_certificate" in values:
        named = values["signing_certificate"][0]["certs"][0]["cert_hash"].native
        return named == certificate.fingerprint(hashes.SHA1())  # noqa: S303 - RFC 3161 asks for it
    return False


def _check_signature(
    signer: cms.SignerInfo, attributes: bytes, certificate: x509.Certificate
) -> None:
    digest = signer["digest_algorithm"]["algorithm"].native
    mechanism = signer["signature_algorithm"]
    key, signature = certificate.public_key(), signer["signature"].native
    try:
        algorithm = _HASHES[
            mechanism.hash_algo if mechanism["algorithm"].native != "rsassa_pkcs1v15" else digest
        ]()
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, attributes, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey) and mechanism.signature_algo == "rsassa_pkcs1v15":
            key.verify(signature, attributes, padding.PKCS1v15(), algorithm)
        else:
            raise StampError("el sello de tiempo usa un algoritmo que no se admite")
    except InvalidSignature:
        raise StampError("la firma del sello de tiempo no es válida") from None


def _check_chain(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime,
) -> None:
    """From the certificate to a trusted root, each one in force at the instant of the stamp."""
    current = certificate
    for _ in range(_MAX_CHAIN):
        if not current.not_valid_before_utc <= at <= current.not_valid_after_utc:
            raise StampError("el certificado del sello de tiempo no estaba en vigor en ese momento")
        if current in roots:
            return
        above = next(
            (item for item in (*roots, *others) if item != current and _issued(current, item)), None
        )
        if above is None:
            break
        current = above
    raise StampError("el sello de tiempo no es de una autoridad de confianza")


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether `issuer` is an authority and signed the certificate."""
    try:
        if not issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        certificate.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature):
        return False
    return True
