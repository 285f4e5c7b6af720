"""Entries of the registry made at once by several people: the counter's row lock orders them."""

from __future__ import annotations

from typing import Any

from engine.clock import madrid_date
from engine.registry import operations, queries
from engine.registry.models import Book
from engine.townhall import TownHall
from web.cli.benchmarks.measure import measure
from web.demo.people import person_id, unit_id

_PERSON = "98146497T"


def run(townhall: TownHall, *, times: int, threads: int) -> dict[str, Any]:
    """Make so many entries and look at their numbers afterwards."""
    call = townhall.system("bench")
    person, unit = person_id(call, _PERSON), unit_id(call, "OAR")

    def enter(number: int) -> None:
        operations.enter(
            call, book=Book.ENTRY, subject=f"Escrito {number}", unit_id=unit, person_id=person
        )

    return {**measure(townhall, enter, times=times, threads=threads), "gapless": gapless(townhall)}


def gapless(townhall: TownHall) -> bool:
    """Whether the numbers of the year are 1, 2, 3… in the order of their instants."""
    year = madrid_date(townhall.clock.now()).year
    with townhall.database.reading() as session:
        rows = queries.in_order_of_effect(session, Book.ENTRY, year)
    rows = tuple(sorted(rows, key=lambda row: row.number))
    instants = [row.presented_at for row in rows]
    return [row.number for row in rows] == list(range(1, len(rows) + 1)) and instants == sorted(
        instants
    )
