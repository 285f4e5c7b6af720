"""The fee of an application that changes after it was paid: nobody is stuck, no money is lost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from engine.errors import NotFound, RuleBroken
from engine.expedientes.drafts import operations as drafts
from engine.payments.models import PaymentOrder
from engine.payments.queries import refunds_due
from tests.engine.expedientes.conftest import FEE, FEE_BY_WIDTH, Town


def money(town: Town) -> tuple[list[str], list[tuple[Decimal, str]]]:
    """The states of the orders, and what has to be given back with its reason."""
    with town.hall.database.reading() as session:
        orders = list(session.scalars(select(PaymentOrder.state)))
        due = refunds_due(session, town.hall.system("test").actor)
    return orders, [(row.amount, row.refund_reason.value) for row in due]


def test_who_paid_and_then_changed_the_answers_gets_it_back_and_pays_the_fee_of_now(
    town: Town,
) -> None:
    town.publish(fee=FEE_BY_WIDTH)
    call = town.call()
    draft_id = town.complete(call)
    town.pay(call, draft_id)
    town.write(call, draft_id, width="4")
    sheet = town.sheet(call, draft_id)
    assert (sheet.to_return, sheet.fee, sheet.paid) == (Decimal("12.50"), Decimal("20.00"), False)
    with pytest.raises(RuleBroken, match="pida en esta página"):
        town.file(call, draft_id)
    with pytest.raises(RuleBroken, match="pida que se le devuelva"):
        drafts.pay(call, draft_id=draft_id)
    with pytest.raises(NotFound):
        drafts.release_fee(town.call(town.company), draft_id=draft_id)
    assert drafts.release_fee(call, draft_id=draft_id) == Decimal("12.50")
    assert money(town) == (["pending"], [(Decimal("12.50"), "amount")])
    with pytest.raises(RuleBroken, match="nada que devolver"):
        drafts.release_fee(call, draft_id=draft_id)
    town.pay(call, draft_id)
    assert town.file(call, draft_id).code == "2026-E-000001"
    assert money(town) == (["paid"], [(Decimal("12.50"), "amount")])
    with pytest.raises(RuleBroken, match="ya está presentada"):
        drafts.release_fee(call, draft_id=draft_id)


def test_who_paid_and_then_owes_nothing_gets_it_back_before_filing(town: Town) -> None:
    town.publish(fee=FEE_BY_WIDTH)
    call = town.call()
    draft_id = town.complete(call)
    town.pay(call, draft_id)
    town.write(call, draft_id, width="0")
    with pytest.raises(RuleBroken, match="pida en esta página"):
        town.file(call, draft_id)
    drafts.release_fee(call, draft_id=draft_id)
    town.file(call, draft_id)
    assert money(town) == (["cancelled"], [(Decimal("12.50"), "cancelled")])


def test_a_fee_that_the_last_answers_do_not_owe_is_owed_no_more_once_filed(town: Town) -> None:
    town.publish(fee=FEE_BY_WIDTH)
    call = town.call()
    draft_id = town.complete(call)
    drafts.pay(call, draft_id=draft_id)
    town.write(call, draft_id, width="0")
    town.file(call, draft_id)
    assert money(town) == (["cancelled"], [])


def test_while_the_answers_have_errors_nothing_is_given_back(town: Town) -> None:
    town.publish(fee=FEE_BY_WIDTH)
    call = town.call()
    draft_id = town.complete(call)
    town.pay(call, draft_id)
    town.write(call, draft_id, width="")
    with pytest.raises(RuleBroken, match="Complete la solicitud"):
        drafts.release_fee(call, draft_id=draft_id)
    assert money(town) == (["paid"], [])


def test_the_fee_of_a_draft_thrown_away_is_given_back(town: Town) -> None:
    town.publish(fee=FEE)
    call = town.call()
    draft_id = town.complete(call)
    town.pay(call, draft_id)
    assert drafts.discard(call, draft_id=draft_id) == Decimal("12.50")
    assert money(town) == (["cancelled"], [(Decimal("12.50"), "cancelled")])
