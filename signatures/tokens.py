"""Compact signed tokens (JWS, RFC 7515) for evidence, such as a consent given on a page.

python-jose signs and verifies; everything that it would let pass is refused here first (RFC 8725):
the key decides the algorithm, never the token; the header has `alg`, `kid` and `typ` and nothing
else; there are no shared secrets, so that a public key cannot be taken for one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jose import jwk, jws
from jose.backends.cryptography_backend import CryptographyECKey, CryptographyRSAKey
from jose.exceptions import JOSEError

from signatures.keys import PrivateKey, SigningKey

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
CONSENT = "andecha-consent+jws"
MAX_BYTES = 8192
MINIMUM_RSA_BITS = 3072
CLOCK_SKEW = timedelta(seconds=60)
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384"}
_KEY_TYPES = {"ES256": "EC", "ES384": "EC", "RS256": "RSA"}
_HEADER = frozenset(["alg", "kid", "typ"])
_OURS = frozenset(["iss", "aud", "sub", "iat", "exp", "nbf"])
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_LAST_INSTANT = 253_402_300_799

_BACKENDS = {"EC": CryptographyECKey, "RSA": CryptographyRSAKey}
if any(jwk.get_key(name) is not _BACKENDS[kind] for name, kind in _KEY_TYPES.items()):
    raise ImportError("python-jose does not run on cryptography: install python-jose[cryptography]")


class TokenRefused(ValueError):
    """A token that is not accepted; the message says why, in Spanish, without its contents."""


class TokenKeyError(ValueError):
    """A key that may not sign or verify tokens; the message is for the operator."""


@dataclass(frozen=True)
class Claims:
    """What an accepted token says. `values` are its own claims, without the registered ones.

    `identifier` is its `jti`, if it has one: who may not accept a token twice keeps it.
    """

    issuer: str
    audience: str
    subject: str
    issued_at: datetime
    expires_at: datetime
    identifier: str | None
    values: Mapping[str, Any]


@dataclass(frozen=True)
class VerificationKey:
    """A public key with its one algorithm and the name by which tokens call it."""

    kid: str
    public: PublicKey

    def __post_init__(self) -> None:
        if not self.kid:
            raise TokenKeyError("La clave de verificación no tiene identificador (kid).")
        _algorithm(self.public)

    @property
    def algorithm(self) -> str:
        """ES256, ES384 or RS256, by the kind of key alone."""
        return _algorithm(self.public)

    @classmethod
    def from_pem(cls, pem: bytes, kid: str | None = None) -> VerificationKey:
        """A key in PEM (`BEGIN PUBLIC KEY`); raises TokenKeyError. DER and raw bytes are refused."""
        if not pem.startswith(b"-----BEGIN PUBLIC KEY-----"):
            raise TokenKeyError("La clave de verificación no es una clave pública en PEM.")
        try:
            public = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            raise TokenKeyError("La clave pública en PEM no se puede leer.") from None
        return cls(thumbprint(_accepted(public)) if kid is None else kid, _accepted(public))

    @classmethod
    def from_jwk(cls, described: Mapping[str, Any]) -> VerificationKey:
        """A public JWK with `kty`, `alg` and `kid` (RFC 7517); raises TokenKeyError."""
        algorithm, kid = described.get("alg"), described.get("kid")
        if not isinstance(algorithm, str) or algorithm not in _KEY_TYPES:
            raise TokenKeyError("El algoritmo (alg) del JWK tiene que ser ES256, ES384 o RS256.")
        if described.get("kty") != _KEY_TYPES[algorithm]:
            raise TokenKeyError("El tipo (kty) del JWK no es el de su algoritmo.")
        if not isinstance(kid, str) or not kid:
            raise TokenKeyError("El JWK no tiene identificador (kid).")
        if described.get("use", "sig") != "sig" or "d" in described:
            raise TokenKeyError("El JWK no es una clave pública de firma.")
        try:
            public = jwk.construct(dict(described), algorithm).prepared_key  # type: ignore[attr-defined]
        except (JOSEError, ValueError, TypeError, KeyError, AttributeError):
            raise TokenKeyError("El JWK no se puede leer.") from None
        key = cls(kid, _accepted(public))
        if key.algorithm != algorithm:
            raise TokenKeyError("La curva (crv) del JWK no es la de su algoritmo.")
        return key

    def to_jwk(self) -> dict[str, str]:
        """The public JWK, to publish."""
        return {
            **_members(self.public),
            "alg": self.algorithm,
            "kid": self.kid,
            "use": "sig",
        }

    @cached_property
    def prepared(self) -> Any:
        """The key as python-jose holds it, made once."""
        return jwk.construct(self.public, self.algorithm)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Signer:
    """A private key that signs tokens with the one algorithm of its kind."""

    private: PrivateKey

    def __post_init__(self) -> None:
        _algorithm(self.private.public_key())

    @classmethod
    def of(cls, key: SigningKey) -> Signer:
        """The signer of a key of ours; raises TokenKeyError if it is weak or of another curve."""
        return cls(key.private)

    @cached_property
    def verification(self) -> VerificationKey:
        """The public half, named by its thumbprint (RFC 7638)."""
        public = self.private.public_key()
        return VerificationKey(thumbprint(public), public)

    @cached_property
    def prepared(self) -> Any:
        """The key as python-jose holds it, made once."""
        return jwk.construct(self.private, self.verification.algorithm)  # type: ignore[arg-type]


def seal_evidence(
    claims: Mapping[str, Any],
    *,
    issuer: str,
    audience: str,
    subject: str,
    now: datetime,
    key: Signer,
    lifetime: timedelta,
    typ: str = CONSENT,
) -> str:
    """A signed token with these claims; raises ValueError for what would not be accepted back."""
    taken = _OURS & claims.keys()
    if taken:
        raise ValueError(f"registered claims are not given by hand: {', '.join(sorted(taken))}")
    if not (issuer and audience and subject and typ):
        raise ValueError("issuer, audience, subject and typ are required")
    issued = int(now.timestamp())
    expires = int((now + lifetime).timestamp())
    if expires <= issued:
        raise ValueError("a token lives for a second at least")
    body = {
        **claims,
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "iat": issued,
        "exp": expires,
    }
    payload = json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    token = jws.sign(
        payload,
        key.prepared,
        headers={"typ": typ, "kid": key.verification.kid},
        algorithm=key.verification.algorithm,
    )
    if len(token) > MAX_BYTES:
        raise ValueError(f"a token has {MAX_BYTES} bytes at most: seal a hash of what is longer")
    return token


def read_evidence(
    token: str,
    *,
    keys: Collection[VerificationKey],
    issuer: str,
    audience: str,
    now: datetime,
    typ: str = CONSENT,
) -> Claims:
    """What a token says, if one of these keys signed it for this audience; raises TokenRefused."""
    header, body = _open(token)
    _check_header(header, typ)
    key = next((item for item in keys if item.kid == header["kid"]), None)
    if key is None:
        _refuse("no se conoce la clave que lo firma.")
    if header["alg"] != key.algorithm:
        _refuse("el algoritmo no es el de la clave.")
    try:
        jws.verify(token, key.prepared, [key.algorithm])
    except JOSEError:
        _refuse("la firma no es correcta.")
    return _claims(body, issuer, audience, now)


def thumbprint(public: PublicKey) -> str:
    """The name of a key: base64url of the SHA-256 of its canonical JWK (RFC 7638 section 3)."""
    text = json.dumps(_members(public), separators=(",", ":"), sort_keys=True)
    return _encode(hashlib.sha256(text.encode()).digest())


def _open(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the body of a token, before anything of it is believed."""
    if len(token) > MAX_BYTES:
        _refuse("es demasiado largo.")
    if not _COMPACT.fullmatch(token):
        _refuse("no tiene la forma de un testigo firmado.")
    header, body, signature = (_decode(part) for part in token.split("."))
    if not signature:
        _refuse("no tiene firma.")
    return _object(header), _object(body)


