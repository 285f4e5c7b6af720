"""The rules about an invoice's figures: its lines, its totals, its taxes, and its batch.

6a to 6f are exact («redondeo común»); the format's notes allow a cent for each line.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from engine.finance.invoices.findings import Channel, Finding, finding
from engine.finance.invoices.model import Invoice, InvoiceFile, Tax
from engine.finance.invoices.rule_context import Context
from engine.money import CENT, format_euros, multiply, round2

MAX_AMOUNT = Decimal("9999999999999.99")
"""Euros; the register holds no larger amount, and no town hall is invoiced one."""

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)


def numbers(invoice: Invoice, context: Context) -> Iterator[Finding]:
    """What should be a number and is not."""
    for path, text in invoice.bad_numbers:
        yield finding("X-number", context.channel, path, value=text)


def lines(invoice: Invoice, context: Context) -> Iterator[Finding]:
    """Each line: its description, its cost, its gross amount."""
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


def sums(invoice: Invoice, context: Context) -> Iterator[Finding]:
    """The totals: how large, with how many decimals, and against what they add up."""
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


def format_notes(invoice: Invoice, context: Context) -> Iterator[Finding]:
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
