"""Reads of one instance whole, for those who mend: what is open and over, and what a move would end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deadlines.models import RUNNING, Deadline
from engine.people.models import Official, Unit
from engine.workflow.elements import elements_of
from engine.workflow.models import (
    Incident,
    InstanceState,
    ProcessHistory,
    ProcessInstance,
    ProcessTimer,
    TimerState,
    WorkItem,
    WorkState,
)
from engine.workflow.queries import IncidentRow, due_of
from engine.workflow.runtime import Run
from engine.workflow.store import definition_of
from engine.workflow.surgery.queries import incident_rows
from engine.workflow.surgery.reading import known_now, run_of
from engine.workflow.surgery.tree import (
    Token,
    element_of,
    entry,
    fixed,
    is_undone,
    landings,
    tokens,
    undone,
    workflows,
)

_ACTIVE = (WorkState.OPEN.value, WorkState.CLAIMED.value)


@dataclass(frozen=True)
class TokenRow:
    """An open token of an instance, with the work that a person has there."""

    token: Token
    name: str
    scope: tuple[str, ...]
    holder: str
    due_at: datetime | None
    landings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class StepRow:
    """A step that is over, as the history keeps it.

    cancelled: it was not done; undone: it was, and somebody went back behind it; by: who did it,
    empty for the town hall itself and for a citizen; again: it can be gone back to.
    """

    task_id: UUID
    element: str
    name: str
    cancelled: bool
    undone: bool
    at: datetime
    by: str
    again: bool


@dataclass(frozen=True)
class DatumRow:
    """A datum of an instance without its value: its name and what it is."""

    name: str
    sort: str


@dataclass(frozen=True)
class TimerRow:
    """A timer that waits; rule: the legal term for which it stands, empty when it is none."""

    task_id: UUID
    element: str
    name: str
    due_at: datetime | None
    rule: str


@dataclass(frozen=True)
class TermRow:
    """A legal term that is open."""

    id: UUID
    title: str
    article: str
    due_at: datetime


@dataclass(frozen=True)
class WorkRow:
    """The open work of an instance."""

    task_id: UUID
    title: str
    unit: str
    holder: str
    due_at: datetime | None
    deadline_id: UUID | None


@dataclass(frozen=True)
class InstancePage:
    """An instance whole, for those who mend."""

    id: UUID
    definition_key: str
    definition_version: int
    state: InstanceState
    version: int
    expediente_id: UUID | None
    started_at: datetime
    ended_at: datetime | None
    tokens: tuple[TokenRow, ...]
    steps: tuple[StepRow, ...]
    data: tuple[DatumRow, ...]
    incidents: tuple[IncidentRow, ...]
    timers: tuple[TimerRow, ...]
    work: tuple[WorkRow, ...]
    terms: tuple[TermRow, ...]

    @property
    def over(self) -> bool:
        return self.state in (InstanceState.COMPLETED, InstanceState.CANCELLED)


def instance_page(session: Session, instance_id: UUID) -> InstancePage:
    """An instance with what is open, what is over, what it waits for, and the names of its data.

    Raises NotFound.
    """
    data, instance = known_now(session, instance_id)
    run = run_of(session, instance, whole=True)
    names = names_of(session, instance)
    work = open_work(session, instance.id)
    return InstancePage(
        id=instance.id,
        definition_key=instance.definition_key,
        definition_version=instance.definition_version,
        state=InstanceState(instance.state),
        version=instance.version,
        expediente_id=instance.expediente_id,
        started_at=instance.started_at,
        ended_at=instance.ended_at,
        tokens=() if run is None else _tokens(run, names, work),
        steps=_steps(session, instance, run, names),
        data=tuple(DatumRow(name, _sort(value)) for name, value in sorted(data.items())),
        incidents=incident_rows(
            session, (Incident.instance_id == instance.id) & Incident.resolved_at.is_(None), 100
        ),
        timers=timers_of(session, instance, names),
        work=work,
        terms=terms_of(session, instance.expediente_id),
    )


def names_of(session: Session, instance: ProcessInstance) -> Mapping[str, str]:
    """The name of each element of an instance's model, in words."""
    nodes = elements_of(definition_of(session, instance)).nodes
    return {key: node.name or key for key, node in nodes.items()}


