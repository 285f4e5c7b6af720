"""Each fault gives its rule; a right invoice gives none; all the findings come together."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.finance.invoices.checking import Buyer, InvoiceFileReport, check_invoice_file
from engine.finance.invoices.findings import Channel, Severity, rules
from engine.finance.invoices.model import Centre, Invoice
from engine.finance.invoices.structure import VERSIONS
from engine.money import format_euros, parse_decimal, round2
from tests.engine.finance.invoices.conftest import NOW, SHARED, facturae

Check = Callable[..., InvoiceFileReport]

# What is spoilt, by what, and the rules that must speak.
FAULTS: dict[str, tuple[str, str, set[str]]] = {
    "a blank number": ("<InvoiceNumber>17<", "<InvoiceNumber>  <", {"3a"}),
    "a wrong NIF": ("B28015865", "B28015866", {"5b"}),
    "a NIF with the country before it": ("B28015865", "ESB28015865", {"5b"}),
    "a lower case NIF": ("B28015865", "b28015865", {"5b"}),
    "the same seller and buyer": ("B28015865", "P3399014D", {"5f"}),
    "a blank name": (">Luces del Norte, S. L.<", "><", {"5e"}),
    "a wrong line cost": ("<TotalCost>21.00<", "<TotalCost>21.01<", {"6a"}),
    "a wrong line gross": ("</TotalCost><GrossAmount>21.00<", "</TotalCost><GrossAmount>20.99<", {"6a", "6b"}),
    "a wrong gross total": ("<TotalGrossAmount>21.00<", "<TotalGrossAmount>22.00<", {"6b", "6e"}),
    "a wrong base": ("BeforeTaxes>21.00<", "BeforeTaxes>20.00<", {"6e", "6f"}),
    "a total that forgets the taxes": ("<InvoiceTotal>25.41<", "<InvoiceTotal>21.00<", {"6f"}),
    "negative withholdings": ("<TotalTaxesWithheld>0.00<", "<TotalTaxesWithheld>-1.00<", {"6d", "6f"}),
    "a future date": ("2026-11-02", "2099-12-31", {"7a"}),
    "no description": ("<ItemDescription>Reparación de luminarias<", "<ItemDescription> <", {"9b"}),
    "two units of three": ("<RoleTypeCode>02<", "<RoleTypeCode>04<", {"8"}),
    "an infinite quantity": ("<Quantity>2<", "<Quantity>INF<", {"X-number"}),
    "a quantity that is no number": ("<Quantity>2<", "<Quantity>NaN<", {"X-number"}),
    "a quantity with an exponent": ("<Quantity>2<", "<Quantity>1E3<", {"X-number"}),
    "a tiny quantity": ("<Quantity>2<", "<Quantity>1e-400<", {"X-number"}),
    "a total with three decimals": ("<InvoiceTotal>25.41<", "<InvoiceTotal>25.411<", {"6b"}),
    "an unknown currency": ("Data><IssueDate>2026-11-02</IssueDate><InvoiceCurrencyCode>EUR<", "Data><IssueDate>2026-11-02</IssueDate><InvoiceCurrencyCode>XXX<", {"6c"}),
    "a date that is none": ("2026-11-02", "2026-02-30", {"1", "7a"}),
    "an element missing": ("<InvoiceNumber>17</InvoiceNumber>", "", {"1", "3a"}),
    "an element out of order": ("<Modality>I</Modality><InvoiceIssuerType>EM</InvoiceIssuerType>", "<InvoiceIssuerType>EM</InvoiceIssuerType><Modality>I</Modality>", {"1"}),
    "a code that is not in the list": ("<InvoiceClass>OO<", "<InvoiceClass>ZZ<", {"1"}),
    "a corrective invoice of nothing": ("<InvoiceClass>OO<", "<InvoiceClass>OR<", {"4b"}),
}  # fmt: skip


def test_a_right_invoice_has_only_the_warning_of_its_missing_signature(checked: Check) -> None:
    for version in VERSIONS:
        report = checked(facturae(version))
        assert [(item.rule, item.severity) for item in report.all_findings] == [("2", "warning")]
        assert report.accepted
        assert not checked(facturae(version), Channel.FACE).accepted


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_gives_its_rule_and_keeps_the_invoice_out(checked: Check, name: str) -> None:
    old, new, expected = FAULTS[name]
    right = facturae()
    assert right.count(old) >= 1
    report = checked(right.replace(old, new, 1))
    errors = {item.rule for item in report.all_findings if item.severity is Severity.ERROR}
    assert expected <= errors, [item.message for item in report.all_findings]
    assert not report.accepted
    for item in report.all_findings:
        assert item.message.strip() == item.message
        assert "{" not in item.message
        assert item.path.startswith("/")


def test_all_the_findings_come_together(checked: Check) -> None:
    text = facturae()
    for old, new, _rules in (
        FAULTS["a wrong NIF"],
        FAULTS["a wrong line cost"],
        FAULTS["a future date"],
    ):
        text = text.replace(old, new, 1)
    assert {"5b", "6a", "7a", "2"} <= {item.rule for item in checked(text).all_findings}


def test_no_unit_at_all_is_the_registrars_to_mend_by_hand_and_an_error_from_face(
    checked: Check,
) -> None:
    start, end = "<AdministrativeCentres>", "</AdministrativeCentres>"
    text = facturae()
    without = text[: text.index(start)] + text[text.index(end) + len(end) :]
    by_hand = [i for i in checked(without).all_findings if i.rule == "8"]
    through_face = [i for i in checked(without, Channel.FACE).all_findings if i.rule == "8"]
    assert [i.severity for i in by_hand] == [Severity.WARNING]
    assert [i.severity for i in through_face] == [Severity.ERROR]


def test_an_invoice_to_somebody_else_is_told() -> None:
    report = check_invoice_file(
        facturae().encode(),
        channel=Channel.UPLOAD,
        now=NOW,
        buyer=Buyer("P3302400A", "Otro ayuntamiento"),
    )
    (item,) = [item for item in report.all_findings if item.rule == "BUYER"]
    assert item.severity is Severity.WARNING
    assert "P3399014D" in item.message


class _Register:
    """A register that already has everything."""

    def live_twin(self, _invoice: Invoice) -> str | None:
        return "RCF-2026-1"

    def registered_copy(self, _invoice: Invoice) -> str | None:
        return "RCF-2026-2"

    def unit_problem(self, centres: tuple[Centre, ...]) -> tuple[Centre, str] | None:
        return centres[1], "no depende de la oficina contable"


def test_the_register_answers_for_duplicates_copies_and_units() -> None:
    report = check_invoice_file(
        facturae().encode(), channel=Channel.FACE, now=NOW, lookups=_Register()
    )
    messages = {item.rule: item.message for item in report.all_findings}
    assert "RCF-2026-1" in messages["3b"]
    assert "RCF-2026-2" in messages["4c"]
    assert "LA0000002" in messages["8"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "vac"),
        (b"%PDF-1.7", "bien formado"),
        (b"<a/>", "no es una factura"),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "DTD"),
        (b"<a>" * 1_000_000, "anidados"),
        (b"<Facturae/>", "no es una factura"),
    ],
)
def test_what_is_not_an_invoice_is_rejected_with_its_reason(
    checked: Check, data: bytes, words: str
) -> None:
    report = checked(data)
    assert not report.accepted
    (item,) = report.all_findings
    assert words in item.message
    assert report.to_dict("x")["format"] == "unknown"


@given(st.data())
def test_whatever_is_cut_out_of_an_invoice_the_check_answers(data: st.DataObject) -> None:
    text = facturae()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 400)))
    report = check_invoice_file(
        (text[:start] + text[end:]).encode(), channel=Channel.UPLOAD, now=NOW
    )
    json.dumps(report.to_dict("x"))


@given(
    st.lists(
        st.tuples(
            st.decimals("0.001", "9999", places=3).map(str),
            st.decimals("0.01", "9999", places=2).map(str),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_right_invoices_never_have_an_error(lines: list[tuple[str, str]]) -> None:
    report = check_invoice_file(
        facturae(lines=tuple(lines)).encode(), channel=Channel.UPLOAD, now=NOW
    )
    assert report.accepted, [item.message for item in report.all_findings]


@given(st.decimals("-1000000", "1000000", places=5), st.decimals("0", "100000", places=4))
def test_rounding_is_half_up_as_an_exact_fraction_says(left: Decimal, right: Decimal) -> None:
    exact = Fraction(left) * Fraction(right) * 100
    cents = int(abs(exact) + Fraction(1, 2)) * (-1 if exact < 0 else 1)
    assert round2(left * right) == Decimal(cents) / 100


@pytest.mark.parametrize(
    "text", ["INF", "-INF", "NaN", "1E3", "1e-400", "", " ", "1,5", "0x10", "9" * 21]
)
def test_what_is_not_a_plain_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        parse_decimal(text)


def test_euros_are_written_as_in_spain() -> None:
    assert format_euros(Decimal("1234567.5")) == "1.234.567,50 €"
    assert format_euros(Decimal("-0.004")) == "0,00 €"


def test_every_rule_says_its_source_and_its_severity_by_channel() -> None:
    for rule in rules().values():
        assert rule.source
        assert set(rule.severity) == set(Channel)
        assert rule.text.endswith((".", "}"))


SAMPLES: dict[str, tuple[bool, set[str]]] = {
    "Facturae-3.2-valid.xml": (True, set()),
    "Facturae-3.2.1-valid.xml": (True, set()),
    "Facturae-3.2.2-valid.xml": (True, set()),
    "Facturae-3.2.2-lote-valid.xml": (True, set()),
    "Facturae-3.2.2-nif-invalido.xml": (False, {"5b"}),
    "Facturae-3.2.2-totales-incorrectos.xml": (False, {"6f"}),
    "Facturae-3.2.2-esquema-invalido.xml": (False, {"1"}),
}


@pytest.mark.skipif(not SHARED.exists(), reason="the official samples are not at hand")
@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_of_other_people_get_their_verdict(checked: Check, name: str) -> None:
    accepted, expected = SAMPLES[name]
    report = checked((SHARED / "samples" / name).read_bytes())
    errors = {item.rule for item in report.all_findings if item.severity is Severity.ERROR}
    assert report.accepted is accepted
    assert expected <= errors
    result = report.to_dict(name)
    assert result["verdict"] == ("accepted" if accepted else "rejected")
    assert set(result["invoices"][0]) == {"number", "series", "issuer", "total", "findings"}


@pytest.mark.skipif(not SHARED.exists(), reason="the official samples are not at hand")
def test_the_command_says_of_each_file_what_its_contract_promises(
    run_cli: Callable[..., object], tmp_path: Path
) -> None:
    paths = [str(SHARED / "samples" / name) for name in SAMPLES]
    every = run_cli("check", "invoice", "--json", *paths)
    assert every.returncode == 1  # type: ignore[attr-defined]
    results = json.loads(every.stdout)  # type: ignore[attr-defined]
    assert [result["file"] for result in results] == paths
    for (name, (accepted, expected)), result in zip(SAMPLES.items(), results, strict=True):
        assert {"file", "format", "version", "verdict", "invoices"} <= set(result)
        assert (result["format"], result["version"]) == ("facturae", name.split("-")[1])
        assert result["verdict"] == ("accepted" if accepted else "rejected")
        for invoice in result["invoices"]:
            assert set(invoice) == {"number", "series", "issuer", "total", "findings"}
            for found in invoice["findings"]:
                assert set(found) == {"rule", "severity", "message", "path"}
                assert found["severity"] in ("error", "warning", "info")
            errors = {f["rule"] for f in invoice["findings"] if f["severity"] == "error"}
            assert expected <= errors
    right, wrong = paths[0], paths[4]
    one = run_cli("check", "invoice", "--json", right)
    assert json.loads(one.stdout)["verdict"] == "accepted"  # type: ignore[attr-defined]
    absent = run_cli("check", "invoice", str(tmp_path / "nothing.xml"))
    codes = [one.returncode, run_cli("check", "invoice", wrong).returncode, absent.returncode]  # type: ignore[attr-defined]
    assert codes == [0, 1, 2]
    assert "No existe el fichero" in absent.stderr  # type: ignore[attr-defined]
