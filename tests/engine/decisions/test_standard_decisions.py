"""DMN 1.1 to 1.5: boxed expressions, types, business knowledge, services; what conforms and what gives null."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from engine.decisions.errors import DecisionError
from engine.decisions.model import DecisionModel, load_decisions

NS = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def dmn(body: str, namespace: str = NS) -> bytes:
    return f'<definitions xmlns="{namespace}" id="d" name="d" namespace="x">{body}</definitions>'.encode()


def literal(text: str, kind: str = "") -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f"<literalExpression{f' typeRef={chr(34)}{kind}{chr(34)}' if kind else ''}><text>{escaped}</text></literalExpression>"


def decision(
    name: str, logic: str, *, needs: str = "", knows: str = "", given: str = "", kind: str = ""
) -> str:
    """A decision; needs, knows and given: the ids of the decisions, the knowledge and the data that it requires."""
    links = "".join(
        f'<{outer}><{inner} href="#{item}"/></{outer}>'
        for outer, inner, items in (
            ("informationRequirement", "requiredDecision", needs),
            ("informationRequirement", "requiredInput", given),
            ("knowledgeRequirement", "requiredKnowledge", knows),
        )
        for item in items.split()
    )
    variable = f'<variable name="{name}"{f" typeRef={chr(34)}{kind}{chr(34)}" if kind else ""}/>'
    return f'<decision id="_{name.replace(" ", "_")}" name="{name}">{variable}{links}{logic}</decision>'


def knowledge(
    name: str, parameters: dict[str, str], body: str, *, knows: str = "", kind: str = ""
) -> str:
    listed = "".join(
        f'<formalParameter name="{key}"{f" typeRef={chr(34)}{value}{chr(34)}" if value else ""}/>'
        for key, value in parameters.items()
    )
    links = "".join(
        f'<knowledgeRequirement><requiredKnowledge href="#{item}"/></knowledgeRequirement>'
        for item in knows.split()
    )
    variable = f'<variable name="{name}"{f" typeRef={chr(34)}{kind}{chr(34)}" if kind else ""}/>'
    return (
        f'<businessKnowledgeModel id="_{name}" name="{name}">{variable}<encapsulatedLogic>{listed}{body}'
        f"</encapsulatedLogic>{links}</businessKnowledgeModel>"
    )


def decided(body: str, values: dict[str, Any] | None = None, name: str = "r") -> Any:
    return load_decisions(dmn(body)).decide(name, values or {}).result


TYPES = (
    '<itemDefinition name="tNumbers" isCollection="true"><typeRef>number</typeRef></itemDefinition>'
    '<itemDefinition name="tTexts" isCollection="true"><typeRef>string</typeRef></itemDefinition>'
    '<itemDefinition name="tColour"><typeRef>string</typeRef><allowedValues><text>"red", "green"</text></allowedValues></itemDefinition>'
    '<itemDefinition name="tPerson"><itemComponent name="name"><typeRef>string</typeRef></itemComponent>'
    '<itemComponent name="age"><typeRef>number</typeRef></itemComponent></itemDefinition>'
    '<itemDefinition name="tStay"><itemComponent name="from"><typeRef>date</typeRef></itemComponent>'
    '<itemComponent name="colour"><typeRef>tColour</typeRef></itemComponent></itemDefinition>'
    '<itemDefinition name="tStays" isCollection="true"><typeRef>tStay</typeRef><typeConstraint><text>count(?) &lt; 3</text></typeConstraint></itemDefinition>'
    '<itemDefinition name="tTextFunction"><functionItem outputTypeRef="string"/></itemDefinition>'
)


@pytest.mark.parametrize(
    "namespace",
    ["http://www.omg.org/spec/DMN/20151101/dmn.xsd", "http://www.omg.org/spec/DMN/20180521/MODEL/", "https://www.omg.org/spec/DMN/20191111/MODEL/",
     "https://www.omg.org/spec/DMN/20211108/MODEL/", NS],
)  # fmt: skip
def test_every_version_of_the_standard_is_read(namespace: str) -> None:
    body = decision("r", literal("1 + 1"), kind="feel:number")
    assert load_decisions(dmn(body, namespace)).decide("r", {}).result == 2


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("string", "1 + 1", None), ("tNumbers", '[1, 2, "foo"]', None), ("tTexts", '"foo"', ["foo"]), ("tNumbers", '"foo"', None), ("string", '["foo"]', "foo"), ("string", "[1]", None),
        ("tTexts", "null", None), ("tPerson", '{name: "foo", surname: "bar", age: 10}', {"name": "foo", "surname": "bar", "age": 10}), ("tPerson", '{name: "foo"}', None), ("number", "[10]", 10),
        ("tColour", '"red"', "red"), ("tColour", '"blue"', None), ("date and time", 'date("2026-01-01") = null', None), ("Any", "1", 1), ("tUnknown", "1", 1), ("integer", "1", 1),
    ],
)  # fmt: skip
def test_a_result_is_converted_to_its_type_or_null(kind: str, text: str, expected: Any) -> None:
    for body in (decision("r", literal(text), kind=kind), decision("r", literal(text, kind))):
        found = load_decisions(dmn(TYPES + body)).decide("r", {})
        assert found.result == expected
        lost = expected is None and text != "null"
        assert [item.code for item in found.findings] == (["type"] if lost else [])


def test_a_date_becomes_its_midnight_where_an_instant_is_asked() -> None:
    body = decision("r", literal("stamp.hour"), needs="_stamp")
    given = decision("stamp", literal('date("2026-01-01")'), kind="dateTime")
    assert decided(given + body) == 0


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("number", "12", "«v» es string y tiene que ser number"), ("tPerson", {"name": "Ana"}, "a «v» le falta «age»"), ("tPerson", {"name": "Ana", "age": "x"}, "«v.age» es string"),
        ("tNumbers", [1, "a"], r"«v\[2\]» es string"), ("tColour", "blue", '«v» vale "blue", que no es un valor admitido: se admite "red", "green"'), ("date", "ayer", "«v» es string y tiene que ser date"),
        ("tStays", [{"from": "2026-01-01", "colour": "blue"}], r"«v\[1\].colour» vale"), ("tStays", [{"from": "2026-01-01", "colour": "red"}] * 3, "no es un valor admitido"), ("string", 1.5, "coma flotante"),
    ],
)  # fmt: skip
def test_an_input_of_another_type_is_an_error_that_names_its_part(
    kind: str, value: Any, words: str
) -> None:
    data = f'<inputData id="data" name="v"><variable name="v" typeRef="{kind}"/></inputData>'
    with pytest.raises(DecisionError, match=words) as caught:
        decided(TYPES + data + decision("r", literal("v"), given="data"), {"v": value})
    assert caught.value.place == "data"


def test_dates_come_as_text_from_outside_and_become_dates() -> None:
    data = '<inputData id="data" name="v"><variable name="v" typeRef="tStays"/></inputData>'
    body = TYPES + data + decision("r", literal("v[1].from.month"), given="data")
    assert decided(body, {"v": {"from": "2026-03-01", "colour": "red"}}) == 3


def test_names_with_spaces_and_signs_are_the_files_own() -> None:
    data = '<inputData id="i" name="monthly salary"/><inputData id="j" name="pre-tax"/>'
    body = decision("yearly salary", literal("12 * monthly salary + pre-tax"), given="i j")
    last = decision("r", literal("if yearly salary > 1000 then 1 else 2"), needs="_yearly_salary")
    assert decided(data + body + last, {"monthly salary": 100, "pre-tax": -50}) == 1


def test_a_name_may_begin_with_a_word_of_the_language_or_have_one_inside() -> None:
    lists = decision("in a list", literal("[1, 2]")) + decision("days in weekend", literal("[3]"))
    loops = literal("[for i in in a list return i + 1, for i in days in weekend return i]")
    body = decision("r", loops, needs="_in_a_list _days_in_weekend")
    assert decided(lists + body) == [[2, 3], [3]]


def test_a_context_is_boxed_with_its_types_and_its_result() -> None:
    entries = (
        f'<contextEntry><variable name="base" typeRef="number"/>{literal("[100]")}</contextEntry>'
        f'<contextEntry><variable name="wrong" typeRef="string"/>{literal("base")}</contextEntry>'
    )
    assert decided(decision("r", f"<context>{entries}</context>")) == {"base": 100, "wrong": None}
    result = f"<contextEntry>{literal('base * 2')}</contextEntry>"
    assert decided(decision("r", f"<context>{entries}{result}</context>")) == 200


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        (f"<list>{literal('1')}{literal('2')}</list>", [1, 2]),
        (f'<relation><column name="a"/><column name="b c"/><row>{literal("1")}{literal("2")}</row><row>{literal("3")}{literal("null")}</row></relation>', [{"a": 1, "b c": 2}, {"a": 3, "b c": None}]),
        (f"<conditional><if>{literal('1 > 2')}</if><then>{literal('1')}</then><else>{literal('2')}</else></conditional>", 2),
        (f"<conditional><if>{literal('null')}</if><then>{literal('1')}</then><else>{literal('2')}</else></conditional>", 2),
        (f"<filter><in>{literal('[1, 2, 3]')}</in><match>{literal('item > 1')}</match></filter>", [2, 3]),
        (f'<for iteratorVariable="x"><in>{literal("1..3")}</in><return>{literal("x")}</return></for>'.replace("1..3", "[1..3]"), [1, 2, 3]),
        (f'<for iteratorVariable="x"><in>{literal("[1, 2, 3]")}</in><return>{literal("x + count(partial)")}</return></for>', [1, 3, 5]),
        (f'<some iteratorVariable="x"><in>{literal("[1, 2]")}</in><satisfies>{literal("x > 1")}</satisfies></some>', True),
        (f'<every iteratorVariable="x"><in>{literal("[1, 2]")}</in><satisfies>{literal("x > 1")}</satisfies></every>', False),
        (f'<context><contextEntry><variable name="f"/><functionDefinition><formalParameter name="x" typeRef="number"/>{literal("x + 1")}</functionDefinition></contextEntry><contextEntry>{literal("f(1)")}</contextEntry></context>', 2),
    ],
)  # fmt: skip
def test_each_boxed_expression_gives_its_value(logic: str, expected: Any) -> None:
    assert decided(decision("r", logic)) == expected


TABLE = (
    '<decisionTable hitPolicy="FIRST"><input label="n"><inputExpression><text>n</text></inputExpression></input><output name="o"/>'
    '<rule id="k1"><inputEntry><text>&lt; 10</text></inputEntry><outputEntry><text>"low"</text></outputEntry></rule>'
    '<rule id="k2"><inputEntry><text>-</text></inputEntry><outputEntry><text>twice(n)</text></outputEntry></rule></decisionTable>'
)


def test_business_knowledge_is_a_table_and_requires_other_knowledge() -> None:
    twice = knowledge("twice", {"n": "number"}, literal("n * 2"))
    band = knowledge("band", {"n": ""}, TABLE, knows="_twice")
    body = decision("r", literal("[band(5), band(n: 50)]"), knows="_band")
    assert decided(twice + band + body) == ["low", 100]


def test_an_invocation_binds_its_parameters() -> None:
    subtract = knowledge("subtract", {"a": "number", "b": "number"}, literal("a - b"))
    bound = "".join(
        f'<binding><parameter name="{key}"/>{literal(text)}</binding>'
        for key, text in (("b", "1"), ("a", "10"))
    )
    logic = f"<invocation>{literal('subtract')}{bound}</invocation>"
    assert decided(subtract + decision("r", logic, knows="_subtract")) == 9


@pytest.mark.parametrize(
    ("call", "expected"),
    [('person({name: "foo", age: 1})', True), ('person({name: "foo"})', False), ("numbers(10)", [10]), ('numbers("foo")', None), ("one(10)", 10), ('one("foo")', None), ("one(1, 2)", None)],
)  # fmt: skip
def test_what_goes_in_and_out_of_knowledge_is_of_its_type_or_null(call: str, expected: Any) -> None:
    models = (
        knowledge("person", {"p": "tPerson"}, literal("p != null"))
        + knowledge("numbers", {"a": ""}, literal("a", "tNumbers"))
        + knowledge("one", {"a": ""}, literal("[a]"), kind="number")
    )
    body = decision("r", literal(call), knows="_person _numbers _one")
    assert decided(TYPES + models + body) == expected


def test_a_decision_sees_only_what_it_requires() -> None:
    data = '<inputData id="i" name="seen"/><inputData id="j" name="unseen"/>'
    model = load_decisions(
        dmn(data + decision("r", literal("[seen, unseen, undeclared]"), given="i"))
    )
    found = model.decide("r", {"seen": 1, "unseen": 2, "undeclared": 3})
    assert found.result == [1, None, 3]
    assert [(item.code, item.message) for item in found.findings] == [
        ("not-required", "usa «unseen» y no lo requiere: será nulo")
    ]


def test_a_shared_requirement_is_decided_once() -> None:
    chain = decision("d0", literal("1"))
    for at in range(1, 40):
        chain += decision(
            f"d{at}",
            literal(f"d{at - 1} + d{max(0, at - 2)}"),
            needs=f"_d{at - 1} _d{max(0, at - 2)}",
        )
    assert decided(chain, name="d39") == 165580141


def service(outputs: str, inputs: str = "", data: str = "", kind: str = "") -> str:
    links = "".join(
        f'<{tag} href="#{item}"/>'
        for tag, items in (
            ("outputDecision", outputs),
            ("inputDecision", inputs),
            ("inputData", data),
        )
        for item in items.split()
    )
    variable = f'<variable name="s"{f" typeRef={chr(34)}{kind}{chr(34)}" if kind else ""}/>'
    return f'<decisionService id="_s" name="s">{variable}{links}</decisionService>'


PARTS = (
    '<inputData id="a" name="a"/>'
    + decision("b", literal('"never"'), kind="string")
    + decision("one", literal('a + " " + b'), needs="_b", given="a")
)


def test_a_service_is_taken_with_its_input_decisions_given() -> None:
    model = load_decisions(dmn(PARTS + service("_one", "_b", "a")))
    assert model.decide("s", {"a": "A", "b": "B"}).result == "A B"
    assert model.decide("_one", {"a": "A"}).result == "A never"


def test_a_service_with_several_outputs_gives_a_context() -> None:
    two = decision("two", literal("2"))
    assert decided(PARTS + two + service("_one _two", "_b", "a"), {"a": "A", "b": "B"}, "s") == {
        "one": "A B",
        "two": 2,
    }


@pytest.mark.parametrize(
    ("call", "expected"),
    [('s("A", "B")', "A B"), ('s(b: "B", a: "A")', "A B"), ('s("A", 5)', None), ('s("A")', None), ('s(x: "B")', None)],
)  # fmt: skip
def test_a_service_is_called_as_a_function(call: str, expected: Any) -> None:
    body = decision("r", literal(call), knows="_s")
    assert decided(PARTS + service("_one", "_b", "a") + body) == expected


def test_the_result_of_a_service_is_of_the_type_of_its_function() -> None:
    thousand = decision("one", literal("1000"))
    assert decided(TYPES + thousand + service("_one", kind="tTextFunction"), name="s") is None


def columns(policy: str, rules: list[str], values: tuple[str, str] = ("", "")) -> str:
    """A table of one input `x` and two outputs."""
    outputs = "".join(
        f'<output name="{name}">{f"<outputValues><text>{listed}</text></outputValues>" if listed else ""}</output>'
        for name, listed in zip(("p", "q"), values, strict=True)
    )
    listed_rules = "".join(
        f'<rule id="r{at}"><inputEntry><text>{cells[0]}</text></inputEntry>'
        + "".join(f"<outputEntry><text>{cell}</text></outputEntry>" for cell in cells[1:])
        + "</rule>"
        for at, cells in enumerate((rule.split("|") for rule in rules), start=1)
    )
    return f"<decisionTable {policy}><input><inputExpression><text>x</text></inputExpression></input>{outputs}{listed_rules}</decisionTable>"


RULES = ['&gt; 1|"low"|1', '&gt; 2|"high"|1', '&gt; 3|"high"|2']
ORDERS = ('"high", "low"', "2, 1")


@pytest.mark.parametrize(
    ("policy", "x", "expected"),
    [
        ('hitPolicy="PRIORITY"', 5, {"p": "high", "q": 2}), ('hitPolicy="PRIORITY"', 2, {"p": "low", "q": 1}), ('hitPolicy="PRIORITY"', 0, None),
        ('hitPolicy="OUTPUT ORDER"', 5, [{"p": "high", "q": 2}, {"p": "high", "q": 1}, {"p": "low", "q": 1}]), ('hitPolicy="OUTPUT ORDER"', 0, []),
        ('hitPolicy="RULE ORDER"', 5, [{"p": "low", "q": 1}, {"p": "high", "q": 1}, {"p": "high", "q": 2}]), ('hitPolicy="COLLECT"', 3, [{"p": "low", "q": 1}, {"p": "high", "q": 1}]),
        ('hitPolicy="FIRST"', 5, {"p": "low", "q": 1}), ('hitPolicy="COLLECT" aggregation="COUNT"', 5, 3), ('hitPolicy="UNIQUE"', 2, {"p": "low", "q": 1}),
    ],
)  # fmt: skip
def test_a_table_of_several_outputs_gives_contexts(policy: str, x: int, expected: Any) -> None:
    assert decided(decision("r", columns(policy, RULES, ORDERS)), {"x": x}) == expected


@pytest.mark.parametrize(
    ("aggregation", "cells", "expected"),
    [("MIN", ['"b"', '"a"'], "a"), ("MAX", ['date("2026-01-01")', 'date("2026-02-01")'], 2), ("SUM", ['duration("PT1H")', 'duration("PT2H")'], 3)],
)  # fmt: skip
def test_collected_values_are_joined_by_their_own_order_and_sum(
    aggregation: str, cells: list[str], expected: Any
) -> None:
    rules = "".join(
        f"<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>{cell}</text></outputEntry></rule>"
        for cell in cells
    )
    table = (
        f'<decisionTable hitPolicy="COLLECT" aggregation="{aggregation}"><input><inputExpression><text>1</text>'
        f'</inputExpression></input><output name="o"/>{rules}</decisionTable>'
    )
    part = {"MIN": "t", "MAX": "t.month", "SUM": "t.hours"}[aggregation]
    assert decided(decision("t", table) + decision("r", literal(part), needs="_t")) == expected


def test_where_no_rule_matches_it_is_said() -> None:
    found = load_decisions(dmn(decision("r", columns("", RULES)))).decide("r", {"x": 0})
    assert (found.result, found.matched) == (None, ())
    assert [(item.level, item.code, item.element) for item in found.findings] == [
        ("warning", "no-rule", "_r")
    ]


def typed_table(value: str, kind: str, out: str) -> str:
    return (
        f'<decisionTable><input id="c" label="size"><inputExpression typeRef="{kind}"><text>{value}</text></inputExpression></input>'
        f'<output id="o" name="o" typeRef="tColour"/><rule id="r1"><inputEntry id="i1"><text>-</text></inputEntry>'
        f'<outputEntry id="o1"><text>{out}</text></outputEntry></rule></decisionTable>'
    )


@pytest.mark.parametrize(
    ("value", "kind", "out", "place"),
    [('"a"', "number", '"red"', "_r/size"), ('"blue"', "tColour", '"red"', "_r/size"), ("1", "number", '"blue"', "_r/o1"), ("1", "number", "5", "_r/o1")],
)  # fmt: skip
def test_a_cell_of_another_type_is_an_error_that_names_it(
    value: str, kind: str, out: str, place: str
) -> None:
    with pytest.raises(DecisionError) as caught:
        decided(TYPES + decision("r", typed_table(value, kind, out)))
    assert caught.value.place == place


def loan() -> DecisionModel:
    """A small graph such as those of chapter 11 of the standard: data, knowledge, a table, a context."""
    data = "".join(
        f'<inputData id="{name}" name="{name}"><variable name="{name}" typeRef="number"/></inputData>'
        for name in ("amount", "rate", "months")
    )
    payment = knowledge(
        "PMT",
        {"p": "number", "r": "number", "n": "number"},
        literal("(p * r / 12) / (1 - (1 + r / 12) ** -n)"),
    )
    fee = decision(
        "fee",
        literal("PMT(amount, rate, months)"),
        knows="_PMT",
        given="amount rate months",
        kind="number",
    )
    return load_decisions(dmn(data + payment + fee))  # fmt: skip


def test_the_instalment_of_the_standards_loan() -> None:
    result = (
        loan().decide("fee", {"amount": 600000, "rate": Decimal("0.0375"), "months": 360}).result
    )
    assert round(result, 6) == Decimal("2778.693549")


def test_a_result_is_json_when_it_is_of_text_and_numbers() -> None:
    body = decision("r", literal('{a: "x", b: [true, null]}'))
    assert json.dumps(decided(body)) == '{"a": "x", "b": [true, null]}'
