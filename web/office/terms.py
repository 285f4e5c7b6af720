"""«Plazos»: the clock of an expediente, and what may be done with it, each thing with its reason."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from engine.deadlines.queries import urgency_of
from engine.deadlines.rules import suspension_causes
from engine.errors import BadInput, NotFound, RuleBroken
from engine.expedientes import queries
from engine.expedientes.clock import operations as clock
from engine.expedientes.clock.queries import late_communications
from engine.expedientes.expiry import operations as expiry
from engine.expedientes.expiry.effects import standing_warning
from engine.expedientes.silence import operations as silence
from engine.expedientes.simplified import operations as simplified
from engine.expedientes.simplified.term import standing
from engine.permissions import require
from web.access import Audience, access
from web.context import call, current, reading
from web.inputs import identifier
from web.office.blueprint import office
from web.office.expedientes import tab_page
from web.office.term_acts import ACTS, Standing
from web.rendering import mistakes, page, typed
from web.term_words import clock_of, terms_file


def _standing(expediente_id: UUID) -> Standing:
    session = reading()
    view = queries.expediente(session, expediente_id, current().actor)
    return Standing(
        clock_of(expediente_id),
        standing(session, expediente_id),
        standing_warning(session, expediente_id),
        urgency_of(session, expediente_id),
        view.row.goes_on,
    )


@office.get("/expedientes/<expediente_id>/plazos")
@access(Audience.OFFICE)
def expediente_terms(expediente_id: str) -> Response:
    """The clock: what counted, what stopped it, when silence falls; and what may be done with it."""
    wanted = identifier(expediente_id)
    found, actor = _standing(wanted), current().actor
    return tab_page(
        wanted,
        "expediente_terms",
        gettext("Plazos"),
        clock=found.clock,
        simplified=found.simplified,
        warning=found.warning,
        urgency=found.urgency,
        acts=[
            (url_for("office.term_act", expediente_id=wanted, word=word), act)
            for word, act in ACTS.items()
            if actor.may(act.operation) and act.fits(found)
        ],
    )


@office.get("/expedientes/<expediente_id>/plazos.ics")
@access(Audience.OFFICE)
def expediente_terms_calendar(expediente_id: str) -> Response:
    """The terms that run, for the official's calendar."""
    wanted = identifier(expediente_id)
    address = url_for("office.expediente_terms", expediente_id=wanted, _external=True)
    return terms_file(wanted, clock_of(wanted).number, address)


@office.get("/expedientes/<expediente_id>/plazos/<word>")
@access(Audience.OFFICE)
def term_act(expediente_id: str, word: str) -> Response:
    """The form of one act on the clock."""
    return _form(identifier(expediente_id), word)


def _form(
    expediente_id: UUID,
    word: str,
    *,
    status: int = 200,
    errors: tuple[tuple[str, str], ...] = (),
) -> Response:
    session, actor = reading(), current().actor
    view, act = queries.expediente(session, expediente_id, actor), ACTS.get(word)
    if act is None:
        raise NotFound
    require(actor, act.operation)
    found = _standing(expediente_id)
    return page(
        "office/term_act.html",
        status=status,
        errors=errors,
        values=typed(),
        row=view.row,
        act=act,
        word=word,
        action=url_for(act.endpoint, expediente_id=expediente_id),
        clock=found.clock,
        warning=found.warning,
        causes=[
            (code, f"{cause.title} ({cause.article})")
            for code, cause in suspension_causes().items()
        ],
        suspensions=[(str(each.id), each.title) for each in found.clock.suspensions if each.lasts],
        documents=[
            (str(row.id), row.title)
            for row in queries.documents(session, expediente_id, actor)
            if row.ready and row.media_type == "application/pdf"
        ],
    )


def _do(expediente_id: str, word: str, change: Callable[[UUID], object], done: str) -> Response:
    """Do one thing and say that it is done; what is wrong is said beside its form."""
    wanted = identifier(expediente_id)
    try:
        change(wanted)
    except BadInput as error:
        return _form(wanted, word, status=422, errors=mistakes(error))
    except RuleBroken as error:
        return _form(wanted, word, status=409, errors=(("", error.message),))
    flash(done, "success")
    return redirect(url_for("office.expediente_terms", expediente_id=wanted), 303)


def _reason() -> str:
    return request.form.get("reason", "")


def _chosen(name: str, message: str) -> UUID:
    """What a list chose, an id; raises BadInput for nothing."""
    text = request.form.get(name, "")
    if not text:
        raise BadInput(message, ((name, message),))
    return identifier(text)


def _document() -> UUID | None:
    text = request.form.get("document", "")
    return identifier(text) if text else None


@office.post("/expedientes/<expediente_id>/plazos/suspender")
@access(Audience.OFFICE, operation="expedientes.suspend_clock")
def suspend_clock(expediente_id: str) -> Response:
    """Stop the term from today."""

    def change(wanted: UUID) -> None:
        message = gettext("Elija la causa de la suspensión.")
        if not (cause := request.form.get("cause", "")):
            raise BadInput(message, (("cause", message),))
        clock.suspend_clock(
            call(), expediente_id=wanted, cause=cause, reason=_reason(), document_id=_document()
        )

    return _do(expediente_id, "suspender", change, gettext("El plazo queda suspendido desde hoy."))


