"""Terms under way: opened with their derivation, ended once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from engine.deadlines.models import Deadline, DeadlineState
from engine.deadlines.operations import end_deadline, open_deadline
from engine.deadlines.rules import term_rules
from engine.errors import BadInput
from engine.townhall import TownHall


def test_a_term_keeps_how_it_was_computed(townhall: TownHall) -> None:
    """PLZ-3: ten business days leave out Saturdays, Sundays and holidays."""
    row = open_deadline(
        townhall.system("test"), rule="correction", starts_at=datetime(2026, 11, 24, 9, tzinfo=UTC)
    )
    assert row.due_at.date().isoformat() == "2026-12-10"
    counted = [day for day in row.derivation["days"] if day["counted"]]
    assert len(counted) == 10
    assert any(day["date"] == "2026-12-08" and not day["counted"] for day in row.derivation["days"])


def test_a_term_ends_once(townhall: TownHall) -> None:
    system = townhall.system("test")
    row = open_deadline(system, rule="report", starts_at=townhall.clock.now())
    end_deadline(system, deadline_id=row.id, state=DeadlineState.MET)
    end_deadline(system, deadline_id=row.id, state=DeadlineState.EXPIRED)
    with townhall.database.reading() as session:
        assert session.scalar(select(Deadline.state)) == DeadlineState.MET.value


def test_an_unknown_rule_is_refused(townhall: TownHall) -> None:
    with pytest.raises(BadInput, match="plazo"):
        open_deadline(townhall.system("test"), rule="nope", starts_at=townhall.clock.now())


def test_every_rule_names_its_article() -> None:
    assert all(rule.article and rule.title for rule in term_rules().values())
