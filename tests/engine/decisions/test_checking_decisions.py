"""`check_decisions`: all that is wrong in a file at once, each with its element and a sentence."""

from __future__ import annotations

import pytest

from engine.decisions.checking import check_decisions
from engine.decisions.errors import DecisionError
from engine.decisions.model import load_decisions

NS = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def dmn(body: str) -> bytes:
    return f'<definitions xmlns="{NS}" id="d" name="d" namespace="x">{body}</definitions>'.encode()


def decision(name: str, logic: str) -> str:
    return f'<decision id="{name}" name="{name}">{logic}</decision>'


def literal(text: str) -> str:
    return f"<literalExpression><text>{text}</text></literalExpression>"


def rule(test: str = "-", output: str = "1") -> str:
    return f'<rule id="r"><inputEntry id="in"><text>{test}</text></inputEntry><outputEntry id="out"><text>{output}</text></outputEntry></rule>'


def table(rules: str, attributes: str = "", outputs: str = '<output name="o"/>') -> str:
    return f"<decisionTable {attributes}><input><inputExpression><text>1</text></inputExpression></input>{outputs}{rules}</decisionTable>"


def test_a_right_file_has_no_findings() -> None:
    assert check_decisions(dmn(decision("a", table(rule())))) == ()


def test_all_the_faults_of_a_file_are_found_at_once() -> None:
    body = (
        decision("a", literal("1 +"))
        + decision("b", table(rule("&lt;", "2 +")))
        + decision("c", "")
    )
    found = check_decisions(dmn(body))
    assert [(item.level, item.code, item.element) for item in found] == [
        ("error", "feel", "a"),
        ("error", "feel", "b/in"),
        ("error", "feel", "b/out"),
        ("error", "dmn", "c"),
    ]
    assert found[0].message == "«1 +» no es FEEL: la expresión está incompleta (carácter 4)"


FAULTS = [
    ('<import name="other" namespace="y" importType="z"/>', "import", "other", "cada fichero se basta"),
    (decision("a", '<informationRequirement><requiredDecision href="#no"/></informationRequirement>' + literal("1")), "missing-element", "a", "«no», que no existe"),
    (decision("a", '<informationRequirement><requiredInput href="y#i"/></informationRequirement>' + literal("1")), "import", "a", "está en otro fichero"),
    (decision("a", literal("1")) * 2, "duplicate-id", "a", "está dos veces"),
    (decision("a", literal("1")) + '<inputData id="i" name="a"/>', "duplicate-name", "a", "nombra también"),
    (decision("a", '<literalExpression expressionLanguage="http://www.w3.org/1999/XPath"><text>1</text></literalExpression>'), "language", "a", "solo se admite FEEL"),
    ('<businessKnowledgeModel id="k" name="k"><encapsulatedLogic kind="Java">' + literal("1") + "</encapsulatedLogic></businessKnowledgeModel>", "dmn", "k", "externas"),
    ('<businessKnowledgeModel id="k" name="k"/>', "dmn", "k", "función FEEL"),
    ('<decisionService id="s" name="s"/>', "dmn", "s", "no da ninguna decisión"),
    (decision("a", table(rule(), 'hitPolicy="PRIORITY"')), "dmn", "a", "necesita la lista"),
    (decision("a", table("", 'hitPolicy="COLLECT" aggregation="SUM"', '<output name="o"/><output name="p"/>')), "dmn", "a", "no se agrega"),
    (decision("a", table(rule(), 'hitPolicy="COLLECT" aggregation="AVERAGE"')), "dmn", "a", "no existe"),
    (decision("a", table('<rule id="r"><outputEntry><text>1</text></outputEntry></rule>')), "dmn", "a/r", "una celda por columna"),
    (decision("a", "<conditional><if>" + literal("true") + "</if></conditional>"), "dmn", "a/then", "falta la expresión"),
    ('<itemDefinition name="t"><typeRef>u</typeRef></itemDefinition><itemDefinition name="u"><typeRef>t</typeRef></itemDefinition>', "type-cycle", "t", "se contiene a sí mismo"),
    (decision("a", "<context><contextEntry><variable name='x'/>" + literal("1") + "</contextEntry><contextEntry><variable name='x'/>" + literal("2") + "</contextEntry></context>"), "dmn", "a", "está dos veces"),
    (decision("a", '<relation><column name="c"/><row id="w">' + literal("1") * 2 + "</row></relation>"), "dmn", "a/w", "una celda por columna"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code", "element", "words"), FAULTS, ids=[fault[3] for fault in FAULTS]
)
def test_a_fault_is_named_and_the_file_refused(
    body: str, code: str, element: str, words: str
) -> None:
    errors = [item for item in check_decisions(dmn(body)) if item.level == "error"]
    assert (errors[0].code, errors[0].element) == (code, element)
    assert words in errors[0].message
    with pytest.raises(DecisionError):
        load_decisions(dmn(body))


def test_cycles_are_found_through_knowledge_and_services_too() -> None:
    def knowing(name: str, other: str) -> str:
        link = f'<knowledgeRequirement><requiredKnowledge href="#{other}"/></knowledgeRequirement>'
        return f'<businessKnowledgeModel id="{name}" name="{name}"><encapsulatedLogic>{literal("1")}</encapsulatedLogic>{link}</businessKnowledgeModel>'

    (found,) = check_decisions(dmn(knowing("k", "l") + knowing("l", "k")))
    assert (found.code, found.message) == (
        "cycle",
        "la decisión se requiere a sí misma (k → l → k)",
    )


def test_a_large_graph_is_walked_once() -> None:
    body = decision("d0", literal("1"))
    for at in range(1, 200):
        links = "".join(
            f'<informationRequirement><requiredDecision href="#d{other}"/></informationRequirement>'
            for other in range(max(0, at - 8), at)
        )
        body += decision(f"d{at}", links + literal("1"))
    assert check_decisions(dmn(body)) == ()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (decision("a", literal("n + 1")) + '<inputData id="i" name="n"/>', "not-required"), (decision("a", literal("n + 1")), "unknown-name"), (decision("a", literal("hola(1)")), "unknown-name"),
        (decision("a", '<variable name="a" typeRef="tNo"/>' + literal("1")), "unknown-type"), (decision("a", table("")), "no-rules"),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_a_warning_and_the_file_serves(body: str, code: str) -> None:
    (found,) = check_decisions(dmn(body))
    assert (found.level, found.code, found.element) == ("warning", code, "a")
    load_decisions(dmn(body))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a/>",
        b"no",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a/>',
        b"<a>" * 200,
        b'<definitions xmlns="http://other"/>',
    ],
)
def test_what_is_no_decision_file_is_said(data: bytes) -> None:
    (found,) = check_decisions(data)
    assert (found.level, found.code) == ("error", "xml")
