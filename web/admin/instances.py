"""One process whole, and what an operator may do to it: each act said before it is done."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from engine.errors import BadInput, RuleBroken
from engine.expedientes.lists import headings, id_of_number
from engine.feel.functions import to_text
from engine.notifications.queries import of_expediente
from engine.procedures.versions import titles
from engine.workflow.diagram import draw
from engine.workflow.elements import elements_of
from engine.workflow.queries import element_states, instance_of
from engine.workflow.sheets import open_sheets
from engine.workflow.store import definition_of
from engine.workflow.surgery import moves, operations
from engine.workflow.surgery.consequences import Consequences, consequences
from engine.workflow.surgery.models import InterventionKind
from engine.workflow.surgery.orders import operations as orders
from engine.workflow.surgery.orders.queries import orders_of
from engine.workflow.surgery.page import InstancePage, instance_page, names_of
from engine.workflow.surgery.reading import instance_row, plan_of
from web.access import Audience, access
from web.admin.blueprint import READ, admin
from web.admin.incidents import ROWS, corrections
from web.admin.words import FORMS, KINDS, ORDER_STATES, SORTS, STATES, WAITS
from web.context import call, reading
from web.inputs import identifier
from web.rendering import mistakes, page, typed

Errors = tuple[tuple[str, str], ...]


@admin.get("/procesos")
@access(Audience.ADMIN, permission=READ)
def find_instance() -> Response:
    """The process of an expediente, by its number."""
    number = request.args.get("expediente", "").strip()
    session = reading()
    expediente_id = id_of_number(session, number) if number else None
    if expediente_id is None:
        flash(gettext("No hay ningún expediente con ese número: revíselo."), "info")
        return redirect(url_for("admin.incident_list"), 303)
    found = instance_of(session, expediente_id)
    return redirect(url_for("admin.instance", instance_id=found.id), 303)


@admin.get("/procesos/<instance_id>")
@access(Audience.ADMIN, permission=READ)
def instance(instance_id: str) -> Response:
    """Where it stands and how it came there, what it waits for, and what may be done to it."""
    wanted, session = identifier(instance_id), reading()
    view = instance_page(session, wanted)
    row = instance_row(session, wanted)
    elements = elements_of(definition_of(session, row))
    states = element_states(session, row)
    return page(
        "admin/instance.html",
        **_about(view),
        # Made by our own renderer from the model, every text in it escaped by lxml.
        drawing=Markup(draw(elements, states)),  # noqa: S704
        sheets=[(sheet, Markup(sheet.svg)) for sheet in open_sheets(elements, states)],  # noqa: S704
        names=names_of(session, row),
        orders=orders_of(session, wanted),
        WAITS=WAITS,
        SORTS=SORTS,
        KINDS=KINDS,
        ORDER_STATES=ORDER_STATES,
    )


def _about(view: InstancePage) -> dict[str, Any]:
    """What every page of a process says of it."""
    session = reading()
    found = headings(session, [view.expediente_id])
    return {
        "view": view,
        "heading": found.get(view.expediente_id) if view.expediente_id else None,
        "title": titles(session).get(view.definition_key, view.definition_key),
        "STATES": STATES,
    }


@admin.get("/procesos/<instance_id>/datos")
@access(Audience.ADMIN, permission=READ, operation="workflow.read_data")
def instance_data(instance_id: str) -> Response:
    """The values of what it knows, personal data included: who looked stays in the record."""
    wanted = identifier(instance_id)
    data = operations.read_data(call(), instance_id=wanted)
    return page(
        "admin/instance_data.html",
        **_about(instance_page(reading(), wanted)),
        data=[(name, _shown(value)) for name, value in sorted(data.items())],
    )


def _shown(value: Any) -> str:
    """A value for people to read; contexts and lists with a line for each entry."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, indent=2, default=_text)
    return _text(value)


def _text(value: Any) -> str:
    return str(to_text(value))


def _pending(view: InstancePage) -> list[str]:
    """The notifications of its expediente that nobody opened yet: what they say stays in force."""
    if view.expediente_id is None:
        return []
    return [row.subject for row in of_expediente(reading(), view.expediente_id) if row.open]


