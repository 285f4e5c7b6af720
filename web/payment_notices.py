"""The address to which the payment gateway sends its notices: another machine, no person, no page."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from engine.errors import BadInput, NotFound
from engine.payments import operations as payments
from engine.payments.gateway import SignedNotice
from engine.townhall import Call
from web.access import Audience, access
from web.context import call

payment_notices = Blueprint("payment_notices", __name__)

SIGNATURE_HEADER = "X-Notice-Signature"
_MAX_BYTES = 8_192


@payment_notices.post("/pagos/aviso")
@access(Audience.PUBLIC, operation="payments.take_notice", callback=True, max_bytes=_MAX_BYTES)
def take() -> Response:
    """Take a notice. 200: understood, also when it says again what is known; 400: not signed by the
    gateway, or unreadable; 404: of an attempt that does not exist."""
    notice = SignedNotice(request.get_data(), request.headers.get(SIGNATURE_HEADER, ""))
    here = call()
    system = here.townhall.system("payments.take_notice").actor
    try:
        payments.take_notice(Call(here.townhall, system, here.trace), notice=notice)
    except BadInput as error:
        return _plain(error.message, 400)
    except NotFound as error:
        return _plain(error.message, 404)
    return _plain("OK", 200)


def _plain(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, mimetype="text/plain")
