"""JUEL and Camunda 8's FEEL, written in ours: the same answer on the same data."""

from __future__ import annotations

from typing import Any

import pytest

from engine.feel.expression import compile_expression
from engine.workflow.bpmn.expressions import keys_of, names_in, seen_through, unknown_functions
from engine.workflow.bpmn.juel import NotTranslatable, to_feel, value_to_feel

DATA: dict[str, Any] = {
    "amount": 150, "ok": True, "name": "Xana", "none": None, "empty_text": "", "list": [7, 8, 9],
    "order": {"total": 20, "lines": [{"price": 3}], "a key": 1}, "at": 1,
}  # fmt: skip
SAME = {
    "${amount > 100 && ok}": True,
    "${amount gt 100 and not ok}": False,
    "#{amount le 100 || name == 'Xana'}": True,
    "${name != \"Xana\"}": False,
    "${empty none}": True,
    "${!empty name}": True,
    "${not empty empty_text}": False,
    "${order.total div 4 + 1}": 6,
    "${amount % 7}": 3,
    "${ok ? 'yes' : 'no'}": "yes",
    "${list[0]}": 7,
    "${list[at]}": 8,
    "${order['total'] == 20}": True,
    "${order['a key']}": 1,
    "${order.lines[0].price}": 3,
    "${(amount + 50) * -2}": -400,
    "${none == null}": True,
    "${'it\\'s'}": "it's",
    "=amount > 100 and ok": True,
    "amount": 150,
}  # fmt: skip


@pytest.mark.parametrize("text", SAME)
def test_an_expression_keeps_its_answer(text: str) -> None:
    assert compile_expression(to_feel(text)).evaluate(DATA) == SAME[text]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Hola ${name}, son ${amount} euros", "Hola Xana, son 150 euros"),
        ("plain", "plain"),
        ("=order.total", 20),
        ("${order.total}", 20),
        ('with "quotes"', 'with "quotes"'),
    ],
)
def test_a_value_may_be_text_with_expressions_in_it(text: str, value: Any) -> None:
    assert compile_expression(value_to_feel(text)).evaluate(DATA) == value


@pytest.mark.parametrize(
    "text",
    [
        "${bean.method(1)}", "${execution.getVariable('x')}", "${a ? b}", "${}", "${a &&}", "${a b}",
        "${a.}", "${''.class}()", "=if", "${" + "(" * 100 + "a" + ")" * 100 + "}", "${a; b}", "${[1,2]}",
        "${name.getClass().forName('java.lang.Runtime')}", "x ==",
    ],
)  # fmt: skip
def test_what_feel_cannot_say_is_refused(text: str) -> None:
    with pytest.raises(NotTranslatable):
        to_feel(text)


def test_the_names_of_an_expression_are_those_that_the_data_has_to_give() -> None:
    text = "if date and time(at) > due and (some x in lines satisfies x.n > least) then { a: b, c: a } else f(list)[item > 1]"
    assert list(names_in(text)) == ["at", "due", "lines", "least", "b", "list"]
    assert unknown_functions(text) == ("f",)
    assert list(names_in('"a" + b.c // d')) == ["b"]
    assert unknown_functions("function(x) x + 1") == ()
    assert unknown_functions("string length(a) + sum(b) + not(c)") == ()


def test_a_script_gives_its_outer_names_only() -> None:
    assert keys_of('{ a: { b: 1 }, "c": f({ d: 2 }), e: [ { g: 1 } ] }') == {"a", "c", "e"}


def test_a_result_is_looked_at_before_the_data() -> None:
    code = compile_expression(seen_through("price * factor", "answer"))
    assert code.evaluate({"answer": {"price": 3}, "price": 100, "factor": 2}) == 6
