"""Acts that are published: what waits for its number in a gazette, and what was published."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from engine.clock import MADRID
from engine.errors import BadInput, RuleBroken
from engine.expedientes.lists import headings
from engine.notifications.publications import operations, queries
from engine.notifications.publications.models import PublicationReason, PublicationState
from web.access import Audience, access
from web.context import call, current, reading
from web.inputs import day, identifier
from web.office.blueprint import office
from web.rendering import mistakes, page, typed

RECORD = "notifications.record_publication"
REASONS = {
    PublicationReason.INDETERMINATE: lazy_gettext("No se sabe a quiénes afecta, uno por uno"),
    PublicationReason.SEVERAL: lazy_gettext("Son varios y no basta con decírselo a uno"),
    PublicationReason.SELECTIVE: lazy_gettext("Es un procedimiento selectivo o de concurrencia"),
    PublicationReason.PUBLIC_INTEREST: lazy_gettext("Lo pide su norma o el interés público"),
    PublicationReason.BOARD: lazy_gettext("No se pudo notificar: antes del Boletín, en el tablón"),
}


@office.get("/registro/publicaciones")
@access(Audience.OFFICE, permission=RECORD)
def registry_publications() -> Response:
    """The publications, those that wait first."""
    session = reading()
    rows = queries.publications(session, current().actor)
    return page(
        "office/publications.html",
        rows=rows,
        headings=headings(session, (row.expediente_id for row in rows)),
        PublicationState=PublicationState,
    )


@office.get("/registro/publicaciones/<publication_id>")
@access(Audience.OFFICE, permission=RECORD)
def registry_publication(publication_id: str) -> Response:
    """One of them, and the form that says that the gazette published it."""
    return _item(identifier(publication_id))


def _item(
    publication_id: UUID, *, status: int = 200, errors: tuple[tuple[str, str], ...] = ()
) -> Response:
    session = reading()
    row = queries.publication(session, publication_id, current().actor)
    return page(
        "office/publication.html",
        status=status,
        errors=errors,
        values=typed(),
        row=row,
        heading=headings(session, [row.expediente_id]).get(row.expediente_id)
        if row.expediente_id
        else None,
        why=REASONS[row.reason],
        PublicationState=PublicationState,
    )


@office.post("/registro/publicaciones/<publication_id>")
@access(Audience.OFFICE, permission=RECORD, operation=RECORD)
def record_publication(publication_id: str) -> Response:
    """Write down the number and the day of a publication."""
    wanted = identifier(publication_id)
    try:
        published = day(request.form.get("published", ""))
    except ValueError:
        published = None
    if published is None:
        wrong = gettext("Escriba el día de la publicación, como 27/3/2027.")
        return _item(wanted, status=422, errors=(("published", wrong),))
    try:
        operations.record_publication(
            call(),
            publication_id=wanted,
            number=request.form.get("number", ""),
            published_at=datetime.combine(published, time(), tzinfo=MADRID),
        )
    except BadInput as error:
        return _item(wanted, status=422, errors=mistakes(error))
    except RuleBroken as error:
        return _item(wanted, status=409, errors=(("", error.message),))
    flash(gettext("La publicación queda anotada."), "success")
    return redirect(url_for("office.registry_publication", publication_id=wanted), 303)
