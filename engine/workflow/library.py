"""The one module that reaches inside SpiffWorkflow: an indexed store of tasks for its workflows.

SpiffWorkflow 3.2.0 walks its whole task tree at each step and stops looking, silently, at depth
1,000. Its workflow and task modules build `Task(…)` and `TaskIterator(…)` by name, so here those
names are given classes that keep an index of unfinished tasks by state and walk without a limit of
depth. SpiffWorkflow's task specs keep doing the BPMN. Any other version is refused: the names below
must be looked at again before it is trusted.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import SpiffWorkflow.bpmn.specs.bpmn_process_spec as spiff_process
import SpiffWorkflow.bpmn.specs.control as spiff_control
import SpiffWorkflow.bpmn.specs.mixins.multiinstance_task as spiff_instances
import SpiffWorkflow.bpmn.specs.mixins.unstructured_join as spiff_join_mixin
import SpiffWorkflow.bpmn.util.subworkflow as spiff_subworkflow
import SpiffWorkflow.specs.Join as spiff_join  # noqa: N813 - the library names its module so
import SpiffWorkflow.specs.Merge as spiff_merge  # noqa: N813 - the library names its module so
import SpiffWorkflow.spiff.specs.mixins.user_task as spiff_user_task
import SpiffWorkflow.task as spiff_task
import SpiffWorkflow.workflow as spiff_workflow
from SpiffWorkflow.bpmn.util.task import BpmnTaskFilter
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskFilter, TaskState

from engine.errors import ConfigurationError

SUPPORTED = "3.2.0"
_FINISHED = TaskState.FINISHED_MASK


class PureMerge:
    """Stands where the library says `DeepMerge`: it never changes a value that another task holds."""

    @staticmethod
    def merge(target: dict[str, Any], source: dict[str, Any], path: Any = None) -> dict[str, Any]:
        """Put the entries of `source` into `target`; nested dictionaries become new ones."""
        del path
        for key, value in source.items():
            known = target.get(key)
            if isinstance(known, dict) and isinstance(value, dict):
                target[key] = PureMerge.merge(dict(known), value)
            else:
                target[key] = value
        return target


class IndexedTask(Task):  # type: ignore[misc]
    """A task that keeps its workflow's index of unfinished tasks up to date."""

    def __init__(self, workflow: Any, *args: Any, **kwargs: Any) -> None:
        if not hasattr(workflow, "unfinished"):
            workflow.unfinished = {}
        super().__init__(workflow, *args, **kwargs)
        self._note()

    def _set_state(self, value: int) -> None:
        super()._set_state(value)
        self._note()

    def _note(self) -> None:
        """Put the task where its state says."""
        if self._state & _FINISHED:
            self.workflow.unfinished.pop(self.id, None)
        else:
            self.workflow.unfinished[self.id] = self

    def _inherit_data(self) -> None:
        """Take what the task above knows, without sharing what could then be changed under it.

        Values are never changed in place by FEEL or by services: a dictionary of one's own is enough
        to keep the data of finished tasks as it was.
        """
        inherited: dict[str, Any] = {**self.data, **self.parent.data}  # type: ignore[has-type]
        self.data = inherited

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


def _predict(
    spec: Any,
    my_task: Any,
    seen: Any = None,
    looked_ahead: int = 0,
    mask: int = TaskState.PREDICTED_MASK,
) -> None:
    """The library's prediction of what follows a task, without recursion.

    Its own descends one Python frame for each task ahead, so a long chain of tasks cannot start.
    """
    del seen
    waiting = [(spec, my_task, looked_ahead)]
    while waiting:
        current, task, ahead = waiting.pop()
        if task.has_state(mask):
            current._predict_hook(task)  # noqa: SLF001 - see the module's docstring
        if task.has_state(TaskState.DEFINITE_MASK) or ahead + 1 < current.lookahead:
            waiting.extend(
                (child.task_spec, child, ahead + 1)
                for child in reversed(task.children)
                if child.has_state(mask)
            )


def install() -> None:
    """Give the library our names; raises ConfigurationError for any other version of it."""
    version = metadata.version("SpiffWorkflow")
    if version != SUPPORTED:
        raise ConfigurationError(
            f"SpiffWorkflow {version} no está comprobado: se necesita exactamente la {SUPPORTED}."
        )
    TaskSpec._predict = _predict  # noqa: SLF001 - see the module's docstring
    for module in (spiff_merge, spiff_join_mixin, spiff_instances, spiff_user_task, spiff_process):
        module.DeepMerge = PureMerge
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
