"""The next number and the official instant, both under the counter's lock (art. 16.2 Ley 39/2015).

The number is without gaps because it is given by the same transaction that writes the entry: what
is rolled back gives its number back. The order of the numbers is the order of the instants because
the clock is read only when the lock is held.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from engine.clock import madrid_date
from engine.operation import Act
from engine.registry.models import Book, RegistryCounter

MAX_CODE = 20
_LETTERS = {Book.ENTRY: "E", Book.EXIT: "S"}


@dataclass(frozen=True)
class Place:
    """The place of an entry in its book."""

    year: int
    number: int
    code: str
    presented_at: datetime


def take_place(act: Act, book: Book, office: str) -> Place:
    """Wait for the counter, read the clock, take the next number.

    The lock is held until the transaction ends: call this last, when all else is checked.
    """
    year = madrid_date(act.clock.now()).year
    while True:
        counter = _locked(act, book, office, year)
        presented_at = max(act.clock.now(), counter.last_presented_at)
        reached = madrid_date(presented_at).year
        if reached == year:
            break
        # The year ended while waiting: the entry belongs to the next series.
        year = reached
    number = act.session.execute(
        update(RegistryCounter)
        .where(
            RegistryCounter.book == book.value,
            RegistryCounter.office == office,
            RegistryCounter.year == year,
        )
        .values(last=RegistryCounter.last + 1, last_presented_at=presented_at)
        .returning(RegistryCounter.last)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    return Place(year, number, entry_code(book, year, number), presented_at)


def _locked(act: Act, book: Book, office: str, year: int) -> RegistryCounter:
    """The counter's row, locked; the first entry of the year makes it."""
    act.session.execute(
        insert(RegistryCounter)
        .values(
            entity_id=act.entity_id,
            book=book.value,
            office=office,
            year=year,
            last=0,
            last_presented_at=act.clock.now(),
        )
        .on_conflict_do_nothing()
    )
    return act.session.scalars(
        select(RegistryCounter)
        .where(
            RegistryCounter.book == book.value,
            RegistryCounter.office == office,
            RegistryCounter.year == year,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def entry_code(book: Book, year: int, number: int) -> str:
    """`2026-E-000123`: the number as people read it, ordered as text while below a million."""
    code = f"{year}-{_LETTERS[book]}-{number:06d}"
    if len(code) > MAX_CODE:
        raise ValueError("a registry number has at most 20 characters (SICRES)")
    return code
