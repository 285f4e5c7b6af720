"""What models ask of notifications: a process that waits for the end, and one that only advises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from factories.notifications import expediente, themselves
from sqlalchemy import select

from engine.clock import FixedClock
from engine.documents.models import Document
from engine.errors import RuleBroken
from engine.ids import new_id
from engine.notifications import operations, queries
from engine.notifications.models import Notification
from engine.operation import OPERATIONS, Act, operation
from engine.people.models import Person, Unit
from engine.services import SERVICES, InstanceView, Wait
from engine.townhall import TownHall

Ask = Callable[..., Any]


@pytest.fixture
def case(hall: TownHall, electronic: Person, company: Person, unit: Unit) -> UUID:
    found, _ = expediente(hall, electronic, unit, representative=company)
    return found


@pytest.fixture
def ask(hall: TownHall) -> Iterator[Ask]:
    """Call a service as the runtime does, inside an operation."""

    @operation("test.service", permission="notifications.notify")
    def call(act: Act, name: str, instance: InstanceView, **parameters: Any) -> Any:
        return SERVICES[name](act, instance, **parameters)

    yield lambda name, case, **parameters: call(
        hall.system("terrace-permit"),
        name,
        InstanceView(new_id(), case, "terrace-permit", "notify", "token-9", {}),
        **parameters,
    )
    OPERATIONS.pop("test.service")


def test_a_process_notifies_the_expedientes_parties_and_waits(
    hall: TownHall,
    ask: Ask,
    case: UUID,
    electronic: Person,
    company: Person,
    unit: Unit,
    act_document: Document,
    clock: FixedClock,
    signals: list[tuple[str, dict[str, Any]]],
    run_all: Callable[[], int],
) -> None:
    waited = ask(
        "notifications/notify",
        case,
        document_id=str(act_document.id),
        subject="Terraza",
        purpose="resolution",
    )
    assert waited == Wait("token-9")
    with hall.database.reading() as session:
        row = session.scalars(select(Notification)).one()
    assert (row.person_id, row.representative_id) == (electronic.id, company.id)
    assert (row.unit_id, row.expediente_id, row.purpose) == (unit.id, case, "resolution")
    run_all()
    assert signals == []
    clock.advance(timedelta(hours=2))
    operations.open_notification(hall.call(themselves(electronic)), notification_id=row.id)
    run_all()
    ((reference, result),) = signals
    assert reference == "token-9"
    assert (result["notified"], result["accessed"]) == (True, True)
    assert result["at"] == clock.now().isoformat()


def test_a_process_advises_and_goes_on(
    hall: TownHall, ask: Ask, case: UUID, electronic: Person, company: Person
) -> None:
    value = ask("notifications/advise", case, subject="Renovación", text="Caduca pronto.")
    assert len(value["notices"]) == 2
    with hall.database.reading() as session:
        for person in (electronic, company):
            (advice,) = queries.advices(session, themselves(person))
            assert (advice.subject, advice.expediente_id) == ("Renovación", case)


def test_without_an_interested_person_there_is_nobody_to_notify(
    ask: Ask, act_document: Document
) -> None:
    for case in (None, new_id()):
        with pytest.raises(RuleBroken, match="interesada"):
            ask("notifications/notify", case, document_id=str(act_document.id), subject="x")
