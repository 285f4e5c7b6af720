"""The register: codes without gaps, the same invoice once, what is wrong rejected with its rules."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from factories.town import actor_for
from sqlalchemy import select

from engine.clock import FixedClock
from engine.errors import BadInput, NotFound, Refused, RuleBroken
from engine.finance import operations, queries
from engine.finance.models import Invoice, InvoiceState, Source
from engine.permissions import ActorKind
from tests.engine.finance.conftest import House, clean
from tests.engine.finance.invoices.conftest import SHARED, facturae
from tests.engine.finance.invoices.test_checking import FAULTS

FULL_SIZE = os.environ.get("ANDECHA_SOAK") == "1"


def rows(house: House) -> Sequence[Invoice]:
    with house.hall.database.reading() as session:
        return list(session.scalars(select(Invoice).order_by(Invoice.register_number)))


def test_the_bytes_are_kept_as_they_came_and_named_by_their_hash(house: House) -> None:
    text = clean()
    row = house.register(text)
    assert row.sha256 == hashlib.sha256(text.encode()).hexdigest()
    document, data = operations.read_original(house.call("auditor"), invoice_id=row.id)
    assert data == text.encode()
    assert (document.media_type, document.expediente_id) == ("application/xml", row.expediente_id)
    with pytest.raises(NotFound):
        operations.read_original(
            house.hall.call(actor_for(ActorKind.CITIZEN, house.officials["mayor"], "finance.read")),
            invoice_id=row.id,
        )


def test_what_the_invoice_says_is_in_the_register(house: House) -> None:
    """Orden HAP/492/2014, art. 5: what the register holds of each invoice."""
    view = house.view(house.register(clean()).id)
    row = view.row
    assert (row.issuer_nif, row.issuer_name) == ("B28015865", "Luces del Norte, S. L.")
    assert (row.series, row.number, row.currency) == ("A", "17", "EUR")
    assert (row.base, row.vat, row.total) == (Decimal("21.00"), Decimal("4.41"), Decimal("25.41"))
    assert (view.accounting_office, view.managing_body, view.processing_unit) == (
        "LA0000001",
        "LA0000002",
        "LA0000003",
    )
    content = queries.invoice_content(house.hall, view)
    assert [line.description for line in content.lines] == ["Reparación de luminarias"]


def test_what_is_wrong_is_registered_as_rejected_naming_its_rules(house: House) -> None:
    """L25 9.2 and HAP/1650/2015 annex II: the trail of a rejected invoice exists, with its reasons."""
    for old, new, expected in FAULTS.values():
        row = house.register(clean().replace(old, new, 1))
        assert row.state == InvoiceState.REJECTED
        assert row.rejection_code == "check"
        assert all(f"[{rule}]" in (row.rejection_reason or "") for rule in expected)
        assert row.expediente_id is None
    view = house.view(row.id)
    assert [(step.key, step.outcome) for step in view.steps] == [("register", "rejected")]
    assert view.work == ()
    _document, data = operations.read_original(house.call("accountant"), invoice_id=row.id)
    assert hashlib.sha256(data).hexdigest() == row.sha256


def test_the_same_file_twice_names_the_code_that_it_has(house: House) -> None:
    first = house.register(clean())
    with pytest.raises(RuleBroken, match=first.code):
        house.register(clean())
    assert len(rows(house)) == 1


def test_the_same_invoice_in_another_file_is_rejected_by_3b(house: House) -> None:
    """HAP/1650/2015 annex II 3.b: no other live invoice of the issuer, number, series and date."""
    first = house.register(clean())
    second = house.register(clean().replace("Reparación", "Arreglo"))
    assert second.state == InvoiceState.REJECTED
    assert first.code in (second.rejection_reason or "")
    house.act("accountant", "reject", first.id, code="not_delivered", reason="No es nuestra.")
    assert house.register(clean().replace("Reparación", "Arreglo")).state == "registered"


def test_of_many_uploads_at_once_of_the_same_invoice_one_is_accepted(house: House) -> None:
    """HAP/1650/2015 annex II 3.b, with eight people at once: the same file, and the same invoice."""
    count = 1000 if FULL_SIZE else 8

    def upload(number: int) -> str:
        try:
            return house.register(clean().replace("Reparación", f"Arreglo {number % 4}")).state
        except RuleBroken:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(upload, range(count)))
    assert results.count("registered") == 1
    assert set(results) <= {"registered", "rejected", "refused"}
    found = rows(house)
    assert [row.state for row in found].count("registered") == 1
    assert [row.register_number for row in found] == list(range(1, len(found) + 1))


def test_the_codes_have_no_gap_whatever_fails_between(house: House) -> None:
    """L25 9.2: the register gives each invoice its code."""
    count = 3000 if FULL_SIZE else 12

    def upload(number: int) -> None:
        if number % 3 == 0:
            with pytest.raises(BadInput):
                house.register("<nada/>")
        else:
            house.register(clean(f"F{number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(upload, range(count)))
    found = rows(house)
    numbers = range(1, count - count // 3 + 1)
    assert [row.register_number for row in found] == list(numbers)
    assert [row.code for row in found] == [f"RCF-2026-{number:06d}" for number in numbers]
    instants = [row.received_at for row in found]
    assert instants == sorted(instants)


def test_a_batch_gives_an_invoice_an_expediente_and_a_document_to_each(house: House) -> None:
    text = clean("17")
    start, end = text.index("<Invoice>"), text.index("</Invoices>")
    one = text[start:end]
    two = one.replace("<InvoiceNumber>17<", "<InvoiceNumber>18<")
    twin = one.replace("Reparación", "Arreglo")
    batch = (text[:start] + one + two + twin + text[end:]).replace(
        "<Modality>I<", "<Modality>L<"
    ).replace("<InvoicesCount>1<", "<InvoicesCount>3<").replace(
        "TotalInvoicesAmount><TotalAmount>25.41<", "TotalInvoicesAmount><TotalAmount>76.23<"
    )  # fmt: skip
    registered = operations.register_invoice(
        house.call("accountant"), data=batch.encode(), name="lote.xml"
    )
    states = [(row.number, row.position, row.state) for row in registered.invoices]
    assert states == [("17", 1, "registered"), ("18", 2, "registered"), ("17", 3, "rejected")]
    assert len({row.document_id for row in registered.invoices}) == 3
    first, second, _third = registered.invoices
    assert first.expediente_id not in (None, second.expediente_id)
    view = house.view(second.id)
    assert queries.invoice_content(house.hall, view).number == "18"


def test_what_is_no_invoice_is_refused_with_a_plain_reason(house: House) -> None:
    """A PDF, a DTD, a million elements inside each other, 16 MB."""
    for data, words in (
        (b"%PDF-1.7", "bien formado"),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "DTD"),
        (b"<a>" * 1_000_000, "anidados"),
        (b"<a>" + b"x" * 16_000_000 + b"</a>", "MB"),
    ):
        with pytest.raises(BadInput, match=words):
            operations.register_invoice(house.call("accountant"), data=data, name="x.xml")
    assert rows(house) == []


def test_who_is_not_of_accounting_registers_nothing(house: House) -> None:
    for post in set(house.officials) - {"accountant", "clerk"}:
        with pytest.raises(Refused):
            house.register(clean(), post)


def test_what_comes_by_the_entry_point_has_no_registrar_and_its_warnings_are_errors(
    house: House,
) -> None:
    system = house.hall.system("face")
    good = operations.register_invoice(
        system, data=clean().encode(), name="a.xml", source=Source.FACE
    ).invoices[0]
    bad = operations.register_invoice(
        system, data=facturae().encode(), name="b.xml", source=Source.FACE
    ).invoices[0]
    assert (good.state, good.received_by) == ("registered", None)
    assert (bad.state, bad.rejection_code) == ("rejected", "check")
    assert house.view(good.id).steps[0].official_name == ""


def test_a_contract_never_gives_more_than_it_has_whoever_asks_at_once(house: House) -> None:
    """LCSP 198: invoices together cannot take more than the contract's amount (50,00 €)."""
    made = [house.register(clean(f"F{number}")) for number in range(6)]
    gate = threading.Barrier(6)

    def link(row: Invoice) -> bool:
        gate.wait()
        try:
            house.act("accountant", "link_contract", row.id, contract_id=house.contract.id)
        except RuleBroken as error:
            assert "importe" in error.message
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(link, made))
    assert results.count(True) == 2
    assert house.balance() == (Decimal("0.00"), Decimal("42.00"))


