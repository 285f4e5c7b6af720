"""The worker process: runs jobs at least once, counts each attempt first, revives what a dead one left.

Correctness never depends on it: a handler's effects are operations that lock and check.
"""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.job_context import JobContext
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from sqlalchemy import select, text

from engine.audit.events import EventDraft, Result, Trace, append
from engine.db import libpq_url
from engine.errors import TownHallError
from engine.jobs import (
    DEAD,
    DONE,
    DUTIES,
    JOBS,
    RETRIED,
    DutyInfo,
    JobInfo,
    JobRun,
    call_for,
    delay_after,
    queue_of,
)
from engine.lookout import LookOut
from engine.townhall import TownHall

log = structlog.get_logger()

HEARTBEAT_SECONDS = 5.0
STALLED_SECONDS = 12.0
REAP_SECONDS = 5.0
POLL_SECONDS = 5.0
"""How long a job may lie unseen when its notice is lost, or after its delay is over."""

_ABORT_SECONDS = 3600.0  # nobody aborts a job: it ends, fails or dies
CONCURRENCY = 2
_DUTY_LOCK_SPACE = 0x0A0E
_TAKE_DUTY = text("SELECT pg_try_advisory_lock(:space, :key)")
_LEAVE_DUTY = text("SELECT pg_advisory_unlock(:space, :key)")
_OVER = (DONE, DEAD, RETRIED)

REVIVE = """
WITH stalled AS (
    SELECT job.id, job.task_name, job.attempts
    FROM procrastinate_jobs job
    LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
    WHERE job.status = 'doing' AND job.queue_name = %(queue)s
      AND (worker.id IS NULL
           OR worker.last_heartbeat < now() - make_interval(secs => %(seconds)s))
    FOR UPDATE OF job SKIP LOCKED
)
SELECT id, task_name, procrastinate_retry_job_v2(
    id,
    now() + CASE WHEN attempts = 0 THEN interval '0' ELSE
        make_interval(secs => least(10 * power(2, least(attempts, 20)), 21600)) END,
    NULL, NULL, NULL)
FROM stalled
"""
"""One statement, so that two workers never give back the same job twice. The first time it is due
at once; a job that was interrupted before waits, since it may be what kills the workers."""


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
            raise ValueError("a job of another town hall")
        run_job(townhall, info, context.job.id, arguments)


def run_job(townhall: TownHall, info: JobInfo, job_id: int, arguments: dict[str, Any]) -> None:
    """Run one job: the attempt is committed first, so that a job that kills its worker is not tried for ever.

    One that is over already, delivered again since its worker died before it could say so, is let be.
    """
    attempt = _begin(townhall, info, job_id, arguments)
    if attempt is None:
        return
    if attempt > info.attempts:
        _end(townhall, info, job_id, DEAD, "WorkerKilled")
        return
    try:
        info.handler(call_for(townhall, info, job_id), **arguments)
    except Exception as error:
        final = attempt >= info.attempts
        _end(townhall, info, job_id, DEAD if final else "waiting", _describe(error))
        log.warning("job failed", job=info.name, job_id=job_id, attempt=attempt, exc_info=error)
        raise
    _end(townhall, info, job_id, DONE, None)


def _describe(error: Exception) -> str:
    """What an operator may read: our own messages, else only the kind of error."""
    return error.message if isinstance(error, TownHallError) else type(error).__name__


def _begin(townhall: TownHall, info: JobInfo, job_id: int, arguments: dict[str, Any]) -> int | None:
    """Count an attempt; which one it is, None when the job is over."""
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
        if row.state in _OVER:
            return None
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
        if state == DEAD:
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
    lookout = LookOut(townhall, DUTIES.values(), lambda info: run_duty(townhall, info))
    duties = threading.Thread(target=lookout.keep, args=(stop,), daemon=True)
    duties.start()
    try:
        asyncio.run(_work(build_app(townhall, url), queue_of(townhall.settings.entity_id)))
    finally:
        stop.set()
        duties.join(timeout=5)


async def _work(app: App, queue: str) -> None:
    async with app.open_async():
        reaper = asyncio.create_task(_keep_reaping(app, queue))
        try:
            await app.run_worker_async(
                queues=[queue],
                concurrency=CONCURRENCY,
                fetch_job_polling_interval=POLL_SECONDS,
                abort_job_polling_interval=_ABORT_SECONDS,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                delete_jobs="successful",
            )
        finally:
            reaper.cancel()


async def _keep_reaping(app: App, queue: str) -> None:
    """Give back to the queue what a killed worker was doing; without this it is «doing» for ever."""
    while True:
        try:
            revived = await app.connector.execute_query_all_async(
                REVIVE, queue=queue, seconds=STALLED_SECONDS
            )
            for job in revived:
                log.warning("stalled job revived", job=job["task_name"], job_id=job["id"])
        except Exception as error:
            log.warning("reaper failed", exc_info=error)
        await asyncio.sleep(REAP_SECONDS)


def run_duty(townhall: TownHall, info: DutyInfo) -> bool:
    """Do a duty once, unless it is one for a single worker and another does it now.

    Returns whether it was done.
    """
    if info.shared:
        info.run(townhall)
        return True
    name = f"{townhall.settings.entity_id}:{info.name}"
    lock = {"space": _DUTY_LOCK_SPACE, "key": zlib.crc32(name.encode()) % 2**31}
    with townhall.database.engine.connect() as unset:
        connection = unset.execution_options(isolation_level="AUTOCOMMIT")
        if not connection.scalar(_TAKE_DUTY, lock):
            return False
        try:
            info.run(townhall)
        finally:
            connection.scalar(_LEAVE_DUTY, lock)
    return True


def drain(townhall: TownHall, *, rounds: int = 50) -> int:
    """Run, here and now, every due job and duty until nothing is left: for tests and the demo's load.

    Returns how many jobs ran; raises what a handler raises.
    """
    total = 0
    for _ in range(rounds):
        for info in list(DUTIES.values()):
            if _is_due(townhall, info):
                info.run(townhall)
        with townhall.database.transaction() as session:
            rows = session.execute(
                text(
                    "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = :queue "
                    "AND (scheduled_at IS NULL OR scheduled_at <= :now) RETURNING id, task_name, args"
                ),
                {
                    "now": townhall.clock.now() + timedelta(seconds=1),
                    "queue": queue_of(townhall.settings.entity_id),
                },
            ).all()
        for job_id, name, arguments in sorted(rows):
            run_job(townhall, JOBS[name], job_id, arguments["arguments"])
            total += 1
        if not rows:
            return total
    raise RuntimeError("jobs keep making jobs")


def _is_due(townhall: TownHall, info: DutyInfo) -> bool:
    if info.look is None:
        return True
    with townhall.database.reading() as session:
        due = info.look(townhall, session)
    return due is not None and due <= townhall.clock.now()
