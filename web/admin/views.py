"""Administration: what failed and how to mend it, who may do what, which procedures run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.clock import madrid_date
from engine.errors import BadInput, NotFound
from engine.expedientes.lists import headings
from engine.people import posts
from engine.people.posts import Grant
from engine.procedures.versions import titles, versions
from engine.upkeep import operations as upkeep
from engine.upkeep.queries import DeadJobRow, dead_jobs
from engine.workflow import operations as workflow
from engine.workflow.queries import IncidentRow, incidents
from web.access import Audience, access
from web.act_names import act_name, room_name
from web.context import call, now, reading
from web.inputs import identifier
from web.rendering import mistakes, page, typed

admin = Blueprint("admin", __name__, url_prefix="/administracion")

READ = "admin.read"
_LARGEST_JOB = 2**31 - 1
"""What the column of a job's number holds."""


@dataclass(frozen=True)
class Failure:
    """What failed and how many others failed alike: they are mended together."""

    row: IncidentRow
    alike: int


@admin.get("/")
@access(Audience.ADMIN, permission=READ)
def home() -> Response:
    """What needs somebody, and the rest of the administration."""
    session = reading()
    return page(
        "admin/home.html",
        failures=len(incidents(session)),
        jobs=len(dead_jobs(session)),
        staff=posts.staff(session, madrid_date(now())),
        procedures=sum(row.current for row in versions(session)),
    )


@admin.get("/incidencias")
@access(Audience.ADMIN, permission=READ)
def incident_list() -> Response:
    """What stopped a process or a job was given up on, with the way to try again."""
    return _incidents()


def _incidents(
    *, status: int = 200, errors: tuple[tuple[str, str], ...] = (), about: str = ""
) -> Response:
    session = reading()
    found = incidents(session)
    jobs = dead_jobs(session)
    return page(
        "admin/incidents.html",
        status=status,
        errors=errors,
        values=typed(),
        about=about,
        failures=_alike(found),
        jobs=jobs,
        jobs_alike=_jobs_alike(jobs),
        headings=headings(session, (row.expediente_id for row in found)),
        titles=titles(session),
    )


def _alike(rows: tuple[IncidentRow, ...]) -> tuple[Failure, ...]:
    counts: dict[tuple[str, str, str], int] = {}
    for row in rows:
        key = (row.definition_key, row.element, row.kind)
        counts[key] = counts.get(key, 0) + 1
    return tuple(
        Failure(row, counts[row.definition_key, row.element, row.kind] - 1) for row in rows
    )


def _jobs_alike(rows: tuple[DeadJobRow, ...]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.name] = counts.get(row.name, 0) + 1
    return counts


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
        return _refused(incident_id, error)
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
        return _refused(str(job_id), error)
    flash(gettext("El trabajo se vuelve a intentar ahora."), "success")
    return redirect(url_for("admin.incident_list"), 303)


def _refused(about: str, error: BadInput) -> Response:
    message = mistakes(error)[0][1]
    return _incidents(status=422, errors=((f"reason-{about}", message),), about=about)


@admin.get("/personal")
@access(Audience.ADMIN, permission=READ)
def staff() -> Response:
    """Units and officials, with the posts that each holds."""
    session = reading()
    return page(
        "admin/staff.html",
        units=posts.units(session),
        officials=posts.staff(session, madrid_date(now())),
    )


@admin.get("/personal/<official_id>")
@access(Audience.ADMIN, permission=READ)
def official(official_id: str) -> Response:
    """What an official may do, and by which post."""
    row = posts.official(reading(), identifier(official_id), madrid_date(now()))
    if not row.active:
        raise NotFound
    grants = posts.grants_of(post.role for post in row.posts)
    return page("admin/official.html", row=row, rooms=_by_room(grants), count=len(grants))


def _by_room(grants: tuple[Grant, ...]) -> list[tuple[str, list[tuple[str, Grant]]]]:
    """The permissions by what they are about, each with its words."""
    grouped = groupby(grants, key=lambda grant: grant.permission.partition(".")[0])
    found = [
        (room_name(room), [(act_name(grant.permission), grant) for grant in items])
        for room, items in grouped
    ]
    return sorted(found, key=lambda item: item[0])


@admin.get("/procedimientos")
@access(Audience.ADMIN, permission=READ)
def procedures() -> Response:
    """The published versions of each procedure, with the cases that run on each."""
    return page("admin/procedures.html", rows=versions(reading()))
