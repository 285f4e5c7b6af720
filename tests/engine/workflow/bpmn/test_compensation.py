"""What was completed is undone: the last first, each once, also when it is stored between two steps."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.services import Wait
from engine.workflow.definitions import check_process, load_definition
from engine.workflow.runtime import Status
from engine.workflow.simulate import simulate
from engine.workflow.state import Stored, begin, load
from tests.engine.workflow.keeping import apply

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core" id="definitions" targetNamespace="x">'
    '<bpmn:process id="p" isExecutable="true">'
)
TAIL = "</bpmn:process></bpmn:definitions>"
ENDS = '<bpmn:startEvent id="start"/><bpmn:endEvent id="end"/>'
COMPENSATE = "<bpmn:compensateEventDefinition/>"
THROW = f'<bpmn:intermediateThrowEvent id="throw">{COMPENSATE}</bpmn:intermediateThrowEvent>'
ITEMS = (
    '<bpmn:multiInstanceLoopCharacteristics isSequential="{}">'
    "<bpmn:loopDataInputRef>items</bpmn:loopDataInputRef>"
    '<bpmn:inputDataItem id="item" name="item"/></bpmn:multiInstanceLoopCharacteristics>'
)


def service(identifier: str, attributes: str = "", inside: str = "", item: bool = False) -> str:
    given = '<s:parameter id="what" type="any" value="item"/>' if item else ""
    return (
        f'<bpmn:serviceTask id="{identifier}" {attributes}><bpmn:extensionElements>'
        f'<s:serviceTaskOperator id="do/{identifier}" resultVariable="{identifier}_result">'
        f"<s:parameters>{given}</s:parameters></s:serviceTaskOperator></bpmn:extensionElements>"
        f"{inside}</bpmn:serviceTask>"
    )


def led(activity: str, handler: str) -> str:
    """The event on an activity's border, its handler and the association between them."""
    return (
        f'<bpmn:boundaryEvent id="{activity}_undo" attachedToRef="{activity}">{COMPENSATE}'
        f"</bpmn:boundaryEvent>{handler}"
        f'<bpmn:association id="{activity}_association" sourceRef="{activity}_undo" '
        f'targetRef="un{activity}"/>'
    )


def undone(activity: str, *, item: bool = False) -> str:
    return led(activity, service(f"un{activity}", 'isForCompensation="true"', item=item))


def person(activity: str) -> str:
    return led(activity, f'<bpmn:userTask id="un{activity}" isForCompensation="true"/>')


def path(*nodes: str) -> str:
    return "".join(
        f'<bpmn:sequenceFlow id="f_{a}_{b}" sourceRef="{a}" targetRef="{b}"/>'
        for a, b in itertools.pairwise(nodes)
    )


def inner(kind: str, identifier: str, body: str, *nodes: str) -> str:
    """A sub-process with its start and its end."""
    return (
        f'<bpmn:{kind} id="{identifier}"><bpmn:startEvent id="in"/><bpmn:endEvent id="out"/>'
        f"{body}{path('in', *nodes, 'out')}</bpmn:{kind}>"
    )


def model(*parts: str) -> bytes:
    return (HEAD + "".join(parts) + TAIL).encode()


def steps(xml: bytes, **values: Any) -> list[str]:
    result = simulate(xml, values, NOW)
    assert [item for item in result.findings if item.level == "error"] == []
    assert result.completed
    return result.steps


TWO = (service("a"), undone("a"), service("b"), undone("b"))


def test_a_throw_undoes_its_scope_the_last_first_and_then_goes_on() -> None:
    xml = model(ENDS, *TWO, THROW, service("c"), path("start", "a", "b", "throw", "c", "end"))
    assert steps(xml) == ["a", "b", "unb", "una", "c"]


def test_a_throw_may_name_the_one_activity_that_it_undoes() -> None:
    one = THROW.replace("Definition/>", 'Definition activityRef="a"/>')
    xml = model(ENDS, *TWO, one, path("start", "a", "b", "throw", "end"))
    assert steps(xml) == ["a", "b", "una"]


def test_what_was_not_done_is_not_undone() -> None:
    xml = model(ENDS, *TWO, THROW, path("start", "a", "throw", "b", "end"))
    assert steps(xml) == ["a", "una", "b"]


def test_each_completion_is_undone_once_though_it_is_asked_twice() -> None:
    again = THROW.replace('"throw"', '"again"')
    xml = model(ENDS, *TWO, THROW, again, path("start", "a", "b", "throw", "again", "end"))
    assert steps(xml) == ["a", "b", "unb", "una"]


