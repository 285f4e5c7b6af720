"""What was proposed or ordered on processes: the second person's decision, and how each went."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import BadInput
from engine.expedientes.lists import headings
from engine.procedures.versions import titles
from engine.workflow.surgery.models import InterventionState
from engine.workflow.surgery.orders import operations, queries
from engine.workflow.surgery.page import names_of
from engine.workflow.surgery.reading import instance_row
from web.access import Audience, access
from web.admin.blueprint import READ, admin
from web.admin.words import KINDS, ORDER_STATES, STEP_STATES
from web.context import call, current, reading
from web.inputs import identifier
from web.rendering import mistakes, page, typed


@admin.get("/intervenciones/<intervention_id>")
@access(Audience.ADMIN, permission=READ)
def order(intervention_id: str) -> Response:
    """An order and how it went with each process; it reloads itself while it is under way."""
    return _page(identifier(intervention_id))


def _page(wanted: UUID, *, status: int = 200, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    session = reading()
    row = queries.order(session, wanted)
    steps = queries.steps(session, wanted)
    names = names_of(session, instance_row(session, steps[0].instance_id))
    return page(
        "admin/order.html",
        status=status,
        errors=errors,
        values=typed(),
        row=row,
        names=names,
        steps=steps,
        mine=row.ordered_by == current().actor.id,
        proposed=row.state is InterventionState.PROPOSED,
        under_way=row.state is InterventionState.RUNNING,
        headings=headings(session, (each.expediente_id for each in steps)),
        titles=titles(session),
        KINDS=KINDS,
        ORDER_STATES=ORDER_STATES,
        STEP_STATES=STEP_STATES,
    )


@admin.post("/intervenciones/<intervention_id>/confirmar")
@access(Audience.ADMIN, operation="workflow.confirm_skip")
def confirm_skip(intervention_id: str) -> Response:
    """Confirm, as another person, that a step is passed over."""
    wanted = identifier(intervention_id)
    operations.confirm_skip(
        call(), intervention_id=wanted, decision=request.form.get("decision", "")
    )
    flash(gettext("Confirmado: el paso se salta y el expediente sigue su curso."), "success")
    return redirect(url_for("admin.order", intervention_id=wanted), 303)


@admin.post("/intervenciones/<intervention_id>/rechazar")
@access(Audience.ADMIN, operation="workflow.reject_skip")
def reject_skip(intervention_id: str) -> Response:
    """Reject a proposal, or withdraw one's own."""
    wanted = identifier(intervention_id)
    try:
        operations.reject_skip(
            call(), intervention_id=wanted, reason=request.form.get("reason", "")
        )
    except BadInput as error:
        return _page(wanted, status=422, errors=mistakes(error))
    flash(gettext("La propuesta queda rechazada: no se ha saltado nada."), "success")
    return redirect(url_for("admin.order", intervention_id=wanted), 303)
