"""What the town asks of a payment gateway. The demonstration's simulator and a bank's adapter fit it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from engine.errors import BadInput
from engine.ids import parse_id


@dataclass(frozen=True)
class PaymentNotice:
    """What a gateway says of an attempt; it may say it late and more than once."""

    attempt_id: UUID
    paid: bool
    amount: Decimal
    code: str


class Gateway(Protocol):
    """A payment gateway: where to send the person, and how to read what it tells us."""

    def payment_url(self, attempt_id: UUID, reference: str, amount: Decimal, back: str) -> str:
        """Where the person pays."""
        ...

    def read_notice(self, fields: dict[str, str]) -> PaymentNotice:
        """A notice whose signature was checked; raises BadInput for a forged or broken one."""
        ...


class SignedNotices:
    """Notices signed with HMAC-SHA-256 over their fields, as Spanish bank gateways do."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, attempt_id: UUID, paid: bool, amount: Decimal, code: str) -> dict[str, str]:
        """The fields of a notice, with their signature."""
        fields = {
            "attempt": str(attempt_id),
            "result": "paid" if paid else "refused",
            "amount": f"{amount:.2f}",
            "code": code,
        }
        return {**fields, "signature": self._mac(fields)}

    def read(self, fields: dict[str, str]) -> PaymentNotice:
        """The notice in `fields`; raises BadInput unless its signature and its parts are right."""
        names = ("attempt", "result", "amount", "code")
        plain = {name: fields.get(name, "") for name in names}
        if not hmac.compare_digest(self._mac(plain), fields.get("signature", "")):
            raise BadInput("La firma del aviso de pago no es válida.")
        attempt = parse_id(plain["attempt"])
        if attempt is None or plain["result"] not in ("paid", "refused"):
            raise BadInput("El aviso de pago no se entiende.")
        return PaymentNotice(
            attempt, plain["result"] == "paid", Decimal(plain["amount"]), plain["code"]
        )

    def _mac(self, fields: dict[str, str]) -> str:
        text = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()
