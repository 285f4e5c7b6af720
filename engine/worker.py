"""The worker process: runs jobs at least once, counts each attempt first, revives what a dead one left.

Correctness never depends on it: a handler's effects are operations that lock and check.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.job_context import JobContext
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from sqlalchemy import func, select

from engine.audit.events import EventDraft, Result, Trace, append
from engine.db import libpq_url
from engine.errors import TownHallError
from engine.jobs import DUTIES, JOBS, DutyInfo, JobInfo, JobRun, call_for
from engine.townhall import TownHall

log = structlog.get_logger()

HEARTBEAT_SECONDS = 5.0
STALLED_SECONDS = 12.0
REAP_SECONDS = 5.0
POLL_SECONDS = 2.0
CONCURRENCY = 2
_DUTY_LOCK_SPACE = 0x0A0E
_FIRST_DELAY = 10
_LONGEST_DELAY = 6 * 3600


class Backoff(BaseRetryStrategy):
    """Try again after min(2ⁿ · 10 s, 6 h) ± 20 %, until the job's attempts are used up."""

    def __init__(self, attempts: Callable[[int], int], limit: int) -> None:
        self._attempts = attempts
        self._limit = limit

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> RetryDecision | None:
        made = self._attempts(job.id)
        if made >= self._limit:
            return None
        return RetryDecision(retry_in={"seconds": delay_after(made)})


def delay_after(attempts: int) -> int:
    """Seconds to wait after so many attempts, spread so that failures do not return together."""
    base = min(_FIRST_DELAY << (attempts - 1), _LONGEST_DELAY)
    return max(1, round(base * random.uniform(0.8, 1.2)))  # noqa: S311 - a spread, not a secret


def build_app(townhall: TownHall, url: str) -> App:
    """The queue's application, with one task for each kind of job."""
    app = App(connector=PsycopgConnector(conninfo=libpq_url(url), min_size=1, max_size=6))
    for info in JOBS.values():
        _register(app, townhall, info)
    return app


def _register(app: App, townhall: TownHall, info: JobInfo) -> None:
    retry = Backoff(lambda job_id: attempts_made(townhall, job_id), info.attempts)

    @app.task(name=info.name, pass_context=True, retry=retry)
    def task(context: JobContext, *, entity_id: int, arguments: dict[str, Any]) -> None:
        if context.job.id is None or entity_id != townhall.settings.entity_id:
            return
        run_job(townhall, info, context.job.id, arguments)


def run_job(townhall: TownHall, info: JobInfo, job_id: int, arguments: dict[str, Any]) -> None:
    """Run one job: the attempt is committed first, so that a job that kills its worker is not tried for ever."""
    attempt = _begin(townhall, info, job_id, arguments)
    if attempt > info.attempts:
        _end(townhall, info, job_id, "dead", "WorkerKilled")
        return
    try:
        info.handler(call_for(townhall, info, job_id), **arguments)
    except Exception as error:
        final = attempt >= info.attempts
        _end(townhall, info, job_id, "dead" if final else "waiting", _describe(error))
        log.warning("job failed", job=info.name, job_id=job_id, attempt=attempt, exc_info=error)
        raise
    _end(townhall, info, job_id, "done", None)


def _describe(error: Exception) -> str:
    """What an operator may read: our own messages, else only the kind of error."""
    return error.message if isinstance(error, TownHallError) else type(error).__name__


def _begin(townhall: TownHall, info: JobInfo, job_id: int, arguments: dict[str, Any]) -> int:
    with townhall.database.transaction() as session:
        row = session.scalar(select(JobRun).where(JobRun.job_id == job_id).with_for_update())
        if row is None:
            row = JobRun(
                job_id=job_id,
                name=info.name,
                arguments=arguments,
                attempts=0,
                state="running",
                started_at=townhall.clock.now(),
            )
            session.add(row)
        row.attempts += 1
        row.state = "running"
        attempts: int = row.attempts
        return attempts


