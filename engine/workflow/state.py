"""The state of an instance as rows, of which a step reads and writes only what it needs.

Every task that was reached is a row. One that is over goes to the history and is not written again.
In memory is what lies below the *base*: the nearest finished task that all open ones descend from.
What is above it cannot matter to BPMN any more, so a step costs the same in the hundredth turn of a
loop as in the first. The data at the base is kept apart, key by key, and read when somebody asks for
it. A row holds what its task added to the data of the task above it. What is only predicted is not
stored: it is predicted again on loading. A subprocess has a base of its own, over the data of the
task that holds it; one that is over is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.workflow.changing import Session
from engine.workflow.definitions import Definition
from engine.workflow.loading import Loading
from engine.workflow.rows import GONE, TOP, Changes, DataKey, Header, Stored, TaskRow
from engine.workflow.runtime import Run
from engine.workflow.scripting import ServiceCaller
from engine.workflow.upgrades import STATE_VERSION, UnknownState, upgraded

__all__ = [
    "GONE",
    "STATE_VERSION",
    "TOP",
    "Changes",
    "DataKey",
    "Header",
    "Session",
    "Stored",
    "TaskRow",
    "UnknownState",
    "apply",
    "begin",
    "load",
]


def begin(
    definition: Definition,
    data: Mapping[str, Any],
    now: datetime,
    services: ServiceCaller | None = None,
) -> Session:
    """Start an instance; its first changes are everything."""
    return Session(Run.start(definition, data, now, services))


def apply(stored: Stored | None, changes: Changes) -> Stored:
    """The stored instance after the changes; for tests and for copies in memory."""
    stored = stored or Stored(changes.header, ())
    rows = {row.id: row for row in stored.tasks}
    for identifier in changes.removed:
        rows.pop(identifier, None)
    rows.update({row.id: row for row in changes.written})
    data = {key: value for key, value in stored.data.items() if key[0] not in changes.dropped}
    return Stored(
        changes.header,
        tuple(rows.values()),
        (*stored.history, *changes.ended),
        {**data, **changes.data},
        {**stored.payloads, **changes.payloads},
    )


def load(
    definition: Definition,
    stored: Stored,
    now: datetime,
    services: ServiceCaller | None = None,
    *,
    whole: bool = False,
) -> Session:
    """An instance from its stored rows; raises UnknownState.

    whole: with the tasks that are over too, which only those who mend instances need.
    """
    current = upgraded(stored)
    old = current is not stored
    session = Loading(definition, current, now, services, whole=whole or old).session()
    session.rewrite = old
    return session
