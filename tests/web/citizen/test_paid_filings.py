"""A fee from the application to its receipt through every misbehaviour of the bank: one payment, one filing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from factories.row_counts import row_counts
from factories.sede import Page
from sqlalchemy import select

from engine.clock import FixedClock
from engine.payments.models import AttemptState, OrderState, PaymentAttempt, PaymentOrder
from engine.procedures.operations import publish
from engine.townhall import TownHall
from tests.web.citizen.conftest import Kiosk, package


class Till:
    """The citizen with an application to pay, and the bank; late notices wait for the test."""

    def __init__(self, kiosk: Kiosk, hall: TownHall) -> None:
        self.kiosk, self.hall, self.sede = kiosk, hall, kiosk.sede
        self.late: list[Callable[[], None]] = []
        self.check = kiosk.fill().path
        hall.parts["payment_gateway"].later = lambda _seconds, act: self.late.append(act)

    def bank(self) -> Page:
        return self.sede.submit(self.sede.get(self.check), button="Pagar 12,50 €")

    def choose(self, bank: Page, behaviour: str) -> Page:
        return self.sede.submit(bank, {"behaviour": behaviour}, button="Continuar")

    def sign(self) -> Page:
        return self.kiosk.sign(self.sede.get(self.check))

    def money(self) -> tuple[list[str], Counter[str], int]:
        """The states of the orders, of their attempts, and how many attempts are to be given back."""
        with self.hall.database.reading() as session:
            orders = [row.state for row in session.scalars(select(PaymentOrder))]
            attempts = list(session.scalars(select(PaymentAttempt)))
        returned = sum(row.refund_reason is not None for row in attempts)
        return orders, Counter(row.state for row in attempts), returned

    def filings(self) -> tuple[int, int]:
        """How many entries and expedientes there are."""
        rows = row_counts(self.hall)
        return rows["registry_entry"], rows["expediente"]


PAID = [OrderState.PAID.value]


@pytest.fixture
def till(kiosk: Kiosk, hall: TownHall) -> Till:
    publish(hall.system("test"), files=package(fee=True, version=2))
    return Till(kiosk, hall)


def test_told_twice_one_payment_and_one_filing(till: Till) -> None:
    till.choose(till.bank(), "pay-twice-told")
    assert till.money() == (PAID, Counter({AttemptState.ACCEPTED.value: 1}), 0)
    assert till.sign().h1 == "Presentado"
    assert till.filings() == (1, 1)


def test_told_late_the_application_waits_and_is_then_filed(till: Till) -> None:
    page = till.choose(till.bank(), "pay-late")
    assert page.h1 == "Esperamos la confirmación del banco"
    refused = till.sede.get(till.check)
    assert not refused.soup.find_all("button", string="Firmar y presentar")
    assert till.filings() == (0, 0)
    (notice,) = till.late
    notice()
    assert till.sign().h1 == "Presentado"
    assert till.money() == (PAID, Counter({AttemptState.ACCEPTED.value: 1}), 0)
    notice()
    assert till.money() == (PAID, Counter({AttemptState.ACCEPTED.value: 1}), 0)
    assert till.filings() == (1, 1)


def test_told_after_the_attempt_expired_it_still_pays_and_is_filed(
    till: Till, clock: FixedClock
) -> None:
    till.choose(till.bank(), "pay-late")
    clock.advance(timedelta(hours=2))
    till.kiosk.run_all()
    assert till.money()[0] == [OrderState.PENDING.value]
    (notice,) = till.late
    notice()
    assert till.money() == (PAID, Counter({AttemptState.ACCEPTED.value: 1}), 0)
    assert till.sign().h1 == "Presentado"
    assert till.filings() == (1, 1)


def test_told_late_after_a_second_attempt_paid_the_first_one_is_given_back(
    till: Till, clock: FixedClock
) -> None:
    till.choose(till.bank(), "pay-late")
    clock.advance(timedelta(hours=2))
    till.kiosk.run_all()
    till.choose(till.bank(), "pay")
    assert till.sign().h1 == "Presentado"
    (notice,) = till.late
    notice()
    orders, _attempts, returned = till.money()
    assert (orders, returned) == (PAID, 1)
    assert till.filings() == (1, 1)


def test_refused_nothing_is_filed_until_another_attempt_pays(till: Till) -> None:
    page = till.choose(till.bank(), "refuse")
    assert page.h1 == "El banco ha rechazado el pago"
    assert not till.sede.get(till.check).soup.find_all("button", string="Firmar y presentar")
    assert till.filings() == (0, 0)
    till.choose(till.sede.submit(page, button="Intentar de nuevo el pago"), "pay")
    assert till.sign().h1 == "Presentado"
    states = Counter({AttemptState.REFUSED.value: 1, AttemptState.ACCEPTED.value: 1})
    assert till.money() == (PAID, states, 0)
    assert till.filings() == (1, 1)
