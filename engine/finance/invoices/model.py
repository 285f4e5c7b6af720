"""An invoice as we hold it, whatever format it came in: frozen values, amounts as Decimal from text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Party:
    """Seller, buyer or assignee. `person` is F or J; `number` as written in the invoice."""

    person: str
    residence: str
    number: str
    name: str
    surname: str
    corporate_name: str
    country: str
    path: str

    @property
    def shown(self) -> str:
        """The name as people read it."""
        return self.corporate_name or f"{self.name} {self.surname}".strip()


@dataclass(frozen=True)
class Centre:
    """An administrative centre of the buyer: role 01 accounting office, 02 managing body, 03 unit."""

    code: str
    role: str
    name: str
    path: str


@dataclass(frozen=True)
class Tax:
    """A tax line: rate in percent, base and amount in euros; None where the text was no number."""

    code: str
    rate: Decimal | None
    base: Decimal | None
    amount: Decimal | None
    surcharge: Decimal | None
    path: str


@dataclass(frozen=True)
class Line:
    """An invoice line. Quantity in its own unit, unit price in euros without tax."""

    number: int
    description: str
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None
    total_cost: Decimal | None
    discounts: tuple[Decimal, ...]
    charges: tuple[Decimal, ...]
    gross: Decimal | None
    contract_reference: str
    order_reference: str
    file_reference: str
    taxes: tuple[Tax, ...]
    path: str


@dataclass(frozen=True)
class Totals:
    """The totals as declared; None where absent or not a number."""

    gross: Decimal | None
    discounts: Decimal | None
    surcharges: Decimal | None
    before_taxes: Decimal | None
    taxes_out: Decimal | None
    taxes_withheld: Decimal | None
    invoice: Decimal | None
    outstanding: Decimal | None
    executable: Decimal | None
    subsidies: Decimal
    on_account: Decimal
    withheld: Decimal
    in_kind: Decimal
    reimbursable: Decimal
    financial: Decimal
    path: str


@dataclass(frozen=True)
class Correction:
    """What a corrective invoice says of the one that it corrects."""

    number: str
    series: str
    method: str
    path: str


@dataclass(frozen=True)
class Invoice:
    """One invoice of a file."""

    number: str
    series: str
    document_type: str
    invoice_class: str
    issued_on: date | None
    issued_text: str
    currency: str
    seller: Party
    buyer: Party
    assignee: Party | None
    centres: tuple[Centre, ...]
    correction: Correction | None
    lines: tuple[Line, ...]
    taxes_out: tuple[Tax, ...]
    taxes_withheld: tuple[Tax, ...]
    totals: Totals
    installments: tuple[Decimal, ...]
    attachments: tuple[str, ...]
    bad_numbers: tuple[tuple[str, str], ...]
    """Amounts that are not plain decimal numbers: (path, text)."""
    path: str


@dataclass(frozen=True)
class InvoiceFile:
    """A file: its version, whether it is signed, its batch's totals and its invoices."""

    version: str
    modality: str
    signed: bool
    batch_count: int | None
    batch_total: Decimal | None
    batch_currency: str
    invoices: tuple[Invoice, ...]
