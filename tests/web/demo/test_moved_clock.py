"""The demonstration's town some weeks ahead: its terms end, and loading it again adds nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from factories.moved_town import put_at_disposal
from factories.small_town import NOON, small_town
from sqlalchemy import select

from engine.clock import FixedClock
from engine.deadlines.models import Deadline, DeadlineState
from engine.demo_clock.clock import DemoClock
from engine.demo_clock.operations import move_clock
from engine.embedded import EmbeddedServer
from engine.notifications.models import Notification
from engine.worker import drain
from engine.workflow.queries import incidents
from tests.web.demo.test_demo_town import rows_of
from web.demo import load

KEPT = ("person", "official", "invoice", "contract", "expediente", "procedure_version")


def test_terms_end_in_a_town_that_is_moved_and_it_is_not_told_twice(
    server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with small_town(server, tmp_path_factory.mktemp("moved")) as town:
        town.clock = DemoClock(town.database, FixedClock(NOON))
        sent = put_at_disposal(town)
        drain(town)
        move_clock(town.system("test"), to=town.clock.now() + timedelta(days=30))
        drain(town)
        with town.database.reading() as session:
            state = session.scalar(select(Notification.state).where(Notification.id == sent.id))
            term = session.scalar(
                select(Deadline.state).where(Deadline.rule == "notification_access")
            )
            assert incidents(session) == ()
        assert (state, term) == ("expired", DeadlineState.EXPIRED)
        before = rows_of(town)
        load(town, small=True)
        after = rows_of(town)
        assert {name: after[name] for name in KEPT} == {name: before[name] for name in KEPT}
