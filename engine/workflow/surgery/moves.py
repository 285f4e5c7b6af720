"""Moves of surgery: tokens taken away, put elsewhere, passed over, with the library's own primitives.

Each is a function of a Run that was loaded whole. What was done stays where it was, as it ended; a
task that stands instead of others says which, so that it is known that they were undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import (
    BoundaryEvent,
    EventBasedGateway,
)
from SpiffWorkflow.bpmn.specs.mixins.exclusive_gateway import ExclusiveGateway
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import RuleBroken
from engine.workflow.catching import Slot
from engine.workflow.event_definitions import ThrownEvent
from engine.workflow.runtime import Run
from engine.workflow.surgery.corrections import Change, Correction, correct
from engine.workflow.surgery.tree import (
    OPEN,
    UNDONE,
    element_of,
    entry,
    fixed,
    frame,
    is_undone,
    met_in,
    opened_by,
    stranded,
    under,
    undone,
)

_FINISHED = TaskState.FINISHED_MASK
_DECIDING = (UnstructuredJoin, EventBasedGateway, ExclusiveGateway)
_AHEAD = TaskState.FUTURE | TaskState.PREDICTED_MASK


@dataclass(frozen=True)
class Plan:
    """What a move would do: the open tasks that it ends, and the element on which its token lands."""

    ends: tuple[UUID, ...]
    lands: str


def move_plan(run: Run, task_ids: Sequence[UUID], target: str) -> Plan:
    """What `move` would do; raises RuleBroken as it does, but for what follows the landing."""
    taken, _spec = _to_move(run, task_ids, target)
    return Plan(tuple(task.id for each in taken for task in _standing(each)), target)


def move(run: Run, task_ids: Sequence[UUID], target: str) -> None:
    """Take away one or several tokens and put one on `target`, in the same scope.

    It knows what the first one knew when it entered its element, and what the others knew besides.
    Raises RuleBroken when the target cannot be entered, or a join would wait for ever.
    """
    waited = stranded(run)
    taken, spec = _to_move(run, task_ids, target)
    parent = frame(taken[0]).parent
    others = [frame(task).parent.data for task in taken[1:]]
    _cancel(each for task in taken for each in _standing(task))
    landed = _add(parent, spec)
    for data in others:
        landed.data.update({key: value for key, value in data.items() if key not in parent.data})
    _enter(landed)
    _check_joins(run, waited)
    run.advance()


def _to_move(run: Run, task_ids: Sequence[UUID], target: str) -> tuple[list[Any], Any]:
    """The tokens' tasks and the specification of the target."""
    taken = [run.task(identifier) for identifier in dict.fromkeys(task_ids)]
    if not taken:
        raise RuleBroken("Elija qué paso abierto quiere mover.")
    for task in taken:
        if not task.state & OPEN or isinstance(task.task_spec, BoundaryEvent):
            raise RuleBroken(f"«{element_of(task)}» ya no está abierto: vuelva a cargar la página.")
        _check_free(task)
    workflow = taken[0].workflow
    if any(task.workflow is not workflow for task in taken):
        raise RuleBroken("Solo se pueden mover juntos pasos del mismo proceso o subproceso.")
    return taken, _target(workflow, target)


def _target(workflow: Any, element: str) -> Any:
    spec = entry(workflow, element)
    if spec is None:
        raise RuleBroken(
            f"No se puede ir a «{element}»: no está en el mismo proceso o subproceso, o es un borde, "
            "un comienzo o una confluencia. Elija el paso anterior o el siguiente."
        )
    return spec


def _check_free(task: Any) -> None:
    """Raise RuleBroken for a token that belongs to others."""
    reason = fixed(task)
    if reason or frame(task).parent is None:
        raise RuleBroken(f"«{element_of(task)}» no se puede mover. {reason}".strip())


def _standing(task: Any) -> list[Any]:
    """What is open at the element of a token: what is inside, the task, the events around it."""
    around = frame(task)
    beside = [] if around is task else [each for each in around.children if each is not task]
    waiting = [
        event
        for event in beside
        if isinstance(event.task_spec, CatchingEvent) and event.state == TaskState.WAITING
    ]
    return [*opened_by(task), *waiting]


