"""Timers: each says when it is due, or which legal term it waits for; the town hall fires it.

The library would evaluate Python and compare with the computer's clock: here a timer never fires by
itself. Its due instant is a row of ours, and a legal term's due instant lives with the term.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from engine.clock import MADRID
from engine.feel.arithmetic import operate
from engine.feel.errors import FeelError
from engine.feel.values import Months, parse_duration
from engine.workflow.definitions import legal_term
from engine.workflow.scripting import ModelError

FIRED = "event_fired"
DUE = "timer_due"
RULE = "timer_rule"
START = "timer_start"


@dataclass(frozen=True)
class PendingTimer:
    """A timer that waits: due at an instant, or when the term of a rule ends.

    start: the act from which that term counts, None when it is the arrival of the token.
    """

    task_id: UUID
    element: str
    due: datetime | None
    rule: str | None
    start: datetime | None = None


class HouseTimer(TimerEventDefinition):  # type: ignore[misc]
    """A timer that fires when it is told to."""

    def __init__(self, original: TimerEventDefinition) -> None:
        super().__init__(original.name, original.expression)

    def has_fired(self, my_task: Any) -> bool:
        """Whether the town hall fired it; the first look computes when it is due."""
        internal = my_task.internal_data
        if DUE not in internal and RULE not in internal:
            self._compute(my_task)
        return bool(internal.get(FIRED, False))

    def _compute(self, my_task: Any) -> None:
        text = self.expression.strip().strip('"')
        term = legal_term(text)
        if term is not None:
            if term.start:
                self._begin(my_task, term.start)
            my_task.internal_data[RULE] = term.rule
            return
        now: datetime = my_task.workflow.top_workflow.now
        try:
            due = _instant(self._value(my_task, text), now)
        except FeelError as error:
            raise ModelError(f"{my_task.task_spec.bpmn_id}: {error}", task=my_task) from error
        my_task.internal_data[DUE] = due.isoformat()

    def _begin(self, my_task: Any, expression: str) -> None:
        """Keep the act from which the term counts; without one, as in a simulation, it is now."""
        value = my_task.workflow.script_engine.evaluate(my_task, expression)
        if value is None:
            return
        try:
            start = datetime.fromisoformat(value) if isinstance(value, str) else value
            start = _instant(start, my_task.workflow.top_workflow.now)
        except (FeelError, ValueError) as error:
            message = f"{my_task.task_spec.bpmn_id}: el plazo no empieza en una fecha: {error}"
            raise ModelError(message, task=my_task) from error
        my_task.internal_data[START] = start.isoformat()

    def _value(self, my_task: Any, text: str) -> Any:
        try:
            return parse_duration(text)
        except FeelError:
            return my_task.workflow.script_engine.evaluate(my_task, self.expression)


def _instant(value: Any, now: datetime) -> datetime:
    """A date, an instant or a duration from now, as an aware instant; raises FeelError."""
    if isinstance(value, timedelta | Months):
        value = operate("+", now, value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=MADRID)
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=MADRID)
    raise FeelError("El temporizador no da una fecha ni una duración.")


def adopt(task_spec: Any) -> None:
    """Put our timer where a task spec has the library's."""
    definition = getattr(task_spec, "event_definition", None)
    if isinstance(definition, TimerEventDefinition) and not isinstance(definition, HouseTimer):
        task_spec.event_definition = HouseTimer(definition)


def pending_timers(workflow: Any) -> tuple[PendingTimer, ...]:
    """The timers that wait in an instance, in the order of their ids."""
    found = []
    for task in workflow.event_manager.tasks.values():
        if isinstance(task.task_spec.event_definition, HouseTimer):
            task.task_spec.event_definition.has_fired(task)
            due, start = task.internal_data.get(DUE), task.internal_data.get(START)
            found.append(
                PendingTimer(
                    task.id,
                    task.task_spec.bpmn_id,
                    datetime.fromisoformat(due) if due else None,
                    task.internal_data.get(RULE),
                    datetime.fromisoformat(start) if start else None,
                )
            )
    return tuple(sorted(found, key=lambda item: str(item.task_id)))
