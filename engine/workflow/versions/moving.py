"""One instance taken to another version in the database, inside the transaction of an operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import delete, select, update

from engine.deadlines.models import Deadline, DeadlineState
from engine.deadlines.operations import end_deadline
from engine.deadlines.redating import follow
from engine.errors import RuleBroken, TownHallError
from engine.operation import Act
from engine.people.models import Unit
from engine.workflow import store
from engine.workflow.definitions import Definition
from engine.workflow.effects import STARTING, Effects
from engine.workflow.elements import Element, elements_of
from engine.workflow.events.models import EventSubscription
from engine.workflow.events.subscriptions import concerns, synchronize_subscriptions
from engine.workflow.joins import settle_joins
from engine.workflow.models import ProcessInstance, ProcessTimer, TimerState, WorkItem, WorkState
from engine.workflow.runtime import Run, Status
from engine.workflow.state import TOP, Changes, Session, Stored, TaskRow, load
from engine.workflow.timer_rows import Until
from engine.workflow.transition import gather
from engine.workflow.upgrades import upgraded
from engine.workflow.versions.images import Image, image_of, restore
from engine.workflow.versions.migrate import Migrated, migrated
from engine.workflow.versions.plan import Plan
from engine.workflow.versions.report import Report, TokenLine, effects
from engine.workflow.work import Said, synchronize

_ACTIVE = (WorkState.OPEN.value, WorkState.CLAIMED.value)
_ASSIGNMENT = ("unit", "role", "excluded", "candidates", "priority")


class CannotMigrate(TownHallError):
    """What keeps an instance from migrating; nothing of it was written."""

    def __init__(self, report: Report) -> None:
        super().__init__(" ".join(report.problems))
        self.report = report


@dataclass(frozen=True)
class Moved:
    """An instance that migrated: what that did, and its rows as they were and as they are."""

    report: Report
    before: Image
    after: Image
    stays: bool = False


@dataclass
class _Migrating(Session):
    """A loaded instance of the newer version that was stored as one of the older.

    rewritten: finished tasks that the newer version calls otherwise.
    """

    rewritten: Mapping[UUID, TaskRow] = field(default_factory=dict)

    def changes(self) -> Changes:
        """What has changed since it was stored, the older version's names included."""
        changes = super().changes()
        again = tuple(row for key, row in self.rewritten.items() if key in self.known)
        return replace(changes, written=(*again, *changes.written))


def move(act: Act, instance: ProcessInstance, plan: Plan, target_version: int, salt: str) -> Moved:
    """Take a locked instance to the newer version, or leave it when the plan says that it stays.

    No step of the model runs: what can go on by itself is told and goes on after. Raises
    CannotMigrate, with nothing written when the caller goes back to its savepoint.
    """
    before = image_of(act.session, act.entity_id, instance.id)
    if STARTING in instance.header:
        _rename(instance, plan.target, target_version)
        store.write(act, instance, store.Writing(), fresh=False)
        act.session.expire(instance)
        after = image_of(act.session, act.entity_id, instance.id)
        return Moved(Report(waiting_start=True), before, after)
    original = upgraded(store.stored(act.session, instance))
    result = migrated(original, plan, salt)
    tokens = tuple(TokenLine(item.element, item.target, item.change) for item in result.tokens)
    report = Report(tokens=tokens, keys=tuple(result.keys.items()), problems=result.problems)
    if result.stays:
        return Moved(replace(report, problems=()), before, before, stays=True)
    if result.problems:
        raise CannotMigrate(report)
    try:
        going_on = _write(act, instance, plan, target_version, original, result)
    except (SpiffWorkflowException, TownHallError, LookupError, TypeError, ValueError) as error:
        raise CannotMigrate(replace(report, problems=(_said(error),))) from error
    after = image_of(act.session, act.entity_id, instance.id)
    told = effects(before, after, act.now)
    return Moved(replace(told, tokens=tokens, keys=report.keys, going_on=going_on), before, after)


