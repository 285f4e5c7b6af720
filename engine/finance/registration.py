"""From a checked file to the rows of the register: what each invoice says, cut to what a row holds."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from engine.finance import models
from engine.finance.invoices.amount_rules import MAX_AMOUNT
from engine.finance.invoices.checking import InvoiceFileReport, InvoiceReport
from engine.finance.invoices.findings import Finding, Severity
from engine.finance.invoices.model import Invoice, Line
from engine.finance.models import Source, Verdict
from engine.finance.numbering import RegisterPlace
from engine.money import format_euros, round2
from engine.people.names import sort_key

_ROLES = {"01": "accounting_office", "02": "managing_body", "03": "processing_unit"}
_SHORT, _LONG, _TITLE = 60, 200, 300


def findings_of(report: InvoiceFileReport, one: InvoiceReport) -> tuple[Finding, ...]:
    """What was found in the file as a whole and in one of its invoices."""
    return (*report.findings, *one.findings)


def register_outcome(found: Sequence[Finding], source: Source) -> str:
    """The outcome of the step `register`: rejected by an error; a person resolves a hand upload's warnings."""
    severities = {item.severity for item in found}
    if Severity.ERROR in severities:
        return "rejected"
    if Severity.WARNING in severities and source is Source.UPLOAD:
        return "warnings"
    return "accepted"


def rejection_text(found: Sequence[Finding]) -> str:
    """The reason that the supplier reads: every error with its rule."""
    errors = [item for item in found if item.severity is Severity.ERROR]
    return " ".join(f"[{item.rule}] {item.message}" for item in errors)[:4000]


def invoice_row(
    report: InvoiceFileReport,
    position: int,
    *,
    place: RegisterPlace,
    source: Source,
    sha256: str,
) -> models.Invoice:
    """The row of one invoice of a file, without its document yet; position: from 1."""
    one = report.invoices[position - 1]
    invoice = one.invoice
    found = findings_of(report, one)
    outcome = register_outcome(found, source)
    row = models.Invoice(
        year=place.year,
        register_number=place.number,
        code=place.code,
        source=source.value,
        received_at=place.received_at,
        sha256=sha256,
        position=position,
        format="facturae",
        format_version=report.version,
        signed=bool(report.file and report.file.signed),
        verdict=(Verdict.REJECTED if outcome == "rejected" else Verdict.ACCEPTED).value,
        findings=[item.to_dict() for item in found],
    )
    _fill(row, invoice)
    if outcome == "rejected":
        row.rejection_code, row.rejection_reason = "check", rejection_text(found)
    return row


def _fill(row: models.Invoice, invoice: Invoice) -> None:
    seller, totals = invoice.seller, invoice.totals
    row.issuer_nif = seller.number[:_SHORT]
    row.issuer_country = seller.country[:_SHORT]
    row.issuer_name = seller.shown[:_LONG]
    row.number, row.series = invoice.number[:_SHORT], invoice.series[:_SHORT]
    row.invoice_class = invoice.invoice_class[:_SHORT]
    row.issued_on, row.currency = invoice.issued_on, invoice.currency[:_SHORT]
    row.base, row.total = _money(totals.before_taxes), _money(totals.invoice)
    row.vat, row.withheld = _money(totals.taxes_out), _money(totals.taxes_withheld)
    for role, column in _ROLES.items():
        codes = [centre.code for centre in invoice.centres if centre.role == role]
        setattr(row, column, codes[0][:_SHORT] if codes else "")
    row.references = references_of(invoice.lines)
    row.search_key = sort_key(
        f"{row.code} {row.series} {row.number} {row.issuer_nif} {row.issuer_name}"
    )


def references_of(lines: Sequence[Line]) -> list[str]:
    """The contract, order and expediente numbers that the lines name, each once, at most twenty."""
    named = (
        reference[:_SHORT]
        for line in lines
        for reference in (line.file_reference, line.contract_reference, line.order_reference)
        if reference
    )
    return list(dict.fromkeys(named))[:20]


def _money(value: Decimal | None) -> Decimal | None:
    """An amount that fits a row; what is larger is an error of the check already."""
    return None if value is None or abs(value) > MAX_AMOUNT else round2(value)


def title_of(row: models.Invoice) -> str:
    """The invoice as the title of its document and of its expediente, at most 300 characters."""
    number = f"{row.series}-{row.number}" if row.series else row.number or "sin número"
    amount = (
        f", {format_euros(row.total)}" if row.total is not None and row.currency == "EUR" else ""
    )
    issuer = row.issuer_name or row.issuer_nif or "emisor sin identificar"
    return f"Factura {number} de {issuer}"[: _TITLE - len(amount)] + amount
