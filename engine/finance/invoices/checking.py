"""Check an invoice file whole: bytes, structure, rules. Every finding is given at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine.clock import madrid_date
from engine.errors import BadInput
from engine.finance.invoices.amount_rules import check_batch
from engine.finance.invoices.facturae import read_facturae
from engine.finance.invoices.findings import Channel, Finding, Severity, finding
from engine.finance.invoices.model import Invoice, InvoiceFile
from engine.finance.invoices.rule_context import Context
from engine.finance.invoices.rules import Lookups, check_invoice, check_register
from engine.finance.invoices.structure import VERSIONS, check_structure, version_of
from engine.money import round2
from signatures.safe_xml import UnsafeXml, parse_xml

MAX_FILE_BYTES = 15_000_000
MAX_LINES = 50_000


@dataclass(frozen=True)
class Buyer:
    """Whose invoices these should be."""

    nif: str
    name: str


@dataclass(frozen=True)
class InvoiceReport:
    """One invoice and its findings."""

    invoice: Invoice
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class InvoiceFileReport:
    """What was found in a file; `file` is None when it is not Facturae."""

    version: str
    file: InvoiceFile | None
    invoices: tuple[InvoiceReport, ...]
    findings: tuple[Finding, ...]

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        return (*self.findings, *(item for report in self.invoices for item in report.findings))

    @property
    def accepted(self) -> bool:
        """Whether no finding is an error."""
        return all(item.severity is not Severity.ERROR for item in self.all_findings)

    def to_dict(self, file_name: str) -> dict[str, Any]:
        """The report for `andecha check invoice --json`: keys of the command line's contract.

        What concerns the whole file is a finding of each of its invoices too.
        """
        return {
            "file": file_name,
            "format": "facturae" if self.version else "unknown",
            "version": self.version,
            "verdict": "accepted" if self.accepted else "rejected",
            "findings": [item.to_dict() for item in self.findings],
            "invoices": [_invoice_dict(report, self.findings) for report in self.invoices],
        }


def _invoice_dict(report: InvoiceReport, of_file: tuple[Finding, ...]) -> dict[str, Any]:
    invoice = report.invoice
    total = invoice.totals.invoice
    return {
        "number": invoice.number,
        "series": invoice.series,
        "issuer": invoice.seller.number,
        "total": None if total is None else str(round2(total) if total == round2(total) else total),
        "findings": [item.to_dict() for item in (*of_file, *report.findings)],
    }


def check_invoice_file(
    data: bytes,
    *,
    channel: Channel,
    now: datetime,
    buyer: Buyer | None = None,
    lookups: Lookups | None = None,
) -> InvoiceFileReport:
    """Check a file. It never raises: what cannot be read is itself a finding."""
    try:
        root = parse_xml(data, max_bytes=MAX_FILE_BYTES, max_depth=60)
    except UnsafeXml as error:
        return _unreadable(str(error), channel)
    version = version_of(root)
    if version is None:
        known = ", ".join(VERSIONS)
        return _unreadable(f"El fichero no es una factura Facturae {known}.", channel)
    problems = check_structure(root, version)
    findings = [
        finding("1", channel, item.path, detail=f"{_leaf(item.path)} {item.message}")
        for item in problems
    ]
    file = read_facturae(root, version)
    if sum(len(invoice.lines) for invoice in file.invoices) > MAX_LINES:
        return _unreadable(f"El fichero pasa de {MAX_LINES} líneas.", channel)
    if not file.signed:
        findings.append(finding("2", channel, "/Facturae"))
    findings += check_batch(file, channel)
    context = Context(
        channel=channel,
        today=madrid_date(now),
        buyer_nif=buyer.nif if buyer else None,
        buyer_name=buyer.name if buyer else "",
    )
    reports = tuple(
        InvoiceReport(invoice, check_invoice(invoice, context)) for invoice in file.invoices
    )
    report = InvoiceFileReport(version, file, reports, tuple(findings))
    return report if lookups is None else against_register(report, channel, lookups)


def against_register(
    report: InvoiceFileReport, channel: Channel, lookups: Lookups
) -> InvoiceFileReport:
    """The report with what only the register and the town's units know, and no reading again."""
    for position in range(1, len(report.invoices) + 1):
        report = one_against_register(report, position, channel, lookups)
    return report


def one_against_register(
    report: InvoiceFileReport, position: int, channel: Channel, lookups: Lookups
) -> InvoiceFileReport:
    """The same for one invoice of the file, from 1: those before it may be in the register by now."""
    invoices = list(report.invoices)
    one = invoices[position - 1]
    found = check_register(one.invoice, channel, lookups)
    invoices[position - 1] = replace(one, findings=(*one.findings, *found))
    return replace(report, invoices=tuple(invoices))


def _leaf(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _unreadable(reason: str, channel: Channel) -> InvoiceFileReport:
    return InvoiceFileReport("", None, (), (finding("FILE", channel, "/", detail=reason),))


def require_readable(report: InvoiceFileReport) -> InvoiceFile:
    """The file, or BadInput with the reason why it is no invoice."""
    if report.file is None:
        raise BadInput(report.findings[0].message)
    return report.file
