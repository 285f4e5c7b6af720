"""The register of invoices for officials: the list, the upload, one invoice and its present task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from engine.errors import BadInput, NotFound, RuleBroken, Stale
from engine.expedientes import operations as expedientes
from engine.expedientes.queries import TaskView, may_access, task
from engine.finance import operations, queries
from engine.finance.invoices.checking import MAX_FILE_BYTES
from engine.finance.lifecycle import words
from engine.finance.models import InvoiceState
from engine.finance.opening import Registered
from engine.finance.queries import InvoiceSearch, InvoiceView
from engine.people.posts import units
from engine.workflow import operations as workflow
from engine.workflow.models import WorkState
from engine.workflow.queries import WorkItemRow, items_of, open_to
from engine.workflow.work_items.order import OutOfOrder
from web.access import Audience, access
from web.context import call, current, now, reading
from web.files import document_answer
from web.finance.words import add_words
from web.form_pages import FormPart, Sent, sent, whole_form
from web.inputs import identifier
from web.office.filters import Filters
from web.out_of_order import ask_reason
from web.paging import page_number
from web.rendering import mistakes, page

finance = Blueprint("finance", __name__, url_prefix="/facturas")
add_words(finance)

READ = queries.READ
REGISTER = "finance.register_invoice"
_SIZE = 50
_LINES = 200
_REQUEST_BYTES = MAX_FILE_BYTES + 1_000_000
WAITING, OVERDUE = "esperan", "vencidas"


@finance.get("")
@access(Audience.FINANCE, permission=READ)
def invoices() -> Response:
    """The invoices by words, state and what waits for the reader, with their total."""
    session, actor = reading(), current().actor
    filters = Filters("q", "estado", "ver", "fichero", "pagina")
    number = page_number(filters.text("pagina"))
    found = queries.invoices(
        session,
        actor,
        InvoiceSearch(
            text=filters.text("q") or "",
            state=filters.one_of("estado", InvoiceState),
            sha256=filters.text("fichero") or "",
            waiting=filters.text("ver") == WAITING,
            overdue=filters.text("ver") == OVERDUE,
        ),
        now(),
        page=number,
        size=_SIZE,
    )
    return page(
        "finance/invoices.html",
        found=found,
        filters=filters,
        states=[
            (state.value, f"{words(state).label} ({number})")
            for state, number in queries.counts(session, actor).items()
        ],
        first=filters.address("finance.invoices", pagina=number - 1) if number > 1 else None,
        following=filters.address("finance.invoices", pagina=number + 1)
        if number * _SIZE < found.total
        else None,
    )


@finance.get("/registrar")
@access(Audience.FINANCE, permission=REGISTER)
def upload() -> Response:
    """Where the file of an invoice is chosen; its limits are said before."""
    return _upload()


def _upload(*, status: int = 200, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    return page("finance/upload.html", status=status, errors=errors, limit=MAX_FILE_BYTES)


@finance.post("/registrar")
@access(Audience.FINANCE, operation=REGISTER, max_bytes=_REQUEST_BYTES)
def register() -> Response:
    """Register what the file holds; what is no invoice is told beside the file."""
    name, data = _file()
    if not data:
        return _upload(status=422, errors=(("file", gettext("Elija el fichero de la factura.")),))
    try:
        registered = operations.register_invoice(call(), data=data, name=name)
    except BadInput as error:
        return _upload(status=422, errors=(("file", error.message),))
    except RuleBroken as error:
        return _upload(status=409, errors=(("file", error.message),))
    _tell(registered)
    if len(registered.invoices) == 1:
        return redirect(url_for("finance.invoice", invoice_id=registered.invoices[0].id), 303)
    return redirect(url_for("finance.invoices", fichero=registered.invoices[0].sha256), 303)


def _file() -> tuple[str, bytes]:
    """The name and the bytes of the file that was chosen; no bytes when none was."""
    file = request.files.get("file")
    if file is None:
        return "", b""
    with file.stream as stream:
        return file.filename or "factura.xml", stream.read()


def _tell(registered: Registered) -> None:
    """What became of the file."""
    rejected = len(registered.rejected)
    accepted = len(registered.invoices) - rejected
    if accepted:
        flash(ngettext("Factura registrada.", "%(num)d facturas registradas.", accepted), "success")
    if rejected:
        flash(
            ngettext(
                "Una factura no cumple las reglas del registro: queda rechazada, con sus motivos.",
                "%(num)d facturas no cumplen las reglas del registro: quedan rechazadas, con sus "
                "motivos.",
                rejected,
            ),
            "info",
        )


@dataclass(frozen=True)
class Present:
    """The task that an invoice waits for, as its page shows it.

    view: its form, when the reader holds it or may take it; mine, takeable: which of the two.
    """

    item: WorkItemRow
    view: TaskView | None
    mine: bool
    takeable: bool
    parts: tuple[FormPart, ...]
    values: dict[str, Any]


@finance.get("/<invoice_id>")
@access(Audience.FINANCE, permission=READ)
def invoice(invoice_id: str) -> Response:
    """An invoice: what it says, what was found, its contract, its steps, what is to be done now."""
    return _invoice(identifier(invoice_id))


def _invoice(
    invoice_id: UUID,
    *,
    status: int = 200,
    errors: tuple[tuple[str, str], ...] = (),
    data: Sent | None = None,
) -> Response:
    session, actor = reading(), current().actor
    view = queries.invoice(session, invoice_id, actor)
    present = _present(view, data)
    return page(
        "finance/invoice.html",
        status=status,
        errors=errors,
        values=present.values if present else {},
        view=view,
        row=view.row,
        present=present,
        content=queries.invoice_content(current().townhall, view),
        shown_lines=_LINES,
        unit_names={row.dir3: row.name for row in units(session)},
        reachable=view.row.expediente_id is not None
        and may_access(session, view.row.expediente_id, actor),
    )


def _present(view: InvoiceView, data: Sent | None) -> Present | None:
    """The first open task of the invoice, with its form when the reader may have it."""
    item = next(iter(view.work), None)
    if item is None or item.expediente_id is None:
        return None
    session, actor = reading(), current().actor
    if item.id not in open_to(session, item.expediente_id, actor):
        return Present(item, None, mine=False, takeable=False, parts=(), values={})
    found = task(session, item.id, actor)
    mine = item.assignee_id == actor.id and item.state is WorkState.CLAIMED
    parts: tuple[FormPart, ...] = ()
    values: dict[str, Any] = {}
    if mine and found.form is not None:
        parts, values = whole_form(found.form, {}, data=data, choices=found.choices)
    takeable = item.state is WorkState.OPEN
    return Present(item, found, mine, takeable, parts, values)


@finance.post("/<invoice_id>/asignarme")
@access(Audience.FINANCE, operation="workflow.claim")
def claim(invoice_id: str) -> Response:
    """Take the invoice's task, and stay on its page."""
    item = _task_sent(identifier(invoice_id))
    try:
        workflow.claim(
            call(),
            work_item_id=item,
            version=_version(),
            reason=request.form.get("reason", ""),
        )
    except (OutOfOrder, BadInput) as error:
        return ask_reason(
            error,
            item,
            action=url_for("finance.claim", invoice_id=identifier(invoice_id)),
            fields={"task": item, "version": _version()},
            back=url_for("finance.invoice", invoice_id=identifier(invoice_id)),
        )
    except RuleBroken as error:
        flash(error.message, "info")
    return redirect(url_for("finance.invoice", invoice_id=identifier(invoice_id)), 303)


