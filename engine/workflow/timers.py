"""Timers: each says when it is due, or which legal term it waits for; the town hall fires it.

The library would evaluate Python and compare with the computer's clock: here a timer never fires by
itself. Its due instant is a row of ours, and a legal term's due instant lives with the term.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
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
LEFT = "timer_left"
PERIOD = "timer_period"
_CYCLE = re.compile(r"R(\d*)/(?:([^/]+)/)?(P[^/]+)")


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

    def catch(self, my_task: Any, event: Any = None) -> None:
        """The town hall fires it."""
        del event
        my_task.internal_data[FIRED] = True

    def _compute(self, my_task: Any) -> None:
        text = self.expression.strip().strip('"')
        term = legal_term(self.expression)
        if term is not None:
            if term.start:
                self._begin(my_task, term.start)
            my_task.internal_data[RULE] = self._rule(my_task, term.rule)
            return
        now: datetime = my_task.workflow.top_workflow.now
        try:
            value = text if _CYCLE.fullmatch(text) else self._value(my_task, text)
            cycle = _CYCLE.fullmatch(value.strip()) if isinstance(value, str) else None
            due = instant_from(value, now) if cycle is None else _begin_cycle(my_task, cycle, now)
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
            start = instant_from(start, my_task.workflow.top_workflow.now)
        except (FeelError, ValueError) as error:
            message = f"{my_task.task_spec.bpmn_id}: el plazo no empieza en una fecha: {error}"
            raise ModelError(message, task=my_task) from error
        my_task.internal_data[START] = start.isoformat()

    def _rule(self, my_task: Any, rule: str) -> str:
        """The rule that a timer names, or that FEEL after `=` gives, as for a parameter of a shared part."""
        if not rule.startswith("="):
            return rule
        value = my_task.workflow.script_engine.evaluate(my_task, rule[1:])
        if not isinstance(value, str) or not value:
            raise ModelError(f"{my_task.task_spec.bpmn_id}: no hay regla de plazo", task=my_task)
        return value

    def _value(self, my_task: Any, text: str) -> Any:
        try:
            return parse_duration(text)
        except FeelError:
            return my_task.workflow.script_engine.evaluate(my_task, self.expression)


def _begin_cycle(my_task: Any, cycle: re.Match[str], now: datetime) -> datetime:
    """Keep how often a timer still fires and its period; the first instant. Raises FeelError.

    `R3/PT1H` fires three times, the first one an hour from now; `R/2026-12-01T09:00:00Z/P1D` every
    day from that instant on.
    """
    count, start, period = cycle.groups()
    if count and int(count) == 0:
        raise FeelError("Un temporizador que se repite cero veces no vence nunca.")
    parse_duration(period)
    my_task.internal_data[LEFT] = int(count) if count else -1
    my_task.internal_data[PERIOD] = period
    return instant_from(start or period, now)


def successor(my_task: Any) -> dict[str, Any] | None:
    """What the next turn of a timer that repeats starts with; None when it was the last.

    Turns keep their distance however late they fire. Of one that repeats without end, the turns that
    nobody was there to fire are not made up for.
    """
    internal = my_task.internal_data
    left = internal.get(LEFT, 1)
    if left == 1:
        return None
    now: datetime = my_task.workflow.top_workflow.now
    period = parse_duration(internal[PERIOD])
    due = operate("+", datetime.fromisoformat(internal[DUE]), period)
    while left < 0 and due <= now:
        due = operate("+", due, period)
    return {DUE: due.isoformat(), LEFT: max(left - 1, -1), PERIOD: internal[PERIOD]}


def instant_from(value: Any, now: datetime) -> datetime:
    """A date, an instant or a duration from now, or their text, as an aware instant.

    A date is its first instant in Madrid. Raises FeelError.
    """
    if isinstance(value, str):
        value = _from_text(value)
    if isinstance(value, timedelta | Months):
        value = operate("+", now, value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=MADRID)
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=MADRID)
    raise FeelError("El temporizador no da una fecha ni una duración.")


def _from_text(text: str) -> Any:
    try:
        return parse_duration(text)
    except FeelError:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise FeelError(f"«{text[:40]}» no es una fecha ni una duración.") from None


def adopt(task_spec: Any) -> None:
    """Put our timer where a task spec has the library's."""
    definition = getattr(task_spec, "event_definition", None)
    if isinstance(definition, TimerEventDefinition) and not isinstance(definition, HouseTimer):
        task_spec.event_definition = HouseTimer(definition)
    elif isinstance(definition, MultipleEventDefinition):
        definition.event_definitions = [
            HouseTimer(each) if isinstance(each, TimerEventDefinition) else each
            for each in definition.event_definitions
        ]


def pending_timers(workflow: Any) -> tuple[PendingTimer, ...]:
    """The timers that wait in an instance, in the order of their ids."""
    found = []
    for task in workflow.event_manager.waiting():
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
