"""What the law asks before a term is lengthened: PLZ-14 for the one to resolve, PLZ-15 for the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select

from engine.clock import madrid_date
from engine.deadlines.calendars import Calendars
from engine.deadlines.computation import compute
from engine.deadlines.models import (
    Deadline,
    DeadlineExtension,
    DeadlineKind,
    DeadlineState,
    ExtensionKind,
)
from engine.deadlines.rules import (
    MAXIMUM_EXTENSION,
    PROCEDURAL_EXTENSION,
    TermRule,
    term_rule,
)
from engine.deadlines.seat import seat_calendar
from engine.deadlines.term import Term, TermUnit
from engine.errors import BadInput, RuleBroken
from engine.operation import Act


def article_of(row: Deadline) -> str:
    """The article that allows to lengthen a term."""
    usual = MAXIMUM_EXTENSION if row.kind == DeadlineKind.MAXIMUM.value else PROCEDURAL_EXTENSION
    return _rule(row).extension or usual


def check_extension(act: Act, row: Deadline, term: Term, requested_at: datetime | None) -> None:
    """Raise RuleBroken unless a term under way may be lengthened by `term` now."""
    rule = _rule(row)
    if row.kind == DeadlineKind.ACCESS.value or not rule.extendable:
        raise RuleBroken(f"El plazo de «{row.title}» no puede ampliarse.")
    if term.unit is TermUnit.HOURS:
        raise BadInput("Una ampliación se da en días, meses o años.")
    _check_in_time(act, row, requested_at)
    kind = (
        ExtensionKind.MAXIMUM
        if row.kind == DeadlineKind.MAXIMUM.value
        else ExtensionKind.PROCEDURAL
    )
    earlier = act.session.scalars(
        select(DeadlineExtension.term)
        .where(DeadlineExtension.deadline_id == row.id, DeadlineExtension.kind == kind.value)
        .order_by(DeadlineExtension.decided_at, DeadlineExtension.id)
    ).all()
    if kind is ExtensionKind.MAXIMUM and len(earlier) >= rule.extensions:
        raise RuleBroken("El plazo para resolver ya se amplió y no puede ampliarse otra vez.")
    total = [*(Term.parse(each) for each in earlier), term]
    _check_length(act, row, total, kind)


def _rule(row: Deadline) -> TermRule:
    return term_rule(row.rule, madrid_date(row.starts_at))


def _check_in_time(act: Act, row: Deadline, requested_at: datetime | None) -> None:
    """Both the petition and the decision come before the end (art. 32.3); one that stands still has none."""
    if row.state == DeadlineState.SUSPENDED.value:
        return
    if act.now.replace(microsecond=0) > row.due_at:
        raise RuleBroken("El plazo ya ha vencido: no puede ampliarse (art. 32.3).")
    if requested_at is not None and requested_at > act.now:
        message = "La ampliación no puede haberse pedido en el futuro."
        raise BadInput(message, (("requested_at", message),))


def _check_length(act: Act, row: Deadline, total: Sequence[Term], kind: ExtensionKind) -> None:
    """Compare what is given in all with what the term lasted: in its unit, or else in days that pass."""
    own = Term.parse(row.derivation["term"])
    calendars = Calendars(seat_calendar(act.townhall, act.session))
    same = all(each.unit is own.unit for each in total)

    def days(term: Term, start: datetime) -> int:
        return (compute(start, term, calendars).due.date() - madrid_date(start)).days

    def measured(measure: Callable[[Term], int]) -> tuple[int, int]:
        return sum(measure(each) for each in total), measure(own)

    if same:
        given, lasted = measured(lambda term: term.amount)
    else:
        given, lasted = measured(lambda term: days(term, row.starts_at))
    if kind is ExtensionKind.MAXIMUM and given > lasted:
        raise RuleBroken(
            f"La ampliación no puede ser mayor que el plazo inicial, {own.spanish} (art. 23)."
        )
    if kind is ExtensionKind.PROCEDURAL and given * 2 > lasted:
        raise RuleBroken(
            f"La ampliación no puede pasar de la mitad del plazo, {own.spanish} (art. 32.1)."
        )
