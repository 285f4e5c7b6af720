"""The predicates behind the rules of annex_ii.toml. All run; none stops the others.

Those about figures are in amount_rules.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from stdnum.es import nif

from engine.finance.invoices.amount_rules import format_notes, lines, numbers, sums
from engine.finance.invoices.findings import Channel, Finding, finding
from engine.finance.invoices.model import Centre, Invoice, Party
from engine.finance.invoices.rule_context import Check, Context

_CENTRE_ROLES = {"01": "oficina contable", "02": "órgano gestor", "03": "unidad tramitadora"}
_CORRECTIVE_CLASSES = ("OR", "CR")
_METHODS = ("01", "02", "03", "04")
# ISO 4217, the codes in use of the States whose suppliers invoice Spanish bodies, and the euro's.
_CURRENCIES = frozenset(
    [
        "EUR",
        "USD",
        "GBP",
        "CHF",
        "SEK",
        "NOK",
        "DKK",
        "PLN",
        "CZK",
        "HUF",
        "RON",
        "BGN",
        "ISK",
        "TRY",
        "JPY",
        "CNY",
        "CAD",
        "AUD",
        "NZD",
        "MXN",
        "BRL",
        "ARS",
        "CLP",
        "COP",
        "PEN",
        "UYU",
        "MAD",
        "INR",
        "KRW",
        "SGD",
        "HKD",
        "ILS",
        "ZAR",
        "AED",
        "SAR",
        "UAH",
        "RSD",
        "BAM",
        "ALL",
        "MKD",
        "MDL",
        "GEL",
        "DOP",
        "CRC",
        "GTQ",
        "BOB",
        "PYG",
        "VES",
    ]
)


class Lookups(Protocol):
    """What the checks ask of the register and of the town's units."""

    def live_twin(self, invoice: Invoice) -> str | None:
        """The register number of a live invoice with the same issuer, number, series and date."""
        ...

    def registered_copy(self, invoice: Invoice) -> str | None:
        """The register number of the original of a copy, or of a copy of an original."""
        ...

    def unit_problem(self, centres: tuple[Centre, ...]) -> tuple[Centre, str] | None:
        """The first DIR3 unit that does not exist or does not belong to the others, and why."""
        ...


def check_invoice(invoice: Invoice, context: Context) -> tuple[Finding, ...]:
    """All the findings of one invoice."""
    return tuple(item for check in CHECKS for item in check(invoice, context))


def _document(invoice: Invoice, context: Context) -> Iterator[Finding]:
    header = f"{invoice.path}/InvoiceHeader"
    if not invoice.number:
        yield finding("3a", context.channel, f"{header}/InvoiceNumber")
    correction = invoice.correction
    if correction is not None and correction.method not in _METHODS:
        yield finding(
            "4a", context.channel, f"{correction.path}/CorrectionMethod", value=correction.method
        )
    if invoice.invoice_class in _CORRECTIVE_CLASSES and (
        correction is None or (correction.method in ("01", "02") and not correction.number)
    ):
        yield finding("4b", context.channel, f"{header}/Corrective/InvoiceNumber")


def check_register(invoice: Invoice, channel: Channel, lookups: Lookups) -> tuple[Finding, ...]:
    """What the register and the town's units say of an invoice."""
    return (*_registered(invoice, channel, lookups), *_known_units(invoice, channel, lookups))


def _registered(invoice: Invoice, channel: Channel, lookups: Lookups) -> Iterator[Finding]:
    header = f"{invoice.path}/InvoiceHeader"
    twin = lookups.live_twin(invoice)
    if twin is not None:
        yield finding(
            "3b",
            channel,
            f"{header}/InvoiceNumber",
            number=invoice.number,
            series=invoice.series or "sin serie",
            date=invoice.issued_text,
            other=twin,
        )
    copy = lookups.registered_copy(invoice)
    if copy is not None:
        yield finding("4c", channel, f"{header}/InvoiceClass", other=copy)


