"""What SpiffWorkflow's events do otherwise than BPMN, put right: one module, tied to the pinned version.

The library throws errors to the whole instance instead of to the scopes above, evaluates correlations
as Python, ignores signals at an end and errors at the start of an event subprocess, keeps objects
that cannot be stored in an event-based gateway, and lets a non-interrupting boundary fire only once.
Its parser builds event definitions by name: here those names are given ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import SpiffWorkflow.bpmn.parser.event_parsers as parsers
import SpiffWorkflow.spiff.parser.event_parsers as spiff_parsers
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask
from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import (
    CancelEventDefinition,
    NoneEventDefinition,
)
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import EventBasedGateway
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.spiff.specs.event_definitions import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    MessageEventDefinition,
    SignalEventDefinition,
)

from engine.feel.errors import FeelError
from engine.feel.expression import compile_expression
from engine.workflow.scripting import ModelError

FIRED = "event_fired"
PAYLOAD = "event_payload"
EXPECTED = "expected"
SEEN = "seen"
SLOTS = "slots"
EVENT_SUBPROCESSES = "event_subprocesses"

Values = Mapping[str, Any]
"""The correlation of a message: the value of each of its properties."""


class ThrownEvent(BpmnEvent):  # type: ignore[misc]
    """An event on its way, with the task that throws it."""

    def __init__(
        self,
        definition: Any,
        task: Any,
        payload: Any = None,
        values: Values | None = None,
    ) -> None:
        super().__init__(
            definition, payload=payload, target=None if task is None else task.workflow
        )
        self.task = task
        self.values: Values = values or {}


class _Payload:
    """What our event definitions have in common: a payload that waits in the task's internal data."""

    def catch(self, my_task: Any, event: Any = None) -> None:
        """Note that it was caught, with what it brought."""
        my_task.internal_data[FIRED] = True
        if event is not None and event.payload is not None and self.target() is not None:
            my_task.internal_data[PAYLOAD] = event.payload

    def has_fired(self, my_task: Any) -> bool:
        """Whether it was caught."""
        return bool(my_task.internal_data.get(FIRED, False))

    def target(self) -> str | None:
        """The name under which the payload goes into the data, None when nobody wants it."""
        return getattr(self, "variable", None)

    def update_task_data(self, my_task: Any) -> None:
        """Put the payload into the data, under the name that the model gives it."""
        name = self.target()
        if name is not None:
            my_task.data[name] = my_task.internal_data.pop(PAYLOAD, None)

    def reset(self, my_task: Any) -> None:
        """Forget what was caught."""
        for key in (FIRED, PAYLOAD, EXPECTED):
            my_task.internal_data.pop(key, None)

    def throw(self, my_task: Any) -> None:
        """Throw it, with the value of its payload's expression."""
        expression = getattr(self, "expression", None)
        payload = None
        if expression is not None:
            payload = my_task.workflow.script_engine.evaluate(my_task, expression)
        my_task.workflow.top_workflow.catch(ThrownEvent(self, my_task, payload))


class HouseSignal(_Payload, SignalEventDefinition):  # type: ignore[misc]
    """A signal: everyone who waits for its name gets it."""


class HouseError(_Payload, ErrorEventDefinition):  # type: ignore[misc]
    """An error: the nearest scope above that catches its code."""


class HouseEscalation(_Payload, EscalationEventDefinition):  # type: ignore[misc]
    """An escalation: the nearest scope above that catches its code; nobody has to."""


