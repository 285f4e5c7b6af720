"""A bank that exists only in demonstrations and tests: it charges nothing and can go wrong in every way.

The person chooses what happens; the town hall is told of it as by a real gateway, by a signed notice
to the public address of notices.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Flask, current_app, redirect, request, url_for
from flask_babel import gettext
from werkzeug.test import Client
from werkzeug.wrappers import Response

from engine.clock import Clock
from engine.errors import NotFound
from engine.ids import new_id
from engine.payments.gateway import (
    GATEWAY_PART,
    Notice,
    Outcome,
    SignedNotice,
    signed_notices,
)
from engine.payments.models import PaymentAttempt
from engine.payments.queries import AttemptRow, attempt_by_reference
from engine.townhall import TownHall
from web.access import Audience, access
from web.context import call, current, reading
from web.gate import safe_next
from web.payment_notices import SIGNATURE_HEADER
from web.rendering import page

simulators = Blueprint("simulators", __name__, url_prefix="/simuladores")

_log = structlog.get_logger()
_LATE_SECONDS = 8.0
_PATIENCE_SECONDS = 20.0
_WRONG_BY = Decimal("1.00")


class Behaviour(StrEnum):
    """What the bank does with an attempt."""

    PAY = "pay"
    PAY_TWICE_TOLD = "pay-twice-told"
    PAY_LATE = "pay-late"
    REFUSE = "refuse"
    SILENT = "silent"
    WRONG_AMOUNT = "wrong-amount"


def _after(seconds: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()


@dataclass
class SimulatedGateway:
    """The demonstration's `payment_gateway`.

    tell: how a notice reaches the town hall; later: how something is done some seconds of real time
    from now.
    """

    tell: Callable[[SignedNotice], None]
    later: Callable[[float, Callable[[], None]], None] = field(default=_after)
    origin: str = ""

    def start_url(self, attempt: PaymentAttempt, return_url: str) -> str:
        """The bank's page for an attempt: on this same address, wherever the demonstration runs."""
        where = urlencode({"volver": return_url})
        return f"/simuladores/pasarela/{attempt.reference}?{where}"


def install_gateway(app: Flask, townhall: TownHall) -> None:
    """Give the town hall the simulated gateway, unless it has one."""

    def post(notice: SignedNotice) -> None:
        answer = Client(app).post(
            "/pagos/aviso", data=notice.body, headers={SIGNATURE_HEADER: notice.signature}
        )
        _log.info("simulated_notice", status=answer.status_code)

    def tell(notice: SignedNotice) -> None:
        # In a thread of its own: a request within another would share the other's state.
        thread = threading.Thread(target=post, args=(notice,), daemon=True)
        thread.start()
        thread.join(_PATIENCE_SECONDS)

    townhall.parts.setdefault(GATEWAY_PART, SimulatedGateway(tell))


@simulators.get("/pasarela/<reference>")
@access(Audience.PUBLIC)
def bank(reference: str) -> Response:
    """The bank's page: what is charged, and what the tester wants to happen."""
    return page(
        "simulators/bank.html",
        attempt=_attempt(reference),
        back=_back(request.args.get("volver")),
        silent="callado" in request.args,
        behaviours=_choices(),
    )


@simulators.post("/pasarela/<reference>")
@access(
    Audience.PUBLIC,
    without_operation="plays a bank: what changes is changed by the notice that it sends",
)
def decide(reference: str) -> Response:
    """Do what the tester chose, tell the town hall of it, and send the person back."""
    attempt = _attempt(reference)
    back = _back(request.form.get("volver"))
    try:
        chosen = Behaviour(request.form.get("behaviour", ""))
    except ValueError:
        message = gettext("Elija qué quiere que pase con este pago.")
        return page(
            "simulators/bank.html",
            status=422,
            errors=[("behaviour", message)],
            attempt=attempt,
            back=back,
            silent=False,
            behaviours=_choices(),
        )
    if chosen is Behaviour.SILENT:
        return redirect(url_for(".bank", reference=reference, volver=back, callado=1), 303)
    _play(_gateway(), chosen, attempt, call().townhall)
    return redirect(back, 303)


def _play(
    gateway: SimulatedGateway, chosen: Behaviour, attempt: AttemptRow, townhall: TownHall
) -> None:
    """Send the notices of a behaviour."""
    charged = attempt.amount + (_WRONG_BY if chosen is Behaviour.WRONG_AMOUNT else 0)
    outcome = Outcome.REFUSED if chosen is Behaviour.REFUSE else Outcome.ACCEPTED
    notice = Notice(attempt.reference, outcome, charged, _charge_number(townhall.clock))
    signed = signed_notices(townhall).sign(notice)
    if chosen is Behaviour.PAY_LATE:
        gateway.later(_LATE_SECONDS, lambda: gateway.tell(signed))
        return
    gateway.tell(signed)
    if chosen is Behaviour.PAY_TWICE_TOLD:
        gateway.tell(signed)


def _charge_number(clock: Clock) -> str:
    """A number of the bank's own, as its notices carry."""
    return f"SIM{clock.now():%Y%m%d}{new_id().hex[-8:].upper()}"


def _gateway() -> SimulatedGateway:
    gateway = current().townhall.parts.get(GATEWAY_PART)
    if not current().townhall.settings.demo or not isinstance(gateway, SimulatedGateway):
        raise NotFound
    return gateway


def _attempt(reference: str) -> AttemptRow:
    _gateway()
    return attempt_by_reference(reading(), reference)


def _back(address: str | None) -> str:
    folder = "citizen.folder" if "citizen.folder" in current_app.view_functions else "public.home"
    return safe_next(address, url_for(folder))


def _choices() -> list[tuple[str, str, str]]:
    return [
        (
            Behaviour.PAY,
            gettext("Pagar"),
            gettext("El banco cobra y avisa al ayuntamiento antes de que usted vuelva."),
        ),
        (
            Behaviour.PAY_LATE,
            gettext("Pagar, y que el aviso llegue tarde"),
            gettext(
                "Usted vuelve antes de que el banco avise; el aviso llega unos segundos después."
            ),
        ),
        (
            Behaviour.PAY_TWICE_TOLD,
            gettext("Pagar, y que el aviso llegue dos veces"),
            gettext("El segundo aviso no debe cambiar nada."),
        ),
        (
            Behaviour.REFUSE,
            gettext("Rechazar el pago"),
            gettext("Como cuando la tarjeta no tiene saldo. Después podrá intentarlo de nuevo."),
        ),
        (
            Behaviour.SILENT,
            gettext("No responder"),
            gettext("El banco cobra, pero no dice nada hasta que usted se lo pida en esta página."),
        ),
        (
            Behaviour.WRONG_AMOUNT,
            gettext("Cobrar un importe equivocado"),
            gettext("Un euro de más: no paga la tasa y queda pendiente de devolución."),
        ),
    ]
