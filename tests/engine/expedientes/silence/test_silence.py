"""When the maximum term ends unanswered: silence, its certificate, what may still be decided, expiry."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from factories.silences import FALLS, LAST, silences_of, to
from factories.town import actor_for
from sqlalchemy import select, text

from engine.clock import MADRID, FixedClock
from engine.deadlines.models import Deadline, DeadlineState
from engine.documents.codes import DocumentKind, Origin
from engine.documents.models import Document, DocumentState
from engine.documents.operations import add_document
from engine.errors import BadInput, NotFound, RuleBroken
from engine.expedientes import operations, queries
from engine.expedientes.closing.operations import close
from engine.expedientes.drafts.queries import Filed
from engine.expedientes.models import Expediente, Outcome
from engine.expedientes.silence.models import Silence, SilenceEffect
from engine.expedientes.silence.operations import classify, fall, request_certificate
from engine.expedientes.silence.senses import check_sense, refusal
from engine.ids import new_id
from engine.notifications.models import Notice, PostalResult
from engine.notifications.operations import notify, record_attempt
from engine.operation import Act, operation
from engine.people import operations as people
from engine.people.models import Channel
from engine.permissions import ActorKind
from engine.procedures.operations import publish
from engine.registry.models import RegistryEntry
from engine.services import SERVICES, InstanceView
from engine.workflow.queries import instance_of
from tests.engine.expedientes.conftest import Run, Town, package, user
from tests.engine.workflow.models import begun

RESOLUTION = """
[resolution]
task = "review"
outcome = 'if review.decision = "grant" then "granted" else if review.decision = "wait" then "denied" else null'
"""


def filed_in(town: Town, run_all: Run, **changes: Any) -> Filed:
    """A filing of a procedure whose silence is the one given."""
    town.publish(**changes)
    filed = town.filed()
    run_all()
    return filed


def term(town: Town, filed: Filed) -> Deadline:
    with town.hall.database.reading() as session:
        found = session.scalars(
            select(Deadline)
            .join(Expediente, Expediente.deadline_id == Deadline.id)
            .where(Expediente.id == filed.expediente_id)
        ).one()
        session.expunge(found)
        return found


def document(town: Town, identifier: UUID | None) -> Document:
    with town.hall.database.reading() as session:
        found = session.scalars(select(Document).where(Document.id == identifier)).one()
        session.expunge(found)
        return found


def resolution(town: Town, filed: Filed, **changes: Any) -> Any:
    """Notify the resolution of the expediente to its person, now."""
    made = add_document(
        town.hall.system("test"),
        title="Resolución",
        kind=DocumentKind.RESOLUTION,
        origin=Origin.ADMINISTRATION,
        media_type="text/plain",
        name="resolucion.txt",
        data=b"Se deniega.",
        expediente_id=filed.expediente_id,
    )
    return notify(
        town.hall.system("test"),
        document_id=made.id,
        person_id=town.citizen.id,
        subject="Resolución",
        unit_id=town.unit.id,
        expediente_id=filed.expediente_id,
        purpose="resolution",
        **changes,
    )


@pytest.fixture
def electronic(town: Town) -> None:
    """The citizen is notified in the sede."""
    people.change_contact(
        town.hall.system("test"),
        person_id=town.citizen.id,
        email="",
        phone="",
        channel=Channel.ELECTRONIC,
        version=town.citizen.version,
    )


@pytest.mark.parametrize("effect", ["positive", "negative"])
def test_silence_falls_the_second_after_the_last_and_not_before(
    town: Town, clock: FixedClock, run_all: Run, effect: str
) -> None:
    """SIL-1: on request, granted by silence unless a law says otherwise; at its very instant."""
    filed = filed_in(town, run_all, effect=effect)
    to(clock, LAST)
    run_all()
    assert silences_of(town.hall) == []
    to(clock, FALLS)
    run_all()
    (fallen,) = silences_of(town.hall)
    assert (fallen.effect, fallen.fell_at, fallen.recorded_at) == (effect, FALLS, FALLS)
    assert fallen.article == "art. 24.1 de la Ley 39/2015"
    assert (term(town, filed).state, term(town, filed).ended_at) == (DeadlineState.EXPIRED, FALLS)


def test_a_worker_that_was_down_records_the_instant_of_the_law_and_its_own(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """SIL-1: the effect is of its day, whenever it is written down, and is written down once."""
    filed = filed_in(town, run_all, effect="positive")
    to(clock, FALLS + timedelta(days=9, hours=3))
    run_all()
    (fallen,) = silences_of(town.hall)
    assert (fallen.fell_at, fallen.recorded_at) == (FALLS, clock.now())
    assert fall(town.hall.system("test"), expediente_id=filed.expediente_id) is False
    run_all()
    assert len(silences_of(town.hall)) == 1


def test_what_has_no_effect_waits_for_ever_and_what_ended_or_was_withdrawn_has_no_silence(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """SIL-1: there is silence where the procedure has one, and only while it goes on."""
    none = filed_in(town, run_all, effect="none")
    town.publish(effect="positive", version=2)
    closed, withdrawn = town.filed(), town.filed()
    run_all()
    close(town.hall.system("test"), expediente_id=closed.expediente_id, outcome=Outcome.NOT_OURS)
    to(clock, LAST - timedelta(minutes=1))
    operations.withdraw(town.call(), expediente_id=withdrawn.expediente_id, reason="", consent=True)
    to(clock, FALLS)
    run_all()
    assert silences_of(town.hall) == []
    assert term(town, none).state == DeadlineState.OPEN


def test_the_resolution_at_disposal_on_the_last_second_keeps_silence_away_for_ever(
    town: Town, clock: FixedClock, run_all: Run, electronic: None
) -> None:
    """SIL-1, NOT-7: to put it at disposal meets the duty, though it is read or rejected later."""
    filed = filed_in(town, run_all, effect="positive")
    to(clock, LAST)
    resolution(town, filed)
    to(clock, FALLS + timedelta(days=40))
    run_all()
    assert silences_of(town.hall) == []
    assert (term(town, filed).state, term(town, filed).ended_at) == (DeadlineState.MET, LAST)


def test_an_attempt_of_the_last_day_told_later_undoes_the_silence_and_its_certificate(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """NOT-2, SIL-1: the proven attempt in time counts, and the certificate loses its effect."""
    filed = filed_in(town, run_all, effect="positive")
    to(clock, LAST - timedelta(hours=30))
    row = resolution(town, filed)
    tried = LAST - timedelta(hours=12)
    to(clock, FALLS + timedelta(hours=10))
    run_all()
    (fallen,) = silences_of(town.hall)
    assert document(town, fallen.certificate_id).state == DocumentState.SEALED
    record_attempt(
        town.hall.system("test"), notification_id=row.id, at=tried, result=PostalResult.ABSENT
    )
    (annulled,) = silences_of(town.hall)
    assert annulled.annulled_at == clock.now()
    assert document(town, annulled.certificate_id).state == DocumentState.WITHDRAWN
    assert (term(town, filed).state, term(town, filed).ended_at) == (DeadlineState.MET, tried)
    run_all()
    assert len(silences_of(town.hall)) == 1
    close(town.hall.system("test"), expediente_id=filed.expediente_id, outcome=Outcome.DENIED)


def test_an_attempt_after_the_last_second_undoes_nothing(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """SIL-1: a second late is late."""
    filed = filed_in(town, run_all, effect="positive")
    to(clock, LAST - timedelta(hours=30))
    row = resolution(town, filed)
    to(clock, FALLS + timedelta(hours=10))
    run_all()
    record_attempt(
        town.hall.system("test"), notification_id=row.id, at=FALLS, result=PostalResult.ABSENT
    )
    assert silences_of(town.hall)[0].annulled_at is None
    assert term(town, filed).state == DeadlineState.EXPIRED


@pytest.mark.parametrize("silence_first", [True, False])
def test_silence_and_disposal_at_the_same_time_end_as_their_instants_say_in_either_order(
    town: Town, clock: FixedClock, run_all: Run, electronic: None, silence_first: bool
) -> None:
    """SIL-1, NOT-7: both lock the row of the term, and the one that comes second sees the first."""
    filed = filed_in(town, run_all, effect="positive")
    to(clock, LAST)
    late = replace(town.hall, clock=FixedClock(FALLS))
    both: list[Callable[[], Any]] = [
        lambda: fall(late.system("test"), expediente_id=filed.expediente_id),
        lambda: resolution(town, filed),
    ]
    locked = ("deadline", term(town, filed).id)
    _behind(town, *locked, both if silence_first else both[::-1])
    assert term(town, filed).state == DeadlineState.MET
    standing = [each for each in silences_of(town.hall) if each.annulled_at is None]
    assert standing == []
    assert len(silences_of(town.hall)) == (1 if silence_first else 0)


@pytest.mark.parametrize("silence_first", [True, False])
def test_silence_and_a_refusal_at_the_same_time_leave_one_of_them(
    town: Town, clock: FixedClock, run_all: Run, silence_first: bool
) -> None:
    """SIL-1, SIL-2: both lock the expediente; refused before it there is no silence, never both."""
    filed = filed_in(town, run_all, effect="positive")
    to(clock, LAST)
    late = replace(town.hall, clock=FixedClock(FALLS))
    both: list[Callable[[], Any]] = [
        lambda: fall(late.system("test"), expediente_id=filed.expediente_id),
        lambda: close(
            town.hall.system("test"), expediente_id=filed.expediente_id, outcome=Outcome.DENIED
        ),
    ]
    acts = both if silence_first else both[::-1]
    if silence_first:
        with pytest.raises(RuleBroken):
            _behind(town, "expediente", filed.expediente_id, acts)
    else:
        _behind(town, "expediente", filed.expediente_id, acts)
    assert len(silences_of(town.hall)) == (1 if silence_first else 0)
    assert town.view(filed.expediente_id).row.open is silence_first


def test_delivered_twice_at_the_same_time_it_falls_once(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """SIL-1: two workers that see the same term record one silence and one certificate."""
    filed = filed_in(town, run_all, effect="positive")
    to(clock, FALLS)
    once = partial(fall, town.hall.system("test"), expediente_id=filed.expediente_id)
    assert _behind(town, "expediente", filed.expediente_id, [once, once]) == [True, False]
    run_all()
    assert len(silences_of(town.hall)) == 1


def _behind(town: Town, table: str, row_id: UUID, acts: list[Callable[[], Any]]) -> list[Any]:
    """Let each act wait for a row, in this order, and then give it to them; what they return."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event_type = 'Lock'"
    )
    with ThreadPoolExecutor(len(acts)) as pool, town.hall.database.engine.connect() as holder:
        locked = text(f"SELECT 1 FROM {table} WHERE id = :id FOR UPDATE")
        holder.execute(locked, {"id": row_id})
        done = []
        for number, act in enumerate(acts, 1):
            done.append(pool.submit(act))
            with town.hall.database.reading() as session:
                while (session.scalar(waiting) or 0) < number and not done[-1].done():
                    session.rollback()
        holder.rollback()
        return [each.result(30) for each in done]


