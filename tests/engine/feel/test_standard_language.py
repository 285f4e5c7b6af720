"""What expressions mean (DMN 1.5, 10.3.2): logic of three values, the matrix of arithmetic, names, paths, loops."""

from __future__ import annotations

from typing import Any

import pytest

from engine.feel.expression import compile_expression, compile_unary_tests
from engine.feel.names import Names
from engine.feel.scope import Evaluation
from engine.feel.values import equal

LOGIC = [
    *((f"{left} and {right}", result) for left, right, result in [
        ("true", "true", "true"), ("true", "false", "false"), ("true", "null", "null"), ("false", "null", "false"), ("null", "false", "false"),
        ("null", "null", "null"), ("null", "true", "null"), ("true", '"a"', "null"), ("false", '"a"', "false"), ('"a"', "1", "null"),
    ]),
    *((f"{left} or {right}", result) for left, right, result in [
        ("true", "null", "true"), ("null", "true", "true"), ("false", "false", "false"), ("false", "null", "null"), ("null", "null", "null"),
        ("false", '"a"', "null"), ("true", '"a"', "true"), ('"a"', "1", "null"),
    ]),
    ("false and true or true", "true"), ("true or true and false", "true"),
]  # fmt: skip
COMPARISON = [
    ("100 = null", "false"), ("null = null", "true"), ("null != null", "false"), ("1 != null", "true"), ('1 = "1"', "null"), ('1 != "1"', "null"), ("true = 1", "null"),
    ("-0 = 0", "true"), ("1.0 = 1.00", "true"), ('"A" = "a"', "false"), ("[] = []", "true"), ("[1, 2] = [2, 1]", "false"), ("[1] = 1", "null"), ("[1, [2]] = [1, [2]]", "true"),
    ("{} = {}", "true"), ("{a: 1, b: 2} = {b: 2, a: 1}", "true"), ('{"a": 1} = {a: 1}', "true"), ("{a: 1} = {a: 2}", "false"), ("{a: 1} = {a: 1, b: null}", "false"), ("{} = []", "null"),
    ('date("2026-01-01") = date("2026-01-01")', "true"), ('date("2026-01-01") = @"2026-01-01T00:00:00"', "null"), ('time("10:30:00") = time("10:30:00.000")', "true"),
    ('@"2026-01-01T10:00:00Z" = @"2026-01-01T11:00:00+01:00"', "true"), ('duration("P1Y") = duration("P12M")', "true"), ('duration("P1D") = duration("PT24H")', "true"),
    ('duration("P1Y") = duration("P365D")', "null"), ('duration("P0Y") = duration("P0D")', "null"), ('"a" < "b"', "true"), ("1 < null", "null"), ('1 < "2"', "null"), ("true < false", "null"),
    ("[1] < [2]", "null"), ('time("10:00:00Z") < time("10:00:00-01:00")', "true"), ('duration("P1D") < duration("PT25H")', "true"), ('duration("P1M") > duration("P1D")', "null"),
    ("5 between 1 and 10", "true"), ("null between 1 and 10", "null"), ('5 between "a" and 10', "null"), ("0 between 1 and null", "false"), ("1 between 1 and 1", "true"),
    ("(function(x) x) = (function(x) x)", "false"), ("1 < 2 = true", "true"),
]  # fmt: skip
ARITHMETIC = [
    ("1 + 1", "2"), ("1 - 2", "-1"), ("4 * 1.5", "6"), ("1 / 3 * 3 = 1", "false"), ("1 / 0", "null"), ("1 + null", "null"), ('1 + "a"', "null"), ("true + 1", "null"), ("[1] + 1", "null"), ("-null", "null"),
    ('-"a"', "null"), ("--5", "5"), ("2 ** 3 ** 2", "64"), ("-2 ** 2", "4"), ("2 ** -1", "0.5"), ("0 ** 0", "null"), ("4 ** 0.5", "2"), ("2 + 3 * 4 ** 2 / 8 - 1", "7"), ("10 - 2 - 3", "5"), ("8 / 4 / 2", "1"),
    ('"a" + "b" + "c"', '"abc"'), ('"a" - "b"', "null"), ('"a" * 2', "null"), ("1.1e2", "110"), (".5 + 5E-1", "1"),
    ('date("2026-01-31") + duration("P1M")', 'date("2026-02-28")'), ('duration("P1Y") + date("2024-02-29")', 'date("2025-02-28")'), ('date("2026-03-31") - duration("P1M")', 'date("2026-02-28")'),
    ('date("2026-01-01") + duration("PT36H")', 'date("2026-01-02")'), ('date("2026-01-01") - duration("PT1H")', 'date("2025-12-31")'), ('date("2026-03-01") - date("2026-02-01")', 'duration("P28D")'),
    ('@"2026-01-01T10:00:00" - @"2026-01-01T09:00:00"', 'duration("PT1H")'), ('@"2026-01-01T10:00:00Z" - @"2026-01-01T10:00:00+01:00"', 'duration("PT1H")'),
    ('@"2026-01-01T10:00:00Z" - @"2026-01-01T10:00:00"', "null"), ('@"2026-01-02T00:00:00Z" - @"2026-01-01"', 'duration("P1D")'), ('@"2026-01-01" + @"2026-01-01"', "null"),
    ('@"2026-01-01T10:00:00" + duration("P1M")', '@"2026-02-01T10:00:00"'), ('@"23:30:00" + duration("PT1H")', '@"00:30:00"'), ('@"00:30:00" - duration("PT1H")', '@"23:30:00"'),
    ('@"10:30:00" - @"09:00:00"', 'duration("PT1H30M")'), ('@"10:30:00" + duration("P1M")', "null"), ('duration("P1M") + duration("P1D")', "null"), ('duration("P1M") + duration("P1Y")', 'duration("P13M")'),
    ('duration("P1D") - duration("PT1H")', 'duration("PT23H")'), ('duration("P1D") * 2', 'duration("P2D")'), ('2 * duration("P1Y")', 'duration("P2Y")'), ('duration("P1D") / 2', 'duration("PT12H")'),
    ('duration("P1D") / duration("PT12H")', "2"), ('duration("P1Y") / duration("P4M")', "3"), ('duration("P1D") / 0', "null"), ('duration("P1D") / duration("PT0S")', "null"), ('duration("P1Y") / duration("P1D")', "null"),
    ('duration("P1D") * duration("P1D")', "null"), ('-duration("P1D")', 'duration("-P1D")'), ('date("9999-12-31") + duration("P1D")', "null"), ('date("2026-01-01") * 2', "null"),
]  # fmt: skip
STRUCTURES = [
    ("{a: 1, b: a + 1}.b", "2"), ("{a: {b: {c: 3}}}.a.b.c", "3"), ("{a: 1}.b", "null"), ("null.a", "null"), ("1 .a", "null"), ("[{a: 1}, {b: 2}].a", "[1, null]"), ("{a b: 1, c: a b * 2}.c", "2"), ("{a-b: 5}.a-b", "5"),
    ('{"with spaces": 1}.with spaces', "1"), ("{a: 1}.a.b.c", "null"), ("[[1], [2]][1]", "[1]"), ("[1, 2, 3][2]", "2"), ("[1, 2, 3][-1]", "3"), ("[1, 2, 3][0]", "null"), ("[1, 2, 3][4]", "null"), ("[1, 2][1.5]", "null"),
    ("[1, 2, 3][item >= 2]", "[2, 3]"), ("[1, null, 3][item > 1]", "[3]"), ("[][item > 1]", "[]"), ("[{x: 1, y: 2}, {x: 2, y: 3}][x = 1]", "[{x: 1, y: 2}]"), ("[{x: 1, y: 2}, {x: 2}][y != null]", "[{x: 1, y: 2}]"),
    ("[{item: 1}, {item: 2}][item = 2]", "[{item: 2}]"), ("[{x: 1}, {x: 2}][item.x = 2].x", "[2]"), ("true[1]", "true"), ("100[1]", "100"), ('"foo"[1]', '"foo"'), ('"foo"[2]', "null"), ('"foo"[item = "foo"]', '["foo"]'), ("{a: 1}[1].a", "1"),
    ("{a: 1}[a = 1]", "[{a: 1}]"), ("[1, 2, 3][item > 1][1]", "2"), ("{i: 2, l: [5, 6]}.l[i]", "[]"), ("[4, 5][n]", "5"),
    ("if true then 1 else 2", "1"), ('if "a" then 1 else 2', "2"), ("if null then 1 else 2", "2"), ("if false then 1 else if true then 2 else 3", "2"),
    ("for x in [1, 2], y in [10, 20] return x + y", "[11, 21, 12, 22]"), ("for x in [[1, 2], [3]], y in x return y", "[1, 2, 3]"), ("for i in 0..4 return if i = 0 then 1 else i * partial[-1]", "[1, 1, 2, 6, 24]"),
    ("for i in 2..0 return i", "[2, 1, 0]"), ('for d in @"2026-02-27"..@"2026-03-01" return d.day', "[27, 28, 1]"), ('for i in "a".."c" return i', "null"), ("for x in 5 return x", "[5]"), ("for x in [] return x", "[]"),
    ("for a b in [1, 2] return a b + 1", "[2, 3]"), ("for i in 1..3 return count(partial)", "[0, 1, 2]"),
    ("some x in [1, 2, 3] satisfies x > 2", "true"), ("every x in [1, 2, 3] satisfies x > 2", "false"), ("some x in [1, null] satisfies x > 2", "null"), ("every x in [3, null] satisfies x > 2", "null"), ("every x in [1, null] satisfies x > 2", "false"),
    ("some x in [1, 2], y in [2, 3] satisfies x = y", "true"), ("some x in [] satisfies true", "false"), ("every x in [] satisfies false", "true"),
    ("(function(a, b) a - b)(3, 1)", "2"), ("{f: function(a: number, b: number) a - b, r: f(b: 1, a: 3)}.r", "2"), ("{f: function(a: number) a, r: f(\"x\")}.r", "null"), ("{f: function(a: number) a, r: f([1])}.r", "1"),
    ("{f: function(l: list<number>) count(l), r: f(1)}.r", "1"), ("{f: function(a) a, r: f(1, 2)}.r", "null"), ("{f: function(a) a, r: f(b: 1)}.r", "null"), ("5(1)", "null"), ("nothing(1)", "null"),
    ("{n: 2, f: function(x) x * n, r: {n: 100, v: f(3)}.v}.r", "6"), ("{f: function(n) if n < 2 then 1 else n * f(n - 1), r: f(5)}.r", "120"), ("(function() 7)()", "7"), ("{l: [function(x) x + 1], r: l[1](1)}.r", "2"),
    ("1 in [2, 3, 1]", "true"), ("1 in [[2..4], [1..3]]", "true"), ("5 in [[2..4], [1..3]]", "false"), ("1 in <= 10", "true"), ("11 in <= 10", "false"), ("10 in (1, < 5, >= 10)", "true"), ("1 in 1", "true"), ("1 in =1", "true"), ("1 in (!= 1)", "false"),
    ("[1, 2] in [[1, 2], 3]", "true"), ("[1, 2] in [1, 2]", "true"), ("null in [1, null]", "true"), ("null in 1", "false"), ('"a" in 1', "null"), ("{a: 1} in [{a: 1}]", "true"), ("1 in []", "false"), ("1 in [2] or 3 in [3]", "true"), ("1 in [1] and 2 in (1, 3)", "false"), ("1 in 0 + 1", "true"), ("null in [1..5]", "null"),
    ('@"2026-07-01T10:00:00@Europe/Madrid".time offset', 'duration("PT2H")'), ('@"2026-07-01T10:00:00@Europe/Madrid".timezone', '"Europe/Madrid"'), ('@"2026-07-01".weekday', "3"), ('@"10:20:30.5".second', "30.5"), ('@"10:20:30".day', "null"),
    ('duration("P1DT2H3M4S").hours', "2"), ('duration("-P1DT2H").hours', "-2"), ('duration("P14M").years', "1"), ('duration("P14M").months', "2"), ('duration("P14M").days', "null"), ('duration("P1D").years', "null"),
    ('"\\u00f1\\n\\t\\"\\\\"', '"ñ\n\t\\"\\\\"'), ('string length("\\U01F40E")', "1"), ('"\\d" = "\\\\d"', "true"), ("{ño: 1}.ño", "1"), ("{\U0001f40e: 1}.\U0001f40e", "1"), ("1 /* a comment */ + 1 // another", "2"),
]  # fmt: skip
TYPES = [
    ("1 instance of number", "true"), ('"a" instance of string', "true"), ("true instance of boolean", "true"), ("1 instance of boolean", "false"), ("null instance of number", "false"), ("null instance of Any", "false"), ("null instance of Null", "true"),
    ("1 instance of Any", "true"), ('@"2026-01-01" instance of date', "true"), ('@"2026-01-01T00:00:00" instance of date', "false"), ('@"2026-01-01T00:00:00" instance of date and time', "true"), ('@"10:00:00" instance of time', "true"),
    ('@"P1D" instance of days and time duration', "true"), ('@"P1D" instance of years and months duration', "false"), ('@"P1Y" instance of years and months duration', "true"), ("[1, 2] instance of list<number>", "true"), ('[1, "a"] instance of list<number>', "false"),
    ('[1, "a"] instance of list<Any>', "true"), ("[] instance of list<string>", "true"), ("1 instance of list<number>", "false"), ("{a: 1} instance of context<a: number>", "true"), ("{a: 1, b: 2} instance of context<a: number>", "true"),
    ("{} instance of context<a: number>", "false"), ("{a: null} instance of context<a: number>", "true"), ("[1..2] instance of range<number>", "true"), ("(function(x) x) instance of function<Any>->Any", "true"), ("(function(x) x) instance of function<Any, Any>->Any", "false"),
    ("abs instance of function<number>->number", "true"), ("{a: [{b: 1}]} instance of context<a: list<context<b: number>>>", "true"), ("1 + 1 instance of number", "null"), ("-1 instance of number", "true"), ("1 instance of number = true", "true"),
    ("if 1 instance of number then 1 else 2", "1"),
]  # fmt: skip
ALL = LOGIC + COMPARISON + ARITHMETIC + STRUCTURES + TYPES
LENIENT = Evaluation(lenient=True)


