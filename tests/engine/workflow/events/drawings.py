"""Models with events and subprocesses, and a run that is stored and loaded before every step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from engine.workflow.definitions import Definition, load_definition
from engine.workflow.runtime import Run, Status
from engine.workflow.state import Session, Stored, begin, load
from engine.workflow.timers import PendingTimer, pending_timers
from tests.engine.workflow.keeping import apply
from tests.engine.workflow.models import HEAD, TAIL, Model

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
_KINDS = {
    "message": "messageRef",
    "signal": "signalRef",
    "error": "errorRef",
    "escalation": "escalationRef",
}


def event(kind: str, name: str = "", inside: str = "") -> str:
    """The event definition of an element; `name` is what the other elements of its kind call it."""
    if kind in ("timeDuration", "timeCycle", "timeDate"):
        return f"<bpmn:timerEventDefinition><bpmn:{kind}>{name}</bpmn:{kind}></bpmn:timerEventDefinition>"
    if kind == "conditional":
        return f"<bpmn:conditionalEventDefinition><bpmn:condition>{name}</bpmn:condition></bpmn:conditionalEventDefinition>"
    reference = f' {_KINDS[kind]}="{kind}_{name}"' if name else ""
    extension = f"<bpmn:extensionElements>{inside}</bpmn:extensionElements>" if inside else ""
    return f"<bpmn:{kind}EventDefinition{reference}>{extension}</bpmn:{kind}EventDefinition>"


def payload(feel: str) -> str:
    """What a message carries."""
    return f"<spiffworkflow:messagePayload>{feel}</spiffworkflow:messagePayload>"


def variable(name: str) -> str:
    """Under which name a message's payload goes into the data."""
    return f"<spiffworkflow:messageVariable>{name}</spiffworkflow:messageVariable>"


def keyed(property_name: str, feel: str) -> str:
    """The correlation of a message, read from the process's own data."""
    return (
        "<spiffworkflow:processVariableCorrelation>"
        f"<spiffworkflow:propertyId>{property_name}</spiffworkflow:propertyId>"
        f"<spiffworkflow:expression>{feel}</spiffworkflow:expression>"
        "</spiffworkflow:processVariableCorrelation>"
    )


class Drawing(Model):
    """A model whose elements may be events and subprocesses."""

    def __init__(self) -> None:
        super().__init__()
        self.roots: list[str] = []
        self.before = ""

    def starts(self, identifier: str, definition: str, *, interrupting: bool = True) -> Self:
        self.node(
            "startEvent", identifier, f'isInterrupting="{str(interrupting).lower()}"', definition
        )
        return self

    def catches(self, identifier: str, definition: str) -> Self:
        self.node("intermediateCatchEvent", identifier, "", definition)
        return self

    def throws(self, identifier: str, definition: str) -> Self:
        self.node("intermediateThrowEvent", identifier, "", definition)
        return self

    def ends(self, identifier: str, definition: str = "") -> Self:
        self.node("endEvent", identifier, "", definition)
        return self

    def borders(
        self, identifier: str, attached: str, definition: str, *, interrupting: bool = True
    ) -> Self:
        attributes = f'attachedToRef="{attached}" cancelActivity="{str(interrupting).lower()}"'
        self.node("boundaryEvent", identifier, attributes, definition)
        return self

    def sub(
        self, identifier: str, inside: Drawing, *, triggered: bool = False, kind: str = "subProcess"
    ) -> Self:
        attributes = 'triggeredByEvent="true"' if triggered else ""
        self.node(kind, identifier, attributes, inside.body())
        return self

    def body(self) -> str:
        """The elements, without what stands around them."""
        return super().xml().decode().removeprefix(HEAD).removesuffix(TAIL)

    def declares(self, kind: str, *names: str, code: bool = True) -> Self:
        """The messages, signals, errors and escalations that the events name."""
        for name in names:
            more = f' {kind}Code="{name}"' if code and kind in ("error", "escalation") else ""
            self.roots.append(f'<bpmn:{kind} id="{kind}_{name}" name="{name}"{more}/>')
        return self

    def correlates(self, name: str, message: str, feel: str) -> Self:
        """A correlation property of a message: how it is read from the payload."""
        self.before += (
            f'<bpmn:collaboration id="c_{name}"><bpmn:correlationKey id="k_{name}" name="k_{name}">'
            f"<bpmn:correlationPropertyRef>{name}</bpmn:correlationPropertyRef>"
            "</bpmn:correlationKey></bpmn:collaboration>"
            f'<bpmn:correlationProperty id="{name}" name="{name}">'
            f'<bpmn:correlationPropertyRetrievalExpression messageRef="message_{message}">'
            f"<bpmn:messagePath>{feel}</bpmn:messagePath>"
            "</bpmn:correlationPropertyRetrievalExpression></bpmn:correlationProperty>"
        )
        return self

    def xml(self) -> bytes:
        head = HEAD.replace("<bpmn:process", f"{self.before}<bpmn:process", 1)
        tail = TAIL.replace("</bpmn:definitions>", "".join(self.roots) + "</bpmn:definitions>")
        return f"{head}{self.body()}{tail}".encode()


