"""Run instances: SpiffWorkflow's task specs do the BPMN; what must not happen is stopped here.

An instance is complete when its end was reached and nothing is open. One that has nothing to do and
did not reach its end is stuck, which is an incident and never «completed».
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.event_definitions.simple import CancelEventDefinition
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.errors import NotFound, RuleBroken
from engine.workflow.budget import Budget
from engine.workflow.catching import HouseEvents
from engine.workflow.data import TaskData
from engine.workflow.definitions import Definition
from engine.workflow.event_definitions import HouseError, HouseEscalation, ThrownEvent, Values
from engine.workflow.event_subprocesses import prepare
from engine.workflow.joins import settle_joins
from engine.workflow.scripting import WAITING_FOR, FeelEngine, HouseServiceTask, ServiceCaller
from engine.workflow.timers import HouseTimer


class Status(StrEnum):
    """How an instance stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    STUCK = "stuck"


class _Indexed:
    """What both kinds of workflow do with their index, which their tasks keep up to date.

    unfinished: the tasks that are not over; at_joins: those that wait for others, by the join. The
    instance itself has more, for itself and its subprocesses: automatic, what is ready and needs
    nobody, in order; offered, what is ready for a person; started, what waits for an answer or holds
    a subprocess; restless, the workflows in which a join may go on now.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self.unfinished: dict[UUID, Any] = {}
        self.at_joins: dict[str, dict[UUID, Any]] = {}
        super().__init__(*args, **options)

    def cancel(self, success: bool = False) -> list[Any]:
        """Cancel everything that is open, subprocesses too."""
        self.success, self.completed = success, True
        opened = list(self.unfinished.values())
        for task in opened:
            if not task.state & TaskState.FINISHED_MASK:
                task.cancel()
        return opened

    def _task_completed_notify(self, task: Any) -> None:
        self.last_task = task
        if task.task_spec.name == "End":
            self._mark_complete(task)
        if self.completed:
            self.completed_event(self)  # type: ignore[attr-defined]

    def _remove_task(self, task_id: UUID) -> None:
        """Remove a task and those below it, without recursion."""
        tasks: dict[UUID, Any] = self.tasks  # type: ignore[attr-defined]
        found, waiting = [], [task_id]
        while waiting:
            current = waiting.pop()
            found.append(current)
            waiting.extend(tasks[current]._children)  # noqa: SLF001 - the library's own tree
        parent = tasks[task_id].parent
        if parent is not None:
            parent._children.remove(task_id)  # noqa: SLF001
        for identifier in reversed(found):
            task = tasks.pop(identifier)
            task._children.clear()  # noqa: SLF001
            task.leave()
            if task.state & TaskState.FINISHED_MASK:
                self.top_workflow.gone_tasks.append(task)  # type: ignore[attr-defined]
            self._task_removed_notify(task)  # type: ignore[attr-defined]

    def _mark_complete(self, task: Any) -> None:
        """The end was reached. Its task has the data: it is copied to nowhere else."""
        self.last_task = task
        self.completed = True


class _SubWorkflow(_Indexed, BpmnSubWorkflow):  # type: ignore[misc]
    """A subprocess or a called process inside an instance. holder: the task that it is inside."""

    def __init__(self, spec: Any, holder: Any, top_workflow: Any, **options: Any) -> None:
        self.holder = holder
        super().__init__(spec, holder.id, top_workflow, **options)

    @property
    def parent_workflow(self) -> Any:
        return self.holder.workflow

    def _calculate_depth(self) -> int:
        depth: int = self.holder.workflow.depth + 1
        return depth


class HouseWorkflow(_Indexed, BpmnWorkflow):  # type: ignore[misc]
    """An instance in memory. `now` is the transition's instant, given by the town hall."""

    def __init__(
        self, definition: Definition, engine: FeelEngine, now: datetime, **options: Any
    ) -> None:
        self.now = now
        self.budget = Budget()
        self.changes_of_state = itertools.count(1)
        """Numbers the changes of state of its tasks, for the order of the history."""
        self.definition = definition
        self.gone_tasks: list[Any] = []
        """The finished tasks that were taken out of the tree, for the history."""
        self.automatic: deque[Any] = deque()
        self.offered: dict[UUID, Any] = {}
        self.started: dict[UUID, Any] = {}
        self.restless: dict[Any, None] = {}
        prepare(definition.spec, definition.subprocesses)
        super().__init__(definition.spec, dict(definition.subprocesses), engine, **options)
        self.event_manager = HouseEvents(self)

    def create_subprocess(self, my_task: Any, spec_name: str) -> Any:
        self.budget.new_task(my_task)
        subprocess = _SubWorkflow(self.subprocess_specs[spec_name], my_task, self)
        self.subprocesses[my_task.id] = subprocess
        return subprocess

    def restore_subprocess(self, my_task: Any, spec_name: str) -> Any:
        """A subprocess without its tasks, to be filled with the stored ones."""
        subprocess = _SubWorkflow(
            self.subprocess_specs[spec_name], my_task, self, deserializing=True
        )
        self.subprocesses[my_task.id] = subprocess
        return subprocess


