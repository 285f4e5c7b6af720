"""What tokens of the reference interpreter know together, over what was known where they parted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.engine.workflow.property.tokens import Conflict, Data, Token


@dataclass(frozen=True)
class Known:
    """What one or more tokens know together."""

    forks: tuple[tuple[int, Data], ...]
    data: Data
    writers: Mapping[str, str]
    events: frozenset[int]
    ended: tuple[int, int]


def three_way(base: Data, one: Data, other: Data, later: Callable[[str], bool]) -> Data:
    """What two tokens know together, over what was known where they parted.

    later: whether the other's value of a datum that both changed stands.
    """
    joined = dict(base)
    for key in {**one, **other}:
        before, left, right = base.get(key), one.get(key), other.get(key)
        if left != right and before not in (left, right):
            if not later(key):
                raise Conflict(key)
            joined[key] = right
            continue
        if left != before or key in one:
            joined[key] = left
        if right != before and key in other:
            joined[key] = right
    return joined


def common_forks(one: Any, other: Any) -> Any:
    """The forks that two tokens have gone through together."""
    shared = []
    for left, right in zip(one, other, strict=False):
        if left[0] != right[0]:
            break
        shared.append(left)
    return tuple(shared)


def known_together(tokens: list[Token], *, ended: bool) -> tuple[Data, bool]:
    """What tokens know together, those that parted last first; raises Conflict.

    ended: they are at their ends and do not join. Also whether the order of two that ended after the
    same event, which is free, said which value stands.
    """
    known = [
        Known(each.forks, each.data, each.all_writers(), each.events, each.ended) for each in tokens
    ]
    by_chance = False
    while len(known) > 1:
        if ended:
            known.sort(key=lambda each: each.ended)
        pairs = [(a, b) for a in range(len(known)) for b in range(a + 1, len(known))]
        one, other = max(
            pairs, key=lambda p: len(common_forks(known[p[0]].forks, known[p[1]].forks))
        )
        known[one], chance = _together(known[one], known[other], ended=ended)
        by_chance = by_chance or chance
        del known[other]
    return dict(known[0].data), by_chance


def _together(one: Known, other: Known, *, ended: bool) -> tuple[Known, bool]:
    common = common_forks(one.forks, other.forks)
    parted, base = common[-1]
    settled: list[str] = []

    def later(key: str) -> bool:
        again = one.writers.get(key) == other.writers.get(key)
        if not ended or not (again or parted in one.events | other.events):
            return False
        settled.append(key)
        return True

    data = three_way(base, one.data, other.data, later)
    last = {key: by for key, by in other.writers.items() if other.data.get(key) == data.get(key)}
    both = Known(
        common,
        data,
        {**one.writers, **last},
        one.events & other.events,
        max(one.ended, other.ended),
    )
    return both, bool(settled) and one.ended[0] == other.ended[0]
