"""Asking by what order a task is taken before others that began earlier (art. 71.2 of Ley 39/2015)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import request
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import BadInput
from engine.workflow.work_items.order import OutOfOrder
from engine.workflow.work_items.queries import work_item
from web.context import current, reading
from web.rendering import mistakes, page, typed


def ask_reason(
    error: OutOfOrder | BadInput,
    item: UUID,
    *,
    action: str,
    fields: Mapping[str, object],
    back: str,
) -> Response:
    """The page that asks it; again, with what is wrong, when it was asked already.

    action, fields: the form that takes the task and what it carries besides the reason.
    """
    asked = "reason" in request.form
    message = gettext("Escriba el motivo: queda en el expediente.")
    errors = mistakes(error) if isinstance(error, BadInput) else (("reason", message),)
    return page(
        "office/out_of_order.html",
        status=422 if asked else 409,
        errors=errors if asked else (),
        values=typed(),
        item=work_item(reading(), item, current().actor),
        message=error.message,
        action=action,
        fields=fields,
        back=back,
    )