class HouseMessage(_Payload, MessageEventDefinition):  # type: ignore[misc]
    """A message: one receiver, whose correlation it matches. Correlations are FEEL."""

    def target(self) -> str | None:
        return self.message_var  # type: ignore[no-any-return]

    def retrieval(self) -> dict[str, str]:
        """The FEEL by which each property is read from a payload."""
        return {each.name: each.retrieval_expression for each in self.correlation_properties}

    def keys(self) -> dict[str, list[str]]:
        """The correlation keys by property."""
        properties = [*self.correlation_properties, *self.process_correlations]
        return {each.name: list(each.correlation_keys) for each in properties}

    def own_values(self, my_task: Any) -> dict[str, Any]:
        """What the process's own data say of the correlation; raises ModelError for a null."""
        found = {}
        for each in self.process_correlations:
            value = my_task.workflow.script_engine.evaluate(my_task, each.retrieval_expression)
            if value is None:
                raise ModelError(
                    f"{my_task.task_spec.bpmn_id}: la correlación «{each.name}» del mensaje "
                    f"«{self.name}» no tiene valor",
                    task=my_task,
                )
            found[each.name] = value
        return found

    def update_task(self, my_task: Any) -> None:
        """Keep what is expected as it is when the token arrives."""
        if self.process_correlations and EXPECTED not in my_task.internal_data:
            my_task.internal_data[EXPECTED] = self.own_values(my_task)

    def expects(self, my_task: Any) -> dict[str, Any]:
        """The values that a message must have to be this one's: of the conversation, and its own."""
        self.update_task(my_task)
        known = conversation(my_task.workflow)
        wanted = {
            name: known[key][name]
            for name, keys in self.keys().items()
            for key in keys
            if name in known.get(key, {})
        }
        return {**wanted, **my_task.internal_data.get(EXPECTED, {})}

    def throw(self, my_task: Any) -> None:
        """Send it: its correlation is read from its payload, else from the process's data."""
        payload = None
        if self.expression is not None:
            payload = my_task.workflow.script_engine.evaluate(my_task, self.expression)
        values = {**retrieved(self.retrieval(), payload), **self.own_values(my_task)}
        self.learn(my_task, values)
        my_task.workflow.top_workflow.catch(ThrownEvent(self, my_task, payload, values))

    def learn(self, my_task: Any, values: Values) -> None:
        """What was said once in a conversation holds for the rest of it."""
        correlations = _process_of(my_task.workflow).correlations
        for name, keys in self.keys().items():
            for key in keys:
                if values.get(name) is not None:
                    correlations[key] = {**correlations.get(key, {}), name: values[name]}


def retrieved(retrieval: Mapping[str, str], payload: Any) -> dict[str, Any]:
    """The properties that can be read from a payload; what cannot is not there."""
    seen = payload if isinstance(payload, Mapping) else {}
    found = {}
    for name, expression in retrieval.items():
        try:
            value = compile_expression(expression).evaluate(seen)
        except FeelError:
            continue
        if value is not None:
            found[name] = value
    return found


def _process_of(workflow: Any) -> Any:
    """The process whose conversation a subprocess takes part in: the called one, or the instance."""
    from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import CallActivity

    while workflow.parent_task_id is not None:
        holder = workflow.top_workflow.get_task_from_id(workflow.parent_task_id)
        if isinstance(holder.task_spec, CallActivity):
            return workflow
        workflow = holder.workflow
    return workflow


def conversation(workflow: Any) -> Mapping[str, Mapping[str, Any]]:
    """The correlations that a process knows already, by key and property."""
    known: Mapping[str, Mapping[str, Any]] = _process_of(workflow).correlations
    return known


class HouseCondition(ConditionalEventDefinition):  # type: ignore[misc]
    """A condition: looked at whenever the instance has nothing else to do; see catching.py."""

    def has_fired(self, my_task: Any) -> bool:
        return bool(my_task.internal_data.get(FIRED, False))


