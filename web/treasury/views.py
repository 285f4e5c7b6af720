"""The refunds that are due: whose money it is and why, and writing down that it was given back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from engine.errors import BadInput, RuleBroken
from engine.payments import operations, queries
from engine.payments.models import RefundReason
from web.access import Audience, access
from web.context import call, current, reading
from web.rendering import mistakes, page, typed

treasury = Blueprint("treasury", __name__, url_prefix="/tesoreria")

READ = queries.READ_ANY
RECORD = queries.RECORD_REFUND
_REASONS: Mapping[RefundReason, str] = {
    RefundReason.DUPLICATE: lazy_gettext("Se cobró dos veces"),
    RefundReason.AMOUNT: lazy_gettext("Lo cobrado no es lo que se debe"),
    RefundReason.CANCELLED: lazy_gettext("Ya no se debía"),
}


@treasury.app_template_filter("refund_reason")
def refund_reason(reason: RefundReason) -> str:
    """Why money has to be given back, in words."""
    return str(_REASONS[reason])


@treasury.get("/devoluciones")
@access(Audience.FINANCE, permission=READ)
def refunds() -> Response:
    """The money to give back, what waits longest first, with its total."""
    rows = queries.refunds_due(reading(), current().actor)
    return page(
        "treasury/refunds.html",
        rows=rows,
        total=sum((row.amount for row in rows), Decimal(0)),
    )


@treasury.get("/devoluciones/<uuid:attempt_id>")
@access(Audience.FINANCE, permission=RECORD)
def refund(attempt_id: UUID) -> Response:
    """One refund, and where the number of its transfer is written."""
    return _refund(attempt_id)


@treasury.post("/devoluciones/<uuid:attempt_id>")
@access(Audience.FINANCE, operation=RECORD)
def record(attempt_id: UUID) -> Response:
    """Write down that the money was given back."""
    try:
        operations.record_refund(
            call(),
            attempt_id=attempt_id,
            refund_reference=request.form.get("refund_reference", ""),
        )
    except BadInput as error:
        return _refund(attempt_id, mistakes(error), 422)
    except RuleBroken as error:
        flash(error.message, "info")
    else:
        flash(gettext("Devolución anotada."), "success")
    return redirect(url_for(".refunds"), 303)


def _refund(
    attempt_id: UUID, errors: tuple[tuple[str, str], ...] = (), status: int = 200
) -> Response:
    row = queries.refund_due(reading(), attempt_id, current().actor)
    return page("treasury/refund.html", status=status, errors=errors, values=typed(), row=row)
