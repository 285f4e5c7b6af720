"""The inbox: an official's own tasks, those of the unit that nobody has, and all."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from engine.errors import RuleBroken
from engine.expedientes.lists import tasks
from engine.procedures.versions import titles
from engine.workflow import operations as workflow
from engine.workflow.queries import Inbox, inbox_counts, inbox_definitions, work_item
from web.access import Audience, access
from web.context import call, current, reading
from web.gate import safe_next
from web.inputs import identifier
from web.office.blueprint import office
from web.office.filters import Filters
from web.paging import page_number
from web.rendering import page

LISTS = {
    Inbox.MINE: ("mias", lazy_gettext("Mías")),
    Inbox.UNASSIGNED: ("sin-asignar", lazy_gettext("Sin asignar")),
    Inbox.ALL: ("todas", lazy_gettext("Todas")),
}
_BY_WORD = {word: which for which, (word, _) in LISTS.items()}


@office.get("/")
@access(Audience.OFFICE)
def inbox() -> Response:
    """The open work, what is due first on top. Without a list named: mine, or what nobody has."""
    session, actor = reading(), current().actor
    filters = Filters("lista", "procedimiento", "pagina")
    procedure = filters.text("procedimiento")
    counts = inbox_counts(session, actor, definition=procedure)
    which = _BY_WORD.get(filters.values["lista"]) or (
        Inbox.MINE if counts[Inbox.MINE] or not counts[Inbox.UNASSIGNED] else Inbox.UNASSIGNED
    )
    number = page_number(filters.text("pagina"))
    found = tasks(session, actor, which, procedure=procedure, page=number)
    names, known = titles(session), inbox_definitions(session, actor)
    return page(
        "office/inbox.html",
        found=found,
        which=which,
        Inbox=Inbox,
        lists=[
            (text, filters.address("office.inbox", lista=word, pagina=None), counts[item])
            for item, (word, text) in LISTS.items()
        ],
        selected=LISTS[which][1],
        procedures=sorted((key, names.get(key, key)) for key in known),
        names=names,
        procedure=procedure,
        word=LISTS[which][0],
        first=filters.address("office.inbox", pagina=number - 1) if number > 1 else None,
        following=filters.address("office.inbox", pagina=number + 1) if found.more else None,
    )


@office.post("/tareas/<task_id>/asignarme")
@access(Audience.OFFICE, operation="workflow.claim")
def claim(task_id: str) -> Response:
    """Take a task, and go to it."""
    item = identifier(task_id)
    try:
        workflow.claim(call(), work_item_id=item, version=_version())
    except RuleBroken as error:
        return _back(error, item)
    return redirect(url_for("office.task", task_id=item), 303)


@office.post("/tareas/<task_id>/devolver")
@access(Audience.OFFICE, operation="workflow.release")
def release(task_id: str) -> Response:
    """Give a task back to its unit."""
    item = identifier(task_id)
    try:
        workflow.release(call(), work_item_id=item, version=_version())
    except RuleBroken as error:
        return _back(error, item)
    flash(gettext("La tarea vuelve a la unidad: cualquiera que pueda hacerla la verá."), "success")
    return redirect(safe_next(request.form.get("next"), url_for("office.inbox")), 303)


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _back(error: RuleBroken, item: UUID) -> Response:
    """Somebody was quicker: the inbox says so and shows how things are now.

    Raises NotFound for what is nothing of the actor's: they do not learn that it was done.
    """
    work_item(reading(), item, current().actor)
    flash(error.message, "info")
    return redirect(safe_next(request.form.get("next"), url_for("office.inbox")), 303)
