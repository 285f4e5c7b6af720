"""The stored state of an instance taken to another version, without a database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engine.workflow.definitions import Definition, load_definition
from engine.workflow.runtime import Run, Status
from engine.workflow.state import Session, Stored, begin, load
from engine.workflow.timers import pending_timers
from engine.workflow.versions.migrate import DROPPED, MOVED, RENAMED, SAME, Migrated, migrated
from engine.workflow.versions.plan import Plan, from_texts, propose
from tests.engine.workflow.keeping import apply
from tests.engine.workflow.models import Model, begun
from tests.engine.workflow.versions.permit_models import first_version, second_version

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def stored_after(definition: Definition, *elements: str, **data: Any) -> Stored:
    """The state of an instance when the work of these elements was done, in order."""
    session = begin(definition, data, NOW)
    state = apply(None, session.changes())
    for element in elements:
        session = load(definition, state, NOW)
        complete(session.run, element)
        state = apply(state, session.changes())
    return state


def complete(run: Run, element: str) -> None:
    task = next(item for item in run.open_tasks() if item.task_spec.bpmn_id == element)
    run.complete(task.id, {element: {"said": element}})


def plan(old: Definition, new: Definition, **choices: str) -> Plan:
    return from_texts(old, new, {**propose(old, new).to_json(), **choices})


def taken(state: Stored, chosen: Plan) -> tuple[Migrated, Session]:
    found = migrated(state, chosen, "salt")
    assert found.problems == ()
    return found, load(chosen.target, found.stored, NOW)


def opened(run: Run) -> list[str]:
    return sorted(str(task.task_spec.bpmn_id) for task in run.open_tasks())


def changes(found: Migrated) -> dict[str, str]:
    return {token.element: token.change for token in found.tokens}


def inner(outer: str, task: str) -> bytes:
    """A subprocess with one task inside."""
    model = begun().flow("start", outer, "end")
    inside = (
        f'<bpmn:startEvent id="in"><bpmn:outgoing>in_{task}</bpmn:outgoing></bpmn:startEvent>'
        f'<bpmn:userTask id="{task}" name="Medir"><bpmn:incoming>in_{task}</bpmn:incoming>'
        f"<bpmn:outgoing>{task}_out</bpmn:outgoing></bpmn:userTask>"
        f'<bpmn:endEvent id="out"><bpmn:incoming>{task}_out</bpmn:incoming></bpmn:endEvent>'
        f'<bpmn:sequenceFlow id="in_{task}" sourceRef="in" targetRef="{task}"/>'
        f'<bpmn:sequenceFlow id="{task}_out" sourceRef="{task}" targetRef="out"/>'
    )
    return model.node("subProcess", outer, 'name="Inspección"', inside).xml()


def bordered(attached: bool) -> bytes:
    """A task, with or without a timer on its border, and what follows."""
    model = begun().user("answer").user("check").flow("start", "answer", "check", "end")
    if attached:
        model.timer("limit", "P5D", attached="answer").flow("limit", "end")
    return model.xml()


def test_the_same_plan_on_the_same_state_gives_the_same_state() -> None:
    old, new = load_definition(first_version()), load_definition(second_version())
    state, chosen = stored_after(old, "review"), plan(old, new, neighbours="drop")
    assert migrated(state, chosen, "salt") == migrated(state, chosen, "salt")


def test_what_was_not_renamed_keeps_its_rows_as_they_are() -> None:
    old = load_definition(first_version())
    new = load_definition(first_version().replace(b'name="Resolver"', b'name="Decidir"'))
    state = stored_after(old, "review", "visit")
    found, _ = taken(state, plan(old, new))
    assert sorted(found.stored.tasks, key=str) == sorted(state.tasks, key=str)
    assert set(changes(found).values()) == {SAME}


def test_a_token_inside_a_subprocess_follows_its_renamed_step_and_the_process_ends() -> None:
    old, new = (
        load_definition(inner("inspect", "measure")),
        load_definition(inner("visit", "gauge")),
    )
    state = stored_after(old, place="Cimavilla")
    found, session = taken(state, plan(old, new))
    assert changes(found) == {"inspect": RENAMED, "measure": RENAMED}
    assert opened(session.run) == ["gauge"]
    complete(session.run, "gauge")
    assert session.run.status is Status.COMPLETED
    assert session.run.result["place"] == "Cimavilla"
    assert session.run.result["gauge"] == {"said": "gauge"}


def test_a_branch_that_is_dropped_takes_with_it_what_is_inside_its_subprocess() -> None:
    model = Model().node("startEvent", "start").node("endEvent", "end").user("answer")
    model.node("parallelGateway", "both").flow("start", "both", "answer", "end")
    old_xml = inner("inspect", "measure").decode()
    subprocess = old_xml[old_xml.index("<bpmn:subProcess") : old_xml.index("</bpmn:subProcess>")]
    old = load_definition(
        model.xml()
        .replace(
            b"<bpmn:outgoing>both_answer</bpmn:outgoing>",
            b"<bpmn:outgoing>both_answer</bpmn:outgoing><bpmn:outgoing>x</bpmn:outgoing>",
        )
        .replace(
            b"</bpmn:process>",
            subprocess.replace("start_inspect", "x").encode()
            + b"</bpmn:subProcess>"
            + b'<bpmn:endEvent id="other"><bpmn:incoming>inspect_end</bpmn:incoming></bpmn:endEvent>'
            + b'<bpmn:sequenceFlow id="x" sourceRef="both" targetRef="inspect"/>'
            + b'<bpmn:sequenceFlow id="inspect_end" sourceRef="inspect" targetRef="other"/>'
            + b"</bpmn:process>",
        )
    )
    new = load_definition(begun().user("answer").flow("start", "answer", "end").xml())
    state = stored_after(old)
    assert any(row.inside is not None for row in state.tasks)
    found, session = taken(state, plan(old, new, inspect="drop", measure="drop"))
    assert changes(found) == {"answer": SAME, "inspect": DROPPED}
    assert found.stored.header.subprocesses == {}
    complete(session.run, "answer")
    assert session.run.status is Status.COMPLETED


def test_a_timer_that_is_added_to_an_open_task_waits_and_interrupts_it_when_it_fires() -> None:
    old, new = load_definition(bordered(attached=False)), load_definition(bordered(attached=True))
    _, session = taken(stored_after(old), plan(old, new))
    (timer,) = pending_timers(session.run.workflow)
    assert timer.element == "limit"
    assert timer.due is not None
    assert (timer.due - NOW).days == 5
    session.run.fire_timer(timer.task_id)
    assert session.run.status is Status.COMPLETED


def test_a_task_with_an_added_timer_may_still_be_done_in_time() -> None:
    old, new = load_definition(bordered(attached=False)), load_definition(bordered(attached=True))
    _, session = taken(stored_after(old), plan(old, new))
    complete(session.run, "answer")
    assert opened(session.run) == ["check"]
    assert pending_timers(session.run.workflow) == ()


def test_a_timer_that_is_removed_waits_no_more_and_its_task_goes_on() -> None:
    old, new = load_definition(bordered(attached=True)), load_definition(bordered(attached=False))
    _, session = taken(stored_after(old), plan(old, new))
    assert pending_timers(session.run.workflow) == ()
    complete(session.run, "answer")
    assert opened(session.run) == ["check"]
    complete(session.run, "check")
    assert session.run.status is Status.COMPLETED


def test_a_timer_that_stays_keeps_when_it_is_due_though_its_text_changed() -> None:
    old = load_definition(bordered(attached=True))
    new = load_definition(bordered(attached=True).replace(b"P5D", b"P9D"))
    session = begin(old, {}, NOW)
    before = pending_timers(session.run.workflow)
    _, session = taken(apply(None, session.changes()), plan(old, new))
    assert pending_timers(session.run.workflow) == before


def test_a_branch_that_had_done_a_task_to_which_a_timer_was_added_still_reaches_the_join() -> None:
    old = load_definition(first_version())
    new = load_definition(second_version("P5D").replace(b'"examine"', b'"review"'))
    state = stored_after(old, "review", "report")
    found, session = taken(state, plan(old, new, neighbours="drop", review="map:review"))
    assert changes(found)["together"] == SAME
    complete(session.run, "visit")
    assert opened(session.run) == ["decide"]


def test_what_a_removed_step_gave_is_known_by_the_steps_after_it() -> None:
    old = begun().user("first").user("second").user("third")
    old.flow("start", "first", "second", "third", "end")
    new = begun().user("first").user("third").flow("start", "first", "third", "end")
    models = load_definition(old.xml()), load_definition(new.xml())
    state = stored_after(models[0], "first", "second")
    _, session = taken(state, plan(*models, second="stay"))
    (task,) = session.run.open_tasks()
    assert task.data["second"] == {"said": "second"}
    complete(session.run, "third")
    assert session.run.status is Status.COMPLETED


def test_a_moved_token_keeps_the_data_of_the_step_that_it_left() -> None:
    old = load_definition(first_version())
    new = load_definition(second_version("P5D"))
    state = stored_after(old, "review", "report", "visit")
    found = migrated(state, plan(old, new, neighbours="map:visit"), "salt")
    assert changes(found)["neighbours"] == MOVED
    assert found.keys == {"review": "examine"}
