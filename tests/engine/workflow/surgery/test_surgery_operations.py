"""Operators mend processes in the database: each act with its reason, in the record, by those who may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.assembly import import_rooms
from engine.audit.models import AuditEvent, AuditPersonalData
from engine.clock import FixedClock
from engine.deadlines.models import Deadline, DeadlineState
from engine.errors import BadInput, Refused, RuleBroken, Stale
from engine.operation import Act
from engine.people import operations as people
from engine.people.queries import load_official_actor
from engine.permissions import Actor
from engine.services import SERVICES, InstanceView, Wait
from engine.townhall import Call, TownHall
from engine.worker import drain
from engine.workflow import operations as workflow
from engine.workflow import queries
from engine.workflow.models import (
    Incident,
    InstanceState,
    ProcessHistory,
    ProcessInstance,
    WorkItem,
    WorkState,
)
from engine.workflow.queries import Inbox
from engine.workflow.surgery import operations as surgery
from engine.workflow.surgery.corrections import Correction, read_corrections
from engine.workflow.surgery.models import (
    InterventionKind,
    InterventionState,
    InterventionStep,
    StepState,
)
from engine.workflow.surgery.orders import operations as orders
from engine.workflow.surgery.orders import queries as order_queries
from engine.workflow.surgery.orders.jobs import intervene
from engine.workflow.surgery.reading import run_of
from engine.workflow.surgery.tree import element_of, tokens
from tests.engine.workflow.conftest import TODAY, Staff
from tests.engine.workflow.models import Model, begun
from tests.engine.workflow.test_process_operations import inbox, instance, person, started

import_rooms(("workflow", "workflow.surgery", "workflow.surgery.orders"))

WHY = "El archivo cambió de dirección."


@dataclass
class Told:
    """A service of the tests: what it was asked, and whether it fails or answers later."""

    fails: str = ""
    waits: bool = False
    asked: list[Any] = field(default_factory=list)
    references: list[str] = field(default_factory=list)


@pytest.fixture
def service() -> Iterator[Told]:
    told = Told()

    def called(act: Act, view: InstanceView, amount: Any = None) -> Any:
        told.asked.append(amount)
        if told.fails or amount == "mal":
            raise ValueError(told.fails or "El importe no es un número.")
        if told.waits:
            told.references.append(view.reference)
            return Wait(view.reference)
        return {"number": "S/1"}

    SERVICES["test/archive"] = called
    yield told
    del SERVICES["test/archive"]


@pytest.fixture
def operators(townhall: TownHall, staff: Staff) -> tuple[Call, Call]:
    """Two administrators of the system."""
    found = []
    for number, name in enumerate(("Iria", "Breixo")):
        official = people.register_official(
            townhall.system("test"),
            code=f"operator.{number}",
            document_number=("99998888V", "99997777X")[number],
            name=name,
            surname1="Vidal",
            surname2="Seoane",
            title="Administración de sistemas",
        )
        people.assign_post(
            townhall.system("test"),
            official_id=official.id,
            unit_id=staff.unit_id,
            role="administrator",
            valid_from=TODAY,
        )
        with townhall.database.reading() as session:
            found.append(townhall.call(load_official_actor(session, official.id, TODAY)))
    return found[0], found[1]


def archived() -> Model:
    """Somebody decides, a service archives, somebody closes."""
    model = begun()
    person(model, "decide", role="processor", unit="URB")
    model.service("archive", "test/archive", "receipt", amount="decide.amount")
    person(model, "close", role="processor", unit="URB", due="correction")
    return model.flow("start", "decide", "archive", "close", "end")


def work_on(hall: TownHall, actor: Actor, element: str, **data: Any) -> None:
    """Claim and complete the open work of an element."""
    item = next(row for row in inbox(hall, actor, Inbox.ALL) if row.element == element)
    workflow.claim(hall.call(actor), work_item_id=item.id, version=item.version)
    workflow.complete(hall.call(actor), work_item_id=item.id, data=data, version=item.version + 1)


def stopped(hall: TownHall, staff: Staff, **data: Any) -> tuple[ProcessInstance, UUID]:
    """An instance that an incident of «archive» stopped, and the incident."""
    found = started(hall, archived(), staff)
    work_on(hall, staff.first, "decide", **data)
    return found, only_incident(hall, found.id)


def only_incident(hall: TownHall, instance_id: UUID) -> UUID:
    with hall.database.reading() as session:
        return session.scalars(
            select(Incident.id).where(
                Incident.instance_id == instance_id, Incident.resolved_at.is_(None)
            )
        ).one()


def at(hall: TownHall, instance_id: UUID) -> list[str]:
    """Where the tokens of an instance stand."""
    with hall.database.reading() as session:
        found = session.get(ProcessInstance, (hall.settings.entity_id, instance_id))
        assert found is not None
        run = run_of(session, found)
        return [] if run is None else sorted(each.element for each in tokens(run))


def task_at(hall: TownHall, instance_id: UUID, element: str) -> UUID:
    with hall.database.reading() as session:
        found = session.get(ProcessInstance, (hall.settings.entity_id, instance_id))
        assert found is not None
        run = run_of(session, found)
        assert run is not None
        return next(each.task_id for each in tokens(run) if each.element == element)


def events(hall: TownHall, name: str) -> list[AuditEvent]:
    with hall.database.reading() as session:
        found = session.scalars(select(AuditEvent).where(AuditEvent.type == name))
        return list(found)


def items(hall: TownHall, instance_id: UUID) -> list[tuple[str, str]]:
    with hall.database.reading() as session:
        rows = session.scalars(
            select(WorkItem).where(WorkItem.instance_id == instance_id).order_by(WorkItem.id)
        )
        return [(row.element, row.state) for row in rows]


def state(hall: TownHall, instance_id: UUID) -> str:
    return instance(hall, instance_id).state


def test_corrected_data_let_the_failed_step_go_on_and_stay_in_the_record(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    found, incident = stopped(townhall, staff, amount="mal")
    corrections = read_corrections([("decide.amount", "number", "1.250,50")])
    assert surgery.correct_and_retry(
        operators[0], incident_id=incident, corrections=corrections, reason=WHY
    )
    assert [str(each) for each in service.asked] == ["mal", "1250.50"]
    assert (state(townhall, found.id), at(townhall, found.id)) == ("running", ["close"])
    with townhall.database.reading() as session:
        data = queries.data_of(session, instance(townhall, found.id))
        assert str(data["decide"]["amount"]) == "1250.50"
        assert data["decide"]["by"] == str(staff.first.id)
        values = {
            row.key: row.value
            for row in session.scalars(select(AuditPersonalData))
            if row.key.startswith(("before", "after"))
        }
    (event,) = events(townhall, "workflow.correct_and_retry")
    assert b"decide.amount" in event.body
    assert b"1250.50" not in event.body
    assert b"mal" not in event.body
    assert values["before:decide.amount"] == '"mal"'
    assert "1250.50" in values["after:decide.amount"]


def test_a_correction_that_does_not_help_changes_nothing(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    service.fails = "El archivo no responde."
    found, incident = stopped(townhall, staff, amount="mal")
    assert not surgery.correct_and_retry(
        operators[0], incident_id=incident, corrections=[Correction("decide.amount", 1)], reason=WHY
    )
    assert only_incident(townhall, found.id) != incident
    service.fails = ""
    assert not workflow.retry(
        operators[0], incident_id=only_incident(townhall, found.id), reason=WHY
    )
    assert service.asked[-1] == "mal"


def test_a_process_that_never_began_begins_with_corrected_data(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    model = begun().service("archive", "test/archive", "receipt", amount="amount")
    person(model, "close", role="processor", unit="URB")
    found = started(townhall, model.flow("start", "archive", "close", "end"), staff, amount="mal")
    incident = only_incident(townhall, found.id)
    assert surgery.correct_and_retry(
        operators[0], incident_id=incident, corrections=[Correction("amount", 3)], reason=WHY
    )
    assert at(townhall, found.id) == ["close"]


def test_a_reason_is_always_asked(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    found, incident = stopped(townhall, staff, amount="mal")
    asked: list[Callable[[], Any]] = [
        lambda: surgery.correct_and_retry(
            operators[0], incident_id=incident, corrections=[Correction("a", 1)], reason=" "
        ),
        lambda: surgery.suspend(operators[0], instance_id=found.id, reason=""),
        lambda: surgery.stop(operators[0], instance_id=found.id, reason=""),
        lambda: orders.propose_skip(operators[0], incident_ids=[incident], reason=""),
        lambda: surgery.move_token(
            operators[0], instance_id=found.id, task_ids=[found.id], target="close", reason=""
        ),
    ]
    for act in asked:
        with pytest.raises(BadInput):
            act()


def test_only_operators_mend(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    found, incident = stopped(townhall, staff, amount="mal")
    official = townhall.call(staff.first)
    asked: list[Callable[[], Any]] = [
        lambda: surgery.suspend(official, instance_id=found.id, reason=WHY),
        lambda: surgery.read_data(official, instance_id=found.id),
        lambda: orders.propose_skip(official, incident_ids=[incident], reason=WHY),
        lambda: orders.order_many(
            official, kind=InterventionKind.RETRY, incident_ids=[incident], reason=WHY
        ),
    ]
    for act in asked:
        with pytest.raises(Refused):
            act()


def test_a_step_is_skipped_by_two_persons(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    service.fails = "El archivo no responde."
    found, incident = stopped(townhall, staff, amount=1)
    first, second = operators
    proposal = orders.propose_skip(
        first,
        incident_ids=[incident],
        reason="Se archivó en papel.",
        corrections=[Correction("receipt.number", "P/7")],
    )
    assert state(townhall, found.id) == "incident"
    with pytest.raises(RuleBroken, match="otra persona"):
        orders.confirm_skip(first, intervention_id=proposal)
    orders.confirm_skip(second, intervention_id=proposal, decision="Visto el libro.")
    assert (state(townhall, found.id), at(townhall, found.id)) == ("running", ["close"])
    with townhall.database.reading() as session:
        data = queries.data_of(session, instance(townhall, found.id))
        row = order_queries.order(session, proposal)
    assert data["receipt"] == {"number": "P/7"}
    assert (row.state, row.ordered_by_name, row.decided_by_name) == (
        InterventionState.DONE,
        "Iria Vidal Seoane",
        "Breixo Vidal Seoane",
    )
    with pytest.raises(RuleBroken, match="ya está decidida"):
        orders.confirm_skip(second, intervention_id=proposal)


def test_skipping_what_fails_further_on_leaves_everything_as_it_was(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    model = begun()
    person(model, "decide", role="processor", unit="URB")
    model.service("archive", "test/archive", "a").service("tell", "test/archive", "b")
    model.flow("start", "decide", "archive", "tell", "end")
    service.fails = "No responde."
    found = started(townhall, model, staff)
    work_on(townhall, staff.first, "decide")
    incident = only_incident(townhall, found.id)
    proposal = orders.propose_skip(operators[0], incident_ids=[incident], reason=WHY)
    with pytest.raises(RuleBroken, match="más adelante"):
        orders.confirm_skip(operators[1], intervention_id=proposal)
    assert only_incident(townhall, found.id) == incident
    with townhall.database.reading() as session:
        assert order_queries.order(session, proposal).state is InterventionState.PROPOSED


def test_an_open_step_is_skipped_unless_the_process_moved_meanwhile(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    found = started(townhall, archived(), staff)
    task = task_at(townhall, found.id, "decide")
    proposal = orders.propose_skip(
        operators[0],
        instance_id=found.id,
        task_id=task,
        reason=WHY,
        corrections=[Correction("decide.amount", 5)],
    )
    work_on(townhall, staff.first, "decide", amount=9)
    with pytest.raises(Stale):
        orders.confirm_skip(operators[1], intervention_id=proposal)
    again = orders.propose_skip(
        operators[0],
        instance_id=found.id,
        task_id=task_at(townhall, found.id, "close"),
        reason=WHY,
    )
    orders.reject_skip(operators[1], intervention_id=again, reason="Que lo cierre quien debe.")
    assert at(townhall, found.id) == ["close"]
    last = orders.propose_skip(
        operators[0],
        instance_id=found.id,
        task_id=task_at(townhall, found.id, "close"),
        reason=WHY,
    )
    orders.confirm_skip(operators[1], intervention_id=last)
    assert state(townhall, found.id) == InstanceState.COMPLETED.value
    assert items(townhall, found.id) == [("decide", "done"), ("close", "cancelled")]
    with townhall.database.reading() as session:
        assert [row.state for row in session.scalars(select(Deadline))] == [
            DeadlineState.CANCELLED.value
        ]


def test_moving_a_token_cancels_the_work_it_leaves_and_its_term_and_settles_its_incident(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    found, _incident = stopped(townhall, staff, amount="mal")
    version = instance(townhall, found.id).version
    task = task_at(townhall, found.id, "decide")
    with pytest.raises(Stale):
        surgery.move_token(
            operators[0],
            instance_id=found.id,
            task_ids=[task],
            target="close",
            reason=WHY,
            version=version - 1,
        )
    surgery.move_token(
        operators[0],
        instance_id=found.id,
        task_ids=[task],
        target="close",
        reason=WHY,
        version=version,
    )
    assert (state(townhall, found.id), at(townhall, found.id)) == ("running", ["close"])
    with townhall.database.reading() as session:
        assert queries.incidents(session) == ()
    surgery.move_token(
        operators[0],
        instance_id=found.id,
        task_ids=[task_at(townhall, found.id, "close")],
        target="decide",
        reason=WHY,
    )
    assert items(townhall, found.id) == [
        ("decide", "done"),
        ("close", "cancelled"),
        ("decide", "open"),
    ]
    work_on(townhall, staff.first, "decide", amount=2)
    work_on(townhall, staff.first, "close")
    assert state(townhall, found.id) == InstanceState.COMPLETED.value


def test_a_move_whose_landing_fails_says_why_and_does_nothing(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    found = started(townhall, archived(), staff)
    service.fails = "El archivo no responde."
    with pytest.raises(RuleBroken, match=r"El archivo no responde\."):
        surgery.move_token(
            operators[0],
            instance_id=found.id,
            task_ids=[task_at(townhall, found.id, "decide")],
            target="archive",
            reason=WHY,
        )
    assert (state(townhall, found.id), at(townhall, found.id)) == ("running", ["decide"])
    assert items(townhall, found.id) == [("decide", "open")]


def test_a_move_onto_a_step_whose_model_fails_does_nothing_either(
    townhall: TownHall, staff: Staff, operators: tuple[Call, Call]
) -> None:
    model = begun()
    person(model, "decide", role="processor", unit="URB")
    model.script("count", "{ total: missing.amount + 1, when: date(missing) }")
    model.timer("wait", "missing.date")
    model.flow("start", "decide", "count", "wait", "end")
    found = started(townhall, model, staff)
    with pytest.raises(RuleBroken, match="No se ha cambiado nada"):
        surgery.move_token(
            operators[0],
            instance_id=found.id,
            task_ids=[task_at(townhall, found.id, "decide")],
            target="wait",
            reason=WHY,
        )
    assert (state(townhall, found.id), at(townhall, found.id)) == ("running", ["decide"])


def test_going_back_gives_the_work_again_and_the_history_only_grows(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    found = started(townhall, archived(), staff)
    work_on(townhall, staff.first, "decide", amount=1)
    with townhall.database.reading() as session:
        before = [row.id for row in session.scalars(select(ProcessHistory))]
        task = session.scalars(
            select(ProcessHistory.id).where(ProcessHistory.element == "decide")
        ).one()
    surgery.restart_from(operators[0], instance_id=found.id, task_id=task, reason=WHY)
    assert at(townhall, found.id) == ["decide"]
    with townhall.database.reading() as session:
        after = {row.id for row in session.scalars(select(ProcessHistory))}
    assert set(before) < after
    assert items(townhall, found.id) == [
        ("decide", "done"),
        ("close", "cancelled"),
        ("decide", "open"),
    ]
    work_on(townhall, staff.second, "decide", amount=2)
    work_on(townhall, staff.second, "close")
    assert state(townhall, found.id) == InstanceState.COMPLETED.value
    with townhall.database.reading() as session:
        data = queries.data_of(session, instance(townhall, found.id))
    assert data["decide"]["amount"] == 2


def test_nothing_happens_to_what_is_on_hold_and_it_goes_on_with_what_came(
    townhall: TownHall,
    staff: Staff,
    service: Told,
    operators: tuple[Call, Call],
    clock: FixedClock,
) -> None:
    """The legal term goes on: only the law suspends it (art. 22 of Ley 39/2015)."""
    service.waits = True
    model = begun().node("parallelGateway", "fork").node("parallelGateway", "join")
    person(model, "close", role="processor", unit="URB").timer(
        "late", "deadline: correction", "close"
    )
    model.service("archive", "test/archive", "receipt").timer("wait", "P1D")
    model.flow("start", "fork", "archive", "join", "end").flow("fork", "close", "join")
    person(model, "chase", role="processor", unit="URB").flow("late", "chase", "end")
    model.flow("fork", "wait", "join")
    found = started(townhall, model, staff)
    surgery.suspend(operators[0], instance_id=found.id, reason=WHY)
    with townhall.database.reading() as session:
        (term,) = session.scalars(select(Deadline))
    assert term.state == DeadlineState.OPEN.value
    with pytest.raises(RuleBroken, match="en suspenso"):
        work_on(townhall, staff.first, "close")
    assert not workflow.signalled(
        townhall.system("test"), reference=service.references[0], result={"number": "S/2"}
    )
    clock.advance(timedelta(days=2))
    drain(townhall)
    assert at(townhall, found.id) == ["archive", "close", "wait"]
    with pytest.raises(RuleBroken, match="reanúdelo"):
        surgery.move_token(
            operators[0],
            instance_id=found.id,
            task_ids=[task_at(townhall, found.id, "close")],
            target="chase",
            reason=WHY,
        )
    surgery.resume(operators[0], instance_id=found.id, reason="Ya está.")
    assert at(townhall, found.id) == ["close", "join", "wait"]
    drain(townhall)
    assert at(townhall, found.id) == ["close", "join", "join"]
    with townhall.database.reading() as session:
        assert session.scalars(select(Deadline.due_at)).one() == term.due_at
    (item,) = inbox(townhall, staff.first, Inbox.MINE)
    workflow.complete(
        townhall.call(staff.first), work_item_id=item.id, data={}, version=item.version
    )
    assert state(townhall, found.id) == InstanceState.COMPLETED.value


def test_an_incident_is_still_one_after_being_on_hold(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    found, incident = stopped(townhall, staff, amount="mal")
    surgery.suspend(operators[0], instance_id=found.id, reason=WHY)
    with pytest.raises(RuleBroken, match="en suspenso"):
        workflow.retry(operators[0], incident_id=incident, reason=WHY)
    surgery.resume(operators[0], instance_id=found.id, reason=WHY)
    assert state(townhall, found.id) == InstanceState.INCIDENT.value
    with pytest.raises(RuleBroken, match="no está en suspenso"):
        surgery.resume(operators[0], instance_id=found.id, reason=WHY)


def test_an_operator_stops_a_process_for_good(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    found = started(townhall, archived(), staff)
    surgery.stop(operators[0], instance_id=found.id, reason=WHY)
    assert state(townhall, found.id) == InstanceState.CANCELLED.value
    assert items(townhall, found.id) == [("decide", WorkState.CANCELLED.value)]
    with pytest.raises(RuleBroken, match="ya ha terminado"):
        surgery.suspend(operators[0], instance_id=found.id, reason=WHY)


def test_many_alike_are_retried_one_by_one_and_each_tells_how_it_went(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    amounts = [1, "mal", 2]
    service.fails = "No responde."
    stopped_ones = [stopped(townhall, staff, amount=amount) for amount in amounts]
    service.fails = ""
    order = orders.order_many(
        operators[0],
        kind=InterventionKind.RETRY,
        incident_ids=[incident for _, incident in stopped_ones],
        reason=WHY,
    )
    drain(townhall)
    with townhall.database.reading() as session:
        row = order_queries.order(session, order)
        steps = order_queries.steps(session, order)
    assert (row.state, row.total, row.done, row.failed, row.waiting) == (
        InterventionState.DONE, 3, 2, 1, 0,
    )  # fmt: skip
    assert [(each.instance_id, each.state) for each in steps if each.message] == [
        (stopped_ones[1][0].id, StepState.FAILED)
    ]
    assert [state(townhall, found.id) for found, _ in stopped_ones] == [
        "running", "incident", "running",
    ]  # fmt: skip
    taken = events(townhall, "workflow.take_step")
    assert len(taken) == 3
    assert all(str(operators[0].actor.id).encode() in event.body for event in taken)


def test_a_job_that_comes_twice_takes_no_instance_twice(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    found = started(townhall, archived(), staff)
    order = orders.order_many(
        operators[0],
        kind=InterventionKind.MOVE,
        instance_ids=[found.id],
        element="decide",
        target="close",
        reason=WHY,
    )
    drain(townhall)
    assert at(townhall, found.id) == ["close"]
    surgery.move_token(
        operators[0],
        instance_id=found.id,
        task_ids=[task_at(townhall, found.id, "close")],
        target="decide",
        reason=WHY,
    )
    intervene(townhall.system("test"), intervention_id=str(order))
    with townhall.database.reading() as session:
        step = session.scalars(select(InterventionStep.id)).first()
    assert step is not None
    orders.take_step(townhall.system("test"), step_id=step)
    assert at(townhall, found.id) == ["decide"]


@pytest.mark.parametrize("kind", list(InterventionKind))
def test_every_kind_but_skipping_can_be_ordered_for_many(
    townhall: TownHall,
    staff: Staff,
    service: Told,
    operators: tuple[Call, Call],
    kind: InterventionKind,
) -> None:
    found = [started(townhall, archived(), staff) for _ in range(2)]
    if kind is InterventionKind.SKIP:
        with pytest.raises(BadInput):
            orders.order_many(
                operators[0], kind=kind, instance_ids=[found[0].id], element="decide", reason=WHY
            )
        return
    element, incidents = "decide", []
    if kind is InterventionKind.RETRY:
        service.fails = "No responde."
    if kind in (InterventionKind.RETRY, InterventionKind.RESTART):
        for _ in found:
            work_on(townhall, staff.first, "decide", amount=1)
    if kind is InterventionKind.RETRY:
        incidents = [only_incident(townhall, each.id) for each in found]
        service.fails = ""
    if kind is InterventionKind.RESUME:
        for each in found:
            surgery.suspend(operators[0], instance_id=each.id, reason=WHY)
    orders.order_many(
        operators[0],
        kind=kind,
        incident_ids=incidents,
        instance_ids=[each.id for each in found],
        element=element,
        target="close",
        reason=WHY,
    )
    drain(townhall)
    expected = {
        InterventionKind.RETRY: ("running", ["close"]),
        InterventionKind.MOVE: ("running", ["close"]),
        InterventionKind.RESTART: ("running", ["decide"]),
        InterventionKind.SUSPEND: ("suspended", ["decide"]),
        InterventionKind.RESUME: ("running", ["decide"]),
        InterventionKind.CANCEL: ("cancelled", []),
    }[kind]
    assert [(state(townhall, each.id), at(townhall, each.id)) for each in found] == [expected] * 2


def test_a_skip_of_many_is_confirmed_once_and_done_to_each(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    service.fails = "No responde."
    rows = [stopped(townhall, staff, amount=1) for _ in range(2)]
    proposal = orders.propose_skip(
        operators[0], incident_ids=[incident for _, incident in rows], reason=WHY
    )
    orders.confirm_skip(operators[1], intervention_id=proposal)
    drain(townhall)
    assert [at(townhall, found.id) for found, _ in rows] == [["close"]] * 2


def test_reading_the_data_of_a_process_stays_in_the_record(
    townhall: TownHall, staff: Staff, service: Told, operators: tuple[Call, Call]
) -> None:
    found = started(townhall, archived(), staff, name="Xuan")
    assert surgery.read_data(operators[0], instance_id=found.id)["name"] == "Xuan"
    (event,) = events(townhall, "workflow.read_data")
    assert b"Xuan" not in event.body
    assert event.actor_id == operators[0].actor.id


def test_the_element_of_a_task_is_that_of_the_model(
    townhall: TownHall, staff: Staff, service: Told
) -> None:
    found = started(townhall, archived(), staff)
    with townhall.database.reading() as session:
        row = session.get(ProcessInstance, (townhall.settings.entity_id, found.id))
        assert row is not None
        run = run_of(session, row)
        assert run is not None
        assert [element_of(each) for each in run.open_tasks()] == ["decide"]
