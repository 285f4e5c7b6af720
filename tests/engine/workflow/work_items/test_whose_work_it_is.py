"""Claimed, given back, delegated, handed over, reassigned: each by who may, and never to an excluded one."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from engine.clock import FixedClock
from engine.errors import BadInput, NotFound, Refused, RuleBroken, Stale
from engine.people import operations as people
from engine.workflow import operations
from engine.workflow.work_items import operations as work
from engine.workflow.work_items.holding import Several
from engine.workflow.work_items.priority import Priority
from engine.workflow.work_items.queries import Inbox, Narrowing, inbox_counts
from engine.workflow.work_items.recipients import recipients
from tests.engine.workflow.work_items.conftest import Office, one_task, two_tasks

TODAY = date(2026, 11, 24)


def test_candidates_alone_may_take_what_the_model_names_them_for(office: Office) -> None:
    office.start(one_task(candidates="=people"), people=[str(office.ids["llara"])])
    assert [row.element for row in office.inbox("llara", Inbox.UNASSIGNED)] == ["ask"]
    assert office.inbox("nel") == ()
    with pytest.raises(NotFound):
        office.act(work.claim, "nel")
    office.act(work.claim, "llara")
    assert office.item().assignee_id == office.ids["llara"]


def test_who_has_it_gives_it_back_and_then_another_may_claim_it(office: Office) -> None:
    office.start(one_task())
    office.act(work.claim, "nel")
    with pytest.raises(RuleBroken, match="Otra persona"):
        office.act(work.claim, "llara")
    with pytest.raises(RuleBroken, match="Ya tiene usted"):
        office.act(work.claim, "nel")
    with pytest.raises(NotFound):
        office.act(work.release, "llara")
    office.act(work.release, "nel")
    office.act(work.claim, "llara")
    assert office.item().assignee_id == office.ids["llara"]


def test_a_delegated_item_is_done_by_another_and_answered_for_by_its_owner(office: Office) -> None:
    office.start(one_task())
    office.act(work.claim, "nel")
    office.act(work.delegate, "nel", to=office.ids["llara"])
    (row,) = office.inbox("llara", Inbox.MINE)
    assert (row.owner_name, row.delegated) == ("Nel Prida Cueto", True)
    assert [row.id for row in office.inbox("nel")] == [office.item().id], "the owner sees it still"
    with pytest.raises(NotFound):
        office.complete("nel")
    facts = office.event("workflow.delegate")["facts"]
    assert (facts["to"], facts["owner"]) == (str(office.ids["llara"]), str(office.ids["nel"]))
    office.complete("llara")
    assert office.item().completed_by == office.ids["llara"]


def test_a_delegated_item_returns_to_its_owner_also_after_two_delegations(office: Office) -> None:
    office.start(one_task())
    office.act(work.claim, "nel")
    office.act(work.delegate, "nel", to=office.ids["llara"])
    with pytest.raises(RuleBroken, match="se la han delegado"):
        office.act(work.release, "llara")
    with pytest.raises(RuleBroken, match="devuélvasela"):
        office.act(work.delegate, "llara", to=office.ids["nel"])
    office.act(work.delegate, "llara", to=office.ids["iyan"])
    with pytest.raises(NotFound):
        office.act(work.resolve, "llara")
    office.act(work.resolve, "iyan")
    found = office.item()
    assert (found.assignee_id, found.owner_id, found.delegated_from) == (
        office.ids["nel"],
        None,
        None,
    )
    with pytest.raises(RuleBroken, match="nadie"):
        office.act(work.resolve, "nel")


def test_an_item_returns_to_the_unit_when_its_owner_cannot_have_it_any_more(
    office: Office, clock: FixedClock
) -> None:
    people.assign_post(
        office.hall.system("test"),
        official_id=office.ids["xurde"],
        unit_id=office.units["URB"],
        role="processor",
        valid_from=TODAY,
        valid_to=TODAY,
    )
    office.start(one_task())
    office.act(work.claim, "xurde")
    office.act(work.delegate, "xurde", to=office.ids["llara"])
    clock.advance(timedelta(days=1))
    office.act(work.resolve, "llara")
    assert office.item().assignee_id is None
    assert [row.element for row in office.inbox("iyan", Inbox.UNASSIGNED)] == ["ask"]


def test_the_owner_takes_back_what_was_delegated_and_says_why(office: Office) -> None:
    office.start(one_task())
    office.act(work.claim, "nel")
    with pytest.raises(NotFound):
        office.act(work.take_back, "llara", reason="Es mía.")
    office.act(work.delegate, "nel", to=office.ids["llara"])
    with pytest.raises(RuleBroken, match="Otra persona"):
        office.act(work.claim, "nel")
    with pytest.raises(BadInput) as wrong:
        office.act(work.take_back, "nel", reason="  ")
    assert wrong.value.errors[0][0] == "reason"
    office.act(work.take_back, "nel", reason="Corre prisa.")
    assert office.event("workflow.take_back")["reason"] == "Corre prisa."
    office.complete("nel")


def test_who_hands_an_item_over_has_nothing_to_do_with_it_any_more(office: Office) -> None:
    office.start(one_task())
    office.act(work.claim, "nel")
    office.act(work.hand_over, "nel", to=office.ids["llara"])
    assert (office.item().assignee_id, office.item().owner_id) == (office.ids["llara"], None)
    assert office.inbox("nel", Inbox.MINE) == ()
    with pytest.raises(NotFound):
        office.complete("nel")


@pytest.mark.parametrize("unable", ["tecla", "xurde", "berta", "ada"])
def test_work_is_given_only_to_who_could_take_it(office: Office, unable: str) -> None:
    office.start(one_task())
    office.act(work.claim, "nel")
    for operation in (work.delegate, work.hand_over):
        with pytest.raises(RuleBroken, match="no puede tener esta tarea"):
            office.act(operation, "nel", to=office.ids[unable])
    with pytest.raises(RuleBroken, match="no puede tener esta tarea"):
        office.act(work.reassign, "berta", to=office.ids[unable], reason="Reparto.")


def test_the_head_of_the_unit_reassigns_and_says_why(office: Office) -> None:
    office.start(one_task())
    office.act(work.claim, "nel")
    assert [row.element for row in office.inbox("berta", Inbox.MANAGED)] == ["ask"]
    assert office.inbox("rita", Inbox.MANAGED) == ()
    with pytest.raises(BadInput):
        office.act(work.reassign, "berta", to=office.ids["llara"], reason="")
    office.act(work.reassign, "berta", to=office.ids["llara"], reason="Nel tiene demasiadas.")
    event = office.event("workflow.reassign")
    assert event["reason"] == "Nel tiene demasiadas."
    assert event["facts"]["previous"] == str(office.ids["nel"])
    assert event["facts"]["to"] == str(office.ids["llara"])
    office.act(work.reassign, "ada", to=None, reason="Vuelve a la unidad.")
    assert office.item().assignee_id is None
    with pytest.raises(RuleBroken, match="sin asignar"):
        office.act(work.reassign, "berta", to=None, reason="Otra vez.")


def test_nobody_else_reassigns_and_another_units_head_does_not_even_learn_of_it(
    office: Office,
) -> None:
    office.start(one_task())
    office.act(work.claim, "nel")
    with pytest.raises(Refused):
        office.act(work.reassign, "llara", to=office.ids["llara"], reason="La quiero yo.")
    with pytest.raises(NotFound):
        office.act(work.reassign, "rita", to=office.ids["llara"], reason="Reparto.")
    with pytest.raises(NotFound):
        office.act(work.prioritise, "rita", priority=80, reason="Prisa.")
    with pytest.raises(NotFound):
        office.complete("berta")


def test_what_the_model_gave_to_one_official_alone_moves_only_by_the_head(office: Office) -> None:
    """A contract's responsible changes while the conformity of its invoice is open."""
    model = one_task(role="", unit="", official="=who")
    office.start(model, who=str(office.ids["nel"]))
    with pytest.raises(RuleBroken, match="le corresponde a usted"):
        office.act(work.release, "nel")
    for operation in (work.delegate, work.hand_over):
        with pytest.raises(RuleBroken, match="El trámite le da"):
            office.act(operation, "nel", to=office.ids["llara"])
    assert [row.element for row in office.inbox("berta", Inbox.MANAGED)] == ["ask"]
    assert office.inbox("rita", Inbox.MANAGED) == ()
    with pytest.raises(RuleBroken, match="elija a quién"):
        office.act(work.reassign, "berta", to=None, reason="Cambio de responsable.")
    office.act(work.reassign, "berta", to=office.ids["tecla"], reason="Cambio de responsable.")
    with pytest.raises(NotFound):
        office.complete("nel")
    office.complete("tecla")


