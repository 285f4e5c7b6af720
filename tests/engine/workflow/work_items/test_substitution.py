"""Work done in an absent official's place: while the absence lasts, told in the event, four eyes for both."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from engine.clock import FixedClock
from engine.errors import NotFound, RuleBroken
from engine.people.absences import operations as absences
from engine.people.models import Official
from engine.workflow import operations, queries
from engine.workflow.models import ProcessInstance
from engine.workflow.work_items import operations as work
from engine.workflow.work_items.models import SubstitutedWork
from engine.workflow.work_items.queries import Inbox, work_item
from tests.engine.workflow.work_items.conftest import Office, one_task, two_tasks

TODAY = date(2026, 11, 24)
FRIDAY = TODAY + timedelta(days=3)


def test_the_substitute_sees_and_does_the_absent_ones_work_and_the_event_says_for_whom(
    office: Office,
) -> None:
    """Art. 13.4 of Ley 40/2015: the act says that it is by substitution, and of whom."""
    instance = office.start(one_task(role="technician"))
    office.act(work.claim, "tecla")
    assert office.inbox("nel") == ()
    absence = office.away("tecla", "nel", TODAY, FRIDAY)
    assert [row.element for row in office.inbox("nel")] == ["ask"]
    office.act(work.claim, "nel")
    claimed = office.event("workflow.claim")
    assert claimed["facts"]["substitution_of"] == str(office.ids["tecla"])
    office.complete("nel")
    done = office.event("workflow.complete")
    assert done["basis"] == "art. 13 de la Ley 40/2015"
    assert done["actor"]["id"] == str(office.ids["nel"])
    assert done["facts"]["substitution_of"] == str(office.ids["tecla"])
    assert done["facts"]["absence"] == str(absence.id)
    with office.hall.database.reading() as session:
        row = session.scalars(select(SubstitutedWork)).one()
        shown = work_item(session, row.work_item_id, office.actor("nel"))
    assert (row.official_id, row.absent_id) == (office.ids["nel"], office.ids["tecla"])
    assert row.instance_id == instance
    assert shown.completed_by_words == ("Nel Prida Cueto, por sustitución de Tecla Prida Cueto")


def test_the_substitute_takes_from_the_pool_what_the_absent_one_could_take(office: Office) -> None:
    office.start(one_task(role="technician"))
    office.away("tecla", "nel", TODAY, FRIDAY)
    assert [row.element for row in office.inbox("nel", Inbox.UNASSIGNED)] == ["ask"]
    office.act(work.claim, "nel")
    assert office.item().owner_id == office.ids["tecla"]
    office.act(work.release, "nel")
    assert (office.item().assignee_id, office.item().owner_id) == (None, None)


def test_what_one_can_take_by_ones_own_post_is_not_taken_in_anybodys_place(office: Office) -> None:
    office.start(one_task())
    office.away("llara", "nel", TODAY, FRIDAY)
    office.act(work.claim, "nel")
    assert office.item().owner_id is None
    office.complete("nel")
    assert "substitution_of" not in office.event("workflow.complete")["facts"]


def test_nobody_stands_in_before_the_first_day_nor_after_the_last(
    office: Office, clock: FixedClock
) -> None:
    office.start(one_task(role="technician"))
    office.act(work.claim, "tecla")
    office.away("tecla", "nel", TODAY + timedelta(days=1), TODAY + timedelta(days=1))
    with pytest.raises(NotFound):
        office.act(work.claim, "nel")
    clock.advance(timedelta(days=1))
    office.act(work.claim, "nel")
    clock.advance(timedelta(days=1))
    with pytest.raises(NotFound):
        office.complete("nel")
    office.act(work.claim, "tecla")
    office.complete("tecla")
    assert office.item().completed_by == office.ids["tecla"]


def test_an_absence_that_is_ended_takes_the_substitutes_powers_at_once(office: Office) -> None:
    office.start(one_task(role="technician"))
    office.act(work.claim, "tecla")
    absence = office.away("tecla", "nel", TODAY, FRIDAY)
    before = office.call("nel")
    found = office.item()
    absences.end_absence(office.call("tecla"), absence_id=absence.id, version=absence.version)
    with pytest.raises(NotFound):
        work.claim(before, work_item_id=found.id, version=found.version)
    assert office.inbox("nel") == ()


def test_an_absence_ended_while_the_substitute_was_working_stops_the_completion(
    office: Office,
) -> None:
    office.start(one_task(role="technician"))
    absence = office.away("tecla", "nel", TODAY, FRIDAY)
    office.act(work.claim, "nel")
    before, found = office.call("nel"), office.item()
    absences.end_absence(office.call("tecla"), absence_id=absence.id, version=absence.version)
    with pytest.raises(NotFound):
        operations.complete(before, work_item_id=found.id, data={}, version=found.version)
    assert office.item().state == "claimed"


def test_a_task_given_to_the_absent_one_alone_is_done_by_the_substitute_and_goes_back_to_them(
    office: Office,
) -> None:
    office.start(one_task(role="", unit="", official="=who"), who=str(office.ids["tecla"]))
    office.away("tecla", "nel", TODAY, FRIDAY)
    office.act(work.claim, "nel")
    office.act(work.release, "nel")
    assert office.item().assignee_id == office.ids["tecla"]
    office.act(work.claim, "nel")
    office.complete("nel")
    assert office.item().completed_by == office.ids["nel"]


def test_who_proposed_does_not_decide_in_somebody_elses_place(office: Office) -> None:
    """ENS op.acc.3: the exclusion is of the real person, whoever they stand in for."""
    office.start(two_tasks("performer of propose"))
    office.act(work.claim, "nel", "propose")
    office.complete("nel", "propose")
    office.act(work.claim, "llara", "decide")
    office.away("llara", "nel", TODAY, FRIDAY)
    assert office.inbox("nel") == ()
    with pytest.raises(NotFound):
        office.act(work.claim, "nel", "decide")


def test_nobody_decides_in_the_place_of_who_proposed(office: Office) -> None:
    """ENS op.acc.3: nor is the absent one's exclusion got round by their substitute."""
    model = two_tasks("performer of propose")
    office.start(model)
    office.act(work.claim, "nel", "propose")
    office.complete("nel", "propose")
    office.away("nel", "xurde", TODAY, FRIDAY, by="berta")
    assert office.inbox("xurde") == (), "of another unit, and the one they stand in for is excluded"
    with pytest.raises(NotFound):
        office.act(work.claim, "xurde", "decide")