def test_after_positive_silence_only_what_confirms_it_may_be_decided(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """SIL-2: the engine refuses to close with a refusal, and says why; a confirmation closes."""
    filed = filed_in(town, run_all, effect="positive")
    system = town.hall.system("test")
    with town.hall.database.reading() as session:
        check_sense(session, filed.expediente_id, Outcome.DENIED)
    to(clock, FALLS)
    run_all()
    with town.hall.database.reading() as session:
        refused = {
            each for each in Outcome if refusal(session, filed.expediente_id, each) is not None
        }
        with pytest.raises(BadInput):
            check_sense(session, filed.expediente_id, "nothing")
    assert Outcome.DENIED in refused
    assert refused.isdisjoint({Outcome.GRANTED, Outcome.ANSWERED, Outcome.WITHDRAWN})
    with pytest.raises(RuleBroken, match=r"26 de enero de 2027.*art\. 24\.3"):
        close(system, expediente_id=filed.expediente_id, outcome=Outcome.DENIED)
    assert town.view(filed.expediente_id).row.open
    close(system, expediente_id=filed.expediente_id, outcome=Outcome.GRANTED)


def test_after_negative_silence_the_express_decision_is_free(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """SIL-2: the town still has to decide, and may grant or refuse."""
    filed = filed_in(town, run_all, effect="negative")
    to(clock, FALLS + timedelta(days=30))
    run_all()
    with town.hall.database.reading() as session:
        assert all(refusal(session, filed.expediente_id, each) is None for each in Outcome)
    close(town.hall.system("test"), expediente_id=filed.expediente_id, outcome=Outcome.GRANTED)


def decide(town: Town, decision: str) -> None:
    item = town.task()
    data = {"decision": [decision], "amount": ["1"]}
    operations.complete_task(town.staff(), work_item_id=item.id, version=item.version, data=data)


def test_who_decides_is_told_before_anything_is_signed(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """SIL-2: the task that would refuse is not completed; one that says nothing yet is."""
    files = package(effect="positive")
    files["procedure.toml"] += RESOLUTION.encode()
    publish(town.hall.system("test"), files=files)
    filed = town.filed()
    run_all()
    to(clock, FALLS)
    run_all()
    with pytest.raises(BadInput, match="silencio"):
        decide(town, "wait")
    assert town.task().element == "review"
    decide(town, "grant")
    assert town.view(filed.expediente_id).row.outcome is Outcome.GRANTED


def test_before_silence_the_same_task_refuses_freely(town: Town, run_all: Run) -> None:
    """SIL-2 blocks a late refusal, never one in time."""
    files = package(effect="positive")
    files["procedure.toml"] += RESOLUTION.encode()
    publish(town.hall.system("test"), files=files)
    town.filed()
    run_all()
    decide(town, "wait")
    assert town.task().element == "review"


def view_of(town: Town, filed: Filed) -> InstanceView:
    with town.hall.database.reading() as session:
        instance = instance_of(session, filed.expediente_id)
    return InstanceView(instance.id, filed.expediente_id, "kiosk", "x", "reference", {})


@operation("test.serve")
def serve(act: Act, *, name: str, view: InstanceView, parameters: dict[str, Any]) -> Any:
    """Call a service as a model does."""
    return SERVICES[name](act, view, **parameters)


def asked(town: Town, filed: Filed, name: str, **parameters: Any) -> Any:
    return serve(
        town.hall.system("kiosk"), name=name, view=view_of(town, filed), parameters=parameters
    )


def test_a_model_asks_whether_an_outcome_may_still_be_decided(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """SIL-2: `expedientes/decide` answers and never fails, so that the model can go another way."""
    filed = filed_in(town, run_all, effect="positive")
    assert asked(town, filed, "expedientes/decide", outcome="denied") == {
        "allowed": True,
        "reason": "",
        "silence": None,
    }
    to(clock, FALLS)
    run_all()
    said = asked(town, filed, "expedientes/decide", outcome="denied")
    assert (said["allowed"], said["silence"]) == (False, "positive")
    assert "24.3" in said["reason"]
    assert asked(town, filed, "expedientes/decide", outcome="granted")["allowed"] is True


def test_the_certificate_is_issued_ex_officio_sealed_and_told(
    town: Town, clock: FixedClock, run_all: Run, electronic: None
) -> None:
    """SIL-3: in fifteen business days from the end of the term, without anybody asking for it."""
    filed = filed_in(town, run_all, effect="positive")
    to(clock, FALLS)
    run_all()
    (fallen,) = silences_of(town.hall)
    certificate = document(town, fallen.certificate_id)
    assert (certificate.kind, certificate.state) == (DocumentKind.CERTIFICATE, DocumentState.SEALED)
    assert certificate.missing == []
    assert fallen.issued_at == clock.now()
    with town.hall.database.reading() as session:
        days = session.scalars(
            select(Deadline).where(Deadline.id == fallen.certificate_deadline_id)
        ).one()
        told = session.scalars(
            select(Notice.text).where(Notice.expediente_id == filed.expediente_id)
        ).all()
        seen = queries.documents(session, filed.expediente_id, town.actor())
    assert (days.rule, days.state) == ("silence_certificate", DeadlineState.MET)
    assert days.due_at == datetime(2027, 2, 15, 23, 59, 59, tzinfo=MADRID)
    assert len([each for each in told if "concedida por silencio" in each]) == 1
    assert fallen.certificate_id in [each.id for each in seen]


def test_the_person_may_ask_for_the_certificate_once_there_is_silence(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """SIL-3: the request is registered and its fifteen days run; issued before, it is given at once."""
    filed = filed_in(town, run_all, effect="negative")
    ask = partial(request_certificate, expediente_id=filed.expediente_id)
    with pytest.raises(RuleBroken):
        ask(town.call())
    to(clock, FALLS)
    fall(town.hall.system("test"), expediente_id=filed.expediente_id)
    with pytest.raises(NotFound):
        ask(town.call(town.company))
    assert ask(town.call()) is None
    assert ask(town.call()) is None
    (fallen,) = silences_of(town.hall)
    assert fallen.requested_at == clock.now()
    with town.hall.database.reading() as session:
        asked_for = session.scalars(
            select(RegistryEntry.subject).where(RegistryEntry.id == fallen.request_entry_id)
        ).one()
    assert "certificado de silencio" in asked_for
    run_all()
    issued = silences_of(town.hall)[0].certificate_id
    assert issued is not None
    assert ask(town.call()) == issued


def test_the_days_to_issue_the_certificate_run_from_the_request_when_they_could_not_before(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """SIL-3: fifteen days from the request too."""
    filed = filed_in(town, run_all, effect="negative")
    to(clock, FALLS + timedelta(hours=8))
    fall(town.hall.system("test"), expediente_id=filed.expediente_id)
    (fallen,) = silences_of(town.hall)
    forget_days(town.hall.system("test"), silence_id=fallen.id)
    request_certificate(town.call(), expediente_id=filed.expediente_id)
    with town.hall.database.reading() as session:
        days = session.scalars(
            select(Deadline).where(Deadline.id == silences_of(town.hall)[0].certificate_deadline_id)
        ).one()
    assert days.starts_at == clock.now()


@operation("test.forget_days")
def forget_days(act: Act, *, silence_id: UUID) -> None:
    """As when the calendar of the year was not published yet."""
    act.get(Silence, silence_id).certificate_deadline_id = None


def test_the_effect_of_one_expediente_may_be_another_than_its_procedures(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """SIL-1: a general request that turns out to be about the public domain is never granted so."""
    filed = filed_in(town, run_all, effect="positive")
    law = "art. 24.1, párrafo segundo, de la Ley 39/2015"
    with pytest.raises(BadInput):
        asked(town, filed, "expedientes/sense", effect="maybe", article=law, reason="Vía pública")
    with pytest.raises(BadInput):
        asked(town, filed, "expedientes/sense", effect="negative", article="", reason="x")
    asked(town, filed, "expedientes/sense", effect="negative", article=law, reason="Vía pública")
    to(clock, FALLS)
    run_all()
    (fallen,) = silences_of(town.hall)
    assert (fallen.effect, fallen.article) == ("negative", law)
    with pytest.raises(RuleBroken):
        asked(town, filed, "expedientes/sense", effect="positive", article=law, reason="x")


def test_only_who_sees_an_expediente_says_its_effect(town: Town, run_all: Run) -> None:
    filed = filed_in(town, run_all, effect="positive")
    stranger = actor_for(ActorKind.OFFICIAL, new_id(), "silence.classify")
    with pytest.raises(NotFound):
        classify(
            town.hall.call(stranger),
            expediente_id=filed.expediente_id,
            effect="negative",
            article="art. 24.1",
            reason="x",
        )


def test_a_process_that_waits_for_silence_is_woken_with_its_sense(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """SIL-1: silence is behaviour of the process and not a note: its model goes on from there."""
    model = begun()
    user(model, "review", "Revisar", role="processor", unit="URB", phase="instruction")
    model.node("parallelGateway", "both")
    model.service("silence", "expedientes/silence", result="fallen")
    model.node("exclusiveGateway", "which", 'default="which_end"')
    user(
        model,
        "confirm",
        "Confirmar",
        role="processor",
        unit="URB",
        phase="resolution",
        form="review",
    )
    model.when("which", "confirm", 'fallen.effect = "positive"').flow("which", "end")
    model.flow("start", "both", "review", "end")
    model.flow("both", "silence", "which").flow("confirm", "end")
    filed = filed_in(town, run_all, effect="positive", model=model.xml())
    to(clock, FALLS)
    run_all()
    elements = [item.element for item in town.view(filed.expediente_id).items]
    assert sorted(elements) == ["confirm", "review"]


def test_what_begins_ex_officio_expires_instead_and_only_that_may_be_declared(
    town: Town, clock: FixedClock, run_all: Run
) -> None:
    """SIL-1, INS-10: burdensome and ex officio, it expires at the end of its term (art. 25.1.b)."""
    files = package(effect="none", channel="internal")
    files["procedure.toml"] += b'\n[expiry]\nlaw = "Ordenanza, art. 9"\n'
    publish(town.hall.system("test"), files=files)
    row = operations.open_ex_officio(
        town.hall.system("test"),
        procedure_key="kiosk",
        title="Sanción",
        data={},
        person_id=town.citizen.id,
    )
    to(clock, FALLS)
    run_all()
    (fallen,) = silences_of(town.hall)
    assert (fallen.effect, fallen.fell_at) == (SilenceEffect.EXPIRY, FALLS)
    assert fallen.article == "art. 25.1.b de la Ley 39/2015; Ordenanza, art. 9"
    assert fallen.certificate_id is None
    system = town.hall.system("test")
    with pytest.raises(RuleBroken, match="caducó"):
        close(system, expediente_id=row.id, outcome=Outcome.FINED)
    close(system, expediente_id=row.id, outcome=Outcome.EXPIRED)
