"""Invoices on the pages of officials: uploaded, found, decided one after the other, read by whom may."""

from __future__ import annotations

from datetime import timedelta

from engine.clock import FixedClock
from tests.engine.finance.conftest import clean
from tests.engine.finance.invoices.conftest import facturae
from tests.web.finance.conftest import Desk


def test_an_invoice_is_uploaded_decided_by_each_post_on_its_page_and_paid(desk: Desk) -> None:
    """L25 9.3: each step of an invoice is done by who must, and everybody sees where it stands."""
    page = desk.upload()
    assert page.h1 == "Factura A-17 de Luces del Norte, S. L."
    assert "RCF-2026-000001" in page.main
    assert "Quedan 30 días para dar la conformidad (hasta el 24/12/2026)" in page.main
    assert "Cumple todas las reglas" in page.main
    address = page.path
    steps = (
        ("accountant", {"decision": "linked", "contract": str(desk.contract.id)}, "Vinculada"),
        ("contract_manager", {"decision": "conform"}, "Conformada"),
        ("controller", {"decision": "favourable"}, "Fiscalizada"),
        ("mayor", {"decision": "recognise"}, "Obligación reconocida"),
        ("councillor", {"decision": "order"}, "Pago ordenado"),
        ("treasurer", {"decision": "paid", "payment_reference": "TRF-1"}, "Pagada"),
    )
    for post, data, words in steps:
        sede = desk.of(post)
        page = sede.get(address)
        if post != "contract_manager":
            page = sede.submit(page, button="Asignarme la tarea")
        page = sede.submit(page, data, button="Confirmar")
        assert "Hecho: la factura sigue su trámite." in page.main
        assert words in page.soup.select_one("main .govuk-tag").get_text()  # type: ignore[union-attr]
    seen = desk.of("auditor").get(address)
    assert "Persona 6 De Prueba, Tesorería" in seen.main
    assert "TRF-1" in seen.main
    assert "Ahora:" not in seen.main


def test_the_task_of_an_invoice_leads_to_its_page_and_so_does_its_expediente(desk: Desk) -> None:
    code = desk.upload().path
    sede = desk.of("accountant")
    inbox = sede.get("/oficina/")
    assert sede.get(inbox.link("Vincular al contrato")).path == code
    assert sede.get(inbox.link("2026/FAC/000001")).link("Ver la factura") == code


def test_who_does_not_have_the_task_reads_who_does(desk: Desk) -> None:
    address = desk.upload().path
    page = desk.of("controller").get(address)
    assert "Espera a que la haga alguien de Hacienda y Contabilidad." in page.main
    assert page.soup.select("main form") == []
    sede = desk.of("accountant")
    sede.submit(sede.get(address), button="Asignarme la tarea")
    page = desk.of("controller").get(address)
    assert "La tiene Persona 1 De Prueba." in page.main


def test_what_is_missing_in_a_decision_is_told_beside_its_field(desk: Desk) -> None:
    sede = desk.of("accountant")
    page = sede.submit(sede.get(desk.upload().path), button="Asignarme la tarea")
    page = sede.submit(page, {"decision": "linked"}, button="Confirmar", status=422)
    assert page.errors == {"contract": "Elija el contrato de la factura."}
    page = sede.submit(page, {"decision": "reject"}, button="Confirmar", status=422)
    assert set(page.errors) == {"code", "reason"}
    page = sede.submit(page, {"code": "duplicate", "reason": "Es la 16."}, button="Confirmar")
    assert "Rechazada: Factura duplicada" in page.main
    assert "Es la 16." in page.main


def test_a_contract_with_too_little_left_is_told_on_the_page(desk: Desk) -> None:
    sede = desk.of("accountant")
    page = sede.get(desk.upload(clean("18", (("10", "10.00"),))).path)
    page = sede.submit(page, button="Asignarme la tarea")
    page = sede.submit(
        page,
        {"decision": "linked", "contract": str(desk.contract.id)},
        button="Confirmar",
        status=409,
    )
    assert "no tiene importe bastante: quedan 50,00 €" in page.main


def test_what_is_wrong_in_a_file_is_shown_whole_with_rule_place_and_what_to_do(desk: Desk) -> None:
    """HAP/1650/2015 annex II: every fault at once."""
    wrong = (
        clean()
        .replace("<InvoiceTotal>25.41<", "<InvoiceTotal>21.00<")
        .replace("<ItemDescription>Reparación de luminarias<", "<ItemDescription> <")
    )
    page = desk.upload(wrong)
    assert "queda rechazada, con sus motivos" in page.main
    for words in ("6f", "9b", "/Facturae/Invoices/Invoice/InvoiceTotals/InvoiceTotal"):
        assert words in page.main
    assert page.main.count("El proveedor tiene que corregirlo") == 2


