"""An application begun: who files it, its list of steps, thrown away."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import RuleBroken
from engine.expedientes.drafts import operations, queries
from engine.expedientes.drafts.queries import DraftView
from engine.procedures.queries import current as current_version
from web.access import Audience, access
from web.citizen.blueprint import citizen
from web.citizen.progress import (
    PageState,
    attachments_of,
    files_state,
    items_of,
    pages_of,
    state_of,
)
from web.context import call, current, reading
from web.form_pages import text_of
from web.formatters import euros
from web.rendering import page

Task = tuple[str, str, str, str | None, str | None]


def draft_view(draft_id: UUID) -> DraftView:
    """The application of this request; raises NotFound."""
    return queries.draft(reading(), draft_id, current().actor)


def receipt_if_filed(view: DraftView) -> Response | None:
    """Where the page of an application that is already filed leads."""
    if view.filed is None:
        return None
    return redirect(url_for("citizen.filed", entry_id=view.filed.entry_id), 303)


@citizen.get("/iniciar/<key>")
@access(Audience.CITIZEN)
def beginning(key: str) -> Response:
    """Who files, in whose name and how it is signed, before anything is written."""
    shown = current_version(reading(), key)
    if shown.channel != "sede" or shown.form is None:
        return redirect(url_for("public.procedure", key=key), 303)
    return page("citizen/beginning.html", procedure=shown)


@citizen.post("/iniciar/<key>")
@access(Audience.CITIZEN, operation="expedientes.begin_draft")
def begin(key: str) -> Response:
    """Begin an application, or go on with the one that is open."""
    draft = operations.begin(call(), procedure_key=key)
    if draft.revision > 1:
        flash(gettext("Ya tenía empezada esta solicitud: siga donde la dejó."), "info")
    return redirect(url_for(".draft", draft_id=draft.id), 303)


@citizen.get("/solicitudes/<uuid:draft_id>")
@access(Audience.CITIZEN)
def draft(draft_id: UUID) -> Response:
    """The steps of an application and how each stands."""
    view = draft_view(draft_id)
    filed = receipt_if_filed(view)
    if filed is not None:
        return filed
    tasks = _tasks(view)
    return page(
        "citizen/draft.html",
        view=view,
        tasks=tasks,
        done=sum(_complete(task) for task in _states(view)),
        total=len(tasks),
    )


def _states(view: DraftView) -> list[PageState]:
    states = [state_of(view, item) for item in pages_of(view)]
    if attachments_of(view):
        states.append(files_state(view))
    return states


def _complete(state: PageState) -> bool:
    return state in (PageState.DONE, PageState.OPTIONAL)


def _tasks(view: DraftView) -> list[Task]:
    """The steps for the list: title, address, state in words, tone, hint."""
    tasks: list[Task] = []
    for item in pages_of(view):
        words, tone = _words(state_of(view, item))
        hint = None
        if item.repeat:
            count = len(items_of(view, item))
            hint = gettext("%(count)s en la lista", count=count) if count else None
        address = url_for(".page", draft_id=view.id, page_id=item.id)
        tasks.append((text_of(view.form, item.title), address, words, tone, hint))
    if attachments_of(view):
        words, tone = _words(files_state(view))
        address = url_for(".files", draft_id=view.id)
        tasks.append((gettext("Documentos"), address, words, tone, None))
    return tasks


def _words(state: PageState) -> tuple[str, str | None]:
    match state:
        case PageState.DONE:
            return gettext("Completado"), None
        case PageState.WRONG:
            return gettext("Con errores"), "red"
        case PageState.OPTIONAL:
            return gettext("Opcional"), "grey"
    return gettext("Sin empezar"), "blue"


@citizen.get("/solicitudes/<uuid:draft_id>/borrar")
@access(Audience.CITIZEN)
def discarding(draft_id: UUID) -> Response:
    """Ask before throwing an application away."""
    view = draft_view(draft_id)
    return receipt_if_filed(view) or page("citizen/discard.html", view=view)


@citizen.post("/solicitudes/<uuid:draft_id>/borrar")
@access(Audience.CITIZEN, operation="expedientes.discard_draft")
def discard(draft_id: UUID) -> Response:
    """Throw it away with its files."""
    try:
        returned = operations.discard(call(), draft_id=draft_id)
    except RuleBroken as error:
        flash(error.message, "info")
        return redirect(url_for(".draft", draft_id=draft_id), 303)
    flash(gettext("Ha borrado la solicitud. No se ha presentado nada."), "success")
    if returned is not None:
        flash(
            gettext(
                "Le devolveremos %(returned)s: no tiene que hacer nada más.",
                returned=euros(returned),
            ),
            "info",
        )
    return redirect(url_for(".folder"), 303)
