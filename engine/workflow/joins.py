"""Where tokens meet: parallel and inclusive gateways, and the end of a process (BPMN 2.0.2, chapter 13).

Each token that arrives is a task that waits, however many there are at one flow. A parallel gateway
takes one from each flow, and the rest remain. An inclusive one, and the end of a process, are looked
at when nothing else can move by itself: see `settle_joins`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.mixins.inclusive_gateway import InclusiveGateway
from SpiffWorkflow.bpmn.specs.mixins.parallel_gateway import ParallelGateway
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.util.task import TaskState

from engine.workflow.merging import data_of
from engine.workflow.scripting import ModelError

_ARRIVAL = "arrival"


def settle_joins(top: Any) -> bool:
    """Let go on what waits for others in vain; whether anything did.

    Only the workflows where something ended or arrived since the last time are looked at.
    """
    while top.restless:
        workflow, _ = top.restless.popitem()
        if workflow.completed:
            continue
        for name in list(workflow.at_joins):
            spec = workflow.spec.task_specs[name]
            if workflow.at_joins[name] and _pass(spec, workflow):
                top.restless[workflow] = None
                return True
    return False


def _arrive(self: Any, my_task: Any) -> bool:
    """A token arrives and waits; where nobody else can be missing it goes on at once."""
    if my_task.state == TaskState.WAITING:
        return False
    my_task._inherit_data()  # noqa: SLF001 - as the library's own specs do
    waiting = my_task.workflow.at_joins.get(self.name)
    if waiting:
        my_task.internal_data[_ARRIVAL] = 1 + max(_arrival(other) for other in waiting.values())
    my_task._set_state(TaskState.WAITING)  # noqa: SLF001 - as the library's own specs do
    if isinstance(self, ParallelGateway) or len(self._inputs) == 1:
        _pass(self, my_task.workflow)
    return False


def _arrival(token: Any) -> int:
    return int(token.internal_data.get(_ARRIVAL, 0))


def _pass(spec: Any, workflow: Any) -> bool:
    """Let a join take its tokens, if it may; whether it did."""
    waiting = sorted(workflow.at_joins[spec.name].values(), key=_arrival)
    if isinstance(spec, _EndJoin):
        tokens = waiting if len(waiting) == len(workflow.unfinished) else []
    elif isinstance(spec, ParallelGateway):
        tokens = _one_of_each(spec, waiting)
    else:
        tokens = _inclusive(spec, workflow, waiting)
    if not tokens:
        return False
    *others, last = tokens
    if others:
        last.data = data_of(tokens, last, ended=isinstance(spec, _EndJoin))
    for token in others:
        token._set_state(TaskState.CANCELLED)  # noqa: SLF001 - it goes on in the last one
    last._ready()  # noqa: SLF001 - as the library's own specs do
    return True


def _one_of_each(spec: Any, waiting: list[Any]) -> list[Any]:
    """The oldest token of each flow, in the order of arrival; none when a flow has no token."""
    if len(waiting) < len(spec._inputs):  # noqa: SLF001 - the library's own list
        return []
    missing = Counter(spec._inputs)  # noqa: SLF001
    tokens = []
    for token in waiting:
        source = token.parent.task_spec.name
        if missing[source] > 0:
            missing[source] -= 1
            tokens.append(token)
    return tokens if len(tokens) == len(spec._inputs) else []  # noqa: SLF001


def _inclusive(spec: Any, workflow: Any, waiting: list[Any]) -> list[Any]:
    """The oldest token of each flow that has one, unless another may still come to an empty flow.

    A token upstream does not count when it may as well come to a flow that has one already.
    """
    oldest: dict[str, Any] = {}
    for token in waiting:
        oldest.setdefault(token.parent.task_spec.name, token)
    empty = [name for name in spec._inputs if name not in oldest]  # noqa: SLF001
    if empty:
        feeders = _feeders(spec)
        for task in workflow.unfinished.values():
            name = task.task_spec.name
            if name == spec.name or not any(name in feeders[flow] for flow in empty):
                continue
            if not any(name in feeders[flow] for flow in oldest):
                return []
    return list(oldest.values())


def _feeders(spec: Any) -> Mapping[str, frozenset[str]]:
    """For each flow into an inclusive gateway, the elements from which a token can come to it."""
    known: Mapping[str, frozenset[str]] | None = getattr(spec, "feeders", None)
    if known is None:
        specs = spec._wf_spec.task_specs  # noqa: SLF001 - the library's own graph
        found = {}
        for flow in spec._inputs:  # noqa: SLF001
            seen, waiting = {flow}, [flow]
            while waiting:
                for above in specs[waiting.pop()]._inputs:  # noqa: SLF001
                    if above not in seen and above != spec.name:
                        seen.add(above)
                        waiting.append(above)
            found[flow] = frozenset(seen)
        known = spec.feeders = found
    return known


def _run_join(_self: Any, _my_task: Any) -> bool:
    """The data was put together when the tokens were taken."""
    return True


def _run_inclusive(self: Any, my_task: Any) -> bool:
    """Each flow out whose condition holds gets a token, else the default one."""
    matches, defaults = self._get_matching_outputs(my_task)
    if not matches and not defaults:
        message = "ninguna condición de la compuerta se cumple y no tiene flujo por defecto"
        raise ModelError(f"{self.bpmn_id}: {message}", task=my_task)
    my_task._sync_children(matches or defaults, TaskState.FUTURE)  # noqa: SLF001
    return True


def _run_exclusive(self: Any, my_task: Any) -> bool:
    """The first flow out whose condition holds gets the token, else the default one."""
    chosen = self.default_task_spec
    for condition, name in self.cond_task_specs:
        if condition is not None and condition._matches(my_task):  # noqa: SLF001
            chosen = name
            break
    if chosen is None:
        message = "ninguna condición de la compuerta se cumple y no tiene flujo por defecto"
        raise ModelError(f"{self.bpmn_id}: {message}", task=my_task)
    my_task._add_child(self._wf_spec.task_specs[chosen], TaskState.FUTURE)  # noqa: SLF001
    return True


def install() -> None:
    """Give the library's joins our ways."""
    from SpiffWorkflow.specs.ExclusiveChoice import ExclusiveChoice

    TaskSpec.joins = False
    UnstructuredJoin.joins = True
    UnstructuredJoin._update_hook = _arrive  # noqa: SLF001 - see the docstring of library.py
    for spec in (UnstructuredJoin, ParallelGateway, _EndJoin):
        spec._run_hook = _run_join  # noqa: SLF001
    InclusiveGateway._run_hook = _run_inclusive  # noqa: SLF001
    ExclusiveChoice._run_hook = _run_exclusive  # noqa: SLF001