def test_warnings_are_resolved_on_the_page(desk: Desk) -> None:
    sede = desk.of("accountant")
    page = sede.get(desk.upload(facturae()).path)
    assert "Pendiente de resolver avisos" in page.main
    assert "Contabilidad decide si se admite así o se rechaza." in page.main
    page = sede.submit(page, button="Asignarme la tarea")
    page = sede.submit(page, {"decision": "accept", "reason": "En papel."}, button="Confirmar")
    assert "Avisos admitidos" in page.main


def test_what_is_no_invoice_is_told_beside_the_file(desk: Desk) -> None:
    for data, words in (
        (b"%PDF-1.7", "bien formado"),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "DTD"),
        (b"<a>" * 1_000_000, "anidados"),
        (b"<a>" + b"x" * 10_000_000 + b"</a>", "no es una factura"),
        (b"<a>" + b"x" * 15_500_000 + b"</a>", "MB"),
    ):
        assert words in desk.upload(data, status=422).errors["file"]
    sede = desk.of("accountant")
    page = sede.submit(sede.get("/facturas/registrar"), button="Registrar", status=422)
    assert page.errors == {"file": "Elija el fichero de la factura."}
    assert desk.upload(b"<a>" + b"x" * 17_000_000, status=413).h1


def test_the_same_file_again_names_its_code(desk: Desk) -> None:
    desk.upload()
    assert "RCF-2026-000001" in desk.upload(status=409).errors["file"]


def test_a_batch_leads_to_its_invoices(desk: Desk) -> None:
    text = clean("17")
    start, end = text.index("<Invoice>"), text.index("</Invoices>")
    two = text[start:end].replace("<InvoiceNumber>17<", "<InvoiceNumber>18<")
    batch = (text[:end] + two + text[end:]).replace("<Modality>I<", "<Modality>L<")
    page = desk.upload(batch)
    assert "2 facturas registradas." in page.main
    assert "2 facturas, 50,82 € con IVA." in page.main.replace("\u00a0", " ")


def test_the_list_is_filtered_and_adds_up(desk: Desk, clock: FixedClock) -> None:
    desk.upload(clean("F1"))
    desk.upload(clean("F2"))
    sede = desk.of("accountant")
    page = sede.submit(sede.get("/facturas"), {"q": "f2"}, button="Buscar")
    assert "1 factura, 25,41 € con IVA." in page.main.replace("\u00a0", " ")
    assert page.has_link("RCF-2026-000002")
    assert not page.has_link("RCF-2026-000001")
    assert "2 facturas" in sede.get("/facturas?ver=esperan").main
    assert "Ninguna factura cumple lo que busca" in sede.get("/facturas?ver=vencidas").main
    clock.advance(timedelta(days=40))
    late = sede.get("/facturas?ver=vencidas").main
    assert "El plazo para dar la conformidad terminó hace 10 días" in late


def test_the_original_is_downloaded_as_it_came(desk: Desk) -> None:
    address = desk.upload().path
    answer = desk.of("treasurer").get(f"{address}/original").answer
    assert answer.get_data() == clean().encode()
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_the_contract_says_what_is_left_and_lists_its_invoices(desk: Desk) -> None:
    sede = desk.of("accountant")
    page = sede.submit(sede.get(desk.upload().path), button="Asignarme la tarea")
    sede.submit(page, {"decision": "linked", "contract": str(desk.contract.id)}, button="Confirmar")
    page = desk.of("auditor").get("/contratos")
    page = desk.of("auditor").get(page.link("2026/SER/12"))
    main = page.main.replace("\u00a0", " ")
    assert page.h1 == "Mantenimiento del alumbrado"
    assert "Quedan 29,00 € de 50,00 €, sin IVA." in main
    assert "Reservado por facturas en trámite: 21,00 €" in main
    assert page.has_link("RCF-2026-000001")
    widths = [str(bar["width"]) for bar in page.soup.select(".app-balance rect")]
    assert widths == ["100", "42.00", "0.00"]


def test_whoever_may_not_read_or_register_is_refused(desk: Desk) -> None:
    address = desk.upload().path
    stranger = desk.of("processor")
    for path in ("/facturas", address, "/contratos", f"/contratos/{desk.contract.id}"):
        stranger.get(path, status=403)
    desk.of("controller").get("/facturas/registrar", status=403)
    desk.of("auditor").post("/facturas/registrar", {}, status=422)
    desk.of("accountant").get(f"/facturas/{desk.contract.id}", status=404)