@finance.post("/<invoice_id>/tarea")
@access(Audience.FINANCE, operation="expedientes.complete_task")
def decide(invoice_id: str) -> Response:
    """Complete the invoice's task; what was typed is kept when something is wrong."""
    wanted = identifier(invoice_id)
    item = _task_sent(wanted)
    try:
        expedientes.complete_task(call(), work_item_id=item, version=_version(), data=sent())
    except BadInput as error:
        return _invoice(wanted, status=422, errors=mistakes(error), data=sent())
    except Stale as error:
        flash(error.message, "info")
        return redirect(url_for("finance.invoice", invoice_id=wanted), 303)
    except RuleBroken as error:
        return _invoice(wanted, status=409, errors=(("", error.message),), data=sent())
    flash(gettext("Hecho: la factura sigue su trámite."), "success")
    return redirect(url_for("finance.invoice", invoice_id=wanted), 303)


@finance.get("/<invoice_id>/original")
@access(Audience.FINANCE, operation="finance.read_original")
def original(invoice_id: str) -> Response:
    """The file as it came, to keep; opening it is recorded."""
    document, data = operations.read_original(call(), invoice_id=identifier(invoice_id))
    return document_answer(data, document.name, document.media_type, download=True)


def _task_sent(invoice_id: UUID) -> UUID:
    """The task that the form names; raises NotFound unless it is, or was, the invoice's."""
    row = queries.invoice(reading(), invoice_id, current().actor).row
    wanted = identifier(request.form.get("task", ""))
    known = items_of(reading(), row.expediente_id) if row.expediente_id else ()
    if wanted not in {item.id for item in known}:
        raise NotFound
    return wanted


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
