"""When a failed attempt to deliver the paper counts (art. 42.2 of Ley 39/2015; NOT-12)."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from engine.deadlines.calendars import Calendars
from engine.deadlines.computation import compute
from engine.deadlines.term import Term
from engine.notifications.models import PostalAttempt, PostalResult

_DATA = Path(__file__).parent / "data" / "postal.toml"


@dataclass(frozen=True)
class PostalRules:
    """The rules in force, from the data file."""

    since: date
    article: str
    second_within: Term
    turn_of_day: time
    apart: timedelta
    minimum_age: int


@cache
def postal_rules() -> PostalRules:
    """The rules of the two attempts."""
    raw = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    return PostalRules(
        since=date.fromisoformat(raw["from"]),
        article=raw["article"],
        second_within=Term.parse(raw["second_within"]),
        turn_of_day=raw["turn_of_day"],
        apart=timedelta(hours=raw["hours_apart"]),
        minimum_age=int(raw["minimum_age"]),
    )


class Place(StrEnum):
    """What a failed attempt is: the first of two, the second that ends them, or none of them.

    late: too late to be the second, so it is a first one again and the earlier counts no more.
    """

    FIRST = "first"
    SECOND = "second"
    LATE = "late"
    VOID = "void"


@dataclass(frozen=True)
class Verdict:
    """The place of an attempt, and why it (or, when late, the earlier one) does not count."""

    place: Place
    why: str | None = None


def judge(first: datetime | None, at: datetime, calendars: Calendars) -> Verdict:
    """Where an attempt that found nobody stands; first: the earlier one that counts, if any.

    The hours are those of the day: a second attempt at almost the same hour of the next day would
    find the same empty house. Raises NoCalendarForYear.
    """
    if first is None:
        return Verdict(Place.FIRST)
    rules, zone = postal_rules(), calendars.seat.timezone
    if at > compute(first, rules.second_within, calendars).due:
        return Verdict(
            Place.LATE,
            f"El segundo intento no se hizo dentro de los {rules.second_within.spanish} siguientes.",
        )
    hours = first.astimezone(zone).time(), at.astimezone(zone).time()
    turn = f"las {rules.turn_of_day:%H:%M}"
    if (hours[0] < rules.turn_of_day) == (hours[1] < rules.turn_of_day):
        side = "después" if hours[0] < rules.turn_of_day else "antes"
        return Verdict(Place.VOID, f"El segundo intento debe hacerse {side} de {turn}.")
    if abs(_since_midnight(hours[1]) - _since_midnight(hours[0])) < rules.apart:
        apart = rules.apart // timedelta(hours=1)
        return Verdict(Place.VOID, f"Entre los dos intentos debe haber al menos {apart} horas.")
    return Verdict(Place.SECOND)


def _since_midnight(moment: time) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second)


def standing(attempts: Sequence[PostalAttempt]) -> tuple[PostalAttempt, ...]:
    """The attempts that found nobody and count: none, the first, or the two."""
    return tuple(
        attempt
        for attempt in attempts
        if attempt.result == PostalResult.ABSENT and attempt.why_void is None
    )


def exhausted(attempts: Sequence[PostalAttempt]) -> bool:
    """Whether the paper cannot be delivered: unknown there, or absent twice as the law wants."""
    unknown = any(attempt.result == PostalResult.UNKNOWN for attempt in attempts)
    return unknown or len(standing(attempts)) > 1
