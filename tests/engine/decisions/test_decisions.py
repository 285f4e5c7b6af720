"""Decisions: every hit policy, requirements, faults that name their cell."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.decisions.errors import DecisionError
from engine.decisions.model import load_decisions

NS = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def dmn(body: str) -> bytes:
    return f'<definitions xmlns="{NS}" id="d" name="d" namespace="x">{body}</definitions>'.encode()


def table(
    policy: str, rules: list[tuple[str, str]], *, values: str = "", default: str = ""
) -> bytes:
    listed = "".join(
        f'<rule id="r{n}"><inputEntry id="i{n}"><text>{test}</text></inputEntry>'
        f'<outputEntry id="o{n}"><text>{output}</text></outputEntry></rule>'
        for n, (test, output) in enumerate(rules, start=1)
    )
    allowed = f"<outputValues><text>{values}</text></outputValues>" if values else ""
    fallback = f"<defaultOutputEntry><text>{default}</text></defaultOutputEntry>" if default else ""
    return dmn(
        f'<decision id="t" name="t"><decisionTable {policy}><input id="in" label="x"><inputExpression><text>x</text>'
        f'</inputExpression></input><output id="out" name="y">{allowed}{fallback}</output>{listed}</decisionTable></decision>'
    )


RULES = [("&lt; 10", "1"), ("&lt; 20", "2"), ("[15..30]", "3")]


@pytest.mark.parametrize(
    ("policy", "x", "expected"),
    [
        ('hitPolicy="FIRST"', 5, Decimal(1)), ('hitPolicy="UNIQUE"', 12, Decimal(2)), ('hitPolicy="RULE ORDER"', 16, [2, 3]),
        ('hitPolicy="COLLECT"', 5, [1, 2]), ('hitPolicy="COLLECT" aggregation="SUM"', 5, Decimal(3)),
        ('hitPolicy="COLLECT" aggregation="MIN"', 16, Decimal(2)), ('hitPolicy="COLLECT" aggregation="MAX"', 16, Decimal(3)),
        ('hitPolicy="COLLECT" aggregation="COUNT"', 99, Decimal(0)), ('hitPolicy="COLLECT"', 99, []), ('hitPolicy="FIRST"', 99, None),
    ],
)  # fmt: skip
def test_each_hit_policy_gives_its_result(policy: str, x: int, expected: Any) -> None:
    assert load_decisions(table(policy, RULES)).decide("t", {"x": x}).result == expected


def test_priorities_follow_the_list_of_outputs() -> None:
    rules = [("&gt; 1", '"low"'), ("&gt; 2", '"high"')]
    values = '"high", "low"'
    assert (
        load_decisions(table('hitPolicy="PRIORITY"', rules, values=values))
        .decide("t", {"x": 5})
        .result
        == "high"
    )
    ordered = load_decisions(table('hitPolicy="OUTPUT ORDER"', rules, values=values))
    assert ordered.decide("t", {"x": 5}).result == ["high", "low"]


def test_the_rules_that_matched_are_named() -> None:
    assert load_decisions(table('hitPolicy="COLLECT"', RULES)).decide("t", {"x": 16}).matched == (
        "r2",
        "r3",
    )


def test_a_default_stands_where_no_rule_matches() -> None:
    assert load_decisions(table("", RULES, default="7")).decide("t", {"x": 99}).result == Decimal(7)


def test_a_unique_table_with_two_hits_is_an_error_that_names_them() -> None:
    with pytest.raises(DecisionError, match="r1, r2"):
        load_decisions(table("", RULES)).decide("t", {"x": 5})


def test_an_any_table_with_different_results_is_an_error() -> None:
    with pytest.raises(DecisionError, match="distintos"):
        load_decisions(table('hitPolicy="ANY"', RULES)).decide("t", {"x": 5})


def test_an_output_that_is_not_allowed_is_an_error() -> None:
    with pytest.raises(DecisionError, match="no es un valor admitido"):
        load_decisions(table("", [("-", '"red"')], values='"green"')).decide("t", {"x": 1})


def test_decisions_require_decisions_inputs_and_knowledge() -> None:
    model = load_decisions(
        dmn(
            '<inputData id="i" name="metres"/>'
            '<businessKnowledgeModel id="k" name="twice"><encapsulatedLogic><formalParameter name="n"/>'
            "<literalExpression><text>n * 2</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>"
            '<decision id="base" name="base"><informationRequirement><requiredInput href="#i"/></informationRequirement>'
            '<knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement>'
            "<literalExpression><text>twice(metres)</text></literalExpression></decision>"
            '<decision id="fee" name="fee"><informationRequirement><requiredDecision href="#base"/></informationRequirement>'
            '<context><contextEntry><variable name="vat"/><literalExpression><text>base * 0.21</text></literalExpression>'
            "</contextEntry><contextEntry><literalExpression><text>base + vat</text></literalExpression></contextEntry>"
            "</context></decision>"
        )
    )
    assert model.decide("fee", {"metres": 10}).result == Decimal("24.20")
    (missing,) = model.decide("base", {}).findings
    assert (missing.level, missing.element, missing.message) == (
        "warning",
        "i",
        "falta el dato «metres»",
    )


def test_decisions_that_require_each_other_are_refused_with_their_ids() -> None:
    def requiring(one: str, other: str) -> str:
        return (
            f'<decision id="{one}" name="{one}"><informationRequirement><requiredDecision href="#{other}"/>'
            "</informationRequirement><literalExpression><text>1</text></literalExpression></decision>"
        )

    with pytest.raises(DecisionError, match=r"a: .*a sí misma \(a → b → a\)"):
        load_decisions(dmn(requiring("a", "b") + requiring("b", "a")))


def test_a_call_to_what_is_no_function_is_null_and_said() -> None:
    code = '__import__("os").system("x")'
    body = f'<decision id="p" name="p"><literalExpression><text>{code}</text></literalExpression></decision>'
    found = load_decisions(dmn(body)).decide("p", {})
    assert found.result is None
    assert [item.text for item in found.findings] == ["p: Se llama a algo que no es una función."]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "vac"),
        (b"<a/>", "no es DMN"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a/>', "DTD"),
        (table("", [("&lt; ", "1")]), "t/i1"),
        (table("", [("-", "1 +")]), "t/o1"),
        (table('hitPolicy="SOMETIMES"', RULES), "no existe"),
        (dmn('<decision id="e" name="e"/>'), "no tiene una tabla"),
    ],
)  # fmt: skip
def test_a_file_with_a_fault_is_refused_and_the_element_named(data: bytes, words: str) -> None:
    with pytest.raises(DecisionError, match=words):
        load_decisions(data).decide("p", {})