def _parties(invoice: Invoice, context: Context) -> Iterator[Finding]:
    named = [("del emisor", invoice.seller), ("del destinatario", invoice.buyer)]
    if invoice.assignee is not None:
        named.append(("del cesionario", invoice.assignee))
    for label, party in named:
        yield from _party(label, party, context.channel)
    for label, other in named[1:]:
        if other.number and other.number == invoice.seller.number:
            yield finding(
                "5f",
                context.channel,
                f"{other.path}/TaxIdentification",
                party=label,
                value=other.number,
            )
    if context.buyer_nif and invoice.buyer.number != context.buyer_nif:
        yield finding(
            "BUYER",
            context.channel,
            f"{invoice.buyer.path}/TaxIdentification/TaxIdentificationNumber",
            value=f"{invoice.buyer.shown or 'otro'} ({invoice.buyer.number})",
            expected=f"{context.buyer_name} ({context.buyer_nif})",
        )


def _party(label: str, party: Party, channel: Channel) -> Iterator[Finding]:
    tax = f"{party.path}/TaxIdentification"
    if party.person not in ("F", "J"):
        yield finding("5a", channel, f"{tax}/PersonTypeCode", party=label, value=party.person)
    if party.residence in ("R", "") and not _is_nif(party.number):
        yield finding(
            "5b", channel, f"{tax}/TaxIdentificationNumber", party=label, value=party.number
        )
    if party.person == "F" and not (party.name and party.surname):
        yield finding("5d", channel, f"{party.path}/Individual", party=label)
    if party.person == "J" and not party.corporate_name:
        yield finding("5e", channel, f"{party.path}/LegalEntity", party=label)


def _is_nif(number: str) -> bool:
    """A Spanish NIF as an invoice writes it: nine characters, no country prefix, no separators."""
    return len(number) == 9 and number == number.upper() and bool(nif.is_valid(number))


def _currency(invoice: Invoice, context: Context) -> Iterator[Finding]:
    if invoice.currency not in _CURRENCIES:
        yield finding(
            "6c",
            context.channel,
            f"{invoice.path}/InvoiceIssueData/InvoiceCurrencyCode",
            value=invoice.currency,
        )


def _issue_date(invoice: Invoice, context: Context) -> Iterator[Finding]:
    path = f"{invoice.path}/InvoiceIssueData/IssueDate"
    if invoice.issued_on is None:
        yield finding(
            "7a", context.channel, path, value=f"«{invoice.issued_text}»", detail="no es una fecha"
        )
    elif invoice.issued_on > context.today:
        detail = f"es posterior a la de registro ({context.today:%d/%m/%Y})"
        yield finding(
            "7a", context.channel, path, value=f"{invoice.issued_on:%d/%m/%Y}", detail=detail
        )


def _units(invoice: Invoice, context: Context) -> Iterator[Finding]:
    path = f"{invoice.buyer.path}/AdministrativeCentres"
    if not invoice.centres:
        yield finding("8-absent", context.channel, path)
        return
    missing = _missing_roles(invoice)
    if missing:
        yield finding("8", context.channel, path, detail=", ".join(missing))


def _missing_roles(invoice: Invoice) -> list[str]:
    present = {centre.role for centre in invoice.centres if centre.code}
    return [name for role, name in _CENTRE_ROLES.items() if role not in present]


def _known_units(invoice: Invoice, channel: Channel, lookups: Lookups) -> Iterator[Finding]:
    if _missing_roles(invoice):
        return
    problem = lookups.unit_problem(invoice.centres)
    if problem is not None:
        centre, why = problem
        yield finding("8-unknown", channel, centre.path, value=centre.code, detail=why)


CHECKS: tuple[Check, ...] = (
    _document,
    _parties,
    numbers,
    lines,
    sums,
    _currency,
    _issue_date,
    _units,
    format_notes,
)
