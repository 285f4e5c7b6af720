"""Signing keys: read from encrypted files (PKCS#8, PKCS#12) and kept as key objects.

Loading a key for every signature costs 3.5 times (PAdES) to 53 times (XAdES) the signature itself.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
MINIMUM_RSA_BITS = 2048
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class KeyFileError(ValueError):
    """A key file that cannot be opened or holds something weak; the message is for the operator."""


@dataclass(frozen=True)
class SigningKey:
    """A private key with its certificate and the certificates above it, the issuer's first."""

    private: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    def sign(self, data: bytes, digest: str = "sha256") -> bytes:
        """A raw signature: ECDSA in DER, or RSA PKCS#1 v1.5."""
        algorithm = _HASHES[digest]()
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(data, ec.ECDSA(algorithm))
        return self.private.sign(data, padding.PKCS1v15(), algorithm)

    @cached_property
    def signer(self) -> Signer:
        """The key as pyHanko's signer, without loading anything again."""
        return _KeySigner(self)

    @cached_property
    def asn1_certificate(self) -> asn1_x509.Certificate:
        return to_asn1(self.certificate)

    @cached_property
    def asn1_chain(self) -> tuple[asn1_x509.Certificate, ...]:
        return tuple(to_asn1(certificate) for certificate in self.chain)


class _KeySigner(Signer):
    """pyHanko's signer over a key object that is already in memory."""

    def __init__(self, key: SigningKey) -> None:
        registry = SimpleCertificateStore()
        registry.register_multiple(key.asn1_chain)
        super().__init__(
            prefer_pss=False,
            embed_roots=False,
            cert_registry=registry,
            signing_cert=key.asn1_certificate,
        )
        self._key = key

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        return self._key.sign(data, digest_algorithm)


def to_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """The same certificate as asn1crypto holds it."""
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def save_private(path: Path, private: PrivateKey, passphrase: bytes) -> None:
    """Write an encrypted PKCS#8 file, readable by its owner only, whole or not at all."""
    data = private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase)
    )
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)


def load_private(path: Path, passphrase: bytes) -> PrivateKey:
    """Read an encrypted PKCS#8 file; raises KeyFileError that says what is wrong with it."""
    try:
        private = load_pem_private_key(path.read_bytes(), passphrase)
    except FileNotFoundError:
        raise KeyFileError(f"No existe el fichero de clave {path}.") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFileError(f"No se puede abrir {path}: revise la contraseña.") from None
    return _strong(private, path)


def load_bundle(path: Path, passphrase: bytes) -> SigningKey:
    """Read the PKCS#12 file (.p12, .pfx) that an authority delivers; raises KeyFileError."""
    try:
        private, certificate, chain = pkcs12.load_key_and_certificates(
            path.read_bytes(), passphrase
        )
    except FileNotFoundError:
        raise KeyFileError(f"No existe el fichero de clave {path}.") from None
    except ValueError:
        raise KeyFileError(f"No se puede abrir {path}: revise la contraseña.") from None
    if certificate is None:
        raise KeyFileError(f"{path} no tiene un certificado.")
    return SigningKey(_strong(private, path), certificate, tuple(chain))


def _strong(private: object, path: Path) -> PrivateKey:
    if not isinstance(private, PrivateKey):
        raise KeyFileError(f"{path} no tiene una clave RSA o de curva elíptica.")
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size < MINIMUM_RSA_BITS:
        raise KeyFileError(f"La clave RSA de {path} es corta: necesita {MINIMUM_RSA_BITS} bits.")
    return private


def matches(private: PrivateKey, certificate: x509.Certificate) -> bool:
    """Whether the certificate is of this key."""
    return private.public_key() == certificate.public_key()
