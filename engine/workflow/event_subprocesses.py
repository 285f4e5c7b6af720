"""Event subprocesses: they wait while their scope runs, and take no part in whether it ends.

The library makes some of them run as soon as their scope begins, knows no interrupting ones and none
inside a subprocess, and gives them the data of the beginning. Here they are no task until their event
comes: what each waits for stands in the scope's own data, which is stored with the instance.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.util.task import TaskState

from engine.workflow.data import TaskData, difference
from engine.workflow.event_definitions import EVENT_SUBPROCESSES, HouseCondition
from engine.workflow.timers import HouseTimer, successor

ARMED = "event_subprocesses"
_ID = "id"
_lock = threading.Lock()


@dataclass(frozen=True)
class EventStart:
    """How an event subprocess begins.

    name: of its task spec; bpmn_id: of its start event.
    """

    name: str
    bpmn_id: str
    event_definition: Any
    interrupting: bool


def prepare(spec: Any, subprocesses: Mapping[str, Any]) -> None:
    """Take the event subprocesses of a model out of its flow, once; see `EventStart`."""
    if hasattr(spec, "event_starts"):
        return
    with _lock:
        # The model's own comes last: whoever sees it done uses the others without the lock.
        inside = [each for each in subprocesses.values() if each is not spec]
        for each in (*inside, spec):
            if not hasattr(each, "event_starts"):
                each.event_starts = dict(_taken_out(each, subprocesses))


def _taken_out(spec: Any, subprocesses: Mapping[str, Any]) -> Iterator[tuple[str, EventStart]]:
    for name in vars(spec).get(EVENT_SUBPROCESSES, ()):
        task_spec = spec.task_specs[name]
        start = subprocesses[task_spec.spec].bpmn_start_events[0]
        definition, start.event_definition = start.event_definition, NoneEventDefinition()
        task_spec._inputs = [spec.start.name]  # noqa: SLF001 - the library's own list
        task_spec.connect(spec.end)
        yield name, EventStart(name, start.bpmn_id, definition, start.interrupting)


class Trigger:
    """An event subprocess that waits: a task to whoever looks at what waits."""

    def __init__(self, workflow: Any, start: EventStart, internal_data: dict[str, Any]) -> None:
        self.workflow = workflow
        self.start = start
        self.task_spec = start
        self.internal_data = internal_data

    @property
    def id(self) -> UUID:
        return UUID(self.internal_data[_ID])

    @property
    def data(self) -> Any:
        """What its scope knew where its open tasks part."""
        return self.workflow.task_tree.data

    def disarm(self) -> None:
        """It got its event: nothing of its scope waits any more, or it waits for the next time."""
        armed: dict[str, Any] = self.workflow.data[ARMED]
        if self.start.interrupting:
            armed.clear()
            return
        again: dict[str, Any] | None = {_ID: self.internal_data[_ID]}
        if isinstance(self.start.event_definition, HouseTimer):
            following = successor(self)
            again = None if following is None else {_ID: str(uuid4()), **following}
        elif isinstance(self.start.event_definition, HouseCondition):
            again = {
                key: value for key, value in self.internal_data.items() if key != "event_fired"
            }
        if again is None:
            del armed[self.start.name]
        else:
            armed[self.start.name] = again


def arm(workflow: Any) -> None:
    """Let the event subprocesses of a scope that begins wait for their events."""
    if workflow.spec.event_starts and ARMED not in workflow.data:
        workflow.data[ARMED] = {name: {_ID: str(uuid4())} for name in workflow.spec.event_starts}
        for trigger in triggers_of(workflow):
            trigger.start.event_definition.has_fired(trigger)
            trigger.start.event_definition.update_task(trigger)


def triggers_of(workflow: Any) -> Iterable[Trigger]:
    """The event subprocesses of a scope that wait."""
    starts: Mapping[str, EventStart] = workflow.spec.event_starts
    if not starts:
        return []
    armed = workflow.data.get(ARMED, {})
    return [Trigger(workflow, starts[name], armed[name]) for name in armed if name in starts]


def start_event_subprocess(trigger: Trigger, known: TaskData) -> None:
    """Begin an event subprocess with what its scope knows; one that interrupts ends all the rest."""
    workflow, start = trigger.workflow, trigger.start
    if workflow.completed:
        return
    if start.interrupting:
        _end_all(workflow)
    root = workflow.task_tree
    task = root._add_child(workflow.spec.task_specs[start.name], TaskState.FUTURE)  # noqa: SLF001
    task.triggered = True
    task._inherit_data()  # noqa: SLF001 - as the library's own tasks do
    task.data.update(difference(known, root.data)[0])
    trigger_view = _View(task, trigger.internal_data)
    start.event_definition.update_task_data(trigger_view)
    task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)  # noqa: SLF001
    task._set_state(TaskState.STARTED)  # noqa: SLF001
    task.task_spec.start_workflow(task)


class _View:
    """The data of the new task with what the trigger caught: for the mapping of its payload."""

    def __init__(self, task: Any, internal_data: dict[str, Any]) -> None:
        self.data = task.data
        self.internal_data = internal_data
        self.workflow = task.workflow
        self.task_spec = task.task_spec


def _end_all(workflow: Any) -> None:
    """Cancel what is open in a scope, and forget what was only foreseen."""
    for task in list(workflow.unfinished.values()):
        if task.state >= TaskState.WAITING and task.id in workflow.tasks:
            task.cancel()
    for task in list(workflow.unfinished.values()):
        if task.id in workflow.tasks and task.parent is not None:
            workflow._remove_task(task.id)  # noqa: SLF001
