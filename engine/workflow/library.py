"""The one module that reaches inside SpiffWorkflow: an indexed store of tasks for its workflows.

SpiffWorkflow 3.2.0 walks its whole task tree at each step, foresees what may come, and stops looking,
silently, at depth 1,000. Its workflow and task modules build `Task(…)` and `TaskIterator(…)` by name,
so here those names are given classes that keep an index of unfinished tasks by state and walk without a
limit of depth. SpiffWorkflow's task specs keep doing the BPMN. Any other version is refused: the names below
must be looked at again before it is trusted.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from importlib import metadata
from typing import Any
from uuid import UUID

import SpiffWorkflow.bpmn.specs.control as spiff_control
import SpiffWorkflow.bpmn.util.subworkflow as spiff_subworkflow
import SpiffWorkflow.specs.Join as spiff_join  # noqa: N813 - the library names its module so
import SpiffWorkflow.task as spiff_task
import SpiffWorkflow.workflow as spiff_workflow
from SpiffWorkflow.bpmn.specs.control import EventSplit
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.bpmn.util.task import BpmnTaskFilter
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskFilter, TaskState

from engine.errors import ConfigurationError
from engine.ids import new_id
from engine.workflow import calling, event_definitions, joins, repetition
from engine.workflow.data import difference, inherited
from engine.workflow.repetition import instance_ended, is_instance
from engine.workflow.scripting import ModelError

SUPPORTED = "3.2.0"
_FINISHED = TaskState.FINISHED_MASK


class IndexedTask(Task):  # type: ignore[misc]
    """A task that keeps the index of its workflow up to date: see runtime.py.

    level: how many tasks of its workflow are above it in memory; last_state_change: not an instant, for
    two may be the same and clocks go back, but the number of the change within its instance in memory.
    """

    def __init__(
        self,
        workflow: Any,
        task_spec: Any,
        parent: Any = None,
        state: int = TaskState.MAYBE,
        id: UUID | None = None,
    ) -> None:
        self.id = id or new_id()
        self.workflow = workflow
        self.task_spec = task_spec
        self.level = 0 if parent is None else parent.level + 1
        self._above = parent
        self._parent = None if parent is None else parent.id
        self._children: list[UUID] = []
        self._state = state
        self.triggered = False
        self.thread_id = 0
        self.data: Any = {}
        self.internal_data: dict[str, Any] = {}
        self.last_state_change = next(workflow.top_workflow.changes_of_state)
        workflow.tasks[self.id] = self
        if parent is not None:
            parent._children.append(self.id)  # noqa: SLF001 - see the module's docstring
        self._enter(state)

    @property
    def parent(self) -> Any:
        return self._above

    @parent.setter
    def parent(self, task: Any) -> None:
        self._above = task
        self._parent = None if task is None else task.id
        self.level = 0 if task is None else task.level + 1

    def _add_child(self, task_spec: Any, state: int = TaskState.MAYBE) -> IndexedTask:
        self.workflow.top_workflow.budget.new_task(self)
        task = IndexedTask(self.workflow, task_spec, self, state)
        if state == TaskState.READY:
            task._ready()
        return task

    def _set_state(self, value: int) -> None:
        if value != self._state:
            self.last_state_change = next(self.workflow.top_workflow.changes_of_state)
            self.leave()
            self._state = value
            self._enter(value)

    def _enter(self, state: int) -> None:
        """Stand in the index where the state says."""
        workflow = self.workflow
        if workflow.at_joins:
            workflow.top_workflow.restless[workflow] = None
        if state & _FINISHED:
            return
        workflow.unfinished[self.id] = self
        if state == TaskState.READY:
            top = workflow.top_workflow
            if self.task_spec.manual:
                top.offered[self.id] = self
            else:
                top.automatic.append(self)
        elif state == TaskState.STARTED:
            workflow.top_workflow.started[self.id] = self
        elif state == TaskState.WAITING and self.task_spec.joins:
            workflow.at_joins.setdefault(self.task_spec.name, {})[self.id] = self
            workflow.top_workflow.restless[workflow] = None

    def leave(self) -> None:
        """Stand in the index no more."""
        workflow, state = self.workflow, self._state
        if state & _FINISHED:
            return
        workflow.unfinished.pop(self.id, None)
        if state == TaskState.READY:
            workflow.top_workflow.offered.pop(self.id, None)
        elif state == TaskState.STARTED:
            workflow.top_workflow.started.pop(self.id, None)
        elif state == TaskState.WAITING and self.task_spec.joins:
            workflow.at_joins[self.task_spec.name].pop(self.id, None)

    def cancel(self) -> None:
        """Cancel what is open in this task and below it, what its instances hold too."""
        waiting = [self]
        while waiting:
            task = waiting.pop()
            waiting.extend(reversed(task.children))
            if not task.state & _FINISHED:
                task._set_state(TaskState.CANCELLED)  # noqa: SLF001 - see the module's docstring
                task.task_spec._on_cancel(task)  # noqa: SLF001

    def _inherit_data(self) -> None:
        """Take what the task above knows, without sharing what could then be changed under it.

        Values are never changed in place by FEEL or by services: a dictionary of one's own is enough
        to keep the data of finished tasks as it was. An instance of an activity has its own already.
        """
        if not is_instance(self):
            self.data = inherited(self.data, self._above.data)

    def is_descendant_of(self, task: Any) -> bool:
        """Whether `task` is above this one; without recursion."""
        above = self.parent
        while above is not None:
            if above == task:
                return True
            above = above.parent
        return False

    def find_ancestor(self, spec_name: str) -> Any:
        """The nearest task above with this spec; without recursion."""
        above = self.parent
        while above is not None and above.task_spec.name != spec_name:
            above = above.parent
        return above


def order_of(task: Any) -> list[int]:
    """The place of a task in the whole tree, depth first, subprocesses before what follows them."""
    places: list[int] = []
    below, above = task, task.parent
    while True:
        while above is not None:
            places.append(above._children.index(below.id))  # noqa: SLF001 - see the module's docstring
            below, above = above, above.parent
        parent_id = getattr(below.workflow, "parent_task_id", None)
        if parent_id is None:
            break
        places.append(-1)
        below = below.workflow.top_workflow.get_task_from_id(parent_id)
        above = below.parent
    places.reverse()
    return places


def iterate(
    task: Any,
    end_at_spec: str | None = None,
    max_depth: int | None = None,
    depth_first: bool = True,
    skip_subprocesses: bool = False,
    task_filter: Any = None,
    **kwargs: Any,
) -> Iterator[Any]:
    """The tasks under `task` that pass the filter, in the library's order, however deep.

    From the root and for unfinished states only, the index answers without a walk.
    """
    del max_depth
    chosen = task_filter or BpmnTaskFilter(**kwargs)
    if task.parent is None and depth_first and not chosen.state & _FINISHED:
        return iter(_from_index(task.workflow, chosen, end_at_spec, skip_subprocesses))
    subprocesses = {} if skip_subprocesses else task.workflow.top_workflow.subprocesses
    return _walk(task, chosen, end_at_spec, depth_first, subprocesses)


def _from_index(
    workflow: Any, chosen: TaskFilter, end_at_spec: str | None, skip_subprocesses: bool
) -> list[Any]:
    inside = [workflow] if skip_subprocesses else [workflow, *_nested(workflow)]
    found = [
        item
        for each in inside
        for item in list(each.unfinished.values())
        if chosen.matches(item) and (end_at_spec is None or item.find_ancestor(end_at_spec) is None)
    ]
    if len(found) > 1:
        found.sort(key=order_of)
    return found


def _nested(workflow: Any) -> list[Any]:
    """The running subprocesses inside a workflow, at any depth."""
    top = workflow.top_workflow
    running = [each for each in top.subprocesses.values() if not each.completed]
    if workflow is top:
        return running
    return [each for each in running if _is_inside(each, workflow)]


def _is_inside(inner: Any, outer: Any) -> bool:
    above = inner.parent_workflow
    while above is not None and above is not outer:
        above = above.parent_workflow
    return above is outer


def _walk(
    task: Any, chosen: TaskFilter, end_at_spec: str | None, depth_first: bool, subprocesses: Any
) -> Iterator[Any]:
    waiting = deque([task])
    while waiting:
        current = waiting.pop() if depth_first else waiting.popleft()
        if current.task_spec.name != end_at_spec:
            below = list(current.children)
            inside = subprocesses.get(current.id)
            if inside is not None:
                below = [inside.task_tree, *below]
            waiting.extend(reversed(below) if depth_first else below)
        if chosen.matches(current):
            yield current


class _Iterator:
    """Stands where the library says `TaskIterator(…)`: an iterator over `iterate`."""

    def __init__(self, task: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("skip_subprocesses", True)
        self._tasks = iterate(task, *args, **kwargs)

    def __iter__(self) -> _Iterator:
        return self

    def __next__(self) -> Any:
        return next(self._tasks)


class _BpmnIterator(_Iterator):
    """Stands where the library says `BpmnTaskIterator(…)`: it goes into subprocesses too."""

    def __init__(self, task: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("skip_subprocesses", False)
        super().__init__(task, *args, **kwargs)


def _update(self: Any, my_task: Any) -> None:
    """Nothing is foreseen: what follows a task is made when it completes."""
    if self._update_hook(my_task):
        my_task._ready()  # noqa: SLF001 - see the module's docstring


def _on_complete(self: Any, my_task: Any) -> None:
    """Give each flow out its token, unless the task chose among them already."""
    self._on_complete_hook(my_task)
    if is_instance(my_task):
        instance_ended(my_task)
    children = [child for child in my_task.children if not child.triggered]
    if not children and not my_task.workflow.completed:
        add = my_task._add_child  # noqa: SLF001
        children = [add(spec, TaskState.FUTURE) for spec in self.outputs]
    for child in children:
        if not child.state & _FINISHED:
            child.task_spec._update(child)  # noqa: SLF001
    my_task.workflow._task_completed_notify(my_task)  # noqa: SLF001


def _split_events(self: Any, my_task: Any) -> bool:
    """An activity begins together with the events on its border."""
    for spec in self.outputs:
        waits = isinstance(spec, self.event_type)
        my_task._add_child(spec, TaskState.WAITING if waits else TaskState.FUTURE)  # noqa: SLF001
    return True


def _start_subprocess(self: Any, my_task: Any) -> None:
    """Begin what the task holds, without looking for its start in the whole of it."""
    top = my_task.workflow.top_workflow
    if self.spec not in top.subprocess_specs:
        raise ModelError(f"{self.bpmn_id}: no existe el proceso «{self.spec}»", task=my_task)
    subworkflow = top.create_subprocess(my_task, self.spec)
    subworkflow.completed_event.connect(self._on_subworkflow_completed, my_task)
    self.copy_data(my_task, subworkflow)
    subworkflow.task_tree.run()


def _give_data(my_task: Any, subworkflow: Any) -> None:
    """A subprocess starts with what the task that holds it knows, without copying it."""
    start = subworkflow.task_tree
    start.data = inherited(start.data, my_task.data)


def _payload_names(definition: Any) -> set[str]:
    """The names of the data that an event brings, or each of several."""
    each = getattr(definition, "event_definitions", None) or (definition,)
    return {part.target() for part in each if getattr(part, "target", None)} - {None}


def _take_data(self: Any, my_task: Any, subworkflow: Any) -> None:
    """The task that holds a subprocess knows what its end knew.

    An event subprocess beside others began with what they knew then: that is theirs, and what it leaves
    is what it changed and what its event brought.
    """
    data = subworkflow.last_task.data.copy()
    start = my_task.workflow.spec.event_starts.get(self.name)
    if start is not None and not start.interrupting:
        known = my_task.data.copy()
        for name in _payload_names(start.event_definition):
            known.pop(name, None)
        added, removed = difference(data, known)
        data = inherited({}, my_task.parent.data)
        data.update(added)
        for key in removed:
            data.pop(key, None)
    my_task.data = data


def install() -> None:
    """Give the library our names; raises ConfigurationError for any other version of it."""
    version = metadata.version("SpiffWorkflow")
    if version != SUPPORTED:
        raise ConfigurationError(
            f"SpiffWorkflow {version} no está comprobado: se necesita exactamente la {SUPPORTED}."
        )
    event_definitions.install()
    joins.install()
    repetition.install()
    TaskSpec._predict = lambda *_args, **_kwargs: None  # noqa: SLF001 - see the module's docstring
    TaskSpec._update = _update  # noqa: SLF001
    TaskSpec._on_complete = _on_complete  # noqa: SLF001
    # The parser has tested each of them already.
    TaskSpec._on_ready = lambda self, my_task: self._on_ready_hook(my_task)  # noqa: SLF001
    EventSplit._run_hook = _split_events  # noqa: SLF001
    SubWorkflowTask.start_workflow = _start_subprocess
    SubWorkflowTask.copy_data = lambda _self, my_task, subworkflow: _give_data(my_task, subworkflow)
    SubWorkflowTask.update_data = _take_data
    calling.install()
    spiff_task.Task = IndexedTask
    spiff_task.TaskIterator = _Iterator
    spiff_workflow.Task = IndexedTask
    spiff_workflow.TaskIterator = _Iterator
    spiff_subworkflow.BpmnTaskIterator = _BpmnIterator
    spiff_control.TaskIterator = _Iterator
    spiff_join.TaskIterator = _Iterator
    # Its log calls build the whole data of a task even when nobody reads them.
    for name in ("spiff.task", "spiff.workflow"):
        logging.getLogger(name).setLevel(logging.WARNING)


install()