def _check_header(header: Mapping[str, Any], typ: str) -> None:
    if header.keys() != _HEADER:
        _refuse("su cabecera lleva algo que no se admite o le falta algo.")
    if not all(isinstance(value, str) for value in header.values()):
        _refuse("su cabecera no es correcta.")
    if header["typ"] != typ:
        _refuse("no es de la clase que se espera.")


def _claims(body: Mapping[str, Any], issuer: str, audience: str, now: datetime) -> Claims:
    if body.get("iss") != issuer:
        _refuse("no lo emitió quien debía.")
    if body.get("aud") != audience:
        _refuse("no es para este destinatario.")
    subject, identifier = body.get("sub"), body.get("jti")
    if not isinstance(subject, str) or not subject:
        _refuse("no dice de quién trata.")
    if identifier is not None and not isinstance(identifier, str):
        _refuse("su identificador no es correcto.")
    issued, expires = _instant(body, "iat"), _instant(body, "exp")
    if issued > now + CLOCK_SKEW or ("nbf" in body and _instant(body, "nbf") > now + CLOCK_SKEW):
        _refuse("su fecha está en el futuro.")
    if expires <= issued:
        _refuse("su plazo no es correcto.")
    if expires <= now:
        _refuse("ha caducado.")
    values = {name: value for name, value in body.items() if name not in _OURS | {"jti"}}
    return Claims(issuer, audience, subject, issued, expires, identifier, values)


