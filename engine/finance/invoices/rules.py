"""The predicates behind the rules of annex_ii.toml. All run; none stops the others.

6a to 6f are exact («redondeo común»); the format's notes allow a cent for each line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from stdnum.es import nif

from engine.finance.invoices.findings import Channel, Finding, finding
from engine.finance.invoices.model import Centre, Invoice, InvoiceFile, Party, Tax
from engine.money import CENT, format_euros, multiply, round2

MAX_AMOUNT = Decimal("9999999999999.99")
"""Euros; the register holds no larger amount, and no town hall is invoiced one."""

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)
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


@dataclass(frozen=True)
class Context:
    """With what an invoice is checked."""

    channel: Channel
    today: date
    buyer_nif: str | None
    buyer_name: str


Check = Callable[[Invoice, Context], Iterator[Finding]]


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


def _numbers(invoice: Invoice, context: Context) -> Iterator[Finding]:
    for path, text in invoice.bad_numbers:
        yield finding("X-number", context.channel, path, value=text)


def _lines(invoice: Invoice, context: Context) -> Iterator[Finding]:
    if not invoice.lines:
        yield finding("X-lines", context.channel, f"{invoice.path}/Items")
    for line in invoice.lines:
        if not line.description:
            yield finding("9b", context.channel, f"{line.path}/ItemDescription", line=line.number)
        if None in (line.quantity, line.unit_price, line.total_cost):
            continue
        assert line.quantity is not None and line.unit_price is not None  # noqa: S101, PT018
        computed = round2(multiply(line.quantity, line.unit_price))
        if line.total_cost != computed:
            yield _differs("6a", context, f"{line.path}/TotalCost", line.total_cost, computed,
                           f"El coste de la línea {line.number}")  # fmt: skip
        if line.gross is None or line.total_cost is None:
            continue
        gross = line.total_cost - sum(line.discounts, _ZERO) + sum(line.charges, _ZERO)
        if line.gross != round2(gross):
            yield _differs("6a", context, f"{line.path}/GrossAmount", line.gross, round2(gross),
                           f"El importe bruto de la línea {line.number}")  # fmt: skip


def _differs(
    rule: str,
    context: Context,
    path: str,
    declared: Decimal | None,
    computed: Decimal,
    concept: str = "",
) -> Finding:
    shown = "nada" if declared is None else _shown(declared)
    return finding(
        rule, context.channel, path, concept=concept, declared=shown, computed=_shown(computed)
    )


def _shown(value: Decimal) -> str:
    """Euros as people write them; with all its decimals when it has more than two."""
    return format_euros(value) if value == round2(value) else f"{value} €".replace(".", ",")


def _totals(invoice: Invoice, context: Context) -> Iterator[Finding]:
    totals = invoice.totals
    declared = {
        "TotalGrossAmount": ("El total importe bruto", totals.gross),
        "TotalGrossAmountBeforeTaxes": ("El total antes de impuestos", totals.before_taxes),
        "TotalTaxOutputs": ("El total de impuestos repercutidos", totals.taxes_out),
        "TotalTaxesWithheld": ("El total de impuestos retenidos", totals.taxes_withheld),
        "InvoiceTotal": ("El total de la factura", totals.invoice),
        "TotalOutstandingAmount": ("El total a pagar", totals.outstanding),
        "TotalExecutableAmount": ("El total a ejecutar", totals.executable),
    }
    for name, (concept, value) in declared.items():
        if value is not None and abs(value) > MAX_AMOUNT:
            yield finding(
                "X-amount",
                context.channel,
                f"{totals.path}/{name}",
                concept=concept,
                declared=_shown(value),
            )
        if value is not None and value != round2(value):
            yield finding(
                "6b-decimals",
                context.channel,
                f"{totals.path}/{name}",
                concept=concept,
                declared=value,
            )
    if totals.gross is not None and all(line.gross is not None for line in invoice.lines):
        lines = sum((line.gross or _ZERO for line in invoice.lines), _ZERO)
        if totals.gross != lines:
            yield _differs("6b", context, f"{totals.path}/TotalGrossAmount", totals.gross, lines)
    yield from _totals_chain(invoice, context)


def _totals_chain(invoice: Invoice, context: Context) -> Iterator[Finding]:
    totals = invoice.totals
    withheld = totals.taxes_withheld or _ZERO
    if withheld < 0 and (totals.before_taxes or _ZERO) > 0:
        yield _differs(
            "6d", context, f"{totals.path}/TotalTaxesWithheld", totals.taxes_withheld, _ZERO
        )
    if totals.gross is not None and totals.before_taxes is not None:
        before = totals.gross - (totals.discounts or _ZERO) + (totals.surcharges or _ZERO)
        if totals.before_taxes != before:
            yield _differs(
                "6e",
                context,
                f"{totals.path}/TotalGrossAmountBeforeTaxes",
                totals.before_taxes,
                before,
            )
    if None not in (totals.before_taxes, totals.taxes_out, totals.invoice):
        total = (totals.before_taxes or _ZERO) + (totals.taxes_out or _ZERO) - withheld
        if totals.invoice != total:
            yield _differs("6f", context, f"{totals.path}/InvoiceTotal", totals.invoice, total)


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


def _format_notes(invoice: Invoice, context: Context) -> Iterator[Finding]:
    """The format's own sums, where a cent a line is allowed."""
    totals = invoice.totals
    tolerance = CENT * max(1, len(invoice.lines))
    for name, concept, value, taxes in (
        ("TotalTaxOutputs", "El total de impuestos repercutidos", totals.taxes_out, invoice.taxes_out),
        ("TotalTaxesWithheld", "El total de impuestos retenidos", totals.taxes_withheld, invoice.taxes_withheld),
    ):  # fmt: skip
        computed = sum(((t.amount or _ZERO) + (t.surcharge or _ZERO) for t in taxes), _ZERO)
        if value is not None and abs(value - computed) > tolerance:
            yield _differs("F-taxes", context, f"{totals.path}/{name}", value, computed, concept)
    for tax in (*invoice.taxes_out, *invoice.taxes_withheld):
        yield from _quota(tax, context)
    if totals.invoice is None:
        return
    outstanding = totals.invoice - totals.subsidies - totals.on_account
    if totals.outstanding is not None and abs(totals.outstanding - outstanding) > tolerance:
        yield _differs("F-outstanding", context, f"{totals.path}/TotalOutstandingAmount",
                       totals.outstanding, outstanding)  # fmt: skip
    executable = (
        (totals.outstanding if totals.outstanding is not None else outstanding)
        - totals.withheld - totals.in_kind + totals.reimbursable + totals.financial
    )  # fmt: skip
    if totals.executable is None:
        return
    if abs(totals.executable - executable) > tolerance:
        yield _differs("F-executable", context, f"{totals.path}/TotalExecutableAmount",
                       totals.executable, executable)  # fmt: skip
    paid = sum(invoice.installments, _ZERO)
    if invoice.installments and abs(paid - totals.executable) > tolerance:
        yield _differs(
            "F-installments", context, f"{invoice.path}/PaymentDetails", paid, totals.executable
        )