def test_an_end_undoes_before_it_ends() -> None:
    end = f'<bpmn:startEvent id="start"/><bpmn:endEvent id="end">{COMPENSATE}</bpmn:endEvent>'
    assert steps(model(end, *TWO, path("start", "a", "b", "end"))) == ["a", "b", "unb", "una"]


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_each_instance_is_undone_with_what_it_knew(sequential: str) -> None:
    seen: list[Any] = []
    xml = model(
        ENDS,
        service("a", "", ITEMS.format(sequential), item=True),
        undone("a", item=True),
        THROW,
        path("start", "a", "throw", "end"),
    )

    def answer(name: str, parameters: Any, _task: Any) -> None:
        seen.append((name, int(parameters["what"])))

    session = begin(load_definition(xml), {"items": [1, 2, 3]}, NOW, answer)
    assert session.run.status is Status.COMPLETED
    assert seen[:3] == [("do/a", 1), ("do/a", 2), ("do/a", 3)]
    assert seen[3:] == [("do/una", 3), ("do/una", 2), ("do/una", 1)]


def test_a_subprocess_is_undone_by_what_was_done_inside_it() -> None:
    sub = inner("subProcess", "sub", "".join(TWO), "a", "b")
    xml = model(
        ENDS, sub, service("c"), undone("c"), THROW, path("start", "sub", "c", "throw", "end")
    )
    assert steps(xml) == ["a", "b", "c", "unc", "unb", "una"]


def test_a_subprocess_inside_another_is_undone_too() -> None:
    sub = inner("subProcess", "sub", "".join(TWO), "a", "b")
    outer = (
        sub.replace('"in"', '"in2"')
        .replace('"out"', '"out2"')
        .replace("f_in", "f_in2")
        .replace("_out", "_out2")
    )
    xml = model(
        ENDS,
        inner("subProcess", "around", outer, "sub"),
        THROW,
        path("start", "around", "throw", "end"),
    )
    assert steps(xml) == ["a", "b", "unb", "una"]


def test_a_subprocess_with_a_compensation_of_its_own_is_undone_by_it() -> None:
    own = (
        '<bpmn:subProcess id="own" triggeredByEvent="true"><bpmn:startEvent id="own_in">'
        f'{COMPENSATE}</bpmn:startEvent><bpmn:endEvent id="own_out"/>{service("tell")}'
        '<bpmn:intermediateThrowEvent id="own_throw"><bpmn:compensateEventDefinition '
        'activityRef="b"/></bpmn:intermediateThrowEvent>'
        f"{path('own_in', 'tell', 'own_throw', 'own_out')}</bpmn:subProcess>"
    )
    sub = inner("subProcess", "sub", "".join(TWO) + own, "a", "b")
    xml = model(ENDS, sub, THROW, path("start", "sub", "throw", "end"))
    assert steps(xml) == ["a", "b", "tell", "unb"]


def test_a_subprocess_with_a_handler_is_undone_by_its_handler() -> None:
    sub = inner("subProcess", "sub", "".join(TWO), "a", "b")
    xml = model(ENDS, sub, undone("sub"), THROW, path("start", "sub", "throw", "end"))
    assert steps(xml) == ["a", "b", "unsub"]


def test_a_called_process_is_undone_by_what_was_done_in_it() -> None:
    called = (
        f'<bpmn:process id="q" isExecutable="false"><bpmn:startEvent id="in"/>'
        f'<bpmn:endEvent id="out"/>{"".join(TWO)}{path("in", "a", "b", "out")}</bpmn:process>'
    )
    xml = model(
        ENDS,
        '<bpmn:callActivity id="call" calledElement="q"/>',
        THROW,
        path("start", "call", "throw", "end"),
    )
    xml = xml.replace(b"</bpmn:definitions>", called.encode() + b"</bpmn:definitions>")
    assert steps(xml) == ["a", "b", "unb", "una"]


def test_a_cancelled_transaction_stops_and_is_undone() -> None:
    cancel = '<bpmn:endEvent id="cancel"><bpmn:cancelEventDefinition/></bpmn:endEvent>'
    beside = '<bpmn:parallelGateway id="fork"/><bpmn:userTask id="ask"/>'
    body = "".join(TWO) + beside + cancel + path("fork", "ask", "out")
    deal = (
        f'<bpmn:transaction id="deal"><bpmn:startEvent id="in"/><bpmn:endEvent id="out"/>{body}'
        f"{path('in', 'a', 'b', 'fork', 'cancel')}</bpmn:transaction>"
        '<bpmn:boundaryEvent id="cancelled" attachedToRef="deal"><bpmn:cancelEventDefinition/>'
        "</bpmn:boundaryEvent>"
    )
    xml = model(
        ENDS, deal, service("c"), service("sorry"), path("start", "deal", "c", "end"), path("cancelled", "sorry", "end")
    )  # fmt: skip
    assert steps(xml) == ["a", "b", "unb", "una", "sorry"]


