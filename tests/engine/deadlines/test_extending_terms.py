"""Terms lengthened (arts. 23 and 32) and halved (art. 33), and what the law does not let."""

from __future__ import annotations

from typing import Any

import pytest

from engine.clock import FixedClock
from engine.deadlines.models import ChangeKind, Deadline, DeadlineState
from engine.deadlines.operations import declare_urgency, end_deadline, extend
from engine.deadlines.queries import terms_of, urgency_of
from engine.deadlines.rules import term_rules
from engine.deadlines.term import Term
from engine.errors import BadInput, RuleBroken
from engine.ids import new_id
from engine.townhall import TownHall
from tests.engine.deadlines.terms import at, changes, due, move_to, opened, term


def longer(hall: TownHall, deadline: Deadline, by: str, **values: Any) -> None:
    extend(
        hall.system("test"),
        deadline_id=deadline.id,
        term=Term.parse(by),
        reason=values.pop("reason", "Complejidad del asunto."),
        **values,
    )


def test_the_term_to_resolve_is_extended_once_by_no_more_than_it_lasts(
    townhall: TownHall,
) -> None:
    """PLZ-14: art. 23: three months, 24 February 2027; with three more, 24 May."""
    deadline = opened(townhall)
    with pytest.raises(RuleBroken, match="mayor que el plazo inicial"):
        longer(townhall, deadline, "4 months")
    longer(townhall, deadline, "3 months")
    assert due(townhall, deadline.id) == "2027-05-24"
    with pytest.raises(RuleBroken, match="ya se amplió"):
        longer(townhall, deadline, "1 month")
    (change,) = changes(townhall, deadline.id)
    assert change.kind == ChangeKind.EXTENDED.value
    assert (change.previous_due_at, change.due_at) == (
        at("2027-02-24T23:59:59"),
        at("2027-05-24T23:59:59"),
    )
    assert change.article == "art. 23 de la Ley 39/2015"


def test_an_extension_is_motivated(townhall: TownHall) -> None:
    """PLZ-14."""
    deadline = opened(townhall)
    with pytest.raises(BadInput, match="Motive"):
        longer(townhall, deadline, "1 month", reason=" ")
    assert changes(townhall, deadline.id) == []


@pytest.mark.parametrize(
    ("by", "end"),
    [
        ("1 month", "2027-03-24"),
        # From 24 February: 16 business days more, 18 March (no holiday between them).
        ("16 business days", "2027-03-18"),
        # 24 + 30 days is 26 March, a holiday; 27 and 28 are a weekend.
        ("30 natural days", "2027-03-29"),
    ],
)
def test_another_unit_goes_on_from_the_end_that_was_reached(
    townhall: TownHall, by: str, end: str
) -> None:
    """PLZ-14, PLZ-6."""
    deadline = opened(townhall)
    longer(townhall, deadline, by)
    assert due(townhall, deadline.id) == end


def test_an_extension_in_another_unit_is_compared_in_days_that_pass(townhall: TownHall) -> None:
    """PLZ-14: three months from 24 November are 92 days."""
    deadline = opened(townhall)
    with pytest.raises(RuleBroken, match="mayor que el plazo inicial"):
        longer(townhall, deadline, "120 natural days")
    with pytest.raises(BadInput, match="días, meses o años"):
        longer(townhall, deadline, "24 hours")


def test_a_procedural_term_is_extended_by_no_more_than_its_half(townhall: TownHall) -> None:
    """PLZ-15: art. 32.1: ten business days, 10 December; five more, 17 December."""
    deadline = opened(townhall, "correction")
    with pytest.raises(RuleBroken, match="mitad"):
        longer(townhall, deadline, "6 business days")
    longer(townhall, deadline, "3 business days")
    with pytest.raises(RuleBroken, match="mitad"):
        longer(townhall, deadline, "3 business days")
    longer(townhall, deadline, "2 business days")
    assert due(townhall, deadline.id) == "2026-12-17"
    days = term(townhall, deadline.id).derivation["days"]
    assert sum(day["counted"] for day in days) == 15
    assert term(townhall, deadline.id).derivation["articles"] == ["30.3", "30.2", "32.1"]
    assert days[-1]["article"] == "32.1"


def test_half_of_a_month_given_in_days_is_measured_in_days_that_pass(townhall: TownHall) -> None:
    """PLZ-15: a month from 24 November has thirty days."""
    deadline = opened(townhall, "allegations", term=Term.parse("1 month"))
    with pytest.raises(RuleBroken, match="mitad"):
        longer(townhall, deadline, "20 natural days")
    longer(townhall, deadline, "10 natural days")


def test_petition_and_decision_come_before_the_end(townhall: TownHall, clock: FixedClock) -> None:
    """PLZ-15: art. 32.3: one minute after the last second, what was asked in time is refused."""
    deadline = opened(townhall, "correction")
    other = opened(townhall, "correction")
    move_to(clock, "2026-12-10T23:59:59")
    longer(townhall, deadline, "1 business day", requested_at=at("2026-12-10T12:00"))
    move_to(clock, "2026-12-11T00:00:59")
    with pytest.raises(RuleBroken, match="ya ha vencido"):
        longer(townhall, other, "1 business day", requested_at=at("2026-12-10T12:00"))
    with pytest.raises(BadInput, match="futuro"):
        longer(townhall, deadline, "1 business day", requested_at=at("2026-12-12T12:00"))


