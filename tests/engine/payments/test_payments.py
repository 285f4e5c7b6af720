"""Payments: one order for each subject, paid once whatever the gateway says and however often."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from factories.town import actor_for
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from engine.assembly import import_rooms
from engine.audit.models import AuditEvent
from engine.clock import FixedClock, madrid_date
from engine.errors import BadInput, NotFound, Refused, RuleBroken
from engine.ids import new_id
from engine.jobs import JOBS, job
from engine.operation import OPERATIONS, operation
from engine.payments import duties, operations, queries
from engine.payments.duties import expire_attempts
from engine.payments.gateway import Notice, Outcome, SignedNotice, SignedNotices, signed_notices
from engine.payments.models import AttemptState, OrderState, PaymentAttempt, PaymentOrder
from engine.people.models import Person
from engine.people.queries import load_citizen_actor
from engine.permissions import Actor, ActorKind
from engine.services import SERVICES, InstanceView
from engine.townhall import Call, TownHall

import_rooms(("payments",))

Run = Callable[[], int]
FEE = Decimal("12.50")


@pytest.fixture
def signals(hall: TownHall) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    heard: list[tuple[str, dict[str, Any]]] = []
    before = dict(JOBS)
    JOBS.pop("workflow.signal", None)

    @job("workflow.signal")
    def hear(call: Call, *, reference: str, result: dict[str, Any]) -> None:
        heard.append((reference, result))

    yield heard
    JOBS.clear()
    JOBS.update(before)


@pytest.fixture
def order(hall: TownHall, citizen: Person) -> PaymentOrder:
    return ask(hall, citizen)


def ask(hall: TownHall, person: Person, **changes: Any) -> PaymentOrder:
    values: dict[str, Any] = {
        "subject_kind": "draft",
        "subject_id": new_id(),
        "person_id": person.id,
        "concept": "Tasa por ocupación de la vía pública",
        "amount": FEE,
    }
    return operations.request_payment(hall.system("test"), **{**values, **changes})


def begin(hall: TownHall, order: PaymentOrder) -> PaymentAttempt:
    return operations.begin_attempt(hall.system("test"), order_id=order.id)


def said(
    hall: TownHall, attempt: PaymentAttempt, outcome: str = "accepted", **changes: Any
) -> SignedNotice:
    values: dict[str, Any] = {"amount": attempt.amount, "gateway_code": "A-1"}
    notice = Notice(attempt.reference, Outcome(outcome), **{**values, **changes})
    return signed_notices(hall).sign(notice)


def hear(
    hall: TownHall, attempt: PaymentAttempt, outcome: str = "accepted", **changes: Any
) -> bool:
    notice = said(hall, attempt, outcome, **changes)
    return operations.take_notice(hall.system("payments.callback"), notice=notice)


def paid(hall: TownHall, order: PaymentOrder) -> queries.OrderRow:
    with hall.database.reading() as session:
        return queries.order(session, order.id, hall.system("test").actor)


def states(hall: TownHall, order: PaymentOrder) -> list[str]:
    with hall.database.reading() as session:
        return [row.state.value for row in queries.attempts_of(session, order.id)]


def events(hall: TownHall, kind: str) -> list[tuple[str, dict[str, Any]]]:
    with hall.database.reading() as session:
        rows = session.execute(
            select(AuditEvent.result, AuditEvent.body)
            .where(AuditEvent.type == kind)
            .order_by(AuditEvent.id)
        )
        return [(result, json.loads(body)) for result, body in rows]


def test_an_accepted_payment_pays_the_order(hall: TownHall, order: PaymentOrder) -> None:
    attempt = begin(hall, order)
    assert hear(hall, attempt)
    row = paid(hall, order)
    assert row.state is OrderState.PAID
    assert (row.paid_attempt_id, row.gateway_code) == (attempt.id, "A-1")
    assert row.paid_at == hall.clock.now()


def test_the_same_subject_has_one_order_with_the_last_amount(
    hall: TownHall, citizen: Person
) -> None:
    subject = new_id()
    first = ask(hall, citizen, subject_id=subject)
    again = ask(hall, citizen, subject_id=subject, amount=Decimal("20.00"))
    assert again.id == first.id
    assert paid(hall, first).amount == Decimal("20.00")
    hear(hall, begin(hall, first))
    ask(hall, citizen, subject_id=subject, amount=Decimal("90.00"))
    assert paid(hall, first).amount == Decimal("20.00")


def test_two_requests_at_the_same_instant_make_one_order(hall: TownHall, citizen: Person) -> None:
    subject, gate = new_id(), threading.Barrier(4)

    def request() -> UUID:
        gate.wait()
        return ask(hall, citizen, subject_id=subject).id

    with ThreadPoolExecutor(4) as pool:
        made = {future.result() for future in [pool.submit(request) for _ in range(4)]}
    assert len(made) == 1


@pytest.mark.parametrize("amount", ["0", "-1.00", "1.005"])
def test_an_amount_that_cannot_be_paid_is_refused(
    hall: TownHall, citizen: Person, amount: str
) -> None:
    with pytest.raises(BadInput):
        ask(hall, citizen, amount=Decimal(amount))


def test_a_double_callback_pays_once(hall: TownHall, order: PaymentOrder) -> None:
    attempt = begin(hall, order)
    assert [hear(hall, attempt), hear(hall, attempt)] == [True, False]
    assert states(hall, order) == ["accepted"]
    assert len(events(hall, "payments.take_notice")) == 2
    assert events(hall, "payments.flag_refund") == []


def test_two_callbacks_at_the_same_instant_leave_one_payment(
    hall: TownHall, order: PaymentOrder, signals: list[Any]
) -> None:
    attempts = [begin(hall, order) for _ in range(2)]
    notices = [said(hall, item, gateway_code=f"A-{n}") for n, item in enumerate(attempts)] * 4
    gate = threading.Barrier(len(notices))

    def arrive(notice: SignedNotice) -> bool:
        gate.wait()
        return operations.take_notice(hall.system("payments.callback"), notice=notice)

    with ThreadPoolExecutor(len(notices)) as pool:
        effects = [future.result() for future in [pool.submit(arrive, item) for item in notices]]
    assert sum(effects) == 2
    assert sorted(states(hall, order)) == ["accepted", "refund_due"]
    assert paid(hall, order).state is OrderState.PAID
    assert len(events(hall, "payments.flag_refund")) == 1


def test_the_database_itself_refuses_a_second_payment(hall: TownHall, order: PaymentOrder) -> None:
    for _ in range(2):
        begin(hall, order)
    accepted = update(PaymentAttempt).values(state=AttemptState.ACCEPTED.value)
    with hall.database.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(accepted)


def test_the_money_of_another_attempt_is_never_lost(
    hall: TownHall, order: PaymentOrder, clock: FixedClock
) -> None:
    """The person went back, paid again, and then the first charge arrives."""
    first, second = begin(hall, order), begin(hall, order)
    hear(hall, second, gateway_code="B")
    clock.advance(timedelta(hours=5))
    assert hear(hall, first, gateway_code="A")
    assert states(hall, order) == ["refund_due", "accepted"]
    with hall.database.reading() as session:
        (due,) = queries.refunds_due(session, hall.system("test").actor)
    assert (due.id, due.amount, due.refund_reason) == (first.id, FEE, "duplicate")
    ((result, alarm),) = events(hall, "payments.flag_refund")
    assert (result, alarm["facts"]["gateway_code"]) == ("ok", "A")
    assert paid(hall, order).paid_attempt_id == second.id


def test_a_second_charge_of_one_attempt_is_given_back_too(
    hall: TownHall, order: PaymentOrder
) -> None:
    attempt = begin(hall, order)
    hear(hall, attempt, gateway_code="A")
    assert [hear(hall, attempt, gateway_code="B"), hear(hall, attempt, gateway_code="B")] == [
        True,
        False,
    ]
    assert states(hall, order) == ["accepted", "refund_due"]


def test_a_refusal_leaves_the_order_payable(hall: TownHall, order: PaymentOrder) -> None:
    first = begin(hall, order)
    assert hear(hall, first, "refused")
    assert paid(hall, order).state is OrderState.PENDING
    hear(hall, begin(hall, order))
    assert paid(hall, order).state is OrderState.PAID


def test_a_refusal_that_comes_late_undoes_nothing(hall: TownHall, order: PaymentOrder) -> None:
    attempt = begin(hall, order)
    hear(hall, attempt)
    assert not hear(hall, attempt, "refused")
    assert paid(hall, order).state is OrderState.PAID


def test_an_acceptance_after_a_refusal_or_a_silence_pays(
    hall: TownHall, citizen: Person, clock: FixedClock
) -> None:
    refused, silent = ask(hall, citizen), ask(hall, citizen)
    attempts = [begin(hall, refused), begin(hall, silent)]
    hear(hall, attempts[0], "refused")
    clock.advance(timedelta(hours=1))
    expire_attempts(hall)
    assert states(hall, silent) == ["expired"]
    assert [hear(hall, item) for item in attempts] == [True, True]
    assert [paid(hall, item).state for item in (refused, silent)] == ["paid", "paid"]


def test_an_attempt_expires_only_when_its_time_is_over(
    hall: TownHall, order: PaymentOrder, clock: FixedClock
) -> None:
    attempt = begin(hall, order)
    expire_attempts(hall)
    assert not operations.expire_attempt(hall.system("test"), attempt_id=attempt.id)
    clock.advance(operations.ATTEMPT_LIFE)
    expire_attempts(hall)
    expire_attempts(hall)
    assert states(hall, order) == ["expired"]
    assert paid(hall, order).state is OrderState.PENDING


def test_money_of_another_amount_does_not_pay(hall: TownHall, citizen: Person) -> None:
    subject = new_id()
    order = ask(hall, citizen, subject_id=subject)
    attempt = begin(hall, order)
    ask(hall, citizen, subject_id=subject, amount=Decimal("30.00"))
    hear(hall, attempt)
    assert paid(hall, order).state is OrderState.PENDING
    with hall.database.reading() as session:
        (due,) = queries.refunds_due(session, hall.system("test").actor)
    assert (due.amount, due.refund_reason) == (FEE, "amount")


def test_money_for_what_is_not_owed_any_more_is_given_back(
    hall: TownHall, order: PaymentOrder
) -> None:
    attempt = begin(hall, order)
    operations.cancel_order(hall.system("test"), order_id=order.id)
    with pytest.raises(RuleBroken):
        begin(hall, order)
    hear(hall, attempt)
    assert states(hall, order) == ["refund_due"]
    operations.record_refund(
        hall.system("test"), attempt_id=attempt.id, refund_reference="TR-2026-9"
    )
    assert states(hall, order) == ["refunded"]
    with pytest.raises(RuleBroken):
        operations.record_refund(hall.system("test"), attempt_id=attempt.id, refund_reference="x")
    assert not hear(hall, attempt)


def test_a_forged_notice_changes_nothing_and_is_recorded(
    hall: TownHall, order: PaymentOrder
) -> None:
    notice = said(hall, begin(hall, order), "refused")
    forged = [
        replace(notice, body=notice.body.replace(b"refused", b"accepted")),
        replace(notice, signature="0" * 64),
        replace(notice, signature="ñ"),
        SignedNotices(b"another key").sign(Notice("x", Outcome.ACCEPTED, FEE, "y")),
    ]
    for item in forged:
        with pytest.raises(BadInput, match="firma"):
            operations.take_notice(hall.system("payments.callback"), notice=item)
    assert states(hall, order) == ["started"]
    recorded = events(hall, "payments.take_notice")
    assert [(result, body["facts"]["error"]) for result, body in recorded] == [
        ("failed", "BadInput")
    ] * 4


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"amount":"1e3","gateway_code":"a","outcome":"accepted","reference":"r"}',
    ],
)
def test_a_signed_notice_that_makes_no_sense_is_refused(hall: TownHall, body: bytes) -> None:
    signer = signed_notices(hall)
    with pytest.raises(BadInput, match="entiende"):
        signer.read(SignedNotice(body, signer._signature(body)))


def test_a_notice_of_an_unknown_attempt_stays_in_the_record(hall: TownHall) -> None:
    notice = signed_notices(hall).sign(Notice("2026XXXXXXXX", Outcome.ACCEPTED, FEE, "A"))
    with pytest.raises(NotFound):
        operations.take_notice(hall.system("payments.callback"), notice=notice)
    ((result, body),) = events(hall, "payments.take_notice")
    assert (result, body["object"]["id"]) == ("refused", "2026XXXXXXXX")


def test_without_a_secret_key_notices_are_signed_with_a_key_of_the_installation(
    hall: TownHall, tmp_path: Path
) -> None:
    hall.settings = replace(hall.settings, secret_key=None, data_dir=tmp_path / "other")
    notice = Notice("r", Outcome.ACCEPTED, FEE, "A")
    assert signed_notices(hall).read(signed_notices(hall).sign(notice)) == notice


def test_nobody_sees_or_pays_the_order_of_another(
    hall: TownHall, order: PaymentOrder, citizen: Person, company: Person
) -> None:
    may = "payments.begin_attempt"
    owner = actor_for(ActorKind.CITIZEN, citizen.id, may)
    other = actor_for(ActorKind.CITIZEN, company.id, may)
    attorney = Actor(
        ActorKind.CITIZEN, id=company.id, permissions=frozenset({may}), on_behalf_of=citizen.id
    )
    treasurer = actor_for(ActorKind.OFFICIAL, new_id(), queries.READ_ANY)
    clerk = actor_for(ActorKind.OFFICIAL, new_id())
    with pytest.raises(NotFound):
        operations.begin_attempt(hall.call(other), order_id=order.id)
    operations.begin_attempt(hall.call(attorney), order_id=order.id)
    with hall.database.reading() as session:
        assert [row.id for row in queries.unpaid(session, owner)] == [order.id]
        assert queries.unpaid(session, other) == ()
        assert queries.refunds_due(session, clerk) == ()
        for actor in (owner, treasurer, attorney):
            assert queries.order(session, order.id, actor).id == order.id
        for actor in (other, clerk, Actor(ActorKind.ANONYMOUS)):
            with pytest.raises(NotFound):
                queries.order(session, order.id, actor)


def as_citizen(hall: TownHall, person: Person) -> Call:
    """The person with what the role of citizens may do, no more and no less."""
    with hall.database.reading() as session:
        return hall.call(load_citizen_actor(session, person.id, madrid_date(hall.clock.now())))


def test_a_person_never_says_what_they_owe(
    hall: TownHall, citizen: Person, order: PaymentOrder
) -> None:
    call = as_citizen(hall, citizen)
    with pytest.raises(Refused):
        operations.request_payment(
            call,
            subject_kind=order.subject_kind,
            subject_id=order.subject_id,
            person_id=citizen.id,
            concept=order.concept,
            amount=Decimal("0.01"),
        )
    assert paid(hall, order).amount == FEE
    hear(hall, begin(hall, order))
    with pytest.raises(Refused):
        operations.release_order(call, order_id=order.id, amount=None)
    assert states(hall, order) == ["accepted"]


def test_a_person_cancels_only_what_their_own_drafts_owe(
    hall: TownHall, citizen: Person, company: Person, order: PaymentOrder
) -> None:
    asked = ask(hall, citizen, subject_kind="process:pay", signal="token-1")
    with pytest.raises(RuleBroken, match="lo ha pedido el ayuntamiento"):
        operations.cancel_order(as_citizen(hall, citizen), order_id=asked.id)
    with pytest.raises(NotFound):
        operations.cancel_order(as_citizen(hall, company), order_id=order.id)
    operations.cancel_order(as_citizen(hall, citizen), order_id=order.id)
    assert [paid(hall, item).state for item in (asked, order)] == ["pending", "cancelled"]


def due(hall: TownHall) -> list[tuple[Decimal, str]]:
    with hall.database.reading() as session:
        rows = queries.refunds_due(session, hall.system("test").actor)
        return [(row.amount, row.refund_reason.value) for row in rows]


def test_what_paid_another_fee_is_given_back_and_the_new_one_is_owed(
    hall: TownHall, order: PaymentOrder, clock: FixedClock
) -> None:
    first = begin(hall, order)
    with pytest.raises(RuleBroken, match="no está hecho"):
        operations.release_order(hall.system("test"), order_id=order.id, amount=FEE)
    hear(hall, first)
    clock.advance(timedelta(days=2))
    operations.release_order(hall.system("test"), order_id=order.id, amount=Decimal("20.00"))
    row = paid(hall, order)
    assert (row.state, row.amount, row.paid_attempt_id) == ("pending", Decimal("20.00"), None)
    assert due(hall) == [(FEE, "amount")]
    with hall.database.reading() as session:
        refund = queries.refund_due(session, first.id, hall.system("test").actor)
    assert (refund.due_at - (refund.charged_at or refund.due_at)).days == 2
    assert len(events(hall, "payments.flag_refund")) == 1
    assert not hear(hall, first), "the same charge told again changes nothing"
    hear(hall, begin(hall, order), gateway_code="A-2")
    assert paid(hall, order).state is OrderState.PAID
    assert states(hall, order) == ["refund_due", "accepted"]


def test_what_is_owed_no_more_is_given_back_when_it_was_paid(
    hall: TownHall, order: PaymentOrder
) -> None:
    hear(hall, begin(hall, order))
    operations.release_order(hall.system("test"), order_id=order.id, amount=None)
    assert paid(hall, order).state is OrderState.CANCELLED
    assert due(hall) == [(FEE, "cancelled")]


def test_what_a_process_was_paid_is_not_undone(hall: TownHall, citizen: Person) -> None:
    order = ask(hall, citizen, subject_kind="process:pay")
    hear(hall, begin(hall, order))
    with pytest.raises(RuleBroken, match="sin presentar"):
        operations.release_order(hall.system("test"), order_id=order.id, amount=None)
    assert states(hall, order) == ["accepted"]


@pytest.mark.parametrize("given_back", [False, True])
def test_a_right_second_charge_pays_when_the_first_one_was_of_a_wrong_amount(
    hall: TownHall, order: PaymentOrder, given_back: bool
) -> None:
    attempt = begin(hall, order)
    hear(hall, attempt, amount=Decimal("1.25"), gateway_code="A")
    if given_back:
        operations.record_refund(hall.system("test"), attempt_id=attempt.id, refund_reference="T")
    assert [hear(hall, attempt, amount=FEE, gateway_code="B") for _ in range(2)] == [True, False]
    row = paid(hall, order)
    assert (row.state, row.gateway_code) == (OrderState.PAID, "B")
    assert due(hall) == ([] if given_back else [(Decimal("1.25"), "amount")])
    hear(hall, attempt, amount=FEE, gateway_code="C")
    assert (FEE, "duplicate") in due(hall)


def test_a_second_charge_of_a_wrong_amount_says_so(hall: TownHall, order: PaymentOrder) -> None:
    attempt = begin(hall, order)
    for code in ("A", "B"):
        hear(hall, attempt, amount=Decimal("1.25"), gateway_code=code)
    assert due(hall) == [(Decimal("1.25"), "amount")] * 2
    assert paid(hall, order).state is OrderState.PENDING


@pytest.mark.parametrize("amount", ["0", "-12.50"])
@pytest.mark.parametrize("outcome", ["accepted", "refused"])
def test_a_notice_without_a_positive_amount_is_refused(
    hall: TownHall, order: PaymentOrder, amount: str, outcome: str
) -> None:
    attempt = begin(hall, order)
    with pytest.raises(BadInput, match="mayor que cero"):
        hear(hall, attempt, outcome, amount=Decimal(amount))
    assert states(hall, order) == ["started"]


def test_an_attempt_that_cannot_expire_keeps_no_other_waiting(
    hall: TownHall, citizen: Person, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ask(hall, citizen), ask(hall, citizen)
    broken = begin(hall, first)
    clock.advance(timedelta(seconds=1))
    begin(hall, second)

    def fails_once(call: Call, *, attempt_id: UUID) -> bool:
        if attempt_id == broken.id:
            raise RuleBroken("no")
        return operations.expire_attempt(call, attempt_id=attempt_id)

    monkeypatch.setattr(duties, "expire_attempt", fails_once)
    clock.advance(operations.ATTEMPT_LIFE)
    expire_attempts(hall)
    assert (states(hall, first), states(hall, second)) == (["started"], ["expired"])


def test_only_the_gateways_route_takes_notices(hall: TownHall, order: PaymentOrder) -> None:
    notice = said(hall, begin(hall, order))
    with pytest.raises(Refused):
        operations.take_notice(
            hall.call(actor_for(ActorKind.CITIZEN, order.person_id)), notice=notice
        )


def test_what_is_paid_is_not_paid_again(hall: TownHall, order: PaymentOrder) -> None:
    hear(hall, begin(hall, order))
    with pytest.raises(RuleBroken, match="ya está hecho"):
        begin(hall, order)
    with pytest.raises(RuleBroken):
        operations.cancel_order(hall.system("test"), order_id=order.id)


def test_an_attempt_is_found_by_what_the_gateway_calls_it(
    hall: TownHall, order: PaymentOrder
) -> None:
    attempt = begin(hall, order)
    assert len(attempt.reference) == 12
    assert attempt.reference[:4] == "2026"
    with hall.database.reading() as session:
        row = queries.attempt_by_reference(session, attempt.reference)
        assert (row.concept, row.amount) == (order.concept, FEE)
        with pytest.raises(NotFound):
            queries.attempt_by_reference(session, "2026")


def test_a_process_waits_for_the_payment_and_is_woken_once(
    hall: TownHall, citizen: Person, run_all: Run, signals: list[Any]
) -> None:
    instance = InstanceView(new_id(), None, "terrace", "pay", "token-3", {})

    @operation("test.pay", permission="payments.request_payment")
    def pay_by_service(act: Any) -> Any:
        return SERVICES["payments/request"](
            act, instance, person_id=str(citizen.id), concept="Tasa", amount="12.50"
        )

    OPERATIONS.pop("test.pay")
    assert pay_by_service(hall.system("test")).reference == "token-3"
    with hall.database.reading() as session:
        row = queries.order_for(session, "process:pay", instance.id)
        assert row is not None
        assert session.scalar(select(func.count()).select_from(PaymentOrder)) == 1
    attempt = operations.begin_attempt(hall.system("test"), order_id=row.id)
    for _ in range(2):
        hear(hall, attempt)
        run_all()
    ((reference, result),) = signals
    assert (reference, result["paid"], result["amount"]) == ("token-3", True, "12.50")
    pay_by_service(hall.system("test"))
    run_all()
    assert len(signals) == 2
