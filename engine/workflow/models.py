"""Tables of the runtime: instances, their tasks, people's work, timers, what is waited for, incidents."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned, EntityRow, one_of, refers

PRIORITY = 50
"""The priority of work that its model gives none."""


class InstanceState(StrEnum):
    """An instance goes on, ended, waits for somebody to mend it, was put on hold, or was stopped."""

    RUNNING = "running"
    COMPLETED = "completed"
    INCIDENT = "incident"
    SUSPENDED = "suspended"
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
    """A model, with the decisions that it takes, by the hash of their bytes: instances keep theirs
    whatever is published later."""

    __tablename__ = "process_model"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    xml: Mapped[bytes] = mapped_column(LargeBinary)
    decisions: Mapped[bytes | None] = mapped_column(LargeBinary)


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
    """A task that the next step still needs; see engine/workflow/state.py for each column."""

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


class ProcessHistory(EntityOwned, Base):
    """A task that is over, as it ended: written once and never changed.

    version: the transition that ended it; sequence: its place among those that the transition ended.
    """

    __tablename__ = "process_history"
    instance_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    sequence: Mapped[int]
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
    at: Mapped[datetime]
    by: Mapped[UUID | None]


class ProcessDatum(EntityOwned, Base):
    """A value of an instance's data, as it stands where its open tasks part.

    scope: all zeros for the instance itself, else the task that holds a subprocess, whose data
    stands over that task's; value: in the codec's JSON, a tag of its own for a key that was taken
    away there.
    """

    __tablename__ = "process_datum"
    instance_id: Mapped[UUID] = mapped_column(primary_key=True)
    scope: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)

    __table_args__ = (refers("instance_id", "process_instance"),)


class ProcessPayload(EntityOwned, Base):
    """A large value of some instance's data, stored once by the SHA-256 of its text."""

    __tablename__ = "process_payload"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class WorkItem(EntityRow, Base):
    """What a person has to do in a process.

    kind: `form` for officials, `correction` for the interested person; excluded: the officials who
    may not do it, since they did an earlier step; candidates: the officials who alone may take it,
    empty when its unit and role say who; fixed: given by the model to its assignee alone; owner_id:
    who answers for it while somebody else does it; delegated_from: who gave it to its assignee;
    priority: 0 to 100, the higher the sooner; follow_up_at: when its assignee wants to see it again;
    deadline_id: its own legal term, that ends with it; term_id: the legal term that says until when,
    its own or that of the timer on its border; due_at: the end of that term, none while it stands
    still, brought up to date by `workflow.follow_terms`.
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
    candidates: Mapped[list[str]] = mapped_column(default=list)
    fixed: Mapped[bool] = mapped_column(default=False)
    owner_id: Mapped[UUID | None]
    delegated_from: Mapped[UUID | None]
    priority: Mapped[int] = mapped_column(default=PRIORITY)
    state: Mapped[str] = mapped_column(default=WorkState.OPEN.value)
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    completed_by: Mapped[UUID | None]
    due_at: Mapped[datetime | None]
    follow_up_at: Mapped[datetime | None]
    deadline_id: Mapped[UUID | None]
    term_id: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("entity_id", "instance_id", "task_id"),
        Index(None, "entity_id", "state", "unit_id", "role"),
        Index(
            "ix_work_item_term",
            "entity_id",
            "term_id",
            postgresql_where=text("state IN ('open', 'claimed') AND term_id IS NOT NULL"),
        ),
        Index(None, "entity_id", "assignee_id", "state"),
        Index(None, "entity_id", "expediente_id"),
        refers("instance_id", "process_instance"),
        refers("unit_id", "unit"),
        refers("assignee_id", "official"),
        refers("owner_id", "official"),
        refers("delegated_from", "official"),
        refers("person_id", "person"),
        refers("deadline_id", "deadline"),
        refers("term_id", "deadline"),
        one_of("state", WorkState, "state"),
    )


class ProcessTimer(EntityRow, Base):
    """A timer: due at an instant of its own, or when its legal term ends (read by join).

    attempts: how often a worker took it to fire it; not_before: until when, in real time, no other
    worker takes it, since one has it or it failed.
    """

    __tablename__ = "process_timer"
    instance_id: Mapped[UUID]
    task_id: Mapped[UUID]
    element: Mapped[str]
    due_at: Mapped[datetime | None]
    deadline_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(default=TimerState.WAITING.value)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    not_before: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "instance_id", "task_id"),
        Index(None, "entity_id", "due_at", postgresql_where=text("state = 'waiting'")),
        Index(None, "entity_id", "deadline_id", postgresql_where=text("state = 'waiting'")),
        refers("instance_id", "process_instance"),
        refers("deadline_id", "deadline"),
        one_of("state", TimerState, "state"),
    )


class Incident(EntityRow, Base):
    """What stopped an instance: the element and a sentence.

    cause: what was being done, by its `kind` and what it needs to be done again (see `retry`).
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
