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
from engine.errors import BadInput, RuleBroken
from engine.ids import new_id
from engine.jobs import JOBS
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


def test_a_process_notifies_another_party_without_the_first_ones_representative(
    hall: TownHall,
    ask: Ask,
    case: UUID,
    citizen: Person,
    company: Person,
    act_document: Document,
) -> None:
    """NOT-1: everybody whose rights are affected is notified, not only who asked."""
    ask(
        "notifications/notify",
        case,
        document_id=str(act_document.id),
        subject="x",
        person_id=str(company.id),
    )
    with hall.database.reading() as session:
        row = session.scalars(select(Notification)).one()
    assert (row.person_id, row.representative_id) == (company.id, None)
    value = ask("notifications/advise", case, subject="A", text="B", person_id=str(company.id))
    assert len(value["notices"]) == 1
    for nobody in (str(new_id()), "nobody"):
        with pytest.raises(RuleBroken, match="No consta"):
            ask("notifications/advise", case, subject="A", text="B", person_id=nobody)


def test_a_process_publishes_and_waits_until_it_is_published(
    hall: TownHall,
    ask: Ask,
    case: UUID,
    act_document: Document,
    signals: list[tuple[str, dict[str, Any]]],
    run_all: Callable[[], int],
) -> None:
    """NOT-15: on the sede's board it is published at once, and the process goes on."""
    parameters = {"subject": "Lista de admitidos", "text": "Se publica la lista."}
    waited = ask(
        "notifications/publish",
        case,
        reason="several",
        document_id=str(act_document.id),
        **parameters,
    )
    assert waited == Wait("token-9")
    run_all()
    ((_, result),) = signals
    assert (result["published"], result["place"]) == (True, "board")
    with pytest.raises(BadInput, match="motivo"):
        ask("notifications/publish", case, reason="because", **parameters)
    with pytest.raises(RuleBroken, match="expediente"):
        ask("notifications/publish", None, reason="several", **parameters)


def test_the_rooms_above_tell_an_expedientes_parties_by_a_job_and_once(
    hall: TownHall, case: UUID, electronic: Person, company: Person
) -> None:
    """PLZ-13: a suspension and its end are told to both; the job run twice tells once."""
    for _ in range(2):
        JOBS["notifications.tell"].handler(
            hall.system("notifications.tell", job="1-77"),
            expediente_id=str(case),
            subject="Plazo suspendido",
            text="Se pidió un informe.",
        )
    with hall.database.reading() as session:
        for person in (electronic, company):
            (advice,) = queries.advices(session, themselves(person))
            assert (advice.subject, advice.expediente_id) == ("Plazo suspendido", case)


def test_the_outcome_of_a_resolution_is_checked_against_the_silence_before_it_is_notified(
    hall: TownHall, ask: Ask, case: UUID, act_document: Document
) -> None:
    """SIL-2: a refusal that silence forbids is never notified; of other acts nobody asks."""
    parameters = {"document_id": str(act_document.id), "subject": "x", "outcome": "eaten"}
    with pytest.raises(BadInput, match="no es un resultado"):
        ask("notifications/notify", case, purpose="resolution", **parameters)
    with hall.database.reading() as session:
        assert session.scalars(select(Notification)).all() == []
    assert ask("notifications/notify", case, **parameters) == Wait("token-9")
