"""Timers: what a worker costs while very many wait, and how soon after its instant one fires."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import text

from engine.db import libpq_url
from engine.record.sequencer import BATCH, sequence
from engine.townhall import TownHall
from web.cli.benchmarks.pending import make_pending
from web.cli.benchmarks.processor_time import children_of, parent_of, seconds_of

SETTLE_SECONDS = 70.0
"""Before the idle minute begins: what was just written is looked at once more by everybody."""

SPREAD_SECONDS = 30
_PATIENCE = 120.0

_WAITING = text("SELECT count(*) FROM process_timer WHERE state = 'waiting'")
# Of their own and of legal terms alike: those due last, so that nothing else was about to fire.
_CHOSEN = """
    WITH chosen AS (
        SELECT t.id, t.deadline_id, row_number() OVER () AS n FROM (
            (SELECT * FROM process_timer WHERE state = 'waiting' AND deadline_id IS NULL LIMIT :half)
            UNION ALL
            (SELECT * FROM process_timer WHERE state = 'waiting' AND deadline_id IS NOT NULL
             LIMIT :half)
        ) t
    ), dates AS (
        SELECT id, deadline_id, CAST(:first AS timestamptz)
            + n % :half * interval '1 second' * :spread / :half AS due FROM chosen
    ), terms AS (
        UPDATE deadline d SET due_at = due FROM dates WHERE d.id = dates.deadline_id
    )
    UPDATE process_timer t SET due_at = due FROM dates
    WHERE t.id = dates.id AND dates.deadline_id IS NULL
"""
_FIRED = text("""
    SELECT extract(epoch FROM e.at - coalesce(d.due_at, t.due_at))
    FROM process_timer t
    LEFT JOIN deadline d ON d.entity_id = t.entity_id AND d.id = t.deadline_id
    JOIN audit_event e ON e.entity_id = t.entity_id AND e.object_kind = 'process_instance'
        AND e.object_id = t.instance_id::text AND e.type = 'workflow.fire_timer'
    WHERE t.state = 'fired' AND coalesce(d.due_at, t.due_at) >= :first
""")


def run(
    townhall: TownHall,
    *,
    timers: int,
    idle_seconds: float,
    due: int = 300,
    at_once: int = 1000,
    settle_seconds: float = SETTLE_SECONDS,
    spread_seconds: int = SPREAD_SECONDS,
) -> dict[str, Any]:
    """Let a worker idle among so many waiting timers; then make some due, spread and all at once."""
    make_pending(townhall, timers)
    while sequence(townhall) == BATCH:
        pass
    with _worker(townhall) as worker:
        _until(lambda: _heartbeats(townhall) > 0, "the worker at work")
        time.sleep(settle_seconds)
        idle = _idle(townhall, worker, idle_seconds)
        pending = _waiting(townhall)
        spread = _fire(townhall, due, spread_seconds)
        together = _fire(townhall, at_once, 0)
    cuts = statistics.quantiles(spread, n=100)
    return {
        "pending": pending,
        "idle_seconds": idle_seconds,
        **idle,
        "fired": len(spread),
        "p50_s": round(statistics.median(spread), 2),
        "p99_s": round(cuts[98], 2),
        "longest_s": round(max(spread), 2),
        "at_once": len(together),
        "at_once_p50_s": round(statistics.median(together), 2),
        "at_once_last_s": round(max(together), 2),
        "at_once_per_s": round(len(together) / max(together), 1),
    }


@contextmanager
def _worker(townhall: TownHall) -> Iterator[int]:
    """A worker of this town hall in a process of its own; its process id."""
    settings = townhall.settings
    process = subprocess.Popen(
        [sys.executable, "-m", "web.cli.main", "worker"],
        env={
            **os.environ,
            "ANDECHA_DATA": str(settings.data_dir),
            "ANDECHA_DATABASE_URL": libpq_url(settings.database_url or ""),
            "ANDECHA_OWNER_DATABASE_URL": libpq_url(settings.owner_url or ""),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _idle(townhall: TownHall, worker: int, seconds: float) -> dict[str, float]:
    """Per cent of a core that the worker uses, and all the processes of a server on this machine."""
    with townhall.database.reading() as session:
        postmaster = parent_of(int(session.scalar(text("SELECT pg_backend_pid()")) or 0))
    server = [postmaster, *children_of(postmaster)]
    began, before = time.monotonic(), (seconds_of([worker]), seconds_of(server))
    time.sleep(seconds)
    spent = time.monotonic() - began
    return {
        "idle_cpu_percent_worker": round(100 * (seconds_of([worker]) - before[0]) / spent, 2),
        "idle_cpu_percent_database": round(100 * (seconds_of(server) - before[1]) / spent, 2),
    }


def _fire(townhall: TownHall, count: int, spread: int) -> list[float]:
    """Make so many due from now on, and wait: seconds from each one's instant until it was fired.

    The instant at which the transaction that fires it began, which ends some milliseconds later.
    """
    half = count // 2
    left = _waiting(townhall) - 2 * half
    first = townhall.clock.now()
    with townhall.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
            text(_CHOSEN), {"half": half, "first": first, "spread": spread}
        )
    _until(lambda: _waiting(townhall) <= left, "every due timer fired", spread + _PATIENCE)
    return _latencies(townhall, first)


def _latencies(townhall: TownHall, first: datetime) -> list[float]:
    with townhall.database.reading() as session:
        return [float(value) for value in session.scalars(_FIRED, {"first": first})]


def _waiting(townhall: TownHall) -> int:
    with townhall.database.reading() as session:
        return int(session.scalar(_WAITING) or 0)


def _heartbeats(townhall: TownHall) -> int:
    with townhall.database.reading() as session:
        return int(session.scalar(text("SELECT count(*) FROM procrastinate_workers")) or 0)


def _until(condition: Callable[[], bool], what: str, seconds: float = _PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"it did not happen in time: {what}")
        time.sleep(0.5)
