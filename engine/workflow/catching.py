"""Who waits for what inside an instance, and to whom each event goes (BPMN 2.0.2, sections 10.5 and 13.5).

A message goes to one receiver, a signal to all, an error or an escalation to the nearest scope above
that catches it: first the event subprocesses of the scope, then the border of the activity that holds
it. What nobody inside receives goes outside: see the room events/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID, uuid5

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.event_definitions.simple import CancelEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import (
    BoundaryEvent,
    EventBasedGateway,
)
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import CallActivity
from SpiffWorkflow.bpmn.util.event import EventManager
from SpiffWorkflow.util.task import TaskState

from engine.workflow.data import TaskData, difference
from engine.workflow.definitions import Definition
from engine.workflow.event_definitions import (
    FIRED,
    SEEN,
    SLOTS,
    HouseCondition,
    HouseError,
    HouseEscalation,
    HouseMessage,
    HouseMultiple,
    HouseSignal,
    ThrownEvent,
    Values,
    retrieved,
)
from engine.workflow.event_subprocesses import (
    Trigger,
    arm,
    prepare,
    start_event_subprocess,
    triggers_of,
)
from engine.workflow.scripting import ModelError
from engine.workflow.timers import HouseTimer, successor

HELD = "condition_held"


class Slot:
    """One of the events of a task that waits for several: a task of its own to whoever looks at it."""

    def __init__(self, task: Any, place: int) -> None:
        self.task = task
        self.place = place
        self.workflow = task.workflow
        self.data = task.data
        self.bpmn_id = task.task_spec.bpmn_id
        self.name = task.task_spec.name
        self.event_definition = task.task_spec.event_definition.event_definitions[place]
        self.task_spec = self

    @property
    def id(self) -> UUID:
        return uuid5(self.task.id, str(self.place))

    @property
    def internal_data(self) -> dict[str, Any]:
        found: dict[str, Any] = self.task.internal_data.setdefault(SLOTS, {}).setdefault(
            str(self.place), {}
        )
        return found


class HouseEvents(EventManager):  # type: ignore[misc]
    """The events of one instance in memory."""

    def __init__(self, workflow: Any) -> None:
        super().__init__(workflow)
        self._urgent: list[Callable[[], Any]] = []
        self._armed = any(
            spec.event_starts for spec in (workflow.spec, *workflow.subprocess_specs.values())
        )

    def waiting(self) -> Iterator[Any]:
        """Everything that waits for an event: tasks, their parts, and event subprocesses."""
        for task in self.tasks.values():
            definition = task.task_spec.event_definition
            if isinstance(definition, HouseMultiple):
                seen = definition.seen(task)
                for place in range(len(definition.event_definitions)):
                    if place not in seen:
                        yield Slot(task, place)
            else:
                yield task
        if self._armed:
            for scope in self._scopes():
                yield from triggers_of(scope)

    def find(self, identifier: UUID) -> Any:
        """What waits under an id, None when it does not any more."""
        task = self.tasks.get(identifier)
        if task is not None and not isinstance(task.task_spec.event_definition, HouseMultiple):
            return task
        return next((each for each in self.waiting() if each.id == identifier), None)

    def _scopes(self) -> Iterator[Any]:
        """The instance and its subprocesses that are not over."""
        for scope in (self.workflow, *self.workflow.subprocesses.values()):
            if not scope.completed:
                yield scope

    def settle(self) -> None:
        """Let new scopes wait for their events, and do at once what interrupts."""
        self._arm()
        while self._urgent:
            self._urgent.pop(0)()

    def _arm(self) -> None:
        if self._armed:
            for scope in self._scopes():
                arm(scope)

    def fire(self, waiting: Any, event: ThrownEvent | None = None) -> None:
        """Give something that waits its event."""
        definition = waiting.task_spec.event_definition
        if isinstance(definition, HouseMessage) and event is not None:
            definition.learn(waiting, {**event.values, **definition.expects(waiting)})
        if isinstance(waiting, Trigger):
            if event is not None:
                definition.catch(waiting, event)
            interrupted = _contexts(waiting.workflow)
            self._urgent.append(lambda: start_event_subprocess(waiting, interrupted))
            waiting.disarm()
        elif isinstance(waiting, Slot):
            definition.catch(waiting, event)
            task = waiting.task
            task.internal_data[SEEN] = sorted({*task.internal_data.get(SEEN, ()), waiting.place})
            task.task_spec._update(task)  # noqa: SLF001 - as the library's own loop does
        else:
            definition.catch(waiting, event)
            waiting.task_spec._update(waiting)  # noqa: SLF001 - as the library's own loop does

    def caught(self, my_task: Any) -> None:
        """A waiting task got its event: what stands beside it ends, or waits again."""
        self.remove_task(my_task)
        spec, parent = my_task.task_spec, my_task.parent
        if isinstance(spec, BoundaryEvent):
            if spec.cancel_activity:
                self._urgent.append(lambda: my_task.state == TaskState.READY and my_task.run())
            else:
                _wait_again(my_task)
        elif parent is not None and isinstance(parent.task_spec, EventBasedGateway):
            for sibling in parent.children:
                if sibling is not my_task and not sibling.has_state(TaskState.FINISHED_MASK):
                    sibling.cancel()

    def catch(self, event: Any, internal: bool = True) -> int:
        """Take an event that a task of the instance throws; returns how many caught it."""
        del internal
        definition = event.event_definition
        if isinstance(definition, HouseMessage):
            receiver = next(
                iter(self.receivers(definition.name, event.values, event.payload)), None
            )
            if receiver is None:
                self.workflow.bpmn_events.append(event)
                return 0
            self.fire(receiver, event)
            return 1
        if isinstance(definition, HouseSignal):
            self.workflow.bpmn_events.append(event)
            return self.signal(definition.name, event.payload)
        if isinstance(definition, HouseError | HouseEscalation):
            return self._propagate(event)
        if isinstance(definition, CancelEventDefinition):
            return self._cancelled(event)
        return 0

    def receivers(self, name: str, values: Values, payload: Any = None) -> list[Any]:
        """Who waits for a message with this name; the one that asks for most first.

        values: its correlation, as far as its sender says it; the rest is read from its payload.
        """
        self._arm()
        found = []
        for each in self.waiting():
            definition = each.task_spec.event_definition
            if isinstance(definition, HouseMessage) and definition.name == name:
                expected = definition.expects(each)
                known = {**retrieved(definition.retrieval(), payload), **values}
                if all(known.get(key) == value for key, value in expected.items()):
                    found.append((-len(expected), str(each.id), each))
        return [each for _, _, each in sorted(found, key=lambda item: item[:2])]

    def listeners(self, name: str) -> list[Any]:
        """Everyone that waits for a signal."""
        self._arm()
        return [
            each
            for each in self.waiting()
            if isinstance(each.task_spec.event_definition, HouseSignal)
            and each.task_spec.event_definition.name == name
        ]

    def signal(self, name: str, payload: Any = None) -> int:
        """Give a signal to everyone that waits for it; returns how many did."""
        found = self.listeners(name)
        for each in found:
            self.fire(each, ThrownEvent(each.task_spec.event_definition, None, payload))
        return len(found)

    def _propagate(self, event: ThrownEvent) -> int:
        """Give an error or an escalation to the nearest scope above that catches it.

        An error that nobody catches raises ModelError; an escalation need not be caught.
        """
        self._arm()
        scope, inside = event.target, None
        while scope is not None:
            holder = self._holder(scope)
            candidates = [*(() if inside else triggers_of(scope)), *_borders(holder)]
            catcher = _best(candidates, event.event_definition)
            if catcher is not None:
                self.fire(catcher, event)
                return 1
            inside = holder is not None and holder.task_spec.name in _starts_of(holder.workflow)
            scope = None if holder is None else holder.workflow
        if isinstance(event.event_definition, HouseError):
            name, code = event.event_definition.name, event.event_definition.code
            called = f"«{name}»" + (f" ({code})" if code and code != name else "")
            message = f"{event.task.task_spec.bpmn_id}: nadie recoge el error {called}"
            raise ModelError(message, task=event.task)
        return 0

    def _cancelled(self, event: ThrownEvent) -> int:
        """A transaction that is cancelled: its own border, and no other, may know."""
        caught = [
            border
            for border in _borders(self._holder(event.target))
            if isinstance(border.task_spec.event_definition, CancelEventDefinition)
        ]
        for border in caught:
            self.fire(border)
        return len(caught)

    def _holder(self, scope: Any) -> Any:
        """The activity that holds a scope, None for the instance itself."""
        if scope.parent_task_id is None:
            return None
        return self.workflow.get_task_from_id(scope.parent_task_id)

    def check_conditions(self) -> bool:
        """Fire the conditions that became true since they were last looked at; whether any did."""
        found = [
            each
            for each in self.waiting()
            if isinstance(each.task_spec.event_definition, HouseCondition)
        ]
        fired = False
        for each in found:
            expression = each.task_spec.event_definition.expression
            engine = self.workflow.script_engine
            holds = engine.evaluate(each, expression, external_context=seen_by(each)) is True
            held = bool(each.internal_data.get(HELD, False))
            if holds != held:
                each.internal_data[HELD] = holds
            if holds and not held:
                self.fire(each)
                fired = True
        return fired


def _starts_of(workflow: Any) -> Mapping[str, Any]:
    starts: Mapping[str, Any] = workflow.spec.event_starts
    return starts


def _borders(holder: Any) -> list[Any]:
    """The events that wait on the border of an activity."""
    if holder is None:
        return []
    parent = holder.parent
    while parent is not None and isinstance(parent.task_spec, LoopTask):
        parent = parent.parent
    if parent is None or not isinstance(parent.task_spec, BoundaryEventSplit):
        return []
    return [
        child
        for child in parent.children
        if isinstance(child.task_spec, BoundaryEvent) and child.state == TaskState.WAITING
    ]


def _best(candidates: list[Any], thrown: Any) -> Any:
    """Who catches a code: the one that names it, else the one that catches any."""
    fitting = [
        each
        for each in candidates
        if type(each.task_spec.event_definition) is type(thrown)
        and each.task_spec.event_definition.code in (None, thrown.code)
    ]
    named = [each for each in fitting if each.task_spec.event_definition.code is not None]
    return next(iter(named or fitting), None)


def _wait_again(my_task: Any) -> None:
    """A non-interrupting event on a border fired: another one waits for the next time."""
    definition = my_task.task_spec.event_definition
    internal: dict[str, Any] | None = {}
    if isinstance(definition, HouseTimer):
        internal = successor(my_task)
    elif isinstance(definition, HouseCondition):
        internal = {HELD: True}
    if internal is None:
        return
    again = my_task.parent._add_child(my_task.task_spec, TaskState.WAITING)  # noqa: SLF001
    again.triggered = True
    again.internal_data.update(internal)
    spec = again.task_spec
    spec._predict(again, mask=TaskState.NOT_FINISHED_MASK)  # noqa: SLF001 - as the library does
    spec._update(again)  # noqa: SLF001 - as the library's own loop does


def seen_by(waiting: Any) -> dict[str, Any]:
    """The data that a condition sees: what its process knows now, its own branch's values first."""
    process = waiting.workflow
    while process.parent_task_id is not None:
        holder = process.top_workflow.get_task_from_id(process.parent_task_id)
        if isinstance(holder.task_spec, CallActivity):
            break
        process = holder.workflow
    base = process.task_tree.data
    values = _contexts(process)
    values.update(difference(waiting.data, base)[0])
    values.update(process.data_objects)
    return values.whole()