def _cancel(tasks: Iterable[Any]) -> None:
    """End open tasks, the deepest first, so that each stands in the history as cancelled."""
    for task in list(tasks):
        if task.state & OPEN:
            task.cancel()


def _add(parent: Any, spec: Any) -> Any:
    """A new task under a finished one, which inherits what that one knew."""
    landed = parent._add_child(spec, TaskState.FUTURE)  # noqa: SLF001 - the library's own primitive
    landed.triggered = True
    return landed


def _enter(landed: Any) -> None:
    """Let the token enter: it waits, asks for somebody, or is ready to run."""
    spec = landed.task_spec
    spec._predict(landed, mask=_AHEAD)  # noqa: SLF001 - the library's own primitive
    spec._update(landed)  # noqa: SLF001 - the library's own primitive


def _check_joins(run: Run, waited: frozenset[str]) -> None:
    """Raise RuleBroken when a join that could be passed before would now wait for ever."""
    for element in sorted(stranded(run) - waited):
        raise RuleBroken(
            f"«{element}» esperaría para siempre a una rama que ya no puede llegar. Mueva a la vez todos "
            "los pasos abiertos de esas ramas, o vuelva a un paso anterior a la bifurcación."
        )


def restart_plan(run: Run, task_id: UUID) -> Plan:
    """What `restart` would do; raises RuleBroken as it does, but for what follows the landing."""
    roots = _to_restart(run, task_id)
    ended = tuple(task.id for root in roots for task in opened_by(root))
    return Plan(ended, element_of(run.task(task_id)))


def restart(run: Run, task_id: UUID) -> None:
    """Go back to a step that is over: a new token stands there, with what was known then.

    What came after is undone: its open tokens are taken away, also those that went on from a join
    with what the step's branch had brought, where the other branches wait again. Raises RuleBroken.
    """
    waited = stranded(run)
    branch, *met = _to_restart(run, task_id)
    _cancel(task for root in (branch, *met) for task in opened_by(root))
    landed = _add(branch.parent, branch.task_spec)
    landed.internal_data[UNDONE] = [str(root.id) for root in (branch, *met)]
    for join in met:
        _enter(_add(join.parent, join.task_spec))
    _enter(landed)
    _check_joins(run, waited)
    run.advance()


def _to_restart(run: Run, task_id: UUID) -> list[Any]:
    """The branch of a step that is over, and the arrivals elsewhere that its token went on with."""
    task = run.task(task_id)
    if not task.state & _FINISHED or isinstance(task.task_spec, BoundaryEvent | BoundaryEventSplit):
        raise RuleBroken(f"«{element_of(task)}» no es un paso terminado al que se pueda volver.")
    if is_undone(task, undone(task.workflow)):
        raise RuleBroken(f"«{element_of(task)}» ya se deshizo: elija la última vez que se hizo.")
    _check_free(task)
    _target(task.workflow, element_of(task))
    roots = [frame(task)]
    for root in roots:
        roots += [join for join in met_in(root) if not any(under(join, other) for other in roots)]
    return roots


def skip(run: Run, task_id: UUID, corrections: Sequence[Correction] = ()) -> list[Change]:
    """Pass over an open step as if it had been done, with the data that it should have given.

    Returns what data that changed.
    """
    task = run.task(task_id)
    check_skippable(task)
    _cancel(each for each in _standing(task) if each is not task and not _on_border(each))
    inside = run.workflow.subprocesses.get(task.id)
    if inside is not None:
        inside.cancel()
    run.workflow.event_manager.remove_task(task)
    changes = correct(task.data, corrections)
    task.complete()
    run.advance()
    return changes


def skip_plan(run: Run, task_id: UUID) -> Plan:
    """What `skip` would end; raises RuleBroken as it does."""
    task = run.task(task_id)
    check_skippable(task)
    return Plan(tuple(each.id for each in _standing(task)), element_of(task))


def _on_border(task: Any) -> bool:
    """The events on the border of a step end with it by themselves."""
    return isinstance(task.task_spec, BoundaryEvent)


def check_skippable(task: Any) -> None:
    """Raise RuleBroken for what is not open, or decides where the process goes."""
    if not task.state & OPEN:
        raise RuleBroken(f"«{element_of(task)}» ya no está abierto: vuelva a cargar la página.")
    if isinstance(task.task_spec, (*_DECIDING, BoundaryEvent)):
        raise RuleBroken(
            f"«{element_of(task)}» decide por dónde sigue el proceso y no se puede saltar: corrija los "
            "datos o mueva el proceso al paso que corresponda."
        )