def _confirm(
    wanted: UUID,
    kind: InterventionKind,
    action: str,
    what: Consequences | None,
    *,
    status: int = 200,
    errors: Errors = (),
    fields: list[tuple[str, str]] | None = None,
    lands: str = "",
    corrected: bool = False,
) -> Response:
    """The page that says what will happen, and asks for the reason."""
    view = instance_page(reading(), wanted)
    return page(
        "admin/confirm.html",
        status=status,
        errors=errors,
        values=typed(),
        **_about(view),
        kind=kind,
        action=action,
        what=what,
        fields=fields or [],
        lands=names_of(reading(), instance_row(reading(), wanted)).get(lands, lands),
        pending=_pending(view),
        corrected=corrected,
        KINDS=KINDS,
        FORMS=FORMS,
        ROWS=ROWS,
    )


@admin.get("/procesos/<instance_id>/mover")
@access(Audience.ADMIN, permission=READ)
def move(instance_id: str) -> Response:
    """Choose what is moved and where to; then what that would end, before it is done."""
    wanted = identifier(instance_id)
    if not request.args.get("destino"):
        return _choose(wanted, ())
    try:
        return _move_page(wanted)
    except RuleBroken as error:
        return _choose(wanted, (("destino", error.message),), status=409)


def _choose(wanted: UUID, errors: Errors, *, status: int = 200) -> Response:
    return page(
        "admin/move.html",
        status=status,
        errors=errors,
        values={"destino": request.args.get("destino", "")},
        **_about(instance_page(reading(), wanted)),
        chosen=request.args.getlist("paso"),
        WAITS=WAITS,
    )


def _chosen() -> list[UUID]:
    return [identifier(text) for text in request.values.getlist("paso")]


def _move_page(wanted: UUID, *, status: int = 200, errors: Errors = ()) -> Response:
    session, target, chosen = reading(), request.values.get("destino", ""), _chosen()
    row = instance_row(session, wanted)
    plan = plan_of(session, row, lambda run: moves.move_plan(run, chosen, target))
    fields = [("destino", target), ("transition", str(row.version))]
    return _confirm(
        wanted,
        InterventionKind.MOVE,
        url_for("admin.move_now", instance_id=wanted),
        consequences(session, wanted, plan),
        status=status,
        errors=errors,
        fields=[*fields, *(("paso", str(each)) for each in chosen)],
        lands=plan.lands,
    )


@admin.post("/procesos/<instance_id>/mover")
@access(Audience.ADMIN, operation="workflow.move_token")
def move_now(instance_id: str) -> Response:
    """Move it."""
    wanted = identifier(instance_id)
    try:
        operations.move_token(
            call(),
            instance_id=wanted,
            task_ids=_chosen(),
            target=request.form.get("destino", ""),
            reason=request.form.get("reason", ""),
            version=_version(),
        )
    except BadInput as error:
        return _move_page(wanted, status=422, errors=mistakes(error))
    return _went(wanted, gettext("Hecho: el proceso está en el paso que eligió."))


