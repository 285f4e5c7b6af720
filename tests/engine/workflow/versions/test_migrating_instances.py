"""Running instances taken to a newer version: rehearsed, run exactly so, and undone."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.audit.models import AuditEvent
from engine.clock import FixedClock
from engine.deadlines.models import Deadline, DeadlineState
from engine.errors import BadInput, RuleBroken, Stale
from engine.operation import Act
from engine.services import SERVICES, InstanceView
from engine.townhall import TownHall
from engine.worker import drain
from engine.workflow import operations as workflow
from engine.workflow.models import InstanceState, ProcessInstance, ProcessTimer, TimerState
from engine.workflow.queries import data_of, incidents
from engine.workflow.state import load
from engine.workflow.store import definition_of, stored
from engine.workflow.versions import operations as versions
from engine.workflow.versions import queries
from engine.workflow.versions.images import hash_of, image_of
from engine.workflow.versions.models import Outcome
from engine.workflow.versions.queries import ResultRow, RunRow
from tests.engine.workflow.conftest import Staff
from tests.engine.workflow.models import begun
from tests.engine.workflow.versions.permit_models import (
    KEY,
    done,
    first_version,
    open_work,
    second_version,
    started,
    task,
)

MANY = 1000 if os.environ.get("ANDECHA_SOAK") == "1" else 30
DROP = {"neighbours": "drop"}
REASON = "La ordenanza nueva pide el informe en plazo."


def planned(
    hall: TownHall,
    old: bytes | None = None,
    new: bytes | None = None,
    choices: dict[str, str] | None = None,
) -> UUID:
    """A plan between two versions, amended by a person when `choices` are given."""
    plan_id = versions.propose_migration(
        hall.system("test"),
        definition_key=KEY,
        source_version=1,
        target_version=2,
        source=old or first_version(),
        target=new or second_version(),
    )
    if choices:
        versions.amend_migration(hall.system("test"), plan_id=plan_id, version=1, choices=choices)
    return plan_id


def rehearsed(hall: TownHall, plan_id: UUID) -> UUID:
    run_id = versions.rehearse_migration(hall.system("test"), plan_id=plan_id)
    drain(hall)
    return run_id


def run(hall: TownHall, rehearsal_id: UUID, reason: str = REASON) -> UUID:
    run_id = versions.migrate(hall.system("test"), rehearsal_id=rehearsal_id, reason=reason)
    drain(hall)
    return run_id


def undone(hall: TownHall, run_id: UUID) -> UUID:
    undoing = versions.undo_migration(hall.system("test"), run_id=run_id, reason="Fue un error.")
    drain(hall)
    return undoing


def outcome(hall: TownHall, run_id: UUID) -> tuple[RunRow, dict[UUID, ResultRow]]:
    with hall.database.reading() as session:
        rows = queries.results(session, run_id, limit=5000)
        return queries.run(session, run_id), {row.instance_id: row for row in rows}


def result(hall: TownHall, run_id: UUID, instance_id: UUID) -> ResultRow:
    return outcome(hall, run_id)[1][instance_id]


def instance(hall: TownHall, instance_id: UUID) -> ProcessInstance:
    with hall.database.reading() as session:
        return session.get_one(ProcessInstance, (hall.settings.entity_id, instance_id))


def image(hall: TownHall, instance_id: UUID) -> dict[str, Any]:
    """Every row of an instance and of its terms, version numbers apart: those never go back."""
    with hall.database.reading() as session:
        found = image_of(session, hall.settings.entity_id, instance_id)
    for rows in found.values():
        for row in rows:
            row.pop("version", None)
    return found


def test_a_renamed_task_an_added_timer_and_a_removed_branch_are_told_before_and_then_done(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    """PLZ-10: the term that the newer version adds counts from the act that its model names."""
    instance_id = started(townhall, first_version())
    done(townhall, staff, instance_id, "review")
    asked = clock.now()
    clock.advance(timedelta(days=1))
    before = image(townhall, instance_id)
    rehearsal = rehearsed(townhall, planned(townhall, choices=DROP))
    assert image(townhall, instance_id) == before

    told = result(townhall, rehearsal, instance_id)
    assert told.outcome is Outcome.READY
    assert [(item.element, item.target, item.change) for item in told.report.tokens] == [
        ("neighbours", None, "dropped"),
        ("report", "report", "same"),
        ("visit", "visit", "same"),
    ]
    assert [(item.element, item.change) for item in told.report.work] == [
        ("neighbours", "cancelled"),
        ("report", "kept"),
        ("visit", "kept"),
    ]
    assert [(item.element, item.change) for item in told.report.timers] == [
        ("report_term", "created")
    ]
    (term,) = told.report.terms
    assert (term.rule, term.change, term.starts_at) == ("correction", "opened", asked.isoformat())
    assert told.report.keys == (("review", "examine"),)

    migrated = run(townhall, rehearsal)
    did = result(townhall, migrated, instance_id)
    assert did.outcome is Outcome.DONE
    assert did.digest == told.digest
    assert did.report == told.report
    row = instance(townhall, instance_id)
    assert (row.definition_version, row.state) == (2, InstanceState.RUNNING.value)
    work = open_work(townhall, instance_id)
    assert set(work) == {"report", "visit"}
    assert work["visit"].phase == "report"
    with townhall.database.reading() as session:
        deadline = session.scalars(select(Deadline)).one()
        assert (deadline.starts_at, deadline.state) == (asked, DeadlineState.OPEN.value)
        assert work["report"].due_at == deadline.due_at
        data = data_of(session, row)
    assert "review" not in data
    assert data["examine"]["said"] == "review"

    done(townhall, staff, instance_id, "report", "visit")
    assert set(open_work(townhall, instance_id)) == {"decide"}
    assert open_work(townhall, instance_id)["decide"].role == "head"


def test_the_timer_that_came_with_the_newer_version_fires_when_its_term_ends(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    instance_id = started(townhall, first_version())
    done(townhall, staff, instance_id, "review")
    run(townhall, rehearsed(townhall, planned(townhall, choices=DROP)))
    clock.advance(timedelta(days=40))
    drain(townhall)
    assert set(open_work(townhall, instance_id)) == {"visit"}
    with townhall.database.reading() as session:
        states = session.scalars(select(ProcessTimer.state)).all()
    assert states == [TimerState.FIRED.value]


def test_work_keeps_who_has_it_and_takes_the_name_of_its_renamed_task(
    townhall: TownHall, staff: Staff
) -> None:
    instance_id = started(townhall, first_version())
    (item,) = open_work(townhall, instance_id).values()
    workflow.claim(townhall.call(staff.first), work_item_id=item.id, version=item.version)
    rehearsal = rehearsed(townhall, planned(townhall, choices=DROP))
    told = result(townhall, rehearsal, instance_id).report
    assert [(line.element, line.change, line.claimed) for line in told.work] == [
        ("examine", "renamed", True)
    ]
    run(townhall, rehearsal)
    now = open_work(townhall, instance_id)["examine"]
    assert (now.id, now.assignee_id, now.form) == (item.id, staff.first.id, "examine")
    workflow.complete(townhall.call(staff.first), work_item_id=now.id, data={}, version=now.version)
    assert set(open_work(townhall, instance_id)) == {"report", "visit"}


def test_open_work_that_nobody_has_passes_to_whoever_the_newer_version_says(
    townhall: TownHall, staff: Staff
) -> None:
    instance_id = started(townhall, first_version())
    done(townhall, staff, instance_id, "review", "report", "visit", "neighbours")
    assert open_work(townhall, instance_id)["decide"].role == "processor"
    run(townhall, rehearsed(townhall, planned(townhall, choices=DROP)))
    assert open_work(townhall, instance_id)["decide"].role == "head"


def test_a_token_that_nobody_mapped_keeps_its_instance_in_its_version(
    townhall: TownHall, staff: Staff
) -> None:
    waiting, branching = started(townhall, first_version()), started(townhall, first_version())
    done(townhall, staff, branching, "review")
    rehearsal = rehearsed(townhall, planned(townhall))
    assert result(townhall, rehearsal, waiting).outcome is Outcome.READY
    assert result(townhall, rehearsal, branching).outcome is Outcome.STAYS
    run(townhall, rehearsal)
    assert instance(townhall, waiting).definition_version == 2
    assert instance(townhall, branching).definition_version == 1
    done(townhall, staff, branching, "neighbours")


def test_a_token_may_be_sent_to_another_step_of_the_newer_version(
    townhall: TownHall, staff: Staff
) -> None:
    old = begun().flow("start", "look", "end")
    new = begun().flow("start", "see", "sign", "end")
    task(old, "look", "Mirar")
    task(new, "see", "Ver").nodes.extend(task(begun(), "sign", "Firmar").nodes[2:])
    instance_id = started(townhall, old.xml())
    plan_id = planned(townhall, old.xml(), new.xml(), {"look": "map:sign"})
    run(townhall, rehearsed(townhall, plan_id))
    assert set(open_work(townhall, instance_id)) == {"sign"}
    done(townhall, staff, instance_id, "sign")
    assert instance(townhall, instance_id).state == InstanceState.COMPLETED.value


def test_a_join_that_only_waited_for_the_removed_branch_goes_on_by_itself_after(
    townhall: TownHall, staff: Staff
) -> None:
    instance_id = started(townhall, first_version())
    done(townhall, staff, instance_id, "review", "report", "visit")
    rehearsal = rehearsed(townhall, planned(townhall, choices=DROP))
    told = result(townhall, rehearsal, instance_id)
    assert told.report.going_on == ("together",)
    run(townhall, rehearsal)
    assert set(open_work(townhall, instance_id)) == {"decide"}


def test_what_fails_after_a_migration_is_an_incident_that_can_be_tried_again(
    townhall: TownHall, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["El archivo no responde.", ""]

    def archive(_act: Act, _instance: InstanceView) -> None:
        answer = answers.pop(0)
        if answer:
            raise RuleBroken(answer)

    monkeypatch.setitem(SERVICES, "test/archive", archive)
    model = begun().service("archive", "test/archive")
    for branch in ("review", "visit", "neighbours"):
        task(model, branch, branch)
    model.node("parallelGateway", "both").node("parallelGateway", "together")
    model.flow("start", "both").flow("together", "archive", "review", "end")
    model.flow("both", "visit", "together").flow("both", "neighbours", "together")
    old = model.xml()
    model = begun().service("archive", "test/archive")
    for branch in ("review", "visit"):
        task(model, branch, branch)
    model.node("parallelGateway", "both").node("parallelGateway", "together")
    model.flow("start", "both").flow("together", "archive", "review", "end")
    model.flow("both", "visit", "together")
    instance_id = started(townhall, old)
    done(townhall, staff, instance_id, "visit")
    run(townhall, rehearsed(townhall, planned(townhall, old, model.xml(), DROP)))
    assert instance(townhall, instance_id).state == InstanceState.INCIDENT.value
    assert instance(townhall, instance_id).definition_version == 2
    with townhall.database.reading() as session:
        (incident,) = incidents(session)
    assert incident.message == "El archivo no responde."
    workflow.retry(townhall.system("test"), incident_id=incident.id, reason="Ya responde.")
    assert set(open_work(townhall, instance_id)) == {"review"}


def test_a_branch_that_would_never_reach_its_join_keeps_the_instance_from_migrating(
    townhall: TownHall, staff: Staff
) -> None:
    new = second_version().replace(
        b'<bpmn:sequenceFlow id="visit_together" sourceRef="visit" targetRef="together">',
        b'<bpmn:sequenceFlow id="visit_together" sourceRef="extra" targetRef="together">',
    )
    new = new.replace(
        b'<bpmn:parallelGateway id="together"',
        b'<bpmn:userTask id="extra" name="Repasar"><bpmn:incoming>to_extra</bpmn:incoming>'
        b"<bpmn:outgoing>visit_together</bpmn:outgoing></bpmn:userTask>"
        b'<bpmn:sequenceFlow id="to_extra" sourceRef="visit" targetRef="extra"/>'
        b'<bpmn:parallelGateway id="together"',
    ).replace(
        b"<bpmn:outgoing>visit_together</bpmn:outgoing></bpmn:userTask><bpmn:userTask",
        b"<bpmn:outgoing>to_extra</bpmn:outgoing></bpmn:userTask><bpmn:userTask",
    )
    instance_id = started(townhall, first_version())
    done(townhall, staff, instance_id, "review", "visit")
    told = result(
        townhall, rehearsed(townhall, planned(townhall, new=new, choices=DROP)), instance_id
    )
    assert told.outcome is Outcome.REFUSED
    assert "se quedaría esperando" in told.report.problems[0]


def test_a_term_whose_act_is_not_known_keeps_the_instance_from_migrating(
    townhall: TownHall, staff: Staff
) -> None:
    instance_id = started(townhall, first_version(), asked="mañana")
    done(townhall, staff, instance_id, "review")
    before = image(townhall, instance_id)
    new = second_version("deadline:correction from asked")
    told = result(
        townhall, rehearsed(townhall, planned(townhall, new=new, choices=DROP)), instance_id
    )
    assert told.outcome is Outcome.REFUSED
    assert "el plazo no empieza en una fecha" in told.report.problems[0]
    assert image(townhall, instance_id) == before


def test_an_instance_that_moved_since_its_rehearsal_is_left_as_it_is(
    townhall: TownHall, staff: Staff
) -> None:
    instance_id = started(townhall, first_version())
    rehearsal = rehearsed(townhall, planned(townhall, choices=DROP))
    done(townhall, staff, instance_id, "review")
    moved = run(townhall, rehearsal)
    assert result(townhall, moved, instance_id).outcome is Outcome.MOVED
    assert instance(townhall, instance_id).definition_version == 1
    assert set(open_work(townhall, instance_id)) == {"report", "visit", "neighbours"}


def test_a_run_that_would_do_something_else_than_rehearsed_does_nothing(
    townhall: TownHall, staff: Staff
) -> None:
    instance_id = started(townhall, first_version())
    rehearsal = rehearsed(townhall, planned(townhall, choices=DROP))
    (item,) = open_work(townhall, instance_id).values()
    workflow.claim(townhall.call(staff.first), work_item_id=item.id, version=item.version)
    assert result(townhall, run(townhall, rehearsal), instance_id).outcome is Outcome.DIFFERS
    assert instance(townhall, instance_id).definition_version == 1


def test_each_instance_is_an_audited_operation_with_the_reason(
    townhall: TownHall, staff: Staff
) -> None:
    instance_id = started(townhall, first_version())
    run(townhall, rehearsed(townhall, planned(townhall, choices=DROP)))
    with townhall.database.reading() as session:
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.type == "workflow.migrate_instance")
        ).one()
    said = json.loads(event.body)
    assert (event.object_id, said["reason"]) == (str(instance_id), REASON)
    assert (said["facts"]["source"], said["facts"]["target"]) == (1, 2)


def test_a_plan_that_changed_since_its_rehearsal_is_not_run(
    townhall: TownHall, staff: Staff
) -> None:
    started(townhall, first_version())
    plan_id = planned(townhall, choices=DROP)
    rehearsal = rehearsed(townhall, plan_id)
    call = townhall.system("test")
    with pytest.raises(Stale):
        versions.amend_migration(call, plan_id=plan_id, version=1, choices={"visit": "stay"})
    versions.amend_migration(call, plan_id=plan_id, version=2, choices={"visit": "stay"})
    with pytest.raises(RuleBroken, match="ha cambiado desde el ensayo"):
        versions.migrate(call, rehearsal_id=rehearsal, reason=REASON)
    with pytest.raises(BadInput):
        versions.migrate(call, rehearsal_id=rehearsal, reason=" ")


def test_an_undoing_puts_every_row_back_and_the_opened_term_is_cancelled(
    townhall: TownHall, staff: Staff, clock: FixedClock
) -> None:
    instance_id = started(townhall, first_version())
    done(townhall, staff, instance_id, "review", "visit")
    before = image(townhall, instance_id)
    migrated = run(townhall, rehearsed(townhall, planned(townhall, choices=DROP)))
    assert image(townhall, instance_id) != before
    clock.advance(timedelta(hours=1))
    undoing = undone(townhall, migrated)
    assert result(townhall, undoing, instance_id).outcome is Outcome.DONE
    assert image(townhall, instance_id) == before
    with townhall.database.reading() as session:
        assert session.scalars(select(Deadline.state)).all() == [DeadlineState.CANCELLED.value]
    done(townhall, staff, instance_id, "report", "neighbours")
    assert set(open_work(townhall, instance_id)) == {"decide"}


def test_an_instance_that_moved_since_it_migrated_is_not_undone(
    townhall: TownHall, staff: Staff
) -> None:
    still, moved = started(townhall, first_version()), started(townhall, first_version())
    migrated = run(townhall, rehearsed(townhall, planned(townhall, choices=DROP)))
    done(townhall, staff, moved, "examine")
    undoing = undone(townhall, migrated)
    assert result(townhall, undoing, still).outcome is Outcome.DONE
    assert result(townhall, undoing, moved).outcome is Outcome.MOVED
    assert instance(townhall, still).definition_version == 1
    assert instance(townhall, moved).definition_version == 2


def test_an_instance_may_migrate_again_after_it_went_back(townhall: TownHall, staff: Staff) -> None:
    instance_id = started(townhall, first_version())
    done(townhall, staff, instance_id, "review")
    plan_id = planned(townhall, choices=DROP)
    undone(townhall, run(townhall, rehearsed(townhall, plan_id)))
    run(townhall, rehearsed(townhall, plan_id))
    assert instance(townhall, instance_id).definition_version == 2
    done(townhall, staff, instance_id, "report", "visit")
    assert set(open_work(townhall, instance_id)) == {"decide"}


def test_many_instances_do_in_the_run_what_the_rehearsal_said_and_come_back_as_they_were(
    townhall: TownHall, staff: Staff
) -> None:
    paths: tuple[tuple[str, ...], ...] = (
        (),
        ("review",),
        ("review", "visit"),
        ("review", "neighbours", "visit"),
        ("review", "report", "visit", "neighbours"),
    )
    found = []
    for number in range(MANY):
        instance_id = started(townhall, first_version(), number=number)
        done(townhall, staff, instance_id, *paths[number % len(paths)])
        found.append(instance_id)
    before = {instance_id: image(townhall, instance_id) for instance_id in found}

    rehearsal = rehearsed(townhall, planned(townhall, choices=DROP))
    _, told = outcome(townhall, rehearsal)
    assert {item.outcome for item in told.values()} == {Outcome.READY}
    assert {key: image(townhall, key) for key in found} == before

    migrated = run(townhall, rehearsal)
    row, did = outcome(townhall, migrated)
    assert (row.total, row.looked_at, row.running) == (MANY, MANY, False)
    assert row.counts == {Outcome.DONE: MANY}
    assert {key: item.digest for key, item in did.items()} == {
        key: item.digest for key, item in told.items()
    }
    assert {instance(townhall, key).definition_version for key in found} == {2}

    row, _ = outcome(townhall, undone(townhall, migrated))
    assert row.counts == {Outcome.DONE: MANY}
    assert {key: image(townhall, key) for key in found} == before


def test_the_hash_of_an_instance_changes_with_any_of_its_rows(
    townhall: TownHall, staff: Staff
) -> None:
    instance_id = started(townhall, first_version())
    before = hash_of(image(townhall, instance_id))
    (item,) = open_work(townhall, instance_id).values()
    workflow.claim(townhall.call(staff.first), work_item_id=item.id, version=item.version)
    assert hash_of(image(townhall, instance_id)) != before


def test_an_instance_that_migrated_can_be_loaded_with_all_that_is_over(
    townhall: TownHall, staff: Staff
) -> None:
    instance_id = started(townhall, first_version())
    done(townhall, staff, instance_id, "review", "neighbours")
    run(townhall, rehearsed(townhall, planned(townhall, choices=DROP)))
    done(townhall, staff, instance_id, "report")
    row = instance(townhall, instance_id)
    with townhall.database.reading() as session:
        rows = stored(session, row, whole=True)
        loaded = load(definition_of(session, row), rows, townhall.clock.now(), whole=True)
    assert {task.task_spec.bpmn_id for task in loaded.run.open_tasks()} == {"visit"}
