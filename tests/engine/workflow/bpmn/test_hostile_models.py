"""Models made to do harm: each is answered with clear findings, in bounded time, and nothing runs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.workflow.definitions import InvalidModel, check_process, load_definition
from engine.workflow.simulate import simulate
from tests.engine.workflow.models import Model, begun

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core" id="definitions" targetNamespace="x">'
)
TAIL = "</bpmn:definitions>"


def process(body: str, key: str = "p") -> str:
    return f'<bpmn:process id="{key}" isExecutable="true">{body}</bpmn:process>'


def bomb() -> bytes:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(20))
    return f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}]>{HEAD}&e20;{TAIL}'.encode()


def external() -> bytes:
    return f'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>{HEAD}{process("&f;")}{TAIL}'.encode()


def nested(count: int) -> bytes:
    opened = "".join(f'<bpmn:subProcess id="s{n}">' for n in range(count))
    return f"{HEAD}{process(opened + '</bpmn:subProcess>' * count)}{TAIL}".encode()


def gateways(count: int) -> bytes:
    nodes = "".join(f'<bpmn:parallelGateway id="g{n}"/>' for n in range(count))
    flows = "".join(
        f'<bpmn:sequenceFlow id="f{n}_{k}" sourceRef="g{n}" targetRef="g{(n * 7 + k) % count}"/>'
        for n in range(count)
        for k in (1, 2, 3)
    )
    start = '<bpmn:startEvent id="st"/><bpmn:sequenceFlow id="f" sourceRef="st" targetRef="g0"/>'
    return f"{HEAD}{process(start + nodes + flows)}{TAIL}".encode()


def crowd(count: int) -> bytes:
    nodes = "".join(f'<bpmn:task id="t{n}"/>' for n in range(count))
    return f"{HEAD}{process(nodes)}{TAIL}".encode()


def long_text(size: int) -> bytes:
    model = begun().script("s", "{ a: &quot;" + "x" * size + "&quot; }").flow("start", "s", "end")
    return model.xml()


def calls_in_a_ring() -> bytes:
    parts = []
    for key, called in (("p", "q"), ("q", "r"), ("r", "p")):
        parts.append(
            process(
                f'<bpmn:startEvent id="s{key}"/><bpmn:callActivity id="c{key}" calledElement="{called}"/>'
                f'<bpmn:endEvent id="e{key}"/><bpmn:sequenceFlow id="f{key}" sourceRef="s{key}" '
                f'targetRef="c{key}"/><bpmn:sequenceFlow id="g{key}" sourceRef="c{key}" targetRef="e{key}"/>',
                key,
            )
        )
    return f"{HEAD}{''.join(parts)}{TAIL}".encode()


def twice() -> bytes:
    return begun().user("a").user("a").flow("start", "a", "end").xml()


def dangling() -> bytes:
    return begun().user("a").flow("start", "a", "nowhere").flow("a", "end").xml()


HOSTILE = {
    "entity bomb": (bomb(), "xml"),
    "external entity": (external(), "xml"),
    "10,000 sub-processes": (nested(10_000), "xml"),
    "40 sub-processes": (nested(40), "depth"),
    "100,000 tasks": (crowd(100_000), "size"),
    "11 MB": (long_text(11_000_000), "xml"),
    "a text of 9 MB": (long_text(9_000_000), "feel"),
    "calls in a ring": (calls_in_a_ring(), "cycle"),
    "one id twice": (twice(), "duplicate"),
    "a flow to nowhere": (dangling(), "reference"),
    "not well formed": (b"<bpmn:definitions", "xml"),
    "zeros": (b"\x00" * 1000, "xml"),
    "another format": (b"<html xmlns='x'/>", "format"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_its_reason(name: str) -> None:
    xml, code = HOSTILE[name]
    errors = [item for item in check_process(xml) if item.level == "error"]
    assert code in {item.code for item in errors}
    assert all(item.message for item in errors)
    with pytest.raises(InvalidModel):
        load_definition(xml)


def test_a_maze_of_gateways_is_looked_at_to_its_end() -> None:
    findings = check_process(gateways(3_000))
    assert any(item.code == "no-end" for item in findings)


ATTACKS = [
    "().__class__.__base__.__subclasses__()",
    "__import__(\"os\").system(\"true\")",
    "x.__class__.__mro__",
    "open(\"/etc/passwd\").read()",
    "eval(\"1\")",
    "lambda: 1",
    "[].append.__self__.__class__",
    "string.__globals__",
]  # fmt: skip


def _with(text: str, place: str) -> Model:
    escaped = text.replace('"', "&quot;")
    if place == "script":
        return begun().script("a", f"{{ x: {escaped} }}").flow("start", "a", "end")
    if place == "service":
        return begun().service("a", "do/it", "", what=escaped).flow("start", "a", "end")
    if place == "timer":
        return begun().timer("a", escaped).flow("start", "a", "end")
    return (
        begun()
        .node("exclusiveGateway", "a", 'default="a_end"')
        .user("u")
        .flow("start", "a", "end")
        .when("a", "u", escaped)
        .flow("u", "end")
    )


@pytest.mark.parametrize("place", ["script", "service", "timer", "condition"])
@pytest.mark.parametrize("text", ATTACKS)
def test_no_expression_reaches_the_host(text: str, place: str) -> None:
    result = simulate(_with(text, place).xml(), {"x": 1}, NOW)
    given = result.data.get("x")
    refused = any(item.level == "error" for item in result.findings)
    assert refused or given in (None, 1, [])


@pytest.mark.parametrize("language", ["groovy", "javascript", "python", "", "text/x-groovy"])
def test_a_script_in_a_programming_language_is_refused_by_its_id(language: str) -> None:
    model = begun().node(
        "scriptTask", "s", f'scriptFormat="{language}"', "<bpmn:script>{ x: 1 }</bpmn:script>"
    )
    errors = [
        item
        for item in check_process(model.flow("start", "s", "end").xml())
        if item.level == "error"
    ]
    assert [(item.code, item.element) for item in errors] == [("script-language", "s")]


def test_a_chain_of_1200_tasks_is_read_with_a_warning_alone() -> None:
    names = [f"t{number}" for number in range(1_200)]
    model = begun()
    for name in names:
        model.node("task", name)
    findings = check_process(model.flow("start", *names, "end").xml())
    assert [(item.level, item.code) for item in findings] == [("warning", "long-chain")]