def value_of(source: str) -> Any:
    return compile_expression(source).evaluate({"n": 2}, evaluation=LENIENT)


@pytest.mark.parametrize(("source", "expected"), ALL, ids=[source for source, _ in ALL])
def test_an_expression_means_what_the_standard_says(source: str, expected: str) -> None:
    found, wanted = value_of(source), value_of(expected)
    assert found is None if wanted is None else equal(found, wanted) is True, f"it gives {found!r}"


def test_a_name_in_sight_wins_over_its_words_apart() -> None:
    values = {
        "a": 5,
        "b": 3,
        "a-b": 100,
        "profit": 8,
        "loss": 2,
        "profit/loss": 7,
        "John's age": 40,
    }
    assert compile_expression("a-b").evaluate(values) == 2
    known = Names(frozenset(values))
    assert compile_expression("a-b", known).evaluate(values) == 100
    assert compile_expression("a - b", known).evaluate(values) == 100
    assert compile_expression("profit/loss + 1", known).evaluate(values) == 8
    assert compile_expression("John's age", known).evaluate(values) == 40


def test_names_with_reserved_words_are_read_where_they_are_known() -> None:
    values = {"terms and conditions": "ok", "time in office": 4}
    known = Names(frozenset(values))
    assert compile_expression('terms and conditions = "ok"', known).evaluate(values) is True
    assert compile_expression("time in office > 3", known).evaluate(values) is True


