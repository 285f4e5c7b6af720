"""With what an invoice is checked: the same for every rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from engine.finance.invoices.findings import Channel, Finding
from engine.finance.invoices.model import Invoice


@dataclass(frozen=True)
class Context:
    """With what an invoice is checked."""

    channel: Channel
    today: date
    buyer_nif: str | None
    buyer_name: str


Check = Callable[[Invoice, Context], Iterator[Finding]]
