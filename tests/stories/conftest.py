"""Stories: a town with its people, on Tuesday 24 November 2026, and a clock that goes forward."""

from __future__ import annotations

import pytest
from factories.story import Story

from engine.clock import FixedClock
from engine.townhall import TownHall


@pytest.fixture
def story(hall: TownHall, clock: FixedClock) -> Story:
    told = Story(hall, clock)
    told.prepare()
    return told
