"""What cannot be kept of a model drawn elsewhere is told with its element; what can be kept runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.workflow.definitions import check_process, load_definition
from engine.workflow.simulate import Simulation, simulate
from tests.engine.workflow.bpmn.moddle import (
    Drawn,
    draw,
    event,
    expression,
    file,
    flow,
    node,
    path,
    process,
)

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
START, END = node("StartEvent", "s"), node("EndEvent", "e")
DECISIONS = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
  <inputData id="i" name="amount"/>
  <decision id="tariff" name="tariff"><variable name="tariff"/>
    <informationRequirement><requiredInput href="#i"/></informationRequirement>
    <literalExpression><text>amount * 2</text></literalExpression></decision>
</definitions>"""


def one(task: Drawn, extension: str = "", *others: Drawn) -> Drawn:
    """A process of a single step."""
    return file(process(START, task, END, path("s", task["id"], "e")), *others, extension=extension)


def sub(*elements: Any) -> Drawn:
    flat = [each for item in elements for each in (item if isinstance(item, list) else [item])]
    return node("SubProcess", "sub", flowElements=flat)


def connector() -> Drawn:
    mapping = {
        "$type": "camunda:InputOutput",
        "inputParameters": [
            {"$type": "camunda:InputParameter", "name": "url", "value": "https://x/${id}"},
            {"$type": "camunda:InputParameter", "name": "headers", "definition": {"$type": "camunda:Map", "entries": [{"$type": "camunda:Entry", "key": "Accept", "value": "text"}]}},
        ],
        "outputParameters": [{"$type": "camunda:OutputParameter", "name": "body", "value": "${response}"}],
    }  # fmt: skip
    return node(
        "ServiceTask",
        "t",
        [{"$type": "camunda:Connector", "connectorId": "http-connector", "inputOutput": mapping}],
    )


def call(extension: str) -> Drawn:
    if extension == "zeebe":
        task = node("CallActivity", "t", [{"$type": "zeebe:CalledElement", "processId": "q"}])
    else:
        task = node(
            "CallActivity",
            "t",
            [
                {"$type": "camunda:In", "source": "amount", "target": "price"},
                {"$type": "camunda:Out", "sourceExpression": "${price + 1}", "target": "total"},
            ],
            calledElement="q",
        )
    inner = process(
        node("StartEvent", "s2"), node("ScriptTask", "double", scriptFormat="feel", script="{ price: price * 2 }"), node("EndEvent", "e2"),
        path("s2", "double", "e2"), executable=False, key="q",
    )  # fmt: skip
    return one(task, extension, inner)


def several_starts() -> Drawn:
    return one(
        sub(
            node("StartEvent", "s1"), node("StartEvent", "s2"), node("UserTask", "a"), node("UserTask", "b"),
            path("s1", "a"), path("s2", "b"),
        )
    )  # fmt: skip


def shared_event() -> Drawn:
    shared = {
        "$type": "bpmn:TimerEventDefinition",
        "id": "shared",
        "timeDuration": expression("PT1H"),
    }
    wait = node("IntermediateCatchEvent", "t", eventDefinitionRef=["#shared"])
    return file(process(START, wait, END, path("s", "t", "e")), shared)


def lonely_condition() -> Drawn:
    return file(
        process(START, node("UserTask", "t"), END, path("s", "t"), flow("t", "e", "t.ok = true"))
    )


