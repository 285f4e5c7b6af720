"""Every change of a payment: asked for, attempted, decided by the gateway, given back."""

from __future__ import annotations

import secrets
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from engine.clock import madrid_date
from engine.errors import BadInput, NotFound, RuleBroken
from engine.ids import new_id
from engine.money import round2
from engine.operation import Act, operation
from engine.payments.gateway import Notice, Outcome, SignedNotice, notice_reader
from engine.payments.models import (
    DRAFT,
    AttemptState,
    OrderState,
    PaymentAttempt,
    PaymentOrder,
    RefundReason,
)
from engine.people.models import Person
from engine.permissions import ActorKind

ATTEMPT_LIFE = timedelta(minutes=30)
"""How long the page waits for the gateway before it offers to pay again; money may come later."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_CHARACTERS = 8
_MAX_CONCEPT = 125
_CHARGED = (AttemptState.ACCEPTED, AttemptState.REFUND_DUE, AttemptState.REFUNDED)


@operation("payments.request_payment", basis="art. 98.2 de la Ley 39/2015")
def request_payment(
    act: Act,
    *,
    subject_kind: str,
    subject_id: UUID,
    person_id: UUID,
    concept: str,
    amount: Decimal,
    signal: str | None = None,
) -> PaymentOrder:
    """Ask for a payment in euros; the same subject always has the same order.

    By the town hall itself, which is who says what is owed. While it is not paid the amount and the
    concept are those of the last request; a cancelled order is owed again. signal: the workflow
    signal that waits; it is woken at once when it is paid.
    """
    wording = " ".join(concept.split())
    if not wording or len(wording) > _MAX_CONCEPT:
        raise BadInput(f"El concepto del pago debe tener entre 1 y {_MAX_CONCEPT} caracteres.")
    if amount <= 0 or amount != round2(amount):
        raise BadInput("El importe del pago debe ser mayor que cero y tener como mucho céntimos.")
    act.get(Person, person_id)
    order = _order_of(act, subject_kind, subject_id, person_id, wording, amount)
    act.about("payment_order", order.id)
    if order.person_id != person_id:
        raise RuleBroken("Ese pago ya se pidió a otra persona.")
    order.signal = signal or order.signal
    if order.state == OrderState.PAID:
        act.note(reference=order.reference, effect=False)
        _wake(act, order)
        return order
    order.concept, order.amount, order.state = wording, amount, OrderState.PENDING.value
    act.note(reference=order.reference, amount=amount, subject=subject_kind, subject_id=subject_id)
    return order


def _order_of(
    act: Act, subject_kind: str, subject_id: UUID, person_id: UUID, concept: str, amount: Decimal
) -> PaymentOrder:
    """The subject's order, made if there was none, and locked: two requests at once make one."""
    act.session.execute(
        insert(PaymentOrder)
        .values(
            entity_id=act.entity_id,
            id=new_id(),
            reference=_reference(act),
            subject_kind=subject_kind,
            subject_id=subject_id,
            person_id=person_id,
            concept=concept,
            amount=amount,
            state=OrderState.PENDING.value,
            requested_at=act.now,
        )
        .on_conflict_do_nothing(index_elements=["entity_id", "subject_kind", "subject_id"])
    )
    return act.session.scalars(
        select(PaymentOrder)
        .where(PaymentOrder.subject_kind == subject_kind, PaymentOrder.subject_id == subject_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _reference(act: Act) -> str:
    """Twelve characters, the first four digits: what Spanish gateways take as an order number."""
    tail = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    return f"{madrid_date(act.now).year:04d}{tail}"


@operation("payments.begin_attempt", basis="art. 53.1.h de la Ley 39/2015")
def begin_attempt(act: Act, *, order_id: UUID) -> PaymentAttempt:
    """Send the person to the gateway; raises RuleBroken when there is nothing to pay."""
    order = act.lock(PaymentOrder, order_id)
    act.about("payment_order", order.id)
    if act.actor.kind is ActorKind.CITIZEN and order.person_id != act.actor.interested_id:
        raise NotFound
    if order.state == OrderState.PAID:
        raise RuleBroken("Este pago ya está hecho: no tiene que pagar nada más.")
    if order.state == OrderState.CANCELLED:
        raise RuleBroken("Este pago se ha anulado: no tiene que pagar nada.")
    attempt = PaymentAttempt(
        order_id=order.id,
        reference=_reference(act),
        amount=order.amount,
        state=AttemptState.STARTED.value,
        started_at=act.now,
    )
    act.session.add(attempt)
    act.session.flush()
    act.note(attempt=attempt.id, reference=attempt.reference, amount=attempt.amount)
    return attempt


@operation("payments.take_notice")
def take_notice(act: Act, *, notice: SignedNotice) -> bool:
    """What the gateway says of an attempt; false when it changes nothing, as when it says it again.

    An order is paid once: money that comes for a paid or cancelled order, of another amount or by a
    second charge is kept as a refund that is due, with an event of its own. It may come after the
    attempt was refused or expired. Raises BadInput for a forged notice and for one without a positive
    amount, NotFound for an attempt that does not exist; all stay in the record.
    """
    read = notice_reader(act.townhall).read(notice)
    if read.amount <= 0:
        raise BadInput("El aviso de la pasarela de pago no dice un importe mayor que cero.")
    act.about("payment_attempt", read.reference)
    attempt = _locked(act, read.reference)
    act.note(
        attempt=attempt.id,
        order=attempt.order_id,
        outcome=read.outcome,
        amount=read.amount,
        gateway_code=read.gateway_code,
        previous_state=attempt.state,
    )
    changed = (
        _accept(act, attempt, read)
        if read.outcome is Outcome.ACCEPTED
        else _refuse(act, attempt, read)
    )
    act.note(effect=changed)
    return changed


def _locked(act: Act, reference: str) -> PaymentAttempt:
    """The attempt, read again once its order is locked: notices of one order come one by one."""
    order_id = act.session.scalar(
        select(PaymentAttempt.order_id).where(PaymentAttempt.reference == reference)
    )
    if order_id is None:
        raise NotFound("La pasarela habla de un pago que no consta.")
    act.lock(PaymentOrder, order_id)
    return act.session.scalars(
        select(PaymentAttempt)
        .where(PaymentAttempt.reference == reference)
        .execution_options(populate_existing=True)
    ).one()


def _accept(act: Act, attempt: PaymentAttempt, notice: Notice) -> bool:
    if AttemptState(attempt.state) in _CHARGED:
        return attempt.gateway_code != notice.gateway_code and _second_charge(act, attempt, notice)
    order = act.get(PaymentOrder, attempt.order_id)
    attempt.decided_at, attempt.gateway_code = act.now, notice.gateway_code
    reason = _why_refunded(order, notice.amount)
    if reason is not None:
        attempt.amount = notice.amount
        _give_back(act, attempt, reason)
        return True
    _pay(act, order, attempt)
    return True


def _pay(act: Act, order: PaymentOrder, attempt: PaymentAttempt) -> None:
    attempt.state, order.state = AttemptState.ACCEPTED.value, OrderState.PAID.value
    act.session.flush()
    _wake(act, order)


def _give_back(act: Act, attempt: PaymentAttempt, reason: RefundReason) -> None:
    attempt.state, attempt.refund_due_at = AttemptState.REFUND_DUE.value, act.now
    attempt.refund_reason = reason.value
    act.session.flush()
    flag_refund(act, attempt_id=attempt.id)


def _why_refunded(order: PaymentOrder, charged: Decimal) -> RefundReason | None:
    if order.state == OrderState.PAID:
        return RefundReason.DUPLICATE
    if order.state == OrderState.CANCELLED:
        return RefundReason.CANCELLED
    return RefundReason.AMOUNT if charged != order.amount else None


def _second_charge(act: Act, attempt: PaymentAttempt, notice: Notice) -> bool:
    """The gateway charged one attempt twice: the second charge is a row of its own.

    It pays when nothing else did, as when the first one was of a wrong amount.
    """
    reference = f"{attempt.reference}/{notice.gateway_code}"
    known = act.session.scalar(
        select(PaymentAttempt.id).where(PaymentAttempt.reference == reference)
    )
    if known is not None:
        return False
    second = PaymentAttempt(
        order_id=attempt.order_id,
        reference=reference,
        amount=notice.amount,
        started_at=attempt.started_at,
        decided_at=act.now,
        gateway_code=notice.gateway_code,
    )
    act.session.add(second)
    order = act.get(PaymentOrder, attempt.order_id)
    reason = _why_refunded(order, notice.amount)
    if reason is None:
        _pay(act, order, second)
    else:
        _give_back(act, second, reason)
    return True


def _refuse(act: Act, attempt: PaymentAttempt, notice: Notice) -> bool:
    """The order stays payable; what was charged already is not undone by a refusal that comes late."""
    if attempt.state not in (AttemptState.STARTED, AttemptState.EXPIRED):
        return False
    attempt.state, attempt.decided_at = AttemptState.REFUSED.value, act.now
    attempt.gateway_code = notice.gateway_code
    return True


@operation("payments.flag_refund", basis="art. 221 de la Ley 58/2003")
def flag_refund(act: Act, *, attempt_id: UUID) -> None:
    """The alarm: money came that paid nothing, and the treasury has to give it back."""
    attempt = act.get(PaymentAttempt, attempt_id)
    if attempt.state != AttemptState.REFUND_DUE:
        raise RuleBroken("Ese cobro no es indebido: no hay nada que devolver.")
    act.about("payment_attempt", attempt.id)
    act.note(
        order=attempt.order_id,
        amount=attempt.amount,
        refund_reason=attempt.refund_reason,
        gateway_code=attempt.gateway_code,
    )


@operation("payments.record_refund", basis="art. 221 de la Ley 58/2003")
def record_refund(act: Act, *, attempt_id: UUID, refund_reference: str) -> None:
    """The treasury gave the money back; refund_reference: the transfer's or the gateway's number."""
    wording = " ".join(refund_reference.split())
    if not wording or len(wording) > _MAX_CONCEPT:
        message = (
            f"Escriba la referencia de la devolución, de {_MAX_CONCEPT} caracteres como mucho."
        )
        raise BadInput(message, (("refund_reference", message),))
    attempt = act.lock(PaymentAttempt, attempt_id)
    act.about("payment_attempt", attempt.id)
    if attempt.state != AttemptState.REFUND_DUE:
        raise RuleBroken("Ese cobro no está pendiente de devolución.")
    attempt.state, attempt.refunded_at = AttemptState.REFUNDED.value, act.now
    attempt.refund_reference = wording
    act.note(order=attempt.order_id, amount=attempt.amount, refund_reference=wording)


@operation("payments.release_order", basis="art. 221 de la Ley 58/2003")
def release_order(act: Act, *, order_id: UUID, amount: Decimal | None) -> None:
    """What was paid for an application not yet filed pays it no more, and has to be given back.

    amount: what is owed instead, in euros; None when nothing is, as when the draft is thrown away.
    By the town hall itself, once it has seen that it is so. Raises RuleBroken for what is not paid
    and for what is no draft's: whoever asked for it has gone on.
    """
    order = act.lock(PaymentOrder, order_id)
    act.about("payment_order", order.id)
    if order.subject_kind != DRAFT:
        raise RuleBroken("Ese pago no es de una solicitud sin presentar: no se puede deshacer.")
    if order.state != OrderState.PAID:
        raise RuleBroken("Ese pago no está hecho: no hay nada que devolver.")
    if amount is not None and (amount <= 0 or amount != round2(amount)):
        raise BadInput("El importe del pago debe ser mayor que cero y tener como mucho céntimos.")
    attempt = act.session.scalars(
        select(PaymentAttempt).where(
            PaymentAttempt.order_id == order.id,
            PaymentAttempt.state == AttemptState.ACCEPTED.value,
        )
    ).one()
    act.note(reference=order.reference, paid=attempt.amount, amount=amount)
    if amount is None:
        order.state = OrderState.CANCELLED.value
        _give_back(act, attempt, RefundReason.CANCELLED)
        return
    order.state, order.amount = OrderState.PENDING.value, amount
    _give_back(act, attempt, RefundReason.AMOUNT)


@operation("payments.cancel_order")
def cancel_order(act: Act, *, order_id: UUID) -> None:
    """What was owed is owed no more, as when a draft is thrown away; raises RuleBroken once paid.

    Its person cancels only what is owed for a draft: a process that asked for the rest waits for it.
    """
    order = act.lock(PaymentOrder, order_id)
    act.about("payment_order", order.id)
    if act.actor.kind is ActorKind.CITIZEN:
        if order.person_id != act.actor.interested_id:
            raise NotFound
        if order.subject_kind != DRAFT:
            raise RuleBroken("Este pago lo ha pedido el ayuntamiento: no se puede anular.")
    if order.state == OrderState.PAID:
        raise RuleBroken("El pago ya está hecho: pida su devolución.")
    order.state = OrderState.CANCELLED.value
    act.note(reference=order.reference)


@operation("payments.expire_attempt")
def expire_attempt(act: Act, *, attempt_id: UUID) -> bool:
    """The gateway did not answer in time; the order stays payable and the answer may still come."""
    found = act.get(PaymentAttempt, attempt_id)
    attempt = _locked(act, found.reference)
    act.about("payment_attempt", attempt.id)
    due = attempt.started_at + ATTEMPT_LIFE <= act.now
    if attempt.state != AttemptState.STARTED or not due:
        act.note(effect=False)
        return False
    attempt.state, attempt.decided_at = AttemptState.EXPIRED.value, act.now
    act.note(order=attempt.order_id)
    return True


def _wake(act: Act, order: PaymentOrder) -> None:
    """Tell the process that waits for the payment, if one does."""
    if order.signal is None:
        return
    result = {
        "paid": True,
        "order_id": str(order.id),
        "reference": order.reference,
        "amount": str(order.amount),
    }
    act.defer("workflow.signal", reference=order.signal, result=result)
    order.signal = None
