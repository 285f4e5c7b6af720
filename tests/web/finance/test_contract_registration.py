"""A contract registered on its page, with its supplier when the town does not know it."""

from __future__ import annotations

from sqlalchemy import func, select

from engine.contracts.models import Contract
from engine.people.models import Person
from engine.townhall import TownHall
from tests.engine.finance.invoices.conftest import facturae
from tests.web.finance.conftest import Desk

TYPED = {
    "supplier_document": "B-33.997.776",
    "supplier_name": "Semillas del Sur, S. L.",
    "number": "MEN/2026/041",
    "title": "Flores para la plaza",
    "kind": "minor_supplies",
    "amount": "1.200,50",
    "vat_rate": "10",
    "starts_on": "1/11/2026",
    "ends_on": "31/12/2026",
}


def typed(desk: Desk, **changes: str) -> dict[str, str]:
    responsible = str(desk.officials["contract_manager"].id)
    return {
        **TYPED,
        "responsible_id": responsible,
        "unit_id": str(desk.contract.unit_id),
        **changes,
    }


def counts(hall: TownHall) -> tuple[int, int]:
    with hall.database.reading() as session:
        contracts = session.scalar(select(func.count()).select_from(Contract))
        persons = session.scalar(select(func.count()).select_from(Person))
    return contracts or 0, persons or 0


def test_a_contract_and_its_new_supplier_are_registered_together(
    desk: Desk, hall: TownHall
) -> None:
    before = counts(hall)
    sede = desk.of("accountant")
    page = sede.get(sede.get("/contratos").link("Registrar un contrato"))
    page = sede.submit(page, typed(desk), button="Registrar el contrato")
    assert "ya se le pueden vincular facturas" in page.main
    assert page.h1.endswith("Flores para la plaza")
    main = page.main.replace("\u00a0", " ")
    assert "Semillas del Sur, S. L. (B33997776)" in main
    assert "Quedan 1.200,50 € de 1.200,50 €, sin IVA." in main
    assert counts(hall) == (before[0] + 1, before[1] + 1)


def test_a_known_supplier_needs_only_its_document(desk: Desk, hall: TownHall) -> None:
    before = counts(hall)
    sede = desk.of("accountant")
    fields = typed(desk, supplier_document="B28015865", supplier_name="Otro nombre")
    page = sede.submit(sede.get("/contratos/registrar"), fields, button="Registrar el contrato")
    assert "Luces del Norte, S. L. (B28015865)" in page.main
    assert counts(hall) == (before[0] + 1, before[1])


def test_what_is_wrong_is_told_field_by_field_and_nothing_is_kept(
    desk: Desk, hall: TownHall
) -> None:
    before = counts(hall)
    sede = desk.of("accountant")
    empty = sede.get("/contratos/registrar")
    page = sede.submit(empty, button="Registrar el contrato", status=422)
    assert set(page.errors) >= {
        "supplier_document",
        "number",
        "amount",
        "responsible_id",
        "ends_on",
    }
    fields = typed(desk, supplier_name="")
    page = sede.submit(empty, fields, button="Registrar el contrato", status=422)
    assert set(page.errors) == {"supplier_name"}
    person = typed(desk, supplier_document="98831899W", supplier_name="Pin")
    page = sede.submit(empty, person, button="Registrar el contrato", status=422)
    assert set(page.errors) == {"supplier_surname1"}
    backwards = typed(desk, ends_on="1/1/2026")
    page = sede.submit(empty, backwards, button="Registrar el contrato", status=422)
    assert page.errors == {"ends_on": "El fin no puede ser anterior al comienzo."}
    twin = typed(desk, number="2026 ser 12")
    page = sede.submit(empty, twin, button="Registrar el contrato", status=409)
    assert "Ya existe el contrato 2026/SER/12" in page.main
    assert counts(hall) == before, "a supplier whose contract failed is not kept either"


def test_only_who_may_create_contracts_sees_the_page_or_its_links(desk: Desk) -> None:
    for post in ("controller", "mayor", "treasurer", "auditor"):
        sede = desk.of(post)
        assert not sede.get("/contratos").has_link("Registrar un contrato")
        sede.get("/contratos/registrar", status=403)
    desk.of("controller").post("/contratos/registrar", typed(desk), status=403)


def test_an_invoice_without_a_contract_leads_to_the_form_with_its_issuer(desk: Desk) -> None:
    other = facturae().replace("B28015865", "B33997776")
    page = desk.upload(other)
    assert "El emisor no tiene ningún contrato vigente." in page.main
    sede = desk.of("accountant")
    form = sede.get(page.link("Registrar un contrato con este emisor"))
    held = form.soup.find(id="supplier_document")
    assert held is not None
    assert held["value"] == "B33997776"
    assert not desk.of("controller").get(page.path).has_link("Registrar un contrato")
