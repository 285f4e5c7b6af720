"""The clock of an expediente: what it says, who stops it, lengthens it and tells of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from factories.silences import FALLS, LAST, silences_of, to
from factories.town import actor_for
from sqlalchemy import event, select

from engine.clock import MADRID, FixedClock
from engine.deadlines.models import Deadline, DeadlineState
from engine.documents.codes import DocumentKind, Origin
from engine.documents.models import Document, DocumentState
from engine.documents.operations import add_document
from engine.errors import BadInput, NotFound, Refused, RuleBroken
from engine.expedientes import queries as expedientes
from engine.expedientes.clock import operations as clocks
from engine.expedientes.clock.queries import clock as clock_query
from engine.expedientes.clock.queries import late_communications
from engine.expedientes.clock.view import ExpedienteClock
from engine.expedientes.closing.operations import close
from engine.expedientes.drafts.queries import Filed
from engine.expedientes.models import Expediente, Outcome
from engine.expedientes.operations import complete_task, open_ex_officio
from engine.expedientes.silence.models import Silence, SilenceEffect
from engine.ids import new_id
from engine.notifications.models import Notice
from engine.permissions import Actor, ActorKind, Post
from engine.procedures.operations import publish
from engine.workflow.queries import data_of, instance_of
from tests.engine.expedientes.conftest import Run, Town, package, user
from tests.engine.workflow.models import begun

CLOCK = (
    "expedientes.suspend_clock",
    "expedientes.resume_clock",
    "expedientes.extend_clock",
    "expedientes.declare_urgency",
)


@pytest.fixture
def filed(town: Town, run_all: Run) -> Filed:
    town.publish(effect="positive")
    done = town.filed()
    run_all()
    return done


@pytest.fixture
def head(town: Town) -> Actor:
    """Who may change the clocks of the unit's expedientes."""
    actor = actor_for(ActorKind.OFFICIAL, new_id(), *CLOCK)
    return replace(actor, posts=(Post(town.unit.id, "head"),))


def seen(town: Town, filed: Filed, actor: Actor | None = None) -> ExpedienteClock:
    with town.hall.database.reading() as session:
        found = clock_query(session, town.hall, filed.expediente_id, actor or town.actor())
    assert found is not None
    return found


def notices(town: Town) -> list[str]:
    with town.hall.database.reading() as session:
        return list(session.scalars(select(Notice.text).order_by(Notice.id)))