def test_an_ended_term_is_not_extended(townhall: TownHall) -> None:
    """PLZ-15."""
    deadline = opened(townhall, "correction")
    end_deadline(townhall.system("test"), deadline_id=deadline.id, state=DeadlineState.MET)
    with pytest.raises(RuleBroken, match="ya ha terminado"):
        longer(townhall, deadline, "1 business day")


@pytest.mark.parametrize("rule", ["notification_access", "appeal_reposition", "appeal_alzada"])
def test_what_closes_a_step_or_an_appeal_is_not_extended(townhall: TownHall, rule: str) -> None:
    """PLZ-15: nobody may lengthen the ten days to open a notification, nor the month to appeal."""
    deadline = opened(townhall, rule)
    with pytest.raises(RuleBroken, match="no puede ampliarse"):
        longer(townhall, deadline, "1 natural day")


def test_access_to_information_is_extended_by_its_own_law(townhall: TownHall) -> None:
    """PLZ-14: art. 20.1 of Ley 19/2013: a month more."""
    deadline = opened(townhall, "access_resolve")
    longer(townhall, deadline, "1 month")
    assert due(townhall, deadline.id) == "2027-01-25"
    assert "20.1 de la Ley 19/2013" in term(townhall, deadline.id).derivation["articles"]


def test_urgency_halves_what_the_town_hall_has_to_do_and_what_is_opened_later(
    townhall: TownHall, clock: FixedClock
) -> None:
    """PLZ-17: art. 33: three months are two (the town rounds up) and ten days five; appeals keep theirs."""
    expediente_id = new_id()
    resolve = opened(townhall, expediente_id=expediente_id)
    report = opened(townhall, "report", expediente_id=expediente_id)
    told = opened(townhall, "correction", expediente_id=expediente_id)
    another = opened(townhall, expediente_id=new_id())
    clock.advance(at("2026-11-25T10:00") - clock.now())
    declare_urgency(
        townhall.system("test"), expediente_id=expediente_id, reason="Riesgo de derrumbe."
    )
    assert due(townhall, resolve.id) == "2027-01-25"  # 24 January is a Sunday
    assert due(townhall, report.id) == "2026-12-01"
    assert due(townhall, told.id) == "2026-12-10"  # a person was told ten days
    assert due(townhall, another.id) == "2027-02-24"
    allegations = opened(townhall, "allegations", expediente_id=expediente_id)
    appeal = opened(townhall, "appeal_reposition", expediente_id=expediente_id)
    assert due(townhall, allegations.id) == "2026-12-02"
    assert due(townhall, appeal.id) == "2026-12-28"  # a month, 25 December, and a weekend
    with townhall.database.reading() as session:
        declared = urgency_of(session, expediente_id)
        assert declared is not None
        rows = {row.rule: row for row in terms_of(session, expediente_id)}
    assert rows["resolve"].urgent
    assert (str(rows["resolve"].term), str(rows["resolve"].counted)) == ("3 months", "2 months")
    assert "hacia arriba" in rows["resolve"].derivation[0].why
    assert not rows["appeal_reposition"].urgent
    (change,) = changes(townhall, resolve.id)
    assert (change.kind, change.reference) == (ChangeKind.URGENCY.value, declared.id)


def test_urgency_is_motivated_and_declared_once(townhall: TownHall) -> None:
    """PLZ-17: art. 35.1.e."""
    expediente_id = new_id()
    call = townhall.system("test")
    with pytest.raises(BadInput, match="Motive"):
        declare_urgency(call, expediente_id=expediente_id, reason="")
    declare_urgency(call, expediente_id=expediente_id, reason="Riesgo.")
    with pytest.raises(RuleBroken, match="ya se tramita"):
        declare_urgency(call, expediente_id=expediente_id, reason="Riesgo.")


def test_urgency_ends_no_term_in_the_past(townhall: TownHall, clock: FixedClock) -> None:
    """PLZ-17: half of the three months had passed: the term keeps its end, and is not called urgent."""
    deadline = opened(townhall, expediente_id=new_id())
    move_to(clock, "2027-02-20T10:00")
    assert deadline.expediente_id is not None
    declare_urgency(townhall.system("test"), expediente_id=deadline.expediente_id, reason="Riesgo.")
    assert due(townhall, deadline.id) == "2027-02-24"
    assert not term(townhall, deadline.id).urgent


def test_no_term_to_file_or_to_appeal_is_halved() -> None:
    """PLZ-17: art. 33.1 leaves applications and appeals out."""
    appeals = [rule for key, rule in term_rules().items() if key.startswith("appeal_")]
    assert appeals
    assert not any(rule.urgent or rule.extendable for rule in appeals)
