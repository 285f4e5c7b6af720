"""Invoices to spoil: a right one built here, and the samples of other people where they are at hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from engine.finance.invoices.checking import InvoiceFileReport, check_invoice_file
from engine.finance.invoices.findings import Channel
from engine.finance.invoices.structure import structure

SHARED = Path(__file__).resolve().parents[5] / "shared" / "data" / "facturae"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def facturae(version: str = "3.2.2", lines: tuple[tuple[str, str], ...] = (("2", "10.50"),)) -> str:
    """A right invoice of a company to the town, with 21 % of VAT and the three DIR3 units."""
    items, gross = [], Decimal(0)
    for quantity, price in lines:
        cost = (Decimal(quantity) * Decimal(price)).quantize(
            Decimal("0.01"), rounding="ROUND_HALF_UP"
        )
        gross += cost
        shown = f"{cost}0000" if version == "3.2" else str(cost)
        unit = f"{Decimal(price):.6f}" if version == "3.2" else price
        items.append(
            f"<InvoiceLine><ItemDescription>Reparación de luminarias</ItemDescription>"
            f"<Quantity>{quantity}</Quantity><UnitPriceWithoutTax>{unit}</UnitPriceWithoutTax>"
            f"<TotalCost>{shown}</TotalCost><GrossAmount>{shown}</GrossAmount>"
            f"<TaxesOutputs>{_tax(cost)}</TaxesOutputs></InvoiceLine>"
        )
    vat = (gross * 21 / 100).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    total = gross + vat
    return (
        f'<fe:Facturae xmlns:fe="{structure(version).namespace}"><FileHeader>'
        f"<SchemaVersion>{version}</SchemaVersion><Modality>I</Modality>"
        "<InvoiceIssuerType>EM</InvoiceIssuerType><Batch><BatchIdentifier>L1</BatchIdentifier>"
        f"<InvoicesCount>1</InvoicesCount><TotalInvoicesAmount>{_amount(total)}</TotalInvoicesAmount>"
        f"<TotalOutstandingAmount>{_amount(total)}</TotalOutstandingAmount>"
        f"<TotalExecutableAmount>{_amount(total)}</TotalExecutableAmount>"
        "<InvoiceCurrencyCode>EUR</InvoiceCurrencyCode></Batch></FileHeader><Parties>"
        f"<SellerParty>{_company('B28015865', 'Luces del Norte, S. L.')}</SellerParty>"
        "<BuyerParty><TaxIdentification><PersonTypeCode>J</PersonTypeCode><ResidenceTypeCode>R"
        "</ResidenceTypeCode><TaxIdentificationNumber>P3399014D</TaxIdentificationNumber>"
        f"</TaxIdentification><AdministrativeCentres>{_centres()}</AdministrativeCentres>"
        f"{_legal('Ayuntamiento de Valdecandamo')}</BuyerParty></Parties><Invoices><Invoice>"
        "<InvoiceHeader><InvoiceNumber>17</InvoiceNumber><InvoiceSeriesCode>A</InvoiceSeriesCode>"
        "<InvoiceDocumentType>FC</InvoiceDocumentType><InvoiceClass>OO</InvoiceClass></InvoiceHeader>"
        "<InvoiceIssueData><IssueDate>2026-11-02</IssueDate>"
        "<InvoiceCurrencyCode>EUR</InvoiceCurrencyCode><TaxCurrencyCode>EUR</TaxCurrencyCode>"
        f"<LanguageName>es</LanguageName></InvoiceIssueData><TaxesOutputs>{_tax(gross)}</TaxesOutputs>"
        f"<InvoiceTotals><TotalGrossAmount>{gross}</TotalGrossAmount>"
        f"<TotalGrossAmountBeforeTaxes>{gross}</TotalGrossAmountBeforeTaxes>"
        f"<TotalTaxOutputs>{vat}</TotalTaxOutputs><TotalTaxesWithheld>0.00</TotalTaxesWithheld>"
        f"<InvoiceTotal>{total}</InvoiceTotal><TotalOutstandingAmount>{total}</TotalOutstandingAmount>"
        f"<TotalExecutableAmount>{total}</TotalExecutableAmount></InvoiceTotals>"
        f"<Items>{''.join(items)}</Items></Invoice></Invoices></fe:Facturae>"
    )


def _amount(value: Decimal) -> str:
    return f"<TotalAmount>{value}</TotalAmount>"


def _tax(base: Decimal) -> str:
    quota = (base * 21 / 100).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    return (
        "<Tax><TaxTypeCode>01</TaxTypeCode><TaxRate>21.00</TaxRate>"
        f"<TaxableBase>{_amount(base)}</TaxableBase><TaxAmount>{_amount(quota)}</TaxAmount></Tax>"
    )


def _company(number: str, name: str) -> str:
    return (
        "<TaxIdentification><PersonTypeCode>J</PersonTypeCode><ResidenceTypeCode>R</ResidenceTypeCode>"
        f"<TaxIdentificationNumber>{number}</TaxIdentificationNumber></TaxIdentification>{_legal(name)}"
    )


def _legal(name: str) -> str:
    return (
        f"<LegalEntity><CorporateName>{name}</CorporateName><AddressInSpain><Address>Plaza Mayor, 1"
        "</Address><PostCode>33999</PostCode><Town>Valdecandamo</Town><Province>Asturias</Province>"
        "<CountryCode>ESP</CountryCode></AddressInSpain></LegalEntity>"
    )


def _centres() -> str:
    return "".join(
        f"<AdministrativeCentre><CentreCode>{code}</CentreCode><RoleTypeCode>{role}</RoleTypeCode>"
        "<AddressInSpain><Address>Plaza Mayor, 1</Address><PostCode>33999</PostCode>"
        "<Town>Valdecandamo</Town><Province>Asturias</Province><CountryCode>ESP</CountryCode>"
        "</AddressInSpain></AdministrativeCentre>"
        for role, code in (("01", "LA0000001"), ("02", "LA0000002"), ("03", "LA0000003"))
    )


@pytest.fixture
def checked() -> Callable[..., InvoiceFileReport]:
    """Check a text as an invoice that comes through FACe or by hand."""

    def check(text: str | bytes, channel: Channel = Channel.UPLOAD) -> InvoiceFileReport:
        data = text.encode() if isinstance(text, str) else text
        return check_invoice_file(data, channel=channel, now=NOW)

    return check
