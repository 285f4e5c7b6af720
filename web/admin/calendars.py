"""The calendars of non-business days: what each covers, and each edition looked at before it counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from flask import Response as FileResponse
from flask import flash, redirect, request, url_for
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug.wrappers import Response

from engine.clock import madrid_date
from engine.deadlines.almanac import operations
from engine.deadlines.almanac.drafts import FIRST_YEAR, LAST_YEAR, CalendarDraft
from engine.deadlines.almanac.export import year_as_ics
from engine.deadlines.almanac.intake import draft_of_days
from engine.deadlines.almanac.models import EditionState, Level
from engine.deadlines.almanac.queries import (
    EditionRow,
    YearRow,
    edition,
    editions,
    last_covered,
    places,
    year_of,
)
from engine.deadlines.almanac.reading import ENDINGS, MAX_BYTES, read_file
from engine.deadlines.moves import PAGE, moves
from engine.errors import BadInput, NotFound, RuleBroken, Stale
from engine.expedientes.lists import headings
from web.access import Audience, access
from web.admin.blueprint import READ, admin
from web.context import call, current, now, reading
from web.inputs import day, identifier
from web.paging import position, position_text
from web.rendering import mistakes, page, typed

LEVELS: Mapping[Level, str] = {
    Level.STATE: lazy_gettext("Estado"),
    Level.REGION: lazy_gettext("Comunidad autónoma"),
    Level.TOWN: lazy_gettext("Municipio"),
}
STATES: Mapping[EditionState, tuple[str, str]] = {
    EditionState.PROPOSED: (lazy_gettext("Sin publicar"), "yellow"),
    EditionState.PUBLISHED: (lazy_gettext("Publicada"), "green"),
    EditionState.DISCARDED: (lazy_gettext("Descartada"), "grey"),
}
CHANGES: Mapping[str, tuple[str, str]] = {
    "added": (lazy_gettext("Pasa a ser inhábil"), "blue"),
    "removed": (lazy_gettext("Deja de ser inhábil"), "orange"),
    "renamed": (lazy_gettext("Cambia de nombre"), "grey"),
}

_IMPORT_FIELDS = frozenset(
    {"file", "calendar", "year", "source", "bulletin", "url", "published_on"}
)
_DAY_FIELDS = frozenset({"day", "name", "source"})


@admin.get("/calendarios")
@access(Audience.ADMIN, permission=READ)
def calendars() -> Response:
    """Every calendar with the years that it covers, and the last editions."""
    session, town = reading(), current().townhall.settings.town
    last, year = last_covered(session, town.calendar), madrid_date(now()).year
    return page(
        "admin/calendars.html",
        rows=places(session),
        editions=editions(session),
        seat=town.calendar,
        year=year,
        last=last,
        LEVELS=LEVELS,
        STATES=STATES,
    )


@admin.get("/calendarios/importar")
@access(Audience.ADMIN, permission=READ)
def import_calendar() -> Response:
    """Where the file of a calendar is chosen."""
    return _import_page()


def _import_page(*, status: int = 200, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    return page(
        "admin/calendar_import.html",
        status=status,
        errors=errors,
        values=typed(),
        places=[(row.code, row.name) for row in places(reading())],
        limit=MAX_BYTES,
        accept=",".join(ENDINGS),
    )


@admin.post("/calendarios/importar")
@access(Audience.ADMIN, operation="deadlines.propose_calendar")
def import_calendar_now() -> Response:
    """Prepare the edition that a file brings; nothing counts by it yet."""
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            message = gettext("Elija el fichero del calendario.")
            raise BadInput(message, (("file", message),))
        draft = _draft(file.filename, file.read(MAX_BYTES + 1))
        row = operations.propose_calendar(call(), draft=draft, origin=file.filename)
    except BadInput as error:
        return _import_page(status=422, errors=_placed(error, _IMPORT_FIELDS, "file"))
    return redirect(url_for("admin.calendar_edition", edition_id=row.id), 303)


def _placed(error: BadInput, fields: frozenset[str], otherwise: str) -> tuple[tuple[str, str], ...]:
    """The mistakes by the page's own fields; those of what a file holds stand at the file."""
    return tuple(
        (field if field in fields else otherwise, message) for field, message in mistakes(error)
    )


def _draft(name: str, data: bytes) -> CalendarDraft:
    found = read_file(name, data)
    if not isinstance(found, dict):
        return found
    if not request.form.get("calendar"):
        message = gettext("Este fichero solo trae días: diga de qué calendario son.")
        raise BadInput(message, (("calendar", message),))
    return draft_of_days(
        reading(),
        request.form["calendar"],
        _typed_year(),
        found,
        request.form.get("source", ""),
        bulletin=request.form.get("bulletin", ""),
        url=request.form.get("url", "").strip(),
        published_on=_typed_day("published_on"),
    )


def _typed_year() -> int:
    text = request.form.get("year", "").strip()
    if text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:9]) <= LAST_YEAR:
        return int(text)
    message = gettext("Escriba el año del calendario, por ejemplo 2027.")
    raise BadInput(message, (("year", message),))


def _typed_day(name: str) -> date | None:
    try:
        return day(request.form.get(name, ""))
    except ValueError:
        raise _no_day(name) from None