def _quota(tax: Tax, context: Context) -> Iterator[Finding]:
    if tax.base is None or tax.rate is None or tax.amount is None:
        return
    computed = round2(multiply(tax.base, tax.rate) / _HUNDRED)
    if abs(tax.amount - computed) > CENT:
        yield finding(
            "F-quota",
            context.channel,
            f"{tax.path}/TaxAmount/TotalAmount",
            declared=_shown(tax.amount),
            base=_shown(tax.base),
            rate=str(tax.rate).replace(".", ","),
            computed=_shown(computed),
        )


def check_batch(file: InvoiceFile, channel: Channel) -> tuple[Finding, ...]:
    """The batch's own figures against its invoices."""
    path = "/Facturae/FileHeader/Batch"
    found = []
    count = len(file.invoices)
    if file.batch_count is not None and file.batch_count != count:
        found.append(
            finding("F-batch", channel, f"{path}/InvoicesCount", concept="El número de facturas",
                    declared=file.batch_count, computed=count)
        )  # fmt: skip
    if file.modality == "I" and count > 1:
        found.append(
            finding("F-batch", channel, "/Facturae/FileHeader/Modality",
                    concept="La modalidad individual", declared=count, computed=1)
        )  # fmt: skip
    total = sum((invoice.totals.invoice or _ZERO for invoice in file.invoices), _ZERO)
    if file.batch_total is not None and abs(file.batch_total - total) > CENT * max(1, count):
        found.append(
            finding("F-batch", channel, f"{path}/TotalInvoicesAmount", concept="El total",
                    declared=_shown(file.batch_total), computed=_shown(total))
        )  # fmt: skip
    return tuple(found)


CHECKS: tuple[Check, ...] = (
    _document,
    _parties,
    _numbers,
    _lines,
    _totals,
    _currency,
    _issue_date,
    _units,
    _format_notes,
)
