"""An instance in memory to be looked at: its tokens, what a move would end, what it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound, RuleBroken
from engine.workflow.effects import STARTING
from engine.workflow.models import InstanceState, ProcessHistory, ProcessInstance
from engine.workflow.queries import data_of
from engine.workflow.runtime import Run
from engine.workflow.state import load
from engine.workflow.store import definition_of, stored
from engine.workflow.surgery.moves import Plan, check_skippable
from engine.workflow.surgery.tree import element_of, tokens

_ENDED = (InstanceState.COMPLETED.value, InstanceState.CANCELLED.value)


def instance_row(session: Session, instance_id: UUID) -> ProcessInstance:
    """An instance; raises NotFound."""
    found = session.scalar(select(ProcessInstance).where(ProcessInstance.id == instance_id))
    if found is None:
        raise NotFound
    return found


def run_of(session: Session, instance: ProcessInstance, *, whole: bool = False) -> Run | None:
    """An instance in memory; None for one that did not begin or is over.

    Nothing that it does there calls a service or is written.
    """
    if STARTING in instance.header or instance.state in _ENDED:
        return None
    rows = stored(session, instance, whole=whole)
    return load(definition_of(session, instance), rows, _long_ago(instance), whole=whole).run


def _long_ago(instance: ProcessInstance) -> datetime:
    """An instant for a copy that goes nowhere."""
    return instance.started_at


def plan_of(session: Session, instance: ProcessInstance, plan: Callable[[Run], Plan]) -> Plan:
    """What a move would end; raises what the move would."""
    run = run_of(session, instance, whole=True)
    if run is None:
        raise RuleBroken("El proceso no ha empezado o ya ha terminado.")
    return plan(run)


def tokens_at(session: Session, instance_id: UUID, element: str) -> list[UUID]:
    """The open tokens of an instance at an element, those that can be moved."""
    run = run_of(session, instance_row(session, instance_id))
    if run is None:
        return []
    return [each.task_id for each in tokens(run) if each.element == element and not each.fixed]


def last_done(session: Session, instance_id: UUID, element: str) -> UUID:
    """The last time that an element was done; raises RuleBroken when it never was."""
    found = session.scalar(
        select(ProcessHistory.id)
        .where(
            ProcessHistory.instance_id == instance_id,
            ProcessHistory.element == element,
            ProcessHistory.state == TaskState.COMPLETED,
        )
        .order_by(ProcessHistory.version.desc(), ProcessHistory.sequence.desc())
        .limit(1)
    )
    if found is None:
        raise RuleBroken(f"El proceso no pasó por «{element}», así que no se puede volver ahí.")
    return found


def skippable_element(session: Session, instance: ProcessInstance, task_id: UUID) -> str:
    """The element of an open task that may be passed over; raises RuleBroken and NotFound."""
    run = run_of(session, instance)
    if run is None:
        raise RuleBroken("El proceso no ha empezado o ya ha terminado.")
    task = run.task(task_id)
    check_skippable(task)
    return element_of(task)


def known_now(session: Session, instance_id: UUID) -> tuple[Mapping[str, Any], ProcessInstance]:
    """What an instance knows now, and the instance; raises NotFound."""
    instance = instance_row(session, instance_id)
    return data_of(session, instance), instance
