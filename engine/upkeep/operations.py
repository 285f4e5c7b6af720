"""Trying again, once its cause is mended, a job that was given up."""

from __future__ import annotations

from sqlalchemy import select

from engine.errors import BadInput, NotFound, RuleBroken
from engine.jobs import DEAD, JOBS, RETRIED, JobRun
from engine.operation import Act, operation


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