def _only_from_inside(waiting: Any) -> bool:
    """Whether only another task of the instance can give what is waited for."""
    return isinstance(
        waiting.task_spec.event_definition, HouseError | HouseEscalation | CancelEventDefinition
    )


class Run:
    """An instance and the ways to move it."""

    def __init__(self, workflow: HouseWorkflow) -> None:
        self.workflow = workflow

    @classmethod
    def start(
        cls,
        definition: Definition,
        data: Mapping[str, Any],
        now: datetime,
        services: ServiceCaller | None = None,
    ) -> Run:
        """A new instance, moved until it needs somebody or something."""
        workflow = HouseWorkflow(definition, FeelEngine(services), now)
        workflow.task_tree.data = TaskData(deepcopy(dict(data)))
        run = cls(workflow)
        run.advance()
        return run

    def advance(self) -> int:
        """Do everything that needs nobody; returns the steps done. Raises ModelError for endless ones."""
        steps = 0
        workflow, events = self.workflow, self.workflow.event_manager
        while True:
            events.settle()
            task = self._next()
            if task is None:
                if not settle_joins(workflow) and not events.check_conditions():
                    workflow.budget.renew()
                    return steps
                continue
            workflow.budget.step(task)
            task.run()
            steps += 1

    def _next(self) -> Any:
        """The task that has been ready longest and needs nobody, None when there is none."""
        automatic = self.workflow.automatic
        while automatic:
            task = automatic.popleft()
            if task.state == TaskState.READY and task.id in task.workflow.tasks:
                return task
        return None

    @property
    def status(self) -> Status:
        """How the instance stands; told from what is open, not from what was not found."""
        workflow = self.workflow
        if workflow.completed and not workflow.unfinished:
            return Status.COMPLETED
        events = workflow.event_manager
        called = any(not _only_from_inside(each) for each in events.waiting())
        moves = called or bool(workflow.offered) or bool(self.waiting_services())
        return Status.RUNNING if moves and not workflow.completed else Status.STUCK

    @property
    def result(self) -> Mapping[str, Any]:
        """The data of the end, once it was reached."""
        last = self.workflow.last_task
        return last.data if self.workflow.completed and last is not None else {}

    def open_tasks(self) -> tuple[Any, ...]:
        """The tasks that wait for a person."""
        return tuple(self.workflow.offered.values())

    def waiting_services(self) -> dict[str, Any]:
        """The tasks whose service will answer later, by reference."""
        return {
            task.internal_data[WAITING_FOR]: task
            for task in self.workflow.started.values()
            if WAITING_FOR in task.internal_data
        }

    def task(self, task_id: UUID) -> Any:
        """A task of the instance; raises NotFound."""
        workflows = (self.workflow, *self.workflow.subprocesses.values())
        found = next((each.tasks[task_id] for each in workflows if task_id in each.tasks), None)
        if found is None:
            raise NotFound("Esa tarea ya no existe.")
        return found

    def complete(self, task_id: UUID, data: Mapping[str, Any]) -> None:
        """Complete a person's task with what it gave, and go on."""
        task = self.task(task_id)
        if task.state != TaskState.READY or not task.task_spec.manual:
            raise RuleBroken("Esa tarea ya no está pendiente.")
        task.data.update(deepcopy(dict(data)))
        task.run()
        self.advance()

    def answer(self, reference: str, result: Any) -> bool:
        """Give a waiting service its answer and go on; whether it still waited."""
        task = self.waiting_services().get(reference)
        if task is None or not isinstance(task.task_spec, HouseServiceTask):
            return False
        task.task_spec.put_result(task, result)
        task.complete()
        self.advance()
        return True

    def fire_timer(self, task_id: UUID) -> bool:
        """Fire a waiting timer and go on; whether it still waited."""
        waiting = self.workflow.event_manager.find(task_id)
        if waiting is None or not isinstance(waiting.task_spec.event_definition, HouseTimer):
            return False
        self.workflow.event_manager.fire(waiting)
        self.advance()
        return True

    def receive(self, task_id: UUID, payload: Any, values: Values) -> bool:
        """Give a message to the one that waits for it, and go on; whether it still waited."""
        waiting = self.workflow.event_manager.find(task_id)
        if waiting is None:
            return False
        definition = waiting.task_spec.event_definition
        self.workflow.event_manager.fire(waiting, ThrownEvent(definition, None, payload, values))
        self.advance()
        return True

    def signal(self, name: str, payload: Any) -> bool:
        """Give a signal to everyone in the instance that waits for it; whether somebody did."""
        caught = self.workflow.event_manager.signal(name, payload)
        self.advance()
        return caught > 0
