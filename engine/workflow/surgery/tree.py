"""The tokens of an instance: what stands open, where, and where a token may land.

A token is seen as an operator sees it: at an element of the model. What the library hangs around an
element (the split and the join of its border events) belongs to the token that stands on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.control import (
    BoundaryEventJoin,
    BoundaryEventSplit,
    BpmnStartTask,
    StartEventJoin,
    StartEventSplit,
    _EndJoin,
)
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import (
    BoundaryEvent,
    EventBasedGateway,
)
from SpiffWorkflow.bpmn.specs.mixins.events.start_event import StartEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.bpmn.specs.mixins.parallel_gateway import ParallelGateway
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import EventSubprocess, SubWorkflowTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.util.task import TaskState

from engine.errors import RuleBroken
from engine.workflow.runtime import Run

OPEN = TaskState.READY | TaskState.WAITING | TaskState.STARTED
UNDONE = "undone"
"""Where a task says which ones it stands instead of: they and what is below them were undone."""

_HIDDEN = (BoundaryEventSplit, BoundaryEventJoin, StartEventSplit, StartEventJoin, BpmnStartTask)


class Waits(StrEnum):
    """What an open token waits for."""

    PERSON = "person"
    ANSWER = "answer"
    EVENT = "event"
    BRANCHES = "branches"
    INSIDE = "inside"


@dataclass(frozen=True)
class Token:
    """An open token.

    scope: the elements around it, the outermost first; fixed: why it cannot be moved by itself, else
    empty.
    """

    task_id: UUID
    element: str
    scope: tuple[str, ...]
    waits: Waits
    fixed: str = ""


def workflows(run: Run) -> tuple[Any, ...]:
    """The instance and its open subprocesses."""
    return (run.workflow, *run.workflow.subprocesses.values())


def tokens(run: Run) -> tuple[Token, ...]:
    """The open tokens, those of the instance itself before those of its subprocesses."""
    return tuple(
        Token(task.id, element_of(task), scope_of(task), _waits(task), fixed(task))
        for workflow in workflows(run)
        for task in workflow.unfinished.values()
        if _is_token(task)
    )


def _is_token(task: Any) -> bool:
    spec = task.task_spec
    if not task.state & OPEN or isinstance(spec, (*_HIDDEN, _EndJoin, BoundaryEvent)):
        return False
    return bool(spec.bpmn_id)


def _waits(task: Any) -> Waits:
    spec = task.task_spec
    if isinstance(spec, UnstructuredJoin):
        return Waits.BRANCHES
    if isinstance(spec, CatchingEvent):
        return Waits.EVENT
    if isinstance(spec, SubWorkflowTask | LoopTask):
        return Waits.INSIDE
    return Waits.PERSON if spec.manual else Waits.ANSWER


def fixed(task: Any) -> str:
    """Why a token cannot be moved by itself; empty when it can."""
    parent = task.parent
    if parent is not None and isinstance(parent.task_spec, LoopTask):
        return "Es una de las repeticiones de su tarea: mueva la tarea entera."
    if isinstance(task.task_spec, EventSubprocess):
        return "Es un subproceso que empezó por un evento: no viene de ningún paso anterior."
    return ""


def element_of(task: Any) -> str:
    """The element of the model that a task stands for."""
    return element_of_spec(task.task_spec)


def element_of_spec(spec: Any) -> str:
    """The element of the model that a specification stands for."""
    return str(spec.bpmn_id or spec.name).removesuffix(" [child]")


def scope_of(task: Any) -> tuple[str, ...]:
    """The elements of the subprocesses around a task, the outermost first."""
    found: list[str] = []
    workflow = task.workflow
    while workflow.parent_task_id is not None:
        holder = workflow.top_workflow.get_task_from_id(workflow.parent_task_id)
        found.append(element_of(holder))
        workflow = holder.workflow
    return tuple(reversed(found))


def frame(task: Any) -> Any:
    """The task at which an element was entered: what holds its border events, or those beside it."""
    parent = task.parent
    around = BoundaryEventSplit | EventBasedGateway
    return parent if parent is not None and isinstance(parent.task_spec, around) else task


def entry(workflow: Any, element: str) -> Any:
    """The specification by which a token enters an element; None when it may not land there."""
    spec = workflow.spec.task_specs.get(element)
    if spec is None or spec.bpmn_id is None or not spec.inputs:
        return None
    if isinstance(spec, (*_HIDDEN, _EndJoin, BoundaryEvent, StartEvent, EventSubprocess)):
        return None
    around = workflow.spec.task_specs.get(f"{element}.BoundaryEventSplit")
    first = spec if around is None else around
    if isinstance(spec, UnstructuredJoin) and len(first.inputs) > 1:
        return None
    if any(isinstance(each, EventBasedGateway) for each in first.inputs):
        return None
    return first


def landings(workflow: Any) -> tuple[str, ...]:
    """The elements of a scope on which a token may land."""
    return tuple(name for name in workflow.spec.task_specs if entry(workflow, name) is not None)


def below(task: Any) -> Iterator[Any]:
    """A task and everything under it, those above first."""
    waiting = [task]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(current.children)


def opened_by(task: Any) -> list[Any]:
    """The open tasks of a branch, inside its subprocesses too, the deepest first."""
    subprocesses = task.workflow.top_workflow.subprocesses
    found: list[Any] = []
    waiting = [task]
    while waiting:
        current = waiting.pop()
        if current.state & OPEN:
            found.append(current)
        waiting.extend(current.children)
        inside = subprocesses.get(current.id)
        if inside is not None:
            waiting.append(inside.task_tree)
    return list(reversed(found))


def met_in(branch: Any) -> list[Any]:
    """What joined with a branch from elsewhere: the arrivals outside it that its joins took too.

    Raises RuleBroken when the instance went through such a join several times and it cannot be told
    which arrivals went together.
    """
    found: list[Any] = []
    for task in below(branch):
        if _joined(task):
            found += [each for each in _together(task, branch) if each not in found]
    return found


def _joined(task: Any) -> bool:
    """Whether a token arrived here and went on with others, or in one of the others."""
    return bool(
        task.state & (TaskState.COMPLETED | TaskState.CANCELLED)
        and isinstance(task.task_spec, UnstructuredJoin)
        and not isinstance(task.task_spec, _EndJoin)
        and len(task.task_spec.inputs) > 1
    )


def _together(join: Any, branch: Any) -> list[Any]:
    """The arrivals outside a branch that one of its joins took together with its own."""
    spec = join.task_spec
    gone = undone(join.workflow)
    same = [
        task
        for task in join.workflow.tasks.values()
        if task.task_spec is spec and not is_undone(task, gone)
    ]
    before = [task for task in same if branch.is_descendant_of(task)]
    previous = max(before, key=lambda task: task.depth, default=None)
    turn = [
        task
        for task in same
        if _joined(task)
        and task not in before
        and (previous is None or task.is_descendant_of(previous))
    ]
    first = [
        task
        for task in turn
        if not any(
            other.state == TaskState.COMPLETED and task.is_descendant_of(other) for other in turn
        )
    ]
    outside = [task for task in first if not under(task, branch)]
    if not outside:
        return []
    flows = sorted(task.parent.task_spec.name for task in first)
    passed = [task for task in first if task.state == TaskState.COMPLETED]
    if len(passed) != 1 or flows != sorted(each.name for each in spec.inputs):
        raise RuleBroken(
            f"En «{element_of(join)}» se juntaron varias ramas y no se puede saber cuáles fueron juntas: "
            "vuelva a un paso anterior a la bifurcación."
        )
    return outside


def undone(workflow: Any) -> frozenset[str]:
    """The tasks behind which somebody went back: they and what is below them were undone."""
    return frozenset(
        identifier
        for task in workflow.tasks.values()
        for identifier in task.internal_data.get(UNDONE, ())
    )


def is_undone(task: Any, gone: frozenset[str]) -> bool:
    """Whether a task, or one above it, is among those that were undone."""
    while gone and task is not None:
        if str(task.id) in gone:
            return True
        task = task.parent
    return False


def under(task: Any, above: Any) -> bool:
    """Whether a task is another one or below it."""
    return task is above or bool(task.is_descendant_of(above))


def stranded(run: Run) -> frozenset[str]:
    """The parallel joins where a token would wait for ever: no open token can come to some flow."""
    found: set[str] = set()
    for workflow in workflows(run):
        if workflow.completed:
            continue
        standing = [task for task in workflow.unfinished.values() if task.state & OPEN]
        for spec in workflow.spec.task_specs.values():
            joins = isinstance(spec, ParallelGateway) and len(spec.inputs) > 1
            if joins and _is_stranded(spec, standing):
                found.add(element_of_spec(spec))
    return frozenset(found)


def _is_stranded(spec: Any, standing: list[Any]) -> bool:
    names = {task.task_spec.name for task in standing if task.task_spec is not spec}
    arrived = {task.parent.task_spec.name for task in standing if task.task_spec is spec}
    reached = {
        flow.name: bool(names & _upstream(spec, flow)) or flow.name in arrived
        for flow in spec.inputs
    }
    return any(reached.values()) and not all(reached.values())


def _upstream(join: Any, flow: Any) -> set[str]:
    """The specifications from which a token may come to a join by one of its flows."""
    seen, waiting = {flow.name}, [flow]
    while waiting:
        for above in waiting.pop().inputs:
            if above.name not in seen and above is not join:
                seen.add(above.name)
                waiting.append(above)
    return seen
