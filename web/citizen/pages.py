"""One page of an application at a time; lists of things that repeat, one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import NotFound
from engine.expedientes.drafts import operations
from engine.expedientes.drafts.identity import identity
from engine.expedientes.drafts.operations import StaleDraft
from engine.expedientes.drafts.queries import DraftView
from forms.conditions import holds
from forms.definition import Page
from forms.summary import SummarySection, summarise
from web.access import Audience, access
from web.citizen.blueprint import citizen
from web.citizen.drafts import draft_view, receipt_if_filed
from web.citizen.progress import (
    attachments_of,
    errors_on,
    following,
    items_of,
    pages_of,
    state_of,
    typed_on,
)
from web.citizen.stale import stale_page
from web.context import call
from web.form_pages import Sent, as_sent, form_part, newly_asked, sent
from web.rendering import page as rendered

CHECK, LEAVE = "revisar", "salir"
Errors = Sequence[tuple[str, str]]


@citizen.get("/solicitudes/<uuid:draft_id>/pagina/<page_id>")
@access(Audience.CITIZEN)
def page(draft_id: UUID, page_id: str) -> Response:
    """A page with what was typed before; a list when its thing repeats."""
    view = draft_view(draft_id)
    shown = _page_of(view, page_id)
    filed = receipt_if_filed(view)
    if filed is not None:
        return filed
    if shown.repeat:
        return _list(view, shown)
    typed = typed_on(view, shown)
    return _form(view, shown, None, None if typed is None else as_sent(typed), _stored(view, shown))


def _stored(view: DraftView, shown: Page, item: int | None = None) -> Errors:
    """The errors of what was saved, unless the page is shown for the questions that are new in it."""
    if "nuevas" in request.args:
        return ()
    return [(error.field_id, error.message) for error in errors_on(view, shown, item)]


@citizen.post("/solicitudes/<uuid:draft_id>/pagina/<page_id>")
@access(Audience.CITIZEN, operation="expedientes.save_page")
def save_page(draft_id: UUID, page_id: str) -> Response:
    """Keep a page and go on; what is wrong is kept too, and shown."""
    return _save(draft_id, page_id, None)


@citizen.get("/solicitudes/<uuid:draft_id>/pagina/<page_id>/nuevo")
@access(Audience.CITIZEN)
def new_item(draft_id: UUID, page_id: str) -> Response:
    """One more of what repeats."""
    view = draft_view(draft_id)
    shown = _page_of(view, page_id)
    return receipt_if_filed(view) or _form(view, shown, len(items_of(view, shown)), None, ())


@citizen.get("/solicitudes/<uuid:draft_id>/pagina/<page_id>/<int:item>")
@access(Audience.CITIZEN)
def item(draft_id: UUID, page_id: str, item: int) -> Response:
    """One of what repeats, to change it."""
    view = draft_view(draft_id)
    shown = _page_of(view, page_id)
    filed = receipt_if_filed(view)
    if filed is not None:
        return filed
    if item >= len(items_of(view, shown)):
        raise NotFound
    typed = typed_on(view, shown, item)
    data = None if typed is None else as_sent(typed)
    return _form(view, shown, item, data, _stored(view, shown, item))


@citizen.post("/solicitudes/<uuid:draft_id>/pagina/<page_id>/<int:item>")
@access(Audience.CITIZEN, operation="expedientes.save_page")
def save_item(draft_id: UUID, page_id: str, item: int) -> Response:
    """Keep one of what repeats; the place after the last one adds it."""
    return _save(draft_id, page_id, item)


@citizen.get("/solicitudes/<uuid:draft_id>/pagina/<page_id>/<int:item>/quitar")
@access(Audience.CITIZEN)
def removing_item(draft_id: UUID, page_id: str, item: int) -> Response:
    """Ask before taking one out of the list."""
    view = draft_view(draft_id)
    shown = _page_of(view, page_id)
    sections = [section for section in _sections(view, shown) if section.item == item + 1]
    if not sections:
        raise NotFound
    return receipt_if_filed(view) or rendered(
        "citizen/remove_item.html", view=view, page=shown, item=item, section=sections[0]
    )


@citizen.post("/solicitudes/<uuid:draft_id>/pagina/<page_id>/<int:item>/quitar")
@access(Audience.CITIZEN, operation="expedientes.remove_item")
def remove_item(draft_id: UUID, page_id: str, item: int) -> Response:
    """Take one out of the list."""
    here = url_for(".page", draft_id=draft_id, page_id=page_id)
    try:
        operations.remove_item(
            call(), draft_id=draft_id, page_id=page_id, item=item, revision=revision_sent()
        )
    except StaleDraft:
        flash(
            gettext("La solicitud ha cambiado en otra ventana: esta es la lista de ahora."), "info"
        )
        return redirect(here, 303)
    flash(gettext("Quitado de la lista."), "success")
    return redirect(here, 303)


def revision_sent() -> int:
    """The revision that the page showed; what is no number is none."""
    text = request.form.get("form-revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _save(draft_id: UUID, page_id: str, item: int | None) -> Response:
    data = sent()
    typed = {name: values for name, values in data.items() if not name.startswith("form-")}
    try:
        saved = operations.save_page(
            call(),
            draft_id=draft_id,
            page_id=page_id,
            data=typed,
            revision=revision_sent(),
            item=item,
        )
    except StaleDraft as error:
        return stale_page(error.current, page_id, item, typed)
    view = draft_view(draft_id)
    if request.form.get("form-then") == LEAVE:
        flash(gettext("Guardado. Puede seguir cuando quiera desde su carpeta."), "success")
        return redirect(url_for(".folder"), 303)
    shown = _page_of(view, page_id)
    new = newly_asked(shown, _known(view, shown, saved.item), identity(view.person))
    errors = [(e.field_id, e.message) for e in saved.errors if e.field_id not in new]
    if errors:
        return _form(view, shown, saved.item, typed, errors, status=422)
    if new:
        return redirect(_address(view, shown, saved.item, "si"), 303)
    if shown.repeat:
        return redirect(_address(view, shown, None), 303)
    return redirect(next_address(view, shown), 303)


def next_address(view: DraftView, shown: Page) -> str:
    """Where one goes from a page: back to the check if one came from it, else to what follows."""
    if request.values.get("volver") == CHECK:
        return url_for(".check", draft_id=view.id)
    after = following(view, shown)
    if after is not None:
        return url_for(".page", draft_id=view.id, page_id=after.id)
    if attachments_of(view):
        return url_for(".files", draft_id=view.id)
    return url_for(".check", draft_id=view.id)


def _address(view: DraftView, shown: Page, item: int | None, new: str | None = None) -> str:
    """This page or one of its items, on the way back to the check if one came from it."""
    back = CHECK if request.values.get("volver") == CHECK else None
    if item is None:
        return url_for(".page", draft_id=view.id, page_id=shown.id, volver=back, nuevas=new)
    return url_for(".item", draft_id=view.id, page_id=shown.id, item=item, volver=back, nuevas=new)


def _page_of(view: DraftView, page_id: str) -> Page:
    found = view.form.page(page_id)
    if found is None or not (view.filed or holds(found.when, view.answers)):
        raise NotFound(gettext("Esa página ya no forma parte de su solicitud."))
    return found


def _known(view: DraftView, shown: Page, item: int | None) -> dict[str, Any]:
    """The answers that the conditions of a page may ask about."""
    items = items_of(view, shown) if shown.repeat else ()
    mine: Mapping[str, Any] = items[item] if item is not None and item < len(items) else {}
    return {**view.answers, **mine}


def _form(
    view: DraftView,
    shown: Page,
    item: int | None,
    data: Sent | None,
    errors: Errors,
    *,
    status: int = 200,
) -> Response:
    part = form_part(
        view.form,
        shown,
        _known(view, shown, item),
        data=data,
        choices=view.choices,
        locked=identity(view.person),
    )
    pages = pages_of(view)
    return rendered(
        "citizen/page.html",
        status=status,
        errors=errors,
        values=part.values,
        view=view,
        page=shown,
        part=part,
        item=item if shown.repeat else None,
        step=pages.index(shown) + 1,
        steps=len(pages) + bool(attachments_of(view)) + 1,
        new_questions="nuevas" in request.args,
        back=_back(view, shown),
        returning=request.values.get("volver") == CHECK,
    )


def _back(view: DraftView, shown: Page) -> str:
    """The page before, the list of an item, or the check that one came from."""
    if shown.repeat and request.endpoint != "citizen.page":
        return _address(view, shown, None)
    if request.values.get("volver") == CHECK:
        return url_for(".check", draft_id=view.id)
    pages = pages_of(view)
    position = pages.index(shown)
    if position == 0:
        return url_for(".draft", draft_id=view.id)
    return url_for(".page", draft_id=view.id, page_id=pages[position - 1].id)


def _list(view: DraftView, shown: Page) -> Response:
    """What repeats, with what to do with each."""
    pages = pages_of(view)
    count = len(items_of(view, shown))
    return rendered(
        "citizen/list.html",
        view=view,
        page=shown,
        sections=_sections(view, shown),
        wrong=[number for number in range(count) if errors_on(view, shown, number)],
        state=state_of(view, shown),
        full=bool(shown.max_items) and count >= shown.max_items,
        missing=max(0, shown.min_items - count),
        following=next_address(view, shown),
        step=pages.index(shown) + 1,
        steps=len(pages) + bool(attachments_of(view)) + 1,
        back=_back(view, shown),
        returning=request.values.get("volver") == CHECK,
    )


def _sections(view: DraftView, shown: Page) -> tuple[SummarySection, ...]:
    found = summarise(view.form, view.answers, view.choices)
    return tuple(section for section in found if section.page_id == shown.id)