def test_an_excluded_one_gets_the_work_in_no_way(office: Office) -> None:
    """ENS op.acc.3: the one who proposed neither claims nor is given the decision, by anybody."""
    office.start(two_tasks("performer of propose"))
    office.act(work.claim, "nel", "propose")
    office.complete("nel", "propose")
    with pytest.raises(NotFound):
        office.act(work.claim, "nel", "decide")
    office.act(work.claim, "llara", "decide")
    for operation in (work.delegate, work.hand_over):
        with pytest.raises(RuleBroken, match="un paso anterior"):
            office.act(operation, "llara", "decide", to=office.ids["nel"])
    for head in ("berta", "ada"):
        with pytest.raises(RuleBroken, match="un paso anterior"):
            office.act(work.reassign, head, "decide", to=office.ids["nel"], reason="Reparto.")
    with pytest.raises(NotFound):
        office.complete("nel", "decide")
    assert office.item("decide").assignee_id == office.ids["llara"]


def test_one_whom_the_model_names_and_excludes_at_once_cannot_do_it(office: Office) -> None:
    office.start(one_task(official="=who", excluded="=[who]"), who=str(office.ids["nel"]))
    with pytest.raises(NotFound):
        office.complete("nel")
    office.act(work.reassign, "berta", to=office.ids["llara"], reason="Ha de abstenerse.")
    office.complete("llara")


