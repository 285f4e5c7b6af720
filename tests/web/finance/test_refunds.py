"""The money to give back: the treasury sees whose it is and why, and writes down that it returned it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest
from factories.sede import SedeClient

from engine.ids import new_id
from engine.payments import operations
from engine.payments.gateway import Notice, Outcome, signed_notices
from engine.people.models import Official, Person
from engine.townhall import TownHall

Officials = Callable[[str, str], Official]


@pytest.fixture
def attempt_id(hall: TownHall, citizen: Person) -> UUID:
    """A charge of an amount that was not asked for."""
    system = hall.system("test")
    order = operations.request_payment(
        system,
        subject_kind="draft",
        subject_id=new_id(),
        person_id=citizen.id,
        concept="Tasa del mercado",
        amount=Decimal("12.50"),
    )
    attempt = operations.begin_attempt(system, order_id=order.id)
    notice = Notice(attempt.reference, Outcome.ACCEPTED, Decimal("13.50"), "BANK-7")
    operations.take_notice(system, notice=signed_notices(hall).sign(notice))
    return attempt.id


def test_the_treasurer_gives_money_back(
    attempt_id: UUID, sede: SedeClient, official_of: Officials
) -> None:
    sede.sign_in_official(official_of("treasurer", "TES"))
    page = sede.get(sede.get("/oficina/").link("Devoluciones"))
    main = page.main.replace("\u00a0", " ")
    for words in (
        "Xuan Suárez Miranda",
        "12345678Z",
        "Tasa del mercado",
        "1 devolución, 13,50 €",
        "Lo cobrado no es lo que se debe",
        "24/11/2026",
        "BANK-7",
    ):
        assert words in main
    form = sede.get(page.link("Anotar"))
    wrong = sede.submit(form, button="Anotar la devolución", status=422)
    assert "refund_reference" in wrong.errors
    done = sede.submit(wrong, {"refund_reference": "TR-2026-9"}, button="Anotar la devolución")
    assert "Devolución anotada." in done.soup.get_text()
    assert "No hay nada que devolver." in done.main
    told = sede.post(form.path, {"refund_reference": "TR-2026-9"})
    assert "no está pendiente de devolución" in told.soup.get_text()
    sede.get(form.path, status=404)


def test_whoever_reads_payments_sees_them_and_only_the_treasurer_records(
    attempt_id: UUID, new_sede: Callable[[], SedeClient], official_of: Officials
) -> None:
    address = f"/tesoreria/devoluciones/{attempt_id}"
    for role, unit in (("accountant", "HAC"), ("controller", "INT"), ("auditor", "INT")):
        sede = new_sede()
        sede.sign_in_official(official_of(role, unit))
        assert not sede.get("/tesoreria/devoluciones").has_link("Anotar")
        sede.get(address, status=403)
        sede.post(address, {"refund_reference": "x"}, status=403)
    clerk = new_sede()
    clerk.sign_in_official(official_of("processor", "ESP"))
    assert not clerk.get("/oficina/").has_link("Devoluciones")
    clerk.get("/tesoreria/devoluciones", status=403)
