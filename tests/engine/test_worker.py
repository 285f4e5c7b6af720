"""The worker: attempts counted first, failures retried then shown, a killed worker's job done by another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from engine import jobs
from engine.audit.models import AuditEvent
from engine.errors import Unavailable
from engine.jobs import JOBS, DutyInfo, JobInfo, JobRun, delay_after, job, queue_of
from engine.townhall import Call, TownHall
from engine.worker import REVIVE, drain, run_duty, run_job


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    before = dict(JOBS)
    yield
    JOBS.clear()
    JOBS.update(before)


def run_row(townhall: TownHall, job_id: int) -> JobRun:
    with townhall.database.reading() as session:
        row = session.scalar(select(JobRun).where(JobRun.job_id == job_id))
        assert row is not None
        return row


def test_a_job_that_fails_is_retried_and_then_shown_to_a_person(townhall: TownHall) -> None:
    def handler(_call: Call) -> None:
        raise Unavailable("La pasarela no responde.")

    info = JobInfo("test.fails", handler, attempts=3)
    for attempt in range(1, 4):
        with pytest.raises(Unavailable):
            run_job(townhall, info, 7, {})
        row = run_row(townhall, 7)
        assert (row.attempts, row.error) == (attempt, "La pasarela no responde.")
        assert row.state == ("dead" if attempt == 3 else "waiting")
    with townhall.database.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.type == "jobs.given_up")).one()
    assert event.result == "failed"


def test_a_job_that_kills_its_worker_is_not_tried_for_ever(townhall: TownHall) -> None:
    class Killed(BaseException):
        """The process ends here."""

    def handler(_call: Call) -> None:
        raise Killed

    info = JobInfo("test.kills", handler, attempts=2)
    for _ in range(2):
        with pytest.raises(Killed):
            run_job(townhall, info, 8, {})
    run_job(townhall, info, 8, {})
    row = run_row(townhall, 8)
    assert (row.state, row.error) == ("dead", "WorkerKilled")


def test_a_job_that_is_over_and_comes_again_is_let_be(townhall: TownHall) -> None:
    ran: list[int] = []
    info = JobInfo("test.once", lambda _call: ran.append(1), attempts=3)
    for _ in range(2):
        run_job(townhall, info, 11, {})
    assert ran == [1]
    assert run_row(townhall, 11).attempts == 1


def test_a_worker_leaves_the_jobs_of_another_town_hall_alone(townhall: TownHall) -> None:
    @job("test.theirs")
    def handler(_call: Call) -> None:
        pytest.fail("it is not ours")

    with townhall.database.transaction() as session:
        jobs.defer(session, "test.theirs", townhall.settings.entity_id + 1, arguments={})
    assert drain(townhall) == 0
    assert _queue(townhall) == 1


def interrupted(townhall: TownHall, attempts: int, heartbeat: str) -> tuple[str, float | None]:
    """A job whose worker was last heard of so long ago, looked at by the reaper: its state and delay."""
    queue = queue_of(townhall.settings.entity_id)
    with townhall.database.transaction() as session:
        values = {"attempts": attempts, "queue": queue, "ago": heartbeat}
        identifier = session.scalar(
            text(
                "WITH w AS (INSERT INTO procrastinate_workers (last_heartbeat) "
                "VALUES (now() - CAST(:ago AS interval)) RETURNING id) "
                "INSERT INTO procrastinate_jobs (task_name, args, queue_name, status, attempts, worker_id) "
                "SELECT 'test.x', '{}', :queue, 'doing', :attempts, id FROM w RETURNING id"
            ),
            values,
        )
        session.connection().exec_driver_sql(REVIVE, {"queue": queue, "seconds": 12.0})
        row = session.execute(
            text(
                "SELECT status::text, extract(epoch FROM scheduled_at - now()) "
                "FROM procrastinate_jobs WHERE id = :id"
            ),
            {"id": identifier},
        ).one()
        return row[0], None if row[1] is None else float(row[1])


def test_what_a_silent_worker_was_doing_is_given_back_at_once_the_first_time(
    townhall: TownHall,
) -> None:
    assert interrupted(townhall, 0, "13 seconds") == ("todo", 0.0)
    assert interrupted(townhall, 0, "11 seconds") == ("doing", None)


def test_what_interrupts_its_workers_again_and_again_waits_longer_each_time(
    townhall: TownHall,
) -> None:
    assert interrupted(townhall, 1, "13 seconds") == ("todo", 20.0)
    assert interrupted(townhall, 4, "13 seconds") == ("todo", 160.0)
    assert interrupted(townhall, 50, "13 seconds") == ("todo", 6 * 3600.0)


def test_what_a_failure_says_never_holds_what_the_error_held(townhall: TownHall) -> None:
    def handler(_call: Call) -> None:
        raise KeyError("12345678Z")

    with pytest.raises(KeyError):
        run_job(townhall, JobInfo("test.leaks", handler, attempts=2), 9, {})
    assert run_row(townhall, 9).error == "KeyError"


def test_delays_grow_and_stay_within_six_hours() -> None:
    assert 8 <= delay_after(1) <= 12
    assert 64 <= delay_after(4) <= 96
    assert delay_after(60) <= 6 * 3600 * 1.2


def test_a_job_runs_as_the_system_with_its_id_as_key(townhall: TownHall) -> None:
    seen: list[tuple[str, str | None]] = []

    @job("test.sees")
    def handler(call: Call, *, word: str) -> None:
        seen.append((word + call.actor.kind, call.trace.job))

    with townhall.database.transaction() as session:
        jobs.defer(session, "test.sees", townhall.settings.entity_id, arguments={"word": "x"})
    assert drain(townhall) == 1
    assert seen == [("xsystem", "1-1")]


def test_two_workers_do_not_do_a_duty_at_once(townhall: TownHall) -> None:
    inner: list[bool] = []
    info = DutyInfo("test.duty", lambda _t: inner.append(run_duty(townhall, other)), 1)
    other = DutyInfo("test.duty", lambda _t: None, 1)
    assert run_duty(townhall, info)
    assert inner == [False]
    assert run_duty(townhall, other)


WORKER = """
import os, sys, time
from pathlib import Path
from dataclasses import replace
from engine.assembly import assemble
from engine.jobs import job
from engine.settings import load_settings
from engine import worker