def test_the_recipients_offered_are_those_who_may_have_it(office: Office) -> None:
    office.start(two_tasks("performer of propose"))
    office.act(work.claim, "nel", "propose")
    office.complete("nel", "propose")
    with office.hall.database.reading() as session:
        found = recipients(session, office.item("decide"), TODAY, by_head=False)
    assert [each.name.split()[0] for each in found] == ["Iyan", "Llara"]


def test_every_change_is_refused_on_what_changed_meanwhile(office: Office) -> None:
    office.start(one_task())
    item = office.item()
    office.act(work.claim, "nel")
    call, old = office.call("nel"), {"work_item_id": item.id, "version": item.version}
    for attempt in (
        lambda: work.release(call, **old),
        lambda: work.delegate(call, **old, to=office.ids["llara"]),
        lambda: work.resolve(call, **old),
        lambda: work.hand_over(call, **old, to=office.ids["llara"]),
        lambda: work.take_back(call, **old, reason="Por esto."),
        lambda: work.follow_up(call, **old, on=TODAY + timedelta(days=3)),
        lambda: work.reassign(office.call("berta"), **old, to=None, reason="Por esto."),
        lambda: work.prioritise(office.call("berta"), **old, priority=80, reason="Por esto."),
    ):
        with pytest.raises(Stale):
            attempt()
    assert office.item().assignee_id == office.ids["nel"]


def test_the_order_of_dispatch_changes_only_by_a_reasoned_order_of_the_head(office: Office) -> None:
    """INS-1: the order of initiation is kept unless the head of the unit orders otherwise and says why."""
    first, second = office.start(one_task()), office.start(one_task())
    assert [row.instance_id for row in office.inbox("nel")] == [first, second]
    with pytest.raises(Refused):
        office.act(work.prioritise, "nel", priority=80, reason="Corre prisa.")
    with pytest.raises(BadInput):
        office.act(work.prioritise, "berta", priority=80, reason=" ")
    with pytest.raises(BadInput):
        office.act(work.prioritise, "berta", priority=101, reason="Corre prisa.")
    office.act(work.prioritise, "berta", priority=80, reason="Riesgo de derrumbe.")
    rows = office.inbox("nel")
    assert [(row.instance_id, row.priority) for row in rows] == [
        (second, Priority.HIGH),
        (first, Priority.NORMAL),
    ]
    event = office.event("workflow.prioritise")
    assert event["basis"] == "art. 71.2 de la Ley 39/2015"
    assert event["reason"] == "Riesgo de derrumbe."


