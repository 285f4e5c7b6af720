"""Which terms a change of calendar can reach, and how it is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, false, or_

from engine.clock import MADRID
from engine.deadlines.almanac.loaded import counting_by
from engine.deadlines.almanac.writing import Changes
from engine.deadlines.models import Deadline

_A_DAY = timedelta(days=1)  # for places in another time zone
_TOLD = 3


def reached(
    code: str, places: Iterable[tuple[str, str | None]], changes: Changes
) -> ColumnElement[bool]:
    """The terms that count by that calendar, or by one within it, over any day that changes.

    places: each calendar's code with its parent's. A new year has no earliest end: a term that
    waited for it kept an end before it.
    """
    codes = counting_by(code, places)
    condition = or_(Deadline.seat_calendar.in_(codes), Deadline.person_calendar.in_(codes))
    if changes.place:
        return condition
    days = [*changes.moving, *(date(year, 12, 31) for year in changes.new_years)]
    if not days:
        return false()  # only names: no term ends elsewhere
    condition = and_(condition, Deadline.starts_at < _midnight(max(days) + _A_DAY) + _A_DAY)
    if changes.new_years:
        return condition
    return and_(condition, Deadline.due_at >= _midnight(min(days)) - _A_DAY)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=MADRID)


def words(name: str, changes: Changes) -> str:
    """Why a term moved: `Calendario de Valdecandamo: el 11/12/2026 pasa a ser inhábil (Feria)`."""
    told = []
    for item in changes.days[:_TOLD]:
        if item.change == "removed":
            told.append(f"el {item.day:%d/%m/%Y} deja de ser inhábil ({item.name})")
        elif item.change == "added":
            told.append(f"el {item.day:%d/%m/%Y} pasa a ser inhábil ({item.name})")
    if len(changes.days) > _TOLD:
        told.append(f"y {len(changes.days) - _TOLD} días más")
    told += [f"se publica el año {year}" for year in changes.new_years]
    if changes.place:
        told.append("cambia el lugar")
    return f"Calendario de {name}: {', '.join(told)}"
