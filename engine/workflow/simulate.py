"""Run a model with nobody: people's tasks complete themselves, services answer what they are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine.errors import TownHallError
from engine.services import Wait
from engine.workflow.definitions import (
    Definition,
    Finding,
    InvalidModel,
    check_process,
    load_definition,
)
from engine.workflow.elements import elements_of
from engine.workflow.outside import Outside
from engine.workflow.runtime import Run, Status
from engine.workflow.timers import pending_timers
from engine.workflow.trace import Trace, trace_of
from engine.workflow.work import FORM, Said

MAX_TURNS = 5_000
_RENDER = "documents/render"


@dataclass
class Simulation:
    """How a simulated run went: the elements in order, what it still waits for, what went wrong."""

    completed: bool = False
    steps: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    work_items: list[dict[str, Any]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    deadlines: list[dict[str, Any]] = field(default_factory=list)
    trace: Trace = field(default_factory=Trace)

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


def simulate(
    xml: bytes, values: Mapping[str, Any], now: datetime, decisions: bytes | None = None
) -> Simulation:
    """Run a model to its end or to where it stops.

    values: the instance's data; `services` in it gives each service's answer by name, or by the id
    of the element that calls it, and `tasks` what each person's task gives by its id, which the
    data then holds under that id, as when a person completes it. A list under
    an element's id holds one answer for each time, the last one for the rest. A service without an
    answer answers null, and one of an element that `waits` lists does not answer at all; a task whose
    answer is null is done by nobody. `messages` and `signals` are
    lists of what comes from outside, in order: `{name, payload, correlation, at}`; one with `at` comes
    when that element waits or is open, any other when nobody has anything to do. `timers` lists the
    elements whose timers fire, in order, and no others do; without it, when nothing else is left to
    do, the one that is due first fires. Host code of a model is never run: it is refused by the check.
    decisions: the DMN file of the decisions that the model takes.
    """
    result = Simulation(findings=list(check_process(xml, decisions=decisions)))
    if any(item.level == "error" for item in result.findings):
        return result
    data = dict(values)
    services, tasks = data.pop("services", {}), data.pop("tasks", {})
    waits = frozenset(map(str, data.pop("waits", ())))
    outside = Outside.read(data)

    def answer(name: str, parameters: Mapping[str, Any], task: Any) -> Any:
        element = str(task.task_spec.bpmn_id)
        result.steps.append(element)
        if element in waits:
            return Wait(element)
        if name == _RENDER:
            result.documents.append({"element": element, "template": parameters.get("template")})
        if element in services:
            return _turn(services, element, result.steps.count(element))
        return services.get(name)

    definition = load_definition(xml, decisions)
    try:
        run = Run.start(definition, data, now, answer)
        _play(run, tasks, outside, _Watch(definition, result), result)
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
    result.data = dict(run.result)
    result.findings.extend(outside.left())
    result.trace = trace_of(run, definition)
    return result


class _Watch:
    """Writes down the work and the terms that a run opens."""

    def __init__(self, definition: Definition, result: Simulation) -> None:
        self._nodes = elements_of(definition).nodes
        self._result = result
        self._seen: set[Any] = set()

    def look(self, run: Run) -> None:
        """Write down what is open and was not."""
        for task in run.open_tasks():
            if task.id not in self._seen:
                self._seen.add(task.id)
                self._result.work_items.append(self._work(task))
        for timer in pending_timers(run.workflow):
            key = (timer.task_id, timer.due)
            if key not in self._seen:
                self._seen.add(key)
                due = {} if timer.due is None else {"due": timer.due.isoformat()}
                rule = {} if timer.rule is None else {"rule": timer.rule}
                self._result.deadlines.append({"element": timer.element, **rule, **due})

    def _work(self, task: Any) -> dict[str, Any]:
        element = self._nodes[str(task.task_spec.bpmn_id)]
        said = Said(element, task)
        official = said.official("official")
        return {
            "element": element.id,
            "title": said.text("title") or element.name or element.id,
            "kind": element.properties.get("kind", FORM),
            "unit": said.text("unit"),
            "role": said.text("role"),
            "official": None if official is None else str(official),
            "excluded": said.excluded(),
            "priority": said.priority(),
            "due": element.properties.get("due", ""),
        }


def _play(
    run: Run, tasks: Mapping[str, Any], outside: Outside, watch: _Watch, result: Simulation
) -> None:
    """Let come what is to come now, complete what is open, else let time pass, until nothing moves."""
    met: dict[str, list[Any]] = {}
    for _ in range(MAX_TURNS):
        watch.look(run)
        if run.status is not Status.RUNNING:
            return
        moved = (
            outside.come(run, result.steps, idle=False)
            or _complete_one(run, tasks, met, result)
            or outside.come(run, result.steps, idle=True)
            or outside.pass_time(run, result.steps)
        )
        if not moved:
            return
    message = f"el proceso no acaba en {MAX_TURNS} pasos"
    result.findings.append(Finding("error", "endless", "", message))


def _complete_one(
    run: Run, tasks: Mapping[str, Any], met: dict[str, list[Any]], result: Simulation
) -> bool:
    """Complete the first open task that somebody does; whether there was one.

    met: the tasks of each element that came up, so that one that nobody did takes its turn too.
    """
    for task in run.open_tasks():
        element = str(task.task_spec.bpmn_id)
        times = met.setdefault(element, [])
        if task.id not in times:
            times.append(task.id)
        given = _turn(tasks, element, times.index(task.id) + 1) if element in tasks else {}
        if given is not None:
            result.steps.append(element)
            run.complete(task.id, {element: given})
            return True
    return False


def _turn(answers: Mapping[str, Any], element: str, times: int) -> Any:
    """What an element answers this time, the first being 1; the last answer is for the rest."""
    given = answers[element]
    if not isinstance(given, list):
        return given
    return given[min(times, len(given)) - 1] if given else None
