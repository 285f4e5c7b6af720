"""What a person types is checked before it becomes a datum of an instance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import BadInput
from engine.workflow.surgery.corrections import (
    Correction,
    correct,
    loaded_corrections,
    read_corrections,
    read_value,
    stored_corrections,
)


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        ("text", " tal cual ", " tal cual "),
        ("number", "1.250,50", Decimal("1250.50")),
        ("number", "-3", Decimal(-3)),
        ("truth", "Sí", True),
        ("truth", "no", False),
        ("day", "27/3/2027", date(2027, 3, 27)),
        ("feel", '{a: 1 + 1, b: ["x"]}', {"a": Decimal(2), "b": ["x"]}),
        ("json", '{"a": [1, 2.5, null]}', {"a": [1, Decimal("2.5"), None]}),
    ],
)
def test_each_form_gives_its_value(form: str, text: str, value: Any) -> None:
    assert read_value(form, text) == value


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("number", "12.5"),
        ("number", "1e5"),
        ("number", "NaN"),
        ("truth", "quizá"),
        ("day", "2027-03-27"),
        ("day", "31/2/2027"),
        ("feel", "1 +"),
        ("feel", "for x in 1..1000000000 return x"),
        ("json", '{"a": NaN}'),
        ("json", "{'a': 1}"),
        ("json", "[" * 5_000),
        ("text", "x" * 10_001),
        ("python", "1"),
    ],
)
def test_what_is_no_value_of_its_form_is_refused(form: str, text: str) -> None:
    with pytest.raises(BadInput):
        read_value(form, text)


def test_each_row_tells_its_own_mistake_and_empty_rows_are_left_out() -> None:
    rows = [
        ("a", "number", "x"),
        ("", "text", ""),
        ("", "text", "sin nombre"),
        ("a..b", "text", "1"),
    ]
    with pytest.raises(BadInput) as raised:
        read_corrections(rows)
    assert [field for field, _ in raised.value.errors] == ["text-1", "name-3", "name-4"]
    assert read_corrections([("", "text", ""), (" a ", "text", "1")]) == (Correction("a", "1"),)
    with pytest.raises(BadInput, match="Revise"):
        read_corrections([("a", "text", "1"), ("a", "text", "2")])


def test_a_path_changes_one_entry_and_leaves_the_old_context_as_it_was() -> None:
    old = {"result": "denied", "by": "x"}
    data: dict[str, Any] = {"decide": old}
    (change,) = correct(data, [Correction("decide.result", "granted")])
    assert data == {"decide": {"result": "granted", "by": "x"}}
    assert old["result"] == "denied"
    assert (change.before, change.after) == ('"denied"', '"granted"')
    (new,) = correct(data, [Correction("a.b", 1)])
    assert (data["a"], new.before) == ({"b": 1}, "")


def test_corrections_are_kept_with_their_types() -> None:
    kept = stored_corrections([Correction("a", Decimal("1.50")), Correction("b", date(2027, 1, 2))])
    assert [each.value for each in loaded_corrections(kept)] == [Decimal("1.50"), date(2027, 1, 2)]