def test_a_value_named_as_a_function_does_not_hide_it() -> None:
    assert compile_expression("count(items) + count").evaluate({"items": [1, 2], "count": 5}) == 7
    assert compile_expression("date and time").evaluate({"date": True, "time": True}) is True


def test_an_expression_says_the_names_that_it_takes() -> None:
    expression = compile_expression("for x in list return x + rate + {k: 1, v: k}.v")
    assert expression.names == {"list", "rate"}


@pytest.mark.parametrize(
    ("tests", "value", "passes"),
    [
        ("? = false", False, True), ("? > 5", 3, False), ("not(? > 5)", 3, True), ("[1..3], [7..9]", 8, True), ("not([1..3], 5)", 4, True), ("not([1..3], 5)", 5, False),
        ("false", False, True), ("false", True, False), ("false", None, False), ("null", 1, False), ("not(null)", 1, True), ("!= 5", 4, True), ("= 5", 5, True), ("[\"a\", \"b\"]", "b", True),
        ('date("2026-01-01")', None, False), ("count(?) > 1", [1, 2], True), ("list contains(?, 1)", [1], True), ("-", [1], True), ("(>= 5)", 6, True), ("]1..3[", 3, False), ("some x in [1, 2] satisfies x = ?", 2, True),
        ('not(contains(?, "x"))', "abc", True), ("not(true) and true", True, False), ("-5", -5, True), ("> -5", 0, True), ("{a: 1}", {"a": 1}, True), ("abs", 1, False),
    ],
)  # fmt: skip
def test_a_cell_tests_its_input(tests: str, value: Any, passes: bool) -> None:
    assert compile_unary_tests(tests).test(value, {}) is passes


def test_a_fault_is_kept_where_it_gives_null_and_raised_elsewhere() -> None:
    with pytest.raises(ValueError, match="no es una función"):
        compile_expression("nothing(1)").evaluate({})
    with pytest.raises(ValueError, match="«abs» no recibe esos argumentos"):
        compile_expression("abs(1, 2)").evaluate({})
