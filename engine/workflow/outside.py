"""What comes from outside to a simulated process: messages, signals, and time that passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from engine.errors import BadInput
from engine.workflow.bpmn.findings import Finding
from engine.workflow.runtime import Run
from engine.workflow.timers import PendingTimer, pending_timers

MESSAGE, SIGNAL = "message", "signal"
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Coming:
    """A message or a signal that comes; at: the element that is open or waits when it does."""

    kind: str
    name: str
    payload: Any
    correlation: Mapping[str, Any]
    at: str | None


@dataclass
class Outside:
    """What is still to come. timers: the elements whose timers fire, in order; None for any."""

    coming: list[Coming]
    timers: list[str] | None

    @classmethod
    def read(cls, data: dict[str, Any]) -> Outside:
        """Take `messages`, `signals` and `timers` out of the input of a simulation; raises BadInput."""
        coming = [
            _read(kind, item)
            for kind, key in ((MESSAGE, "messages"), (SIGNAL, "signals"))
            for item in _list(data.pop(key, []), key)
        ]
        timers = data.pop("timers", None)
        return cls(
            coming, None if timers is None else [str(each) for each in _list(timers, "timers")]
        )

    def come(self, run: Run, steps: list[str], *, idle: bool) -> bool:
        """Let the first come that is awaited now; whether one did. idle: nobody has anything to do."""
        here = None
        for item in self.coming:
            if item.at is None and not idle:
                continue
            if item.at is not None:
                here = set(_standing(run)) if here is None else here
                if item.at not in here:
                    continue
            if _give(run, item, steps):
                self.coming.remove(item)
                return True
        return False

    def pass_time(self, run: Run, steps: list[str]) -> bool:
        """Fire the next timer that is to fire; whether there was one."""
        waiting = sorted(pending_timers(run.workflow), key=_due)
        if self.timers is not None:
            wanted = self.timers[0] if self.timers else None
            waiting = [each for each in waiting if each.element == wanted]
        if not waiting:
            return False
        if self.timers:
            self.timers.pop(0)
        steps.append(waiting[0].element)
        return run.fire_timer(waiting[0].task_id)

    def left(self) -> Iterator[Finding]:
        """What nobody waited for."""
        words = {MESSAGE: "el mensaje", SIGNAL: "la señal"}
        for item in self.coming:
            message = f"nadie esperaba {words[item.kind]} «{item.name}»"
            yield Finding("warning", "not-delivered", item.at or "", message)


def _due(timer: PendingTimer) -> tuple[datetime, str]:
    return timer.due or _NEVER, str(timer.task_id)


def _list(value: Any, key: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadInput(f"«{key}» tiene que ser una lista.")
    return value


def _read(kind: str, item: Any) -> Coming:
    if not isinstance(item, Mapping) or not isinstance(item.get("name"), str):
        raise BadInput("Cada mensaje y cada señal de la simulación necesita su «name».")
    at = item.get("at")
    correlation = item.get("correlation") or {}
    return Coming(kind, item["name"], item.get("payload"), correlation, at and str(at))


def _standing(run: Run) -> Iterator[str]:
    """The elements that are open or wait."""
    for task in (*run.open_tasks(), *run.workflow.event_manager.waiting()):
        yield str(task.task_spec.bpmn_id)


def _give(run: Run, item: Coming, steps: list[str]) -> bool:
    """Give a message or a signal to who waits for it; whether somebody does."""
    events = run.workflow.event_manager
    if item.kind == SIGNAL:
        elements = [str(each.task_spec.bpmn_id) for each in events.listeners(item.name)]
        steps.extend(elements)
        return bool(elements) and run.signal(item.name, item.payload)
    receivers = events.receivers(item.name, item.correlation, item.payload)
    if not receivers:
        return False
    steps.append(str(receivers[0].task_spec.bpmn_id))
    return run.receive(receivers[0].id, item.payload, item.correlation)
