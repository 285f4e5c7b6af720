"""Compute when a term ends, with every day counted or not, why, and the article (Ley 39/2015).

The derivation is the answer; the date is its last line.
"""

from __future__ import annotations

import calendar as months_of_python
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from engine.deadlines.calendars import Calendars
from engine.deadlines.filing import filing_instant
from engine.deadlines.term import Term, TermUnit
from engine.errors import BadInput

MAX_DAYS = 20_000
_END_OF_DAY = time(23, 59, 59)
_LAST_YEAR = 9999


@dataclass(frozen=True)
class DayStep:
    """A day of the computation: whether it counted, why, and by which article."""

    date: date
    counted: bool
    why: str
    article: str


@dataclass(frozen=True)
class Suspension:
    """Days in which the maximum term to resolve stands still, both included (art. 22)."""

    first: date
    last: date


@dataclass(frozen=True)
class Extension:
    """What a term was lengthened by, and the article that allows it (arts. 23, 32.1 and 32.4)."""

    term: Term
    article: str


@dataclass(frozen=True)
class Derivation:
    """When a term ends and why. `effective_start` and `due` are aware instants.

    term: as it was counted, halved by urgency if it was, without its extensions; to_the_minute: it
    ends at a minute and not at the end of a day.
    """

    term: Term
    start: datetime
    effective_start: datetime
    due: datetime
    days: tuple[DayStep, ...]
    articles: tuple[str, ...]
    to_the_minute: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The derivation for `andecha deadline compute --json`.

        A term in hours is due at a minute, every other at the end of a day.
        """
        return {
            "effective_start": self.effective_start.isoformat(),
            "due": self.due.isoformat() if self.to_the_minute else self.due.date().isoformat(),
            "days": [
                {
                    "date": step.date.isoformat(),
                    "counted": step.counted,
                    "why": step.why,
                    "article": step.article,
                }
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
    extensions: Sequence[Extension] = (),
) -> Derivation:
    """When the term that begins with an act at `start` ends.

    suspensions: days that stand still, united when they overlap; urgent: halve the term (art. 33), an
    odd one `odd_half` («up» or «down»: the town's setting), never what it was extended by; filing:
    `start` is a filing, whose effective instant is computed first; the term runs from the «deemed» or
    the «real» day (`filing_term_from`); extensions: one in the unit of the term adds to it, another
    goes on from the end that was reached, and art. 30.5 is applied to each end.
    Raises NoCalendarForYear, BadInput.
    """
    try:
        begun = _Computation(calendars, start.astimezone(calendars.seat.timezone), term)
        if filing:
            begun.file(filing_term_from)
        if urgent:
            begun.halve(odd_half)
        begun.count(suspensions, extensions)
    except OverflowError:
        raise BadInput("El plazo acaba más lejos de lo que puede calcularse.") from None
    return begun.derivation(start)


class _Computation:
    """One computation: the days looked at and the articles used. `start` is in the seat's time."""

    def __init__(self, calendars: Calendars, start: datetime, term: Term) -> None:
        self._calendars = calendars
        self._effective = self._from = self._due = start
        self._term = term
        self._days: dict[date, DayStep] = {}
        self._articles: dict[str, None] = {}
        self._stopped: frozenset[date] = frozenset()
        self._note = ""  # a reason to be told with the first day
        self._minute = False

    def derivation(self, start: datetime) -> Derivation:
        """What was found."""
        if self._calendars.person is not None:
            self._cite("30.6")
        return Derivation(
            self._term,
            start,
            self._effective,
            self._due,
            tuple(self._days[day] for day in sorted(self._days)),
            tuple(self._articles),
            self._minute,
        )

    def file(self, term_from: str) -> None:
        """Find the instant at which a filing takes effect and the one from which its term runs."""
        found = filing_instant(self._from, self._calendars.seat)
        if not found.moved:
            return
        day, deemed = self._from.date(), found.effective.date()
        self._step(day, False, f"presentada en día inhábil: {found.reason}", "31.2.b")
        self._cite("31.3")
        self._effective = found.effective.astimezone(self._calendars.seat.timezone)
        if term_from == "real":
            return
        while (day := day + timedelta(days=1)) < deemed:
            why = self._calendars.seat.why_closed(day)
            self._step(day, False, f"sigue siendo inhábil: {why}", "31.2.b")
        self._from = self._effective

    def halve(self, odd_half: str) -> None:
        """Art. 33: urgency halves terms; an odd one goes the way that the town decided."""
        half, odd = divmod(self._term.amount, 2)
        if odd and odd_half == "up":
            half += 1
        self._cite("33")
        why = f"urgencia: {self._term.spanish} se reducen a la mitad"
        if odd:
            why += f", que el ayuntamiento redondea {'hacia arriba' if odd_half == 'up' else 'hacia abajo'}"
        self._term = replace(self._term, amount=max(1, half))
        self._note = f"{why} ({self._term.spanish})"

    def count(self, suspensions: Sequence[Suspension], extensions: Sequence[Extension]) -> None:
        """Count the term and what it was extended by, stretch by stretch."""
        self._stopped = _stopped_days(suspensions, self._from.date())
        for index, stretch in enumerate(_stretches(self._term, extensions)):
            if stretch.term.unit is not TermUnit.HOURS:
                last = self._days_or_months(self._due.date() if index else None, stretch)
                zone = self._calendars.seat.timezone
                self._due, self._minute = datetime.combine(last, _END_OF_DAY, tzinfo=zone), False
            elif index:
                raise BadInput("Un plazo en días se amplía en días, meses o años.")
            else:
                self._due, self._minute = self._hours(stretch), True
            for extension in stretch.extensions:
                self._cite(extension.article)

    def _hours(self, stretch: _Stretch) -> datetime:
        """Hour by hour, to the minute; all the hours of a business day are business hours (30.1).

        They are hours that pass: a business day on which the clock changes has 23 or 25.
        """
        zone = self._calendars.seat.timezone
        left = timedelta(hours=stretch.term.amount)
        moment, day = self._from.astimezone(UTC), self._from.date()
        for _ in range(MAX_DAYS):
            midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
            available = midnight.astimezone(UTC) - moment
            closed = self._closed(day)
            if day in self._stopped:
                self._suspended(day)
            elif closed is not None:
                self._step(day, False, *closed)
            elif available >= left:
                self._step(day, True, f"se cumplen las {stretch.term.amount} horas", "30.1")
                return (moment + left).astimezone(zone)
            else:
                self._step(day, True, "horas hábiles", "30.1")
                left -= available
            day, moment = day + timedelta(days=1), midnight.astimezone(UTC)
        raise BadInput("El plazo no acaba nunca con estos calendarios.")

    def _days_or_months(self, reached: date | None, stretch: _Stretch) -> date:
        """The last day of a stretch in days, months or years, moved when it is not a business day.

        reached: where the stretch before ended; none for the first, that begins with the act.
        """
        start = reached or self._from.date()
        if reached is None:
            self._step(start, False, "el día del acto no se cuenta", "30.3")
        if stretch.term.unit in (TermUnit.BUSINESS_DAYS, TermUnit.NATURAL_DAYS):
            last = self._count(start, stretch)
        else:
            last = self._months(start, stretch)
        return self._moved(last)

    def _count(self, start: date, stretch: _Stretch) -> date:
        business = stretch.term.unit is TermUnit.BUSINESS_DAYS
        number, day = 0, start
        for _ in range(MAX_DAYS):
            day += timedelta(days=1)
            closed = self._closed(day)
            if day in self._stopped:
                self._suspended(day)
            elif business and closed is not None:
                self._step(day, False, *closed)
            else:
                number += 1
                self._step(day, True, *stretch.words(number))
                if number == stretch.term.amount:
                    return day
        raise BadInput("El plazo no acaba nunca con estos calendarios.")

    def _months(self, start: date, stretch: _Stretch) -> date:
        amount = stretch.term.amount * (12 if stretch.term.unit is TermUnit.YEARS else 1)
        ordinal, clipped = add_months(start, amount)
        why = f"el mismo día del mes, {stretch.term.spanish} después"
        if clipped:
            why = f"ese mes no tiene día {start.day}: se toma el último"
        if stretch.lengthened:
            why += ", con la ampliación"
        self._step(ordinal, True, why, "30.4")
        last, consumed = ordinal, start
        while pending := sum(1 for day in self._stopped if consumed < day <= last):
            consumed, last = last, last + timedelta(days=pending)
        for day in sorted(self._stopped):
            if start < day <= last:
                self._suspended(day)
        if last != ordinal:
            added = (last - ordinal).days
            days = "un día" if added == 1 else f"{added} días"
            self._step(
                last, True, f"se añaden los {days} de suspensión".replace("los un", "un"), "22"
            )
        return last

    def _moved(self, last: date) -> date:
        """Art. 30.5: a term that ends on a non-business day ends on the next business day."""
        day = last
        while True:
            closed = self._closed(day)
            if closed is not None:
                why = f"el último día es inhábil, {closed[0]}: pasa al siguiente"
                self._step(day, False, why, "30.5")
            elif day in self._stopped:
                self._suspended(day)
            else:
                break
            day += timedelta(days=1)
        if day != last:
            self._step(day, True, "primer día hábil siguiente", "30.5")
        return day

    def _closed(self, day: date) -> tuple[str, str] | None:
        """Why a day is no business day and the article that says so, or None when it is one."""
        seat, person = self._calendars.seat, self._calendars.person
        reason = seat.why_closed(day)
        if reason is not None:
            return reason, "30.2"
        reason = None if person is None else person.why_closed(day)
        return None if reason is None else (reason, "30.6")

    def _suspended(self, day: date) -> None:
        self._step(day, False, "el plazo está suspendido", "22")

    def _cite(self, article: str) -> None:
        self._articles.setdefault(article)

    def _step(self, day: date, counted: bool, why: str, article: str) -> None:
        """Write down a day; what is said twice of one day is said together, the last word holding."""
        self._cite(article)
        if day in self._days:
            why = f"{self._days[day].why}; {why}"
        if self._note:
            why, self._note = f"{why}; {self._note}", ""
        self._days[day] = DayStep(day, counted, why, article)


@dataclass(frozen=True)
class _Stretch:
    """A part of a term counted in one unit: the whole of it, and how much of that was the term's own."""

    term: Term
    own: int
    extensions: tuple[Extension, ...] = ()

    @property
    def lengthened(self) -> bool:
        return self.term.amount > self.own

    def words(self, number: int) -> tuple[str, str]:
        """Why a day counts and by which article: of the term, or of the extension that gave it."""
        said = f"día {number} de {self.term.amount}"
        if number <= self.own:
            return said, "30.2"
        end = self.own
        for extension in self.extensions:
            end += extension.term.amount
            if number <= end:
                break
        return f"{said}, de la ampliación", extension.article


def _stretches(term: Term, extensions: Sequence[Extension]) -> list[_Stretch]:
    """The term with what it was extended by in its own unit; then each other unit on its own."""
    found = [_Stretch(term, term.amount)]
    for extension in extensions:
        last = found[-1]
        if extension.term.unit is last.term.unit:
            longer = replace(last.term, amount=last.term.amount + extension.term.amount)
            found[-1] = replace(last, term=longer, extensions=(*last.extensions, extension))
        else:
            found.append(_Stretch(extension.term, 0, (extension,)))
    return found


def _stopped_days(suspensions: Sequence[Suspension], start: date) -> frozenset[date]:
    """The days after the act that stand still, each once however many suspensions have it."""
    found: set[date] = set()
    for item in suspensions:
        if item.last < item.first:
            raise BadInput(f"La suspensión del {item.first} acaba antes de empezar.")
        first = max(item.first, start)
        days = min((item.last - first).days + 1, MAX_DAYS)
        found.update(first + timedelta(days=offset) for offset in range(days))
    return frozenset(found)


def add_months(day: date, amount: int) -> tuple[date, bool]:
    """The same ordinal `amount` months later, and whether the month was too short for it.

    Raises OverflowError after the last year that a date may have.
    """
    index = day.year * 12 + day.month - 1 + amount
    year, month = divmod(index, 12)
    if year > _LAST_YEAR:
        raise OverflowError("no date is that far")
    last = months_of_python.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)), day.day > last