def _instant(body: Mapping[str, Any], name: str) -> datetime:
    """Whole seconds since 1970, as an aware time in UTC."""
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LAST_INSTANT:
        _refuse("le falta su fecha o su caducidad.")
    return datetime.fromtimestamp(value, UTC)


def _object(data: bytes) -> dict[str, Any]:
    """A JSON object without repeated names, NaN or Infinity (RFC 8725 section 2.4)."""
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=_without_repeats, parse_constant=_no_constant
        )
    except TokenRefused:
        raise
    except (ValueError, RecursionError):
        _refuse("su contenido no se puede leer.")
    if not isinstance(value, dict):
        _refuse("su contenido no se puede leer.")
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("repite un dato.")
    return found


def _no_constant(_name: str) -> NoReturn:
    _refuse("su contenido no se puede leer.")


def _decode(part: str) -> bytes:
    """Base64url without padding, in its only spelling: no two texts are the same token."""
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        _refuse("no tiene la forma de un testigo firmado.")
    if _encode(data) != part:
        _refuse("no tiene la forma de un testigo firmado.")
    return data


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _algorithm(public: PublicKey) -> str:
    if isinstance(public, ec.EllipticCurvePublicKey):
        found = _CURVES.get(public.curve.name)
        if found is None:
            raise TokenKeyError("La curva de la clave no se admite: use P-256 o P-384.")
        return found
    if public.key_size < MINIMUM_RSA_BITS:
        raise TokenKeyError(
            f"La clave RSA es corta para testigos firmados: necesita {MINIMUM_RSA_BITS} bits."
        )
    return "RS256"


def _accepted(public: object) -> PublicKey:
    if not isinstance(public, PublicKey):
        raise TokenKeyError("La clave no es RSA ni de curva elíptica.")
    return public


def _members(public: PublicKey) -> dict[str, str]:
    """The members of a JWK that make the key (RFC 7518 sections 6.2.1 and 6.3.1)."""
    numbers = public.public_numbers()
    if isinstance(numbers, rsa.RSAPublicNumbers):
        return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    size = (numbers.curve.key_size + 7) // 8
    curve = f"P-{numbers.curve.key_size}"
    return {"kty": "EC", "crv": curve, "x": _number(numbers.x, size), "y": _number(numbers.y, size)}


def _number(value: int, size: int = 0) -> str:
    return _encode(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def _refuse(reason: str) -> NoReturn:
    raise TokenRefused(f"El testigo firmado no se acepta: {reason}")
