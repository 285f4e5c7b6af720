"""The payment gateway: where a person is sent to pay, and what it tells the town hall afterwards."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import rfc8785

from engine.errors import BadInput
from engine.installation_key import installation_key
from engine.money import parse_decimal
from engine.payments.models import PaymentAttempt
from engine.townhall import TownHall

GATEWAY_PART = "payment_gateway"
READER_PART = "payment_notices"
_MAX_BODY = 4096
_MAX_TEXT = 100


class Outcome(StrEnum):
    """What the gateway says of an attempt."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class PaymentGateway(Protocol):
    """`townhall.parts["payment_gateway"]`.

    origin: scheme and host of its pages, for the policy of the page whose form leads there; empty
    when they are this application's own.
    """

    origin: str

    def start_url(self, attempt: PaymentAttempt, return_url: str) -> str:
        """Where the person's browser goes to pay; it comes back to `return_url` afterwards."""
        ...


@dataclass(frozen=True)
class Notice:
    """What the gateway says: of which attempt, what was charged (euros), with which number of its own."""

    reference: str
    outcome: Outcome
    amount: Decimal
    gateway_code: str


@dataclass(frozen=True)
class SignedNotice:
    """A notice as it came: its bytes and the signature in hexadecimal."""

    body: bytes
    signature: str


class NoticeReader(Protocol):
    """`townhall.parts["payment_notices"]`: how a gateway's notices are checked and understood."""

    def read(self, signed: SignedNotice) -> Notice:
        """The notice; raises BadInput when the signature is not the gateway's."""
        ...


class SignedNotices:
    """Notices signed with HMAC-SHA256 over their canonical JSON (RFC 8785)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, notice: Notice) -> SignedNotice:
        """The notice as a gateway that holds the key sends it."""
        body: bytes = rfc8785.dumps(
            {
                "reference": notice.reference,
                "outcome": notice.outcome.value,
                "amount": str(notice.amount),
                "gateway_code": notice.gateway_code,
            }
        )
        return SignedNotice(body, self._signature(body))

    def read(self, signed: SignedNotice) -> Notice:
        """The notice; the signature is checked before anything in it is looked at."""
        expected = self._signature(signed.body).encode("ascii")
        given = signed.signature.encode("utf-8", "replace")
        if len(signed.body) > _MAX_BODY or not hmac.compare_digest(expected, given):
            raise BadInput("El aviso de la pasarela de pago no lleva una firma válida.")
        try:
            fields = json.loads(signed.body)
            notice = Notice(
                reference=_short(fields["reference"]),
                outcome=Outcome(fields["outcome"]),
                amount=parse_decimal(fields["amount"]),
                gateway_code=_short(fields["gateway_code"]),
            )
        except (ValueError, KeyError, TypeError):
            raise BadInput("El aviso de la pasarela de pago no se entiende.") from None
        return notice

    def _signature(self, body: bytes) -> str:
        return hmac.new(self._key, body, hashlib.sha256).hexdigest()


def _short(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
        raise ValueError("not a short text")
    return value


def signed_notices(townhall: TownHall) -> SignedNotices:
    """The notices that this installation's own key signs: the demonstration's gateway uses them."""
    key = installation_key(
        townhall.settings, purpose="andecha payment notices v1", file_name="payment_notices.key"
    )
    return SignedNotices(key)


def notice_reader(townhall: TownHall) -> NoticeReader:
    """How the notices of the installation's gateway are read, made once."""
    reader: NoticeReader | None = townhall.parts.get(READER_PART)
    if reader is None:
        reader = townhall.parts[READER_PART] = signed_notices(townhall)
    return reader
