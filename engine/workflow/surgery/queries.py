"""Reads of what failed: those alike together, and each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from engine.workflow.elements import elements_of
from engine.workflow.models import (
    Incident,
    ProcessInstance,
)
from engine.workflow.queries import IncidentRow
from engine.workflow.store import definition_by_hash


@dataclass(frozen=True)
class GroupKey:
    """What makes incidents alike: the same step of the same procedure failed in the same way."""

    definition_key: str
    element: str
    kind: str


@dataclass(frozen=True)
class IncidentGroup:
    """Incidents alike. message: what the last one says; versions: the models in which it happens."""

    key: GroupKey
    element_name: str
    count: int
    since: datetime
    last_at: datetime
    message: str
    versions: tuple[int, ...]


def incident_groups(
    session: Session, *, definition_key: str = "", element: str = "", limit: int = 200
) -> tuple[IncidentGroup, ...]:
    """What failed, those alike together, the most numerous first.

    definition_key, element: only those of this procedure or step.
    """
    condition: list[ColumnElement[bool]] = [Incident.resolved_at.is_(None)]
    if definition_key:
        condition.append(ProcessInstance.definition_key == definition_key)
    if element:
        condition.append(Incident.element == element)
    rows = session.execute(
        select(
            ProcessInstance.definition_key,
            Incident.element,
            Incident.kind,
            func.count(),
            func.min(Incident.at),
            func.max(Incident.at),
            func.array_agg(func.distinct(ProcessInstance.definition_version)),
        )
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(*condition)
        .group_by(ProcessInstance.definition_key, Incident.element, Incident.kind)
        .order_by(func.count().desc(), func.min(Incident.at))
        .limit(limit)
    ).all()
    found = []
    for key, of_element, kind, count, since, last_at, versions in rows:
        group = GroupKey(key, of_element, kind)
        message, sha256 = session.execute(
            select(Incident.message, ProcessInstance.model_sha256)
            .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
            .where(_alike(group))
            .order_by(Incident.at.desc(), Incident.id.desc())
            .limit(1)
        ).one()
        found.append(
            IncidentGroup(
                group,
                name_of_element(session, sha256, of_element),
                count,
                since,
                last_at,
                message,
                tuple(sorted(versions)),
            )
        )
    return tuple(found)


def name_of_element(session: Session, sha256: str, element: str) -> str:
    """The name of an element of a model, in words; its id when it has none."""
    node = elements_of(definition_by_hash(session, sha256)).nodes.get(element)
    return element if node is None else node.name or element


def _alike(key: GroupKey) -> ColumnElement[bool]:
    return (
        Incident.resolved_at.is_(None)
        & (ProcessInstance.definition_key == key.definition_key)
        & (Incident.element == key.element)
        & (Incident.kind == key.kind)
    )


def step_name(session: Session, key: GroupKey) -> str:
    """The name of the step at which a group stopped."""
    groups = incident_groups(session, definition_key=key.definition_key, element=key.element)
    return next((each.element_name for each in groups if each.key == key), key.element)


def incidents_alike(session: Session, key: GroupKey, limit: int = 1_000) -> tuple[IncidentRow, ...]:
    """The incidents of a group, oldest first."""
    return incident_rows(session, _alike(key), limit)


def incident(session: Session, incident_id: UUID) -> IncidentRow | None:
    """An incident that waits, if it still does."""
    found = incident_rows(session, (Incident.id == incident_id) & Incident.resolved_at.is_(None), 1)
    return found[0] if found else None


def incident_rows(
    session: Session, condition: ColumnElement[bool], limit: int
) -> tuple[IncidentRow, ...]:
    """The incidents that fit a condition, oldest first."""
    rows = session.execute(
        select(Incident, ProcessInstance)
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(condition)
        .order_by(Incident.at, Incident.id)
        .limit(limit)
    )
    return tuple(
        IncidentRow(
            id=row.id,
            instance_id=instance.id,
            definition_key=instance.definition_key,
            expediente_id=instance.expediente_id,
            element=row.element,
            kind=row.kind,
            message=row.message,
            at=row.at,
        )
        for row, instance in rows
    )
