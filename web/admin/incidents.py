"""What stopped: those alike together, each by itself, and the ways to mend it."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import BadInput, NotFound
from engine.expedientes.lists import headings
from engine.procedures.versions import titles
from engine.upkeep import operations as upkeep
from engine.upkeep.queries import DeadJobRow, dead_jobs
from engine.workflow import operations as workflow
from engine.workflow.queries import IncidentRow
from engine.workflow.surgery import operations as surgery
from engine.workflow.surgery.consequences import totals
from engine.workflow.surgery.corrections import Correction, read_corrections
from engine.workflow.surgery.models import InterventionKind
from engine.workflow.surgery.orders import operations as orders
from engine.workflow.surgery.orders.queries import proposals, recent_orders
from engine.workflow.surgery.queries import (
    GroupKey,
    incident,
    incident_groups,
    incidents_alike,
    step_name,
)
from web.access import Audience, access
from web.admin.blueprint import READ, admin
from web.admin.words import FORMS, KINDS, MANY, ORDER_STATES
from web.context import call, reading
from web.inputs import identifier
from web.rendering import mistakes, page, typed

_LARGEST_JOB = 2**31 - 1
"""What the column of a job's number holds."""
ROWS = (1, 2, 3)
"""The rows of the form of corrections."""


@admin.get("/incidencias")
@access(Audience.ADMIN, permission=READ)
def incident_list() -> Response:
    """What stopped a process, those alike together, and the jobs that were given up."""
    return _incidents()


def _incidents(
    *, status: int = 200, errors: tuple[tuple[str, str], ...] = (), about: str = ""
) -> Response:
    session = reading()
    everything = incident_groups(session)
    chosen = request.args.get("procedimiento", ""), request.args.get("paso", "")
    groups = (
        incident_groups(session, definition_key=chosen[0], element=chosen[1])
        if any(chosen)
        else everything
    )
    jobs = dead_jobs(session)
    names = titles(session)
    return page(
        "admin/incidents.html",
        status=status,
        errors=errors,
        values=typed(),
        about=about,
        groups=groups,
        filtered=any(chosen),
        procedures=sorted(
            {
                (row.key.definition_key, names.get(row.key.definition_key, row.key.definition_key))
                for row in everything
            },
            key=lambda each: each[1],
        ),
        elements=sorted(
            {(row.key.element, row.element_name) for row in everything if row.key.element}
        ),
        procedure=chosen[0],
        element=chosen[1],
        proposals=proposals(session),
        recent=recent_orders(session),
        jobs=jobs,
        jobs_alike=_jobs_alike(jobs),
        titles=names,
        KINDS=KINDS,
        ORDER_STATES=ORDER_STATES,
    )


def _jobs_alike(rows: tuple[DeadJobRow, ...]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.name] = counts.get(row.name, 0) + 1
    return counts


@admin.get("/incidencias/iguales")
@access(Audience.ADMIN, permission=READ)
def incidents_alike_page() -> Response:
    """The processes that stopped at the same step in the same way, and what can be done to all."""
    return _alike_page(_key())


def _alike_page(
    key: GroupKey,
    *,
    status: int = 200,
    errors: tuple[tuple[str, str], ...] = (),
    about: str = "",
) -> Response:
    session = reading()
    rows = incidents_alike(session, key)
    if not rows:
        flash(gettext("Ya no queda ningún proceso parado ahí."), "info")
        return redirect(url_for("admin.incident_list"), 303)
    return page(
        "admin/alike.html",
        status=status,
        errors=errors,
        values=typed(),
        about=about,
        key=key,
        rows=rows,
        headings=headings(session, (row.expediente_id for row in rows)),
        titles=titles(session),
        KINDS=KINDS,
        kinds=list(MANY),
    )


def _key() -> GroupKey:
    return GroupKey(
        request.values.get("procedimiento", ""),
        request.values.get("paso", ""),
        request.values.get("clase", ""),
    )


@admin.get("/incidencias/iguales/ordenar")
@access(Audience.ADMIN, permission=READ)
def order_alike() -> Response:
    """What would be done to all of them, before it is."""
    return _order_page(_key(), _kind())


def _kind() -> InterventionKind:
    try:
        kind = InterventionKind(request.values.get("accion", ""))
    except ValueError:
        raise NotFound from None
    if kind not in MANY:
        raise NotFound
    return kind


def _order_page(
    key: GroupKey,
    kind: InterventionKind,
    *,
    status: int = 200,
    errors: tuple[tuple[str, str], ...] = (),
) -> Response:
    session = reading()
    rows = incidents_alike(session, key)
    if not rows:
        raise NotFound
    instances = list(dict.fromkeys(row.instance_id for row in rows))
    return page(
        "admin/order_alike.html",
        status=status,
        errors=errors,
        values=typed(),
        key=key,
        step=step_name(session, key),
        kind=kind,
        rows=rows,
        instances=len(instances),
        totals=totals(session, instances),
        titles=titles(session),
        KINDS=KINDS,
        MANY=MANY,
    )


@admin.post("/incidencias/iguales/ordenar")
@access(Audience.ADMIN, operation="workflow.order_many")
def order_alike_now() -> Response:
    """Order it: a job takes each process in a transaction of its own."""
    key, kind = _key(), _kind()
    rows = incidents_alike(reading(), key)
    try:
        order_id = orders.order_many(
            call(),
            kind=kind,
            reason=request.form.get("reason", ""),
            incident_ids=[row.id for row in rows] if kind is InterventionKind.RETRY else (),
            instance_ids=[row.instance_id for row in rows],
            element=key.element,
        )
    except BadInput as error:
        if not rows:
            raise NotFound from error
        return _order_page(key, kind, status=422, errors=mistakes(error))
    return redirect(url_for("admin.order", intervention_id=order_id), 303)