def _end(townhall: TownHall, info: JobInfo, job_id: int, state: str, error: str | None) -> None:
    now = townhall.clock.now()
    with townhall.database.transaction() as session:
        row = session.scalar(select(JobRun).where(JobRun.job_id == job_id).with_for_update())
        if row is None:
            return
        row.state, row.error, row.finished_at = state, error, now
        if state == "dead":
            append(
                session,
                EventDraft(
                    "jobs.given_up",
                    object_kind="job",
                    object_id=str(job_id),
                    facts={"job": info.name, "attempts": row.attempts},
                ),
                at=now,
                actor=townhall.system(info.name).actor,
                trace=Trace(job=str(job_id)),
                result=Result.FAILED,
            )


def attempts_made(townhall: TownHall, job_id: int) -> int:
    """How many times a job was begun."""
    with townhall.database.reading() as session:
        return session.scalar(select(JobRun.attempts).where(JobRun.job_id == job_id)) or 0


def run_worker(townhall: TownHall) -> None:
    """Work until a signal says stop."""
    url = townhall.settings.database_url or ""
    stop = threading.Event()
    threads = [
        threading.Thread(target=_keep_duty, args=(townhall, info, stop), daemon=True)
        for info in DUTIES.values()
    ]
    for thread in threads:
        thread.start()
    try:
        asyncio.run(_work(build_app(townhall, url)))
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=5)


async def _work(app: App) -> None:
    async with app.open_async():
        reaper = asyncio.create_task(_keep_reaping(app))
        try:
            await app.run_worker_async(
                concurrency=CONCURRENCY,
                fetch_job_polling_interval=POLL_SECONDS,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                delete_jobs="successful",
            )
        finally:
            reaper.cancel()


async def _keep_reaping(app: App) -> None:
    """Give back to the queue what a killed worker was doing; without this it is «doing» for ever."""
    while True:
        try:
            for job in await app.job_manager.get_stalled_jobs(
                seconds_since_heartbeat=STALLED_SECONDS
            ):
                await app.job_manager.retry_job(job)
                log.warning("stalled job revived", job=job.task_name, job_id=job.id)
        except Exception as error:
            log.warning("reaper failed", exc_info=error)
        await asyncio.sleep(REAP_SECONDS)


def _keep_duty(townhall: TownHall, info: DutyInfo, stop: threading.Event) -> None:
    while not stop.wait(info.every):
        started = time.monotonic()
        try:
            run_duty(townhall, info)
        except Exception as error:
            log.warning("duty failed", duty=info.name, exc_info=error)
            stop.wait(2.0)
        if time.monotonic() - started > info.every * 10:
            log.info("slow duty", duty=info.name, seconds=round(time.monotonic() - started, 1))


def run_duty(townhall: TownHall, info: DutyInfo) -> bool:
    """Do a duty once, unless another worker is doing it now; returns whether it was done."""
    key = abs(hash_name(info.name)) % 2**31
    with townhall.database.engine.connect() as connection:
        free = connection.scalar(select(func.pg_try_advisory_lock(_DUTY_LOCK_SPACE, key)))
        connection.commit()
        if not free:
            return False
        try:
            info.run(townhall)
        finally:
            connection.scalar(select(func.pg_advisory_unlock(_DUTY_LOCK_SPACE, key)))
            connection.commit()
    return True


def hash_name(name: str) -> int:
    """A number for a name, the same in every process."""
    import zlib

    return zlib.crc32(name.encode())


def drain(townhall: TownHall, *, rounds: int = 50) -> int:
    """Run, here and now, every due job and duty until nothing is left: for tests and the demo's load.

    Returns how many jobs ran; raises what a handler raises.
    """
    from sqlalchemy import text

    total = 0
    for _ in range(rounds):
        for info in list(DUTIES.values()):
            info.run(townhall)
        with townhall.database.transaction() as session:
            rows = session.execute(
                text(
                    "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND attempts >= 0 "
                    "AND (scheduled_at IS NULL OR scheduled_at <= :now) RETURNING id, task_name, args"
                ),
                {"now": townhall.clock.now() + timedelta(seconds=1)},
            ).all()
        for job_id, name, arguments in sorted(rows):
            run_job(townhall, JOBS[name], job_id, arguments["arguments"])
            total += 1
        if not rows:
            return total
    raise RuntimeError("jobs keep making jobs")
