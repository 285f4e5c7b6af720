"""Stored states of older releases, brought to the shape that this one reads.

Each step takes the state of one version to the next; tests/engine/workflow/states keeps states of
every version, so that what a town has running can always be loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import TownHallError

if TYPE_CHECKING:
    from engine.workflow.state import Stored

STATE_VERSION = 2
_WAITING = 8


class UnknownState(TownHallError):
    """A stored state of a version that this release does not know, or damaged."""


def upgraded(stored: Stored) -> Stored:
    """The same state in the current shape; raises UnknownState."""
    while stored.header.version != STATE_VERSION:
        step = _STEPS.get(stored.header.version)
        if step is None:
            raise UnknownState(
                f"El estado guardado es de la versión {stored.header.version} y se entiende hasta la "
                f"{STATE_VERSION}."
            )
        stored = step(stored)
    return stored


def _from_1(stored: Stored) -> Stored:
    """Version 1 kept every task, also those that are over and those of finished subprocesses.

    A task that waited for other branches had no data yet, so it seemed to have removed all of it.
    """
    header = stored.header
    opened = {
        holder: described
        for holder, described in header.subprocesses.items()
        if not described["completed"]
    }
    inside = {None, *opened}
    live = tuple(
        replace(row, removed=()) if row.state == _WAITING else row
        for row in stored.tasks
        if (str(row.inside) if row.inside else None) in inside
    )
    flags: dict[str, Any] = {key: header.flags[key] for key in ("completed", "success")}
    return replace(
        stored,
        header=replace(header, version=2, flags=flags, subprocesses=opened),
        tasks=live,
        history=tuple(row for row in live if row.finished),
    )


_STEPS: dict[int, Callable[[Stored], Stored]] = {1: _from_1}
