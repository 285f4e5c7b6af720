"""What cannot run, or not as its author thought, is named with its element before anyone publishes it."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.workflow.definitions import InvalidModel, check_process, load_definition, normalise
from engine.workflow.simulate import simulate
from tests.engine.workflow.models import HEAD, TAIL, Model, begun

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
Run = Callable[..., subprocess.CompletedProcess[str]]


def found(xml: bytes, level: str = "error") -> set[tuple[str, str]]:
    return {(item.code, item.element) for item in check_process(xml) if item.level == level}


def raw(body: str, outside: str = "") -> bytes:
    return (
        (HEAD + body + TAIL)
        .replace("</bpmn:definitions>", outside + "</bpmn:definitions>")
        .encode()
    )


def event(kind: str, identifier: str, definition: str, attributes: str = "") -> str:
    return f'<bpmn:{kind} id="{identifier}" {attributes}><bpmn:{definition}EventDefinition/></bpmn:{kind}>'


def flows(*nodes: str) -> str:
    return "".join(
        f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>'
        for a, b in itertools.pairwise(nodes)
    )


ENDS = '<bpmn:startEvent id="start"/><bpmn:endEvent id="end"/>'
TIMER = "<bpmn:timerEventDefinition><bpmn:{0}>{1}</bpmn:{0}></bpmn:timerEventDefinition>"
LINK = '<bpmn:{0} id="{1}"><bpmn:linkEventDefinition name="{2}"/></bpmn:{0}>'

ERRORS: dict[str, tuple[bytes, tuple[str, str]]] = {
    "complex gateway": (begun().node("complexGateway", "g").flow("start", "g", "end").xml(), ("refused", "g")),
    "ad hoc": (begun().node("adHocSubProcess", "g").flow("start", "g", "end").xml(), ("refused", "g")),
    "data store": (raw(ENDS + flows("start", "end") + '<bpmn:dataStoreReference id="store" dataStoreRef="x"/>'), ("refused", "store")),
    "choreography": (raw(ENDS + flows("start", "end"), '<bpmn:choreography id="dance"/>'), ("refused", "dance")),
    "unknown process": (begun().node("callActivity", "c", 'calledElement="nobody"').flow("start", "c", "end").xml(), ("call", "c")),
    "no process": (begun().node("callActivity", "c").flow("start", "c", "end").xml(), ("call", "c")),
    "itself": (begun().node("callActivity", "c", 'calledElement="p"').flow("start", "c", "end").xml(), ("cycle", "c")),
    "no operator": (begun().node("serviceTask", "s").flow("start", "s", "end").xml(), ("no-operator", "s")),
    "no decision": (begun().node("businessRuleTask", "r").flow("start", "r", "end").xml(), ("decision", "r")),
    "no message": (begun().node("receiveTask", "r").flow("start", "r", "end").xml(), ("message", "r")),
    "dangling message": (raw(ENDS + '<bpmn:intermediateCatchEvent id="c"><bpmn:messageEventDefinition messageRef="x"/></bpmn:intermediateCatchEvent>' + flows("start", "c", "end")), ("reference", "c")),
    "dangling border": (raw(ENDS + event("boundaryEvent", "b", "signal", 'attachedToRef="x"') + flows("start", "end") + flows("b", "end")), ("reference", "b")),
    "dangling shared event": (raw(ENDS + '<bpmn:intermediateCatchEvent id="c"><bpmn:eventDefinitionRef>x</bpmn:eventDefinitionRef></bpmn:intermediateCatchEvent>' + flows("start", "c", "end")), ("reference", "c")),
    "cancel outside": (raw('<bpmn:startEvent id="start"/>' + event("endEvent", "end", "cancel") + flows("start", "end")), ("cancel", "end")),
    "cancel border": (raw(ENDS + '<bpmn:userTask id="u"/>' + event("boundaryEvent", "b", "cancel", 'attachedToRef="u"') + flows("start", "u", "end") + flows("b", "end")), ("cancel", "b")),
    "a link without end": (raw(ENDS + LINK.format("intermediateThrowEvent", "l", "x") + flows("start", "l")), ("link", "l")),
    "a link without origin": (raw(ENDS + LINK.format("intermediateCatchEvent", "l", "x") + flows("start", "end") + flows("l", "end")), ("link", "l")),
    "two ends of a link": (raw(ENDS + LINK.format("intermediateThrowEvent", "l", "x") + LINK.format("intermediateCatchEvent", "m", "x") + LINK.format("intermediateCatchEvent", "n", "x") + flows("start", "l") + flows("m", "end") + flows("n", "end")), ("link", "n")),
    "events then a task": (begun().node("eventBasedGateway", "g").user("u").timer("t", "PT1S").flow("start", "g", "u", "end").flow("g", "t", "end").xml(), ("event-gateway", "g")),
    "a choice without condition": (begun().node("exclusiveGateway", "g").user("a").user("b").flow("start", "g").flow("g", "a", "end").flow("g", "b", "end").xml(), ("no-condition", "g_a")),
    "a foreign default": (begun().node("exclusiveGateway", "g", 'default="start_g"').user("a").flow("start", "g", "end").when("g", "a", "x").flow("a", "end").xml(), ("reference", "g")),
    "an unknown function": (begun().script("s", "{ a: launch(1) }").flow("start", "s", "end").xml(), ("function", "s")),
    "no time": (raw(ENDS + f'<bpmn:intermediateCatchEvent id="t">{TIMER.format("timeDuration", "")}</bpmn:intermediateCatchEvent>' + flows("start", "t", "end")), ("timer", "t")),
    "a cron": (raw(ENDS + f'<bpmn:intermediateCatchEvent id="t">{TIMER.format("timeCycle", "0 0 9 ? * MON")}</bpmn:intermediateCatchEvent>' + flows("start", "t", "end")), ("timer", "t")),
    "flow out of an end": (begun().user("a").flow("start", "end", "a").xml(), ("end", "end")),
    "flow into a start": (begun().user("a").flow("start", "a", "end").flow("a", "start").xml(), ("start", "start")),
    "no way out": (Model().node("startEvent", "start").user("a").user("b").flow("start", "a", "b", "a").xml(), ("no-end", "p")),
    "no way in": (Model().user("a").user("b").node("endEvent", "end").flow("a", "b", "a").flow("b", "end").xml(), ("start", "p")),
    "a loop without end": (begun().node("userTask", "u", "", "<bpmn:standardLoopCharacteristics/>").flow("start", "u", "end").xml(), ("loop", "u")),
    "instances without number": (begun().node("userTask", "u", "", "<bpmn:multiInstanceLoopCharacteristics/>").flow("start", "u", "end").xml(), ("loop", "u")),
    "nobody says which": (raw(ENDS + flows("start", "end"), '<bpmn:process id="q"><bpmn:task id="t"/></bpmn:process>').replace(b'isExecutable="true"', b""), ("not-executable", "p")),
    "not executable": (begun().flow("start", "end").xml().replace(b'"true"', b'"false"'), ("not-executable", "")),
    "an error at the start": (raw(event("startEvent", "start", "error") + '<bpmn:endEvent id="end"/>' + flows("start", "end")), ("start", "start")),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_what_cannot_run_is_an_error_of_its_element(name: str) -> None:
    xml, expected = ERRORS[name]
    assert expected in found(xml)
    with pytest.raises(InvalidModel):
        load_definition(xml)
    assert simulate(xml, {}, NOW).completed is False


WARNINGS: dict[str, tuple[bytes, tuple[str, str]]] = {
    "unreachable": (begun().user("a").user("b").flow("start", "a", "end").flow("b", "end").xml(), ("unreachable", "b")),
    "a join in vain": (begun().node("exclusiveGateway", "g", 'default="g_j"').node("parallelGateway", "j").user("a").flow("start", "g", "j", "end").when("g", "a", "x").flow("a", "j").xml(), ("join", "j")),
    "no default": (begun().node("exclusiveGateway", "g").user("a").flow("start", "g").when("g", "end", "x").when("g", "a", "y").flow("a", "end").xml(), ("no-default", "g")),
    "a repeated timer": (begun().user("a").node("boundaryEvent", "b", 'attachedToRef="a" cancelActivity="false"', TIMER.format("timeCycle", "R3/PT1H/2027-01-01T00:00:00Z")).flow("start", "a", "end").flow("b", "end").xml(), ("timer-cycle", "b")),
    "a start at a time": (raw(f'<bpmn:startEvent id="start">{TIMER.format("timeDate", "2027-01-01")}</bpmn:startEvent><bpmn:endEvent id="end"/>' + flows("start", "end")), ("start", "start")),
    "another pool": (raw(ENDS + flows("start", "end"), '<bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="s"/><bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"/></bpmn:process>'), ("other-process", "q")),
    "a message for nobody": (begun().node("sendTask", "s").flow("start", "s", "end").xml(), ("message", "s")),
    "a condition nobody looks at": (begun().node("parallelGateway", "g").user("a").user("b").flow("start", "g").when("g", "a", "x").flow("g", "b", "end").flow("a", "end").xml(), ("condition", "g_a")),
}  # fmt: skip


@pytest.mark.parametrize("name", WARNINGS)
def test_what_runs_otherwise_than_it_seems_is_a_warning_of_its_element(name: str) -> None:
    xml, expected = WARNINGS[name]
    assert expected in found(xml, "warning")
    assert found(xml) == set()
    load_definition(xml)


def test_branches_that_do_meet_are_no_warning() -> None:
    model = (
        begun().node("parallelGateway", "split").node("parallelGateway", "join").node("exclusiveGateway", "or", 'default="or_b"').node("exclusiveGateway", "merge").user("a").user("b").user("c")
        .flow("start", "split", "a", "join", "end").flow("split", "or", "b", "merge", "join").when("or", "c", "x").flow("c", "merge")
    )  # fmt: skip
    assert check_process(model.xml()) == ()


def test_a_services_name_is_compared_with_those_that_there_are() -> None:
    xml = begun().service("s", "registry/enter").flow("start", "s", "end").xml()
    assert check_process(xml, known_services={"registry/enter"}) == ()
    assert [item.code for item in check_process(xml, known_services={"registry/leave"})] == [
        "service"
    ]


def test_a_name_that_nobody_gives_is_told_once_where_it_is_used() -> None:
    xml = (
        begun().user("ask").script("s", "{ a: ask.x + b, c: a + request.y, d: b }").flow("start", "ask", "s", "end").xml()
    )  # fmt: skip
    assert check_process(xml) == ()
    told = check_process(xml, given={"request"})
    assert [(item.level, item.code, item.element) for item in told] == [("warning", "name", "s")]
    assert "«b»" in told[0].message


def test_a_called_process_known_elsewhere_is_told_to_be_brought_in() -> None:
    xml = begun().node("callActivity", "c", 'calledElement="other"').flow("start", "c", "end").xml()
    (known,) = check_process(xml, lambda key: b"<x/>" if key == "other" else None)
    assert (known.code, known.element) == ("call", "c")
    assert "cópielo" in known.message


def test_the_authors_bytes_stay_those_of_the_definition() -> None:
    xml = begun().user("a").user("b").flow("start", "a").flow("start", "b").flow("a", "end").xml()
    definition = load_definition(xml)
    assert definition.xml == xml
    assert definition.normalised == normalise(xml).xml != xml
    assert load_definition(xml) is definition


def test_a_model_that_needs_no_change_is_left_byte_by_byte() -> None:
    xml = begun().user("a").flow("start", "a", "end").xml()
    assert normalise(xml).xml == xml


def test_a_foreign_model_is_written_anew_with_what_changed(run_cli: Run, tmp_path: Path) -> None:
    source, out = tmp_path / "theirs.bpmn", tmp_path / "ours.bpmn"
    model = begun().user("a").user("b").flow("start", "a", "b").flow("a", "end")
    source.write_bytes(
        model.xml().replace(
            b'id="a"', b'id="a" xmlns:c="http://camunda.org/schema/1.0/bpmn" c:assignee="demo"'
        )
    )
    done = run_cli("import", "process", str(source), "--out", str(out), "--json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert {(item["level"], item["code"], item["element"]) for item in answer["findings"]} >= {
        ("info", "fork", "a"), ("info", "end", "b"), ("warning", "lost", "a"),
    }  # fmt: skip
    again = run_cli("check", "process", str(out), "--json")
    assert json.loads(again.stdout) == {
        "path": str(out),
        "ok": True,
        "executable": True,
        "findings": [],
    }
    source.write_bytes(b"nothing")
    assert (
        run_cli("import", "process", str(source), "--out", str(tmp_path / "no.bpmn")).returncode
        == 1
    )
    assert not (tmp_path / "no.bpmn").exists()
