"""The books of the registry: searched, one entry with its documents, annulled by who may."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import BadInput, RuleBroken
from engine.expedientes.lists import headings, readable
from engine.expedientes.queries import may_access
from engine.people.posts import units
from engine.registry import operations, queries
from engine.registry.models import Book, EntryState
from engine.registry.queries import READ_ANY, Search
from web.access import Audience, access
from web.context import call, current, reading
from web.inputs import identifier
from web.office.blueprint import office
from web.office.filters import Filters
from web.paging import position, position_text
from web.rendering import mistakes, page, typed

_PAGE = 50


@office.get("/registro")
@access(Audience.OFFICE)
def registry() -> Response:
    """The entries and exits that the official may see, newest first, by what the address asks."""
    session, actor = reading(), current().actor
    filters = Filters("libro", "numero", "persona", "texto", "unidad", "desde", "hasta", "antes")
    known = [row for row in units(session) if actor.may(READ_ANY) or row.id in actor.unit_ids]
    wanted = Search(
        book=filters.one_of("libro", Book),
        code=filters.text("numero"),
        person=filters.text("persona"),
        text=filters.text("texto"),
        unit_id=next((row.id for row in known if row.code == filters.text("unidad")), None),
        since=filters.date("desde"),
        until=filters.date("hasta"),
    )
    found = queries.search(
        session, actor, wanted, before=position(filters.text("antes")), limit=_PAGE + 1
    )
    rows = found[:_PAGE]
    more = position_text(rows[-1].presented_at, rows[-1].id) if len(found) > _PAGE else None
    return page(
        "office/registry.html",
        errors=filters.errors,
        rows=rows,
        filters=filters,
        units=known,
        unit_options=[(row.code, row.name) for row in known],
        headings=headings(session, (row.expediente_id for row in rows)),
        first=filters.address("office.registry", antes=None) if filters.text("antes") else None,
        following=filters.address("office.registry", antes=more) if more else None,
        EntryState=EntryState,
    )


@office.get("/registro/<entry_id>")
@access(Audience.OFFICE)
def registry_entry(entry_id: str) -> Response:
    """One entry: what the registry says of it, its documents, its receipt."""
    return _entry(entry_id)


def _entry(
    entry_id: str, *, status: int = 200, errors: tuple[tuple[str, str], ...] = ()
) -> Response:
    session, actor = reading(), current().actor
    row = queries.entry(session, identifier(entry_id), actor)
    attachments = queries.attachments(session, row.id, actor)
    expediente_id = row.expediente_id
    documents = [item.document_id for item in attachments]
    return page(
        "office/registry_entry.html",
        status=status,
        errors=errors,
        values=typed(),
        row=row,
        attachments=attachments,
        readable=readable(session, [*documents, row.receipt_id], actor),
        heading=headings(session, [expediente_id]).get(expediente_id) if expediente_id else None,
        in_expediente=expediente_id is not None and may_access(session, expediente_id, actor),
        may_annul=actor.may("registry.annul") and row.state is EntryState.REGISTERED,
        EntryState=EntryState,
    )


@office.post("/registro/<entry_id>/anular")
@access(Audience.OFFICE, operation="registry.annul")
def annul_entry(entry_id: str) -> Response:
    """Leave an entry made by mistake without effect; it keeps its number."""
    row = queries.entry(reading(), identifier(entry_id), current().actor)
    reason = typed().get("reason", "")
    try:
        operations.annul(call(), entry_id=row.id, reason=reason)
    except BadInput as error:
        return _entry(entry_id, status=422, errors=(("reason", mistakes(error)[0][1]),))
    except RuleBroken as error:
        return _entry(entry_id, status=409, errors=(("", error.message),))
    flash(gettext("El asiento %(code)s queda anulado.", code=row.code), "success")
    return redirect(url_for("office.registry_entry", entry_id=entry_id), 303)