def test_a_throw_in_an_event_subprocess_undoes_the_scope_around_it() -> None:
    event = (
        '<bpmn:subProcess id="trouble" triggeredByEvent="true"><bpmn:startEvent id="t_in">'
        '<bpmn:errorEventDefinition errorRef="bad"/></bpmn:startEvent><bpmn:endEvent id="t_out"/>'
        f"{THROW}{path('t_in', 'throw', 't_out')}</bpmn:subProcess>"
    )
    end = '<bpmn:startEvent id="start"/><bpmn:endEvent id="end"><bpmn:errorEventDefinition errorRef="bad"/></bpmn:endEvent>'
    xml = model(end, *TWO, event, path("start", "a", "b", "end"))
    xml = xml.replace(
        b"<bpmn:process", b'<bpmn:error id="bad" name="bad" errorCode="BAD"/><bpmn:process', 1
    )
    result = simulate(xml, {}, NOW)
    assert [item for item in result.findings if item.level == "error"] == []
    assert result.steps == ["a", "b", "unb", "una"]


def test_the_throw_waits_for_people_and_for_services_that_answer_later() -> None:
    xml = model(
        ENDS,
        service("a"),
        undone("a"),
        service("b"),
        person("b"),
        THROW,
        path("start", "a", "b", "throw", "end"),
    )

    def answer(name: str, _parameters: Any, _task: Any) -> Any:
        return Wait("later") if name == "do/una" else 1

    definition = load_definition(xml)
    stored: Stored | None = None
    session = begin(definition, {}, NOW, answer)
    for turn in range(4):
        stored = apply(stored, session.changes())
        session = load(definition, stored, NOW, answer)
        run = session.run
        if turn == 0:
            (task,) = run.open_tasks()
            assert (task.task_spec.bpmn_id, run.status) == ("unb", Status.RUNNING)
            run.complete(task.id, {"unb": {"why": "mistake"}})
        elif turn == 1:
            assert list(run.waiting_services()) == ["later"]
            run.answer("later", {"done": True})
        else:
            break
    assert session.run.status is Status.COMPLETED
    assert session.run.result["una_result"] == {"done": True}
    assert session.run.result["unb"] == {"why": "mistake"}


def test_what_is_to_be_undone_inside_a_subprocess_is_stored_with_it() -> None:
    body = service("a") + person("a") + '<bpmn:userTask id="ask"/>'
    sub = inner("subProcess", "sub", body, "a", "ask")
    definition = load_definition(model(ENDS, sub, THROW, path("start", "sub", "throw", "end")))
    session = begin(definition, {}, NOW, lambda *_: None)
    stored: Stored | None = None
    done = []
    while session.run.open_tasks():
        stored = apply(stored, session.changes())
        session = load(definition, stored, NOW, lambda *_: None)
        (task,) = session.run.open_tasks()
        done.append(task.task_spec.bpmn_id)
        session.run.complete(task.id, {})
    assert (done, session.run.status) == (["ask", "una"], Status.COMPLETED)


WRONG = {
    "no association": (ENDS + service("a") + undone("a").replace("bpmn:association", "bpmn:group") + THROW + path("start", "a", "throw", "end"), "a_undo"),
    "not marked": (ENDS + service("a") + undone("a").replace('isForCompensation="true"', "") + THROW + path("start", "a", "throw", "end"), "a_undo"),
    "unknown activity": (ENDS + service("a") + undone("a") + THROW.replace("Definition/>", 'Definition activityRef="x"/>') + path("start", "a", "throw", "end"), "throw"),
    "handler in the flow": (ENDS + service("a") + undone("a") + THROW + path("start", "a", "throw", "end") + path("una", "end"), "una"),
    "cancel outside": (ENDS.replace("/>", "><bpmn:cancelEventDefinition/></bpmn:endEvent>").replace("<bpmn:startEvent id=\"start\"><bpmn:cancelEventDefinition/></bpmn:endEvent>", '<bpmn:startEvent id="start"/>') + service("a") + path("start", "a", "end"), "end"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_compensation_is_named(name: str) -> None:
    body, element = WRONG[name]
    errors = [item for item in check_process(model(body)) if item.level == "error"]
    assert [item.element for item in errors if item.code in ("compensation", "cancel")] == [element]