def test_what_was_done_in_somebodys_place_excludes_them_too(
    office: Office, clock: FixedClock
) -> None:
    """ENS op.acc.3: the absent one does not decide what was proposed in their own place."""
    office.start(two_tasks("=[propose.by]"))
    office.act(work.claim, "nel", "propose")
    office.away("nel", "xurde", TODAY, TODAY, by="berta")
    office.act(work.claim, "xurde", "propose")
    office.complete("xurde", "propose")
    clock.advance(timedelta(days=1))
    assert office.inbox("nel") == ()
    with pytest.raises(NotFound):
        office.act(work.claim, "nel", "decide")
    with pytest.raises(RuleBroken, match="un paso anterior"):
        office.act(work.reassign, "berta", "decide", to=office.ids["nel"], reason="Reparto.")
    office.act(work.claim, "llara", "decide")
    with pytest.raises(RuleBroken, match="un paso anterior"):
        office.act(work.delegate, "llara", "decide", to=office.ids["nel"])
    office.complete("llara", "decide")


def test_the_process_knows_in_whose_place_a_step_was_done(office: Office) -> None:
    office.start(two_tasks("=[propose.by]"))
    office.act(work.claim, "nel", "propose")
    office.away("nel", "xurde", TODAY, TODAY, by="berta")
    office.act(work.claim, "xurde", "propose")
    office.complete("xurde", "propose")
    with office.hall.database.reading() as session:
        found = session.get(
            ProcessInstance,
            (office.hall.settings.entity_id, office.item("decide").instance_id),
        )
        assert found is not None
        said = queries.data_of(session, found)["propose"]
    assert (said["by"], said["behalf"]) == (str(office.ids["xurde"]), str(office.ids["nel"]))


def test_who_stands_in_does_not_stand_in_for_those_whom_the_absent_one_stood_in_for(
    office: Office,
) -> None:
    office.start(one_task(role="technician"))
    office.act(work.claim, "tecla")
    office.away("tecla", "nel", TODAY, FRIDAY)
    office.away("nel", "llara", TODAY, FRIDAY)
    assert office.inbox("llara") == ()
    with pytest.raises(NotFound):
        office.act(work.claim, "llara")


def test_a_substitute_does_not_pass_the_work_on(office: Office) -> None:
    office.start(one_task(role="technician"))
    office.away("tecla", "nel", TODAY, FRIDAY)
    office.act(work.claim, "nel")
    for operation in (work.delegate, work.hand_over):
        with pytest.raises(RuleBroken, match="en sustitución"):
            office.act(operation, "nel", to=office.ids["llara"])


def test_work_that_was_delegated_to_an_absent_one_stays_its_owners(office: Office) -> None:
    office.start(one_task())
    office.act(work.claim, "nel")
    office.act(work.delegate, "nel", to=office.ids["llara"])
    office.away("llara", "xurde", TODAY, FRIDAY, by="berta")
    with pytest.raises(RuleBroken, match="Otra persona"):
        office.act(work.claim, "xurde")
    office.act(work.take_back, "nel", reason="Llara está ausente.")
    office.complete("nel")


def test_nobody_is_given_work_while_they_are_away(office: Office) -> None:
    office.start(one_task())
    office.act(work.claim, "nel")
    office.away("llara", "iyan", TODAY, FRIDAY)
    for operation in (work.delegate, work.hand_over):
        with pytest.raises(RuleBroken, match="ausente hasta el 27/11/2026; sustituye Iyan"):
            office.act(operation, "nel", to=office.ids["llara"])
    with pytest.raises(RuleBroken, match="ausente"):
        office.act(work.reassign, "berta", to=office.ids["llara"], reason="Reparto.")


def test_who_left_the_town_hall_is_stood_in_for_no_more(office: Office) -> None:
    office.start(one_task(role="technician"))
    office.act(work.claim, "tecla")
    office.away("tecla", "nel", TODAY, FRIDAY)
    with office.hall.database.transaction() as session:
        found = session.scalar(select(Official).where(Official.id == office.ids["tecla"]))
        assert found is not None
        found.active = False
    assert office.actor("nel").stands_for == ()
    assert office.inbox("nel") == ()
