"""An expediente as its person sees it: how it stands, what to answer, bring or stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, cast
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.clock import madrid_date
from engine.documents.codes import DocumentKind, Origin
from engine.documents.queries import DocumentRow
from engine.errors import BadInput, NotFound, RuleBroken, Stale
from engine.expedientes import operations, queries
from engine.expedientes.consent import consent_text
from engine.expedientes.late import late_items
from engine.expedientes.queries import ExpedienteView
from engine.expedientes.simplified.term import standing
from engine.expedientes.uploads import CONTRIBUTION, UploadedFile
from engine.expedientes.withdrawal import Leaving
from engine.notifications import queries as notifications
from engine.registry import queries as registry
from engine.workflow import queries as workflow
from engine.workflow.ahead import asked_by
from engine.workflow.definitions import load_definition
from engine.workflow.elements import elements_of
from engine.workflow.queries import WorkItemRow
from web.access import Audience, access
from web.citizen.blueprint import citizen
from web.citizen.files import UPLOAD_BYTES, endings, kinds_in_words
from web.context import call, current, now, reading
from web.process_words import Phase, steps_in_words
from web.rendering import mistakes, page, typed
from web.term_words import clock_of

_FILES = f"file-{CONTRIBUTION.key}"
_ASKING = frozenset(
    {
        DocumentKind.COMMUNICATION,
        DocumentKind.NOTIFICATION,
        DocumentKind.REPORT,
        DocumentKind.RESOLUTION,
    }
)
Errors = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Limits:
    """What may be attached to an answer, in words and for the browser's dialog."""

    kinds: str
    accept: str
    most: int
    megabytes: int


@citizen.get("/expedientes/<uuid:expediente_id>")
@access(Audience.CITIZEN)
def expediente(expediente_id: UUID) -> Response:
    """How it stands in words, who has it and until when, what happened, its documents."""
    session, actor = reading(), current().actor
    view = _view(expediente_id)
    return page(
        "citizen/expediente.html",
        view=view,
        row=view.row,
        happened=tuple(reversed(queries.timeline(session, expediente_id, actor))),
        documents=_shown(queries.documents(session, expediente_id, actor)),
        notifications=notifications.of_expediente(session, expediente_id),
        steps=_steps(view),
        clock=clock_of(expediente_id),
        simplified=standing(session, expediente_id),
        late=late_items(session, expediente_id, actor),
        entries=registry.of_expediente(session, expediente_id),
    )


def _steps(view: ExpedienteView) -> tuple[Phase, ...]:
    """The steps of its process; none while an act waits to be opened, since they tell its sense."""
    session = reading()
    if queries.withheld_since(session, view.row.id, current().actor) is not None:
        return ()
    elements = elements_of(load_definition(view.procedure.model, view.procedure.decisions))
    states = workflow.element_states(session, workflow.instance_of(session, view.row.id))
    return steps_in_words(elements, states)


def _shown(documents: tuple[DocumentRow, ...]) -> tuple[DocumentRow, ...]:
    """What a person reads: not the bare data and proofs, which the sealed PDF holds inside."""
    return tuple(
        row for row in documents if row.media_type not in ("application/json", "application/jose")
    )


def _view(expediente_id: UUID) -> ExpedienteView:
    return queries.expediente(reading(), expediente_id, current().actor)


@citizen.get("/expedientes/<uuid:expediente_id>/correccion/<uuid:work_item_id>")
@access(Audience.CITIZEN)
def correction(expediente_id: UUID, work_item_id: UUID) -> Response:
    """What the town hall asks, the document that asks it, until when, and the answer."""
    view = _view_asking(expediente_id, work_item_id)
    asked = _asked(view, work_item_id)
    if asked is None:
        flash(gettext("Eso ya está contestado, o su plazo ha terminado."), "info")
        return redirect(url_for(".expediente", expediente_id=expediente_id), 303)
    return _correction_page(view, asked)


@citizen.post("/expedientes/<uuid:expediente_id>/correccion/<uuid:work_item_id>")
@access(Audience.CITIZEN, operation="expedientes.answer_correction", max_bytes=UPLOAD_BYTES)
def answer(expediente_id: UUID, work_item_id: UUID) -> Response:
    """Register the answer; the procedure goes on."""
    here = url_for(".correction", expediente_id=expediente_id, work_item_id=work_item_id)
    _view_asking(expediente_id, work_item_id)
    try:
        presented = operations.answer_correction(
            call(),
            work_item_id=work_item_id,
            version=_version(),
            text=request.form.get("text", ""),
            files=_uploaded(),
        )
    except BadInput as error:
        view = _view(expediente_id)
        asked = _asked(view, work_item_id)
        if asked is None:
            raise NotFound from error
        return _correction_page(view, asked, mistakes(error), 422)
    except Stale as error:
        flash(error.message, "info")
        return redirect(here, 303)
    return redirect(url_for(".filed", entry_id=presented.entry_id), 303)


def _view_asking(expediente_id: UUID, work_item_id: UUID) -> ExpedienteView:
    """The expediente that asks this, or asked it; raises NotFound for what it never asked."""
    view = _view(expediente_id)
    if all(item.id != work_item_id for item in workflow.items_of(reading(), expediente_id)):
        raise NotFound
    return view


