"""RFC 3161 time stamps: a local authority for demonstrations, and a client that tries several services."""

from __future__ import annotations

import secrets
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.hazmat.primitives import hashes
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

from signatures.keys import SigningKey

DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
DEMO_POLICY = "1.3.6.1.4.1.55555.1.1"
MAX_ANSWER_BYTES = 100_000
QUERY_TYPE = "application/timestamp-query"
REPLY_TYPE = "application/timestamp-reply"


class Answer(core.Sequence):
    """A time-stamp response; asn1crypto's own class does not know that a rejection has no token."""

    _fields: ClassVar[list[tuple[object, ...]]] = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class TimeStampAuthority:
    """Issues time-stamp tokens with a key of its own and an injected clock."""

    def __init__(self, key: SigningKey, now: Callable[[], datetime]) -> None:
        self._key = key
        self._now = now

    def answer(self, request: bytes) -> bytes:
        """The answer to a query in DER; a query that is not one is answered with a rejection."""
        try:
            query = tsp.TimeStampReq.load(request, strict=True)
            answer: bytes = self.respond(query).dump()
        except (ValueError, TypeError, KeyError):
            answer = _rejection("bad_data_format").dump()
        return answer

    def respond(self, query: tsp.TimeStampReq) -> Answer:
        """The answer to a parsed query."""
        imprint = query["message_imprint"]
        algorithm = imprint["hash_algorithm"]["algorithm"].native
        length = DIGEST_BYTES.get(algorithm)
        if length is None:
            return _rejection("bad_alg")
        if len(imprint["hashed_message"].native) != length:
            return _rejection("bad_data_format")
        info = {
            "version": "v1",
            "policy": DEMO_POLICY,
            "message_imprint": imprint,
            "serial_number": secrets.randbits(120) | 1 << 120,
            "gen_time": self._now().astimezone(UTC).replace(microsecond=0),
            "tsa": x509.GeneralName("directory_name", self._key.asn1_certificate.subject),
        }
        if query["nonce"].native is not None:
            info["nonce"] = query["nonce"]
        token = self._token(tsp.TSTInfo(info).dump())
        return Answer(
            {"status": tsp.PKIStatusInfo({"status": "granted"}), "time_stamp_token": token}
        )

    def _token(self, info: bytes) -> cms.ContentInfo:
        certificate = self._key.asn1_certificate
        attributes = cms.CMSAttributes(
            [
                _attribute("content_type", "tst_info"),
                _attribute("message_digest", _digest(info)),
                _attribute(
                    "signing_certificate_v2",
                    tsp.SigningCertificateV2(
                        {"certs": [tsp.ESSCertIDv2({"cert_hash": _digest(certificate.dump())})]}
                    ),
                ),
            ]
        )
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    {
                        "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                            {
                                "issuer": certificate.issuer,
                                "serial_number": certificate.serial_number,
                            }
                        )
                    }
                ),
                "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                "signed_attrs": attributes,
                "signature_algorithm": algos.SignedDigestAlgorithm(
                    {"algorithm": self._mechanism()}
                ),
                "signature": self._key.sign(attributes.dump()),
            }
        )
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
                "encap_content_info": cms.EncapsulatedContentInfo(
                    {
                        "content_type": "tst_info",
                        "content": core.ParsableOctetString(info),
                    }
                ),
                "certificates": [certificate, *self._key.asn1_chain],
                "signer_infos": [signer],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})

    def _mechanism(self) -> str:
        is_curve = self._key.asn1_certificate.public_key.algorithm == "ec"
        return "sha256_ecdsa" if is_curve else "sha256_rsa"

    def wsgi(
        self, environ: dict[str, object], start_response: Callable[..., object]
    ) -> list[bytes]:
        """The authority over HTTP (RFC 3161 section 3.4), as a WSGI application."""
        try:
            length = int(str(environ.get("CONTENT_LENGTH") or 0))
        except ValueError:
            length = 0
        if environ.get("CONTENT_TYPE") != QUERY_TYPE or not 0 < length <= MAX_ANSWER_BYTES:
            start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"Se espera una consulta RFC 3161.\n"]
        body = environ["wsgi.input"].read(length)  # type: ignore[attr-defined]
        start_response("200 OK", [("Content-Type", REPLY_TYPE)])
        return [self.answer(body)]


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": (value,)})


def _digest(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize()


def _rejection(reason: str) -> Answer:
    return Answer(
        {
            "status": tsp.PKIStatusInfo(
                {"status": "rejection", "fail_info": tsp.PKIFailureInfo({reason})}
            )
        }
    )


class LocalTimeStamper(TimeStamper):
    """pyHanko's time stamper over an authority in this process."""

    def __init__(self, authority: TimeStampAuthority) -> None:
        super().__init__(include_nonce=True)
        self._authority = authority

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return _granted(self._authority.respond(req).dump())


class RemoteTimeStamper(TimeStamper):
    """pyHanko's time stamper over HTTP services in order of preference: the first that answers serves."""

    def __init__(self, urls: Sequence[str], *, timeout: float = 5.0) -> None:
        super().__init__(include_nonce=True)
        self._urls = tuple(urls)
        self._timeout = timeout

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        failures = []
        for url in self._urls:
            try:
                return self._ask(url, req)
            except (OSError, ValueError) as error:
                failures.append(f"{url}: {error}")
        raise TimestampRequestError("no time-stamp service answers: " + "; ".join(failures))

    def _ask(self, url: str, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        if not url.startswith(("http://", "https://")):
            raise ValueError("a time-stamp service is an HTTP address")
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            url, data=req.dump(), headers={"Content-Type": QUERY_TYPE}
        )
        with urllib.request.urlopen(request, timeout=self._timeout) as answer:  # noqa: S310
            return _granted(answer.read(MAX_ANSWER_BYTES))


def _granted(answer: bytes) -> tsp.TimeStampResp:
    """The response as pyHanko wants it; raises ValueError for a rejection."""
    status = Answer.load(answer, strict=True)["status"]["status"].native
    if status not in ("granted", "granted_with_mods"):
        raise ValueError(f"the service answered «{status}»")
    return tsp.TimeStampResp.load(answer, strict=True)


def time_stamp(data: bytes, stamper: TimeStamper) -> bytes:
    """A token over `data`, in DER; raises TimestampRequestError when no service gives one."""
    import asyncio

    token: cms.ContentInfo = asyncio.run(stamper.async_timestamp(_digest(data), "sha256"))
    return bytes(token.dump())