def repeat(
    run: Run,
    cause: Mapping[str, Any],
    corrections: Sequence[Correction] = (),
    skipped: str | None = None,
    element: str = "",
) -> list[Change]:
    """Do again what an incident stopped, with corrected data, passing over an element once.

    element: at which it stopped. Returns what was corrected. Raises RuleBroken when what was being
    done waits no more, or the element to pass over is not reached.
    """
    tasks = _stopped_tasks(run, cause, element)
    changes = [change for task in tasks for change in correct(task.data, corrections)]
    if cause["kind"] != "go_on":
        _end(tasks)
    run.workflow.event_manager.settle()
    if skipped is not None:
        _pass_over(run, skipped)
    run.advance()
    return list(dict.fromkeys(changes))


def _end(tasks: Iterable[Any]) -> None:
    """End what was given its answer or its event."""
    for task in tasks:
        if task.state == TaskState.STARTED:
            task.complete()
        elif task.state == TaskState.READY:
            task.run()


def _stopped_tasks(run: Run, cause: Mapping[str, Any], element: str) -> list[Any]:
    """The tasks that were being ended, with what they were given: several only for a signal, and for
    what goes on by itself."""
    found: list[Any] = []
    match cause["kind"]:
        case "complete":
            task = run.task(UUID(cause["task"]))
            if task.state == TaskState.READY:
                task.data.update(cause["data"])
            found = [task]
        case "signal":
            task = run.waiting_services().get(cause["reference"])
            if task is not None:
                task.task_spec.put_result(task, cause["result"])
                found = [task]
        case "timer" | "event_message":
            found = _fired(run, cause)
        case "event_signal":
            found = _signalled(run, cause)
        case "go_on":
            ready = [task for task in run.workflow.get_tasks(state=OPEN) if _goes_alone(task)]
            found = [task for task in ready if element_of(task) == element] or ready
    stopped = [task for task in found if task.state & OPEN]
    if not stopped:
        raise RuleBroken(
            "Lo que falló no se puede repetir con otros datos ni saltando el paso. Mueva el proceso al paso "
            "que corresponda."
        )
    return stopped


def _fired(run: Run, cause: Mapping[str, Any]) -> list[Any]:
    """The task that waited for an event, with its event; none for what is no task."""
    events = run.workflow.event_manager
    waiting = events.find(UUID(cause["task"]))
    tasks = _tasks_of([waiting])
    if tasks:
        event = None
        if cause["kind"] == "event_message":
            definition = waiting.task_spec.event_definition
            event = ThrownEvent(definition, None, cause["payload"], cause["values"])
        events.fire(waiting, event)
    return tasks


def _signalled(run: Run, cause: Mapping[str, Any]) -> list[Any]:
    """The tasks that waited for a signal, with what it brought."""
    events = run.workflow.event_manager
    tasks = _tasks_of(events.listeners(cause["name"]))
    if tasks:
        events.signal(cause["name"], cause["payload"])
    return tasks


def _tasks_of(waiting: Iterable[Any]) -> list[Any]:
    """The tasks that wait, of those that wait for several events too; an event subprocess is none."""
    tasks = [each.task if isinstance(each, Slot) else each for each in waiting]
    return [task for task in dict.fromkeys(tasks) if isinstance(task, Task)]


def _pass_over(run: Run, element: str) -> None:
    """Run what is ready until the element is reached, and count it as done."""
    while True:
        ready = [task for task in run.workflow.get_tasks(state=OPEN) if _goes_alone(task)]
        found = next((task for task in ready if element_of(task) == element), None)
        if found is not None:
            check_skippable(found)
            found.complete()
            return
        if not ready:
            raise RuleBroken(
                f"El proceso no llega a «{element}» al reintentar, así que no se puede saltar: corrija "
                "los datos o mueva el proceso al paso que corresponda."
            )
        ready[0].run()
        run.workflow.event_manager.settle()


def _goes_alone(task: Any) -> bool:
    return bool(task.state == TaskState.READY and not task.task_spec.manual)