def drawn(*, end: bool = True) -> Drawing:
    """A drawing with its start, and its end."""
    drawing = Drawing()
    drawing.node("startEvent", "start")
    if end:
        drawing.node("endEvent", "end")
    return drawing


def inner(prefix: str) -> Drawing:
    """The inside of a subprocess, with a plain start and end."""
    drawing = Drawing()
    drawing.node("startEvent", f"{prefix}_start").node("endEvent", f"{prefix}_end")
    return drawing


class Played:
    """An instance that is stored and loaded before every step."""

    def __init__(self, drawing: Model, **data: Any) -> None:
        self.definition: Definition = load_definition(drawing.xml())
        self.now = NOW
        self._stored: Stored | None = None
        self._session: Session = begin(self.definition, data, self.now)
        self._keep()

    def _keep(self) -> None:
        self.thrown = self._session.run.workflow.get_events()
        self._timers = pending_timers(self._session.run.workflow)
        self._stored = apply(self._stored, self._session.changes())
        self._session = load(self.definition, self._stored, self.now)

    @property
    def run(self) -> Run:
        return self._session.run

    def pass_time(self, passed: timedelta) -> None:
        self.now += passed
        self.run.workflow.now = self.now

    def complete(self, element: str, **data: Any) -> Played:
        task = next(each for each in self.run.open_tasks() if each.task_spec.bpmn_id == element)
        self.run.complete(task.id, {element: data, **data})
        self._keep()
        return self

    def fire(self, element: str) -> Played:
        timer = next(each for each in self.timers if each.element == element)
        assert self.run.fire_timer(timer.task_id)
        self._keep()
        return self

    def message(self, name: str, payload: Any = None, **values: Any) -> bool:
        receivers = self.run.workflow.event_manager.receivers(name, values)
        if not receivers:
            return False
        taken = self.run.receive(receivers[0].id, payload, values)
        self._keep()
        return taken

    def signal(self, name: str, payload: Any = None) -> bool:
        caught = self.run.signal(name, payload)
        self._keep()
        return caught

    @property
    def open(self) -> list[str]:
        return sorted(task.task_spec.bpmn_id for task in self.run.open_tasks())

    @property
    def timers(self) -> tuple[PendingTimer, ...]:
        return pending_timers(self.run.workflow)

    @property
    def done(self) -> bool:
        return self.run.status is Status.COMPLETED

    @property
    def data(self) -> Mapping[str, Any]:
        return self.run.result

    @property
    def reached(self) -> list[str]:
        """The elements that ended, in order."""
        assert self._stored is not None
        names = self.definition.spec, *self.definition.subprocesses.values()
        ids = {name: spec.bpmn_id for each in names for name, spec in each.task_specs.items()}
        return [ids[row.spec] for row in self._stored.history if row.state == 64 and ids[row.spec]]