def test_a_term_comes_before_a_priority(office: Office) -> None:
    urgent = office.start(one_task(priority="100"))
    due = office.start(one_task())
    with office.hall.database.transaction() as session:
        found = session.merge(office.item())
        found.due_at = office.hall.clock.now() + timedelta(days=30)
    assert [row.instance_id for row in office.inbox("nel")] == [due, urgent]


def test_who_has_an_item_is_reminded_of_it_on_the_day_they_said(
    office: Office, clock: FixedClock
) -> None:
    office.start(one_task())
    office.act(work.claim, "nel")
    with pytest.raises(NotFound):
        office.act(work.follow_up, "llara", on=TODAY + timedelta(days=2))
    with pytest.raises(BadInput):
        office.act(work.follow_up, "nel", on=TODAY)
    office.act(work.follow_up, "nel", on=TODAY + timedelta(days=2))
    for expected in (0, 0, 1):
        found = office.inbox("nel", narrowing=Narrowing(follow_up_by=clock.now()))
        assert len(found) == expected
        clock.advance(timedelta(days=1))
    office.act(work.hand_over, "nel", to=office.ids["llara"])
    assert office.item().follow_up_at is None, "it was the reminder of who had it"


def test_several_are_claimed_at_once_each_with_its_own_event(office: Office) -> None:
    items = []
    for _ in range(3):
        office.start(one_task())
        items.append((office.item().id, office.item().version))
    work.claim(office.call("llara"), work_item_id=items[1][0], version=items[1][1])
    results = work.claim_many(office.call("nel"), items=Several(tuple(items)))
    assert [bool(result.refusal) for result in results] == [False, True, False]
    assert "ha cambiado" in results[1].refusal
    assert len(office.inbox("nel", Inbox.MINE)) == 2
    facts = office.event("workflow.claim_many")["facts"]
    assert (facts["done"], facts["refused"]) == (2, [str(items[1][0])])
    assert office.event("workflow.claim")["object"]["id"] in {str(items[0][0]), str(items[2][0])}


def test_several_are_reassigned_at_once_and_those_that_cannot_say_why(office: Office) -> None:
    office.start(one_task())
    first = office.item()
    office.start(two_tasks("performer of propose"))
    office.act(work.claim, "nel", "propose")
    office.complete("nel", "propose")
    second = office.item("decide")
    both = Several(((first.id, first.version), (second.id, second.version)))
    with pytest.raises(Refused):
        work.reassign_many(office.call("llara"), items=both, to=office.ids["nel"], reason="Sí.")
    with pytest.raises(BadInput):
        work.reassign_many(office.call("berta"), items=both, to=office.ids["nel"], reason="")
    results = work.reassign_many(
        office.call("berta"), items=both, to=office.ids["nel"], reason="Reparto de la semana."
    )
    assert results[0].refusal == ""
    assert "un paso anterior" in results[1].refusal
    assert office.item("decide").assignee_id is None
    assert office.event("workflow.reassign")["reason"] == "Reparto de la semana."


def test_somebody_elses_item_among_several_is_told_apart_from_none(office: Office) -> None:
    office.start(one_task(unit="REN"))
    strange = office.item()
    missing = UUID(int=7)
    results = work.claim_many(
        office.call("nel"), items=Several(((strange.id, strange.version), (missing, 1)))
    )
    assert results[0].refusal == results[1].refusal != ""


@pytest.mark.parametrize("count", [0, 101])
def test_nothing_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(BadInput):
        Several(tuple((UUID(int=number), 1) for number in range(count)))


def test_the_counts_are_those_of_the_lists(office: Office) -> None:
    for _ in range(3):
        office.start(one_task())
    office.act(work.claim, "nel")
    for name in ("nel", "berta", "rita"):
        with office.hall.database.reading() as session:
            counts = inbox_counts(session, office.actor(name))
        assert counts == {which: len(office.inbox(name, which)) for which in Inbox}


def test_completing_by_who_is_not_its_assignee_is_not_found(office: Office) -> None:
    office.start(one_task())
    with pytest.raises(NotFound):
        office.act(operations.complete, "nel", data={})