LISTENER = {"$type": "camunda:ExecutionListener", "class": "org.acme.Spy", "event": "start"}
FORM = {
    "$type": "camunda:FormData",
    "fields": [{"$type": "camunda:FormField", "id": "age", "type": "long"}],
}
MODELS: dict[str, Drawn] = {
    "connector": one(connector(), "camunda"),
    "camunda decision": one(node("BusinessRuleTask", "t", **{"camunda:decisionRef": "tariff", "camunda:resultVariable": "due", "camunda:mapDecisionResult": "singleEntry"}), "camunda"),
    "zeebe decision": one(node("BusinessRuleTask", "t", [{"$type": "zeebe:CalledDecision", "decisionId": "tariff", "resultVariable": "due"}]), "zeebe"),
    "camunda call": call("camunda"),
    "zeebe call": call("zeebe"),
    "listener": one(node("UserTask", "t", [LISTENER]), "camunda"),
    "fields": one(node("UserTask", "t", [FORM]), "camunda"),
    "groovy": one(node("ScriptTask", "t", scriptFormat="groovy", script="x = 1"), "camunda"),
    "method": one(node("ServiceTask", "t", **{"camunda:expression": "${mailer.send(to)}"}), "camunda"),
    "computed": one(node("ServiceTask", "t", **{"camunda:expression": "${amount * 2}", "camunda:resultVariable": "due"}), "camunda"),
    "shell": one(node("ServiceTask", "t", **{"flowable:type": "shell"}), "flowable"),
    "computed call": one(node("CallActivity", "t", [{"$type": "zeebe:CalledElement", "processId": "=name"}]), "zeebe"),
    "no starts": one(sub(node("UserTask", "a"), node("UserTask", "b"))),
    "several starts": several_starts(),
    "empty": one(sub()),
    "shared event": shared_event(),
    "lonely condition": lonely_condition(),
    "job of a throw": file(process(START, event("IntermediateThrowEvent", "t", "Message", extensionElements={"$type": "bpmn:ExtensionElements", "values": [{"$type": "zeebe:TaskDefinition", "type": "tell"}]}), END, path("s", "t", "e")), extension="zeebe"),
    "counting": one(node("UserTask", "t", loopCharacteristics={"$type": "bpmn:MultiInstanceLoopCharacteristics", "loopCardinality": expression("${3}"), "completionCondition": expression("${nrOfCompletedInstances >= 2}")}), "camunda"),
}  # fmt: skip


@pytest.fixture(scope="module")
def drawn() -> dict[str, bytes]:
    return draw(MODELS)


def run(xml: bytes, **values: Any) -> Simulation:
    result = simulate(xml, values, NOW, DECISIONS)
    assert [item for item in result.findings if item.level == "error"] == []
    assert result.completed
    return result


LOST = {
    "listener": ("warning", "lost", "t"),
    "fields": ("warning", "form", "t"),
    "groovy": ("error", "script-language", "t"),
    "method": ("warning", "lost", "t"),
    "shell": ("error", "code", "t"),
    "computed call": ("error", "call", "t"),
    "several starts": ("warning", "start", "sub"),
    "no starts": ("info", "start", "sub"),
    "empty": ("warning", "empty", "sub"),
    "lonely condition": ("warning", "no-default", "t.choice"),
    "job of a throw": ("warning", "lost", "t"),
    "counting": ("warning", "loop", "t"),
}


@pytest.mark.parametrize("name", LOST)
def test_each_loss_is_told_with_its_element(name: str, drawn: dict[str, bytes]) -> None:
    told = {(item.level, item.code, item.element) for item in check_process(drawn[name])}
    assert LOST[name] in told
    if LOST[name][0] != "error":
        run(drawn[name], tasks={"t": {"ok": True}})


def test_a_connector_is_a_service_with_its_inputs_and_outputs(drawn: dict[str, bytes]) -> None:
    result = run(drawn["connector"], id="7", services={"http-connector": {"response": "hello"}})
    assert (result.steps, result.data["body"]) == (["t"], "hello")
    spec = load_definition(drawn["connector"]).spec.task_specs["t"]
    assert spec.operation_params["url"]["value"] == '"https://x/" + string(id)'
    assert spec.operation_params["headers"]["value"] == '{"Accept": "text"}'


@pytest.mark.parametrize("name", ["camunda decision", "zeebe decision"])
def test_a_decision_is_that_of_the_package(name: str, drawn: dict[str, bytes]) -> None:
    assert run(drawn[name], amount=21).data["due"] == 42


def test_a_called_process_gets_and_gives_what_the_mappings_say(drawn: dict[str, bytes]) -> None:
    assert run(drawn["camunda call"], amount=10).data["total"] == 21
    assert run(drawn["zeebe call"], price=10).data["price"] == 20


def test_an_expression_that_only_computes_is_a_script(drawn: dict[str, bytes]) -> None:
    assert run(drawn["computed"], amount=4).data["due"] == 8


def test_a_subprocess_begins_with_all_that_could_begin_it(drawn: dict[str, bytes]) -> None:
    assert sorted(run(drawn["no starts"]).steps) == ["a", "b"]
    assert sorted(run(drawn["several starts"]).steps) == ["a", "b"]
    assert run(drawn["empty"]).steps == []


def test_an_event_defined_for_the_whole_file_is_its_own_in_each_place(
    drawn: dict[str, bytes],
) -> None:
    assert run(drawn["shared event"]).steps == ["t"]


def test_a_condition_that_is_not_met_is_an_incident_and_no_end(drawn: dict[str, bytes]) -> None:
    result = simulate(drawn["lonely condition"], {"tasks": {"t": {"ok": False}}}, NOW)
    assert not result.completed
    assert [item.code for item in result.findings if item.level == "error"] == ["run"]