def _no_day(name: str) -> BadInput:
    message = gettext("Escriba un día, por ejemplo 27/3/2027.")
    return BadInput(message, ((name, message),))


@admin.get("/calendarios/<calendar>")
@access(Audience.ADMIN, permission=READ)
def calendar(calendar: str) -> Response:
    """A year of a calendar, level by level, and a day more or less."""
    return _calendar_page(calendar)


def _calendar_page(
    code: str, *, status: int = 200, errors: tuple[tuple[str, str], ...] = ()
) -> Response:
    asked = request.values.get("anio", "")
    chosen = asked.isascii() and asked.isdigit() and FIRST_YEAR <= int(asked[:9]) <= LAST_YEAR
    year = int(asked) if chosen else madrid_date(now()).year
    row = _year(code, year)
    return page(
        "admin/calendar.html",
        status=status,
        errors=errors,
        values=typed(),
        row=row,
        years=sorted({*row.place.years, year}),
        editions=editions(reading(), code),
        LEVELS=LEVELS,
        STATES=STATES,
    )


def _year(code: str, year: int) -> YearRow:
    row = year_of(reading(), code, year)
    if row is None:
        raise NotFound
    return row


@admin.get("/calendarios/<calendar>/<int:year>.ics")
@access(Audience.ADMIN, permission=READ)
def calendar_file(calendar: str, year: int) -> Response:
    """A year of a calendar for other programs."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound
    return ics_answer(_year(calendar, year))


def ics_answer(row: YearRow) -> Response:
    """The file of a year."""
    answer = FileResponse(year_as_ics(row, now()), mimetype="text/calendar")
    name = f"{row.place.code}-{row.year}.ics"
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


@admin.post("/calendarios/<calendar>/dia")
@access(Audience.ADMIN, operation="deadlines.propose_day")
def change_day(calendar: str) -> Response:
    """Prepare a year with a day more, or less."""
    try:
        removed, changed = request.form.get("change") == "remove", _typed_day("day")
        name = request.form.get("name", "").strip()
        if not removed and not name:
            message = gettext("Diga qué se celebra ese día.")
            raise BadInput(message, (("name", message),))
        if changed is None:
            raise _no_day("day")
        row = operations.propose_day(
            call(),
            calendar=calendar,
            day=changed,
            name="" if removed else name,
            source=request.form.get("source", ""),
        )
    except BadInput as error:
        errors = _placed(error, _DAY_FIELDS, "name")
        return _calendar_page(calendar, status=422, errors=errors)
    return redirect(url_for("admin.calendar_edition", edition_id=row.id), 303)


@admin.get("/calendarios/ediciones/<edition_id>")
@access(Audience.ADMIN, permission=READ)
def calendar_edition(edition_id: str) -> Response:
    """What an edition changes, and which terms it moves or moved."""
    return _edition_page(identifier(edition_id))


def _edition_page(
    edition_id: UUID, *, status: int = 200, errors: tuple[tuple[str, str], ...] = ()
) -> Response:
    session = reading()
    row = _edition(edition_id)
    found = moves(session, row.id, after=position(request.args.get("desde")), limit=PAGE + 1)
    shown = found[:PAGE]
    following = None
    if len(found) > PAGE:
        mark = position_text(shown[-1].due_at, shown[-1].id)
        following = url_for("admin.calendar_edition", edition_id=row.id, desde=mark)
    begun = url_for("admin.calendar_edition", edition_id=row.id)
    return page(
        "admin/calendar_edition.html",
        status=status,
        errors=errors,
        row=row,
        proposed=row.state is EditionState.PROPOSED,
        moves=shown,
        first=begun if request.args.get("desde") else None,
        following=following,
        headings=headings(session, (move.expediente_id for move in shown)),
        STATES=STATES,
        CHANGES=CHANGES,
    )


def _edition(edition_id: UUID) -> EditionRow:
    row = edition(reading(), edition_id)
    if row is None:
        raise NotFound
    return row


@admin.post("/calendarios/ediciones/<edition_id>/publicar")
@access(Audience.ADMIN, operation="deadlines.publish_calendar")
def publish_calendar(edition_id: str) -> Response:
    """Publish it: the open terms that it touches are dated again."""
    wanted = identifier(edition_id)
    try:
        found = operations.publish_calendar(call(), edition_id=wanted)
    except (Stale, BadInput) as error:
        status = 409 if isinstance(error, RuleBroken) else 422
        return _edition_page(wanted, status=status, errors=(("", error.message),))
    flash(
        ngettext(
            "Publicado: un plazo cambia de fecha.",
            "Publicado: %(num)d plazos cambian de fecha.",
            found.moved,
        ),
        "success",
    )
    return redirect(url_for("admin.calendar_edition", edition_id=wanted), 303)


@admin.post("/calendarios/ediciones/<edition_id>/descartar")
@access(Audience.ADMIN, operation="deadlines.discard_calendar")
def discard_calendar(edition_id: str) -> Response:
    """Leave it unpublished."""
    operations.discard_calendar(call(), edition_id=identifier(edition_id))
    flash(gettext("Edición descartada: no se ha cambiado nada."), "success")
    return redirect(url_for("admin.calendars"), 303)
