"""Invoices as suppliers send them: Facturae 3.2.2, and the ways in which real ones go wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from lxml import etree

from engine.money import multiply, round2

NAMESPACE = "http://www.facturae.gob.es/formato/Versiones/Facturaev3_2_2.xml"
_HUNDRED = Decimal(100)
_VAT, _INCOME_TAX = "01", "04"
_ROLES = ("01", "02", "03")


@dataclass(frozen=True)
class Line:
    """A line of an invoice: units of two decimals, price in euros without VAT, rates in percent."""

    text: str
    quantity: Decimal
    price: Decimal
    vat: Decimal
    contract: str = ""
    withheld: Decimal = Decimal(0)

    @property
    def cost(self) -> Decimal:
        return round2(multiply(self.quantity, self.price))


@dataclass(frozen=True)
class Party:
    """Who sells or buys; surname1 is empty for a company."""

    document: str
    name: str
    street: str
    postcode: str
    town: str
    province: str
    surname1: str = ""
    surname2: str = ""


@dataclass(frozen=True)
class Draft:
    """What a supplier wants to charge. units: the DIR3 codes of offices 01, 02 and 03, in order."""

    number: str
    series: str
    issued_on: date
    seller: Party
    buyer: Party
    units: Sequence[str]
    lines: Sequence[Line]
    flaw: str = ""


def facturae(draft: Draft) -> etree._Element:
    """The invoice as XML.

    flaw: `total` (a sum that is not), `withholding` (a total that forgets it), `future` (a date to
    come), `identity` (a letter that is not the number's), `half_units` (no processing unit),
    `no_units`; none for a right one.
    """
    root = etree.Element(f"{{{NAMESPACE}}}Facturae", nsmap={"fe": NAMESPACE})
    amounts = _amounts(draft)
    _file_header(root, draft, amounts["total"])
    parties = _add(root, "Parties")
    _party(_add(parties, "SellerParty"), draft.seller, _seller_number(draft))
    _party(_add(parties, "BuyerParty"), draft.buyer, draft.buyer.document, _units(draft))
    invoice = _add(_add(root, "Invoices"), "Invoice")
    _header(invoice, draft)
    _taxes(invoice, "TaxesOutputs", _VAT, _by_rate(draft.lines, "vat"))
    _taxes(invoice, "TaxesWithheld", _INCOME_TAX, _by_rate(draft.lines, "withheld"))
    _totals(invoice, amounts)
    items = _add(invoice, "Items")
    for position, line in enumerate(draft.lines, start=1):
        _line(items, line, position)
    return root


def _amounts(draft: Draft) -> Mapping[str, Decimal]:
    gross = sum((line.cost for line in draft.lines), Decimal(0))
    vat = _quota(_by_rate(draft.lines, "vat"))
    withheld = _quota(_by_rate(draft.lines, "withheld"))
    total = gross + vat - withheld
    if draft.flaw == "total":
        total += Decimal("90.00")
    if draft.flaw == "withholding":
        total += withheld
    return {"gross": gross, "vat": vat, "withheld": withheld, "total": total}


def _by_rate(lines: Sequence[Line], attribute: str) -> Mapping[Decimal, Decimal]:
    """The base of each rate, those of zero percent left out."""
    bases: dict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        rate: Decimal = getattr(line, attribute)
        if rate:
            bases[rate] += line.cost
    return bases


def _quota(bases: Mapping[Decimal, Decimal]) -> Decimal:
    return sum(
        (round2(multiply(base, rate) / _HUNDRED) for rate, base in bases.items()), Decimal(0)
    )


def _seller_number(draft: Draft) -> str:
    number = draft.seller.document
    if draft.flaw != "identity":
        return number
    return number[:-1] + ("0" if number[-1] != "0" else "1")


def _units(draft: Draft) -> Sequence[tuple[str, str]]:
    if draft.flaw == "no_units":
        return ()
    centres = tuple(zip(_ROLES, draft.units, strict=True))
    return centres[:2] if draft.flaw == "half_units" else centres


def _file_header(root: etree._Element, draft: Draft, total: Decimal) -> None:
    header = _add(root, "FileHeader")
    _add(header, "SchemaVersion", "3.2.2")
    _add(header, "Modality", "I")
    _add(header, "InvoiceIssuerType", "EM")
    batch = _add(header, "Batch")
    _add(batch, "BatchIdentifier", f"{draft.seller.document}{draft.series}{draft.number}")
    _add(batch, "InvoicesCount", "1")
    for name in ("TotalInvoicesAmount", "TotalOutstandingAmount", "TotalExecutableAmount"):
        _amount(batch, name, total)
    _add(batch, "InvoiceCurrencyCode", "EUR")


def _party(
    node: etree._Element, party: Party, number: str, units: Sequence[tuple[str, str]] = ()
) -> None:
    tax = _add(node, "TaxIdentification")
    _add(tax, "PersonTypeCode", "F" if party.surname1 else "J")
    _add(tax, "ResidenceTypeCode", "R")
    _add(tax, "TaxIdentificationNumber", number)
    if units:
        centres = _add(node, "AdministrativeCentres")
        for role, code in units:
            centre = _add(centres, "AdministrativeCentre")
            _add(centre, "CentreCode", code)
            _add(centre, "RoleTypeCode", role)
            _address(centre, party)
    if party.surname1:
        who = _add(node, "Individual")
        _add(who, "Name", party.name)
        _add(who, "FirstSurname", party.surname1)
        _add(who, "SecondSurname", party.surname2)
    else:
        who = _add(node, "LegalEntity")
        _add(who, "CorporateName", party.name)
    _address(who, party)


def _address(node: etree._Element, party: Party) -> None:
    address = _add(node, "AddressInSpain")
    _add(address, "Address", party.street)
    _add(address, "PostCode", party.postcode)
    _add(address, "Town", party.town)
    _add(address, "Province", party.province)
    _add(address, "CountryCode", "ESP")


def _header(invoice: etree._Element, draft: Draft) -> None:
    header = _add(invoice, "InvoiceHeader")
    _add(header, "InvoiceNumber", draft.number)
    if draft.series:
        _add(header, "InvoiceSeriesCode", draft.series)
    _add(header, "InvoiceDocumentType", "FC")
    _add(header, "InvoiceClass", "OO")
    data = _add(invoice, "InvoiceIssueData")
    issued_on = draft.issued_on + timedelta(days=75 if draft.flaw == "future" else 0)
    _add(data, "IssueDate", issued_on.isoformat())
    _add(data, "InvoiceCurrencyCode", "EUR")
    _add(data, "TaxCurrencyCode", "EUR")
    _add(data, "LanguageName", "es")


def _taxes(node: etree._Element, name: str, code: str, bases: Mapping[Decimal, Decimal]) -> None:
    if not bases:
        return
    taxes = _add(node, name)
    for rate, base in bases.items():
        tax = _add(taxes, "Tax")
        _add(tax, "TaxTypeCode", code)
        _add(tax, "TaxRate", f"{rate:.2f}")
        _amount(tax, "TaxableBase", base)
        _amount(tax, "TaxAmount", round2(multiply(base, rate) / _HUNDRED))


def _totals(invoice: etree._Element, amounts: Mapping[str, Decimal]) -> None:
    totals = _add(invoice, "InvoiceTotals")
    _add(totals, "TotalGrossAmount", str(amounts["gross"]))
    _add(totals, "TotalGrossAmountBeforeTaxes", str(amounts["gross"]))
    _add(totals, "TotalTaxOutputs", str(amounts["vat"]))
    _add(totals, "TotalTaxesWithheld", str(round2(amounts["withheld"])))
    for name in ("InvoiceTotal", "TotalOutstandingAmount", "TotalExecutableAmount"):
        _add(totals, name, str(amounts["total"]))


def _line(items: etree._Element, line: Line, position: int) -> None:
    node = _add(items, "InvoiceLine")
    if line.contract:
        _add(node, "ReceiverContractReference", line.contract)
        _add(node, "FileReference", line.contract)
    _add(node, "SequenceNumber", str(position))
    _add(node, "ItemDescription", line.text)
    _add(node, "Quantity", str(line.quantity))
    _add(node, "UnitOfMeasure", "01")
    _add(node, "UnitPriceWithoutTax", str(line.price))
    _add(node, "TotalCost", str(line.cost))
    _add(node, "GrossAmount", str(line.cost))
    _taxes(node, "TaxesWithheld", _INCOME_TAX, _by_rate((line,), "withheld"))
    _taxes(node, "TaxesOutputs", _VAT, {line.vat: line.cost})


def _amount(node: etree._Element, name: str, value: Decimal) -> None:
    _add(_add(node, name), "TotalAmount", str(value))


def _add(node: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(node, name)
    child.text = text
    return child


def as_bytes(root: etree._Element) -> bytes:
    """The file as it is sent."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
