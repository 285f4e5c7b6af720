"""The state of an instance as rows: one for each task that was reached, written only when it changed.

A row holds what the task added to the data of the task above it, so that a step costs the same in
the hundredth turn of a loop as in the first. What is only predicted is not stored: it is predicted
again on loading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from engine.errors import TownHallError
from engine.workflow.codec import from_json, to_json
from engine.workflow.definitions import Definition
from engine.workflow.library import IndexedTask
from engine.workflow.runtime import HouseWorkflow, Run
from engine.workflow.scripting import FeelEngine, ServiceCaller

STATE_VERSION = 1
_REACHED = TaskState.WAITING


class UnknownState(TownHallError):
    """A stored state of a version that this release does not know, or damaged."""


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


@dataclass(frozen=True)
class Header:
    """What is stored once for each instance: the version of the shape and the workflows' own data."""

    version: int
    data: Mapping[str, Any]
    flags: Mapping[str, Any]
    subprocesses: Mapping[str, Mapping[str, Any]]
    """By the task that holds it: the name of its spec, its data, whether it is completed."""


@dataclass(frozen=True)
class Stored:
    """A whole stored instance."""

    header: Header
    tasks: tuple[TaskRow, ...]


@dataclass(frozen=True)
class Changes:
    """What a transition changed: rows to write, rows to remove, the header."""

    header: Header
    written: tuple[TaskRow, ...]
    removed: tuple[UUID, ...]


@dataclass
class Session:
    """A loaded instance that remembers how it was stored, to write only what changes."""

    run: Run
    known: dict[UUID, TaskRow] = field(default_factory=dict)

    def changes(self) -> Changes:
        """What has changed since it was loaded or since the last call."""
        rows = {row.id: row for row in _rows(self.run.workflow)}
        written = tuple(row for row in rows.values() if self.known.get(row.id) != row)
        removed = tuple(identifier for identifier in self.known if identifier not in rows)
        self.known = rows
        return Changes(_header(self.run.workflow), written, removed)


def begin(
    definition: Definition,
    data: Mapping[str, Any],
    now: datetime,
    services: ServiceCaller | None = None,
) -> Session:
    """Start an instance; its first changes are everything."""
    return Session(Run.start(definition, data, now, services))


def apply(stored: Stored | None, changes: Changes) -> Stored:
    """The stored instance after the changes; for tests and for copies in memory."""
    rows = {} if stored is None else {row.id: row for row in stored.tasks}
    for identifier in changes.removed:
        rows.pop(identifier, None)
    rows.update({row.id: row for row in changes.written})
    return Stored(changes.header, tuple(rows.values()))


def load(
    definition: Definition, stored: Stored, now: datetime, services: ServiceCaller | None = None
) -> Session:
    """An instance from its stored rows; raises UnknownState."""
    if stored.header.version != STATE_VERSION:
        raise UnknownState(
            f"El estado guardado es de la versión {stored.header.version} y se entiende la {STATE_VERSION}."
        )
    workflow = HouseWorkflow(definition, FeelEngine(services), now, deserializing=True)
    workflow.data.update(from_json(stored.header.data))
    by_workflow: dict[UUID | None, list[TaskRow]] = {}
    for row in stored.tasks:
        by_workflow.setdefault(row.inside, []).append(row)
    try:
        _fill(workflow, by_workflow.get(None, []), workflow.spec)
        _set_flags(workflow, stored.header.flags)
        for holder in _outer_first(stored.header.subprocesses, by_workflow):
            _restore_subprocess(
                workflow, UUID(holder), stored.header.subprocesses[holder], by_workflow
            )
    except KeyError as error:
        raise UnknownState(f"Al estado guardado le falta {error}.") from None
    _predict_again(workflow)
    return Session(Run(workflow), {row.id: row for row in stored.tasks})


def _rows(workflow: HouseWorkflow) -> Iterable[TaskRow]:
    yield from _rows_of(workflow, None)
    for holder, subprocess in workflow.subprocesses.items():
        yield from _rows_of(subprocess, holder)


