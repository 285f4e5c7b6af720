"""What is wrong with a decision, naming the decision and the cell."""

from __future__ import annotations

from engine.errors import TownHallError


class DecisionError(TownHallError):
    """A decision that cannot be read or that fails on these values; `place` names the element."""

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place
