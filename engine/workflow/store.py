"""Instances in the database: read whole, written only where they changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session as Connection

from engine.errors import NotFound
from engine.operation import Act
from engine.workflow.definitions import Definition, load_definition
from engine.workflow.models import ProcessInstance, ProcessModel, ProcessTask
from engine.workflow.state import Changes, Header, Stored, TaskRow

_COLUMNS = (
    "parent",
    "inside",
    "position",
    "spec",
    "element",
    "state",
    "triggered",
    "added",
    "removed",
    "internal",
    "changed_at",
)


def keep_model(act: Act, model: bytes) -> Definition:
    """Store a model by its hash, once; raises InvalidModel."""
    definition = load_definition(model)
    act.session.execute(
        insert(ProcessModel)
        .values(entity_id=act.entity_id, sha256=definition.sha256, xml=model)
        .on_conflict_do_nothing()
    )
    return definition


def definition_of(session: Connection, instance: ProcessInstance) -> Definition:
    """The model that an instance keeps, parsed once for each content."""
    xml = session.scalar(
        select(ProcessModel.xml).where(ProcessModel.sha256 == instance.model_sha256)
    )
    if xml is None:
        raise NotFound("Falta el modelo del proceso.")
    return load_definition(xml)


def stored(session: Connection, instance: ProcessInstance) -> Stored:
    """The stored state of an instance."""
    rows = session.execute(
        select(ProcessTask.__table__).where(
            ProcessTask.entity_id == instance.entity_id,
            ProcessTask.instance_id == instance.id,
        )
    )
    return Stored(
        Header(**instance.header),
        tuple(
            TaskRow(
                id=row.id,
                parent=row.parent,
                inside=row.inside,
                position=row.position,
                spec=row.spec,
                state=row.state,
                triggered=row.triggered,
                added=row.added,
                removed=tuple(row.removed),
                internal=row.internal,
            )
            for row in rows
        ),
    )


def write(
    act: Act, instance: ProcessInstance, changes: Changes, elements: dict[str, str | None]
) -> None:
    """Write what a transition changed, in at most two statements; `elements` by spec name."""
    if changes.removed:
        act.session.execute(
            delete(ProcessTask).where(
                ProcessTask.instance_id == instance.id, ProcessTask.id.in_(changes.removed)
            )
        )
    if changes.written:
        statement = insert(ProcessTask).values(
            [_values(act, instance, row, elements.get(row.spec)) for row in changes.written]
        )
        act.session.execute(
            statement.on_conflict_do_update(
                index_elements=["entity_id", "instance_id", "id"],
                set_={name: statement.excluded[name] for name in _COLUMNS},
            )
        )
    header = changes.header
    instance.header = {
        "version": header.version,
        "data": header.data,
        "flags": header.flags,
        "subprocesses": header.subprocesses,
    }
    instance.version += 1


def _values(
    act: Act, instance: ProcessInstance, row: TaskRow, element: str | None
) -> dict[str, Any]:
    return {
        "entity_id": act.entity_id,
        "instance_id": instance.id,
        "id": row.id,
        "parent": row.parent,
        "inside": row.inside,
        "position": row.position,
        "spec": row.spec,
        "element": element,
        "state": row.state,
        "triggered": row.triggered,
        "added": dict(row.added),
        "removed": list(row.removed),
        "internal": dict(row.internal),
        "changed_at": act.now,
    }
