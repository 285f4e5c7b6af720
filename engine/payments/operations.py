"""Ask for a payment, begin an attempt, and take what the gateway says of it, however often."""

from __future__ import annotations

import secrets
from uuid import UUID

from sqlalchemy import select

from engine.errors import NotFound, RuleBroken
from engine.operation import Act, operation
from engine.payments.fees import Fee
from engine.payments.gateway import PaymentNotice
from engine.payments.models import AttemptState, OrderState, PaymentAttempt, PaymentOrder


@operation("payments.request")
def request(act: Act, *, subject_id: UUID, person_id: UUID, concept: str, fee: Fee) -> PaymentOrder:
    """The order to pay the fee of a filing; asking again updates an order that nobody has paid yet."""
    order = act.session.scalar(
        select(PaymentOrder).where(PaymentOrder.subject_id == subject_id).with_for_update()
    )
    lines = [{"concept": line.concept, "amount": str(line.amount)} for line in fee.lines]
    if order is None:
        order = PaymentOrder(
            subject_id=subject_id,
            person_id=person_id,
            reference=_reference(),
            concept=concept,
            amount=fee.amount,
            lines=lines,
            state=OrderState.PENDING.value,
            created_at=act.now,
        )
        act.session.add(order)
        act.session.flush()
    elif order.state == OrderState.PENDING.value:
        order.amount, order.lines = fee.amount, lines
    act.about("payment_order", order.id)
    act.note(amount=order.amount, state=order.state)
    return order


def _reference() -> str:
    """Twelve digits, as a self-assessment's reference has; unique by the table's constraint."""
    return "".join(secrets.choice("0123456789") for _ in range(12))


@operation("payments.begin")
def begin(act: Act, *, order_id: UUID) -> PaymentAttempt:
    """Begin a visit to the gateway. Raises RuleBroken when the fee is already paid."""
    order = act.lock(PaymentOrder, order_id)
    if order.person_id != act.actor.interested_id:
        raise NotFound
    if order.state != OrderState.PENDING.value:
        raise RuleBroken("Esta tasa ya está pagada: no hace falta pagarla otra vez.")
    attempt = PaymentAttempt(
        order_id=order.id, state=AttemptState.STARTED.value, started_at=act.now
    )
    act.session.add(attempt)
    act.session.flush()
    act.about("payment_order", order.id)
    act.note(attempt=attempt.id, amount=order.amount)
    return attempt


@operation("payments.take_notice")
def take_notice(act: Act, *, notice: PaymentNotice) -> PaymentOrder:
    """Take what the gateway says: the first «paid» pays the order, every repetition changes nothing.

    A payment that arrives late, after another attempt was refused, still pays the order. Money that
    comes by a second attempt is kept as surplus, for the treasury to give back.
    """
    attempt = act.lock(PaymentAttempt, notice.attempt_id)
    order = act.lock(PaymentOrder, attempt.order_id)
    attempt.callbacks += 1
    act.about("payment_order", order.id)
    act.note(attempt=attempt.id, paid=notice.paid, code=notice.code, amount=notice.amount)
    if attempt.state in (AttemptState.PAID.value, AttemptState.SURPLUS.value):
        act.note(repeated=True)
        return order
    attempt.ended_at = act.now
    attempt.gateway_code = notice.code
    if not notice.paid:
        attempt.state = AttemptState.REFUSED.value
        return order
    if notice.amount != order.amount or order.state == OrderState.PAID.value:
        attempt.state = AttemptState.SURPLUS.value
        act.note(surplus=notice.amount)
        return order
    attempt.state = AttemptState.PAID.value
    order.state = OrderState.PAID.value
    order.paid_at = act.now
    order.receipt_number = notice.code
    return order