def _version() -> int | None:
    """The transition that the person saw."""
    text = request.form.get("transition", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _went(wanted: UUID, message: str) -> Response:
    flash(message, "success")
    return redirect(url_for("admin.instance", instance_id=wanted), 303)


@admin.get("/procesos/<instance_id>/volver/<step_id>")
@access(Audience.ADMIN, permission=READ)
def restart(instance_id: str, step_id: str) -> Response:
    """What going back to a step would undo."""
    return _restart_page(identifier(instance_id), identifier(step_id))


def _restart_page(
    wanted: UUID, step_id: UUID, *, status: int = 200, errors: Errors = ()
) -> Response:
    session = reading()
    row = instance_row(session, wanted)
    plan = plan_of(session, row, lambda run: moves.restart_plan(run, step_id))
    return _confirm(
        wanted,
        InterventionKind.RESTART,
        url_for("admin.restart_now", instance_id=wanted, step_id=step_id),
        consequences(session, wanted, plan),
        status=status,
        errors=errors,
        fields=[("transition", str(row.version))],
        lands=plan.lands,
    )


@admin.post("/procesos/<instance_id>/volver/<step_id>")
@access(Audience.ADMIN, operation="workflow.restart_from")
def restart_now(instance_id: str, step_id: str) -> Response:
    """Go back."""
    wanted, step = identifier(instance_id), identifier(step_id)
    try:
        operations.restart_from(
            call(),
            instance_id=wanted,
            task_id=step,
            reason=request.form.get("reason", ""),
            version=_version(),
        )
    except BadInput as error:
        return _restart_page(wanted, step, status=422, errors=mistakes(error))
    return _went(wanted, gettext("Hecho: el proceso ha vuelto a ese paso."))


@admin.get("/procesos/<instance_id>/saltar/<step_id>")
@access(Audience.ADMIN, permission=READ)
def skip(instance_id: str, step_id: str) -> Response:
    """The proposal to pass over an open step."""
    return _skip_page(identifier(instance_id), identifier(step_id))


def _skip_page(wanted: UUID, step_id: UUID, *, status: int = 200, errors: Errors = ()) -> Response:
    session = reading()
    row = instance_row(session, wanted)
    plan = plan_of(session, row, lambda run: moves.skip_plan(run, step_id))
    return _confirm(
        wanted,
        InterventionKind.SKIP,
        url_for("admin.skip_now", instance_id=wanted, step_id=step_id),
        consequences(session, wanted, plan),
        status=status,
        errors=errors,
        corrected=True,
        lands=plan.lands,
    )


@admin.post("/procesos/<instance_id>/saltar/<step_id>")
@access(Audience.ADMIN, operation="workflow.propose_skip")
def skip_now(instance_id: str, step_id: str) -> Response:
    """Propose it: another person decides."""
    wanted, step = identifier(instance_id), identifier(step_id)
    try:
        order_id = orders.propose_skip(
            call(),
            instance_id=wanted,
            task_id=step,
            reason=request.form.get("reason", ""),
            corrections=corrections(),
        )
    except BadInput as error:
        return _skip_page(wanted, step, status=422, errors=mistakes(error))
    return redirect(url_for("admin.order", intervention_id=order_id), 303)


@admin.get("/procesos/<instance_id>/suspender")
@access(Audience.ADMIN, permission=READ)
def suspend(instance_id: str) -> Response:
    """What being on hold means."""
    return _suspend_page(identifier(instance_id))


def _suspend_page(wanted: UUID, *, status: int = 200, errors: Errors = ()) -> Response:
    action = url_for("admin.suspend_now", instance_id=wanted)
    return _confirm(wanted, InterventionKind.SUSPEND, action, None, status=status, errors=errors)


@admin.post("/procesos/<instance_id>/suspender")
@access(Audience.ADMIN, operation="workflow.suspend")
def suspend_now(instance_id: str) -> Response:
    """Put it on hold."""
    done = gettext("El proceso queda en suspenso. Los plazos legales siguen corriendo.")
    return _ordered(instance_id, operations.suspend, _suspend_page, done)


@admin.get("/procesos/<instance_id>/reanudar")
@access(Audience.ADMIN, permission=READ)
def resume(instance_id: str) -> Response:
    """What happens when it goes on."""
    return _resume_page(identifier(instance_id))


def _resume_page(wanted: UUID, *, status: int = 200, errors: Errors = ()) -> Response:
    action = url_for("admin.resume_now", instance_id=wanted)
    return _confirm(wanted, InterventionKind.RESUME, action, None, status=status, errors=errors)


@admin.post("/procesos/<instance_id>/reanudar")
@access(Audience.ADMIN, operation="workflow.resume")
def resume_now(instance_id: str) -> Response:
    """Let it go on."""
    done = gettext("El proceso sigue su curso.")
    return _ordered(instance_id, operations.resume, _resume_page, done)


@admin.get("/procesos/<instance_id>/detener")
@access(Audience.ADMIN, permission=READ)
def stop(instance_id: str) -> Response:
    """What ends with it."""
    return _stop_page(identifier(instance_id))


def _stop_page(wanted: UUID, *, status: int = 200, errors: Errors = ()) -> Response:
    return _confirm(
        wanted,
        InterventionKind.CANCEL,
        url_for("admin.stop_now", instance_id=wanted),
        consequences(reading(), wanted),
        status=status,
        errors=errors,
    )


@admin.post("/procesos/<instance_id>/detener")
@access(Audience.ADMIN, operation="workflow.stop")
def stop_now(instance_id: str) -> Response:
    """Stop it for good."""
    done = gettext("El proceso está detenido para siempre. Su expediente sigue abierto.")
    return _ordered(instance_id, operations.stop, _stop_page, done)


def _ordered(
    instance_id: str,
    operation: Callable[..., None],
    again: Callable[..., Response],
    done: str,
) -> Response:
    """Do an act that needs only a reason, or show its page again."""
    wanted = identifier(instance_id)
    try:
        operation(call(), instance_id=wanted, reason=request.form.get("reason", ""))
    except BadInput as error:
        return again(wanted, status=422, errors=mistakes(error))
    return _went(wanted, done)
