"""Instances in the database: what a step needs is read, what it changed is written in one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session as Connection
from sqlalchemy.orm.attributes import set_committed_value

from engine.audit.events import Along
from engine.db import driver_rows, flush_pending
from engine.errors import NotFound, Stale
from engine.operation import Act
from engine.workflow import statements
from engine.workflow.codec import payload_of
from engine.workflow.definitions import Definition, load_definition
from engine.workflow.models import ProcessInstance, ProcessModel, WorkItem
from engine.workflow.state import DataKey, Header, Stored, TaskRow

_KNOWN_MODELS = "workflow.models"
_INSTANCE_COLUMNS = tuple(ProcessInstance.__table__.columns.keys())


def keep_model(act: Act, model: bytes, decisions: bytes | None = None) -> Definition:
    """Store a model and its decisions by their hash, once; raises InvalidModel."""
    definition = load_definition(model, decisions)
    _by_hash(definition.sha256, definition)
    known: set[str] = act.townhall.parts.setdefault(_KNOWN_MODELS, set())
    if definition.sha256 not in known:
        act.session.execute(
            insert(ProcessModel)
            .values(
                entity_id=act.entity_id,
                sha256=definition.sha256,
                xml=definition.xml,
                decisions=definition.decisions,
            )
            .on_conflict_do_nothing()
        )
        event.listen(act.session, "after_commit", lambda _: known.add(definition.sha256), once=True)
    return definition


_definitions: dict[str, Definition] = {}


def _by_hash(sha256: str, definition: Definition) -> Definition:
    return _definitions.setdefault(sha256, definition)


def definition_of(session: Connection, instance: ProcessInstance) -> Definition:
    """The model that an instance keeps, read and parsed once in each process."""
    return definition_by_hash(session, instance.model_sha256)


def definition_by_hash(session: Connection, sha256: str) -> Definition:
    """A stored model by its hash; raises NotFound."""
    found = _definitions.get(sha256)
    if found is not None:
        return found
    row = session.execute(
        select(ProcessModel.xml, ProcessModel.decisions).where(ProcessModel.sha256 == sha256)
    ).one_or_none()
    if row is None:
        raise NotFound("Falta el modelo del proceso.")
    return _by_hash(sha256, load_definition(row.xml, row.decisions))


def stored(
    session: Connection,
    instance: ProcessInstance,
    *,
    whole: bool = False,
    tasks: tuple[TaskRow, ...] | None = None,
) -> Stored:
    """The stored state of an instance: what a step needs, with its history when `whole`.

    tasks: those that a step needs, when they were read already under the instance's lock.
    """
    key = _key(instance)
    tasks = _tasks(session, key) if tasks is None else tasks
    history: tuple[TaskRow, ...] = ()
    if whole:
        history = tuple(_task(row) for row in driver_rows(session, statements.HISTORY, key))
    payloads = _StoredPayloads(session, instance.entity_id)
    for row in (*tasks, *history):
        payloads.expect(row.added.values())
    data = _StoredData(session, key, payloads)
    return Stored(Header(**instance.header), tasks, history, data, payloads)


def _key(instance: ProcessInstance) -> dict[str, Any]:
    return {"entity": instance.entity_id, "instance": instance.id}


def _tasks(session: Connection, key: Mapping[str, Any]) -> tuple[TaskRow, ...]:
    return tuple(_task(row) for row in driver_rows(session, statements.TASKS, key))


def _task(row: Any) -> TaskRow:
    return TaskRow(
        row.id,
        row.parent,
        row.inside,
        row.position,
        row.spec,
        row.state,
        row.triggered,
        row.added,
        tuple(row.removed),
        row.internal,
    )


class _StoredData(Mapping[DataKey, Any]):
    """The data at the bases of an instance, read the first time that somebody asks."""

    def __init__(
        self, session: Connection, key: Mapping[str, Any], payloads: _StoredPayloads
    ) -> None:
        self._session = session
        self._key = key
        self._payloads = payloads
        self._values: dict[DataKey, Any] | None = None

    def _read(self) -> dict[DataKey, Any]:
        if self._values is None:
            self._values = {
                (row.scope, row.key): row.value
                for row in driver_rows(self._session, statements.DATA, self._key)
            }
            self._payloads.expect(self._values.values())
        return self._values

    def __getitem__(self, key: DataKey) -> Any:
        return self._read()[key]

    def __iter__(self) -> Iterator[DataKey]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


class _StoredPayloads(Mapping[str, str]):
    """Large values by hash; those of what was read until then come together."""

    def __init__(self, session: Connection, entity_id: int) -> None:
        self._session = session
        self._entity_id = entity_id
        self._texts: dict[str, str] = {}
        self._expected: set[str] = set()

    def expect(self, values: Iterable[Any]) -> None:
        """Some of these stored values may be asked for."""
        self._expected.update(
            sha256 for value in values if (sha256 := payload_of(value)) is not None
        )

    def __getitem__(self, sha256: str) -> str:
        if sha256 not in self._texts:
            wanted = (self._expected | {sha256}) - set(self._texts)
            rows = driver_rows(
                self._session,
                statements.PAYLOADS,
                {"entity": self._entity_id, "hashes": list(wanted)},
            )
            self._texts.update({row.sha256: row.value for row in rows})
        return self._texts[sha256]

    def __contains__(self, sha256: object) -> bool:
        try:
            self[str(sha256)]
        except KeyError:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@dataclass
class Writing:
    """What a transition leaves, written together.

    parts: the rows of each part of engine/workflow/statements.py; values: its other parameters.
    """

    parts: dict[str, Sequence[Any]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, part: str, rows: Sequence[Any], **values: Any) -> None:
        """Add a part, if it has any row."""
        if rows:
            self.parts[part] = rows
            self.values.update(values)


def write(
    act: Act,
    instance: ProcessInstance,
    writing: Writing,
    *,
    fresh: bool,
    with_event: bool = False,
) -> None:
    """Write a transition in one statement; raises Moved when the instance moved meanwhile.

    fresh: the instance is not stored yet; with_event: the statement goes with the event that the act
    leaves when it ends, since nothing else happens until then.
    """
    session = act.session
    flush_pending(session)
    version = instance.version
    values: dict[str, Any] = {
        "entity": instance.entity_id,
        "instance": instance.id,
        "now": act.now,
        "by": act.actor.id,
        "state": instance.state,
        "version": version,
        "ended_at": instance.ended_at,
        **writing.values,
    }
    if "header" not in values:
        values["header"] = dumped(instance.header)
    if fresh:
        values.update(
            definition_key=instance.definition_key,
            definition_version=instance.definition_version,
            model_sha256=instance.model_sha256,
            expediente_id=instance.expediente_id,
            person_id=instance.person_id,
            started_at=instance.started_at,
        )
    for part, rows in writing.parts.items():
        values[part] = rows if part in statements.LISTS else dumped(rows)
    steps = _steps(fresh, tuple(writing.parts))
    if with_event:
        act.event.along = Along(steps, statements.ANSWER, values, _moved_one)
    else:
        (row,) = driver_rows(session, f"WITH {steps}\n{statements.ANSWER}", values)
        _moved_one(row)
    set_committed_value(instance, "version", version + 1)


class Moved(Stale):
    """Another transition came first: nothing of this one may stay."""


def _moved_one(row: Any) -> None:
    if row.moved != 1:
        raise Moved("El proceso ha avanzado mientras tanto. Vuelva a abrirlo.")


@dataclass(frozen=True)
class LockedWork:
    """A work item and its instance, locked; tasks: those that the next step needs.

    They are copies that the session does not keep: what changes in them is written by `write`.
    """

    instance: ProcessInstance
    item: WorkItem
    tasks: tuple[TaskRow, ...]


def locked_work(act: Act, work_item_id: UUID) -> LockedWork:
    """Lock a work item and its instance, the instance first as every transition does.

    Raises NotFound.
    """
    session = act.session
    flush_pending(session)
    values = {"entity": act.entity_id, "item": work_item_id}
    rows = driver_rows(session, statements.LOCKED_WORK, values)
    if not rows:
        raise NotFound
    columns = rows[0]._asdict()
    # Filled as the ORM itself fills what it loads, without the cost of a change of each column.
    instance, item = ProcessInstance(), WorkItem()
    vars(instance).update({name: columns.pop(f"i_{name}") for name in _INSTANCE_COLUMNS})
    tasks, seen = columns.pop("tasks"), columns.pop("seen_version")
    vars(item).update(columns)
    if seen != instance.version:
        return LockedWork(instance, item, _tasks(session, _key(instance)))
    return LockedWork(instance, item, tuple(_task_of(task) for task in tasks or ()))


def _task_of(fields: Mapping[str, Any]) -> TaskRow:
    """A task from its row as JSON."""
    parent, inside = fields["parent"], fields["inside"]
    return TaskRow(
        UUID(fields["id"]),
        None if parent is None else UUID(parent),
        None if inside is None else UUID(inside),
        fields["position"],
        fields["spec"],
        fields["state"],
        fields["triggered"],
        fields["added"],
        tuple(fields["removed"]),
        fields["internal"],
    )


@lru_cache(maxsize=512)
def _steps(fresh: bool, parts: tuple[str, ...]) -> str:
    return statements.steps(fresh, parts)


def dumped(value: Any) -> str:
    """JSON for a parameter: ids and instants as text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_as_text)


def _as_text(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a stored row")


def task_values(row: TaskRow, element: str | None) -> dict[str, Any]:
    """A task's row for the statement."""
    return {
        "id": str(row.id),
        "parent": None if row.parent is None else str(row.parent),
        "inside": None if row.inside is None else str(row.inside),
        "position": row.position,
        "spec": row.spec,
        "element": element,
        "state": int(row.state),
        "triggered": row.triggered,
        "added": row.added,
        "removed": row.removed,
        "internal": row.internal,
    }