@admin.get("/incidencias/iguales/saltar")
@access(Audience.ADMIN, permission=READ)
def skip_alike() -> Response:
    """The proposal to pass over the step that fails, in all of them."""
    return _skip_page(_key())


def _skip_page(
    key: GroupKey, *, status: int = 200, errors: tuple[tuple[str, str], ...] = ()
) -> Response:
    rows = incidents_alike(reading(), key)
    if not rows:
        raise NotFound
    session = reading()
    return page(
        "admin/skip_alike.html",
        status=status,
        errors=errors,
        values=typed(),
        key=key,
        step=step_name(session, key),
        rows=rows,
        titles=titles(session),
        FORMS=FORMS,
        ROWS=ROWS,
    )


@admin.post("/incidencias/iguales/saltar")
@access(Audience.ADMIN, operation="workflow.propose_skip")
def skip_alike_now() -> Response:
    """Propose it: another person decides."""
    key = _key()
    rows = incidents_alike(reading(), key)
    if not rows:
        raise NotFound
    try:
        order_id = orders.propose_skip(
            call(),
            incident_ids=[row.id for row in rows],
            reason=request.form.get("reason", ""),
            corrections=corrections(),
        )
    except BadInput as error:
        return _skip_page(key, status=422, errors=mistakes(error))
    return redirect(url_for("admin.order", intervention_id=order_id), 303)


def corrections() -> tuple[Correction, ...]:
    """The corrected data of the form; raises BadInput."""
    return read_corrections(
        (
            request.form.get(f"name-{number}", ""),
            request.form.get(f"form-{number}", ""),
            request.form.get(f"text-{number}", ""),
        )
        for number in ROWS
    )


@admin.get("/incidencias/<incident_id>/corregir")
@access(Audience.ADMIN, permission=READ)
def correct(incident_id: str) -> Response:
    """The form of the data to be corrected before trying again."""
    return _correct_page(_waiting(identifier(incident_id)))


def _waiting(incident_id: UUID) -> IncidentRow:
    found = incident(reading(), incident_id)
    if found is None:
        raise NotFound
    return found


def _correct_page(
    row: IncidentRow, *, status: int = 200, errors: tuple[tuple[str, str], ...] = ()
) -> Response:
    session = reading()
    found = headings(session, [row.expediente_id])
    return page(
        "admin/correct.html",
        status=status,
        errors=errors,
        values=typed(),
        row=row,
        heading=found.get(row.expediente_id) if row.expediente_id else None,
        titles=titles(session),
        FORMS=FORMS,
        ROWS=ROWS,
    )


@admin.post("/incidencias/<incident_id>/corregir")
@access(Audience.ADMIN, operation="workflow.correct_and_retry")
def correct_now(incident_id: str) -> Response:
    """Correct the data and do again what failed."""
    wanted = identifier(incident_id)
    try:
        done = surgery.correct_and_retry(
            call(),
            incident_id=wanted,
            corrections=corrections(),
            reason=request.form.get("reason", ""),
        )
    except BadInput as error:
        return _correct_page(_waiting(wanted), status=422, errors=mistakes(error))
    if done:
        flash(gettext("Ha ido bien: el expediente sigue su curso."), "success")
    else:
        flash(
            gettext(
                "Ha vuelto a fallar y no se ha corregido nada. La incidencia nueva dice por qué."
            ),
            "info",
        )
    return redirect(url_for("admin.incident_list"), 303)


@admin.post("/incidencias/<incident_id>/reintentar")
@access(Audience.ADMIN, operation="workflow.retry")
def retry(incident_id: str) -> Response:
    """Do again what an incident stopped."""
    try:
        done = workflow.retry(
            call(),
            incident_id=identifier(incident_id),
            reason=request.form.get(f"reason-{incident_id}", ""),
        )
    except BadInput as error:
        row = _waiting(identifier(incident_id))
        key = GroupKey(row.definition_key, row.element, row.kind)
        return _alike_page(key, status=422, errors=_about(incident_id, error), about=incident_id)
    if done:
        flash(gettext("Ha ido bien: el expediente sigue su curso."), "success")
    else:
        flash(gettext("Ha vuelto a fallar. La incidencia nueva dice por qué."), "info")
    return redirect(url_for("admin.incident_list"), 303)


@admin.post("/trabajos/<int:job_id>/reintentar")
@access(Audience.ADMIN, operation="upkeep.retry_job")
def retry_job(job_id: int) -> Response:
    """Ask again for a job that was given up."""
    if job_id > _LARGEST_JOB:
        raise NotFound
    try:
        upkeep.retry_job(call(), job_id=job_id, reason=request.form.get(f"reason-{job_id}", ""))
    except BadInput as error:
        return _incidents(status=422, errors=_about(str(job_id), error), about=str(job_id))
    flash(gettext("El trabajo se vuelve a intentar ahora."), "success")
    return redirect(url_for("admin.incident_list"), 303)


def _about(identifier_text: str, error: BadInput) -> tuple[tuple[str, str], ...]:
    """What is wrong with the reason of one of the listed things."""
    return ((f"reason-{identifier_text}", mistakes(error)[0][1]),)
