"""Tables of migrations: plans, their rehearsals, runs and undoings, and what became of each instance."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned, EntityRow, one_of, refers


class RunKind(StrEnum):
    """A rehearsal changes nothing; a run does what its rehearsal said; an undoing goes back."""

    REHEARSAL = "rehearsal"
    RUN = "run"
    UNDOING = "undoing"


class RunState(StrEnum):
    """A run is under way, or over."""

    RUNNING = "running"
    FINISHED = "finished"


class Outcome(StrEnum):
    """What became of an instance in a run.

    READY: a rehearsal found nothing against it; DONE: it migrated, or went back; STAYS: the plan leaves
    it in its version; REFUSED: something keeps it from migrating; MOVED: it changed in the meantime;
    DIFFERS: the run would have done something else than its rehearsal said.
    """

    PENDING = "pending"
    READY = "ready"
    DONE = "done"
    STAYS = "stays"
    REFUSED = "refused"
    MOVED = "moved"
    DIFFERS = "differs"


class MigrationPlan(EntityRow, Base):
    """Where each token of a version goes in another. `version` counts its amendments."""

    __tablename__ = "migration_plan"
    definition_key: Mapped[str]
    source_version: Mapped[int]
    target_version: Mapped[int]
    source_sha256: Mapped[str]
    target_sha256: Mapped[str]
    choices: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]

    __table_args__ = (Index(None, "entity_id", "definition_key", "created_at"),)


class MigrationRun(EntityRow, Base):
    """A rehearsal, a run or an undoing of a plan.

    follows_id: the rehearsal that a run repeats, the run that an undoing undoes; choices: the plan's,
    as they were when it began; total: the instances that it looks at.
    """

    __tablename__ = "migration_run"
    plan_id: Mapped[UUID]
    follows_id: Mapped[UUID | None]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default=RunState.RUNNING.value)
    choices: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(default="")
    total: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "entity_id", "plan_id", "created_at"),
        refers("plan_id", "migration_plan"),
        refers("follows_id", "migration_run"),
        one_of("kind", RunKind, "kind"),
        one_of("state", RunState, "state"),
    )


class MigrationResult(EntityOwned, Base):
    """What a run found or did in one instance.

    chunk: the job that looks at it; seen_version: the instance's when it was looked at; report: see
    engine/workflow/versions/report.py; digest: of the report without what depends on the moment;
    image: the rows as they were, to go back to; left: the hash of the rows as they were left.
    """

    __tablename__ = "migration_result"
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    instance_id: Mapped[UUID] = mapped_column(primary_key=True)
    chunk: Mapped[int]
    outcome: Mapped[str] = mapped_column(default=Outcome.PENDING.value)
    seen_version: Mapped[int | None]
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)
    digest: Mapped[str] = mapped_column(default="")
    image: Mapped[dict[str, Any]] = mapped_column(default=dict)
    left: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "entity_id", "run_id", "chunk", "outcome"),
        refers("run_id", "migration_run"),
        refers("instance_id", "process_instance"),
        one_of("outcome", Outcome, "outcome"),
    )