@contextmanager
def counting(town: Town) -> Iterator[list[str]]:
    """The statements that are sent."""
    said: list[str] = []

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(town.hall.database.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(town.hall.database.engine, "before_cursor_execute", note)


def test_the_clock_shows_the_term_its_days_its_organ_and_what_silence_will_mean(
    town: Town, filed: Filed, clock: FixedClock
) -> None:
    """PLZ-20: every open expediente shows its term, consumed and stopped days and who answers."""
    clock.advance(timedelta(days=10))
    found = seen(town, filed)
    assert (found.due_at, found.state) == (LAST, DeadlineState.OPEN)
    assert (found.consumed_days, found.suspended_days) == (10, 0)
    assert (found.organ, found.unit_name) == ("Alcaldía", "Urbanismo y Obras")
    assert found.term == "2 meses"
    assert (found.silence.effect, found.silence.falls_at) == (SilenceEffect.POSITIVE, FALLS)
    assert found.stopped_by == ()
    assert found.derivation["days"]
    clock.advance(timedelta(days=45))
    assert seen(town, filed).left == 5


def test_the_clock_is_not_for_whoever_may_not_see_the_expediente(town: Town, filed: Filed) -> None:
    with town.hall.database.reading() as session:
        for actor in (town.actor(town.company), Actor(ActorKind.ANONYMOUS)):
            assert clock_query(session, town.hall, filed.expediente_id, actor) is None


def test_the_clock_takes_four_statements_however_long_and_often_stopped_the_term_is(
    town: Town, filed: Filed, head: Actor, clock: FixedClock
) -> None:
    """PLZ-20: no query for each day, suspension or change."""
    seen(town, filed)
    with counting(town) as few:
        seen(town, filed)
    for _ in range(6):
        stopped = suspend(town, filed, head)
        clock.advance(timedelta(days=3))
        resume(town, filed, head, stopped)
    with counting(town) as many:
        found = seen(town, filed)
    assert len(found.suspensions) == 6
    assert len(found.changes) >= 6
    assert len(many) == len(few) <= 4, many


def suspend(town: Town, filed: Filed, head: Actor, cause: str = "22.1.d", **given: Any) -> UUID:
    return clocks.suspend_clock(
        town.hall.call(head),
        expediente_id=filed.expediente_id,
        cause=cause,
        reason="Informe de Carreteras",
        **given,
    )


def resume(town: Town, filed: Filed, head: Actor, suspension_id: UUID) -> None:
    clocks.resume_clock(
        town.hall.call(head),
        expediente_id=filed.expediente_id,
        suspension_id=suspension_id,
        reason="Llegó el informe",
    )


def test_a_stopped_term_does_not_end_in_silence_and_ends_in_it_at_its_new_date(
    town: Town, filed: Filed, head: Actor, clock: FixedClock, run_all: Run
) -> None:
    """PLZ-13, SIL-1: while a preceptive report is awaited nothing falls; its days are added."""
    to(clock, datetime(2026, 12, 1, 10, tzinfo=MADRID))
    stopped = suspend(town, filed, head)
    to(clock, FALLS + timedelta(days=10))
    run_all()
    assert silences_of(town.hall) == []
    still = seen(town, filed)
    assert still.suspended
    assert still.stopped_by == (
        "Informe preceptivo pedido a otro órgano (art. 22.1.d de la Ley 39/2015)",
    )
    assert still.silence.falls_at is None
    resume(town, filed, head, stopped)
    moved = seen(town, filed)
    # The 66 days from 1 December to 4 February are added to the 24th of January.
    assert (moved.suspended_days, moved.consumed_days) == (66, 7)
    assert moved.due_at is not None
    assert moved.due_at.astimezone(MADRID).date() == date(2027, 3, 31)
    to(clock, moved.due_at)
    run_all()
    assert silences_of(town.hall) == []
    clock.advance(timedelta(seconds=1))
    run_all()
    assert [each.fell_at for each in silences_of(town.hall)] == [
        moved.due_at + timedelta(seconds=1)
    ]


def test_the_request_and_the_reception_of_a_report_are_both_told_to_the_person(
    town: Town, filed: Filed, head: Actor, clock: FixedClock, run_all: Run
) -> None:
    """PLZ-13: each suspension has its cause, the act that begins it and the one that ends it."""
    report = add_document(
        town.hall.system("test"),
        title="Petición de informe",
        kind=DocumentKind.COMMUNICATION,
        origin=Origin.ADMINISTRATION,
        media_type="text/plain",
        name="peticion.txt",
        data=b"Se pide informe.",
        expediente_id=filed.expediente_id,
    )
    stopped = suspend(town, filed, head, document_id=report.id)
    clock.advance(timedelta(days=3))
    resume(town, filed, head, stopped)
    run_all()
    (suspension,) = seen(town, filed).suspensions
    assert (suspension.cause, suspension.document_id) == ("22.1.d", report.id)
    assert (suspension.starts_on, suspension.ends_on) == (date(2026, 11, 24), date(2026, 11, 26))
    told = [each for each in notices(town) if "Informe de Carreteras" in each or "Llegó" in each]
    assert len(told) == 2
    assert "Como mucho, hasta el 24 de febrero de 2027" in told[0]


def test_a_report_that_never_comes_lifts_the_suspension_by_itself_at_three_months(
    town: Town, filed: Filed, head: Actor, clock: FixedClock, run_all: Run
) -> None:
    """PLZ-13: three months at most; from then the term runs again and silence falls after it."""
    suspend(town, filed, head)
    to(clock, datetime(2027, 3, 1, 9, tzinfo=MADRID))
    run_all()
    found = seen(town, filed)
    assert (found.state, found.stopped_by) == (DeadlineState.OPEN, ())
    assert found.due_at is not None
    to(clock, found.due_at + timedelta(seconds=1))
    run_all()
    assert len(silences_of(town.hall)) == 1


def test_an_extension_moves_the_silence_and_a_second_over_the_limit_is_refused(
    town: Town, filed: Filed, head: Actor, clock: FixedClock, run_all: Run
) -> None:
    """PLZ-14: with its reasons, told, no longer than the original term."""
    extend = {"expediente_id": filed.expediente_id, "reason": "Muchas solicitudes"}
    call = town.hall.call(head)
    with pytest.raises(BadInput):
        clocks.extend_clock(call, **{**extend, "reason": " "}, amount="1 months")
    with pytest.raises((BadInput, RuleBroken)):
        clocks.extend_clock(call, **extend, amount="3 months")
    clocks.extend_clock(call, **extend, amount="1 months")
    with pytest.raises((BadInput, RuleBroken)):
        clocks.extend_clock(call, **extend, amount="2 months")
    run_all()
    found = seen(town, filed)
    assert [(each.amount, each.reason) for each in found.extensions] == [
        ("1 mes", "Muchas solicitudes")
    ]
    assert any("no cabe recurso" in each for each in notices(town))
    to(clock, FALLS)
    run_all()
    assert silences_of(town.hall) == []
    assert found.due_at is not None
    to(clock, found.due_at + timedelta(seconds=1))
    run_all()
    assert len(silences_of(town.hall)) == 1


def test_urgency_halves_the_term_and_is_told(
    town: Town, filed: Filed, head: Actor, run_all: Run
) -> None:
    """PLZ-17: agreed with its reasons; the person is told."""
    clocks.declare_urgency(
        town.hall.call(head), expediente_id=filed.expediente_id, reason="Riesgo de derrumbe"
    )
    run_all()
    found = seen(town, filed)
    assert found.urgent
    assert found.due_at is not None
    assert found.due_at.astimezone(MADRID).date() == date(2026, 12, 24)
    assert any("Riesgo de derrumbe" in each for each in notices(town))


def test_only_who_may_and_sees_the_expediente_changes_its_clock_and_with_its_own_documents(
    town: Town, filed: Filed, head: Actor
) -> None:
    stranger = replace(head, posts=())
    with pytest.raises(NotFound):
        suspend(town, filed, stranger)
    with pytest.raises(Refused):
        suspend(town, filed, town.actor())
    foreign = add_document(
        town.hall.system("test"),
        title="De otro",
        kind=DocumentKind.REPORT,
        origin=Origin.ADMINISTRATION,
        media_type="text/plain",
        name="otro.txt",
        data=b"Otro.",
        expediente_id=new_id(),
    )
    with pytest.raises(BadInput):
        suspend(town, filed, head, document_id=foreign.id)
    with pytest.raises(BadInput):
        suspend(town, filed, head, cause="22.9")
    stopped = suspend(town, filed, head)
    other = town.filed()
    with pytest.raises(NotFound):
        resume(town, other, head, stopped)
    close(town.hall.system("test"), expediente_id=other.expediente_id, outcome=Outcome.GRANTED)
    with pytest.raises(RuleBroken):
        suspend(town, other, head)


def reporting() -> bytes:
    """A model that stops the term while a report is made."""
    model = begun()
    model.service(
        "stop",
        "expedientes/suspend",
        result="stopped",
        cause="&quot;22.1.d&quot;",
        reason="&quot;Informe&quot;",
    )
    user(model, "review", "Revisar", role="processor", unit="URB", phase="report")
    model.service(
        "go",
        "expedientes/resume",
        result="gone",
        suspension_id="stopped.suspension_id",
        reason="&quot;Llegó&quot;",
    )
    model.service(
        "again",
        "expedientes/resume",
        result="again",
        suspension_id="stopped.suspension_id",
        reason="&quot;Llegó&quot;",
    )
    user(model, "end_review", "Acabar", role="processor", unit="URB", form="review")
    return model.flow("start", "stop", "review", "go", "again", "end_review", "end").xml()


def test_a_process_stops_the_term_while_it_waits_for_a_report(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """PLZ-13: the request of a report suspends, its arrival resumes; twice does no harm."""
    town.publish(effect="positive", model=reporting())
    filed = town.filed()
    run_all()
    assert seen(town, filed).suspended
    clock.advance(timedelta(days=5))
    _decide(town)
    found = seen(town, filed)
    assert (found.state, found.suspended_days) == (DeadlineState.OPEN, 5)
    assert _data(town, filed)["again"] == {"resumed": False}


def test_a_report_asked_for_after_the_term_stops_nothing_and_fails_nothing(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """PLZ-13, SIL-1: what fell stays fallen, and the process goes on."""
    model = begun()
    user(model, "review", "Revisar", role="processor", unit="URB", phase="instruction")
    model.service(
        "stop",
        "expedientes/suspend",
        result="stopped",
        cause="&quot;22.1.d&quot;",
        reason="&quot;Informe&quot;",
    )
    user(model, "end_review", "Acabar", role="processor", unit="URB", form="review")
    model.flow("start", "review", "stop", "end_review", "end")
    town.publish(effect="negative", model=model.xml())
    filed = town.filed()
    run_all()
    to(clock, FALLS)
    _decide(town)
    assert _data(town, filed)["stopped"] == {"suspension_id": None}
    run_all()
    assert len(silences_of(town.hall)) == 1


def _decide(town: Town) -> None:
    item = town.task()
    data = {"decision": ["wait"], "amount": [""]}
    complete_task(town.staff(), work_item_id=item.id, version=item.version, data=data)


def _data(town: Town, filed: Filed) -> dict[str, Any]:
    with town.hall.database.reading() as session:
        return data_of(session, instance_of(session, filed.expediente_id))


def communicating() -> bytes:
    model = begun()
    user(model, "review", "Revisar", role="processor", unit="URB", phase="instruction")
    model.service("tell", "expedientes/communicate", result="told")
    user(model, "end_review", "Acabar", role="processor", unit="URB", form="review")
    return model.flow("start", "review", "tell", "end_review", "end").xml()


def test_the_communication_says_the_term_the_silence_and_who_received_it_in_ten_days(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """PLZ-12: sealed, left in the folder, told; its ten business days run from the entry."""
    town.publish(effect="positive", model=communicating())
    filed = town.filed()
    run_all()
    before = seen(town, filed).communication
    assert before is not None
    assert before.due_at == datetime(2026, 12, 10, 23, 59, 59, tzinfo=MADRID)
    assert (before.sent_at, before.late) == (None, False)
    _decide(town)
    run_all()
    after = seen(town, filed).communication
    assert after is not None
    assert (after.sent_at, after.late) == (clock.now(), False)
    with town.hall.database.reading() as session:
        row = session.scalars(select(Expediente).where(Expediente.id == filed.expediente_id)).one()
        made = session.scalars(select(Document).where(Document.id == row.communication_id)).one()
        days = session.scalars(
            select(Deadline).where(Deadline.id == row.communication_deadline_id)
        ).one()
        assert made.id in [each.id for each in expedientes.documents(session, row.id, town.actor())]
    assert (made.state, made.missing) == (DocumentState.SEALED, [])
    assert days.state == DeadlineState.MET
    assert _data(town, filed)["told"]["document_id"] == str(made.id)
    told = [each for each in notices(town) if "qué pasa si no lo hacemos" in each]
    assert len(told) == 1
    assert clocks.communicate(town.hall.system("x"), expediente_id=filed.expediente_id) is False


def test_a_communication_that_is_not_sent_in_ten_business_days_alarms_its_unit(
    town: Town, head: Actor, clock: FixedClock, run_all: Run
) -> None:
    """PLZ-12: the alarm begins with the eleventh business day and ends when it is sent."""
    town.publish(effect="positive", model=communicating())
    filed = town.filed()
    run_all()

    def late(actor: Actor = head) -> list[UUID]:
        with town.hall.database.reading() as session:
            return [each.expediente_id for each in late_communications(session, town.hall, actor)]

    to(clock, datetime(2026, 12, 10, 23, 59, 59, tzinfo=MADRID))
    assert late() == []
    clock.advance(timedelta(seconds=1))
    assert late() == [filed.expediente_id]
    assert late(replace(head, posts=())) == []
    _decide(town)
    run_all()
    assert late() == []
    sent = seen(town, filed).communication
    assert sent is not None
    assert sent.late


def test_where_the_process_sends_none_the_receipt_is_the_communication(
    town: Town, filed: Filed
) -> None:
    """PLZ-12: the receipt says the same and asks for no second document."""
    assert seen(town, filed).communication is None
    with town.hall.database.reading() as session:
        rules = session.scalars(
            select(Deadline.rule).where(Deadline.expediente_id == filed.expediente_id)
        ).all()
    assert "communication" not in rules


def test_a_procedure_that_says_no_term_has_three_months(town: Town, run_all: Run) -> None:
    """PLZ-11: three months when no norm gives another, from the entry in the register."""
    files = package(effect="positive")
    files["procedure.toml"] = files["procedure.toml"].replace(b'length = "2 months"\n', b"")
    publish(town.hall.system("test"), files=files)
    filed = town.filed()
    run_all()
    found = seen(town, filed)
    assert (found.term, found.on_request) == ("3 meses", True)
    assert found.due_at is not None
    assert found.due_at.astimezone(MADRID).date() == date(2027, 2, 24)


def test_ex_officio_the_term_runs_from_the_start_agreement(town: Town, clock: FixedClock) -> None:
    """PLZ-11: from the agreement to begin it, which is when it is opened."""
    files = package(effect="none", channel="internal")
    publish(town.hall.system("test"), files=files)
    clock.advance(timedelta(hours=50))
    row = open_ex_officio(
        town.hall.system("test"), procedure_key="kiosk", title="De oficio", data={}
    )
    with town.hall.database.reading() as session:
        found = clock_query(session, town.hall, row.id, town.hall.system("x").actor)
    assert found is not None
    assert (found.starts_at, found.on_request) == (clock.now(), False)


def test_the_clock_tells_a_silence_that_fell_with_its_certificate(
    town: Town, filed: Filed, clock: FixedClock, run_all: Run
) -> None:
    """PLZ-20, SIL-3."""
    to(clock, FALLS)
    run_all()
    found = seen(town, filed)
    assert (found.state, found.silence.fell_at, found.left) == (DeadlineState.EXPIRED, FALLS, None)
    assert found.silence.certificate_issued_at == clock.now()
    with town.hall.database.reading() as session:
        assert found.silence.certificate_id == session.scalar(select(Silence.certificate_id))
    assert json.dumps(found.derivation)
