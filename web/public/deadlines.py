"""What the sede says of time: the calendar of non-business days, and the incidents that extended terms."""

from __future__ import annotations

from flask import request, url_for
from werkzeug.wrappers import Response

from engine.clock import madrid_date
from engine.deadlines.almanac.drafts import FIRST_YEAR, LAST_YEAR
from engine.deadlines.almanac.export import year_as_ics
from engine.deadlines.almanac.queries import YearRow, place, year_of
from engine.deadlines.incidents.queries import incidents
from engine.errors import NotFound
from web.access import Audience, access
from web.context import current, now, reading
from web.paging import page_number
from web.public.blueprint import public
from web.rendering import page

_ROWS = 20


@public.get("/calendario")
@access(Audience.PUBLIC)
def calendar() -> Response:
    """The calendar by which filings and terms count, a year of it (RD 203/2021, art. 11.1.f)."""
    session, code = reading(), current().townhall.settings.town.calendar
    known, this_year = place(session, code), madrid_date(now()).year
    asked = request.args.get("anio", "")
    years = known.covered if known is not None else ()
    year = next((each for each in years if str(each) == asked), this_year)
    return page(
        "public/calendar.html",
        year=year,
        years=years,
        row=year_of(session, code, year) if year in years else None,
        instant=now(),
    )


@public.get("/calendario/<int:year>.ics")
@access(Audience.PUBLIC)
def calendar_file(year: int) -> Response:
    """A year of the calendar for other programs."""
    row = _covered(year)
    answer = Response(year_as_ics(row, now()), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f"attachment; filename={row.place.code}-{year}.ics"
    return answer


def _covered(year: int) -> YearRow:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound
    row = year_of(reading(), current().townhall.settings.town.calendar, year)
    if row is None or row.missing:
        raise NotFound
    return row


@public.get("/incidencias-tecnicas")
@access(Audience.PUBLIC)
def technical_incidents() -> Response:
    """Each incident with the exact extension (RD 203/2021, art. 11.1.g; art. 32.4 of Ley 39/2015)."""
    number = page_number(request.args.get("pagina"))
    found = incidents(reading(), limit=_ROWS + 1, offset=(number - 1) * _ROWS)
    here = "public.technical_incidents"
    return page(
        "public/technical_incidents.html",
        rows=found[:_ROWS],
        previous=url_for(here, pagina=number - 1) if number > 1 else None,
        following=url_for(here, pagina=number + 1) if len(found) > _ROWS else None,
    )
