"""An instance in memory that remembers how it was stored, and what a transition changed in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.util.task import TaskState

from engine.workflow.codec import packed, to_json
from engine.workflow.data import NOTHING, difference
from engine.workflow.repetition import INSTANCE, is_instance, is_spent
from engine.workflow.rows import GONE, TOP, Changes, DataKey, Header, TaskRow
from engine.workflow.runtime import HouseWorkflow, Run
from engine.workflow.upgrades import STATE_VERSION

_REACHED = TaskState.WAITING
_FINISHED = TaskState.FINISHED_MASK
_FEW = 16


@dataclass
class Session:
    """A loaded instance that remembers how it was stored, to write only what changes.

    bases: the data of each scope as it stood; None when it is not known and is written whole;
    rewrite: the rows are of an older version and are all written.
    """

    run: Run
    known: dict[UUID, TaskRow] = field(default_factory=dict)
    over: set[UUID] = field(default_factory=set)
    bases: dict[UUID, Mapping[str, Any] | None] = field(default_factory=dict)
    rewrite: bool = False

    def changes(self) -> Changes:
        """What has changed since it was loaded or since the last call."""
        return Changing(self).changes()

    def waited(self, task_id: UUID) -> bool:
        """Whether a task was stored as one that somebody or something has to end."""
        row = self.known.get(task_id)
        return row is not None and not row.finished


class Changing:
    """The work of finding what a transition changed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._workflow: HouseWorkflow = session.run.workflow
        self._payloads: dict[str, str] = {}
        self._rows: dict[UUID, TaskRow] = {}
        self._places: dict[UUID, dict[UUID, int]] = {}
        self._ended: list[tuple[int, TaskRow]] = []
        self._data: dict[DataKey, Any] = {}
        self._dropped: set[UUID] = set()
        self._bases: dict[UUID, Mapping[str, Any] | None] = {}

    def changes(self) -> Changes:
        session, workflow = self._session, self._workflow
        open_inside = {
            holder: each for holder, each in workflow.subprocesses.items() if not each.completed
        }
        self._scope(workflow, None, NOTHING)
        for holder, subprocess in workflow.subprocesses.items():
            self._scope(subprocess, holder, holder_of(workflow, holder).data)
        for task in workflow.gone_tasks:
            self._archive([task], task.workflow.parent_task_id)
        self._dropped.update(scope for scope in session.bases if scope not in self._bases)
        written = tuple(
            row
            for key, row in self._rows.items()
            if session.rewrite or _differs(session.known.get(key), row)
        )
        removed = tuple(key for key in session.known if key not in self._rows)
        self._ended.sort(key=lambda item: item[0])
        ended = tuple(row for _, row in self._ended)
        session.known, session.bases, session.rewrite = self._rows, self._bases, False
        session.over.update(row.id for row in ended)
        for holder in [key for key in workflow.subprocesses if key not in open_inside]:
            del workflow.subprocesses[holder]
        workflow.gone_tasks.clear()
        return Changes(
            header=_header(workflow),
            written=written,
            removed=removed,
            ended=ended,
            data=self._data,
            dropped=frozenset(self._dropped),
            payloads=self._payloads,
        )

    def _scope(self, workflow: Any, holder: UUID | None, context: Mapping[str, Any]) -> None:
        """What changed in the instance itself or in one subprocess."""
        self._archive(workflow.tasks.values(), holder, context)
        if workflow.completed and holder is not None:
            return
        base = _base(workflow)
        known = self._session.bases.get(holder or TOP)
        self._keep_data(holder or TOP, base.data, context, known)
        if not workflow.completed:
            for task in _below(base):
                row = self._session.known.get(task.id)
                if row is None or not row.finished or task.state != row.state:
                    row = self._row(task, holder, context)
                self._rows[task.id] = row

    def _keep_data(
        self,
        scope: UUID,
        data: Mapping[str, Any],
        context: Mapping[str, Any],
        known: Mapping[str, Any] | None,
    ) -> None:
        """Write what the data at the base differs in from what was stored."""
        self._bases[scope] = data
        if known is data:
            return
        if known is None:
            self._dropped.add(scope)
            known = context
        added, removed = difference(data, known)
        stored = packed(added, self._payloads).values()
        self._data.update({(scope, key): value for key, value in zip(added, stored, strict=True)})
        self._data.update({(scope, key): GONE for key in removed})

    def _archive(
        self,
        tasks: Iterable[Any],
        holder: UUID | None = None,
        context: Mapping[str, Any] = NOTHING,
    ) -> None:
        """The tasks that ended and are not in the history yet."""
        over = self._session.over
        for task in tasks:
            if task.state & _FINISHED and task.id not in over:
                self._ended.append((task.last_state_change, self._row(task, holder, context)))

    def _place(self, parent: Any, task: Any) -> int:
        """The place of a task among its siblings, however many they are; 0 if it was taken out.

        Those that are not stored count for nothing: an instance of an activity has its own number, and
        what follows the activity stands as if there were no instances.
        """
        if is_instance(task):
            return int(task.internal_data[INSTANCE])
        children = parent._children  # noqa: SLF001 - the library's own tree
        if isinstance(parent.task_spec, LoopTask):
            children = [child.id for child in parent.children if not is_instance(child)]
        if len(children) <= _FEW:
            return int(children.index(task.id)) if task.id in children else 0
        places = self._places.get(parent.id)
        if places is None:
            places = {identifier: at for at, identifier in enumerate(children)}
            self._places[parent.id] = places
        return places.get(task.id, 0)

    def _row(self, task: Any, holder: UUID | None, context: Mapping[str, Any]) -> TaskRow:
        known = self._rows.get(task.id)
        if known is not None:
            return known
        parent = task.parent
        added, removed = difference(task.data, context if parent is None else parent.data)
        return TaskRow(
            id=task.id,
            parent=task._parent,  # noqa: SLF001 - the library's own tree
            inside=holder,
            position=0 if parent is None else self._place(parent, task),
            spec=task.task_spec.name,
            state=task.state,
            triggered=task.triggered,
            added=packed(added, self._payloads),
            removed=removed,
            internal=to_json(task.internal_data) if task.internal_data else {},
        )