folder = Path(sys.argv[1])

@job("test.slow")
def slow(call, *, name):
    (folder / f"began-{os.getpid()}").touch()
    if not (folder / "second").exists():
        time.sleep(600)
    (folder / "done").write_text(name)

settings = replace(load_settings({"ANDECHA_ENV": "test"}), database_url=sys.argv[2], data_dir=folder / "data")
worker.STALLED_SECONDS, worker.REAP_SECONDS, worker.HEARTBEAT_SECONDS = 3.0, 1.0, 1.0
worker.run_worker(assemble(settings))
"""


def test_what_a_killed_worker_was_doing_is_done_by_the_next(
    townhall: TownHall, tmp_path: Path
) -> None:
    @job("test.slow")
    def slow(_call: Call, *, name: str) -> None:
        """Only its name matters here."""

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path), townhall.settings.database_url or ""],
            stderr=subprocess.DEVNULL,
        )

    with townhall.database.transaction() as session:
        jobs.defer(
            session, "test.slow", townhall.settings.entity_id, lock="one", arguments={"name": "a"}
        )
    first = start()
    wait_for(lambda: list(tmp_path.glob("began-*")))
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    (tmp_path / "second").touch()
    second = start()
    try:
        wait_for((tmp_path / "done").exists)
        wait_for(lambda: _queue(townhall) == 0)
    finally:
        second.terminate()
        second.wait(timeout=20)
    row = run_row(townhall, 1)
    assert (row.state, row.attempts) == ("done", 2)


def _queue(townhall: TownHall) -> int:
    with townhall.database.reading() as session:
        return session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) or 0


def wait_for(condition: object, seconds: float = 40.0) -> None:
    """Wait until it is so, or fail."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.1)
    pytest.fail("it did not happen in time")
