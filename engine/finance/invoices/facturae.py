"""Read Facturae into our own model. Elements inside the root carry no namespace in any version.

Reading never fails on a bad value: what is not a number is None and listed in `bad_numbers`, so that
all the faults of an invoice can be shown together.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal

from lxml import etree

from engine.finance.invoices.model import (
    Centre,
    Correction,
    Invoice,
    InvoiceFile,
    Line,
    Party,
    Tax,
    Totals,
)
from engine.money import parse_decimal

_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_ZERO = Decimal(0)


def read_facturae(root: etree._Element, version: str) -> InvoiceFile:
    """The file's invoices; `root` comes from signatures.safe_xml."""
    seller = _party(root.find("Parties/SellerParty"), "/Facturae/Parties/SellerParty")
    buyer_node = root.find("Parties/BuyerParty")
    buyer = _party(buyer_node, "/Facturae/Parties/BuyerParty")
    assignee_node = root.find("FileHeader/FactoringAssignmentData/Assignee")
    assignee = (
        None
        if assignee_node is None
        else _party(assignee_node, "/Facturae/FileHeader/FactoringAssignmentData/Assignee")
    )
    nodes = root.findall("Invoices/Invoice")
    alone = len(nodes) == 1
    invoices = tuple(
        _Reader(node, "/Facturae/Invoices/Invoice" + ("" if alone else f"[{position}]")).invoice(
            seller, buyer, assignee, _centres(buyer_node)
        )
        for position, node in enumerate(nodes, start=1)
    )
    count = _text(root, "FileHeader/Batch/InvoicesCount")
    total = None
    with suppress(ValueError):
        total = parse_decimal(_text(root, "FileHeader/Batch/TotalInvoicesAmount/TotalAmount"))
    return InvoiceFile(
        version=version,
        modality=_text(root, "FileHeader/Modality"),
        signed=root.find(_SIGNATURE) is not None,
        batch_count=int(count) if count.isdigit() else None,
        batch_total=total,
        batch_currency=_text(root, "FileHeader/Batch/InvoiceCurrencyCode"),
        invoices=invoices,
    )


def _text(node: etree._Element | None, path: str) -> str:
    """The text at a path, comments left out, trimmed; empty when absent."""
    found = None if node is None else node.find(path)
    if found is None:
        return ""
    parts = [found.text or "", *[child.tail or "" for child in found]]
    return "".join(parts).strip()


def _party(node: etree._Element | None, path: str) -> Party:
    legal, individual = "LegalEntity", "Individual"
    country = _text(node, f"{legal}/AddressInSpain/CountryCode") or _text(
        node, f"{individual}/AddressInSpain/CountryCode"
    )
    return Party(
        person=_text(node, "TaxIdentification/PersonTypeCode"),
        residence=_text(node, "TaxIdentification/ResidenceTypeCode"),
        number=_text(node, "TaxIdentification/TaxIdentificationNumber"),
        name=_text(node, f"{individual}/Name"),
        surname=_text(node, f"{individual}/FirstSurname"),
        corporate_name=_text(node, f"{legal}/CorporateName"),
        country=country,
        path=path,
    )


def _centres(buyer: etree._Element | None) -> tuple[Centre, ...]:
    if buyer is None:
        return ()
    base = "/Facturae/Parties/BuyerParty/AdministrativeCentres/AdministrativeCentre"
    nodes = buyer.findall("AdministrativeCentres/AdministrativeCentre")
    return tuple(
        Centre(
            code=_text(node, "CentreCode"),
            role=_text(node, "RoleTypeCode"),
            name=_text(node, "Name") or _text(node, "CentreDescription"),
            path=f"{base}[{position}]",
        )
        for position, node in enumerate(nodes, start=1)
    )