@office.post("/expedientes/<expediente_id>/plazos/reanudar")
@access(Audience.OFFICE, operation="expedientes.resume_clock")
def resume_clock(expediente_id: str) -> Response:
    """Let the term run again from today."""

    def change(wanted: UUID) -> None:
        clock.resume_clock(
            call(),
            expediente_id=wanted,
            suspension_id=_chosen("suspension", gettext("Elija qué suspensión termina.")),
            reason=_reason(),
            document_id=_document(),
        )

    return _do(expediente_id, "reanudar", change, gettext("Esa suspensión ha terminado."))


@office.post("/expedientes/<expediente_id>/plazos/ampliar")
@access(Audience.OFFICE, operation="expedientes.extend_clock")
def extend_clock(expediente_id: str) -> Response:
    """Lengthen the term."""

    def change(wanted: UUID) -> None:
        clock.extend_clock(
            call(),
            expediente_id=wanted,
            amount=_amount(),
            reason=_reason(),
            document_id=_document(),
        )

    return _do(expediente_id, "ampliar", change, gettext("El plazo queda ampliado."))


def _amount() -> str:
    """How much longer, as terms are written; raises BadInput."""
    number, unit = request.form.get("number", "").strip(), request.form.get("unit", "")
    if not (number.isascii() and number.isdigit() and int(number[:4]) > 0 and len(number) < 4):
        message = gettext("Escriba un número entre 1 y 999.")
        raise BadInput(message, (("number", message),))
    if unit not in UNITS:
        message = gettext("Elija si son meses o días hábiles.")
        raise BadInput(message, (("unit", message),))
    return f"{int(number)} {unit}"


UNITS = {"months": lazy_gettext("Meses"), "business days": lazy_gettext("Días hábiles")}


@office.post("/expedientes/<expediente_id>/plazos/urgencia")
@access(Audience.OFFICE, operation="expedientes.declare_urgency")
def declare_urgency(expediente_id: str) -> Response:
    """Halve its terms."""

    def change(wanted: UUID) -> None:
        clock.declare_urgency(
            call(), expediente_id=wanted, reason=_reason(), document_id=_document()
        )

    return _do(
        expediente_id,
        "urgencia",
        change,
        gettext("El expediente se tramita desde hoy de urgencia."),
    )


@office.post("/expedientes/<expediente_id>/plazos/silencio")
@access(Audience.OFFICE, operation="silence.classify")
def classify_silence(expediente_id: str) -> Response:
    """Say which effect silence will have in it."""

    def change(wanted: UUID) -> None:
        silence.classify(
            call(),
            expediente_id=wanted,
            effect=request.form.get("effect", ""),
            article=request.form.get("article", ""),
            reason=_reason(),
        )

    return _do(expediente_id, "silencio", change, gettext("El silencio tendrá ese efecto."))


@office.post("/expedientes/<expediente_id>/plazos/simplificar")
@access(Audience.OFFICE, operation="expedientes.simplify")
def simplify(expediente_id: str) -> Response:
    """Agree the simplified procedure."""

    def change(wanted: UUID) -> None:
        simplified.simplify(
            call(),
            expediente_id=wanted,
            reason=_reason(),
            opposable=request.form.get("minor") != "yes",
        )

    return _do(
        expediente_id,
        "simplificar",
        change,
        gettext("El acuerdo se está sellando y se notificará a la persona interesada."),
    )


@office.post("/expedientes/<expediente_id>/plazos/ordinaria")
@access(Audience.OFFICE, operation="expedientes.make_ordinary")
def make_ordinary(expediente_id: str) -> Response:
    """Go back to the ordinary procedure."""

    def change(wanted: UUID) -> None:
        simplified.make_ordinary(call(), expediente_id=wanted, reason=_reason())

    return _do(
        expediente_id,
        "ordinaria",
        change,
        gettext("El expediente vuelve a la tramitación ordinaria."),
    )


@office.post("/expedientes/<expediente_id>/plazos/advertir-caducidad")
@access(Audience.OFFICE, operation="expedientes.warn_expiry")
def warn_expiry(expediente_id: str) -> Response:
    """Warn the person."""

    def change(wanted: UUID) -> None:
        expiry.warn_expiry(
            call(),
            expediente_id=wanted,
            missing=request.form.get("missing", ""),
            indispensable=request.form.get("indispensable") == "yes",
        )

    return _do(
        expediente_id,
        "advertir-caducidad",
        change,
        gettext("La advertencia se está sellando y se notificará a la persona interesada."),
    )


@office.post("/expedientes/<expediente_id>/plazos/levantar-caducidad")
@access(Audience.OFFICE, operation="expedientes.lift_expiry")
def lift_expiry(expediente_id: str) -> Response:
    """What was missing was done."""

    def change(wanted: UUID) -> None:
        expiry.lift_expiry(call(), expediente_id=wanted, reason=_reason())

    return _do(
        expediente_id, "levantar-caducidad", change, gettext("El expediente sigue y no caduca.")
    )


@office.post("/expedientes/<expediente_id>/plazos/declarar-caducidad")
@access(Audience.OFFICE, operation="expedientes.declare_expiry")
def declare_expiry(expediente_id: str) -> Response:
    """Resolve that it has expired."""

    def change(wanted: UUID) -> None:
        expiry.declare_expiry(call(), expediente_id=wanted, reason=_reason())

    return _do(
        expediente_id,
        "declarar-caducidad",
        change,
        gettext("La resolución se está sellando y se notificará a la persona interesada."),
    )


@office.get("/comunicaciones-pendientes")
@access(Audience.OFFICE)
def late_notices() -> Response:
    """The expedientes whose communication of art. 21.4 should have been sent by now."""
    here = current()
    return page(
        "office/late_communications.html",
        rows=late_communications(reading(), here.townhall, here.actor),
    )
