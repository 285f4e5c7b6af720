"""Priority in words: people choose among three, models among a hundred."""

from __future__ import annotations

from enum import StrEnum

from engine.workflow.models import PRIORITY

HIGHEST = 100
_HIGH_FROM, _LOW_UNTIL = 67, 33


class Priority(StrEnum):
    """How soon a work item is to be done, beside its term."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def number(self) -> int:
        """What is written down for it, from 0 to 100."""
        return _NUMBERS[self]

    @property
    def bounds(self) -> tuple[int, int]:
        """The lowest and the highest number that the word stands for."""
        return _BOUNDS[self]


_NUMBERS = {Priority.HIGH: 80, Priority.NORMAL: PRIORITY, Priority.LOW: 20}
_BOUNDS = {
    Priority.HIGH: (_HIGH_FROM, HIGHEST),
    Priority.NORMAL: (_LOW_UNTIL + 1, _HIGH_FROM - 1),
    Priority.LOW: (0, _LOW_UNTIL),
}


def priority_of(number: int) -> Priority:
    """The word for a number."""
    return next(word for word in Priority if word.bounds[0] <= number <= word.bounds[1])
