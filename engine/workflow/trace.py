"""Which elements and flows of a model a run in memory went through: what its tests cover."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.workflow.definitions import Definition
from engine.workflow.elements import Elements, elements_of
from engine.workflow.runtime import Run


@dataclass(frozen=True)
class Trace:
    """The ids of the nodes that were done and of the flows that were taken."""

    nodes: frozenset[str] = frozenset()
    flows: frozenset[str] = frozenset()

    def __or__(self, other: Trace) -> Trace:
        return Trace(self.nodes | other.nodes, self.flows | other.flows)


def whole_of(definition: Definition, without: Collection[str] = ()) -> Trace:
    """Everything that a run could go through, but for the processes of these keys."""
    known = elements_of(definition)
    nodes = frozenset(key for key, node in known.nodes.items() if node.process not in without)
    return Trace(nodes, frozenset(flow.id for flow in known.flows if flow.source in nodes))


def trace_of(run: Run, definition: Definition) -> Trace:
    """What a run went through until now."""
    known = elements_of(definition)
    by_ends = {(flow.source, flow.target): flow.id for flow in known.flows}
    nodes: set[str] = set()
    flows: set[str] = set()
    for task in _tasks(run):
        element = _element(task, known)
        done = task.state == TaskState.COMPLETED
        if element is None or not (done or _arrived(task)):
            continue
        if done:
            nodes.add(element)
        source = _source(task, known)
        if source is not None and (source, element) in by_ends:
            flows.add(by_ends[source, element])
    return Trace(frozenset(nodes), frozenset(flows))


def _tasks(run: Run) -> Iterator[Any]:
    for workflow in (run.workflow, *run.workflow.subprocesses.values()):
        yield from workflow.tasks.values()


def _arrived(task: Any) -> bool:
    """Whether a token came to a join, where it waits or went on in another one."""
    return bool(getattr(task.task_spec, "joins", False)) and bool(
        task.state & (TaskState.WAITING | TaskState.CANCELLED)
    )


def _element(task: Any, known: Elements) -> str | None:
    element = getattr(task.task_spec, "bpmn_id", None)
    return element if element in known.nodes else None


def _source(task: Any, known: Elements) -> str | None:
    """The element before a task, past what the library puts in between."""
    above = task.parent
    while above is not None:
        element = _element(above, known)
        if element is not None:
            return element
        above = above.parent
    return None
