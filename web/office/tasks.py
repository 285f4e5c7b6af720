"""A task: what is asked, the context of its expediente beside, its form; completing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.clock import madrid_date
from engine.documents.codes import Origin
from engine.documents.queries import DocumentRow
from engine.errors import BadInput, RuleBroken, Stale
from engine.expedientes import operations, queries
from engine.expedientes.queries import TaskView
from engine.finance.queries import READ, invoice_of
from engine.people.absences.queries import away
from engine.signing.models import RequestState
from engine.signing.queries import RequestRow, of_document
from engine.workflow.ahead import Branch, branches
from engine.workflow.definitions import load_definition
from engine.workflow.elements import elements_of
from engine.workflow.queries import WorkItemRow, data_of, instance_of, items_of
from engine.workflow.work_items.queries import rights
from web.access import Audience, access
from web.context import call, current, now, reading
from web.form_pages import Sent, sent, whole_form
from web.inputs import identifier
from web.office.blueprint import office
from web.rendering import mistakes, page, typed

# What proves a filing to a machine: the PDF beside it says the same to a person.
_BARE = ("application/json", "application/jose")


@office.get("/tareas/<task_id>")
@access(Audience.OFFICE)
def task(task_id: str) -> Response:
    """What is asked and the context to decide it; the form is open to whoever holds the task.

    What is to be done with an invoice is done on its own page, beside its checks and its contract.
    """
    wanted = identifier(task_id)
    session, actor = reading(), current().actor
    item = queries.task(session, wanted, actor).item
    if item.open and item.expediente_id is not None and actor.may(READ):
        invoice = invoice_of(session, item.expediente_id, actor)
        if invoice is not None:
            return redirect(url_for("finance.invoice", invoice_id=invoice.id), 303)
    return _task(wanted)


def _task(
    task_id: UUID,
    *,
    status: int = 200,
    errors: tuple[tuple[str, str], ...] = (),
    data: Sent | None = None,
) -> Response:
    session, actor = reading(), current().actor
    view = queries.task(session, task_id, actor)
    item, may = view.item, rights(session, task_id, actor)
    context: dict[str, Any] = {"case": None, "documents": (), "refusals": ()}
    if item.expediente_id is not None and queries.may_access(session, item.expediente_id, actor):
        context["case"] = queries.expediente(session, item.expediente_id, actor)
        documents = queries.documents(session, item.expediente_id, actor)
        context["documents"] = [row for row in documents if row.media_type not in _BARE]
        context["refusals"] = _refusals(item, documents) if item.open else ()
    before = _before(item) if context["refusals"] else {}
    parts, values = (
        whole_form(view.form, before, data=data, choices=view.choices) if view.form else ((), {})
    )
    return page(
        "office/task.html",
        status=status,
        errors=errors,
        values=values,
        view=view,
        item=item,
        mine=may.work,
        may=may,
        away=away(session, madrid_date(now())),
        parts=parts,
        follows=_follows(view),
        **context,
    )


def _refusals(item: WorkItemRow, documents: Sequence[DocumentRow]) -> tuple[RequestRow, ...]:
    """The signatures refused since somebody last completed a task here: why this is asked again."""
    session = reading()
    if item.expediente_id is None:
        return ()
    completed = [
        row.completed_at for row in items_of(session, item.expediente_id) if row.completed_at
    ]
    last = max(completed, default=None)
    return tuple(
        row
        for document in documents
        if document.origin == Origin.ADMINISTRATION.value and document.media_type not in _BARE
        for row in of_document(session, document.id)
        if row.state is RequestState.REFUSED
        and row.decided_at is not None
        and (last is None or row.decided_at >= last)
    )


def _before(item: WorkItemRow) -> dict[str, Any]:
    """What the task said the last time it was done, to be mended and not written again."""
    if item.expediente_id is None:
        return {}
    session = reading()
    said = data_of(session, instance_of(session, item.expediente_id)).get(item.element)
    return said if isinstance(said, dict) else {}


def _follows(view: TaskView) -> tuple[Branch, ...]:
    """What completing it sets going, case by case, said before it is pressed."""
    return branches(
        elements_of(load_definition(view.procedure.model, view.procedure.decisions)),
        view.item.element,
    )


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
