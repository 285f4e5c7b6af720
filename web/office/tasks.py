"""A task: what is asked, the context of its expediente beside, its form; completing it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import BadInput, RuleBroken, Stale
from engine.expedientes import operations, queries
from engine.expedientes.queries import TaskView
from engine.workflow.ahead import consequences
from engine.workflow.definitions import load_definition
from engine.workflow.elements import elements_of
from engine.workflow.models import WorkState
from engine.workflow.work import CORRECTION
from web.access import Audience, access
from web.context import call, current, reading
from web.form_pages import Sent, sent, whole_form
from web.inputs import identifier
from web.office.blueprint import office
from web.rendering import mistakes, page, typed


@office.get("/tareas/<task_id>")
@access(Audience.OFFICE)
def task(task_id: str) -> Response:
    """What is asked and the context to decide it; the form is open to whoever holds the task."""
    return _task(identifier(task_id))


def _task(
    task_id: UUID,
    *,
    status: int = 200,
    errors: tuple[tuple[str, str], ...] = (),
    data: Sent | None = None,
) -> Response:
    session, actor = reading(), current().actor
    view = queries.task(session, task_id, actor)
    item = view.item
    parts, values = (
        whole_form(view.form, {}, data=data, choices=view.choices) if view.form else ((), {})
    )
    context: dict[str, Any] = {"case": None, "documents": ()}
    if item.expediente_id is not None and queries.may_access(session, item.expediente_id, actor):
        context["case"] = queries.expediente(session, item.expediente_id, actor)
        context["documents"] = queries.documents(session, item.expediente_id, actor)
    return page(
        "office/task.html",
        status=status,
        errors=errors,
        values=values,
        view=view,
        item=item,
        mine=item.assignee_id == actor.id and item.state is WorkState.CLAIMED,
        takeable=item.state is WorkState.OPEN and item.kind != CORRECTION,
        parts=parts,
        follows=_follows(view),
        **context,
    )


def _follows(view: TaskView) -> tuple[str, ...]:
    """What completing it sets going, said before it is pressed."""
    return consequences(elements_of(load_definition(view.procedure.model)), view.item.element)


@office.post("/tareas/<task_id>")
@access(Audience.OFFICE, operation="expedientes.complete_task")
def complete_task(task_id: str) -> Response:
    """Complete the task with what its form gave; what was typed is kept when something is wrong."""
    wanted = identifier(task_id)
    version = request.form.get("version", "")
    try:
        expediente_id = operations.complete_task(
            call(),
            work_item_id=wanted,
            version=int(version) if version.isascii() and version.isdigit() else 0,
            data=sent(),
        )
    except BadInput as error:
        return _task(wanted, status=422, errors=mistakes(error), data=sent())
    except Stale as error:
        return _stale(wanted, error)
    except RuleBroken as error:
        return _task(wanted, status=409, errors=(("", error.message),), data=sent())
    flash(gettext("La tarea está hecha y el expediente sigue su curso."), "success")
    if expediente_id is None or not queries.may_access(reading(), expediente_id, current().actor):
        return redirect(url_for("office.inbox"), 303)
    return redirect(url_for("office.expediente", expediente_id=expediente_id), 303)


def _stale(task_id: UUID, error: Stale) -> Response:
    """The task is not as it was: what was typed is shown, so that nothing is lost."""
    return page(
        "office/task_stale.html",
        status=409,
        message=error.message,
        task_id=task_id,
        kept=[(name, text) for name, text in typed().items() if name != "version" and text],
    )
