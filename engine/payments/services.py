"""What models ask of payments: `payments/request`."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from engine.operation import Act
from engine.payments.operations import request_payment
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
        subject_kind=f"process:{instance.element_id}",
        subject_id=instance.id,
        person_id=UUID(person_id),
        concept=concept,
        amount=Decimal(amount),
        signal=instance.reference,
    )
    return Wait(instance.reference)