class _Reader:
    """Reads one invoice and remembers the amounts that are not numbers."""

    def __init__(self, node: etree._Element, path: str) -> None:
        self._node = node
        self._path = path
        self._bad: list[tuple[str, str]] = []

    def invoice(
        self, seller: Party, buyer: Party, assignee: Party | None, centres: tuple[Centre, ...]
    ) -> Invoice:
        node, path = self._node, self._path
        issued = _text(node, "InvoiceIssueData/IssueDate")
        lines = tuple(
            self._line(item, position)
            for position, item in enumerate(node.findall("Items/InvoiceLine"), start=1)
        )
        taxes_out = self._taxes("TaxesOutputs")
        withheld = self._taxes("TaxesWithheld")
        totals = self._totals()
        installments = tuple(
            amount
            for item in node.findall("PaymentDetails/Installment")
            if (amount := self._amount(item, "InstallmentAmount", f"{path}/PaymentDetails"))
            is not None
        )
        return Invoice(
            number=_text(node, "InvoiceHeader/InvoiceNumber"),
            series=_text(node, "InvoiceHeader/InvoiceSeriesCode"),
            document_type=_text(node, "InvoiceHeader/InvoiceDocumentType"),
            invoice_class=_text(node, "InvoiceHeader/InvoiceClass"),
            issued_on=_date(issued),
            issued_text=issued,
            currency=_text(node, "InvoiceIssueData/InvoiceCurrencyCode"),
            seller=seller,
            buyer=buyer,
            assignee=assignee,
            centres=centres,
            correction=self._correction(),
            lines=lines,
            taxes_out=taxes_out,
            taxes_withheld=withheld,
            totals=totals,
            installments=installments,
            attachments=tuple(
                _text(item, "AttachmentDescription") or _text(item, "AttachmentFormat")
                for item in node.findall("AdditionalData/RelatedDocuments/Attachment")
            ),
            bad_numbers=tuple(self._bad),
            path=path,
        )

    def _amount(self, node: etree._Element | None, name: str, path: str) -> Decimal | None:
        """An amount at a path, None when absent or not a plain number (which is then noted)."""
        if node is None or node.find(name) is None:
            return None
        text = _text(node, name)
        try:
            return parse_decimal(text)
        except ValueError:
            self._bad.append((f"{path}/{name}", text))
            return None

    def _sum(self, parent: str, name: str) -> Decimal:
        total = _ZERO
        for item in self._node.findall(parent):
            total += self._amount(item, name, f"{self._path}/{parent}") or _ZERO
        return total

    def _correction(self) -> Correction | None:
        node = self._node.find("InvoiceHeader/Corrective")
        if node is None:
            return None
        return Correction(
            number=_text(node, "InvoiceNumber"),
            series=_text(node, "InvoiceSeriesCode"),
            method=_text(node, "CorrectionMethod"),
            path=f"{self._path}/InvoiceHeader/Corrective",
        )

    def _taxes(self, parent: str) -> tuple[Tax, ...]:
        nodes = self._node.findall(f"{parent}/Tax")
        return tuple(
            self._tax(node, f"{self._path}/{parent}/Tax[{position}]")
            for position, node in enumerate(nodes, start=1)
        )

    def _tax(self, node: etree._Element, path: str) -> Tax:
        return Tax(
            code=_text(node, "TaxTypeCode"),
            rate=self._amount(node, "TaxRate", path),
            base=self._amount(node, "TaxableBase/TotalAmount", path),
            amount=self._amount(node, "TaxAmount/TotalAmount", path),
            surcharge=self._amount(node, "EquivalenceSurchargeAmount/TotalAmount", path),
            path=path,
        )

    def _line(self, node: etree._Element, position: int) -> Line:
        path = f"{self._path}/Items/InvoiceLine[{position}]"
        return Line(
            number=position,
            description=_text(node, "ItemDescription"),
            quantity=self._amount(node, "Quantity", path),
            unit=_text(node, "UnitOfMeasure"),
            unit_price=self._amount(node, "UnitPriceWithoutTax", path),
            total_cost=self._amount(node, "TotalCost", path),
            discounts=self._parts(node, "DiscountsAndRebates/Discount", "DiscountAmount", path),
            charges=self._parts(node, "Charges/Charge", "ChargeAmount", path),
            gross=self._amount(node, "GrossAmount", path),
            contract_reference=_text(node, "ReceiverContractReference"),
            order_reference=_text(node, "ReceiverTransactionReference"),
            file_reference=_text(node, "FileReference"),
            taxes=tuple(
                self._tax(tax, f"{path}/TaxesOutputs/Tax[{index}]")
                for index, tax in enumerate(node.findall("TaxesOutputs/Tax"), start=1)
            ),
            path=path,
        )

    def _parts(
        self, node: etree._Element, parent: str, name: str, path: str
    ) -> tuple[Decimal, ...]:
        return tuple(
            amount
            for item in node.findall(parent)
            if (amount := self._amount(item, name, f"{path}/{parent}")) is not None
        )

    def _totals(self) -> Totals:
        node = self._node.find("InvoiceTotals")
        path = f"{self._path}/InvoiceTotals"

        def amount(name: str) -> Decimal | None:
            return self._amount(node, name, path)

        return Totals(
            gross=amount("TotalGrossAmount"),
            discounts=amount("TotalGeneralDiscounts"),
            surcharges=amount("TotalGeneralSurcharges"),
            before_taxes=amount("TotalGrossAmountBeforeTaxes"),
            taxes_out=amount("TotalTaxOutputs"),
            taxes_withheld=amount("TotalTaxesWithheld"),
            invoice=amount("InvoiceTotal"),
            outstanding=amount("TotalOutstandingAmount"),
            executable=amount("TotalExecutableAmount"),
            subsidies=self._sum("InvoiceTotals/Subsidies/Subsidy", "SubsidyAmount"),
            on_account=amount("TotalPaymentsOnAccount") or _ZERO,
            withheld=self._sum("InvoiceTotals/AmountsWithheld", "WithholdingAmount"),
            in_kind=self._sum("InvoiceTotals/PaymentInKind", "PaymentInKindAmount"),
            reimbursable=amount("TotalReimbursableExpenses") or _ZERO,
            financial=amount("TotalFinancialExpenses") or _ZERO,
            path=path,
        )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
