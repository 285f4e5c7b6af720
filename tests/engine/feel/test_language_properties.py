"""What holds of every expression: exact arithmetic, values that are written and read back, errors of one kind."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel.errors import FeelError
from engine.feel.expression import compile_expression, compile_unary_tests
from engine.feel.functions import FUNCTIONS
from engine.feel.scope import Evaluation
from engine.feel.text import quoted, to_text
from engine.feel.values import Months, Range, equal

LENIENT = Evaluation(lenient=True, steps=2_000)
CONTEXT = Context(prec=34)
NUMBERS = st.decimals(-(10**12), 10**12, places=6)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
KEYS = st.from_regex(r"[a-zñ]{1,3}( [a-z]{1,3})?", fullmatch=True).filter(
    lambda key: not {"in", "or", "and", "if", "of", "for"} & set(key.split())
)
POINTS = (
    NUMBERS
    | st.dates()
    | st.times()
    | st.times(timezones=ZONES)
    | st.datetimes()
    | st.datetimes(timezones=ZONES)
    | st.timedeltas(timedelta(days=-(10**6)), timedelta(days=10**6))
    | st.integers(-(10**5), 10**5).map(Months)
)
VALUES = st.recursive(
    st.none() | st.booleans() | TEXTS | POINTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def literal(value: Any) -> str:
    """A value as an expression that gives it."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{quoted(key)}: {literal(item)}" for key, item in value.items()) + "}"
        )
    if isinstance(value, date | time | timedelta | Months):
        return f'@"{to_text(value)}"'
    return "null" if value is None else str(to_text(value))


@given(VALUES)
def test_a_value_is_written_and_read_back(value: Any) -> None:
    found = compile_expression(literal(value)).evaluate({})
    assert equal(found, value) is True
    assert equal(compile_expression("v").evaluate({"v": value}), value) is True


@given(POINTS)
def test_a_point_is_made_again_from_its_text(value: Any) -> None:
    text = to_text(value)
    makers: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (Decimal, "number"),
        (datetime, "date and time"),
        (date, "date"),
        (time, "time"),
        ((timedelta, Months), "duration"),
    )
    maker = next(name for kind, name in makers if isinstance(value, kind))
    assert equal(compile_expression(f"{maker}(t)").evaluate({"t": text}), value) is True
    assert compile_expression("string(v)").evaluate({"v": value}) == text


@given(st.lists(NUMBERS, min_size=1, max_size=8))
def test_sums_and_extremes_are_those_of_decimal(items: list[Decimal]) -> None:
    values = {"l": items}
    assert compile_expression("sum(l)").evaluate(values) == sum(items, Decimal(0))
    assert compile_expression("[min(l), max(l)]").evaluate(values) == [min(items), max(items)]
    assert compile_expression("sort(l)").evaluate(values) == sorted(items)
    assert compile_expression("mean(l)").evaluate(values) == CONTEXT.divide(
        sum(items, Decimal(0)), Decimal(len(items))
    )
    assert compile_expression("reverse(reverse(l)) = l").evaluate(values) is True


@given(NUMBERS, NUMBERS)
def test_arithmetic_is_that_of_decimal_with_34_digits(left: Decimal, right: Decimal) -> None:
    values = {"a": left, "b": right}
    assert compile_expression("a * b").evaluate(values) == CONTEXT.multiply(left, right)
    quotient = compile_expression("a / b").evaluate(values)
    assert quotient == (None if right == 0 else CONTEXT.divide(left, right))
    if right:
        rest = compile_expression("modulo(a, b)").evaluate(values)
        exact = left - right * (left / right).to_integral_value(ROUND_FLOOR)
        assert abs(rest - exact) < Decimal("1E-4")
        assert rest == 0 or (rest < 0) == (right < 0)
    expected = (left < right, left == right, left > right)
    assert compile_expression("[a < b, a = b, a > b]").evaluate(values) == list(expected)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_range_contains_what_its_comparisons_say(
    value: Decimal, one: Decimal, other: Decimal
) -> None:
    low, high = sorted((one, other))
    values = {"v": value, "a": low, "b": high}
    assert compile_expression("v in [a..b]").evaluate(values) is (low <= value <= high)
    assert compile_expression("v in ]a..b[").evaluate(values) is (low < value < high)
    assert compile_expression("v between a and b").evaluate(values) is (low <= value <= high)
    assert compile_unary_tests("[a..b]").test(value, values) is (low <= value <= high)
    inside = compile_expression("includes([a..b], v)").evaluate(values)
    assert inside is compile_expression("during(v, [a..b])").evaluate(values)


@given(POINTS, POINTS)
def test_an_order_is_an_order_or_there_is_none(left: Any, right: Any) -> None:
    values = {"a": left, "b": right}
    results = [compile_expression(f"a {sign} b").evaluate(values) for sign in ("<", "=", ">")]
    assert results.count(True) == 1 or set(results) == {None}


WORDS = st.sampled_from(
    ["1", "2.5", '"a"', "x", "y z", "null", "true", "false", "item", "partial", "?", "@\"2026-01-01\"", "+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or",
     "in", "between", "if", "then", "else", "for", "return", "some", "every", "satisfies", "function", "instance of", "number", "list<number>", "(", ")", "[", "]", "{", "}", "a:", ",", ".", "..",
     *FUNCTIONS]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(WORDS, max_size=14), st.dictionaries(st.sampled_from(["x", "y z"]), VALUES))
def test_any_words_in_any_order_give_a_value_or_an_error_of_the_language(
    words: list[str], values: dict[str, Any]
) -> None:
    for compiler in (compile_expression, compile_unary_tests):
        try:
            compiler(" ".join(words)).evaluate(values, evaluation=LENIENT)
        except FeelError:
            continue


ARGUMENTS = VALUES | st.builds(Range, NUMBERS, NUMBERS, st.booleans(), st.booleans()) | st.sampled_from(
    [Decimal("1E6000"), Decimal("-1E-6000"), Decimal("1E30"), Decimal(0), "", "(a|b)*", "PT1H"]
)  # fmt: skip


@settings(max_examples=400)
@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(ARGUMENTS, max_size=4))
def test_a_function_called_with_anything_gives_a_value_or_null(
    name: str, given_: list[Any]
) -> None:
    values = {f"v{at}": item for at, item in enumerate(given_)}
    try:
        compile_expression(f"{name}({', '.join(values)})").evaluate(values, evaluation=LENIENT)
    except FeelError:
        return
