"""The register's next number and the instant of reception, both under the counter's lock.

Without gaps because the transaction that writes the invoice gives the number: what is rolled back
gives it back (art. 9.2 of Ley 25/2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from engine.clock import madrid_date
from engine.finance.models import InvoiceCounter
from engine.operation import Act


@dataclass(frozen=True)
class RegisterPlace:
    """The place of an invoice in the register."""

    year: int
    number: int
    code: str
    received_at: datetime


class Register:
    """The register, locked by this transaction until its end; it gives places one after the other."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._counter = self._lock()

    def _lock(self) -> InvoiceCounter:
        """Wait for the counter of the year; when the year ended meanwhile, for the next one's."""
        year = madrid_date(self._act.clock.now()).year
        while True:
            counter = self._locked(year)
            self.received_at = max(self._act.clock.now(), counter.last_received_at)
            reached = madrid_date(self.received_at).year
            if reached == year:
                return counter
            year = reached

    def _locked(self, year: int) -> InvoiceCounter:
        session = self._act.session
        session.execute(
            insert(InvoiceCounter)
            .values(
                entity_id=self._act.entity_id,
                year=year,
                last=0,
                last_received_at=self._act.clock.now(),
            )
            .on_conflict_do_nothing()
        )
        return session.scalars(
            select(InvoiceCounter)
            .where(InvoiceCounter.year == year)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()

    def next_place(self) -> RegisterPlace:
        """Take the next number."""
        counter = self._counter
        counter.last += 1
        counter.last_received_at = self.received_at
        code = f"RCF-{counter.year}-{counter.last:06d}"
        return RegisterPlace(counter.year, counter.last, code, self.received_at)
