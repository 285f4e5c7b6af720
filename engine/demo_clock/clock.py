"""A clock that runs ahead of another one by what a row says: the same for every process of a town."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from engine.clock import Clock, SystemClock
from engine.db import Database

log = structlog.get_logger(__name__)

FRESH_SECONDS = 0.5
"""For how long a process trusts what it read: so late, at most, it notices a move made by another."""

_READ = text("SELECT ahead FROM demo_clock WHERE entity_id = :entity")


class DemoClock:
    """Real time and what the demonstration is ahead of it, read again every half second at most.

    base: the clock that runs by itself. It never goes back: a row that says less than was read before
    is not believed. When the database does not answer, what was read last holds; SQLAlchemyError only
    when nothing was ever read.
    """

    def __init__(self, database: Database, base: Clock | None = None) -> None:
        self.base = base or SystemClock()
        self._database = database
        self._ahead: timedelta | None = None
        self._read_at = 0.0
        self._reading = threading.Lock()

    def now(self) -> datetime:
        return self.base.now() + self.ahead()

    def ahead(self) -> timedelta:
        """How far ahead of its base the town lives."""
        if self._ahead is None:
            with self._reading:
                return self._ahead if self._ahead is not None else self._read()
        # One thread asks and the others go on with what is known: a pool is never emptied by this.
        if time.monotonic() - self._read_at >= FRESH_SECONDS and self._reading.acquire(
            blocking=False
        ):
            try:
                return self._read()
            except SQLAlchemyError as error:
                log.warning("demo clock not read", error=type(error).__name__)
            finally:
                self._read_at = time.monotonic()
                self._reading.release()
        return self._ahead

    def look_again(self) -> None:
        """Read the row when the time is next asked for: it was just changed."""
        self._read_at = -FRESH_SECONDS

    def _read(self) -> timedelta:
        with self._database.reading() as session:
            found = session.scalar(_READ, {"entity": self._database.entity_id}) or timedelta(0)
        self._ahead = max(found, self._ahead or timedelta(0))
        self._read_at = time.monotonic()
        return self._ahead


def town_clock(database: Database, *, demo: bool) -> Clock:
    """The clock of a town hall: the computer's, and in the demonstration one that can be moved."""
    return DemoClock(database) if demo else SystemClock()
