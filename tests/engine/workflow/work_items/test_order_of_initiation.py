"""Work of the same kind is taken in the order in which it began, or out of it for a reason that stays."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from engine.clock import FixedClock
from engine.errors import BadInput
from engine.workflow.models import WorkItem
from engine.workflow.surgery import operations as surgery
from engine.workflow.work_items import operations as work
from engine.workflow.work_items.holding import Several
from engine.workflow.work_items.order import OutOfOrder, places
from engine.workflow.work_items.queries import Inbox, WorkItemRow
from tests.engine.workflow.work_items.conftest import Office, one_task


@pytest.fixture
def three(office: Office, clock: FixedClock) -> list[WorkItemRow]:
    """Three of the same kind that wait, a day between each, as they began."""
    for _ in range(3):
        office.start(one_task())
        clock.advance(timedelta(days=1))
    found = office.inbox("nel", Inbox.UNASSIGNED)
    assert len(found) == 3
    return sorted(found, key=lambda row: row.created_at)


def take(office: Office, row: WorkItemRow, name: str = "nel", **more: str) -> None:
    work.claim(office.call(name), work_item_id=row.id, version=row.version, **more)


def assignee(office: Office, row: WorkItemRow) -> UUID | None:
    with office.hall.database.reading() as session:
        return session.get_one(WorkItem, (office.hall.settings.entity_id, row.id)).assignee_id


def test_the_first_is_taken_without_a_word_and_then_the_next(
    office: Office, three: list[WorkItemRow]
) -> None:
    """INS-1: nothing is asked of who follows the order."""
    for row in three:
        take(office, row)
        event = office.event("workflow.claim")
        assert "out_of_order" not in event["facts"]
        assert "reason" not in event
    assert {assignee(office, row) for row in three} == {office.ids["nel"]}


def test_a_later_one_needs_a_reason_which_stays_in_the_event(
    office: Office, three: list[WorkItemRow]
) -> None:
    """INS-1: refused without a reason, with how many wait; recorded with one, and the article."""
    with pytest.raises(OutOfOrder, match="hay 2 anteriores") as caught:
        take(office, three[2], reason="  ")
    assert caught.value.earlier == 2
    assert assignee(office, three[2]) is None
    with pytest.raises(BadInput, match=r"1\.000"):
        take(office, three[2], reason="x" * 1001)
    take(office, three[2], reason="Orden de la jefa: peligro de derrumbe")
    event = office.event("workflow.claim")
    assert event["reason"] == "Orden de la jefa: peligro de derrumbe"
    assert event["facts"]["out_of_order"] == 2
    assert event["facts"]["first"] == str(three[0].id)
    assert "71.2" in event["basis"]


def test_only_what_the_official_could_take_goes_before(
    office: Office, three: list[WorkItemRow], clock: FixedClock
) -> None:
    """INS-1: neither another step's work, nor another unit's, nor what somebody has, nor what is on hold."""
    take(office, three[0], "llara")
    surgery.suspend(office.call("ada"), instance_id=three[1].instance_id, reason="Avería del plano")
    office.start(one_task(unit="REN"))
    clock.advance(timedelta(days=1))
    take(office, three[2])
    assert assignee(office, three[2]) == office.ids["nel"]


def test_what_began_at_the_same_instant_goes_at_the_same_time(office: Office) -> None:
    """INS-1: neither of two that began together is before the other."""
    office.start(one_task())
    office.start(one_task())
    first, second = office.inbox("nel", Inbox.UNASSIGNED)
    take(office, second)
    take(office, first)


def test_the_head_changes_the_order_by_a_reasoned_priority(
    office: Office, three: list[WorkItemRow]
) -> None:
    """INS-1: what the head put first is first, and the one passed over waits without blame."""
    last = three[2]
    work.prioritise(
        office.call("berta"),
        work_item_id=last.id,
        version=last.version,
        priority=90,
        reason="Vence antes la subvención",
    )
    work.claim(office.call("nel"), work_item_id=last.id, version=last.version + 1)
    assert "out_of_order" not in office.event("workflow.claim")["facts"]
    with pytest.raises(OutOfOrder, match="hay una anterior"):
        take(office, three[1])


def test_several_taken_at_once_follow_the_order_whatever_the_order_of_the_marks(
    office: Office, three: list[WorkItemRow]
) -> None:
    """INS-1: marked together, from the first on, they need no reason."""
    marked = Several(tuple((row.id, row.version) for row in reversed(three)))
    results = work.claim_many(office.call("nel"), items=marked)
    assert [result.refusal for result in results] == ["", "", ""]
    assert [result.work_item_id for result in results] == list(marked.ids)


def test_among_several_only_those_out_of_order_are_refused_or_need_the_reason(
    office: Office, three: list[WorkItemRow]
) -> None:
    """INS-1: one that could not be taken still goes before the others that were marked with it."""
    stale = Several(
        ((three[0].id, 99), (three[1].id, three[1].version), (three[2].id, three[2].version))
    )
    results = work.claim_many(office.call("nel"), items=stale)
    assert all(result.refusal for result in results)
    assert "No le toca todavía" in results[1].refusal
    results = work.claim_many(office.call("nel"), items=stale, reason="Orden verbal de la jefa")
    assert [bool(result.refusal) for result in results] == [True, False, False]
    assert office.event("workflow.claim")["facts"]["out_of_order"] == 1


def test_each_item_says_how_many_go_before_it(office: Office, three: list[WorkItemRow]) -> None:
    """INS-1: the inbox counts them in one statement, by who looks."""
    with office.hall.database.reading() as session:
        found = places(session, [row.id for row in three], office.actor("nel"))
        others = places(session, [row.id for row in three], office.actor("xurde"))
        assert places(session, [], office.actor("nel")) == {}
    assert [found[row.id] for row in three] == [0, 1, 2]
    assert others == {}
