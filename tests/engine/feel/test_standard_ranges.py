"""The relations of ranges and points of DMN 1.5 (table 78), and ranges as values."""

from __future__ import annotations

from typing import Any

import pytest

from engine.feel.expression import compile_expression
from engine.feel.scope import Evaluation
from engine.feel.values import Range

RELATIONS: list[tuple[str, Any]] = [
    ("before(1, 10)", True), ("before(10, 1)", False), ("before(1, [1..10])", False), ("before(1, (1..10])", True), ("before(1, [5..10])", True),
    ("before([1..10], 10)", False), ("before([1..10), 10)", True), ("before([1..10], 15)", True), ("before([1..10], [15..20])", True),
    ("before([1..10], [10..20])", False), ("before([1..10), [10..20])", True), ("before([1..10], (10..20])", True),
    ("after(10, 5)", True), ("after(5, 10)", False), ("after(12, [1..10])", True), ("after(10, [1..10))", True), ("after(10, [1..10])", False),
    ("after([11..20], 12)", False), ("after([11..20], 10)", True), ("after((11..20], 11)", True), ("after([11..20], 11)", False),
    ("after([11..20], [1..10])", True), ("after([1..10], [11..20])", False), ("after([11..20], [1..11))", True), ("after((11..20], [1..11])", True),
    ("meets([1..5], [5..10])", True), ("meets([1..5), [5..10])", False), ("meets([1..5], (5..10])", False), ("meets([1..5], [6..10])", False),
    ("met by([5..10], [1..5])", True), ("met by([5..10], [1..5))", False), ("met by((5..10], [1..5])", False), ("met by([6..10], [1..5])", False),
    ("overlaps([1..5], [3..8])", True), ("overlaps([3..8], [1..5])", True), ("overlaps([1..8], [3..5])", True), ("overlaps([3..5], [1..8])", True),
    ("overlaps([1..5], [6..8])", False), ("overlaps([6..8], [1..5])", False), ("overlaps([1..5], [5..8])", True), ("overlaps([1..5], (5..8])", False),
    ("overlaps([1..5), [5..8])", False), ("overlaps([1..5), (5..8])", False), ("overlaps([5..8], [1..5])", True), ("overlaps((5..8], [1..5])", False),
    ("overlaps([5..8], [1..5))", False), ("overlaps((5..8], [1..5))", False),
    ("overlaps before([1..5], [3..8])", True), ("overlaps before([1..5], [6..8])", False), ("overlaps before([1..5], [5..8])", True),
    ("overlaps before([1..5], (5..8])", False), ("overlaps before([1..5), [5..8])", False), ("overlaps before([1..5), (1..5])", True),
    ("overlaps before([1..5], (1..5])", True), ("overlaps before([1..5), [1..5])", False), ("overlaps before([1..5], [1..5])", False),
    ("overlaps after([3..8], [1..5])", True), ("overlaps after([6..8], [1..5])", False), ("overlaps after([5..8], [1..5])", True),
    ("overlaps after((5..8], [1..5])", False), ("overlaps after([5..8], [1..5))", False), ("overlaps after((1..5], [1..5))", True),
    ("overlaps after((1..5], [1..5])", True), ("overlaps after([1..5], [1..5))", False), ("overlaps after([1..5], [1..5])", False),
    ("finishes(10, [1..10])", True), ("finishes(10, [1..10))", False), ("finishes([5..10], [1..10])", True), ("finishes([5..10), [1..10])", False),
    ("finishes([5..10), [1..10))", True), ("finishes([1..10], [1..10])", True), ("finishes((1..10], [1..10])", True),
    ("finished by([1..10], 10)", True), ("finished by([1..10), 10)", False), ("finished by([1..10], [5..10])", True), ("finished by([1..10], [5..10))", False),
    ("finished by([1..10), [5..10))", True), ("finished by([1..10], [1..10])", True), ("finished by([1..10], (1..10])", True),
    ("includes([1..10], 5)", True), ("includes([1..10], 12)", False), ("includes([1..10], 1)", True), ("includes([1..10], 10)", True), ("includes((1..10], 1)", False),
    ("includes([1..10), 10)", False), ("includes([1..10], [4..6])", True), ("includes([1..10], [1..5])", True), ("includes((1..10], (1..5])", True),
    ("includes([1..10], (1..10))", True), ("includes([1..10), [5..10))", True), ("includes([1..10], [1..10])", True), ("includes([1..10], (1..10])", True),
    ("during(5, [1..10])", True), ("during(12, [1..10])", False), ("during(1, [1..10])", True), ("during(10, [1..10])", True), ("during(1, (1..10])", False),
    ("during(10, [1..10))", False), ("during([4..6], [1..10])", True), ("during([1..5], [1..10])", True), ("during((1..5], (1..10])", True),
    ("during((1..10), [1..10])", True), ("during([5..10), [1..10))", True), ("during([1..10], [1..10])", True),
    ("starts(1, [1..10])", True), ("starts(1, (1..10])", False), ("starts(2, [1..10])", False), ("starts([1..5], [1..10])", True), ("starts((1..5], (1..10])", True),
    ("starts((1..5], [1..10])", False), ("starts([1..5], (1..10])", False), ("starts([1..10], [1..10])", True), ("starts([1..10), [1..10])", True), ("starts((1..10), (1..10))", True),
    ("started by([1..10], 1)", True), ("started by((1..10], 1)", False), ("started by([1..10], 2)", False), ("started by([1..10], [1..5])", True),
    ("started by((1..10], (1..5])", True), ("started by([1..10], (1..5])", False), ("started by((1..10], [1..5])", False), ("started by([1..10], [1..10])", True),
    ("started by([1..10], [1..10))", True), ("started by((1..10), (1..10))", True),
    ("coincides(5, 5)", True), ("coincides(3, 4)", False), ("coincides([1..5], [1..5])", True), ("coincides((1..5), [1..5])", False), ("coincides([1..5], [2..6])", False),
    ('before(1, "a")', None), ("before(null, 1)", None), ('meets([1..2], ["a".."b"])', None), ("includes(1, 1)", None), ("coincides(1, [1..5])", None),
    ('before(date("2026-01-01"), [date("2026-02-01")..date("2026-03-01")])', True), ("before((< 5), 7)", True), ("includes((>= 5), [6..7])", True), ("overlaps((< 5), (> 3))", True),
    ("finishes(5, (<= 5))", True), ("starts((>= 5), [5..9])", False), ("during([5..9], (>= 5))", True),
]  # fmt: skip
VALUES: list[tuple[str, Any]] = [
    ("[1..10].start", 1), ("(1..10].start included", False), ("[1..10].end included", True), ("]1..10[.end included", False), ("(>= 5).end", None), ("(>= 5).start included", True),
    ("(< 5) = (< 5)", True), ("(< 5) = (<= 5)", False), ("[1..5] = [1..5)", False), ("(= 5) = [5..5]", True), ("5 in (= 5)", True), ("[1..5] = null", False),
    ("5 in ]1..5]", True), ("5 in ]1..5[", False), ("3 in (1..5)", True), ("x in [1..5[ and true", True), ("[1..null] instance of range<number>", True),
    ('["a".."c"] instance of range<string>', True), ("[1..2] instance of range<string>", False), ('[1.."a"]', None), ("[null..null]", None),
    ('range("[18..21)") = [18..21)', True), ('range("[18..)") = (>= 18)', True), ('range("(..2)") = (< 2)', True), ('range("[\\"a\\"..\\"c\\"]") = ["a".."c"]', True),
    ('range("[@\\"2026-01-01\\"..@\\"2026-02-01\\"]") = [@"2026-01-01"..@"2026-02-01"]', True), ('range("[date(\\"2026-01-01\\")..date(\\"2026-02-01\\")]").start = @"2026-01-01"', True),
    ('range("")', None), ('range("[..]")', None), ('range("[5..1]")', None), ('range("[1+1..9]")', None), ('range("[1..x]")', None), ('range("[1..\\"a\\"]")', None), ("range(null)", None),
    ("for i in [1..3] return i", [1, 2, 3]), ("for i in (1..3) return i", [2]), ("for i in 3..1 return i", [3, 2, 1]),
    ("3 in ((1..5))", True), ("3 in [[4..5], [1..3]]", True), ("[1..5] in [[1..5]]", True),
]  # fmt: skip


def value_of(source: str) -> Any:
    return compile_expression(source).evaluate({"x": 3}, evaluation=Evaluation(lenient=True))


@pytest.mark.parametrize(
    ("source", "expected"), RELATIONS + VALUES, ids=[source for source, _ in RELATIONS + VALUES]
)
def test_a_range_relates_as_the_standard_says(source: str, expected: Any) -> None:
    assert value_of(source) == expected
    assert (value_of(source) is None) == (expected is None)


@pytest.mark.parametrize("source", ["[1..5]", "(1..5)", "]1..5[", '["a".."b")', "(>= 5)", "(< 5)"])
def test_a_range_written_as_text_reads_as_the_same_range(source: str) -> None:
    found = value_of(source)
    assert isinstance(found, Range)
    assert value_of(value_of(f"string({source})")) == found
