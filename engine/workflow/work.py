"""Bring the people's work and the timers of an instance up to date with what is open in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState
from sqlalchemy import select

from engine.deadlines.models import DeadlineState
from engine.deadlines.operations import open_deadline
from engine.feel.errors import FeelError
from engine.ids import new_id, parse_id
from engine.operation import Act
from engine.people.models import Unit
from engine.services import SERVICES, InstanceView
from engine.workflow.bpmn.terms import performed
from engine.workflow.catching import has_timers_apart
from engine.workflow.definitions import Definition
from engine.workflow.effects import Effects
from engine.workflow.elements import Element, Elements, elements_of
from engine.workflow.models import (
    PRIORITY,
    ProcessInstance,
    ProcessTimer,
    TimerState,
    WorkItem,
    WorkState,
)
from engine.workflow.runtime import Run
from engine.workflow.scripting import ModelError
from engine.workflow.state import Session
from engine.workflow.statements import CLOSED_ITEMS
from engine.workflow.store import Writing
from engine.workflow.timer_rows import Timers, Until, close, end_term
from engine.workflow.timers import PendingTimer, instant_from

FORM, CORRECTION = "form", "correction"
_ACTIVE = (WorkState.OPEN.value, WorkState.CLAIMED.value)
_ANNOUNCE = "expedientes/phase"
_MOST_PRIORITY = 100


def synchronize(
    act: Act,
    instance: ProcessInstance,
    definition: Definition,
    session: Session,
    effects: Effects,
    writing: Writing,
    *,
    before: Definition | None = None,
) -> None:
    """Make the work items and timers of what opened, and cancel those of what is open no more.

    act: of the system, since terms are opened and ended by the model. What is new goes to `writing`;
    what is done at once, such as a term, is done in `effects`. before: the version that the instance
    leaves.
    """
    known = elements_of(definition)
    apart = has_timers_apart(definition) or (before is not None and has_timers_apart(before))
    timers = Timers(act, instance, session, effects, apart=apart)
    timers.close()
    timers.open(writing)
    _Work(act, instance, known, session, effects, timers).write(writing)
    _announce(act, instance, known, session.run, effects, timers.pending)


class _Work:
    """The people's work of a transition."""

    def __init__(
        self,
        act: Act,
        instance: ProcessInstance,
        known: Elements,
        session: Session,
        effects: Effects,
        timers: Timers,
    ) -> None:
        self._act = act
        self._instance = instance
        self._known = known
        self._session = session
        self._effects = effects
        self._timers = timers
        self._units: dict[str, UUID] = {}

    def write(self, writing: Writing) -> None:
        """Cancel the work that is open no more, write the new."""
        opened = {task.id: task for task in self._session.run.open_tasks()}
        closed = [
            row.id
            for row in self._session.known.values()
            if row.state == TaskState.READY and row.id not in opened and not self._done(row.id)
        ]
        close(
            self._act,
            self._instance,
            CLOSED_ITEMS,
            closed,
            DeadlineState.CANCELLED,
            self._effects,
        )
        new = [self._new(task) for key, task in opened.items() if not self._session.waited(key)]
        writing.add("new_items", new)

    def _done(self, task_id: UUID) -> bool:
        """Whether a task was done by somebody: then its work is done too."""
        return task_id == self._effects.done_task

    def _new(self, task: Any) -> dict[str, Any]:
        element = self._known.nodes[str(task.task_spec.bpmn_id)]
        said = Said(element, task, self._performers)
        kind = element.properties.get("kind", FORM)
        mine = kind == CORRECTION
        official = said.official("official")
        until, deadline_id = self._term(element)
        return {
            "id": new_id(),
            "task_id": task.id,
            "element": element.id,
            "title": said.text("title") or element.name or element.id,
            "kind": kind,
            "form": said.text("form") or element.id,
            "phase": element.properties.get("phase", ""),
            "expediente_id": self._instance.expediente_id,
            "person_id": self._instance.person_id if mine else None,
            "unit_id": None if mine else self._unit(said),
            "role": said.text("role"),
            "excluded": said.excluded(),
            "candidates": said.officials("candidates"),
            "assignee_id": official,
            "fixed": official is not None,
            "priority": said.priority(),
            "state": (WorkState.CLAIMED if official else WorkState.OPEN).value,
            "due_at": until.due_at,
            "term_id": until.term_id,
            "follow_up_at": said.instant("followUp", self._act.now),
            "deadline_id": deadline_id,
        }

    def _performers(self, elements: Sequence[str]) -> list[str]:
        """Whoever did any of these elements, each time: from what is written of their work, which no
        correction of the data changes."""
        done = self._act.session.scalars(
            select(WorkItem.completed_by)
            .where(
                WorkItem.instance_id == self._instance.id,
                WorkItem.element.in_(elements),
                WorkItem.completed_by.is_not(None),
            )
            .distinct()
        )
        found = {str(official) for official in done}
        now = self._effects.done_now
        if now is not None and now.element in elements:
            found.add(str(self._effects.actor_id))
        return sorted(found)

    def _unit(self, said: Said) -> UUID | None:
        code = said.text("unit")
        if not code:
            return None
        if code not in self._units:
            found = self._act.session.scalar(select(Unit.id).where(Unit.code == code))
            if found is None:
                raise said.wrong(f"no existe la unidad «{code}»")
            self._units[code] = found
        return self._units[code]

    def _term(self, element: Element) -> tuple[Until, UUID | None]:
        """Until when: the term of the timer on the task's border, else the one that the task names, its own."""
        attached = next(
            (
                timer.element
                for timer in self._timers.pending
                if timer.element in self._known.nodes
                and self._known.nodes[timer.element].attached_to == element.id
            ),
            None,
        )
        if attached is not None:
            return self._timers.until(attached), None
        rule = element.properties.get("due")
        if not rule:
            return Until(), None
        self._effects.prepare()
        term = open_deadline(
            self._act,
            rule=rule,
            starts_at=self._act.now,
            expediente_id=self._instance.expediente_id,
        )
        return Until(term.due_at, term.id), term.id


