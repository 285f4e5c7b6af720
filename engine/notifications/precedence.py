"""Of several ends of one notification, in whatever order they are known, which one the law takes.

The first access or rejection counts, in whichever channel it was (art. 41.7 of Ley 39/2015); without
any in the term, it is over when its last day ends (art. 43.2; NOT-4, NOT-6).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

END_OF_DAY = timedelta(seconds=1)
"""A term is due at 23:59:59 and its last day runs to its end."""


class Ruling(StrEnum):
    """What an end that is told is worth.

    ends: it ends the notification; corrects: it happened before the end that was known;
    second: another came first; late: the term to read it was over; impossible: before it was at
    disposal, or in the future.
    """

    ENDS = "ends"
    CORRECTS = "corrects"
    SECOND = "second"
    LATE = "late"
    IMPOSSIBLE = "impossible"

    @property
    def counts(self) -> bool:
        """Whether the notification ends, or ended, by it."""
        return self in (Ruling.ENDS, Ruling.CORRECTS)


@dataclass(frozen=True)
class KnownEnd:
    """The end that is known so far; expired: nobody accessed, the term ended it."""

    at: datetime
    expired: bool = False

    @property
    def until(self) -> datetime:
        """What happened before this instant goes first: an expiry is the end of its last day."""
        return self.at + END_OF_DAY if self.expired else self.at


@dataclass(frozen=True)
class Window:
    """When it may be accessed: from its availability to the end of its last day (None: no term)."""

    opens: datetime
    due: datetime | None

    @property
    def closes(self) -> datetime | None:
        """The first instant that is too late."""
        return None if self.due is None else self.due + END_OF_DAY


def rule(known: KnownEnd | None, at: datetime, window: Window, now: datetime) -> Ruling:
    """What an access or a rejection at `at` is worth, when it is known at `now`."""
    if at < window.opens or at > now:
        return Ruling.IMPOSSIBLE
    if window.closes is not None and at >= window.closes:
        return Ruling.LATE
    if known is None:
        return Ruling.ENDS
    return Ruling.CORRECTS if at < known.until else Ruling.SECOND
