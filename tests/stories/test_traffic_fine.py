"""A traffic fine from the agent's form to each of its ends, with the clock going forward."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from factories.story import Story

from engine.clock import madrid_date
from engine.deadlines.models import DeadlineState
from engine.errors import RuleBroken
from engine.notifications import operations as notifications
from engine.notifications.models import NotificationState, PostalResult
from engine.payments import operations as payments
from engine.payments.models import OrderState, PaymentOrder

XUAN, LAUREANO = "98146497T", "98190238H"
AGENT, INSTRUCTOR, DECIDER = "pelayo.sobrino", "nieves.corrales", "breixo.cosmen"
TREASURER, REGISTRAR = "benigno.sierra", "sabino.cueva"
TYPED = {
    "infraction": "double_parking",
    "occurred_on": "23/11/2026",
    "occurred_at": "19:40",
    "place": "Calle del Carmen, 12",
    "facts": "El turismo estaba parado en el carril de circulación, sin conductor.",
    "plate": "1234 KLM",
    "vehicle": "Dacia Sandero, turismo",
    "agent_number": "VC-017",
    "served_on_spot": "no",
    "not_stopped": "absent",
    "driver_document": XUAN,
    "driver_name": "Xuan",
    "driver_street": "Calle la Quintana, 4, 2.º B",
    "driver_postcode": "33999",
    "driver_town": "Valdecandamo",
    "driver_province": "Asturias",
}


@pytest.fixture
def fined(story: Story) -> Story:
    story.publish("traffic-fine")
    return story


def begin(story: Story, **typed: str) -> UUID:
    return story.begin("traffic-fine", AGENT, **{**TYPED, **typed})


def due(story: Story, case: UUID, rule: str) -> date:
    return madrid_date(story.terms(case)[rule].due_at)


def alleged(story: Story) -> UUID:
    """A fine against which its person has said something, studied without the agent's report."""
    case = begin(story, infraction="red_light")
    xuan = story.citizen(XUAN)
    story.open_notification(case, xuan)
    story.answer(case, xuan, "El semáforo estaba en ámbar.")
    story.do(case, "study", INSTRUCTOR, summary="Dice que estaba en ámbar.", agent_report="yes")
    story.do(case, "agent_report", AGENT, ratifies="yes", text="Llevaba tres segundos en rojo.")
    return case


def test_what_is_paid_in_twenty_natural_days_ends_that_day_without_resolution(
    fined: Story,
) -> None:
    case, xuan = begin(fined), fined.citizen(XUAN)
    fined.until("2026-11-25T12:00")
    fined.open_notification(case, xuan)
    assert due(fined, case, "fine_allegations") == date(2026, 12, 15)
    fined.until("2026-12-15T20:00")
    fined.pay(xuan)
    assert fined.outcome(case) == "paid"
    assert fined.terms(case)["fine_expiry"].state == DeadlineState.MET.value
    assert fined.incidents() == []


def test_a_complaint_given_on_the_spot_counts_from_that_day(fined: Story) -> None:
    case = begin(fined, served_on_spot="yes")
    assert fined.notifications(case) == []
    assert due(fined, case, "fine_allegations") == date(2026, 12, 14)


def test_who_does_not_answer_is_collected_from_after_thirty_natural_days(fined: Story) -> None:
    """The complaint itself ends the procedure, and what was reduced can be paid no more."""
    case, xuan = begin(fined), fined.citizen(XUAN)
    fined.open_notification(case, xuan)
    fined.until("2026-12-15T00:01")
    with fined.hall.database.reading() as session:
        orders = session.query(PaymentOrder).order_by(PaymentOrder.requested_at).all()
        states = [(order.amount, order.state) for order in orders]
    assert [state for _, state in states] == [
        OrderState.CANCELLED.value,
        OrderState.PENDING.value,
    ]
    assert states[1][0] == 2 * states[0][0], "the reduction is half"
    with pytest.raises(RuleBroken):
        payments.begin_attempt(xuan, order_id=orders[0].id)
    assert due(fined, case, "fine_executable") == date(2026, 12, 24)
    fined.until("2026-12-25T00:01")
    assert fined.waiting(case) == ["collect"]
    fined.do(case, "collect", TREASURER, reference="2026/AP/31")
    assert fined.outcome(case) == "fined"
    assert fined.incidents() == []


def test_a_very_serious_one_is_decided_even_if_nobody_answers(fined: Story) -> None:
    """INS-6: who proposes does not decide, and the engine refuses the same person."""
    case, xuan = begin(fined, infraction="reckless"), fined.citizen(XUAN)
    fined.open_notification(case, xuan)
    fined.until("2026-12-15T00:01")
    assert fined.waiting(case) == ["propose"]
    fined.do(case, "propose", INSTRUCTOR, sanction="yes", new_facts="no", grounds="Consta.")
    assert fined.notifications(case)[-1].subject != "Propuesta de resolución"
    with pytest.raises(AssertionError, match="nothing to sign"):
        fined.sign(case, INSTRUCTOR)
    fined.sign(case, DECIDER)
    fined.open_notification(case, xuan)
    fined.pay(xuan)
    fined.do(case, "report_points", INSTRUCTOR, reference="DGT-77")
    assert fined.outcome(case) == "fined"
    assert fined.incidents() == []


