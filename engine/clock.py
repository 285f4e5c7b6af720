"""The only place where time is read. Everything else receives a clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

MADRID = ZoneInfo("Europe/Madrid")


class Clock(Protocol):
    """Gives the present instant."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The computer's clock, which operations keeps in step by NTP."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is told to move forward."""

    def __init__(self, instant: datetime) -> None:
        if instant.tzinfo is None:
            raise ValueError("a clock needs an aware instant")
        self._instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        return self._instant

    def advance(self, step: timedelta) -> None:
        """Move forward by `step`; a clock never goes back."""
        if step < timedelta(0):
            raise ValueError("a clock never goes back")
        self._instant += step


def madrid_date(instant: datetime) -> date:
    """The calendar day of an aware instant in the town's official time."""
    return instant.astimezone(MADRID).date()
