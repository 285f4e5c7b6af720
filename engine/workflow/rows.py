"""The rows of a stored instance, and of what a transition changed in it. See engine/workflow/state.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from engine.workflow.codec import Payloads

_FINISHED = TaskState.FINISHED_MASK
TOP = UUID(int=0)
"""The scope of the instance itself; a subprocess's is the task that holds it."""

DataKey = tuple[UUID, str]
GONE = {"$": ["gone", ""]}
"""Stands at the base of a subprocess for a key that the task that holds it has and it has not."""


@dataclass(frozen=True)
class TaskRow:
    """A stored task. `inside` is the task of the subprocess or call that it belongs to, or None.

    added: what it added to the data above it; removed: the keys that it took away; both in the
    codec's JSON. position: its place among its siblings.
    """

    id: UUID
    parent: UUID | None
    inside: UUID | None
    position: int
    spec: str
    state: int
    triggered: bool
    added: Mapping[str, Any]
    removed: tuple[str, ...]
    internal: Mapping[str, Any]

    @property
    def finished(self) -> bool:
        return bool(self.state & _FINISHED)


@dataclass(frozen=True)
class Header:
    """What is stored once for each instance: the version of the shape and the workflows' own data."""

    version: int
    data: Mapping[str, Any]
    flags: Mapping[str, Any]
    subprocesses: Mapping[str, Mapping[str, Any]]
    """The open ones by the task that holds each: the name of its spec, its data."""


@dataclass(frozen=True)
class Stored:
    """A stored instance.

    tasks: those that the next step needs; history: those that are over, oldest first, where they were
    asked for; data: the data at each base by scope and key, in the codec's JSON; payloads: the large values by hash.
    """

    header: Header
    tasks: tuple[TaskRow, ...]
    history: tuple[TaskRow, ...] = ()
    data: Mapping[DataKey, Any] = field(default_factory=dict)
    payloads: Payloads = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """What a transition changed.

    written, removed: tasks that the next step needs, and those that it needs no more; ended: those
    that ended now, in order; data: what changed at the bases; dropped: the scopes
    whose data is removed before; payloads: large values by hash.
    """

    header: Header
    written: tuple[TaskRow, ...]
    removed: tuple[UUID, ...]
    ended: tuple[TaskRow, ...] = ()
    data: Mapping[DataKey, Any] = field(default_factory=dict)
    dropped: frozenset[UUID] = frozenset()
    payloads: Payloads = field(default_factory=dict)
