"""Batches of paper: printed together, and the file of what the postman did with them."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import BadInput, NotFound, RuleBroken
from engine.notifications.printing import operations, queries
from engine.notifications.printing.results import (
    MAX_RESULT_BYTES,
    ManifestLine,
    ResultsTaken,
    manifest,
)
from web.access import Audience, access
from web.context import call, current, reading
from web.files import document_answer
from web.inputs import identifier
from web.office.blueprint import office
from web.rendering import mistakes, page

PRINT = "notifications.print_batch"
RESULTS = "notifications.take_results"
_REQUEST_BYTES = MAX_RESULT_BYTES + 100_000


@office.get("/registro/papel/lotes")
@access(Audience.OFFICE, permission=PRINT)
def registry_print_batches() -> Response:
    """What waits to be printed, the batches made, and where their results are given."""
    return _batches()


def _batches(
    *,
    status: int = 200,
    errors: tuple[tuple[str, str], ...] = (),
    taken: ResultsTaken | None = None,
) -> Response:
    session = reading()
    return page(
        "office/print_batches.html",
        status=status,
        errors=errors,
        waiting=queries.waiting(session),
        most=operations.MAX_BATCH,
        rows=queries.batches(session),
        taken=taken,
    )


@office.post("/registro/papel/lotes")
@access(Audience.OFFICE, operation="notifications.print_batch")
def print_batch() -> Response:
    """Make a batch of what waits."""
    try:
        batch = operations.print_batch(call())
    except RuleBroken as error:
        return _batches(status=409, errors=(("", error.message),))
    flash(gettext("El lote se está preparando."), "success")
    return redirect(url_for("office.registry_print_batch", batch_id=batch.id), 303)


@office.get("/registro/papel/lotes/<batch_id>")
@access(Audience.OFFICE, permission=PRINT)
def registry_print_batch(batch_id: str) -> Response:
    """One batch: its papers, its PDF and its manifest."""
    session, wanted = reading(), identifier(batch_id)
    row = queries.batch(session, wanted)
    return page("office/print_batch.html", row=row, papers=queries.papers(session, wanted))


@office.get("/registro/papel/lotes/<batch_id>/lote.pdf")
@access(Audience.OFFICE, permission=PRINT)
def print_batch_pdf(batch_id: str) -> Response:
    """The PDF of a batch."""
    row = queries.batch(reading(), identifier(batch_id))
    if row.sha256 is None:
        raise NotFound
    townhall = current().townhall
    data = townhall.storage.get(townhall.settings.entity_id, row.sha256)
    return document_answer(data, f"lote-{row.created_at:%Y%m%d-%H%M}.pdf", "application/pdf")


@office.get("/registro/papel/lotes/<batch_id>/reparto.csv")
@access(Audience.OFFICE, permission=PRINT)
def print_batch_manifest(batch_id: str) -> Response:
    """The manifest: the file that comes back with the results."""
    session, wanted = reading(), identifier(batch_id)
    row = queries.batch(session, wanted)
    lines = tuple(
        ManifestLine(paper.exit_code, paper.addressee, paper.address)
        for paper in queries.papers(session, wanted)
        if paper.state.open
    )
    name = f"reparto-{row.created_at:%Y%m%d-%H%M}.csv"
    return document_answer(manifest(lines), name, "text/csv", download=True)


@office.post("/registro/papel/resultados")
@access(
    Audience.OFFICE,
    permission=RESULTS,
    operation=RESULTS,
    max_bytes=_REQUEST_BYTES,
)
def take_results() -> Response:
    """Write down the results of a file; the page says line by line what could not be taken."""
    file = request.files.get("file")
    data = file.read() if file is not None else b""
    if not data:
        wrong = gettext("Elija el fichero con los resultados del reparto.")
        return _batches(status=422, errors=(("file", wrong),))
    try:
        taken = operations.take_results(call(), data=data)
    except BadInput as error:
        return _batches(status=422, errors=mistakes(error))
    if taken.faults:
        return _batches(status=422, errors=_faults(taken), taken=taken)
    flash(
        gettext(
            "Resultados anotados: %(applied)s nuevos y %(repeated)s que ya constaban.",
            applied=taken.applied,
            repeated=taken.repeated,
        ),
        "success",
    )
    return redirect(url_for("office.registry_print_batches"), 303)


def _faults(taken: ResultsTaken) -> tuple[tuple[str, str], ...]:
    return tuple(
        ("file", gettext("Línea %(line)s: %(text)s", line=fault.line, text=fault.text))
        for fault in taken.faults
    )