def test_a_contract_of_somebody_else_is_not_for_the_invoice(house: House) -> None:
    text = clean().replace("B28015865", "A58818501")
    row = house.register(text)
    with pytest.raises(RuleBroken, match="no es del emisor"):
        house.act("accountant", "link_contract", row.id, contract_id=house.contract.id)
    assert house.view(row.id).candidates == ()


def test_the_lists_find_add_up_and_tell_what_waits_for_the_reader(
    house: House, clock: FixedClock
) -> None:
    first = house.register(clean("F1"))
    house.register(clean("F2", lines=(("1", "10.00"),)))
    house.decide("accountant", first.id, decision="reject", code="other", reason="Repetida.")

    def found(post: str, **wanted: object) -> queries.InvoicePage:
        with house.hall.database.reading() as session:
            return queries.invoices(
                session,
                house.actor(post),
                queries.InvoiceSearch(**wanted),  # type: ignore[arg-type]
                clock.now(),
            )

    everything = found("auditor")
    assert (everything.total, everything.amount) == (2, Decimal("37.51"))
    assert [row.number for row in everything.rows] == ["F2", "F1"]
    assert [row.number for row in found("auditor", state=InvoiceState.REJECTED).rows] == ["F1"]
    assert [row.number for row in found("auditor", text="luces f2").rows] == ["F2"]
    assert found("auditor", waiting=True).rows == ()
    assert [row.number for row in found("clerk", waiting=True).rows] == ["F2"]
    assert found("auditor", overdue=True).rows == ()
    with house.hall.database.reading() as session:
        counted = queries.counts(session, house.actor("auditor"))
    assert (counted[InvoiceState.REGISTERED], counted[InvoiceState.REJECTED]) == (1, 1)


@pytest.mark.skipif(not SHARED.exists(), reason="the official samples are not at hand")
def test_the_samples_of_other_people_enter_the_register(house: House) -> None:
    batch = SHARED / "samples" / "Facturae-3.2.2-lote-valid.xml"
    registered = operations.register_invoice(
        house.call("accountant"), data=batch.read_bytes(), name=batch.name
    )
    assert {row.state for row in registered.invoices} == {"pending_resolution"}
    assert len(registered.invoices) == 2
