"""Very many open terms: what a change of calendar costs, foreseen and then done, and an incident."""

from __future__ import annotations

import itertools
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import func, select

from engine.clock import FixedClock
from engine.db import libpq_url
from engine.deadlines.almanac.operations import propose_day, publish_calendar
from engine.deadlines.calendars import Calendar, Calendars
from engine.deadlines.computation import Derivation, compute
from engine.deadlines.incidents.models import IncidentCause
from engine.deadlines.incidents.operations import declare_incident
from engine.deadlines.models import Deadline
from engine.deadlines.moves import moves
from engine.deadlines.rules import TermRule, term_rule
from engine.deadlines.seat import calendar_of, seat_calendar
from engine.ids import new_id
from engine.townhall import TownHall
from web.cli.benchmarks.measure import Statements

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
"""A day that the packaged calendars cover: what is measured does not depend on today."""
CHANGED = date(2026, 12, 9)
_RULES = (
    "correction",
    "allegations",
    "public_information",
    "notification_access",
    "resolve",
    "report",
)
_NEIGHBOUR = "castroquemado"
_BACK = 20
_COLUMNS = (
    "entity_id", "id", "rule", "title", "article", "kind", "term", "urgent", "filing", "seat_calendar",
    "person_calendar", "expediente_id", "person_id", "starts_at", "due_at", "state", "ended_at",
    "derivation",
)  # fmt: skip


def run(townhall: TownHall, *, terms: int) -> dict[str, Any]:
    """Open so many terms, add a day to the region's calendar, and declare an incident.

    concerned: terms that may count that day; moved: those whose end changed; `moved_counted` counts
    them again from the table, by their ends before and after.
    """
    townhall.clock = FixedClock(NOW)
    began = time.perf_counter()
    groups = open_terms(townhall, terms)
    opened_s = time.perf_counter() - began
    before = _ends(townhall)
    call = townhall.system("bench")
    began = time.perf_counter()
    edition = propose_day(
        call, calendar="asturias", day=CHANGED, name="Luto oficial", source="Decreto de prueba"
    )
    foreseen_s = time.perf_counter() - began
    foreseen = edition.moved
    with Statements(townhall) as watched:
        began = time.perf_counter()
        done = publish_calendar(call, edition_id=edition.id)
        seconds = time.perf_counter() - began
    began = time.perf_counter()
    with townhall.database.reading() as session:
        listed = len(moves(session, edition.id))
    listed_ms = 1000 * (time.perf_counter() - began)
    after = _ends(townhall)
    return {
        "terms": terms,
        "groups": groups,
        "opened_s": round(opened_s, 2),
        "foreseen_s": round(foreseen_s, 2),
        "foreseen": foreseen,
        "seconds": round(seconds, 2),
        "concerned": done.count,
        "moved": done.moved,
        "moved_counted": sum(before[key] != due for key, due in after.items()),
        "left": done.left,
        "statements": watched.statements,
        "listed": listed,
        "listed_ms": round(listed_ms, 1),
        **_incident(townhall),
    }


def _incident(townhall: TownHall) -> dict[str, Any]:
    began = time.perf_counter()
    row = declare_incident(
        townhall.system("bench"),
        title="La sede no respondía",
        cause=IncidentCause.TECHNICAL,
        services="Toda la sede",
        reason="Prueba de carga",
        from_at=NOW - timedelta(hours=1),
        until_at=None,
        extension_days=1,
    )
    return {
        "incident_s": round(time.perf_counter() - began, 2),
        "incident_extended": row.extended,
        "incident_moved": row.moved,
    }


def _ends(townhall: TownHall) -> dict[UUID, datetime]:
    with townhall.database.reading() as session:
        return {row.id: row.due_at for row in session.execute(select(Deadline.id, Deadline.due_at))}


@dataclass(frozen=True)
class _Kind:
    """Terms that end at the same instant: what differs is the minute and whose they are."""

    rule: TermRule
    start: datetime
    urgent: bool
    filing: bool
    neighbour: bool


def open_terms(townhall: TownHall, count: int) -> int:
    """Put so many open terms of the last weeks in the table; in how many different ways they count."""
    with townhall.database.reading() as session:
        seat = seat_calendar(townhall, session)
        other = calendar_of(townhall, session, _NEIGHBOUR)
    kinds = list(_kinds(seat, other))
    chance = random.Random(4)  # noqa: S311 - the same terms each time
    url = libpq_url(townhall.settings.owner_url or townhall.database.url)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        columns = sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
        with cursor.copy(sql.SQL("COPY deadline ({}) FROM STDIN").format(columns)) as copy:
            for kind, derivation in itertools.islice(itertools.cycle(kinds), count):
                minute = timedelta(seconds=chance.randrange(6 * 3600))
                copy.write_row(_row(townhall, kind, derivation, seat.id, minute))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE deadline")
    with townhall.database.reading() as session:
        found = session.scalar(select(func.count()).select_from(Deadline))
    if found != count:
        raise ValueError(f"{found} terms in the table instead of {count}")
    return len(kinds)


def _kinds(seat: Calendar, other: Calendar) -> Iterator[tuple[_Kind, Derivation]]:
    """The ways in which the terms that are open today count, with their derivations."""
    for back, key in itertools.product(range(_BACK), _RULES):
        start = NOW - timedelta(days=back, hours=2)
        rule = term_rule(key)
        for urgent, filing, neighbour in itertools.product((False, True), repeat=3):
            if (urgent and not rule.urgent) or (filing and key != "resolve"):
                continue
            derivation = compute(
                start,
                rule.term,
                Calendars(seat, other if neighbour else None),
                urgent=urgent,
                filing=filing,
            )
            if derivation.due > NOW:
                yield _Kind(rule, start, urgent, filing, neighbour), derivation


def _row(
    townhall: TownHall, kind: _Kind, derivation: Derivation, seat: str, minute: timedelta
) -> tuple[Any, ...]:
    rule, town = kind.rule, townhall.settings.town
    start = kind.start + (timedelta() if derivation.to_the_minute else minute)
    details = {
        "term": str(derivation.term),
        "odd_half": town.odd_half,
        "filing_term_from": town.filing_term_from,
        **derivation.to_dict(),
    }
    return (
        townhall.settings.entity_id,
        new_id(),
        rule.key,
        rule.title,
        rule.article,
        rule.kind.value,
        str(rule.term),
        kind.urgent,
        kind.filing,
        seat,
        _NEIGHBOUR if kind.neighbour else None,
        new_id(),
        None,
        start,
        derivation.due,
        "open",
        None,
        json.dumps(details),
    )
