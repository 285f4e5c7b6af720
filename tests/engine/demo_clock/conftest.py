"""Town halls of one database whose clocks are moved together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from engine.assembly import assemble
from engine.clock import FixedClock
from engine.demo_clock.clock import DemoClock
from engine.settings import Settings
from engine.townhall import TownHall

Make = Callable[[], TownHall]


@pytest.fixture
def another_process(settings: Settings, clock: FixedClock) -> Iterator[Make]:
    """`another_process()`: a town hall as another process of the installation has it."""
    made: list[TownHall] = []

    def make() -> TownHall:
        townhall = assemble(settings)
        townhall.clock = DemoClock(townhall.database, clock)
        made.append(townhall)
        return townhall

    yield make
    for townhall in made:
        townhall.database.dispose()