def _said(error: BaseException) -> str:
    if isinstance(error, SpiffWorkflowException | TownHallError):
        return str(error)
    return f"La versión nueva no se entiende con este estado ({type(error).__name__})."


def _rename(instance: ProcessInstance, target: Definition, version: int) -> None:
    instance.definition_version = version
    instance.model_sha256 = target.sha256


def _write(
    act: Act,
    instance: ProcessInstance,
    plan: Plan,
    target_version: int,
    original: Stored,
    result: Migrated,
) -> tuple[str, ...]:
    """Write the migrated state, its work and its timers; the elements that can go on alone."""
    session = _loaded(act, plan.target, original, result)
    run = session.run
    going_on = _free_joins(run)
    if run.status is Status.STUCK and not going_on:
        raise RuleBroken("Se quedaría sin nada que hacer y no llegaría a su fin.")
    _rename(instance, plan.target, target_version)
    _rename_timers(act, instance, plan, original, result.stored)
    system = act.as_system(instance.definition_key)
    writing, outside = store.Writing(), Effects(act, instance)
    synchronize(system, instance, plan.target, session, outside, writing, before=plan.source)
    gather(session, plan.target, writing, fresh=False)
    store.write(act, instance, writing, fresh=False)
    if concerns(plan.source) or concerns(plan.target):
        # What it waits for is written anew: the same step may wait for another name now.
        act.session.execute(
            delete(EventSubscription).where(EventSubscription.instance_id == instance.id)
        )
        synchronize_subscriptions(system, instance, plan.target, run)
    outside.keep()
    act.session.expire_all()
    _bring_work_up_to_date(act, instance, plan, run)
    return going_on


def _loaded(act: Act, target: Definition, original: Stored, result: Migrated) -> _Migrating:
    """The instance in the newer version, knowing how it was stored in the older."""
    loaded = load(target, result.stored, act.now)
    before = {row.id: row for row in original.tasks}
    rows = {row.id: row for row in result.stored.tasks if row.id in before and row.finished}
    bases = dict(loaded.bases)
    for scope in (TOP, *map(UUID, result.stored.header.subprocesses)):
        if result.keys:
            bases[scope] = None
    return _Migrating(
        run=loaded.run,
        known={**before, **rows},
        over={row.id for row in original.tasks if row.finished},
        bases=bases,
        rewritten={key: row for key, row in rows.items() if before[key] != row},
    )


def _free_joins(run: Run) -> tuple[str, ...]:
    """Let a join that waited for a branch that is no more take its tokens; the elements that are free."""
    top = run.workflow
    for each in (top, *top.subprocesses.values()):
        top.restless[each] = None
    while settle_joins(top):
        pass
    ready = top.get_tasks(state=TaskState.READY)
    names = (
        task.task_spec.bpmn_id or task.task_spec.name for task in ready if not task.task_spec.manual
    )
    return tuple(sorted(map(str, names)))


def _rename_timers(
    act: Act, instance: ProcessInstance, plan: Plan, original: Stored, result: Stored
) -> None:
    """Call the timers that wait as the elements where they stand now."""
    before = {row.id: row for row in original.tasks}
    nodes = elements_of(plan.target).nodes
    for row in result.tasks:
        known = before.get(row.id)
        if row.finished or known is None or row.spec not in nodes or known.spec == row.spec:
            continue
        act.session.execute(
            update(ProcessTimer)
            .where(
                ProcessTimer.instance_id == instance.id,
                ProcessTimer.task_id == row.id,
                ProcessTimer.state == TimerState.WAITING.value,
            )
            .values(element=row.spec)
        )


