"""The simplified procedure: agreed, notified, counted in thirty days, opposed, given up."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.clock import FixedClock, madrid_date
from engine.deadlines.models import Deadline, DeadlineChange
from engine.errors import BadInput, NotFound, RuleBroken
from engine.expedientes.clock.queries import clock as clock_of
from engine.expedientes.drafts.queries import Filed
from engine.expedientes.own_acts.models import OwnAct
from engine.expedientes.simplified import operations
from engine.expedientes.simplified.models import Simplification, SimplifiedState
from engine.expedientes.simplified.term import standing
from engine.townhall import Call
from tests.engine.expedientes.conftest import Run, Town
from tests.engine.expedientes.test_expedientes import notified_in_the_sede, opened

ORDINARY = date(2027, 1, 25)
"""Two months from Tuesday 24 November 2026: the 24th of January is a Sunday."""


@pytest.fixture
def filed(town: Town) -> Filed:
    town.publish()
    notified_in_the_sede(town)
    return town.filed()


def due(town: Town, expediente_id: UUID) -> date:
    view = town.view(expediente_id)
    assert view.due is not None
    return madrid_date(view.due.due_at)


def agreed(town: Town, filed: Filed, head: Call, run_all: Run, **more: bool) -> Simplification:
    found = operations.simplify(
        head, expediente_id=filed.expediente_id, reason="Es un puesto que ya existía", **more
    )
    run_all()
    return found


def test_thirty_working_days_are_counted_from_the_day_after_the_notice(
    town: Town, filed: Filed, head: Call, run_all: Run, clock: FixedClock
) -> None:
    """INS-11: nothing moves until the agreement is notified; then the term is dated again, and says why."""
    agreed(town, filed, head, run_all)
    assert due(town, filed.expediente_id) == ORDINARY
    opened(town, filed.expediente_id)
    run_all()
    # Thirty working days after 24 November 2026: 7 and 8 December, Christmas, New Year and Epiphany
    # do not count, nor do the Saturdays and Sundays.
    assert due(town, filed.expediente_id) == date(2027, 1, 12)
    with town.hall.database.reading() as session:
        found = clock_of(session, town.hall, filed.expediente_id, head.actor)
        change = session.scalars(select(DeadlineChange)).one()
    assert found is not None
    assert found.simplified
    assert (change.kind, madrid_date(change.previous_due_at)) == ("simplified", ORDINARY)
    assert "96" in change.article


def test_what_is_left_of_the_ordinary_term_stays_when_it_is_less(
    town: Town, filed: Filed, head: Call, run_all: Run, clock: FixedClock
) -> None:
    """INS-11, art. 96.6: a simplified procedure never gives the town hall more time."""
    clock.advance(timedelta(days=40))
    agreed(town, filed, head, run_all)
    opened(town, filed.expediente_id)
    run_all()
    assert due(town, filed.expediente_id) == ORDINARY
    with town.hall.database.reading() as session:
        found = standing(session, filed.expediente_id)
    assert found is not None
    assert found.state == SimplifiedState.RUNNING.value


def test_the_person_opposes_and_the_ordinary_procedure_goes_on(
    town: Town, filed: Filed, head: Call, run_all: Run
) -> None:
    """INS-11, art. 96.2: registered, and the term is again the one that it was."""
    agreed(town, filed, head, run_all)
    opened(town, filed.expediente_id)
    run_all()
    presented = operations.oppose_simplified(
        town.call(), expediente_id=filed.expediente_id, text="Quiero el trámite entero"
    )
    assert presented.code.startswith("2026-E-")
    assert due(town, filed.expediente_id) == ORDINARY
    with town.hall.database.reading() as session:
        assert standing(session, filed.expediente_id) is None
        row = session.scalars(select(Simplification)).one()
        term = session.scalars(select(Deadline).where(Deadline.rule == "resolve")).one()
    assert row.opposed
    assert term.filing
    with pytest.raises(NotFound):
        operations.oppose_simplified(town.call(), expediente_id=filed.expediente_id, text="")


def test_opposed_before_the_notice_nothing_begins(
    town: Town, filed: Filed, head: Call, run_all: Run
) -> None:
    """INS-11: an agreement that was opposed while it waited to be opened begins no term."""
    agreed(town, filed, head, run_all)
    operations.oppose_simplified(town.call(), expediente_id=filed.expediente_id, text="")
    opened(town, filed.expediente_id)
    run_all()
    assert due(town, filed.expediente_id) == ORDINARY
    with town.hall.database.reading() as session:
        own = session.scalars(select(OwnAct)).one()
    assert own.notified_at is None
    assert own.dropped_at is not None


def test_a_minor_infringement_is_not_opposed_and_a_stranger_opposes_nothing(
    town: Town, filed: Filed, head: Call, run_all: Run
) -> None:
    """INS-11, art. 96.5."""
    agreed(town, filed, head, run_all, opposable=False)
    with pytest.raises(RuleBroken, match="infracciones leves"):
        operations.oppose_simplified(town.call(), expediente_id=filed.expediente_id, text="")
    with pytest.raises(NotFound):
        operations.oppose_simplified(
            town.call(town.company), expediente_id=filed.expediente_id, text=""
        )


def test_the_unit_goes_back_to_the_ordinary_procedure_with_a_reason(
    town: Town, filed: Filed, head: Call, run_all: Run
) -> None:
    """INS-11, art. 96.7: another step is needed; it may be agreed again later."""
    agreed(town, filed, head, run_all)
    opened(town, filed.expediente_id)
    run_all()
    with pytest.raises(BadInput, match="motivo"):
        operations.make_ordinary(head, expediente_id=filed.expediente_id, reason=" ")
    operations.make_ordinary(
        head, expediente_id=filed.expediente_id, reason="Hace falta un informe de carreteras"
    )
    assert due(town, filed.expediente_id) == ORDINARY
    agreed(town, filed, head, run_all)
    with pytest.raises(RuleBroken, match="Ya está acordada"):
        agreed(town, filed, head, run_all)
