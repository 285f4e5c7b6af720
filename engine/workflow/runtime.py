"""Run instances: SpiffWorkflow's task specs do the BPMN; what must not happen is stopped here.

An instance is complete when its end was reached and nothing is open. One that has nothing to do and
did not reach its end is stuck, which is an incident and never «completed».
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.errors import NotFound, RuleBroken
from engine.workflow.definitions import Definition
from engine.workflow.scripting import WAITING_FOR, FeelEngine, HouseServiceTask, ServiceCaller
from engine.workflow.timers import FIRED, HouseTimer

MAX_STEPS = 200_000


class Status(StrEnum):
    """How an instance stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    STUCK = "stuck"


class _Indexed:
    """What both kinds of workflow do with their index of unfinished tasks."""

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
            self.unfinished.pop(identifier, None)  # type: ignore[attr-defined]
            self._task_removed_notify(task)  # type: ignore[attr-defined]


class _SubWorkflow(_Indexed, BpmnSubWorkflow):  # type: ignore[misc]
    """A subprocess or a called process inside an instance."""


class HouseWorkflow(_Indexed, BpmnWorkflow):  # type: ignore[misc]
    """An instance in memory. `now` is the transition's instant, given by the town hall."""

    def __init__(
        self, definition: Definition, engine: FeelEngine, now: datetime, **options: Any
    ) -> None:
        self.now = now
        self.definition = definition
        super().__init__(definition.spec, dict(definition.subprocesses), engine, **options)

    def create_subprocess(self, my_task: Any, spec_name: str) -> Any:
        subprocess = _SubWorkflow(
            self.subprocess_specs[spec_name], parent_task_id=my_task.id, top_workflow=self
        )
        self.subprocesses[my_task.id] = subprocess
        return subprocess

    def restore_subprocess(self, my_task: Any, spec_name: str) -> Any:
        """A subprocess without its tasks, to be filled with the stored ones."""
        subprocess = _SubWorkflow(
            self.subprocess_specs[spec_name],
            parent_task_id=my_task.id,
            top_workflow=self,
            deserializing=True,
        )
        subprocess.unfinished = {}
        self.subprocesses[my_task.id] = subprocess
        return subprocess


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
        workflow.task_tree.data.update(deepcopy(dict(data)))
        run = cls(workflow)
        run.advance()
        return run

    def advance(self) -> int:
        """Do everything that needs nobody; returns the steps done. Raises RuleBroken for endless ones."""
        steps = 0
        while True:
            ready = [task for task in self._ready() if not task.task_spec.manual]
            if not ready:
                if not self._finish_subprocesses():
                    return steps
                continue
            for task in ready:
                if task.state != TaskState.READY:
                    continue
                task.run()
                steps += 1
                if steps > MAX_STEPS:
                    raise RuleBroken(
                        "El proceso da demasiados pasos seguidos sin que nadie intervenga."
                    )

    def _ready(self) -> list[Any]:
        return list(self.workflow.get_tasks(state=TaskState.READY))

    def _finish_subprocesses(self) -> bool:
        """Let the tasks above finished or new subprocesses know; whether anything moved."""
        moved = False
        for subprocess in list(self.workflow.subprocesses.values()):
            task = self.workflow.get_task_from_id(subprocess.parent_task_id)
            before = task.state
            if before in (TaskState.WAITING, TaskState.STARTED):
                task.task_spec._update(task)  # noqa: SLF001 - as the library's own loop does
                moved = moved or task.state != before
        return moved or any(not task.task_spec.manual for task in self._ready())

    @property
    def status(self) -> Status:
        """How the instance stands; told from what is open, not from what was not found."""
        workflow = self.workflow
        if workflow.completed and not workflow.unfinished:
            return Status.COMPLETED
        if self.open_tasks() or self.waiting_services() or workflow.event_manager.tasks:
            return Status.RUNNING
        waiting = workflow.get_tasks(state=TaskState.WAITING | TaskState.READY | TaskState.STARTED)
        return Status.RUNNING if waiting and not workflow.completed else Status.STUCK

    def open_tasks(self) -> tuple[Any, ...]:
        """The tasks that wait for a person."""
        return tuple(task for task in self._ready() if task.task_spec.manual)

    def waiting_services(self) -> dict[str, Any]:
        """The tasks whose service will answer later, by reference."""
        return {
            task.internal_data[WAITING_FOR]: task
            for task in self.workflow.get_tasks(state=TaskState.STARTED)
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
        task = self.workflow.event_manager.tasks.get(task_id)
        if task is None or not isinstance(task.task_spec.event_definition, HouseTimer):
            return False
        task.internal_data[FIRED] = True
        task.task_spec._update(task)  # noqa: SLF001 - as the library's own loop does
        self.advance()
        return True