def _rows_of(workflow: Any, inside: UUID | None) -> Iterable[TaskRow]:
    for task in workflow.tasks.values():
        if task.state < _REACHED:
            continue
        parent = task.parent
        above = parent.data if parent is not None else {}
        added = {
            key: value
            for key, value in task.data.items()
            if key not in above or not (above[key] is value or above[key] == value)
        }
        yield TaskRow(
            id=task.id,
            parent=None if parent is None else parent.id,
            inside=inside,
            position=0 if parent is None else parent._children.index(task.id),  # noqa: SLF001
            spec=task.task_spec.name,
            state=task.state,
            triggered=task.triggered,
            added=to_json(added),
            removed=tuple(sorted(key for key in above if key not in task.data)),
            internal=to_json(task.internal_data),
        )


def _header(workflow: HouseWorkflow) -> Header:
    return Header(
        version=STATE_VERSION,
        data=to_json(workflow.data),
        flags=_flags(workflow),
        subprocesses={
            str(holder): {
                "spec": subprocess.spec.name,
                "data": to_json(subprocess.data),
                **_flags(subprocess),
            }
            for holder, subprocess in workflow.subprocesses.items()
        },
    )


def _flags(workflow: Any) -> dict[str, Any]:
    last = workflow.last_task
    return {
        "completed": workflow.completed,
        "success": workflow.success,
        "last": None if last is None else str(last.id),
    }


def _fill(workflow: Any, rows: Sequence[TaskRow], spec: Any) -> None:
    """Build the tasks of one workflow, those above first."""
    below: dict[UUID | None, list[TaskRow]] = {}
    known = {row.id for row in rows}
    for row in rows:
        below.setdefault(row.parent if row.parent in known else None, []).append(row)
    waiting = list(below.get(None, ()))
    while waiting:
        row = waiting.pop()
        parent = workflow.tasks.get(row.parent) if row.parent is not None else None
        task = IndexedTask(workflow, spec.task_specs[row.spec], parent, row.state, row.id)
        task.triggered = row.triggered
        above = {} if parent is None else parent.data
        task.data = {key: value for key, value in above.items() if key not in row.removed}
        task.data.update(from_json(row.added))
        task.internal_data = from_json(row.internal)
        if parent is None:
            workflow.task_tree = task
        children = sorted(below.get(row.id, ()), key=lambda item: item.position)
        waiting.extend(reversed(children))
    for task in workflow.tasks.values():
        definition = getattr(task.task_spec, "event_definition", None)
        if definition is not None and task.state == TaskState.WAITING:
            workflow.top_workflow.event_manager.add_task(task)


def _restore_subprocess(
    workflow: HouseWorkflow,
    holder: UUID,
    described: Mapping[str, Any],
    by_workflow: Mapping[UUID | None, list[TaskRow]],
) -> None:
    task = next(
        each.tasks[holder]
        for each in (workflow, *workflow.subprocesses.values())
        if holder in each.tasks
    )
    subprocess = workflow.restore_subprocess(task, str(described["spec"]))
    subprocess.data.update(from_json(described["data"]))
    _fill(subprocess, by_workflow.get(holder, []), subprocess.spec)
    _set_flags(subprocess, described)
    subprocess.completed_event.connect(task.task_spec._on_subworkflow_completed, task)  # noqa: SLF001


def _outer_first(
    described: Mapping[str, Any], by_workflow: Mapping[UUID | None, list[TaskRow]]
) -> list[str]:
    """The holders of subprocesses, those of the outer ones before those inside them."""
    owner = {row.id: row.inside for rows in by_workflow.values() for row in rows}

    def depth(holder: str) -> int:
        count, above = 0, owner.get(UUID(holder))
        while above is not None:
            count, above = count + 1, owner.get(above)
        return count

    return sorted(described, key=depth)


def _set_flags(workflow: Any, flags: Mapping[str, Any]) -> None:
    workflow.completed = bool(flags["completed"])
    workflow.success = bool(flags["success"])
    last = flags["last"]
    workflow.last_task = None if last is None else workflow.tasks.get(UUID(str(last)))


def _predict_again(workflow: HouseWorkflow) -> None:
    """Predict what follows the open tasks: it was not stored."""
    for each in (workflow, *workflow.subprocesses.values()):
        if each.completed:
            continue
        for task in list(each.unfinished.values()):
            task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)  # noqa: SLF001
