"""Stored data comes back as it was; hostile keys are only data; unknown tags are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel.values import Months
from engine.workflow.codec import (
    LARGE_BYTES,
    Damaged,
    NotStorable,
    decode,
    encode,
    from_json,
    packed,
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
    | st.uuids()
    | st.timedeltas(timedelta(days=-999), timedelta(days=999)).map(
        lambda d: timedelta(seconds=int(d.total_seconds()))
    )
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["$", "$$", "typename", "$tag", "a", "__class__"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(values)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert decode(encode(value)) == value


@pytest.mark.parametrize(
    "value",
    [Decimal("1.50"), date(2026, 11, 24), datetime(2026, 11, 24, 9, tzinfo=UTC), time(9, 30), timedelta(days=3),
     Months(14), UUID(int=7), 2**80, [Decimal("0.1")], {"$": ["decimal", "1"]}, {"typename": "Task"}],
)  # fmt: skip
def test_the_type_comes_back_too(value: Any) -> None:
    again = decode(encode(value))
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    "value",
    [1.5, float("nan"), Decimal("NaN"), Decimal("Infinity"), object(), {1: "x"}, b"x", datetime(2026, 1, 1), {"a": {1, 2}}, lambda: 1],  # noqa: DTZ001
)  # fmt: skip
def test_what_cannot_be_stored_is_refused(value: Any) -> None:
    with pytest.raises(NotStorable):
        encode(value)


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"$":["class","os.system"]}', '{"$":"x"}', '{"$":["decimal"]}', '{"$":["decimal","abc"]}', '{"$":[["decimal"],"1"]}',
     "1.5", '{"$":["uuid","x"]}', "[" * 100_000],
)  # fmt: skip
def test_stored_text_that_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(Damaged):
        decode(text)


def test_what_is_too_deep_or_too_large_is_refused() -> None:
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    with pytest.raises(NotStorable):
        encode(deep)
    with pytest.raises(NotStorable):
        encode("x" * 2_000_000)


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", {"\x00": 1}, ["x", "\udfff"]])
def test_a_text_that_no_database_takes_is_refused(text: Any) -> None:
    with pytest.raises(NotStorable, match="carácter"):
        encode(text)


def test_a_large_value_is_kept_once_by_its_hash() -> None:
    letter, payloads = "ñ" * LARGE_BYTES, dict[str, str]()
    first = packed({"letter": letter, "n": 1, "$": [letter]}, payloads)
    assert packed({"again": letter}, payloads)["again"] == first["letter"]
    assert len(payloads) == 2
    assert len(encode(first)) < 300
    assert from_json(first, payloads) == {"letter": letter, "n": 1, "$": [letter]}


def test_a_large_value_that_is_missing_is_told() -> None:
    stored = packed({"letter": "x" * (LARGE_BYTES + 1)}, {})
    with pytest.raises(Damaged, match="grande"):
        from_json(stored, {})


def test_nobody_can_write_a_reference_to_a_large_value_of_others() -> None:
    payloads = {"f" * 64: '"secret"'}
    stored = packed({"mine": {"$": ["payload", "f" * 64]}}, dict(payloads))
    assert from_json(stored, payloads) == {"mine": {"$": ["payload", "f" * 64]}}


def test_a_value_that_comes_in_itself_again_and_again_is_refused_soon() -> None:
    bomb: list[Any] = ["x" * 100]
    for _ in range(40):
        bomb = [bomb, bomb]
    with pytest.raises(NotStorable, match="elementos"):
        encode(bomb)


def test_a_number_with_too_many_digits_is_refused() -> None:
    with pytest.raises(NotStorable, match="cifras"):
        encode({"n": 10**5000})
