"""Paying: to the gateway and back, whatever it says, whenever it says it."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import BadInput, RuleBroken, Unavailable
from engine.expedientes.drafts import operations as drafts
from engine.expedientes.drafts.queries import SUBJECT, draft
from engine.payments import operations
from engine.payments.gateway import GATEWAY_PART, PaymentGateway
from engine.payments.models import AttemptState, OrderState, PaymentAttempt
from engine.payments.queries import AttemptRow, OrderRow, attempts_of, order
from web.access import Audience, access
from web.citizen.blueprint import citizen
from web.context import call, current, reading
from web.formatters import euros
from web.rendering import page
from web.security_headers import form_may_go_to


@citizen.post("/solicitudes/<uuid:draft_id>/pagar")
@access(Audience.CITIZEN, operation="expedientes.pay_draft")
def pay(draft_id: UUID) -> Response:
    """Ask for the fee of an application, as it is now, and go to pay it."""
    gateway = _gateway()
    try:
        attempt = drafts.pay(call(), draft_id=draft_id)
    except (BadInput, RuleBroken) as error:
        flash(error.message, "info")
        return redirect(url_for(".check", draft_id=draft_id), 303)
    return _go(gateway, attempt)


@citizen.post("/solicitudes/<uuid:draft_id>/devolver")
@access(Audience.CITIZEN, operation="expedientes.release_fee")
def release_fee(draft_id: UUID) -> Response:
    """Ask for what was paid back, since the fee of now is another; the application goes on."""
    try:
        returned = drafts.release_fee(call(), draft_id=draft_id)
    except RuleBroken as error:
        flash(error.message, "info")
    else:
        flash(
            gettext(
                "Le devolveremos %(returned)s: no tiene que hacer nada más.",
                returned=euros(returned),
            ),
            "success",
        )
    return redirect(url_for(".check", draft_id=draft_id), 303)


@citizen.post("/pagos/<uuid:order_id>")
@access(Audience.CITIZEN, operation="payments.begin_attempt")
def pay_order(order_id: UUID) -> Response:
    """Go to pay what was asked, again after a refusal."""
    gateway = _gateway()
    _order(order_id)
    try:
        attempt = operations.begin_attempt(call(), order_id=order_id)
    except RuleBroken as error:
        flash(error.message, "info")
        return redirect(url_for(".pay_return", order_id=order_id), 303)
    return _go(gateway, attempt)


@citizen.get("/pagos/<uuid:order_id>")
@access(Audience.CITIZEN)
def pay_return(order_id: UUID) -> Response:
    """How a payment stands: paid, refused, or the bank has not said; where one comes back to."""
    owed = _order(order_id)
    attempts = attempts_of(reading(), order_id)
    gateway = current().townhall.parts.get(GATEWAY_PART)
    if gateway is not None and gateway.origin:
        form_may_go_to(gateway.origin)
    return page(
        "citizen/payment.html",
        order=owed,
        paid=owed.state is OrderState.PAID,
        cancelled=owed.state is OrderState.CANCELLED,
        attempt=attempts[-1] if attempts else None,
        waiting=_waiting(owed, attempts),
        returned=[item for item in attempts if item.refund_reason is not None],
        following=_following(owed),
        for_draft=owed.subject_kind == SUBJECT,
        came_back="vuelta" in request.args,
    )


def _order(order_id: UUID) -> OrderRow:
    """The order of this request; raises NotFound.

    A power for some procedures reaches the fees of their applications alone.
    """
    actor = current().actor
    owed = order(reading(), order_id, actor)
    if actor.procedures is not None and owed.subject_kind == SUBJECT:
        draft(reading(), owed.subject_id, actor)
    return owed


def _waiting(owed: OrderRow, attempts: tuple[AttemptRow, ...]) -> bool:
    """Whether the bank still has to say something of the last attempt."""
    return (
        owed.state is OrderState.PENDING
        and bool(attempts)
        and attempts[-1].state is AttemptState.STARTED
    )


def _following(owed: OrderRow) -> str:
    if owed.subject_kind == SUBJECT:
        return url_for(".check", draft_id=owed.subject_id)
    return url_for(".folder")


def _gateway() -> PaymentGateway:
    gateway: PaymentGateway | None = current().townhall.parts.get(GATEWAY_PART)
    if gateway is None:
        raise Unavailable(
            gettext("El pago por internet no está disponible ahora. Su solicitud sigue guardada.")
        )
    return gateway


def _go(gateway: PaymentGateway, attempt: PaymentAttempt) -> Response:
    back = url_for(".pay_return", order_id=attempt.order_id, vuelta="si")
    return redirect(gateway.start_url(attempt, back), 303)
