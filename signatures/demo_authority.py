"""A certification authority for demonstrations and tests, made at run time and never kept in git.

Its certificates have the shape of the Spanish ones (organ seal, public employee, citizen, time
stamping), so that what reads them is what reads the real ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signatures.keys import SigningKey

SEAL_POLICY = "2.16.724.1.3.5.6.2"
EMPLOYEE_POLICY = "2.16.724.1.3.5.7.2"
CITIZEN_POLICY = "0.4.0.194112.1.0"
_ORGANISATION_ID = x509.ObjectIdentifier("2.5.4.97")
_ROOT_YEARS = 20
_LEAF_YEARS = 4
_CRL_DAYS = 365


@dataclass(frozen=True)
class Authority:
    """An issuing authority under its root."""

    root: x509.Certificate
    issuing: x509.Certificate
    issuing_key: ec.EllipticCurvePrivateKey
    made_at: datetime

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        return (self.issuing, self.root)

    def seal(self, *, organ: str, entity: str, nif: str) -> SigningKey:
        """An organ's electronic seal (art. 40 of Ley 40/2015)."""
        subject = [
            (NameOID.COUNTRY_NAME, "ES"),
            (NameOID.ORGANIZATION_NAME, entity),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, "SELLO ELECTRONICO"),
            (_ORGANISATION_ID, f"VATES-{nif}"),
            (NameOID.SERIAL_NUMBER, nif),
            (NameOID.COMMON_NAME, organ),
        ]
        alternative = [
            (f"{SEAL_POLICY}.1", "SELLO ELECTRONICO DE NIVEL MEDIO"),
            (f"{SEAL_POLICY}.2", entity),
            (f"{SEAL_POLICY}.3", nif),
            (f"{SEAL_POLICY}.5", organ),
        ]
        return self._leaf(subject, alternative, SEAL_POLICY)

    def employee(
        self,
        *,
        given: str,
        surnames: tuple[str, str],
        nif: str,
        entity: str,
        entity_nif: str,
        unit: str,
        post: str,
    ) -> SigningKey:
        """A public employee's certificate (art. 43 of Ley 40/2015)."""
        full = " ".join((given, *surnames)).strip()
        subject = [
            (NameOID.COUNTRY_NAME, "ES"),
            (NameOID.ORGANIZATION_NAME, entity),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, "CERTIFICADO ELECTRONICO DE EMPLEADO PUBLICO"),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            (_ORGANISATION_ID, f"VATES-{entity_nif}"),
            (NameOID.SERIAL_NUMBER, f"IDCES-{nif}"),
            (NameOID.SURNAME, " ".join(surnames).strip()),
            (NameOID.GIVEN_NAME, given),
            (NameOID.TITLE, post),
            (NameOID.COMMON_NAME, f"{full} - {nif}"[:64]),
        ]
        alternative = [
            (f"{EMPLOYEE_POLICY}.1", "CERTIFICADO ELECTRONICO DE EMPLEADO PUBLICO"),
            (f"{EMPLOYEE_POLICY}.2", entity),
            (f"{EMPLOYEE_POLICY}.3", entity_nif),
            (f"{EMPLOYEE_POLICY}.4", nif),
            (f"{EMPLOYEE_POLICY}.6", given),
            (f"{EMPLOYEE_POLICY}.7", surnames[0]),
            (f"{EMPLOYEE_POLICY}.8", surnames[1]),
            (f"{EMPLOYEE_POLICY}.10", unit),
            (f"{EMPLOYEE_POLICY}.11", post),
        ]
        return self._leaf(subject, alternative, EMPLOYEE_POLICY)

    def citizen(self, *, given: str, surnames: tuple[str, str], nif: str) -> SigningKey:
        """A natural person's certificate."""
        full = " ".join((given, *surnames)).strip()
        subject = [
            (NameOID.COUNTRY_NAME, "ES"),
            (NameOID.SERIAL_NUMBER, f"IDCES-{nif}"),
            (NameOID.SURNAME, " ".join(surnames).strip()),
            (NameOID.GIVEN_NAME, given),
            (NameOID.COMMON_NAME, f"{full} - {nif}"[:64]),
        ]
        return self._leaf(subject, [("1.3.6.1.4.1.5734.1.4", nif)], CITIZEN_POLICY)

    def time_stamping(self, *, entity: str) -> SigningKey:
        """A time-stamping unit's certificate (RFC 3161 section 2.3)."""
        subject = [
            (NameOID.COUNTRY_NAME, "ES"),
            (NameOID.ORGANIZATION_NAME, entity),
            (NameOID.COMMON_NAME, "Sellado de tiempo de demostración"),
        ]
        return self._leaf(subject, [], None, time_stamping=True)

    def revocation_list(
        self, at: datetime, revoked: Sequence[SigningKey] = (), *, number: int = 1
    ) -> bytes:
        """A CRL of the issuing authority, in DER, good for a year; each has a higher number."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.issuing.subject)
            .last_update(at)
            .next_update(at + timedelta(days=_CRL_DAYS))
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.issuing_key.public_key()),
                critical=False,
            )
        )
        for key in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(key.certificate.serial_number)
                .revocation_date(at)
                .build()
            )
        from cryptography.hazmat.primitives.serialization import Encoding

        return builder.sign(self.issuing_key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _leaf(
        self,
        subject: Sequence[tuple[x509.ObjectIdentifier, str]],
        alternative: Sequence[tuple[str, str]],
        policy: str | None,
        *,
        time_stamping: bool = False,
    ) -> SigningKey:
        private = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(
            _name(subject), self.issuing.subject, private.public_key(), self.made_at, _LEAF_YEARS
        )
        builder = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_documents=True), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.issuing_key.public_key()),
                critical=False,
            )
        )
        if time_stamping:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
            )
        if policy is not None:
            builder = builder.add_extension(
                x509.CertificatePolicies(
                    [x509.PolicyInformation(x509.ObjectIdentifier(policy), None)]
                ),
                critical=False,
            )
        if alternative:
            name = _name([(x509.ObjectIdentifier(oid), text) for oid, text in alternative if text])
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DirectoryName(name)]), critical=False
            )
        return SigningKey(private, builder.sign(self.issuing_key, hashes.SHA256()), self.chain)


def make_authority(at: datetime, *, name: str = "Andecha demostración") -> Authority:
    """A new root and a new issuing authority, valid from `at`."""
    root_key = ec.generate_private_key(ec.SECP384R1())
    issuing_key = ec.generate_private_key(ec.SECP384R1())
    root_name = _name([(NameOID.COUNTRY_NAME, "ES"), (NameOID.COMMON_NAME, f"Raíz {name}")])
    root = _authority_certificate(root_name, root_name, root_key, root_key, at, path_length=1)
    issuing = _authority_certificate(
        _name([(NameOID.COUNTRY_NAME, "ES"), (NameOID.COMMON_NAME, f"AC {name}")]),
        root_name,
        issuing_key,
        root_key,
        at,
        path_length=0,
    )
    return Authority(root, issuing, issuing_key, at)


def _authority_certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    at: datetime,
    *,
    path_length: int,
) -> x509.Certificate:
    return (
        _builder(subject, issuer, key.public_key(), at, _ROOT_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_key_usage(signs_documents=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA384())
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    at: datetime,
    years: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=365 * years))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, signs_documents: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs_documents,
        content_commitment=signs_documents,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs_documents,
        crl_sign=not signs_documents,
        encipher_only=False,
        decipher_only=False,
    )


def _name(parts: Sequence[tuple[x509.ObjectIdentifier, str]]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])
