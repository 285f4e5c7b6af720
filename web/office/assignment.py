"""Whose a task is: delegated, passed on, given back, reassigned, its priority, its reminder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.clock import madrid_date
from engine.errors import BadInput, NotFound, RuleBroken
from engine.expedientes.lists import headings
from engine.people.absences.queries import AbsenceRow
from engine.workflow.work_items import operations as work
from engine.workflow.work_items.priority import Priority
from engine.workflow.work_items.queries import may_be_given, rights, work_item
from web.access import Audience, access
from web.context import call, current, now, reading
from web.inputs import day, identifier
from web.office.blueprint import office
from web.office.inbox import PRIORITIES, recipient, sent_version
from web.rendering import mistakes, page, typed


@dataclass(frozen=True)
class Offer:
    """To whom a task may be given, as options; and those who could have it and are away."""

    options: tuple[tuple[str, str], ...]
    away: tuple[AbsenceRow, ...]


@office.get("/tareas/<task_id>/organizar")
@access(Audience.OFFICE)
def task_assignment(task_id: str) -> Response:
    """What can be done about who does a task and when, without doing it."""
    return _assignment(identifier(task_id))


def _assignment(
    task_id: UUID, *, status: int = 200, errors: Sequence[tuple[str, str]] = (), form: str = ""
) -> Response:
    """form: which of the page's forms the errors and what was typed are of."""
    session, actor = reading(), current().actor
    item = work_item(session, task_id, actor)
    if not item.open:
        return redirect(url_for("office.task", task_id=task_id), 303)
    may = rights(session, task_id, actor)
    mine = item.assignee_id == actor.id
    heading = headings(session, [item.expediente_id]).get(item.expediente_id or task_id)
    return page(
        "office/task_assignment.html",
        status=status,
        errors=[(f"{form}-{name}" if name else "", message) for name, message in errors],
        values=typed(),
        item=item,
        heading=heading,
        may=may,
        mine=mine,
        shareable=mine and may.work and not item.fixed and not item.substituted,
        given=_offer(task_id, by_head=False) if mine else None,
        by_head=_offer(task_id, by_head=True) if may.manage else None,
        priorities=[(word.value, str(text)) for word, (_, text) in PRIORITIES.items()],
    )


def _offer(task_id: UUID, *, by_head: bool) -> Offer:
    found = may_be_given(reading(), task_id, current().actor, madrid_date(now()), by_head=by_head)
    return Offer(
        tuple((str(each.id), each.name) for each in found if each.away is None),
        tuple(each.away for each in found if each.away is not None),
    )


def _change(
    task_id: str, form: str, change: Callable[[UUID], None], done: str, *, stays: bool = True
) -> Response:
    """Do one change and say that it is done; what is wrong is said beside its form.

    stays: the actor may see the task afterwards.
    """
    wanted = identifier(task_id)
    try:
        change(wanted)
    except BadInput as error:
        return _assignment(wanted, status=422, errors=mistakes(error), form=form)
    except RuleBroken as error:
        return _assignment(wanted, status=409, errors=(("", error.message),), form=form)
    flash(done, "success")
    if stays and _visible(wanted):
        return redirect(url_for("office.task", task_id=wanted), 303)
    return redirect(url_for("office.inbox"), 303)


def _visible(task_id: UUID) -> bool:
    try:
        work_item(reading(), task_id, current().actor)
    except NotFound:
        return False
    return True


def _chosen(form: str) -> UUID:
    found = recipient(f"{form}-to", "to")
    if found is None:
        message = gettext("Elija a quién se le da.")
        raise BadInput(message, (("to", message),))
    return found


@office.post("/tareas/<task_id>/delegar")
@access(Audience.OFFICE, operation="workflow.delegate")
def delegate(task_id: str) -> Response:
    """Let another do it; it comes back."""
    return _change(
        task_id,
        "delegate",
        lambda item: work.delegate(
            call(), work_item_id=item, version=sent_version(), to=_chosen("delegate")
        ),
        gettext("La tarea queda delegada. Usted sigue respondiendo de ella."),
    )


@office.post("/tareas/<task_id>/pasar")
@access(Audience.OFFICE, operation="workflow.hand_over")
def hand_over(task_id: str) -> Response:
    """Pass it on for good."""
    return _change(
        task_id,
        "hand_over",
        lambda item: work.hand_over(
            call(), work_item_id=item, version=sent_version(), to=_chosen("hand_over")
        ),
        gettext("La tarea pasa a la persona que ha elegido."),
    )


@office.post("/tareas/<task_id>/devolver-delegada")
@access(Audience.OFFICE, operation="workflow.resolve")
def resolve(task_id: str) -> Response:
    """Give what was delegated back to who answers for it."""
    return _change(
        task_id,
        "resolve",
        lambda item: work.resolve(call(), work_item_id=item, version=sent_version()),
        gettext("La tarea vuelve a quien se la delegó."),
        stays=False,
    )


@office.post("/tareas/<task_id>/recuperar")
@access(Audience.OFFICE, operation="workflow.take_back")
def take_back(task_id: str) -> Response:
    """Take what one delegated back."""
    return _change(
        task_id,
        "take_back",
        lambda item: work.take_back(
            call(), work_item_id=item, version=sent_version(), reason=_reason("take_back")
        ),
        gettext("La tarea vuelve a ser suya."),
    )


@office.post("/tareas/<task_id>/reasignar")
@access(Audience.OFFICE, operation="workflow.reassign")
def reassign(task_id: str) -> Response:
    """Give it to somebody else, as head of the unit."""
    return _change(
        task_id,
        "reassign",
        lambda item: work.reassign(
            call(),
            work_item_id=item,
            version=sent_version(),
            to=recipient("reassign-to", "to"),
            reason=_reason("reassign"),
        ),
        gettext("La tarea queda reasignada y el motivo, anotado."),
    )


@office.post("/tareas/<task_id>/prioridad")
@access(Audience.OFFICE, operation="workflow.prioritise")
def prioritise(task_id: str) -> Response:
    """Change the order of dispatch by a reasoned order."""
    return _change(
        task_id,
        "prioritise",
        lambda item: work.prioritise(
            call(),
            work_item_id=item,
            version=sent_version(),
            priority=_priority().number,
            reason=_reason("prioritise"),
        ),
        gettext("La prioridad queda cambiada y el motivo, anotado."),
    )


@office.post("/tareas/<task_id>/recordar")
@access(Audience.OFFICE, operation="workflow.follow_up")
def follow_up(task_id: str) -> Response:
    """Be reminded of it on a day; an empty day is no reminder."""
    return _change(
        task_id,
        "follow_up",
        lambda item: work.follow_up(call(), work_item_id=item, version=sent_version(), on=_day()),
        gettext("El recordatorio queda cambiado."),
    )


def _reason(form: str) -> str:
    return request.form.get(f"{form}-reason", "")


def _priority() -> Priority:
    try:
        return Priority(request.form.get("prioritise-priority", ""))
    except ValueError:
        message = gettext("Elija una prioridad.")
        raise BadInput(message, (("priority", message),)) from None


def _day() -> date | None:
    try:
        return day(request.form.get("follow_up-follow_up", ""))
    except ValueError:
        message = gettext("Escriba el día como 27/3/2027.")
        raise BadInput(message, (("follow_up", message),)) from None
