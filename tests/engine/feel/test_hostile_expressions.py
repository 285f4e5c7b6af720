"""Expressions that try to escape, to hang or to fill the memory: none does, whatever they are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from engine.feel.errors import FeelError, FeelLimitExceeded, FeelSyntaxError
from engine.feel.expression import compile_expression, compile_unary_tests
from engine.feel.scope import Evaluation

LONG = "x" * 10_000_000


def outcome(source: str, values: Mapping[str, Any] | None = None) -> Any:
    """The value, or the error of the language that it raises; nothing else may come out."""
    try:
        return compile_expression(source).evaluate(values or {})
    except FeelError as error:
        return error


WALKS = [
    "x.__class__", "x.__class__.__mro__", "x.__init__.__globals__", '"".__class__.__mro__[1].__subclasses__()', "[].__class__", "{}.__class__",
    "(function(a) a)._body", "(function(a) a)._scope.budget", "abs.overloads", "abs.__call__", "sum.__globals__", "[1..2].low", '@"2026-01-01".fromisoformat',
    '@"P1D".total_seconds', "null.__class__", "typename", "{typename: 1}.typename.__class__", "x.real", "x.as_tuple", "host.values", "?.__class__", "partial.__class__",
]  # fmt: skip


@pytest.mark.parametrize("source", WALKS)
def test_no_path_reaches_an_attribute_of_python(source: str) -> None:
    found = outcome(source, {"x": 5, "host": {"values": None}, "typename": "a"})
    assert found is None or found in ("a", [], [None]) or isinstance(found, FeelError)


@pytest.mark.parametrize(
    "source",
    ['__import__("os").system("id")', 'eval("1")', 'exec("1")', 'open("/etc/passwd")', "globals()", 'getattr(x, "real")', "(lambda: 1)()", "[x for x in [1]]",
     "x if x else 1", "f'{x}'", "x; y", "`id`", "x := 1", "x @ y", "x & 1"],
)  # fmt: skip
def test_python_is_not_understood(source: str) -> None:
    assert isinstance(outcome(source, {"x": 5, "y": 1}), FeelError)


class Trap:
    """A host object that must never be touched."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"somebody asked for {name}")

    def __call__(self) -> Any:
        raise AssertionError("somebody called it")


@pytest.mark.parametrize(
    "value", [object(), print, float("nan"), float("inf"), 1.5, b"bytes", type, 1j]
)
@pytest.mark.parametrize("source", ["v", "v.a", "v + 1", "v()", "[v]", "v = 1", "string(v)"])
def test_a_value_that_is_not_of_the_language_does_not_enter(source: str, value: Any) -> None:
    assert isinstance(outcome(source, {"v": value}), FeelError)


