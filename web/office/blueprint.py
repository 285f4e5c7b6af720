"""The blueprint of the office; the modules beside this one add their routes to it."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint
from flask_babel import gettext, ngettext

from engine.clock import MADRID
from engine.deadlines.seat import seat_calendar
from engine.deadlines.standing import Standing, Urgency, standing
from web.context import current, now, reading
from web.formatters import short_date

office = Blueprint("office", __name__, url_prefix="/oficina")


@office.app_template_filter("standing")
def standing_today(due: datetime) -> Standing:
    """How a term stands today in the town hall's calendar."""
    return standing(due, now(), seat_calendar(current().townhall, reading()))


@office.app_template_filter("short_date_time")
def short_date_time(value: datetime) -> str:
    """`27/03/2027 10:42`, in the town's time, for long tables."""
    local = value.astimezone(MADRID)
    return f"{local:%d/%m/%Y} {local.hour}:{local:%M}"


@office.app_template_filter("standing_words")
def standing_words(found: Standing) -> str:
    """`Vencido hace 2 días hábiles`, `Vence hoy`, `Quedan 4 días hábiles (hasta el 27/11/2026)`."""
    day, left = short_date(found.due), found.business_days
    if left is None:
        if found.urgency is Urgency.OVERDUE:
            return gettext("Vencido el %(day)s", day=day)
        return gettext("Hasta el %(day)s", day=day)
    if found.urgency is Urgency.OVERDUE:
        if left == 0:
            return gettext("Vencido el %(day)s", day=day)
        return ngettext(
            "Vencido hace un día hábil (%(day)s)",
            "Vencido hace %(num)d días hábiles (%(day)s)",
            -left,
            day=day,
        )
    if left == 0:
        return gettext("Vence hoy")
    return ngettext(
        "Queda un día hábil (hasta el %(day)s)",
        "Quedan %(num)d días hábiles (hasta el %(day)s)",
        left,
        day=day,
    )
