"""The whole application before it is signed, and its filing."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import BadInput, RuleBroken, Stale
from engine.expedientes.drafts import operations, queries
from engine.expedientes.drafts.queries import CheckSheet, DraftFileRow, DraftView
from engine.payments.gateway import GATEWAY_PART
from engine.payments.queries import AttemptRow, attempts_of
from forms.definition import Attachment
from forms.summary import SummarySection
from web.access import Audience, access
from web.citizen.blueprint import citizen
from web.citizen.pages import CHECK, revision_sent
from web.citizen.progress import Place, attachments_of, items_of, pages_of, place_of
from web.context import call, current, reading
from web.rendering import mistakes, page
from web.security_headers import form_may_go_to

DECLARATION = "declaration-"


@dataclass(frozen=True)
class Missing:
    """Something to put right before filing, and where."""

    message: str
    address: str | None


@citizen.get("/solicitudes/<uuid:draft_id>/revisar")
@access(Audience.CITIZEN)
def check(draft_id: UUID) -> Response:
    """Everything that will be filed, with a way back to each part of it."""
    sheet = queries.check_sheet(reading(), draft_id, current().actor)
    if sheet.view.filed is not None:
        return redirect(url_for(".filed", entry_id=sheet.view.filed.entry_id), 303)
    return _page(sheet)


@citizen.post("/solicitudes/<uuid:draft_id>/presentar")
@access(Audience.CITIZEN, operation="expedientes.file")
def file(draft_id: UUID) -> Response:
    """Sign and file; sending it twice leads to the same receipt."""
    here = current()
    session = here.session
    try:
        filed = operations.file(
            call(),
            draft_id=draft_id,
            revision=revision_sent(),
            shown_sha256=request.form.get("sha256", ""),
            declarations=_accepted(),
            consent=request.form.get("consent") == "yes",
            method=session.method if session else "",
            level=session.level if session else "",
            request_id=here.request_id,
        )
    except BadInput as error:
        sheet = queries.check_sheet(reading(), draft_id, here.actor)
        return _page(sheet, mistakes(error), 422)
    except (Stale, RuleBroken) as error:
        flash(error.message, "info")
        return redirect(url_for(".check", draft_id=draft_id), 303)
    return redirect(url_for(".filed", entry_id=filed.entry_id), 303)


def _accepted() -> frozenset[str]:
    """The declarations that were ticked."""
    return frozenset(
        name.removeprefix(DECLARATION)
        for name, value in request.form.items()
        if name.startswith(DECLARATION) and value == "yes"
    )


def _page(
    sheet: CheckSheet, errors: tuple[tuple[str, str], ...] = (), status: int = 200
) -> Response:
    view = sheet.view
    on_the_page = {f"{DECLARATION}{item.id}" for item in sheet.declarations} | {"consent"}
    gateway = current().townhall.parts.get(GATEWAY_PART)
    if gateway is not None and gateway.origin and not sheet.paid:
        form_may_go_to(gateway.origin)
    return page(
        "citizen/check.html",
        status=status,
        errors=[item for item in errors if item[0] in on_the_page or not item[0]],
        values={name: value for name, value in request.form.items() if name in on_the_page},
        sheet=sheet,
        view=view,
        cards=[(section, _change(view, section)) for section in sheet.sections],
        empty_lists=[
            (item, url_for(".page", draft_id=view.id, page_id=item.id, volver=CHECK))
            for item in pages_of(view)
            if item.repeat and not items_of(view, item)
        ],
        documents=_documents(view),
        missing=[
            Missing(error.message, _address(view, place_of(view, error.field_id)))
            for error in sheet.errors
        ],
        last_attempt=_last_attempt(view),
        can_pay=gateway is not None,
        back=_back(view),
        steps=len(pages_of(view)) + bool(attachments_of(view)) + 1,
        demo_note=gettext("En esta demostración se firma con la identidad elegida al entrar."),
    )


def _change(view: DraftView, section: SummarySection) -> str:
    item = section.item - 1 if section.item else None
    return _address(view, Place(view.form.page(section.page_id), item)) or ""


def _address(view: DraftView, place: Place) -> str | None:
    """Where something is changed, coming back to the check afterwards."""
    if place.attachment:
        return url_for(".files", draft_id=view.id, volver=CHECK, _anchor=f"file-{place.attachment}")
    if place.page is None:
        return None
    if place.item is not None:
        return url_for(
            ".item", draft_id=view.id, page_id=place.page.id, item=place.item, volver=CHECK
        )
    return url_for(".page", draft_id=view.id, page_id=place.page.id, volver=CHECK)


def _documents(view: DraftView) -> list[tuple[Attachment, list[DraftFileRow]]]:
    return [
        (rule, [file for file in view.files if file.key == rule.key])
        for rule in attachments_of(view)
    ]


def _last_attempt(view: DraftView) -> AttemptRow | None:
    if view.order is None:
        return None
    found = attempts_of(reading(), view.order.id)
    return found[-1] if found else None


def _back(view: DraftView) -> str:
    if attachments_of(view):
        return url_for(".files", draft_id=view.id)
    return url_for(".page", draft_id=view.id, page_id=pages_of(view)[-1].id)
