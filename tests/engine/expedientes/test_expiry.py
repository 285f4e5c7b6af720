"""What a person asked for and left still expires: warned, three months, resolved and notified."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.clock import FixedClock, madrid_date
from engine.deadlines.models import Deadline, DeadlineState
from engine.errors import BadInput, NotFound, RuleBroken
from engine.expedientes.drafts.queries import Filed
from engine.expedientes.expiry import operations
from engine.expedientes.expiry.models import ExpiryState, ExpiryWarning
from engine.expedientes.models import ExpedienteState, Outcome
from engine.expedientes.operations import open_ex_officio
from engine.notifications.operations import open_notification
from engine.notifications.queries import of_expediente
from engine.townhall import Call
from engine.workflow.models import InstanceState
from tests.engine.expedientes.conftest import Run, Town
from tests.engine.expedientes.test_expedientes import notified_in_the_sede, opened, process_of


@pytest.fixture
def filed(town: Town) -> Filed:
    town.publish()
    notified_in_the_sede(town)
    return town.filed()


def warn(town: Town, filed: Filed, head: Call, run_all: Run) -> None:
    operations.warn_expiry(
        head,
        expediente_id=filed.expediente_id,
        missing="Presentar el seguro del puesto",
        indispensable=True,
    )
    run_all()


def term(town: Town, expediente_id: UUID) -> Deadline | None:
    with town.hall.database.reading() as session:
        return session.scalars(
            select(Deadline).where(
                Deadline.expediente_id == expediente_id, Deadline.rule == "expiry_warning"
            )
        ).one_or_none()


def declare(filed: Filed, head: Call) -> None:
    operations.declare_expiry(
        head, expediente_id=filed.expediente_id, reason="Han pasado tres meses sin respuesta"
    )


def test_it_expires_three_months_after_the_warning_is_notified_once_that_is_resolved_and_notified(
    town: Town, filed: Filed, head: Call, run_all: Run, clock: FixedClock
) -> None:
    """INS-10, art. 95.1: not before, not by itself, and the expediente ends with the notice."""
    warn(town, filed, head, run_all)
    assert term(town, filed.expediente_id) is None, "the warning is not notified yet"
    with pytest.raises(RuleBroken, match="no está notificada"):
        declare(filed, head)
    opened(town, filed.expediente_id)
    run_all()
    counting = term(town, filed.expediente_id)
    assert counting is not None
    assert madrid_date(counting.due_at) == date(2027, 2, 24)
    with pytest.raises(RuleBroken, match="tres meses"):
        declare(filed, head)
    clock.advance(timedelta(days=100))
    run_all()
    assert town.view(filed.expediente_id).row.state is ExpedienteState.OPEN
    declare(filed, head)
    run_all()
    view = town.view(filed.expediente_id)
    assert view.row.state is ExpedienteState.OPEN, "it ends when it is notified"
    with town.hall.database.reading() as session:
        waiting = [row for row in of_expediente(session, filed.expediente_id) if row.open]
    open_notification(town.call(), notification_id=waiting[0].id)
    run_all()
    view = town.view(filed.expediente_id)
    assert (view.row.state, view.row.outcome) == (ExpedienteState.CLOSED, Outcome.EXPIRED)
    instance, _ = process_of(town, filed.expediente_id)
    assert instance.state == InstanceState.CANCELLED.value
    ended = term(town, filed.expediente_id)
    assert ended is not None
    assert ended.state == DeadlineState.EXPIRED.value


def test_what_was_missing_was_done_and_it_goes_on(
    town: Town, filed: Filed, head: Call, run_all: Run, clock: FixedClock
) -> None:
    """INS-10: the official says so with a reason, and the term is met."""
    warn(town, filed, head, run_all)
    opened(town, filed.expediente_id)
    run_all()
    with pytest.raises(BadInput):
        operations.lift_expiry(head, expediente_id=filed.expediente_id, reason="")
    operations.lift_expiry(
        head, expediente_id=filed.expediente_id, reason="Presentó el seguro el día 3"
    )
    met = term(town, filed.expediente_id)
    assert met is not None
    assert met.state == DeadlineState.MET.value
    with town.hall.database.reading() as session:
        assert session.scalars(select(ExpiryWarning)).one().state == ExpiryState.DONE.value
    with pytest.raises(NotFound):
        declare(filed, head)


def test_a_step_that_can_be_done_without_expires_nothing(
    town: Town, filed: Filed, head: Call
) -> None:
    """INS-10, art. 95.2: only the step is lost; nor is anything warned without saying what is missing."""
    with pytest.raises(RuleBroken, match=r"95\.2"):
        operations.warn_expiry(
            head, expediente_id=filed.expediente_id, missing="Fotos", indispensable=False
        )
    with pytest.raises(BadInput):
        operations.warn_expiry(
            head, expediente_id=filed.expediente_id, missing=" ", indispensable=True
        )


def test_what_nobody_asked_for_is_not_warned_and_nobody_is_warned_twice(
    town: Town, filed: Filed, head: Call, run_all: Run
) -> None:
    """INS-10: what begins ex officio expires by its term (art. 25.1.b), not by a warning."""
    row = open_ex_officio(
        town.hall.system("test"), procedure_key="kiosk", title="De oficio", data={}
    )
    with pytest.raises(RuleBroken, match="no se inició a solicitud"):
        operations.warn_expiry(head, expediente_id=row.id, missing="Algo", indispensable=True)
    warn(town, filed, head, run_all)
    with pytest.raises(RuleBroken, match="ya está advertida"):
        warn(town, filed, head, run_all)
