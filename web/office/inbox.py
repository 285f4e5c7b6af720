"""The inbox: an official's own tasks, those that nobody has, all, and those of the units they head."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug.wrappers import Response

from engine.clock import madrid_date
from engine.errors import BadInput, RuleBroken
from engine.expedientes.lists import tasks
from engine.people.absences.queries import away
from engine.procedures.versions import titles
from engine.workflow import operations as workflow
from engine.workflow.access import REASSIGN
from engine.workflow.work_items import operations as work
from engine.workflow.work_items.holding import ItemResult, Several
from engine.workflow.work_items.order import OutOfOrder, places
from engine.workflow.work_items.priority import Priority
from engine.workflow.work_items.queries import (
    Inbox,
    Narrowing,
    inbox_counts,
    inbox_definitions,
    items_by_id,
    work_item,
)
from engine.workflow.work_items.recipients import colleagues
from web.access import Audience, access
from web.context import call, current, now, reading
from web.gate import safe_next
from web.inputs import identifier
from web.office.blueprint import office
from web.office.filters import Filters
from web.out_of_order import ask_reason
from web.paging import page_number
from web.rendering import mistakes, page, typed

LISTS = {
    Inbox.MINE: ("mias", lazy_gettext("Mías")),
    Inbox.UNASSIGNED: ("sin-asignar", lazy_gettext("Sin asignar")),
    Inbox.ALL: ("todas", lazy_gettext("Todas")),
    Inbox.MANAGED: ("equipo", lazy_gettext("De mi equipo")),
}
_BY_WORD = {word: which for which, (word, _) in LISTS.items()}
PRIORITIES = {
    Priority.HIGH: ("alta", lazy_gettext("Alta")),
    Priority.NORMAL: ("normal", lazy_gettext("Normal")),
    Priority.LOW: ("baja", lazy_gettext("Baja")),
}
_PRIORITY_OF = {word: priority for priority, (word, _) in PRIORITIES.items()}
TODAY = "hoy"


@office.app_template_filter("priority_words")
def priority_words(priority: Priority) -> str:
    """`Alta`, `Normal`, `Baja`."""
    return str(PRIORITIES[priority][1])


@office.get("/")
@access(Audience.OFFICE)
def inbox() -> Response:
    """The open work, what is due first on top. Without a list named: mine, or what nobody has."""
    return _inbox()


def _inbox(
    *,
    status: int = 200,
    errors: Sequence[tuple[str, str]] = (),
    marked: frozenset[str] = frozenset(),
) -> Response:
    session, actor = reading(), current().actor
    filters = Filters("lista", "procedimiento", "prioridad", "recordatorio", "pagina")
    narrowing = _narrowing(filters)
    counts = inbox_counts(session, actor, narrowing=narrowing)
    which = _BY_WORD.get(filters.values["lista"]) or (
        Inbox.MINE if counts[Inbox.MINE] or not counts[Inbox.UNASSIGNED] else Inbox.UNASSIGNED
    )
    number = page_number(filters.text("pagina"))
    found = tasks(session, actor, which, narrowing=narrowing, page=number)
    names, known = titles(session), inbox_definitions(session, actor)
    today = madrid_date(now())
    return page(
        "office/inbox.html",
        status=status,
        errors=errors,
        values=typed(),
        found=found,
        places=places(session, [row.item.id for row in found.rows], actor),
        which=which,
        Inbox=Inbox,
        lists=[
            (text, filters.address("office.inbox", lista=word, pagina=None), counts[item])
            for item, (word, text) in LISTS.items()
            if item is not Inbox.MANAGED or actor.may(REASSIGN)
        ],
        selected=LISTS[which][1],
        procedures=sorted((key, names.get(key, key)) for key in known),
        priorities=list(PRIORITIES.values()),
        names=names,
        filters=filters,
        filtered=bool({"procedimiento", "prioridad", "recordatorio"} & filters.given.keys()),
        word=LISTS[which][0],
        today=now(),
        away=away(session, today),
        replaced={absent.id for absent in actor.stands_for},
        colleagues=_colleagues() if which is Inbox.MANAGED else [],
        marked=marked,
        here=filters.address("office.inbox", lista=LISTS[which][0]),
        first=filters.address("office.inbox", pagina=number - 1) if number > 1 else None,
        following=filters.address("office.inbox", pagina=number + 1) if found.more else None,
    )


def _colleagues() -> list[tuple[str, str]]:
    """To whom a head may give work: those who are not away."""
    found = colleagues(reading(), current().actor, madrid_date(now()))
    return [(str(each.id), each.name) for each in found if each.away is None]


def _narrowing(filters: Filters) -> Narrowing:
    return Narrowing(
        definition=filters.text("procedimiento"),
        priority=_PRIORITY_OF.get(filters.values["prioridad"]),
        follow_up_by=now() if filters.values["recordatorio"] == TODAY else None,
    )


@office.post("/tareas/<task_id>/asignarme")
@access(Audience.OFFICE, operation="workflow.claim")
def claim(task_id: str) -> Response:
    """Take a task, and go to it."""
    item, reason = identifier(task_id), request.form.get("reason", "")
    try:
        workflow.claim(call(), work_item_id=item, version=sent_version(), reason=reason)
    except (OutOfOrder, BadInput) as error:
        following = safe_next(request.form.get("next"), url_for("office.inbox"))
        return ask_reason(
            error,
            item,
            action=url_for("office.claim", task_id=item),
            fields={"version": sent_version(), "next": following},
            back=following,
        )
    except RuleBroken as error:
        return back(error, item)
    return redirect(url_for("office.task", task_id=item), 303)


@office.post("/tareas/<task_id>/devolver")
@access(Audience.OFFICE, operation="workflow.release")
def release(task_id: str) -> Response:
    """Give a task back to those who may take it."""
    item = identifier(task_id)
    try:
        workflow.release(call(), work_item_id=item, version=sent_version())
    except RuleBroken as error:
        return back(error, item)
    flash(gettext("La tarea vuelve a la bandeja: cualquiera que pueda hacerla la verá."), "success")
    return redirect(safe_next(request.form.get("next"), url_for("office.inbox")), 303)


@office.post("/tareas/asignarme-varias")
@access(Audience.OFFICE, operation="workflow.claim_many")
def claim_many() -> Response:
    """Take the tasks that were marked; each that could not be taken says why."""
    try:
        results = work.claim_many(call(), items=_marked(), reason=request.form.get("reason", ""))
    except BadInput as error:
        return _refused(error)
    return _done(results)


@office.post("/tareas/reasignar-varias")
@access(Audience.OFFICE, operation="workflow.reassign_many")
def reassign_many() -> Response:
    """Give the tasks that were marked to somebody; each that could not be given says why."""
    try:
        results = work.reassign_many(
            call(), items=_marked(), to=recipient("to", "to"), reason=request.form.get("reason", "")
        )
    except BadInput as error:
        return _refused(error)
    return _done(results)


def _marked() -> Several:
    """What was marked: each with the version that the page showed."""
    pairs = []
    for text in request.form.getlist("item"):
        task_id, _, version = text.partition(":")
        pairs.append((identifier(task_id), _number(version)))
    return Several(tuple(pairs))


def recipient(name: str, field: str) -> UUID | None:
    """To whom a form's field gives a task; None for back to those who may take it.

    Raises BadInput, which says it of `field`.
    """
    text = request.form.get(name, "")
    if text == "unit":
        return None
    if not text:
        message = gettext("Elija a quién se le da.")
        raise BadInput(message, ((field, message),))
    return identifier(text)


def _refused(error: BadInput) -> Response:
    return _inbox(
        status=422, errors=mistakes(error), marked=frozenset(request.form.getlist("item"))
    )


def _done(results: Sequence[ItemResult]) -> Response:
    """One line for each: what was done, what was not and why."""
    rows = items_by_id(reading(), [result.work_item_id for result in results], current().actor)
    done = sum(not result.refusal for result in results)
    if done == len(results):
        text = ngettext("Hecho: una tarea.", "Hecho: %(num)d tareas.", done)
        flash(text, "success")
        return redirect(safe_next(request.form.get("next"), url_for("office.inbox")), 303)
    return page(
        "office/inbox_results.html",
        done=done,
        results=[(rows.get(result.work_item_id), result) for result in results],
        back=safe_next(request.form.get("next"), url_for("office.inbox")),
    )


def sent_version() -> int:
    """The version that the form carries; what is none matches none."""
    return _number(request.form.get("version", ""))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def back(error: RuleBroken, item: UUID) -> Response:
    """Somebody was quicker: the inbox says so and shows how things are now.

    Raises NotFound for what is nothing of the actor's: they do not learn that it was done.
    """
    work_item(reading(), item, current().actor)
    flash(error.message, "info")
    return redirect(safe_next(request.form.get("next"), url_for("office.inbox")), 303)
