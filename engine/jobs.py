"""Jobs: deferred in the transaction that makes them true, run at least once, effective once.

A job handler receives a Call of the system actor and its arguments; its effects are operations.
A duty is work that a worker does again and again (sequencing, timers, reaping).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from procrastinate import App
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector
from sqlalchemy import Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.db import Base, EntityOwned

if TYPE_CHECKING:
    from engine.townhall import Call, TownHall

Handler = Callable[..., None]
_FIRST_DELAY = 10
_LONGEST_DELAY = 6 * 3600


@dataclass(frozen=True)
class JobInfo:
    """A kind of job: its handler and how many times it is tried before a person must look."""

    name: str
    handler: Handler
    attempts: int


Look = Callable[["TownHall", Session], datetime | None]


@dataclass(frozen=True)
class DutyInfo:
    """Recurrent work of the workers.

    every: seconds of real time between two times at most; look: asks, cheaply and without writing,
    from which instant of the town's clock there is something to do (None: nothing waits), and then
    the duty is done at that instant and not before; shared: several workers do it at once, each
    what no other has taken.
    """

    name: str
    run: Callable[[TownHall], None]
    every: float
    look: Look | None = None
    shared: bool = False


JOBS: dict[str, JobInfo] = {}
DUTIES: dict[str, DutyInfo] = {}


DONE, DEAD, RETRIED = "done", "dead", "retried"


class JobRun(EntityOwned, Base):
    """The attempts of one job, counted in a committed transaction before each run.

    state: running, done, waiting (will be retried), dead (an incident for a person) or retried (a
    person asked for it again, as another job).
    """

    __tablename__ = "job_run"
    job_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    attempts: Mapped[int]
    state: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]

    __table_args__ = (Index(None, "entity_id", "state", "started_at"),)


def job(name: str, *, attempts: int = 10) -> Callable[[Handler], Handler]:
    """Declare a job handler: `def handler(call: Call, *, document_id: str) -> None`."""

    def decorate(handler: Handler) -> Handler:
        if name in JOBS:
            raise ValueError(f"two jobs are called {name}")
        JOBS[name] = JobInfo(name, handler, attempts)
        return handler

    return decorate


def duty(
    name: str, *, every: float, look: Look | None = None, shared: bool = False
) -> Callable[[Callable[[TownHall], None]], Callable[[TownHall], None]]:
    """Declare recurrent work of the workers."""

    def decorate(function: Callable[[TownHall], None]) -> Callable[[TownHall], None]:
        if name in DUTIES:
            raise ValueError(f"two duties are called {name}")
        DUTIES[name] = DutyInfo(name, function, every, look, shared)
        return function

    return decorate


def queue_of(entity_id: int) -> str:
    """The queue of a town hall: the workers of another one never take its jobs."""
    return f"entity-{entity_id}"


def delay_after(attempts: int) -> int:
    """Seconds to wait after so many attempts: min(2ⁿ · 10 s, 6 h), ± 20 % so that failures part."""
    base = min(_FIRST_DELAY << (attempts - 1), _LONGEST_DELAY)
    return max(1, round(base * random.uniform(0.8, 1.2)))  # noqa: S311 - a spread, not a secret


# Deferring needs no pool: each call hands over the connection of its own transaction.
_deferrer = App(connector=SyncPsycopgConnector())


def defer(
    session: Session,
    name: str,
    entity_id: int,
    *,
    lock: str | None = None,
    at: datetime | None = None,
    arguments: dict[str, Any],
) -> None:
    """Put a job in the queue on the session's own connection, so that it shares its fate.

    The driver connection is fetched here and not earlier: one fetched before a savepoint
    would carry the job out of it.
    """
    if name not in JOBS:
        raise ValueError(f"no job is called {name}")
    values = {
        key: str(value) if isinstance(value, UUID) else value for key, value in arguments.items()
    }
    connection = session.connection().connection.driver_connection
    _deferrer.configure_task(
        name,
        queue=queue_of(entity_id),
        lock=f"{entity_id}:{lock}" if lock else None,
        schedule_at=at,
        task_kwargs={"entity_id": entity_id, "arguments": values},
        connection=connection,
    ).defer()


def call_for(townhall: TownHall, info: JobInfo, job_id: int) -> Call:
    """The system's call under which a job runs; its id is the idempotency key of outside calls."""
    return townhall.system(info.name, job=f"{townhall.settings.entity_id}-{job_id}")
