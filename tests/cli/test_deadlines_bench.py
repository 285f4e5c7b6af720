"""Very many open terms: a change of calendar dates again those that it concerns, and lists them."""

from __future__ import annotations

import os

from engine.deadlines.moves import PAGE
from engine.townhall import TownHall
from web.cli.benchmarks import deadlines

FULL_SIZE = os.environ.get("ANDECHA_SOAK") == "1"
TERMS = 100_000 if FULL_SIZE else 2_000


def test_a_change_of_calendar_dates_again_every_open_term_that_counts_it(
    townhall: TownHall,
) -> None:
    """PLZ-18: as many as the table shows to have moved; 100,000 in under 30 s (full size)."""
    result = deadlines.run(townhall, terms=TERMS)
    print(result)
    assert result["terms"] == TERMS
    assert 0 < result["moved"] < result["concerned"] < TERMS
    assert result["moved"] == result["moved_counted"] == result["foreseen"]
    assert result["left"] == 0
    assert result["listed"] == PAGE
    assert result["statements"] < 40 + TERMS // 500
    assert 0 < result["incident_moved"] <= result["incident_extended"] < TERMS
    if FULL_SIZE:
        assert result["seconds"] < 30
