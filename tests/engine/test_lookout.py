"""The look-out of a worker: each duty is done when it is due, and nothing while nothing waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from engine.clock import FixedClock
from engine.jobs import DutyInfo
from engine.lookout import LookOut
from engine.townhall import TownHall


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[Any]]:
    with capture_logs() as logs:
        yield logs


class Kept:
    """A look-out at work, and which duties were done when."""

    def __init__(self, townhall: TownHall, *duties: DutyInfo) -> None:
        self.done: list[tuple[str, float]] = []
        self._stop = threading.Event()
        lookout = LookOut(townhall, duties, self._do)
        self._thread = threading.Thread(target=lookout.keep, args=(self._stop,))
        self._townhall = townhall
        self.began = time.monotonic()
        self._thread.start()

    def _do(self, info: DutyInfo) -> None:
        self.done.append((info.name, time.monotonic() - self.began))
        info.run(self._townhall)

    def times(self, name: str) -> list[float]:
        return [at for done, at in self.done if done == name]

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


def nothing(_townhall: TownHall) -> None:
    """Do nothing."""


@pytest.fixture
def keep(townhall: TownHall) -> Iterator[Callable[..., Kept]]:
    kept: list[Kept] = []

    def keep(*duties: DutyInfo) -> Kept:
        kept.append(Kept(townhall, *duties))
        return kept[-1]

    yield keep
    for each in kept:
        each.stop()


def wait_for(condition: Callable[[], object], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_a_duty_is_done_at_its_instant_though_its_period_is_longer(
    townhall: TownHall, keep: Callable[..., Kept]
) -> None:
    began = time.monotonic()
    due = townhall.clock.now() + timedelta(seconds=0.8)
    done = threading.Event()

    def look(_hall: TownHall, _session: Session) -> datetime | None:
        # The town's clock stands still in tests: what is left of the wait is told by hand.
        left = due - timedelta(seconds=time.monotonic() - began)
        return None if done.is_set() else left

    kept = keep(DutyInfo("test.due", lambda _: done.set(), 0.3, look))
    wait_for(done.is_set)
    time.sleep(0.7)
    (at,) = kept.times("test.due")
    assert 0.7 < at < 1.6


def test_a_duty_with_nothing_to_do_is_asked_for_and_not_done(
    keep: Callable[..., Kept],
) -> None:
    asked: list[int] = []

    def look(_hall: TownHall, session: Session) -> datetime | None:
        asked.append(session.scalar(text("SELECT 1")) or 0)
        return None

    kept = keep(DutyInfo("test.idle", nothing, 0.05, look), DutyInfo("test.always", nothing, 0.05))
    wait_for(lambda: len(asked) >= 4 and len(kept.times("test.always")) >= 4)
    assert kept.times("test.idle") == []


def test_a_slow_duty_keeps_no_other_waiting_and_is_not_begun_twice(
    keep: Callable[..., Kept],
) -> None:
    free = threading.Event()
    kept = keep(
        DutyInfo("test.slow", lambda _: free.wait(20) and None, 0.05),
        DutyInfo("test.quick", nothing, 0.05),
    )
    wait_for(lambda: len(kept.times("test.quick")) >= 5)
    assert len(kept.times("test.slow")) == 1
    free.set()
    wait_for(lambda: len(kept.times("test.slow")) >= 2)


def test_a_duty_that_fails_is_done_again(keep: Callable[..., Kept], logged: list[Any]) -> None:
    def fail(_townhall: TownHall) -> None:
        raise OSError("no disk")

    kept = keep(DutyInfo("test.fails", fail, 0.05))
    wait_for(lambda: len(kept.times("test.fails")) >= 2)
    assert {entry["event"] for entry in logged} >= {"duty failed"}


def test_a_clock_that_jumps_wakes_what_would_have_slept(
    keep: Callable[..., Kept], clock: FixedClock
) -> None:
    """The demonstration's clock is moved forward: what that makes due does not wait for its hour."""
    asked: list[int] = []

    def look(_hall: TownHall, session: Session) -> datetime | None:
        asked.append(session.scalar(text("SELECT 1")) or 0)
        return None

    kept = keep(
        DutyInfo("test.hourly", nothing, 3600.0), DutyInfo("test.often", nothing, 0.05, look)
    )
    wait_for(lambda: len(asked) >= 3)
    assert kept.times("test.hourly") == []
    clock.advance(timedelta(days=10))
    wait_for(lambda: kept.times("test.hourly"))
    looked = len(asked)
    wait_for(lambda: len(asked) >= looked + 3)
    assert len(kept.times("test.hourly")) == 1


def test_a_lost_connection_is_made_again(
    townhall: TownHall, keep: Callable[..., Kept], logged: list[Any]
) -> None:
    pids: list[int] = []

    def look(_hall: TownHall, session: Session) -> datetime | None:
        pids.append(session.scalar(text("SELECT pg_backend_pid()")) or 0)
        return None

    keep(DutyInfo("test.look", nothing, 0.1, look))
    wait_for(lambda: pids)
    with townhall.database.engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pids[0]})
    wait_for(lambda: len(set(pids)) == 2)
    assert "look failed" in {entry["event"] for entry in logged}


def test_looking_leaves_no_transaction_open(
    townhall: TownHall, keep: Callable[..., Kept], clock: FixedClock
) -> None:
    """A transaction left open for hours would keep the server from clearing dead rows."""
    pids: list[int] = []

    def look(_hall: TownHall, session: Session) -> datetime | None:
        pids.append(session.scalar(text("SELECT pg_backend_pid()")) or 0)
        return None

    keep(DutyInfo("test.look", nothing, 0.3, look))
    wait_for(lambda: len(pids) >= 2)
    with townhall.database.reading() as session:
        state = session.scalar(
            text("SELECT state FROM pg_stat_activity WHERE pid = :pid"), {"pid": pids[0]}
        )
    assert state == "idle"
    assert len(set(pids)) == 1
