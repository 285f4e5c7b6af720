"""Tables of the runtime: instances, their tasks, people's work, timers, what is waited for, incidents."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned, EntityRow, one_of, refers


class InstanceState(StrEnum):
    """An instance goes on, ended, waits for somebody to mend it, or was stopped."""

    RUNNING = "running"
    COMPLETED = "completed"
    INCIDENT = "incident"
    CANCELLED = "cancelled"


class WorkState(StrEnum):
    """A work item is open for those who may take it, claimed by one of them, or over."""

    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"
    CANCELLED = "cancelled"


class TimerState(StrEnum):
    """A timer waits, fired, or is not needed any more."""

    WAITING = "waiting"
    FIRED = "fired"
    CANCELLED = "cancelled"


class ProcessModel(EntityOwned, Base):
    """A model by the hash of its bytes: instances keep theirs whatever is published later."""

    __tablename__ = "process_model"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    xml: Mapped[bytes] = mapped_column(LargeBinary)


class ProcessInstance(EntityRow, Base):
    """A running or ended process. `version` counts its transitions, for optimistic locking."""

    __tablename__ = "process_instance"
    definition_key: Mapped[str]
    definition_version: Mapped[int]
    model_sha256: Mapped[str]
    expediente_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=0)
    header: Mapped[dict[str, Any]] = mapped_column(default=dict)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "entity_id", "expediente_id"),
        one_of("state", InstanceState, "state"),
    )


class ProcessTask(EntityOwned, Base):
    """A task of an instance that was reached; see engine/workflow/state.py for each column."""

    __tablename__ = "process_task"
    instance_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    parent: Mapped[UUID | None]
    inside: Mapped[UUID | None]
    position: Mapped[int]
    spec: Mapped[str]
    element: Mapped[str | None]
    state: Mapped[int]
    triggered: Mapped[bool]
    added: Mapped[dict[str, Any]]
    removed: Mapped[list[str]]
    internal: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]

    __table_args__ = (refers("instance_id", "process_instance"),)


class WorkItem(EntityRow, Base):
    """What a person has to do in a process.

    kind: `form` for officials, `correction` for the interested person; excluded: the officials who
    may not do it, since they did an earlier step; fixed: given by the model to its assignee alone.
    """

    __tablename__ = "work_item"
    instance_id: Mapped[UUID]
    task_id: Mapped[UUID]
    element: Mapped[str]
    title: Mapped[str]
    kind: Mapped[str]
    form: Mapped[str]
    phase: Mapped[str]
    expediente_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    unit_id: Mapped[UUID | None]
    role: Mapped[str]
    excluded: Mapped[list[str]] = mapped_column(default=list)
    assignee_id: Mapped[UUID | None]
    fixed: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(default=WorkState.OPEN.value)
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    completed_by: Mapped[UUID | None]
    due_at: Mapped[datetime | None]
    deadline_id: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("entity_id", "instance_id", "task_id"),
        Index(None, "entity_id", "state", "unit_id", "role"),
        Index(None, "entity_id", "assignee_id", "state"),
        Index(None, "entity_id", "expediente_id"),
        refers("instance_id", "process_instance"),
        refers("unit_id", "unit"),
        refers("assignee_id", "official"),
        refers("person_id", "person"),
        refers("deadline_id", "deadline"),
        one_of("state", WorkState, "state"),
    )


class ProcessTimer(EntityRow, Base):
    """A timer: due at an instant of its own, or when its legal term ends (read by join)."""

    __tablename__ = "process_timer"
    instance_id: Mapped[UUID]
    task_id: Mapped[UUID]
    element: Mapped[str]
    due_at: Mapped[datetime | None]
    deadline_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(default=TimerState.WAITING.value)

    __table_args__ = (
        UniqueConstraint("entity_id", "instance_id", "task_id"),
        Index(None, "entity_id", "due_at", postgresql_where=text("state = 'waiting'")),
        refers("instance_id", "process_instance"),
        refers("deadline_id", "deadline"),
        one_of("state", TimerState, "state"),
    )


class Incident(EntityRow, Base):
    """What stopped an instance: the element and a sentence.

    cause: what was being done (`start`, `complete`, `signal`, `timer`), to do it again.
    """

    __tablename__ = "process_incident"
    instance_id: Mapped[UUID]
    element: Mapped[str]
    kind: Mapped[str]
    message: Mapped[str]
    cause: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "entity_id", "resolved_at", "at"),
        refers("instance_id", "process_instance"),
    )
