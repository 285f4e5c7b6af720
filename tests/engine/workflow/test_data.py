"""The data of a task over what was there before: as a dictionary would be, and read only if asked."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.workflow.data import StoredData, TaskData, difference, inherited

keys = st.sampled_from(["a", "b", "c", "d"])
mappings = st.dictionaries(keys, st.integers(0, 3))
changes = st.lists(st.tuples(keys, st.none() | st.integers(0, 3)), max_size=8)


def changed(data: Any, steps: list[tuple[str, int | None]]) -> None:
    for key, value in steps:
        if value is None:
            data.pop(key, None)
        else:
            data[key] = value


@given(mappings, changes)
def test_it_does_what_a_dictionary_does(base: dict[str, int], steps: list[Any]) -> None:
    plain, data = dict(base), TaskData(base=StoredData(lambda: base))
    changed(plain, steps)
    changed(data, steps)
    assert data == plain
    assert dict(data) == plain
    assert sorted(data) == sorted(plain)
    assert len(data) == len(plain)
    assert {key: data.get(key) for key in "abcd"} == {key: plain.get(key) for key in "abcd"}
    assert {key for key in "abcd" if key in data} == set(plain)
    assert deepcopy(data) == plain


@given(mappings, changes, changes)
def test_a_difference_takes_one_to_the_other(
    base: dict[str, int], before: list[Any], after: list[Any]
) -> None:
    above = TaskData(base=StoredData(lambda: base))
    changed(above, before)
    data = above.copy()
    changed(data, after)
    added, removed = difference(data, above)
    rebuilt = above.copy()
    for key in removed:
        rebuilt.pop(key, None)
    rebuilt.update(added)
    assert rebuilt == data
    assert above == TaskData(above)


def test_what_is_below_is_not_read_when_only_what_is_new_is_asked() -> None:
    read = []

    def reading() -> dict[str, int]:
        read.append(1)
        return {"old": 1}

    above = TaskData(base=StoredData(reading))
    data = inherited({}, above)
    data["new"] = 2
    assert data["new"] == 2
    assert difference(data, above) == ({"new": 2}, ())
    assert read == []
    assert data["old"] == 1
    assert inherited({}, data)["old"] == 1
    assert read == [1]


def test_a_change_below_is_not_seen_above() -> None:
    above = TaskData({"list": [1], "n": 1})
    below = inherited({}, above)
    below["n"] = 2
    below.pop("list")
    assert above == {"list": [1], "n": 1}


def test_values_that_are_written_otherwise_are_a_change() -> None:
    above = TaskData({"amount": Decimal("1.0"), "flag": 1})
    data = above.copy()
    data["amount"], data["flag"] = Decimal("1.00"), True
    assert set(difference(data, above)[0]) == {"amount", "flag"}
