"""What branches that join know together: each change counts, and two that differ are an incident.

Each branch is compared with what was known where they parted. A datum that only one of them changed
is taken from it; one that both left alike is taken as it is; contexts are compared entry by entry. Two
different values are never resolved in silence: ModelError names both, and becomes an incident.

At the end of a scope its tokens do not join: each has come to its own end. There the value of the token
that ended later stands where the same element was done again (a task on a border that fires twice, a
task that two tokens reach), and where an event began one of the two (a border that does not interrupt,
an event sub-process). Different elements on branches of a split that leave different values of a datum
are an incident there too: nobody said which of them is right.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent

from engine.feel.text import to_text
from engine.workflow.data import TaskData, difference
from engine.workflow.scripting import ModelError

_ABSENT = object()
_SHOWN = 60


@dataclass(frozen=True)
class Branch:
    """What a branch brings, and the task at its end.

    first: its first task, below the one where it parted; order: when it ended, among the others;
    joined: the branches that it is made of.
    """

    data: Mapping[str, Any]
    task: Any
    first: Any = None
    order: int = 0
    joined: tuple[Branch, ...] = ()


class _Clash(Exception):
    """Two branches changed the same datum to different values."""

    def __init__(self, path: tuple[str, ...], first: Any, second: Any) -> None:
        super().__init__()
        self.path = path
        self.first = first
        self.second = second


def data_of(tokens: Sequence[Any], at: Any, *, ended: bool = False) -> TaskData:
    """The data of tokens that join at a task, over the tasks at which they parted.

    Those that parted last are joined first. tokens: in the order in which they came; ended: they do not
    join but are at the end of their scope. Raises ModelError for values that differ.
    """
    branches: dict[Any, list[Branch]] = {}
    deepest: list[tuple[int, int, Any]] = []
    count = itertools.count()

    def bring(task: Any, branch: Branch) -> None:
        if task not in branches:
            branches[task] = []
            heapq.heappush(deepest, (-task.level, next(count), task))
        branches[task].append(branch)

    for order, token in enumerate(tokens):
        bring(token.parent, Branch(token.data, token, token, order))
    while True:
        parted = heapq.heappop(deepest)[2]
        found = branches.pop(parted)
        found.sort(key=lambda branch: branch.order)
        together = found[-1]
        joined = Branch(together.data, together.task, parted, together.order, together.joined)
        if len(found) > 1:
            data = joined_data(parted.data, found, at, ended=ended)
            joined = Branch(data, together.task, parted, together.order, tuple(found))
        if not branches:
            known = joined.data
            return known if isinstance(known, TaskData) else TaskData(known)
        bring(parted.parent, joined)


def joined_data(
    base: Mapping[str, Any], branches: Iterable[Branch], at: Any, *, ended: bool = False
) -> TaskData:
    """The data at a base with what each branch changed since; raises ModelError.

    ended: they are at the end of their scope, in the order in which they came to it.
    """
    joined = base.copy() if isinstance(base, TaskData) else TaskData(base)
    seen: list[Branch] = []
    for branch in branches:
        added, removed = difference(branch.data, base)
        seen.append(branch)
        for key in (*added, *removed):
            values = base.get(key, _ABSENT), joined.get(key, _ABSENT), added.get(key, _ABSENT)
            try:
                agreed = _agreed(*values, (key,))
            except _Clash as clash:
                if ended and _done_again(clash, seen):
                    agreed = values[2]
                elif ended and _after_event(clash, seen):
                    agreed = _agreed(*values, (key,), later=True)
                else:
                    raise ModelError(_told(clash, seen, at), task=at) from None
            if agreed is not _ABSENT:
                joined[key] = agreed
            elif key in joined:
                del joined[key]
    return joined


def _agreed(
    before: Any, first: Any, second: Any, path: tuple[str, ...], *, later: bool = False
) -> Any:
    """The value that two branches leave of one that was there before.

    Of two that differ the second stands if it is `later`, else raises _Clash.
    """
    if same(first, second) or same(second, before):
        return first
    if same(first, before):
        return second
    if not (isinstance(first, Mapping) and isinstance(second, Mapping)):
        if later:
            return second
        raise _Clash(path, first, second)
    was = before if isinstance(before, Mapping) else {}
    agreed: dict[str, Any] = {}
    for key in {**first, **second}:
        value = _agreed(
            was.get(key, _ABSENT),
            first.get(key, _ABSENT),
            second.get(key, _ABSENT),
            (*path, str(key)),
            later=later,
        )
        if value is not _ABSENT:
            agreed[key] = value
    return agreed


def _done_again(clash: _Clash, seen: Sequence[Branch]) -> bool:
    """Whether the same element left both values: what it leaves, it leaves whole each time."""
    earlier = _branch_with(clash.path, clash.first, seen[:-1])
    first = _writer(earlier, clash.path, clash.first)
    return first.task_spec is _writer(seen[-1], clash.path, clash.second).task_spec


def _after_event(clash: _Clash, seen: Sequence[Branch]) -> bool:
    """Whether an event began one of the two branches that left the values."""
    earlier = _branch_with(clash.path, clash.first, seen[:-1])
    return _begun_by_event(earlier.first) or _begun_by_event(seen[-1].first)


def _begun_by_event(task: Any) -> bool:
    """Whether a branch begins at a border, or with an event sub-process."""
    spec = task.task_spec
    return isinstance(spec, BoundaryEvent) or spec.name in task.workflow.spec.event_starts


def same(left: Any, right: Any) -> bool:
    """Whether two values are the same datum: 1.0 and 1.00 are, 1 and true are not."""
    if left is right:
        return True
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _told(clash: _Clash, seen: Sequence[Branch], at: Any) -> str:
    path = ".".join(clash.path)
    first = _writer(_branch_with(clash.path, clash.first, seen), clash.path, clash.first)
    second = _writer(seen[-1], clash.path, clash.second)
    return (
        f"{_name_of(at)}: dos ramas que se juntan dejan valores distintos en «{path}»: "
        f"{_shown(clash.first)} ({_name_of(first)}) y {_shown(clash.second)} ({_name_of(second)})"
    )


def _branch_with(path: Sequence[str], value: Any, branches: Sequence[Branch]) -> Branch:
    """The last of some branches that left a value."""
    return next(
        (each for each in reversed(branches) if same(_at(each.data, path), value)), branches[0]
    )


def _at(data: Any, path: Sequence[str]) -> Any:
    for key in path:
        if not isinstance(data, Mapping):
            return _ABSENT
        data = data.get(key, _ABSENT)
    return data


def _writer(branch: Branch, path: Sequence[str], value: Any) -> Any:
    """The task that left a value, from the end of its branch upwards."""
    while branch.joined:
        branch = _branch_with(path, value, branch.joined)
    task = branch.task
    while task.parent is not None and same(_at(task.parent.data, path), value):
        task = task.parent
    return task


def _name_of(task: Any) -> str:
    return str(task.task_spec.bpmn_id or task.task_spec.name)


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "ninguno"
    text = str(to_text(value))
    return f"«{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}»"