def _differs(known: TaskRow | None, row: TaskRow) -> bool:
    """Whether a row is to be written: 1 and true are equal for Python, not for what is stored."""
    return known is not row and (
        known is None or known != row or repr(known.added) != repr(row.added)
    )


def _base(workflow: Any) -> Any:
    """The nearest finished task that all the open ones of a workflow descend from, else its root."""
    if workflow.completed:
        return workflow.last_task or workflow.task_tree
    opened = [task for task in workflow.unfinished.values() if task.state >= _REACHED]
    if not opened:
        return workflow.task_tree
    path = []
    task = opened[0]
    while task is not None:
        path.append(task)
        task = task.parent
    place = {task.id: at for at, task in enumerate(path)}
    seen: set[UUID] = set()
    common = 0
    for other in opened[1:]:
        task = other
        while task.id not in place and task.id not in seen:
            seen.add(task.id)
            task = task.parent
        common = max(common, place.get(task.id, 0))
    while common < len(path) - 1 and not path[common].state & _FINISHED:
        common += 1
    return path[common]


def _below(base: Any) -> Iterable[Any]:
    """A task and those under it that were reached, without the turns that nobody needs any more."""
    waiting = [base]
    while waiting:
        task = waiting.pop()
        yield task
        waiting.extend(
            child for child in task.children if child.state >= _REACHED and not is_spent(child)
        )


def _header(workflow: HouseWorkflow) -> Header:
    return Header(
        version=STATE_VERSION,
        data=to_json(workflow.data) if workflow.data else {},
        flags=_flags(workflow),
        subprocesses={
            str(holder): {
                "spec": subprocess.spec.name,
                "data": to_json(subprocess.data) if subprocess.data else {},
                **_flags(subprocess),
            }
            for holder, subprocess in workflow.subprocesses.items()
        },
    )


def _flags(workflow: Any) -> dict[str, Any]:
    flags: dict[str, Any] = {"completed": workflow.completed, "success": workflow.success}
    if workflow.correlations:
        flags["correlations"] = to_json(workflow.correlations)
    return flags


def holder_of(workflow: HouseWorkflow, holder: UUID) -> Any:
    """The task that holds a subprocess; raises KeyError."""
    for each in (workflow, *workflow.subprocesses.values()):
        if holder in each.tasks:
            return each.tasks[holder]
    raise KeyError(str(holder))
