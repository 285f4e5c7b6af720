"""What branches that join know together: each change counts, and two that differ are an incident.

Each branch is compared with what was known where they parted. A datum that only one of them changed
is taken from it; one that both left alike is taken as it is; contexts are compared entry by entry. Two
different values are never resolved in silence: ModelError names both, and becomes an incident.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.feel.text import to_text
from engine.workflow.data import TaskData, difference
from engine.workflow.scripting import ModelError

_ABSENT = object()
_SHOWN = 60


@dataclass(frozen=True)
class Branch:
    """What a branch brings, and the task at its end."""

    data: Mapping[str, Any]
    task: Any


class _Clash(Exception):
    """Two branches changed the same datum to different values."""

    def __init__(self, path: tuple[str, ...], first: Any, second: Any) -> None:
        super().__init__()
        self.path = path
        self.first = first
        self.second = second


def data_of(tokens: Sequence[Any], at: Any) -> TaskData:
    """The data of tokens that join at a task, over the tasks at which they parted.

    Those that parted last are joined first. Raises ModelError for values that differ.
    """
    branches: dict[Any, list[Branch]] = {}
    deepest: list[tuple[int, int, Any]] = []
    count = itertools.count()

    def bring(task: Any, branch: Branch) -> None:
        if task not in branches:
            branches[task] = []
            heapq.heappush(deepest, (-task.level, next(count), task))
        branches[task].append(branch)

    for token in tokens:
        bring(token.parent, Branch(token.data, token))
    while True:
        parted = heapq.heappop(deepest)[2]
        found = branches.pop(parted)
        joined = found[0]
        if len(found) > 1:
            joined = Branch(joined_data(parted.data, found, at), found[-1].task)
        if not branches:
            data = joined.data
            return data if isinstance(data, TaskData) else TaskData(data)
        bring(parted.parent, joined)


def joined_data(base: Mapping[str, Any], branches: Iterable[Branch], at: Any) -> TaskData:
    """The data at a base with what each branch changed since; raises ModelError."""
    joined = base.copy() if isinstance(base, TaskData) else TaskData(base)
    seen: list[Branch] = []
    for branch in branches:
        added, removed = difference(branch.data, base)
        seen.append(branch)
        for key in (*added, *removed):
            known, mine = joined.get(key, _ABSENT), added.get(key, _ABSENT)
            try:
                agreed = _agreed(base.get(key, _ABSENT), known, mine, (key,))
            except _Clash as clash:
                raise ModelError(_told(clash, seen, at), task=at) from None
            if agreed is not _ABSENT:
                joined[key] = agreed
            elif key in joined:
                del joined[key]
    return joined


def _agreed(before: Any, first: Any, second: Any, path: tuple[str, ...]) -> Any:
    """The value that two branches leave of one that was there before; raises _Clash."""
    if same(first, second) or same(second, before):
        return first
    if same(first, before):
        return second
    if not (isinstance(first, Mapping) and isinstance(second, Mapping)):
        raise _Clash(path, first, second)
    was = before if isinstance(before, Mapping) else {}
    agreed: dict[str, Any] = {}
    for key in {**first, **second}:
        value = _agreed(
            was.get(key, _ABSENT),
            first.get(key, _ABSENT),
            second.get(key, _ABSENT),
            (*path, str(key)),
        )
        if value is not _ABSENT:
            agreed[key] = value
    return agreed


def same(left: Any, right: Any) -> bool:
    """Whether two values are the same datum: 1.0 and 1.00 are, 1 and true are not."""
    if left is right:
        return True
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _told(clash: _Clash, seen: Sequence[Branch], at: Any) -> str:
    path = ".".join(clash.path)
    first = next((item for item in seen if same(_at(item.data, clash.path), clash.first)), seen[0])
    return (
        f"{_name_of(at)}: dos ramas que se juntan dejan valores distintos en «{path}»: "
        f"{_shown(clash.first)} ({_writer(first.task, clash.path, clash.first)}) y "
        f"{_shown(clash.second)} ({_writer(seen[-1].task, clash.path, clash.second)})"
    )


def _at(data: Any, path: Sequence[str]) -> Any:
    for key in path:
        if not isinstance(data, Mapping):
            return _ABSENT
        data = data.get(key, _ABSENT)
    return data


def _writer(task: Any, path: Sequence[str], value: Any) -> str:
    """The element that left a value, from the end of its branch upwards."""
    while task.parent is not None and same(_at(task.parent.data, path), value):
        task = task.parent
    return _name_of(task)


def _name_of(task: Any) -> str:
    return str(task.task_spec.bpmn_id or task.task_spec.name)


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "ninguno"
    text = str(to_text(value))
    return f"«{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}»"
