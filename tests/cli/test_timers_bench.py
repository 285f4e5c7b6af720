"""Very many timers wait: an idle worker costs next to nothing, and what is due fires soon."""

from __future__ import annotations

import os

import pytest

from engine.townhall import TownHall
from web.cli.benchmarks import timers

FULL_SIZE = os.environ.get("ANDECHA_SOAK") == "1"


@pytest.fixture
def clock() -> None:
    """The computer's own: the worker is another process."""


def test_a_worker_among_many_timers_idles_and_then_fires_what_is_due(townhall: TownHall) -> None:
    """100,000 pending: idle below 1 % of a core; a due one fires within 2 s at p99 (full size)."""
    result = timers.run(
        townhall,
        timers=100_000 if FULL_SIZE else 2000,
        idle_seconds=60 if FULL_SIZE else 2,
        due=300 if FULL_SIZE else 20,
        at_once=1000 if FULL_SIZE else 60,
        settle_seconds=timers.SETTLE_SECONDS if FULL_SIZE else 0,
        spread_seconds=30 if FULL_SIZE else 3,
    )
    print(result)
    assert result["pending"] == (100_000 if FULL_SIZE else 2000)
    assert (result["fired"], result["at_once"]) == ((300, 1000) if FULL_SIZE else (20, 60))
    assert result["idle_cpu_percent_worker"] < (1.0 if FULL_SIZE else 50.0)
    assert 0 <= result["p50_s"] <= result["p99_s"] < (2.0 if FULL_SIZE else 60.0)
