"""What models ask of payments: `payments/request`, and `payments/cancel` of what it asked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.operation import Act
from engine.payments.models import OrderState, PaymentOrder
from engine.payments.operations import cancel_order, request_payment
from engine.services import InstanceView, Wait, service


@service("payments/request")
def request(
    act: Act, instance: InstanceView, *, person_id: str, concept: str, amount: Decimal | str
) -> Wait:
    """Ask the person for a payment in euros, and wait until it is made.

    The signal's result: `paid` (true), `order_id`, `reference`, `amount`.
    """
    request_payment(
        act,
        subject_kind=_subject(instance.element_id),
        subject_id=instance.id,
        person_id=UUID(person_id),
        concept=concept,
        amount=Decimal(amount),
        signal=instance.reference,
    )
    return Wait(instance.reference)


@service("payments/cancel")
def cancel(act: Act, instance: InstanceView, *, element: str) -> Mapping[str, Any]:
    """Ask no more for what an element of this process asked for, unless it is paid; goes on at once.

    The value: `cancelled`, and `paid` when the money came first. Nothing asked is nothing to cancel.
    """
    order = act.session.scalar(
        select(PaymentOrder)
        .where(
            PaymentOrder.subject_kind == _subject(element), PaymentOrder.subject_id == instance.id
        )
        .with_for_update()
    )
    if order is not None and order.state == OrderState.PENDING.value:
        cancel_order(act, order_id=order.id)
    return {
        "cancelled": order is not None and order.state == OrderState.CANCELLED.value,
        "paid": order is not None and order.state == OrderState.PAID.value,
    }


def _subject(element: str) -> str:
    return f"process:{element}"
