"""Compensation: what was completed is undone, the last first, each once. SpiffWorkflow has none.

An activity that can be undone is noted in the data of its workflow when it completes, since a loaded
instance does not have its finished tasks. A throw takes the notes that it is to undo and runs their
handlers one after another as children of its own, as a loop does; it goes on when the last is done.
A sub-process is undone by its handler, else by its compensation event sub-process, else by undoing
what was completed inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.control import SimpleBpmnTask
from SpiffWorkflow.bpmn.specs.defaults import EndEvent, IntermediateThrowEvent
from SpiffWorkflow.spiff.specs.defaults import SubWorkflowTask
from SpiffWorkflow.util.task import TaskState

from engine.workflow.data import difference

DONE = "compensation:done"
"""In a workflow's data: what was completed in it and can be undone, in that order."""
PLANNED = "compensating"
ENTRY = "compensation"
STEP = "compensation:step"


class CompensationStep(SimpleBpmnTask):  # type: ignore[misc]
    """Stands between a throw and a handler: its data are those of the throw, with the snapshot over them."""


class _Compensating:
    """What a throw and an end have in common. `activity`: the one to undo; None for the whole scope."""

    activity: str | None

    def _update_hook(self, my_task: Any) -> bool:
        if PLANNED in my_task.internal_data:
            return False
        super()._update_hook(my_task)  # type: ignore[misc]
        self._stop_others(my_task)
        planned = taken(my_task.workflow, self.activity)
        if not planned:
            return True
        my_task.internal_data[PLANNED] = planned
        my_task._set_state(TaskState.STARTED)  # noqa: SLF001 - as the library's own loops do
        self._undo_next(my_task)
        return False

    def _stop_others(self, my_task: Any) -> None:
        """What else goes on in the scope goes on."""

    def _undo_next(self, my_task: Any) -> None:
        """Start the handler of the next completed activity."""
        entry, *rest = my_task.internal_data[PLANNED]
        my_task.internal_data[PLANNED] = rest
        specs = my_task.workflow.spec.task_specs
        step = my_task._add_child(specs[STEP], TaskState.WAITING)  # noqa: SLF001
        step.triggered = True
        step._inherit_data()  # noqa: SLF001
        step.data.update(entry["data"])
        step.internal_data[ENTRY] = entry
        step._set_state(TaskState.COMPLETED)  # noqa: SLF001
        handler = specs[entry["handler"]]
        child = step._add_child(handler, TaskState.WAITING)  # noqa: SLF001
        child.triggered = True
        handler._update(child)  # noqa: SLF001

    def undone(self, my_task: Any, step: Any, child: Any) -> None:
        """A handler ended: keep what it changed, go on with the next one."""
        changed, _ = difference(child.data, step.data)
        my_task.data.update(changed)
        if my_task.internal_data[PLANNED]:
            self._undo_next(my_task)
        else:
            my_task._set_state(TaskState.READY)  # noqa: SLF001


class CompensationThrow(_Compensating, IntermediateThrowEvent):  # type: ignore[misc]
    """An intermediate event that undoes and then goes on."""

    def __init__(self, *args: Any, activity: str | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.activity = activity


class CompensationEnd(_Compensating, EndEvent):  # type: ignore[misc]
    """An end that undoes first."""

    def __init__(self, *args: Any, activity: str | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.activity = activity


class CancelEnd(CompensationEnd):
    """The cancellation of a transaction: all that goes on in it stops, what was done is undone."""

    def _stop_others(self, my_task: Any) -> None:
        for task in list(my_task.workflow.unfinished.values()):
            if task is not my_task and not task.is_descendant_of(my_task):
                task.cancel()


class CompensationSubprocess(SubWorkflowTask):  # type: ignore[misc]
    """Undoes a sub-process: runs with the notes of what was completed inside it."""

    def copy_data(self, my_task: Any, subworkflow: Any) -> None:
        super().copy_data(my_task, subworkflow)
        subworkflow.data[DONE] = my_task.parent.internal_data[ENTRY]["inside"]


def taken(workflow: Any, activity: str | None) -> list[dict[str, Any]]:
    """Take from the notes those that a throw in this workflow is to undo, the last first.

    In an event sub-process the scope is that of the process around it too.
    """
    scopes = [workflow]
    if getattr(workflow.spec, "event_subprocess", False) and DONE not in workflow.data:
        scopes.append(workflow.parent_workflow)
    found: list[dict[str, Any]] = []
    for scope in scopes:
        notes = scope.data.get(DONE, [])
        chosen = [note for note in notes if activity in (None, note["activity"])]
        if chosen:
            scope.data[DONE] = [note for note in notes if note not in chosen]
            found += reversed(chosen)
    return found


class Recorder:
    """Notes each completion of an activity.

    holds: the activity is a sub-process whose own notes are kept with it; needed: it is undone only
    by them, so that without any there is nothing to note; instance: it is one of several, and what
    only it knew is kept.
    """

    def __init__(
        self, activity: str, handler: str, *, holds: bool, needed: bool, instance: bool
    ) -> None:
        self._activity = activity
        self._handler = handler
        self._holds = holds
        self._needed = needed
        self._instance = instance

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recorder) and other._activity == self._activity

    def __hash__(self) -> int:
        return hash(self._activity)

    def __call__(self, workflow: Any, task: Any) -> None:
        """The activity's spec calls it when one of its tasks completes."""
        inside: list[Any] = []
        if self._holds:
            subprocess = workflow.top_workflow.subprocesses.get(task.id)
            inside = [] if subprocess is None else list(subprocess.data.get(DONE, ()))
        if self._needed and not inside:
            return
        note = {
            "activity": self._activity,
            "handler": self._handler,
            "data": _own(task) if self._instance else {},
            "inside": inside,
        }
        workflow.data[DONE] = [*workflow.data.get(DONE, ()), note]


def _own(task: Any) -> dict[str, Any]:
    """What one of several instances knows and the task of all of them does not."""
    above: Mapping[str, Any] = task.parent.data
    return {
        key: value for key, value in task.data.items() if key not in above or above[key] != value
    }


def handler_ended(workflow: Any, task: Any) -> None:
    """A handler's spec calls it when one of its tasks completes."""
    del workflow
    step = task.parent
    if step is not None and step.task_spec.name == STEP:
        step.parent.task_spec.undone(step.parent, step, task)