def _asked(view: ExpedienteView, work_item_id: UUID) -> WorkItemRow | None:
    late = late_items(reading(), view.row.id, current().actor)
    return next((item for item in (*view.corrections, *late) if item.id == work_item_id), None)


def _correction_page(
    view: ExpedienteView, asked: WorkItemRow, errors: Errors = (), status: int = 200
) -> Response:
    session, actor = reading(), current().actor
    documents = _shown(queries.documents(session, view.row.id, actor))
    unopened = [row for row in notifications.of_expediente(session, view.row.id) if row.open]
    return page(
        "citizen/correction.html",
        status=status,
        errors=errors,
        values=typed(),
        view=view,
        row=view.row,
        item=asked,
        asking=[
            row
            for row in reversed(documents)
            if row.origin == Origin.ADMINISTRATION.value and row.kind in _ASKING and row.ready
        ][:3],
        unopened=unopened,
        missing=() if unopened else _missing(view, asked),
        limits=_limits(),
    )


def _missing(view: ExpedienteView, asked: WorkItemRow) -> tuple[str, ...]:
    """What is missing, a line each, as the official wrote it: no more than the document says.

    Only for who has opened the notification, since its content is known by opening it.
    """
    session = reading()
    asker = asked_by(
        elements_of(load_definition(view.procedure.model, view.procedure.decisions)), asked.element
    )
    decided = workflow.data_of(session, workflow.instance_of(session, view.row.id)).get(asker or "")
    said = decided.get("missing") if isinstance(decided, dict) else None
    lines = said.splitlines() if isinstance(said, str) else ()
    return tuple(line.strip() for line in lines if line.strip())


@citizen.get("/expedientes/<uuid:expediente_id>/aportar")
@access(Audience.CITIZEN)
def documents(expediente_id: UUID) -> Response:
    """Bring documents or an argument to an expediente that goes on."""
    view = _view(expediente_id)
    _require_open(view)
    return _documents_page(view)


@citizen.post("/expedientes/<uuid:expediente_id>/aportar")
@access(Audience.CITIZEN, operation="expedientes.add_documents", max_bytes=UPLOAD_BYTES)
def add_documents(expediente_id: UUID) -> Response:
    """Register what is brought."""
    try:
        presented = operations.add_documents(
            call(),
            expediente_id=expediente_id,
            text=request.form.get("text", ""),
            files=_uploaded(),
        )
    except BadInput as error:
        return _documents_page(_view(expediente_id), mistakes(error), 422)
    return redirect(url_for(".filed", entry_id=presented.entry_id), 303)


def _documents_page(view: ExpedienteView, errors: Errors = (), status: int = 200) -> Response:
    return page(
        "citizen/documents.html",
        status=status,
        errors=errors,
        values=typed(),
        view=view,
        row=view.row,
        limits=_limits(),
    )


@citizen.get("/expedientes/<uuid:expediente_id>/desistir")
@access(Audience.CITIZEN)
def withdrawing(expediente_id: UUID) -> Response:
    """What withdrawing means, before doing it."""
    view = _view(expediente_id)
    _require_open(view)
    return _withdraw_page(view)


@citizen.post("/expedientes/<uuid:expediente_id>/desistir")
@access(Audience.CITIZEN, operation="expedientes.withdraw")
def withdraw(expediente_id: UUID) -> Response:
    """Withdraw the application, signed by consent."""
    here = current()
    try:
        presented = operations.withdraw(
            call(),
            expediente_id=expediente_id,
            reason=request.form.get("reason", ""),
            consent=request.form.get("consent") == "yes",
            leaving=_leaving(),
            method=here.session.method if here.session else "",
            level=here.session.level if here.session else "",
            request_id=here.request_id,
        )
    except BadInput as error:
        return _withdraw_page(_view(expediente_id), mistakes(error), 422)
    return redirect(url_for(".filed", entry_id=presented.entry_id), 303)


def _leaving() -> Leaving:
    """The application alone, or the right too; raises BadInput for neither."""
    try:
        return Leaving(request.form.get("leaving", ""))
    except ValueError:
        message = gettext("Elija si desiste de la solicitud o renuncia al derecho.")
        raise BadInput(message, (("leaving", message),)) from None


def _withdraw_page(view: ExpedienteView, errors: Errors = (), status: int = 200) -> Response:
    return page(
        "citizen/withdraw.html",
        status=status,
        errors=errors,
        values=typed(),
        view=view,
        row=view.row,
        consent=consent_text(madrid_date(now())),
    )


def _require_open(view: ExpedienteView) -> None:
    if not view.row.open:
        raise RuleBroken(
            gettext(
                "El expediente ya ha terminado. Si quiere pedir otra cosa, presente una solicitud."
            )
        )
    if not view.row.goes_on:
        raise RuleBroken(
            gettext(
                "Ya ha desistido de esta solicitud. Si quiere pedir otra cosa, presente una nueva."
            )
        )


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _uploaded() -> list[UploadedFile]:
    return [
        UploadedFile(CONTRIBUTION.key, file.filename or "", cast(BinaryIO, file.stream))
        for file in request.files.getlist(_FILES)
        if file.filename
    ]


def _limits() -> Limits:
    return Limits(
        kinds_in_words(CONTRIBUTION),
        endings(CONTRIBUTION),
        CONTRIBUTION.maximum,
        CONTRIBUTION.max_mb,
    )
