"""Build an instance in memory from its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from engine.workflow.changing import Session, holder_of
from engine.workflow.codec import from_json, unpacked
from engine.workflow.data import NOTHING, StoredData, TaskData
from engine.workflow.definitions import Definition
from engine.workflow.library import IndexedTask
from engine.workflow.rows import GONE, TOP, Stored, TaskRow
from engine.workflow.runtime import HouseWorkflow, Run
from engine.workflow.scripting import FeelEngine, ServiceCaller
from engine.workflow.upgrades import UnknownState


class Loading:
    """The work of building an instance from its rows."""

    def __init__(
        self,
        definition: Definition,
        stored: Stored,
        now: datetime,
        services: ServiceCaller | None,
        *,
        whole: bool,
    ) -> None:
        self._stored = stored
        self._whole = whole
        self._workflow = HouseWorkflow(definition, FeelEngine(services), now, deserializing=True)
        self._bases: dict[UUID, Mapping[str, Any] | None] = {}
        self._known = {row.id: row for row in stored.tasks}
        rows = {**{row.id: row for row in stored.history}, **self._known}
        self._scopes: dict[UUID | None, list[TaskRow]] = {}
        for row in rows.values() if whole else stored.tasks:
            self._scopes.setdefault(row.inside, []).append(row)

    def session(self) -> Session:
        workflow, header = self._workflow, self._stored.header
        try:
            workflow.data.update(self._decoded(header.data))
            self._fill(workflow, None, NOTHING)
            _set_flags(workflow, header.flags)
            for holder in self._outer_first():
                self._restore_subprocess(UUID(holder), header.subprocesses[holder])
        except (KeyError, ValueError, TypeError) as error:
            raise UnknownState(f"El estado guardado está dañado: falta {error}.") from None
        over = {row.id for row in self._known.values() if row.finished}
        if self._whole:
            over.update(row.id for row in self._stored.history)
        return Session(Run(workflow), dict(self._known), over, self._bases)

    def _decoded(self, value: Any) -> Any:
        return from_json(value, self._stored.payloads)

    def _fill(self, workflow: Any, holder: UUID | None, context: Mapping[str, Any]) -> None:
        """Build the tasks of one workflow, those above first."""
        rows = self._scopes.get(holder, [])
        known = {row.id for row in rows}
        below: dict[UUID | None, list[TaskRow]] = {}
        for row in rows:
            below.setdefault(row.parent if row.parent in known else None, []).append(row)
        if not rows:
            self._ended(workflow, holder)
        waiting = list(below.get(None, ()))
        while waiting:
            row = waiting.pop()
            self._build(workflow, row, holder, context)
            children = below.get(row.id, ())
            if len(children) > 1:
                waiting.extend(sorted(children, key=lambda item: -item.position))
            else:
                waiting.extend(children)
        event_manager = workflow.top_workflow.event_manager
        for task in workflow.unfinished.values():
            if task.state == TaskState.WAITING and hasattr(task.task_spec, "event_definition"):
                event_manager.add_task(task)

    def _build(
        self, workflow: Any, row: TaskRow, holder: UUID | None, context: Mapping[str, Any]
    ) -> None:
        parent = workflow.tasks.get(row.parent) if row.parent is not None else None
        spec = workflow.spec.task_specs.get(row.spec)
        if spec is None and row.finished and self._whole:
            # Of the version from which the instance migrated: its history keeps what was.
            spec = workflow.spec.start
        if spec is None:
            raise KeyError(row.spec)
        task = IndexedTask(workflow, spec, parent, row.state, row.id)
        task.triggered = row.triggered
        if parent is not None:
            task.data = _written_over(parent.data, row, self._decoded)
        elif self._whole:
            task.data = _written_over(TaskData(context), row, self._decoded)
            self._bases[holder or TOP] = None
        else:
            task.data = TaskData(base=self._base_data(holder or TOP, context))
            self._bases[holder or TOP] = task.data
        if parent is None:
            workflow.task_tree = task
            task._parent = row.parent  # noqa: SLF001 - it stays in the history
        task.internal_data = from_json(row.internal) if row.internal else {}

    def _ended(self, workflow: Any, holder: UUID | None) -> None:
        """An instance that is over keeps no task but what its end knew."""
        if holder is not None or not self._stored.header.flags["completed"]:
            raise UnknownState("Al estado guardado le faltan sus tareas.")
        task = IndexedTask(workflow, workflow.spec.end, None, TaskState.COMPLETED)
        task.data = TaskData(base=self._base_data(TOP, NOTHING))
        workflow.task_tree = workflow.last_task = task
        self._bases[TOP] = task.data

    def _base_data(self, scope: UUID, context: Mapping[str, Any]) -> StoredData:
        """The data at a base, over that of the task that holds the subprocess."""

        def read() -> Mapping[str, Any]:
            values = dict(context)
            for (where, key), value in self._stored.data.items():
                if where == scope and value == GONE:
                    values.pop(key, None)
                elif where == scope:
                    values[key] = unpacked(value, self._stored.payloads)
            return values

        return StoredData(read)

    def _restore_subprocess(self, holder: UUID, described: Mapping[str, Any]) -> None:
        task = holder_of(self._workflow, holder)
        subprocess = self._workflow.restore_subprocess(task, str(described["spec"]))
        subprocess.data.update(self._decoded(described["data"]))
        self._fill(subprocess, holder, task.data)
        _set_flags(subprocess, described)
        subprocess.completed_event.connect(task.task_spec._on_subworkflow_completed, task)  # noqa: SLF001

    def _outer_first(self) -> list[str]:
        """The holders of subprocesses, those of the outer ones before those inside them."""
        described = self._stored.header.subprocesses
        owner = {row.id: row.inside for rows in self._scopes.values() for row in rows}

        def depth(holder: str) -> int:
            count, above = 0, owner[UUID(holder)]
            while above is not None:
                count, above = count + 1, owner[above]
            return count

        return sorted(described, key=depth) if len(described) > 1 else list(described)


def _written_over(
    above: Mapping[str, Any], row: TaskRow, decoded: Callable[[Any], Any]
) -> TaskData:
    """The data of a task: that of the one above it, with what the task added and took away."""
    data = above.copy() if isinstance(above, TaskData) else TaskData(above)
    for key in row.removed:
        data.pop(key, None)
    if row.added:
        data.new.update(decoded(row.added))
    return data


def _set_flags(workflow: Any, flags: Mapping[str, Any]) -> None:
    workflow.completed = bool(flags["completed"])
    workflow.success = bool(flags["success"])
    workflow.correlations = from_json(flags.get("correlations", {}))
