"""Trying again a job that was given up, once its cause is mended; forgetting those that went well."""

from __future__ import annotations

from sqlalchemy import delete, select, text

from engine.errors import BadInput, NotFound, RuleBroken
from engine.jobs import DEAD, DONE, JOBS, RETRIED, JobRun, queue_of
from engine.operation import Act, operation
from engine.upkeep.retention import BATCH, DONE_JOBS_KEPT

# What was given up lives on as its run, which a person can ask for again: its row in the queue is
# of no more use.
_FORGET_QUEUED = text("""
    DELETE FROM procrastinate_jobs j
    WHERE j.queue_name = :queue AND j.status = 'failed' AND EXISTS (
        SELECT FROM job_run r
        WHERE r.entity_id = :entity AND r.job_id = j.id AND r.state IN ('dead', 'retried')
    )
""")


@operation("upkeep.retry_job")
def retry_job(act: Act, *, job_id: int, reason: str) -> None:
    """Ask again for a job that was given up, as a new job with the same arguments.

    Its effect is still had once: a job's handler looks at what is done already.
    """
    if not reason.strip():
        raise BadInput(
            "Indique qué se ha corregido antes de reintentar.",
            (("reason", "Escriba qué se ha corregido."),),
        )
    run = act.session.scalar(select(JobRun).where(JobRun.job_id == job_id).with_for_update())
    act.about("job", str(job_id))
    if run is None or run.name not in JOBS:
        raise NotFound
    if run.state != DEAD:
        raise RuleBroken("Este trabajo ya se ha reintentado o no lo necesita.")
    act.because(reason.strip())
    act.note(job=run.name, attempts=run.attempts)
    run.state = RETRIED
    act.defer(run.name, **run.arguments)


@operation("upkeep.prune_jobs")
def prune_jobs(act: Act) -> bool:
    """Forget some jobs that went well long ago; whether there may be more of them."""
    old = (
        select(JobRun.job_id)
        .where(JobRun.state == DONE, JobRun.finished_at < act.now - DONE_JOBS_KEPT)
        .order_by(JobRun.started_at)
        .limit(BATCH)
    )
    found = act.session.scalars(old).all()
    act.session.execute(delete(JobRun).where(JobRun.job_id.in_(found)))
    act.session.execute(_FORGET_QUEUED, {"entity": act.entity_id, "queue": queue_of(act.entity_id)})
    act.about("jobs", "done")
    act.note(forgotten=len(found))
    return len(found) == BATCH