class Said:
    """The properties of a task: plain text, or FEEL over the instance's data after an equals sign.

    performers: who did some elements; without it, as in a simulation, the data tell.
    """

    def __init__(
        self,
        element: Element,
        task: Any,
        performers: Callable[[Sequence[str]], list[str]] | None = None,
    ) -> None:
        self._element = element
        self._task = task
        self._performers = performers or self._told

    def wrong(self, message: str) -> ModelError:
        """The error of a property that cannot be used."""
        return ModelError(f"{self._element.id}: {message}", task=self._task)

    def value(self, name: str) -> Any:
        """What a property says; None when it says nothing."""
        text = self._element.properties.get(name, "").strip()
        if text.startswith("="):
            return self._task.workflow.script_engine.evaluate(self._task, text[1:])
        return text or None

    def text(self, name: str) -> str:
        """A property as text."""
        return str(self.value(name) or "")

    def official(self, name: str) -> UUID | None:
        """A property that names one official by id."""
        found = self.officials(name)
        if len(found) > 1:
            raise self.wrong(f"«{name}» nombra a varias personas y ha de nombrar a una")
        return UUID(found[0]) if found else None

    def officials(self, name: str) -> list[str]:
        """A property that names officials: their ids, or the performers of earlier elements."""
        value = self.value(name)
        if isinstance(value, str) and not performed(value):
            value = [part.strip() for part in value.split(",")]
        listed = [] if value is None else value if isinstance(value, list) else [value]
        return [identifier for item in listed for identifier in self._named(name, item)]

    def excluded(self) -> list[str]:
        """Who may not do the task: four eyes are a rule of the model."""
        return self.officials("excluded")

    def _named(self, name: str, item: Any) -> list[str]:
        if isinstance(item, str) and performed(item):
            return self._performers(performed(item))
        if not item:
            return []
        found = parse_id(str(item))
        if found is None:
            raise self.wrong(f"«{name}» no nombra a una persona: {str(item)[:40]}")
        return [str(found)]

    def _told(self, elements: Sequence[str]) -> list[str]:
        done = [self._task.data.get(element) for element in elements]
        return [str(each["by"]) for each in done if isinstance(each, dict) and each.get("by")]

    def priority(self) -> int:
        """From 0 to 100, the higher the sooner."""
        value = self.value("priority")
        if value is None:
            return PRIORITY
        try:
            number = int(str(value))
        except ValueError:
            number = -1
        if not 0 <= number <= _MOST_PRIORITY:
            raise self.wrong(f"la prioridad ha de ser un número de 0 a {_MOST_PRIORITY}")
        return number

    def instant(self, name: str, now: datetime) -> datetime | None:
        """A property that says when: a date, an instant or a duration from now."""
        value = self.value(name)
        if value is None:
            return None
        try:
            return instant_from(value, now)
        except FeelError as error:
            raise self.wrong(f"«{name}»: {error}") from error


def _announce(
    act: Act,
    instance: ProcessInstance,
    known: Elements,
    run: Run,
    effects: Effects,
    timers: tuple[PendingTimer, ...],
) -> None:
    """Tell the expediente, if somebody keeps one, the phase of what is open."""
    announce = SERVICES.get(_ANNOUNCE)
    if announce is None or instance.expediente_id is None:
        return
    waiting = [*run.open_tasks(), *run.waiting_services().values()]
    elements = [known.nodes[str(task.task_spec.bpmn_id)] for task in waiting]
    elements += [known.nodes[each.element] for each in timers if each.element in known.nodes]
    phases = [item.properties["phase"] for item in elements if item.properties.get("phase")]
    if not phases:
        return
    view = InstanceView(
        instance.id, instance.expediente_id, instance.definition_key, elements[0].id, "", {}
    )
    effects.prepare()
    announce(act, view, phase=phases[0])


def cancel_work(act: Act, instance: ProcessInstance) -> None:
    """Cancel what is open in an instance that is stopped."""
    for item in act.session.scalars(
        select(WorkItem).where(WorkItem.instance_id == instance.id, WorkItem.state.in_(_ACTIVE))
    ):
        item.state, item.completed_at = WorkState.CANCELLED.value, act.now
        item.version += 1
        end_term(act, item.deadline_id, DeadlineState.CANCELLED)
    for timer in act.session.scalars(
        select(ProcessTimer).where(
            ProcessTimer.instance_id == instance.id,
            ProcessTimer.state == TimerState.WAITING.value,
        )
    ):
        timer.state = TimerState.CANCELLED.value
        end_term(act, timer.deadline_id, DeadlineState.CANCELLED)
