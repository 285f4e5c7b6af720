"""A business rule task takes a decision of the package; the decisions are a part of the definition."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.workflow.definitions import check_process, fingerprint, load_definition, takes_decisions
from engine.workflow.simulate import simulate
from tests.engine.workflow.models import begun

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
DECISIONS = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
  <inputData id="i" name="amount"/>
  <decision id="tariff" name="Tariff"><variable name="tariff"/>
    <informationRequirement><requiredInput href="#i"/></informationRequirement>
    <literalExpression><text>if amount &gt; 100 then "high" else "low"</text></literalExpression>
  </decision>
  <decision id="both" name="Both"><variable name="both"/>
    <informationRequirement><requiredInput href="#i"/></informationRequirement>
    <literalExpression><text>{ fee: amount * 2, kind: "x" }</text></literalExpression>
  </decision>
</definitions>"""


def rule(decision: str, result: str = "") -> bytes:
    wanted = (
        f'<spiffworkflow:properties><spiffworkflow:property name="resultVariable" value="{result}"/>'
        "</spiffworkflow:properties>"
    )
    inside = (
        "<bpmn:extensionElements>"
        f"<spiffworkflow:calledDecisionId>{decision}</spiffworkflow:calledDecisionId>"
        f"{wanted if result else ''}</bpmn:extensionElements>"
    )
    return begun().node("businessRuleTask", "rule", "", inside).flow("start", "rule", "end").xml()


def run(xml: bytes, decisions: bytes | None = DECISIONS) -> dict[str, Any]:
    result = simulate(xml, {"amount": 150}, NOW, decisions)
    assert result.completed, result.findings
    return result.data


def test_the_result_goes_into_its_variable() -> None:
    assert run(rule("tariff", "chosen"))["chosen"] == "high"


def test_without_a_variable_it_goes_under_the_decisions_name() -> None:
    assert run(rule("tariff"))["tariff"] == "high"


def test_several_outputs_without_a_variable_become_data_by_their_names() -> None:
    data = run(rule("both"))
    assert (data["fee"], data["kind"]) == (300, "x")


def test_a_decision_that_is_not_there_is_told_before_anyone_can_publish() -> None:
    told = check_process(rule("missing"), decisions=DECISIONS)
    assert [(item.level, item.code, item.element) for item in told] == [
        ("error", "decision", "rule")
    ]
    alone = check_process(rule("tariff"))
    assert [(item.level, item.code) for item in alone] == [("warning", "decision")]


def test_without_its_decisions_the_task_fails_and_says_so() -> None:
    result = simulate(rule("tariff"), {"amount": 1}, NOW)
    assert not result.completed
    assert any("decisiones" in item.message for item in result.findings if item.level == "error")


def test_the_decisions_count_for_the_model_that_takes_them_alone() -> None:
    xml, other = rule("tariff"), begun().flow("start", "end").xml()
    assert (takes_decisions(xml), takes_decisions(other)) == (True, False)
    assert load_definition(xml, DECISIONS).sha256 == fingerprint(xml, DECISIONS) != fingerprint(xml)
    assert load_definition(xml, DECISIONS).decisions == DECISIONS
    assert load_definition(other, DECISIONS) is load_definition(other)
    changed = DECISIONS.replace(b"high", b"most")
    assert run(xml, changed)["tariff"] == "most"
    assert run(xml)["tariff"] == "high"


@pytest.mark.parametrize(
    "broken", [b"<x/>", b"nothing", DECISIONS.replace(b"amount &gt; 100", b"if")]
)
def test_decisions_that_cannot_be_read_are_an_error(broken: bytes) -> None:
    errors = [
        item for item in check_process(rule("tariff"), decisions=broken) if item.level == "error"
    ]
    assert {item.code for item in errors} == {"decision"}