def _tokens(run: Run, names: Mapping[str, str], work: Sequence[WorkRow]) -> tuple[TokenRow, ...]:
    held = {row.task_id: row for row in work}
    found = []
    for token in tokens(run):
        row = held.get(token.task_id)
        task = run.task(token.task_id)
        where = () if token.fixed else landings(task.workflow)
        found.append(
            TokenRow(
                token,
                names.get(token.element, token.element),
                tuple(names.get(each, each) for each in token.scope),
                "" if row is None else row.holder or row.unit,
                None if row is None else row.due_at,
                tuple((each, names[each]) for each in where if each in names),
            )
        )
    return tuple(found)


def _steps(
    session: Session, instance: ProcessInstance, run: Run | None, names: Mapping[str, str]
) -> tuple[StepRow, ...]:
    """What is over, the newest first: the last two hundred steps."""
    rows = session.execute(
        select(ProcessHistory, Official.display_name)
        .outerjoin(Official, Official.id == ProcessHistory.by)
        .where(
            ProcessHistory.instance_id == instance.id,
            ProcessHistory.element.in_(list(names)),
            ProcessHistory.spec.not_like("%.BoundaryEvent%"),
        )
        .order_by(ProcessHistory.version.desc(), ProcessHistory.sequence.desc())
        .limit(200)
    ).all()
    scopes = () if run is None else workflows(run)
    tasks = {key: task for each in scopes for key, task in each.tasks.items()}
    gone = frozenset(key for each in scopes for key in undone(each))
    found = []
    for row, by in rows:
        task = tasks.get(row.id)
        was_undone = task is not None and is_undone(task, gone)
        done = row.state == TaskState.COMPLETED
        found.append(
            StepRow(
                task_id=row.id,
                element=row.element or "",
                name=names.get(row.element or "", row.spec),
                cancelled=not done,
                undone=was_undone,
                at=row.at,
                by=by or "",
                again=done and not was_undone and _enterable(task),
            )
        )
    return tuple(found)


def _enterable(task: Any) -> bool:
    """Whether a task can be gone back to: it is in an open scope and a token may land on it."""
    if task is None or fixed(task):
        return False
    return entry(task.workflow, element_of(task)) is not None


def _sort(value: object) -> str:
    """What a value is, without saying it."""
    match value:
        case None:
            return "null"
        case bool():
            return "truth"
        case str():
            return "text"
        case list():
            return "list"
        case dict():
            return "context"
        case datetime():
            return "instant"
        case _ if hasattr(value, "isoformat"):
            return "day"
        case _ if isinstance(value, int) or hasattr(value, "as_tuple"):
            return "number"
        case _:
            return "other"


def timers_of(
    session: Session, instance: ProcessInstance, names: Mapping[str, str]
) -> tuple[TimerRow, ...]:
    """The timers of an instance that wait."""
    rows = session.scalars(
        select(ProcessTimer)
        .where(
            ProcessTimer.instance_id == instance.id,
            ProcessTimer.state == TimerState.WAITING.value,
        )
        .order_by(ProcessTimer.id)
    ).all()
    titled = session.execute(
        select(Deadline.id, Deadline.title).where(
            Deadline.id.in_([row.deadline_id for row in rows if row.deadline_id])
        )
    )
    titles = {row.id: row.title for row in titled}
    return tuple(
        TimerRow(
            row.task_id,
            row.element,
            names.get(row.element, row.element),
            due_of(session, row),
            titles.get(row.deadline_id, "") if row.deadline_id else "",
        )
        for row in rows
    )


def open_work(session: Session, instance_id: UUID) -> tuple[WorkRow, ...]:
    """The work of an instance that is not done, oldest first."""
    rows = session.execute(
        select(WorkItem, Unit.name, Official.display_name)
        .outerjoin(Unit, Unit.id == WorkItem.unit_id)
        .outerjoin(Official, Official.id == WorkItem.assignee_id)
        .where(WorkItem.instance_id == instance_id, WorkItem.state.in_(_ACTIVE))
        .order_by(WorkItem.created_at, WorkItem.id)
    )
    return tuple(
        WorkRow(item.task_id, item.title, unit or "", holder or "", item.due_at, item.deadline_id)
        for item, unit, holder in rows
    )


def terms_of(session: Session, expediente_id: UUID | None) -> tuple[TermRow, ...]:
    """The open legal terms of an expediente, the first to end first."""
    if expediente_id is None:
        return ()
    rows = session.scalars(
        select(Deadline)
        .where(Deadline.expediente_id == expediente_id, Deadline.state.in_(RUNNING))
        .order_by(Deadline.due_at, Deadline.id)
    )
    return tuple(TermRow(row.id, row.title, row.article, row.due_at) for row in rows)