class HouseMultiple(MultipleEventDefinition):  # type: ignore[misc]
    """Several events in one: any of them, or all. What was seen is kept as the place of each."""

    def seen(self, my_task: Any) -> list[int]:
        """The places of those that were caught."""
        return list(my_task.internal_data.get(SEEN, ()))

    def has_fired(self, my_task: Any) -> bool:
        seen = self.seen(my_task)
        return len(seen) == len(self.event_definitions) if self.parallel else bool(seen)

    def update_task(self, my_task: Any) -> None:
        """Let each begin to wait, with a state of its own; see `Slot` in catching.py."""
        from engine.workflow.catching import Slot

        for place, definition in enumerate(self.event_definitions):
            slot = Slot(my_task, place)
            definition.has_fired(slot)
            definition.update_task(slot)

    def update_task_data(self, my_task: Any) -> None:
        from engine.workflow.catching import Slot

        for place in self.seen(my_task):
            self.event_definitions[place].update_task_data(Slot(my_task, place))

    def reset(self, my_task: Any) -> None:
        for key in (FIRED, SEEN, SLOTS):
            my_task.internal_data.pop(key, None)


def _throw_cancel(self: Any, my_task: Any) -> None:
    """A transaction is cancelled: with the task that says so, to know which one."""
    my_task.workflow.top_workflow.catch(ThrownEvent(self, my_task))


def _note_event_subprocess(self: Any, task_spec: Any, sp_spec: Any) -> None:
    """An event subprocess is no part of the flow; see event_subprocesses.py."""
    del sp_spec
    vars(self._wf_spec).setdefault(EVENT_SUBPROCESSES, []).append(task_spec.name)


def _on_ready(self: Any, my_task: Any) -> None:
    """A caught event: see `HouseEvents.caught`."""
    del self
    my_task.workflow.top_workflow.event_manager.caught(my_task)


def _parse_start(self: Any) -> Any:
    """A start event, of an event subprocess too: the library reads neither its errors nor its kind."""
    task = self._create_task(
        self.get_event_definition(
            [
                parsers.MESSAGE_EVENT_XPATH,
                parsers.SIGNAL_EVENT_XPATH,
                parsers.TIMER_EVENT_XPATH,
                parsers.CONDITIONAL_EVENT_XPATH,
                parsers.ERROR_EVENT_XPATH,
                parsers.ESCALATION_EVENT_XPATH,
            ]
        )
    )
    task.interrupting = self.node.get("isInterrupting", "true").lower() != "false"
    self.spec.start.connect(task)
    return task


def _parse_end(self: Any) -> Any:
    """An end event: the library forgets signals."""
    task = self._create_task(
        self.get_event_definition(
            [
                parsers.MESSAGE_EVENT_XPATH,
                parsers.SIGNAL_EVENT_XPATH,
                parsers.CANCEL_EVENT_XPATH,
                parsers.ERROR_EVENT_XPATH,
                parsers.ESCALATION_EVENT_XPATH,
                parsers.TERMINATION_EVENT_XPATH,
            ]
        )
    )
    task.connect(self.spec.end)
    return task


def _parse_gateway(self: Any) -> Any:
    """An event-based gateway waits for nothing itself: the events after it do."""
    return self._create_task(NoneEventDefinition())


def install() -> None:
    """Give the library our names."""
    spiff_parsers.MessageEventDefinition = HouseMessage
    spiff_parsers.SignalEventDefinition = HouseSignal
    spiff_parsers.ErrorEventDefinition = HouseError
    spiff_parsers.EscalationEventDefinition = HouseEscalation
    parsers.ConditionalEventDefinition = HouseCondition
    parsers.MultipleEventDefinition = HouseMultiple
    parsers.StartEventParser.create_task = _parse_start
    parsers.EndEventParser.create_task = _parse_end
    parsers.EventBasedGatewayParser.create_task = _parse_gateway
    CancelEventDefinition.throw = _throw_cancel
    BpmnStartTask.connect_or_add_trigger = _note_event_subprocess
    CatchingEvent._on_ready_hook = _on_ready  # noqa: SLF001 - see the module's docstring
    for name in ("connect", "_predict_hook", "_run_hook"):
        if name in vars(EventBasedGateway):
            delattr(EventBasedGateway, name)
