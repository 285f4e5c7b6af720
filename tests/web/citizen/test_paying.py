"""Paying the fee of an application, whatever the bank does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from factories.sede import Page, SedeClient

from engine.clock import FixedClock
from engine.payments.gateway import Notice, Outcome, signed_notices
from engine.people.models import Person
from engine.procedures.operations import publish
from engine.townhall import TownHall
from tests.web.citizen.conftest import Kiosk, package
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
