"""Run a model with nobody: people's tasks complete themselves, services answer what they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine.errors import TownHallError
from engine.workflow.definitions import Finding, InvalidModel, check_process, load_definition
from engine.workflow.runtime import Run, Status
from engine.workflow.timers import pending_timers

MAX_TURNS = 5_000


@dataclass
class Simulation:
    """How a simulated run went: the elements in order, what it still waits for, what went wrong."""

    completed: bool = False
    steps: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The result for `andecha simulate --json`: keys of the command line's contract."""
        errors = [item for item in self.findings if item.level == "error"]
        return {
            "ok": not errors,
            "completed": self.completed,
            "steps": self.steps,
            "waiting": self.waiting,
            "findings": [item.to_dict() for item in self.findings],
        }


def simulate(xml: bytes, values: Mapping[str, Any], now: datetime) -> Simulation:
    """Run a model to its end or to where it stops.

    values: the instance's data; `services` in it gives each service's answer by name, or by the id
    of the element that calls it, and `tasks` what each person's task gives by its id, which the
    data then holds under that id, as when a person completes it. A list under
    an element's id holds one answer for each time, the last one for the rest. A service without an
    answer answers null; a task whose answer is null is done by nobody. Timers fire at once when
    nobody has anything to do. Host code of a model is never run: it is refused by the check.
    """
    result = Simulation(findings=list(check_process(xml)))
    if any(item.level == "error" for item in result.findings):
        return result
    data = dict(values)
    services, tasks = data.pop("services", {}), data.pop("tasks", {})

    def answer(name: str, _parameters: Mapping[str, Any], task: Any) -> Any:
        element = str(task.task_spec.bpmn_id)
        result.steps.append(element)
        if element in services:
            return _turn(services, element, result.steps)
        return services.get(name)

    try:
        run = Run.start(load_definition(xml), data, now, answer)
        _play(run, tasks, result)
    except (SpiffWorkflowException, TownHallError, InvalidModel) as error:
        result.findings.append(
            Finding("error", "run", result.steps[-1] if result.steps else "", str(error))
        )
        return result
    result.completed = run.status is Status.COMPLETED
    result.waiting = [str(task.task_spec.bpmn_id) for task in run.open_tasks()]
    if run.status is Status.STUCK:
        message = "el proceso se queda sin nada que hacer y no llega a su fin"
        result.findings.append(Finding("error", "stuck", "", message))
    result.data = dict(run.workflow.data)
    return result


def _play(run: Run, tasks: Mapping[str, Any], result: Simulation) -> None:
    """Complete what is open, else fire the first timer, until nothing moves."""
    for _ in range(MAX_TURNS):
        if run.status is not Status.RUNNING:
            return
        if _complete_one(run, tasks, result):
            continue
        timers = pending_timers(run.workflow)
        if not timers:
            return
        result.steps.append(timers[0].element)
        run.fire_timer(timers[0].task_id)
    message = f"el proceso no acaba en {MAX_TURNS} pasos"
    result.findings.append(Finding("error", "endless", "", message))


def _complete_one(run: Run, tasks: Mapping[str, Any], result: Simulation) -> bool:
    """Complete the first open task that somebody does; whether there was one."""
    for task in run.open_tasks():
        element = str(task.task_spec.bpmn_id)
        given = _turn(tasks, element, [*result.steps, element]) if element in tasks else {}
        if given is not None:
            result.steps.append(element)
            run.complete(task.id, {element: given})
            return True
    return False


def _turn(answers: Mapping[str, Any], element: str, steps: Sequence[str]) -> Any:
    """What an element answers this time, which is the last of the steps."""
    given = answers[element]
    if not isinstance(given, list):
        return given
    return given[min(steps.count(element), len(given)) - 1] if given else None