def test_new_facts_are_heard_in_fifteen_natural_days_before_the_resolution(fined: Story) -> None:
    case, xuan = alleged(fined), fined.citizen(XUAN)
    fined.do(case, "propose", INSTRUCTOR, sanction="yes", new_facts="yes", grounds="La cámara.")
    fined.open_notification(case, xuan)
    assert due(fined, case, "fine_proposal") == date(2026, 12, 9)
    fined.until("2026-12-10T00:01")
    fined.sign(case, DECIDER)
    fined.open_notification(case, xuan)
    assert due(fined, case, "fine_payment") == date(2026, 12, 28), "the fifteenth is Christmas Day"
    fined.until("2026-12-29T00:01")
    assert fined.waiting(case) == ["collect"]


def test_allegations_that_convince_end_in_an_archive(fined: Story) -> None:
    case, xuan = alleged(fined), fined.citizen(XUAN)
    fined.do(case, "propose", INSTRUCTOR, sanction="yes", new_facts="no", grounds="Consta.")
    fined.refuse_to_sign(case, DECIDER, "La prueba no basta.")
    fined.do(case, "propose", INSTRUCTOR, sanction="no", grounds="No queda probado.")
    fined.sign(case, DECIDER)
    fined.open_notification(case, xuan)
    assert fined.outcome(case) == "archived"
    assert fined.incidents() == []


def test_a_year_without_notifying_the_resolution_ends_in_expiry(fined: Story) -> None:
    """A resolution that was never put at disposal is worth nothing after the year."""
    case, xuan = alleged(fined), fined.citizen(XUAN)
    fined.do(case, "propose", INSTRUCTOR, sanction="yes", new_facts="no", grounds="Consta.")
    assert due(fined, case, "fine_expiry") == date(2027, 11, 24)
    fined.until("2027-11-25T00:01")
    fined.sign(case, DECIDER)
    assert fined.pending_notification(case).subject == "Resolución de su expediente de tráfico"
    fined.open_notification(case, xuan)
    assert fined.outcome(case) == "expired"
    assert fined.incidents() == []


def test_what_is_put_at_disposal_in_the_year_is_in_time_though_it_is_opened_later(
    fined: Story,
) -> None:
    """NOT-7: putting it at disposal is what has to happen in the year."""
    case, xuan = alleged(fined), fined.citizen(XUAN)
    fined.do(case, "propose", INSTRUCTOR, sanction="yes", new_facts="no", grounds="Consta.")
    fined.until("2027-11-22T09:00")
    fined.sign(case, DECIDER)
    fined.until("2027-11-27T09:00")
    fined.open_notification(case, xuan)
    fined.pay(xuan)
    fined.do(case, "report_points", INSTRUCTOR, reference="DGT-78")
    assert fined.outcome(case) == "fined"


def test_what_nobody_opens_counts_as_rejected_and_the_twenty_days_run(fined: Story) -> None:
    """NOT-6: ten natural days, and the procedure goes on."""
    case = begin(fined)
    fined.until("2026-12-04T23:00")
    (first,) = fined.notifications(case)
    assert first.state is NotificationState.AVAILABLE, "4 December is the tenth day, a Friday"
    fined.until("2026-12-05T00:01")
    (first,) = fined.notifications(case)
    assert first.state is NotificationState.EXPIRED
    assert due(fined, case, "fine_allegations") == date(2026, 12, 24)


def test_what_cannot_be_delivered_is_announced_and_counts_twenty_natural_days_later(
    fined: Story,
) -> None:
    """NOT-12 and NOT-13, with the term that the traffic law gives to the announcement."""
    case = begin(fined, driver_document=LAUREANO)
    registrar = fined.official(REGISTRAR)
    paper = fined.pending_notification(case)
    for moment in ("2026-11-25T11:00", "2026-11-26T17:30"):
        fined.until(moment)
        notifications.record_attempt(
            fined.official(REGISTRAR),
            notification_id=paper.id,
            at=fined.clock.now(),
            result=PostalResult.ABSENT,
        )
    fined.until("2026-12-01T09:00")
    notifications.announce(registrar, notification_id=paper.id, announcement="BOE-N-2026-00417")
    fined.work()
    assert due(fined, case, "fine_publication") == date(2026, 12, 21)
    fined.until("2026-12-22T00:01")
    assert due(fined, case, "fine_allegations") == date(2027, 1, 11)
    fined.pay(fined.citizen(LAUREANO))
    assert fined.outcome(case) == "paid"


def test_a_payment_that_comes_with_the_end_of_its_term_is_not_asked_twice(fined: Story) -> None:
    case, xuan = begin(fined), fined.citizen(XUAN)
    fined.open_notification(case, xuan)
    fined.until("2026-12-14T23:59")
    fined.pay(xuan)
    fined.until("2026-12-20T00:00")
    assert fined.outcome(case) == "paid"
