"""Compute when a term ends, with every day counted or not, why, and the article (Ley 39/2015).

The derivation is the answer; the date is its last line.
"""

from __future__ import annotations

import calendar as months_of_python
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from engine.deadlines.calendars import Calendars
from engine.deadlines.filing import filing_instant
from engine.deadlines.term import Term, TermUnit
from engine.errors import BadInput

MAX_DAYS = 20_000


@dataclass(frozen=True)
class DayStep:
    """A day of the computation: whether it counted and why."""

    date: date
    counted: bool
    why: str


@dataclass(frozen=True)
class Suspension:
    """Days in which the maximum term to resolve stands still, both included (art. 22)."""

    first: date
    last: date


@dataclass(frozen=True)
class Derivation:
    """When a term ends and why. `effective_start` and `due` are aware instants."""

    term: Term
    start: datetime
    effective_start: datetime
    due: datetime
    days: tuple[DayStep, ...]
    articles: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The derivation for `andecha deadline compute --json`.

        A term in hours is due at a minute, every other at the end of a day.
        """
        hours = self.term.unit is TermUnit.HOURS
        return {
            "effective_start": self.effective_start.isoformat(),
            "due": self.due.isoformat() if hours else self.due.date().isoformat(),
            "days": [
                {"date": step.date.isoformat(), "counted": step.counted, "why": step.why}
                for step in self.days
            ],
            "articles": list(self.articles),
        }


def compute(
    start: datetime,
    term: Term,
    calendars: Calendars,
    *,
    suspensions: Sequence[Suspension] = (),
    urgent: bool = False,
    odd_half: str = "up",
    filing: bool = False,
    filing_term_from: str = "deemed",
) -> Derivation:
    """When the term that begins with an act at `start` ends.

    urgent: halve it (art. 33), an odd term `odd_half` («up» or «down»: the town's setting);
    filing: `start` is a filing, whose effective instant is computed first; the term runs from the
    «deemed» or the «real» day (`filing_term_from`).
    Raises NoCalendarForYear, BadInput.
    """
    zone = calendars.seat.timezone
    begun = _Computation(calendars, term)
    effective = start.astimezone(zone)
    if filing:
        effective = begun.effective_filing(start, filing_term_from)
    if urgent:
        begun.halve(odd_half)
    _check_order(suspensions)
    if begun.term.unit is TermUnit.HOURS:
        due = begun.hours(effective)
    else:
        due = datetime.combine(
            begun.days_or_months(effective.date(), suspensions), time(23, 59, 59), tzinfo=zone
        )
    return Derivation(
        begun.term, start, effective, due, tuple(begun.steps), tuple(dict.fromkeys(begun.articles))
    )


def _check_order(suspensions: Sequence[Suspension]) -> None:
    ordered = sorted(suspensions, key=lambda item: item.first)
    for item in ordered:
        if item.last < item.first:
            raise BadInput(f"La suspensión del {item.first} acaba antes de empezar.")
    for earlier, later in itertools.pairwise(ordered):
        if later.first <= earlier.last:
            raise BadInput("Hay dos suspensiones que coinciden en el tiempo.")


class _Computation:
    """One computation: the days looked at and the articles used."""

    def __init__(self, calendars: Calendars, term: Term) -> None:
        self._calendars = calendars
        self.term = term
        self.steps: list[DayStep] = []
        self.articles: list[str] = []
        self._note = ""  # a reason to be told with the first day

    def effective_filing(self, start: datetime, term_from: str) -> datetime:
        """The instant from which a filing's term runs."""
        zone = self._calendars.seat.timezone
        found = filing_instant(start, self._calendars.seat)
        if not found.moved:
            return start.astimezone(zone)
        self.articles += ["31.2.b", "31.3"]
        self.steps.append(
            DayStep(
                start.astimezone(zone).date(), False, f"presentada en día inhábil: {found.reason}"
            )
        )
        if term_from == "real":
            return start.astimezone(zone)
        return found.effective.astimezone(zone)

    def halve(self, odd_half: str) -> None:
        """Art. 33: urgency halves terms; an odd one goes the way that the town decided."""
        half, odd = divmod(self.term.amount, 2)
        if odd and odd_half == "up":
            half += 1
        self.articles.append("33")
        why = f"urgencia: {self.term.spanish} se reducen a la mitad"
        if odd:
            why += f", que el ayuntamiento redondea {'hacia arriba' if odd_half == 'up' else 'hacia abajo'}"
        self.term = replace(self.term, amount=max(1, half))
        self._note = f"{why} ({self.term.spanish})"

    def hours(self, start: datetime) -> datetime:
        """Hour by hour, to the minute; all the hours of a business day are business hours (30.1)."""
        self.articles.append("30.1")
        zone = self._calendars.seat.timezone
        left = timedelta(hours=self.term.amount)
        day, moment = start.date(), start.replace(tzinfo=None)
        for _ in range(MAX_DAYS):
            closed = self._calendars.why_closed(day)
            midnight = datetime.combine(day + timedelta(days=1), time())
            if closed is not None:
                self._step(day, False, closed)
            elif midnight - moment >= left:
                self._step(day, True, f"se cumplen las {self.term.amount} horas")
                return (moment + left).replace(tzinfo=zone)
            else:
                self._step(day, True, "horas hábiles")
                left -= midnight - moment
            day, moment = day + timedelta(days=1), midnight
        raise BadInput("El plazo no acaba nunca con estos calendarios.")

    def days_or_months(self, start: date, suspensions: Sequence[Suspension]) -> date:
        """The last day of a term in days, months or years, moved when it is not a business day."""
        self.articles.append("30.3")
        self._step(start, False, "el día del acto no se cuenta")
        stopped = _stopped_days(suspensions)
        if self.term.unit is TermUnit.BUSINESS_DAYS:
            self.articles.append("30.2")
            last = self._count(start, stopped, business=True)
        elif self.term.unit is TermUnit.NATURAL_DAYS:
            self.articles.append("30.2")
            last = self._count(start, stopped, business=False)
        else:
            last = self._months(start, stopped)
        return self._moved(last)

    def _count(self, start: date, stopped: frozenset[date], *, business: bool) -> date:
        left, day = self.term.amount, start
        for _ in range(MAX_DAYS):
            day += timedelta(days=1)
            closed = self._calendars.why_closed(day)
            if day in stopped:
                self._suspended(day)
            elif business and closed is not None:
                self._step(day, False, closed)
            else:
                left -= 1
                self._step(day, True, f"día {self.term.amount - left} de {self.term.amount}")
                if left == 0:
                    return day
        raise BadInput("El plazo no acaba nunca con estos calendarios.")

    def _months(self, start: date, stopped: frozenset[date]) -> date:
        self.articles.append("30.4")
        amount = self.term.amount * (12 if self.term.unit is TermUnit.YEARS else 1)
        last, clipped = add_months(start, amount)
        why = f"el mismo día del mes, {self.term.spanish} después"
        if clipped:
            why = f"ese mes no tiene día {start.day}: se toma el último"
        self._step(last, True, why)
        consumed = start
        while True:
            pending = sum(1 for day in stopped if consumed < day <= last)
            if pending == 0:
                return last
            consumed, last = last, last + timedelta(days=pending)
            self.articles.append("22")
            self._step(last, True, f"se añaden {pending} días de suspensión")

    def _moved(self, last: date) -> date:
        """Art. 30.5: a term that ends on a non-business day ends on the next business day."""
        day = last
        while (closed := self._calendars.why_closed(day)) is not None:
            self.articles.append("30.5")
            self._step(day, False, f"el último día es inhábil, {closed}: pasa al siguiente")
            day += timedelta(days=1)
        if day != last:
            self._step(day, True, "primer día hábil siguiente")
        if self._calendars.person is not None:
            self.articles.append("30.6")
        return day

    def _suspended(self, day: date) -> None:
        self.articles.append("22")
        self._step(day, False, "el plazo está suspendido")

    def _step(self, day: date, counted: bool, why: str) -> None:
        if self._note:
            why, self._note = f"{why}; {self._note}", ""
        self.steps.append(DayStep(day, counted, why))


def _stopped_days(suspensions: Sequence[Suspension]) -> frozenset[date]:
    return frozenset(
        item.first + timedelta(days=offset)
        for item in suspensions
        for offset in range((item.last - item.first).days + 1)
    )


def add_months(day: date, amount: int) -> tuple[date, bool]:
    """The same ordinal `amount` months later, and whether the month was too short for it."""
    index = day.year * 12 + day.month - 1 + amount
    year, month = divmod(index, 12)
    last = months_of_python.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)), day.day > last
