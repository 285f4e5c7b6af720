"""From which day a suspension stops a term, to which one, and when it ends by itself (art. 22)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from engine.clock import MADRID, madrid_date
from engine.deadlines.computation import add_months
from engine.deadlines.rules import SuspensionCause
from engine.deadlines.term import Term, TermUnit
from engine.errors import BadInput


def day_before(at: datetime) -> date:
    """The last stopped day of a suspension that an act made at `at` ends: that day runs again."""
    return madrid_date(at) - timedelta(days=1)


def last_moment(at: datetime, cause: SuspensionCause, wanted: datetime | None) -> datetime | None:
    """When a suspension begun at `at` ends by itself: the sooner of its cause's limit and of `wanted`.

    The limit is the first instant of the day that runs again. Raises BadInput for one not after `at`.
    """
    if wanted is not None and wanted <= at:
        message = "La suspensión ha de acabar después de empezar."
        raise BadInput(message, (("lifts_at", message),))
    limits = [] if wanted is None else [wanted]
    if cause.longest is not None:
        day = _after(madrid_date(at), cause.longest)
        limits.append(datetime.combine(day, time(), tzinfo=MADRID))
    return min(limits, default=None)


def _after(day: date, longest: Term) -> date:
    if longest.unit in (TermUnit.MONTHS, TermUnit.YEARS):
        amount = longest.amount * (12 if longest.unit is TermUnit.YEARS else 1)
        return add_months(day, amount)[0]
    return day + timedelta(days=longest.amount)