def _bring_work_up_to_date(act: Act, instance: ProcessInstance, plan: Plan, run: Run) -> None:
    """Give the work that stays the words, the people and the time limits of the newer version."""
    old, new = elements_of(plan.source).nodes, elements_of(plan.target).nodes
    tasks = {task.id: task for task in run.open_tasks()}
    items = act.session.scalars(
        select(WorkItem).where(WorkItem.instance_id == instance.id, WorkItem.state.in_(_ACTIVE))
    )
    for item in items:
        task = tasks.get(item.task_id)
        if task is None:
            continue
        element, known = new[str(task.task_spec.bpmn_id)], old.get(item.element)
        values = _words(element)
        if known is not None and item.state == WorkState.OPEN.value:
            values.update(_people(act, known, element, task))
        changed = {name: value for name, value in values.items() if getattr(item, name) != value}
        until = _until(act, instance, item, known, element, plan)
        if until is not None and until.due_at != item.due_at:
            changed["due_at"] = until.due_at
        if until is not None and until.term_id != item.term_id:
            changed["term_id"] = until.term_id
        if changed:
            for name, value in changed.items():
                setattr(item, name, value)
            item.version += 1
    act.session.flush()


def _words(element: Element) -> dict[str, Any]:
    """What a work item says of its element; what the data said when it was made stays so."""
    form = element.properties.get("form", element.id)
    title = element.properties.get("title") or element.name or element.id
    return {
        "element": element.id,
        **({} if title.startswith("=") else {"title": title}),
        **({} if form.startswith("=") else {"form": form}),
        "phase": element.properties.get("phase", ""),
    }


def _people(act: Act, known: Element, element: Element, task: Any) -> dict[str, Any]:
    """Who may take work that nobody has yet, when the newer version says it otherwise."""
    if all(known.properties.get(name) == element.properties.get(name) for name in _ASSIGNMENT):
        return {}
    said = Said(element, task)
    code = said.text("unit")
    unit = act.session.scalar(select(Unit.id).where(Unit.code == code)) if code else None
    if code and unit is None:
        raise said.wrong(f"no existe la unidad «{code}»")
    return {
        "unit_id": unit,
        "role": said.text("role"),
        "excluded": said.excluded(),
        "candidates": said.officials("candidates"),
        "priority": said.priority(),
    }


def _until(
    act: Act,
    instance: ProcessInstance,
    item: WorkItem,
    known: Element | None,
    element: Element,
    plan: Plan,
) -> Until | None:
    """Until when work has to be done, where the timers on its border changed; None where they did not."""
    borders = _borders(plan.target, element.id)
    if known is not None and len(_borders(plan.source, known.id)) == len(borders):
        return None
    rows = act.session.execute(
        select(ProcessTimer.due_at, Deadline.due_at, Deadline.id, Deadline.state)
        .outerjoin(Deadline, Deadline.id == ProcessTimer.deadline_id)
        .where(
            ProcessTimer.instance_id == instance.id,
            ProcessTimer.element.in_(borders),
            ProcessTimer.state == TimerState.WAITING.value,
        )
    ).all()
    dues = [(due, term_id, state) for own, term, term_id, state in rows if (due := term or own)]
    if dues:
        due, term_id, state = min(dues, key=lambda each: each[0])
        return Until(None if state == DeadlineState.SUSPENDED.value else due, term_id)
    if item.deadline_id is None:
        return Until()
    own = act.session.scalar(select(Deadline.due_at).where(Deadline.id == item.deadline_id))
    return Until(own, item.deadline_id)


def _borders(definition: Definition, element: str) -> tuple[str, ...]:
    """The timers that hang from an element."""
    return tuple(
        node.id
        for node in elements_of(definition).nodes.values()
        if node.attached_to == element and "timer" in node.events
    )


def go_back(act: Act, instance: ProcessInstance, before: Image, after: Image) -> None:
    """Put an instance back as it was before it migrated; the terms that it opened are cancelled."""
    known = {row["id"] for row in before["deadline"]}
    system = act.as_system(instance.definition_key)
    opened = [UUID(row["id"]) for row in after["deadline"] if row["id"] not in known]
    restore(act.session, act.entity_id, instance.id, before)
    follow(act, [UUID(identifier) for identifier in sorted(known)])
    for deadline_id in opened:
        end_deadline(system, deadline_id=deadline_id, state=DeadlineState.CANCELLED)
