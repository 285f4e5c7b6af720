"""The administration whole: who may do what, which procedures run, and what needs somebody."""

from __future__ import annotations

from itertools import groupby

from werkzeug.wrappers import Response

from engine.clock import madrid_date
from engine.deadlines.almanac.queries import last_covered
from engine.errors import NotFound
from engine.people import posts
from engine.people.posts import Grant
from engine.procedures.versions import versions
from engine.upkeep.queries import dead_jobs
from engine.workflow.queries import incidents as stopped
from engine.workflow.surgery.orders.queries import proposals
from web.access import Audience, access
from web.act_names import act_name, room_name
from web.admin import (
    calendars,
    demo_clock,
    incidents,
    instances,
    mail,
    migrations,
    orders,
    technical_incidents,
)
from web.admin.blueprint import READ, admin
from web.context import current, now, reading
from web.inputs import identifier
from web.rendering import page

__all__ = [
    "admin",
    "calendars",
    "demo_clock",
    "incidents",
    "instances",
    "mail",
    "migrations",
    "orders",
    "technical_incidents",
]


_YEARS_END = 10
"""From this month on, next year's calendar is looked for: it is published before the year begins."""


@admin.get("/")
@access(Audience.ADMIN, permission=READ)
def home() -> Response:
    """What needs somebody, and the rest of the administration."""
    session = reading()
    return page(
        "admin/home.html",
        lacking=_lacking_year(),
        failures=len(stopped(session)),
        proposals=len(proposals(session)),
        jobs=len(dead_jobs(session)),
        staff=posts.staff(session, madrid_date(now())),
        procedures=sum(row.current for row in versions(session)),
    )


def _lacking_year() -> int | None:
    """The year that cannot be counted in, and is under way or about to begin (PLZ-18)."""
    last = last_covered(reading(), current().townhall.settings.town.calendar)
    today = madrid_date(now())
    if last is None:
        return today.year
    soon = today.year + (today.month >= _YEARS_END)
    return last + 1 if last < soon else None


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
    """The versions of each procedure, with the cases that run on each."""
    return page("admin/procedures.html", rows=versions(reading()))