def _contexts(workflow: Any) -> TaskData:
    """What the branches of a scope know now: the values at its base, with what each changed since."""
    base = workflow.task_tree.data
    values: TaskData = base.copy() if isinstance(base, TaskData) else TaskData(base)
    for source in _frontier(workflow):
        values.update(difference(source.data, base)[0])
    return values


def _frontier(workflow: Any) -> Iterator[Any]:
    """Where the branches of a scope stand, those inside its own subprocesses too."""
    subprocesses = workflow.top_workflow.subprocesses
    for task in list(workflow.unfinished.values()):
        if task.state < TaskState.WAITING:
            continue
        ready = task.has_state(TaskState.READY | TaskState.STARTED)
        yield task if ready or task.parent is None else task.parent
        inside = subprocesses.get(task.id)
        if inside is not None and not isinstance(task.task_spec, CallActivity):
            yield from _frontier(inside)


_apart: dict[str, bool] = {}


def has_timers_apart(definition: Definition) -> bool:
    """Whether a model has timers that are no tasks: at the start of an event subprocess, or one of
    several events. Looked up once for each model."""
    found = _apart.get(definition.sha256)
    if found is None:
        prepare(definition.spec, definition.subprocesses)
        specs = (definition.spec, *definition.subprocesses.values())
        found = _apart[definition.sha256] = any(map(_timers_apart, specs))
    return found


def _timers_apart(spec: Any) -> bool:
    starts = [start.event_definition for start in spec.event_starts.values()]
    events = [getattr(each, "event_definition", None) for each in spec.task_specs.values()]
    parts = [
        part
        for each in events
        if isinstance(each, HouseMultiple)
        for part in each.event_definitions
    ]
    return any(isinstance(each, HouseTimer) for each in (*starts, *parts))


def fired(waiting: Any) -> bool:
    """Whether something that waits was given its event."""
    return bool(waiting.internal_data.get(FIRED, False))
