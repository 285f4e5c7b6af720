"""Paying the fee of an application, whatever the bank does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from factories.sede import Page, SedeClient

from engine.clock import FixedClock
from engine.payments.gateway import Notice, Outcome, signed_notices
from engine.people.models import Official, Person
from engine.procedures.operations import publish
from engine.townhall import TownHall
from tests.web.citizen.conftest import SITE, Kiosk, package
from web.payment_notices import SIGNATURE_HEADER


@pytest.fixture
def paying(kiosk: Kiosk, hall: TownHall) -> Kiosk:
    """The procedure with its fee, and a bank whose late notices wait for the test."""
    publish(hall.system("test"), files=package(fee=True, version=2))
    return kiosk


def to_the_bank(paying: Kiosk) -> Page:
    page = paying.fill()
    assert "12,50 €" in page.main
    assert not page.soup.find_all("button", string="Firmar y presentar")
    return paying.sede.submit(page, button="Pagar 12,50 €")


def choose(paying: Kiosk, bank: Page, behaviour: str) -> Page:
    return paying.sede.submit(bank, {"behaviour": behaviour}, button="Continuar")


def test_a_paid_application_can_be_filed(paying: Kiosk) -> None:
    bank = to_the_bank(paying)
    assert bank.h1.endswith("Banco de pruebas")
    page = choose(paying, bank, "pay")
    assert page.h1 == "Pago recibido"
    page = paying.sede.get(page.link("Continuar"))
    assert "Pagada el 24 de noviembre de 2026" in page.main
    assert paying.sign(page).h1 == "Presentado"


def test_a_notice_that_comes_twice_charges_once(paying: Kiosk) -> None:
    page = choose(paying, to_the_bank(paying), "pay-twice-told")
    assert page.h1 == "Pago recibido"
    assert "devolución" not in page.main


def test_while_the_bank_says_nothing_the_page_waits_and_nothing_is_lost(
    paying: Kiosk, hall: TownHall
) -> None:
    late: list[Callable[[], None]] = []
    hall.parts["payment_gateway"].later = lambda _seconds, act: late.append(act)
    page = choose(paying, to_the_bank(paying), "pay-late")
    assert page.h1 == "Esperamos la confirmación del banco"
    assert page.soup.select_one("[data-refresh]") is not None
    assert "no pague otra vez" in page.main
    (notice,) = late
    notice()
    page = paying.sede.get(page.link("Comprobar ahora"))
    assert page.h1 == "Pago recibido"


def test_a_refused_payment_can_be_tried_again(paying: Kiosk) -> None:
    page = choose(paying, to_the_bank(paying), "refuse")
    assert page.h1 == "El banco ha rechazado el pago"
    assert "No se le ha cobrado nada" in page.main
    bank = paying.sede.submit(page, button="Intentar de nuevo el pago")
    assert choose(paying, bank, "pay").h1 == "Pago recibido"


def test_a_bank_that_is_silent_for_an_hour_still_counts_when_it_speaks(
    paying: Kiosk, clock: FixedClock
) -> None:
    bank = choose(paying, to_the_bank(paying), "silent")
    page = paying.sede.get(bank.link("Volver a la sede sin aviso"))
    assert page.h1 == "Esperamos la confirmación del banco"
    clock.advance(timedelta(hours=1))
    paying.run_all()
    assert paying.sede.get(page.path).h1 == "El banco no ha respondido"
    assert paying.sede.submit(bank, button="Enviar ahora el aviso").h1 == "Pago recibido"


def test_a_wrong_amount_pays_nothing_and_is_to_be_given_back(paying: Kiosk) -> None:
    page = choose(paying, to_the_bank(paying), "wrong-amount")
    assert page.h1 == "Pendiente de pago"
    assert "13,50 € que no corresponden" in page.main
    assert page.soup.find_all("button", string="Intentar de nuevo el pago")


def test_a_forged_notice_is_refused_and_a_repeated_one_is_taken(
    paying: Kiosk, hall: TownHall
) -> None:
    bank = to_the_bank(paying)
    reference = bank.path.split("/")[3].split("?")[0]
    signed = signed_notices(hall).sign(
        Notice(reference, Outcome.ACCEPTED, Decimal("12.50"), "BANK-1")
    )
    http = paying.sede.app.test_client()

    def notice(body: bytes, signature: str) -> int:
        headers = {SIGNATURE_HEADER: signature}
        return http.post("/pagos/aviso", data=body, headers=headers).status_code

    assert notice(signed.body, "0" * 64) == 400
    assert notice(signed.body + b" ", signed.signature) == 400
    assert notice(signed.body, "") == 400
    assert notice(signed.body, signed.signature) == 200
    assert notice(signed.body, signed.signature) == 200
    unknown = signed_notices(hall).sign(Notice("2026XXXXXXXX", Outcome.REFUSED, Decimal(1), "B"))
    assert notice(unknown.body, unknown.signature) == 404


@pytest.fixture
def by_width(kiosk: Kiosk, hall: TownHall) -> Kiosk:
    """The procedure with a fee that depends on the width of the stall."""
    publish(hall.system("test"), files=package(by_width=True, version=2))
    return kiosk


def widen(kiosk: Kiosk, check: Page, width: str) -> Page:
    """Change the width once everything is filled in; the check page again."""
    page = kiosk.sede.get(check.link("Cambiar"))
    kiosk.sede.submit(page, {**SITE, "width": width}, button="Guardar")
    return kiosk.sede.get(check.path)


def main(page: Page) -> str:
    return page.main.replace("\u00a0", " ")


def test_a_fee_that_changes_after_it_was_paid_is_given_back_and_paid_anew(
    by_width: Kiosk, new_sede: Callable[[], SedeClient], official_of: Callable[[str, str], Official]
) -> None:
    paid = choose(by_width, to_the_bank(by_width), "pay")
    check = widen(by_width, by_width.sede.get(paid.link("Continuar")), "4")
    assert "Ha pagado 12,50 € y ahora la tasa es de 20,00 €" in main(check)
    assert not check.soup.find_all("button", string="Firmar y presentar")
    check = by_width.sede.submit(check, action="/devolver")
    assert "Le devolveremos 12,50 €" in main(check)
    again = by_width.sede.submit(check, action="/pagar")
    done = choose(by_width, again, "pay")
    assert done.h1 == "Pago recibido"
    assert "12,50 € que no corresponden" in main(done)
    check = by_width.sede.get(done.link("Continuar"))
    assert by_width.sign(check).h1 == "Presentado"
    treasurer = new_sede()
    treasurer.sign_in_official(official_of("treasurer", "TES"))
    listed = treasurer.get(treasurer.get("/oficina/").link("Devoluciones"))
    form = treasurer.get(listed.link("Anotar"))
    treasurer.submit(form, {"refund_reference": "TR-9"}, button="Anotar la devolución")
    told = by_width.sede.get(done.path)
    assert "Se le han devuelto 12,50 €" in main(told)
    assert "TR-9" in told.main


def test_a_fee_that_is_not_owed_any_more_is_given_back_before_filing(by_width: Kiosk) -> None:
    paid = choose(by_width, to_the_bank(by_width), "pay")
    check = widen(by_width, by_width.sede.get(paid.link("Continuar")), "0")
    assert "con los datos de ahora no tiene que pagar nada" in main(check)
    assert not check.soup.find_all("button", string="Firmar y presentar")
    check = by_width.sede.submit(check, action="/devolver")
    assert by_width.sign(check).h1 == "Presentado"


def test_what_paid_the_fee_is_not_given_back(paying: Kiosk) -> None:
    page = choose(paying, to_the_bank(paying), "pay")
    check = paying.sede.get(page.link("Continuar"))
    told = paying.sede.post(check.path.replace("/revisar", "/devolver"), {})
    assert "No hay nada que devolver" in told.main


def test_a_paid_application_thrown_away_says_that_the_money_comes_back(paying: Kiosk) -> None:
    page = choose(paying, to_the_bank(paying), "pay")
    draft = paying.sede.get(page.link("Continuar")).path.replace("/revisar", "")
    ask = paying.sede.get(draft + "/borrar")
    assert "Le devolveremos los 12,50 € que pagó" in main(ask)
    done = paying.sede.submit(ask, button="Borrar la solicitud")
    assert "Le devolveremos 12,50 €" in done.soup.get_text().replace("\u00a0", " ")


def test_another_s_payment_does_not_exist(
    paying: Kiosk, new_sede: Callable[[], SedeClient], company: Person
) -> None:
    page = choose(paying, to_the_bank(paying), "refuse")
    other = new_sede()
    other.sign_in_citizen(company)
    other.get(page.path, status=404)


def test_the_way_back_from_the_bank_never_leads_to_another_site(paying: Kiosk) -> None:
    bank = to_the_bank(paying)
    page = paying.sede.get(bank.path.split("?")[0] + "?volver=https://example.org/")
    field = page.soup.find("input", attrs={"name": "volver"})
    assert field is not None
    assert field["value"] == "/carpeta"