@pytest.mark.parametrize(
    "value",
    [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1E+999999"), Decimal("1E-999999"), 10**10_000],
    ids=("nan", "snan", "infinity", "huge", "tiny", "long"),
)  # fmt: skip
def test_a_number_that_is_none_does_not_enter(value: Any) -> None:
    for source in ("v > 1", "v + 1", "string(v)", "{a: v}.a", "o.v = 1"):
        assert isinstance(outcome(source, {"v": value, "o": {"v": value}}), FeelError)


class Watched(Mapping[str, Any]):
    """Values that say which were looked up."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> Any:
        self.asked.append(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("nobody goes over all the values")

    def __len__(self) -> int:
        raise AssertionError("nobody counts the values")


def test_only_the_names_that_are_used_are_looked_up_and_once() -> None:
    values = Watched({"a": 1, "b": [1, 2], "trap": Trap()})
    assert (
        compile_expression("a + sum(b) + count(b) + (for i in b return a)[1]").evaluate(values) == 7
    )
    assert sorted(values.asked) == ["a", "b"]


def test_of_a_large_value_only_what_a_path_ends_in_enters() -> None:
    assert outcome("order.total > 5", {"order": {"total": 6, "trap": Trap()}}) is True
    assert isinstance(outcome("order", {"order": {"trap": Trap()}}), FeelError)


DEEP = [
    "(" * 10_000 + "1" + ")" * 10_000, "[" * 5_000 + "]" * 5_000, "{a: " * 3_000 + "1" + "}" * 3_000, "-" * 19_000 + "1", "not(" * 4_000 + "true" + ")" * 4_000,
    "if true then " * 1_400 + "1" + " else 2" * 1_400, "x" + "[1]" * 6_000, "x" + ".a" * 9_000, "x" + "(1)" * 6_000, "1" + "+1" * 9_000, "1" + " in 1" * 3_900, "true" + " and true" * 2_000,
    "2" + "**2" * 6_000, "1 instance of " + "list<" * 3_000 + "number" + ">" * 3_000, "for a in 1..2 return " * 900 + "1", "function(a) " * 1_600 + "1", "x in (" * 3_000 + "1" + ")" * 3_000,
    "]1..2[ " * 2_500, "[1..2[ in " * 1_900 + "1", "1 = " * 4_000 + "1", "x." * 9_000, '"a" + ' * 3_000 + '"b"', "/*" * 9_000, "a " * 9_999 + "b",
]  # fmt: skip


@pytest.mark.parametrize("source", DEEP, ids=[source[:20] for source in DEEP])
def test_depth_and_length_end_in_a_value_or_in_a_clear_error(source: str) -> None:
    found = outcome(source, {"x": [1]})
    assert not isinstance(found, RecursionError)
    for compiler in (compile_expression, compile_unary_tests):
        try:
            compiler(source)
        except FeelError as error:
            assert str(error)


def test_ten_thousand_parentheses_and_a_long_source_say_why() -> None:
    with pytest.raises(FeelLimitExceeded, match="demasiados niveles"):
        compile_expression("(" * 9_000 + "1" + ")" * 9_000)
    with pytest.raises(FeelLimitExceeded, match="demasiado larga"):
        compile_expression("1 + " * 10_000 + "1")


WORK = [
    "for a in 1..1000, b in 1..1000, c in 1..1000 return a", "for i in 1..10 ** 30 return i", "some x in 1..10 ** 9 satisfies false", "every x in -10 ** 20 .. 0 satisfies true",
    'for d in @"0001-01-01"..@"9999-12-31" return d', "{f: function(x) f(x), r: f(1)}.r", "{f: function(x) f(x) + f(x), r: f(1)}.r", "{f: function(x, y) [y(x, y), y(x, y)], r: f(1, f)}.r",
    "(function(f) f(f))(function(f) f(f))", "for i in 1..100000 return for j in 1..100000 return 1", "for i in 1..60 return [partial, partial]", "for i in 1..60 return if i = 1 then [1] else concatenate(partial[-1], partial[-1])",
    'for i in 1..60 return if i = 1 then "a" else partial[-1] + partial[-1]', "string(for i in 1..40 return if i = 1 then [1] else [partial[-1], partial[-1]])",
    "flatten(for i in 1..40 return if i = 1 then [1] else [partial[-1], partial[-1]])", "{l: for i in 1..40 return if i = 1 then [1] else [partial[-1], partial[-1]], r: l[-1] = l[-1]}.r",
    "{l: for i in 1..40 return if i = 1 then [1] else [partial[-1], partial[-1]], m: for i in 1..40 return if i = 1 then [1] else [partial[-1], partial[-1]], r: l = m}.r",
    "sort(for i in 1..50000 return 0 - i, function(a, b) a < b)", "distinct values(for i in 1..3000 return {a: i})", "10 ** 10 ** 9", "9.9 ** 10000 ** 10000", "exp(exp(exp(exp(9))))",
    "for i in 1..100000 return big + big", "for i in 1..100000 return upper case(big)", "for i in 1..100000 return big = big", "for i in 1..100000 return string length(big + string(i))",
    'string join(for i in 1..50000 return "0123456789", big)', 'replace(big, "x", big)', 'split(big, "x")', 'matches(big, "^(x|xx)+$")', 'matches(big, "(x+x+)+y")', 'matches(big, "(x*)*y")',
    'replace(big, "(x|xx)*y", "")', 'matches("' + "a" * 40 + '!", "^(a|aa|a?)+$")', 'split("' + "a" * 40 + '!", "(a|aa|a?)+$")', 'matches("a", "(((((a{1,999}){1,999}){1,999}){1,999}){1,999})")', 'matches("a", "' + "(" * 400 + "a" + ")" * 400 + '")',
    'number(big)', 'date(big)', 'duration(big)', 'duration("P99999999999999Y")', 'duration("P999999999D") * 10 ** 30', '@"2026-01-01" + duration("P999999999Y")', "substring(big, -10 ** 20, 10 ** 20)", "sublist([1], 10 ** 30)",
    "decimal(1, 10 ** 30)", "decimal(1E-6000, 6000)", "insert before([1], 10 ** 30, 1)", "[1][10 ** 30]", "range(big)", "contains(big, big)", "string(1E6000) + string(1E-6000)", "modulo(1E6000, 3E-6000)", "floor(1E6000)", "1E6000 * 1E6000",
]  # fmt: skip


@pytest.mark.parametrize("source", WORK, ids=[source[:60] for source in WORK])
def test_work_is_bounded_in_steps_size_and_time(source: str) -> None:
    outcome(source, {"big": LONG})


@pytest.mark.parametrize(
    "source",
    ["for a in 1..1000, b in 1..1000 return a", "{f: function(x) f(x), r: f(1)}.r", 'matches(big, "^(x|xx)+y$")', "for i in 1..100000 return upper case(big)",
     "string(for i in 1..40 return if i = 1 then [1] else [partial[-1], partial[-1]])", "for i in 1..40 return if i = 1 then [1] else [partial[-1], partial[-1]]"],
)  # fmt: skip
def test_what_is_too_much_is_stopped_with_a_limit(source: str) -> None:
    assert isinstance(outcome(source, {"big": LONG}), FeelLimitExceeded)


def test_the_time_of_an_evaluation_is_bounded() -> None:
    evaluation = Evaluation(steps=10**9, seconds=0.2)
    with pytest.raises(FeelLimitExceeded, match="tiempo"):
        compile_expression("some x in 1..10 ** 9 satisfies false").evaluate(
            {}, evaluation=evaluation
        )


def test_data_that_contains_itself_does_not_hang() -> None:
    loop: list[Any] = []
    loop.append(loop)
    loop.append(loop)
    nested: dict[str, Any] = {}
    for _ in range(5_000):
        nested = {"a": nested}
    for value in (loop, nested, {"l": loop}):
        assert isinstance(outcome("v", {"v": value}), FeelLimitExceeded)


@pytest.mark.parametrize(
    "source",
    [
        "\x00",
        "\ufeff1",
        "\u202e1",
        "\ud800",
        '"\ud800"',
        '"\\ud800"',
        "1\u0660",
        "\u0661",
        "１",
        "a\u0301",
        "’",
        "«1»",
    ],
)
def test_strange_characters_are_read_or_refused(source: str) -> None:
    found = outcome(source)
    if isinstance(found, FeelSyntaxError):
        assert "carácter" in str(found)
