"""Reads of the jobs that were given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.jobs import DEAD, DONE, JobRun


@dataclass(frozen=True)
class DeadJobRow:
    """A job that was tried as often as it may be, and waits for a person."""

    id: int
    name: str
    attempts: int
    started_at: datetime
    failed_at: datetime | None
    error: str


def dead_jobs(session: Session, limit: int = 200) -> tuple[DeadJobRow, ...]:
    """The jobs that were given up, oldest first."""
    rows = session.scalars(
        select(JobRun)
        .where(JobRun.state == DEAD)
        .order_by(JobRun.started_at, JobRun.job_id)
        .limit(limit)
    )
    return tuple(
        DeadJobRow(
            row.job_id, row.name, row.attempts, row.started_at, row.finished_at, row.error or ""
        )
        for row in rows
    )


def oldest_done(session: Session) -> datetime | None:
    """When the oldest of the jobs that went well, in the order in which they began, had ended."""
    return session.scalar(
        select(JobRun.finished_at).where(JobRun.state == DONE).order_by(JobRun.started_at).limit(1)
    )
