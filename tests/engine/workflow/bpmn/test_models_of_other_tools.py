"""Models drawn with npm's bpmn-moddle, as Camunda, Zeebe and Flowable write them: each one runs to its
end, and each loss is told with the element that it touches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.workflow.definitions import check_process, load_definition
from engine.workflow.elements import elements_of
from engine.workflow.runtime import Run
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


def io(kind: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> Drawn:
    """Camunda's or Zeebe's mappings."""
    if kind == "zeebe":
        return {
            "$type": "zeebe:IoMapping",
            "inputParameters": [
                {"$type": "zeebe:Input", "source": v, "target": k} for k, v in inputs.items()
            ],
            "outputParameters": [
                {"$type": "zeebe:Output", "source": v, "target": k} for k, v in outputs.items()
            ],
        }
    return {
        "$type": "camunda:InputOutput",
        "inputParameters": [
            {"$type": "camunda:InputParameter", "name": k, "value": v} for k, v in inputs.items()
        ],
        "outputParameters": [
            {"$type": "camunda:OutputParameter", "name": k, "value": v} for k, v in outputs.items()
        ],
    }


def loan() -> Drawn:
    """Camunda 7: people, a bean with parameters, JUEL conditions without default."""
    return file(
        process(
            START,
            node(
                "UserTask",
                "Activity_ask",
                **{
                    "camunda:assignee": "${applicant.official}",
                    "camunda:candidateGroups": "processor,sales",
                    "camunda:priority": "70",
                    "camunda:formKey": "embedded:app:forms/ask.html",
                    "camunda:dueDate": "${now()}",
                },
            ),
            node("ExclusiveGateway", "split"),
            node(
                "ServiceTask",
                "big",
                [
                    io(
                        "camunda",
                        {"amount": "${amount * 2}", "text": "Hola ${name}"},
                        {"score": "${value + 1}"},
                    )
                ],
                **{"camunda:delegateExpression": "${scoring}"},
            ),
            node("ServiceTask", "small", **{"camunda:class": "org.acme.SmallLoan"}),
            END,
            path("s", "Activity_ask", "split"),
            flow("split", "big", "${amount > 100 && !empty name}"),
            flow("split", "small", "${amount le 100 || name == ''}"),
            path("big", "e"),
            path("small", "e"),
        ),
        extension="camunda",
    )


def external() -> Drawn:
    """Camunda 7: an external task whose answers become data, a decision, a script in JUEL."""
    return file(
        process(
            START,
            node(
                "ServiceTask",
                "fetch",
                **{"camunda:type": "external", "camunda:topic": "fetch-order"},
            ),
            node(
                "ScriptTask",
                "sum",
                scriptFormat="juel",
                script="${price * 2}",
                **{"camunda:resultVariable": "total"},
            ),
            END,
            path("s", "fetch", "sum", "e"),
        ),
        extension="camunda",
    )


def zeebe_order() -> Drawn:
    """Camunda 8: a job with mappings and headers, FEEL conditions, a script, a user task."""
    return file(
        process(
            START,
            node(
                "ServiceTask",
                "charge",
                [
                    {"$type": "zeebe:TaskDefinition", "type": "charge-card", "retries": "3"},
                    io("zeebe", {"amount": "=price * 2"}, {"paid": "=ok"}),
                    {
                        "$type": "zeebe:TaskHeaders",
                        "values": [{"$type": "zeebe:Header", "key": "method", "value": "VISA"}],
                    },
                ],
            ),
            node(
                "ScriptTask",
                "sum",
                [{"$type": "zeebe:Script", "expression": "=price + 1", "resultVariable": "total"}],
            ),
            node("ExclusiveGateway", "g", default="#Flow_g_e"),
            node(
                "UserTask",
                "review",
                [
                    {"$type": "zeebe:UserTask"},
                    {
                        "$type": "zeebe:AssignmentDefinition",
                        "candidateGroups": "URB",
                        "assignee": "=owner",
                    },
                    {"$type": "zeebe:FormDefinition", "formId": "review_form"},
                    io("zeebe", {}, {"approved": "=answer"}),
                ],
            ),
            END,
            path("s", "charge", "sum", "g"),
            flow("g", "review", "=paid = true and total > 10"),
            flow("g", "e"),
            path("review", "e"),
        ),
        extension="zeebe",
    )


def zeebe_list() -> Drawn:
    """Camunda 8: one instance for each item of a computed list, gathering what each gives."""
    task = node(
        "ServiceTask",
        "each",
        [
            {"$type": "zeebe:TaskDefinition", "type": "double"},
            io("zeebe", {"n": "=item"}, {"doubled": "=value"}),
        ],
    )
    task["loopCharacteristics"] = {
        "$type": "bpmn:MultiInstanceLoopCharacteristics",
        "isSequential": True,
        "extensionElements": {
            "$type": "bpmn:ExtensionElements",
            "values": [
                {
                    "$type": "zeebe:LoopCharacteristics",
                    "inputCollection": "=[1, 2, 3]",
                    "inputElement": "item",
                    "outputCollection": "results",
                    "outputElement": "=doubled",
                }
            ],
        },
    }
    return file(process(START, task, END, path("s", "each", "e")), extension="zeebe")


def camunda_list() -> Drawn:
    """Camunda 7: several instances over a collection, with a condition to stop."""
    task = node("ServiceTask", "each", **{"camunda:topic": "note", "camunda:type": "external"})
    task["loopCharacteristics"] = {
        "$type": "bpmn:MultiInstanceLoopCharacteristics",
        "isSequential": True,
        "camunda:collection": "people",
        "camunda:elementVariable": "person",
        "completionCondition": expression("${stop}"),
    }
    return file(process(START, task, END, path("s", "each", "e")), extension="camunda")


def flowable() -> Drawn:
    """Flowable: a mail task with fields, a candidate group that is a role."""
    mail = node(
        "ServiceTask",
        "mail",
        [{"$type": "flowable:Field", "name": "to", "stringValue": "a@b.es"}],
        **{"flowable:type": "mail"},
    )
    ask = node(
        "UserTask", "ask", **{"flowable:candidateGroups": "processor", "flowable:priority": "${p}"}
    )
    return file(process(START, mail, ask, END, path("s", "mail", "ask", "e")), extension="flowable")


def pools() -> Drawn:
    """Two pools with lanes and message flows, no drawing, nobody said which process is executable."""
    ours = process(START, node("Task", "a"), END, path("s", "a", "e"), executable=None, key="town")
    ours["laneSets"] = [
        {
            "$type": "bpmn:LaneSet",
            "id": "lanes",
            "lanes": [node("Lane", "lane", name="Registro", flowNodeRef=["#a"])],
        }
    ]
    citizen = node("Process", "citizen")
    collaboration = node(
        "Collaboration",
        "c",
        participants=[
            node("Participant", "p1", processRef="#town"),
            node("Participant", "p2", processRef="#citizen"),
        ],
        messageFlows=[node("MessageFlow", "m1", sourceRef="#p2", targetRef="#a")],
    )
    return file(ours, citizen, collaboration)


def implicit() -> Drawn:
    """Nothing explicit: no start, no end, two flows out of a task, a conditional one out of another."""
    return file(
        process(
            node("Task", "a"), node("Task", "b"), node("Task", "c"), node("Task", "d"), node("Task", "f"),
            flow("a", "b"), flow("a", "c"), flow("b", "d", "x > 1"), flow("b", "f"),
        )
    )  # fmt: skip


def links() -> Drawn:
    """A page's end and the next page's beginning, joined by their name."""
    return file(
        process(
            START,
            node("Task", "a"),
            event("IntermediateThrowEvent", "out", "Link", d_name="next page"),
            event("IntermediateCatchEvent", "in", "Link", d_name="next page"),
            node("Task", "b"),
            END,
            path("s", "a", "out"),
            path("in", "b", "e"),
        )
    )


def data_objects() -> Drawn:
    """Data objects with associations of every sort."""
    make = node("ScriptTask", "make", scriptFormat="feel", script="{ order: { total: 7 } }")
    make["dataOutputAssociations"] = [
        node("DataOutputAssociation", "o1", targetRef="#order_ref"),
    ]
    use = node("ScriptTask", "use", scriptFormat="feel", script="{ double: amount * 2 }")
    use["ioSpecification"] = {
        "$type": "bpmn:InputOutputSpecification",
        "dataInputs": [node("DataInput", "in_amount", name="amount")],
        "inputSets": [node("InputSet", "set", dataInputRefs=["#in_amount"])],
        "outputSets": [node("OutputSet", "outset")],
    }
    use["dataInputAssociations"] = [
        node(
            "DataInputAssociation",
            "i1",
            sourceRef=["#order_ref"],
            targetRef="#in_amount",
            transformation=expression("order.total"),
        )
    ]
    return file(
        process(
            START,
            node("DataObject", "order"),
            node("DataObjectReference", "order_ref", dataObjectRef="#order"),
            make,
            use,
            END,
            path("s", "make", "use", "e"),
        )
    )


def zeebe_message() -> Drawn:
    """Camunda 8: waits for the message of its order, and keeps part of what it brings."""
    paid = {"$type": "bpmn:Message", "id": "Message_paid", "name": "paid"}
    paid["extensionElements"] = {
        "$type": "bpmn:ExtensionElements",
        "values": [{"$type": "zeebe:Subscription", "correlationKey": "=orderId"}],
    }
    wait = event("IntermediateCatchEvent", "wait", "Message", d_messageRef="#Message_paid")
    wait["extensionElements"] = {
        "$type": "bpmn:ExtensionElements",
        "values": [io("zeebe", {}, {"received": "=amount * 2"})],
    }
    other = event("IntermediateCatchEvent", "again", "Message", d_messageRef="#Message_paid")
    return file(
        process(
            START, wait, other, node("UserTask", "u"), END, path("s", "wait", "again", "u", "e")
        ),
        paid,
        extension="zeebe",
    )


def annotated() -> Drawn:
    """Notes, groups and bare timers change nothing in what runs."""
    model = process(
        START,
        event("IntermediateCatchEvent", "wait", "Timer", d_timeDuration=expression("PT10S")),
        event(
            "IntermediateCatchEvent", "day", "Timer", d_timeDate=expression("2026-12-01T10:00:00Z")
        ),
        event("IntermediateCatchEvent", "cycle", "Timer", d_timeCycle=expression("R3/PT10S")),
        END,
        path("s", "wait", "day", "cycle", "e"),
    )
    model["artifacts"] = [
        node("TextAnnotation", "note", text="Ojo"),
        node("Group", "group"),
        node("Association", "assoc", sourceRef="#wait", targetRef="#note"),
    ]
    return file(model)


MODELS: dict[str, Drawn] = {
    "loan": loan(), "external": external(), "zeebe order": zeebe_order(), "zeebe list": zeebe_list(),
    "camunda list": camunda_list(), "flowable": flowable(), "pools": pools(), "implicit": implicit(),
    "links": links(), "data objects": data_objects(), "annotated": annotated(),
    "zeebe message": zeebe_message(),
}  # fmt: skip


@pytest.fixture(scope="module")
def drawn() -> dict[str, bytes]:
    return draw(MODELS)


def run(xml: bytes, **values: Any) -> Simulation:
    result = simulate(xml, values, NOW)
    assert [item for item in result.findings if item.level == "error"] == []
    assert result.completed
    return result


def told(xml: bytes, level: str) -> set[tuple[str, str]]:
    return {(item.code, item.element) for item in check_process(xml) if item.level == level}


def test_camundas_conditions_follow_the_fields_of_its_forms(drawn: dict[str, bytes]) -> None:
    answers = {"Activity_ask": {"amount": 200, "name": "Xana"}}
    result = run(drawn["loan"], tasks=answers, services={"scoring": {"value": 4}}, applicant={})
    assert result.steps == ["Activity_ask", "big"]
    assert result.data["score"] == 5
    answers = {"Activity_ask": {"amount": 20, "name": ""}}
    assert run(drawn["loan"], tasks=answers, applicant={}).steps == ["Activity_ask", "small"]


def test_what_camunda_says_of_people_becomes_our_properties_and_losses_are_told(
    drawn: dict[str, bytes],
) -> None:
    said = elements_of(load_definition(drawn["loan"])).nodes["Activity_ask"].properties
    assert said == {
        "official": "=applicant.official", "role": "processor", "priority": "70", "form": "ask",
    }  # fmt: skip
    lost = [item.message for item in check_process(drawn["loan"]) if item.code == "lost"]
    assert any("sales" in message for message in lost)
    assert any("${now()}" in message for message in lost)
    assert ("no-default", "split") in told(drawn["loan"], "warning")


def test_a_services_parameters_come_from_camundas_inputs(drawn: dict[str, bytes]) -> None:
    spec = load_definition(drawn["loan"]).spec.task_specs["big"]
    assert spec.operation_name == "scoring"
    assert {key: item["value"] for key, item in spec.operation_params.items()} == {
        "amount": "amount * 2",
        "text": '"Hola " + string(name)',
    }


def test_what_an_external_task_answers_is_data_by_its_names(drawn: dict[str, bytes]) -> None:
    result = run(drawn["external"], services={"fetch-order": {"price": 21}})
    assert (result.steps, result.data["total"]) == (["fetch"], 42)


def test_camunda_eights_jobs_scripts_and_tasks_run(drawn: dict[str, bytes]) -> None:
    result = run(
        drawn["zeebe order"],
        price=20,
        owner=None,
        services={"charge-card": {"ok": True}},
        tasks={"review": {"answer": "yes"}},
    )
    assert result.steps == ["charge", "review"]
    assert (result.data["paid"], result.data["total"], result.data["approved"]) == (True, 21, "yes")
    spec = load_definition(drawn["zeebe order"]).spec.task_specs["charge"]
    assert {key: item["value"] for key, item in spec.operation_params.items()} == {
        "amount": "price * 2",
        "method": '"VISA"',
    }
    said = elements_of(load_definition(drawn["zeebe order"])).nodes["review"].properties
    assert said == {"unit": "URB", "official": "=owner", "form": "review_form"}


def test_a_job_that_refuses_sends_the_order_by_the_default(drawn: dict[str, bytes]) -> None:
    result = run(drawn["zeebe order"], price=20, services={"charge-card": {"ok": False}})
    assert result.steps == ["charge"]


def test_camunda_eights_lists_gather_what_each_gives(drawn: dict[str, bytes]) -> None:
    result = run(drawn["zeebe list"], services={"double": {"value": 8}})
    assert result.steps == ["each", "each", "each"]
    assert result.data["results"] == [8, 8, 8]


def test_camundas_lists_stop_at_their_condition(drawn: dict[str, bytes]) -> None:
    result = run(
        drawn["camunda list"],
        people=["a", "b", "c"],
        services={"each": [{"stop": False}, {"stop": True}]},
    )
    assert result.steps == ["each", "each"]


def test_flowables_mail_is_a_service_with_its_fields(drawn: dict[str, bytes]) -> None:
    assert run(drawn["flowable"], p=10).steps == ["mail", "ask"]
    spec = load_definition(drawn["flowable"]).spec.task_specs["mail"]
    assert (spec.operation_name, spec.operation_params["to"]["value"]) == ("mail", '"a@b.es"')
    said = elements_of(load_definition(drawn["flowable"])).nodes["ask"].properties
    assert said == {"role": "processor", "priority": "=p"}


def test_the_process_of_a_pool_runs_and_its_messages_are_told(drawn: dict[str, bytes]) -> None:
    assert load_definition(drawn["pools"]).key == "town"
    run(drawn["pools"])
    assert ("executable", "town") in told(drawn["pools"], "info")


def test_what_a_model_leaves_unsaid_is_written_out(drawn: dict[str, bytes]) -> None:
    run(drawn["implicit"], x=5)
    definition = load_definition(drawn["implicit"])
    assert {"p.start", "a.fork", "b.choice", "d.end", "f.end", "c.end"} <= set(
        definition.spec.task_specs
    )
    assert {("start", "p"), ("fork", "a"), ("fork", "b"), ("end", "c")} <= told(
        drawn["implicit"], "info"
    )
    assert set(elements_of(definition).nodes) == {"a", "b", "c", "d", "f"}


def test_a_link_goes_on_at_its_other_end(drawn: dict[str, bytes]) -> None:
    definition = load_definition(drawn["links"])
    assert [spec.name for spec in definition.spec.task_specs["out"].outputs] == ["in"]
    run(drawn["links"])


def test_data_objects_and_associations_are_data(drawn: dict[str, bytes]) -> None:
    result = run(drawn["data objects"])
    assert result.data["double"] == 14
    assert ("data-object", "order") in told(drawn["data objects"], "info")


def test_bare_timers_are_read_and_notes_change_nothing(drawn: dict[str, bytes]) -> None:
    assert run(drawn["annotated"]).steps == ["wait", "day", "cycle"]


def test_a_message_finds_its_order_and_what_it_brings_is_data(drawn: dict[str, bytes]) -> None:
    run = Run.start(load_definition(drawn["zeebe message"]), {"orderId": 7}, NOW)
    waiting, key = run.workflow.event_manager.receivers, "Message_paid.key"
    assert waiting("paid", {key: 8}) == []
    (first,) = waiting("paid", {key: 7})
    assert run.receive(first.id, {"correlationKey": 7, "amount": 4}, {key: 7})
    (second,) = waiting("paid", {key: 7})
    assert second.data["received"] == 8
    assert "amount" not in second.data
    assert run.receive(second.id, {"amount": 9}, {key: 7})
    (task,) = run.open_tasks()
    assert task.data["amount"] == 9


@pytest.mark.parametrize("name", MODELS)
def test_a_normalised_model_needs_no_more_changes(name: str, drawn: dict[str, bytes]) -> None:
    from engine.workflow.definitions import normalise

    once = normalise(drawn[name])
    again = normalise(once.xml)
    assert [
        item for item in again.findings if item.level != "info" and item.code != "no-default"
    ] == []
    assert again.xml == once.xml
