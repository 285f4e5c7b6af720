"""The documents of an application: one file at a time, its limits said before it is chosen."""

from __future__ import annotations

from typing import BinaryIO, cast
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from engine.errors import BadInput
from engine.expedientes.drafts import operations
from engine.expedientes.drafts.operations import StaleDraft
from engine.expedientes.drafts.queries import DraftFileRow, DraftView
from forms.attachments import TYPES
from forms.definition import Attachment
from web.access import Audience, access
from web.citizen.blueprint import citizen
from web.citizen.drafts import draft_view, receipt_if_filed
from web.citizen.pages import CHECK, revision_sent
from web.citizen.progress import attachments_of, pages_of
from web.context import call
from web.rendering import mistakes, page

UPLOAD_BYTES = 64_000_000
"""The largest request with files; each attachment says its own limit, which is less."""


@citizen.get("/solicitudes/<uuid:draft_id>/documentos")
@access(Audience.CITIZEN)
def files(draft_id: UUID) -> Response:
    """What may be attached, with what is attached already."""
    view = draft_view(draft_id)
    return receipt_if_filed(view) or _page(view)


@citizen.post("/solicitudes/<uuid:draft_id>/documentos/<key>")
@access(Audience.CITIZEN, operation="expedientes.attach", max_bytes=UPLOAD_BYTES)
def attach(draft_id: UUID, key: str) -> Response:
    """Take one file."""
    chosen = chosen_file(f"file-{key}")
    try:
        if chosen is None:
            message = gettext("Elija un fichero antes de pulsar «Adjuntar».")
            raise BadInput(message, ((f"file-{key}", message),))
        operations.attach(
            call(),
            draft_id=draft_id,
            key=key,
            name=chosen.filename or "",
            stream=cast(BinaryIO, chosen.stream),
            revision=revision_sent(),
        )
    except StaleDraft:
        return _changed(draft_id)
    except BadInput as error:
        return _page(draft_view(draft_id), mistakes(error), 422)
    flash(gettext("Adjuntado: «%(name)s».", name=chosen.filename), "success")
    return redirect(_here(draft_id), 303)


@citizen.post("/solicitudes/<uuid:draft_id>/documentos/<uuid:file_id>/quitar")
@access(Audience.CITIZEN, operation="expedientes.remove_file")
def remove_file(draft_id: UUID, file_id: UUID) -> Response:
    """Take a file away."""
    try:
        operations.remove_file(call(), draft_id=draft_id, file_id=file_id, revision=revision_sent())
    except StaleDraft:
        return _changed(draft_id)
    flash(gettext("Documento quitado."), "success")
    return redirect(_here(draft_id), 303)


def chosen_file(name: str) -> FileStorage | None:
    """The file that was chosen in a field; a browser sends an empty one when none was."""
    found = request.files.get(name)
    return found if found is not None and found.filename else None


def kinds_in_words(rule: Attachment) -> str:
    """`PDF, PNG o JPEG`."""
    names = [TYPES[kind][0] if kind in TYPES else kind for kind in rule.media_types]
    if len(names) == 1:
        return names[0]
    return gettext("%(some)s o %(last)s", some=", ".join(names[:-1]), last=names[-1])


def endings(rule: Attachment) -> str:
    """What the browser's own dialog should offer."""
    known = [f".{ending}" for kind in rule.media_types for ending in TYPES.get(kind, ("", ()))[1]]
    return ",".join([*rule.media_types, *known])


def _changed(draft_id: UUID) -> Response:
    flash(
        gettext(
            "La solicitud ha cambiado en otra ventana: estos son los documentos que tiene ahora."
        ),
        "info",
    )
    return redirect(_here(draft_id), 303)


def _here(draft_id: UUID) -> str:
    back = CHECK if request.values.get("volver") == CHECK else None
    return url_for(".files", draft_id=draft_id, volver=back)


def _page(view: DraftView, errors: tuple[tuple[str, str], ...] = (), status: int = 200) -> Response:
    pages = pages_of(view)
    returning = request.values.get("volver") == CHECK
    last = url_for(".page", draft_id=view.id, page_id=pages[-1].id)
    check = url_for(".check", draft_id=view.id)
    return page(
        "citizen/files.html",
        status=status,
        errors=errors,
        view=view,
        attachments=[
            (rule, kinds_in_words(rule), endings(rule), _of(view, rule))
            for rule in attachments_of(view)
        ],
        step=len(pages) + 1,
        steps=len(pages) + 2,
        back=check if returning else last,
        returning=returning,
    )


def _of(view: DraftView, rule: Attachment) -> tuple[DraftFileRow, ...]:
    return tuple(file for file in view.files if file.key == rule.key)
