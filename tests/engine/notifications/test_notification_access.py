"""Who may be notified, who may open a notification, and who sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from factories.notifications import (
    Notify,
    acknowledgements,
    attorney,
    expediente,
    open_it,
    reads,
    state_of,
    themselves,
)
from factories.town import actor_for
from sqlalchemy.orm import Session

from engine.clock import FixedClock, madrid_date
from engine.documents import operations as documents
from engine.documents.codes import DocumentKind
from engine.documents.models import Document, DocumentState, Visibility
from engine.errors import BadInput, NotFound, Refused, RuleBroken
from engine.ids import new_id
from engine.notifications import operations, queries
from engine.notifications.models import (
    NotificationState,
    Via,
)
from engine.people import operations as people
from engine.people.models import Person, Unit
from engine.people.queries import load_citizen_actor
from engine.permissions import Actor, ActorKind, Post
from engine.registry import queries as registry_queries
from engine.townhall import TownHall


def test_a_document_that_is_not_ready_is_not_notified(
    hall: TownHall, notify: Notify, electronic: Person, act_document: Document
) -> None:
    draft = documents.render_document(
        hall.system("test"),
        template="t",
        source="<p>x</p>",
        context={},
        title="Resolución",
        kind=DocumentKind.RESOLUTION,
        seal=True,
    )
    with pytest.raises(RuleBroken, match="preparando"):
        notify(electronic, document_id=draft.id)
    documents.withdraw(hall.system("test"), document_id=act_document.id, reason="error")
    with pytest.raises(RuleBroken, match="retirado"):
        notify(electronic)
    with hall.database.reading() as session:
        assert queries.inbox(session, themselves(electronic)) == ()
        assert registry_queries.of_person(session, themselves(electronic)) == ()


def test_a_document_that_waits_for_its_seal_is_not_notified(
    hall: TownHall, notify: Notify, electronic: Person, act_document: Document
) -> None:
    with hall.database.transaction() as session:
        waiting = session.get(Document, (1, act_document.id))
        assert waiting is not None
        assert waiting.state == DocumentState.FINAL
        waiting.seal_requested = True
    with pytest.raises(RuleBroken, match="sellado"):
        notify(electronic)


@pytest.mark.parametrize("subject", ["", "   ", "x" * 201])
def test_a_notification_has_a_subject(notify: Notify, electronic: Person, subject: str) -> None:
    with pytest.raises(BadInput):
        notify(electronic, subject=subject)


def test_only_the_person_and_who_represents_them_open_it(
    hall: TownHall, notify: Notify, electronic: Person, company: Person, unit: Unit
) -> None:
    row = notify(electronic)
    stranger, pretender = themselves(company), attorney(company, electronic)
    for act in (operations.open_notification, operations.reject):
        for actor in (stranger, pretender):
            with pytest.raises(NotFound):
                act(hall.call(actor), notification_id=row.id)
        with pytest.raises(Refused):
            act(hall.call(actor_for(ActorKind.OFFICIAL, new_id())), notification_id=row.id)
    with pytest.raises(NotFound):
        operations.open_notification(hall.call(themselves(electronic)), notification_id=new_id())
    with hall.database.reading() as session, pytest.raises(NotFound):
        queries.notification(session, row.id, stranger)
    assert state_of(hall, row).open


def test_a_power_for_other_procedures_does_not_reach(
    hall: TownHall, notify: Notify, electronic: Person, company: Person, unit: Unit
) -> None:
    case, _ = expediente(hall, electronic, unit)
    row = notify(electronic, expediente_id=case)
    actor = attorney(company, electronic)
    grant = {
        "grantor_id": electronic.id,
        "attorney_id": company.id,
        "scope": "procedures",
        "source": "apud acta",
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2027, 1, 1),
    }
    people.grant_power(hall.system("test"), **grant, procedures=("minor-works",))
    with pytest.raises(Refused, match="no alcanza"):
        open_it(hall, row, actor)
    assert state_of(hall, row).open
    people.grant_power(hall.system("test"), **grant, procedures=("terrace-permit",))
    with pytest.raises(NotFound):
        open_it(hall, row, themselves(company))
    open_it(hall, row, actor)
    assert state_of(hall, row).closed_by == company.id


def test_an_attorney_sees_only_what_their_powers_in_force_name(
    hall: TownHall, notify: Notify, electronic: Person, company: Person, unit: Unit
) -> None:
    """FIL-7: a general power that ended does not widen one for some procedures."""
    case, _ = expediente(hall, electronic, unit)
    row = notify(electronic, expediente_id=case)
    operations.advise(
        hall.system("test"),
        person_id=electronic.id,
        subject="Terraza",
        text="Renueve.",
        expediente_id=case,
    )
    today = madrid_date(hall.clock.now())

    def grant(scope: str, *procedures: str, until: date) -> None:
        people.grant_power(
            hall.system("test"),
            grantor_id=electronic.id,
            attorney_id=company.id,
            scope=scope,
            procedures=procedures,
            source="apud acta",
            valid_from=date(2026, 1, 1),
            valid_to=until,
        )

    def seen() -> tuple[list[UUID], int]:
        with hall.database.reading() as session:
            actor = load_citizen_actor(session, company.id, today, electronic.id)
            found = [item.id for item in queries.inbox(session, actor)]
            return found, len(queries.advices(session, actor))

    grant("town", until=today - timedelta(days=1))
    grant("procedures", "minor-works", until=today)
    assert seen() == ([], 0)
    grant("procedures", "terrace-permit", until=today)
    assert seen() == ([row.id], 1)


def test_a_power_that_ended_opens_nothing(
    hall: TownHall, notify: Notify, citizen: Person, company: Person, clock: FixedClock
) -> None:
    people.grant_power(
        hall.system("test"),
        grantor_id=citizen.id,
        attorney_id=company.id,
        scope="town",
        source="apud acta",
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 11, 24),
    )
    row = notify(citizen)
    clock.advance(timedelta(days=1))
    with pytest.raises(NotFound):
        open_it(hall, row, attorney(company, citizen))


def test_who_comes_to_the_office_takes_it_there(
    hall: TownHall, notify: Notify, electronic: Person, company: Person, registrar: Actor
) -> None:
    """NOT-3: who comes of their own accord may ask for it in person, also when electronic."""
    row = notify(electronic)
    official = replace(registrar, id=official_id(hall), display_name="Rosa Miranda")
    with pytest.raises(NotFound):
        operations.deliver(hall.call(official), notification_id=row.id, receiver_id=company.id)
    operations.deliver(hall.call(official), notification_id=row.id)
    found = state_of(hall, row)
    assert (found.state, found.closed_via) == (NotificationState.DELIVERED, Via.OFFICE)
    (document,) = acknowledgements(hall)
    assert "lo entregó Rosa Miranda" in hall.storage.get(1, document.sha256).decode()


def official_id(hall: TownHall) -> UUID:
    return people.register_official(
        hall.system("test"),
        code="r.miranda",
        document_number="00000000T",
        name="Rosa",
        surname1="Miranda",
        surname2="Llaneza",
        title="Auxiliar",
    ).id


def test_the_inbox_shows_first_what_waits(
    hall: TownHall, notify: Notify, electronic: Person, clock: FixedClock
) -> None:
    old = notify(electronic)
    clock.advance(timedelta(hours=1))
    newer = notify(electronic)
    clock.advance(timedelta(hours=1))
    newest = notify(electronic)
    open_it(hall, newest, themselves(electronic))
    with hall.database.reading() as session:
        rows = queries.inbox(session, themselves(electronic))
    assert [row.id for row in rows] == [newer.id, old.id, newest.id]
    assert [row.document_id for row in rows] == [None, None, newest.document_id]


def test_officials_see_the_notifications_of_their_units(
    hall: TownHall, notify: Notify, citizen: Person, unit: Unit, registrar: Actor, company: Person
) -> None:
    row = notify(citizen)
    colleague = replace(
        actor_for(ActorKind.OFFICIAL, new_id()), posts=(Post(unit.id, "processor"),)
    )
    other = actor_for(ActorKind.OFFICIAL, new_id())

    def listed(session: Session, actor: Actor) -> list[UUID]:
        return [item.id for item in queries.to_post(session, actor)]

    with hall.database.reading() as session:
        for actor in (colleague, registrar):
            assert listed(session, actor) == [row.id]
            assert queries.notification(session, row.id, actor).document_id == row.document_id
        for actor in (other, themselves(company), Actor(ActorKind.ANONYMOUS)):
            assert listed(session, actor) == []
            with pytest.raises(NotFound):
                queries.notification(session, row.id, actor)


def test_an_internal_document_that_was_notified_can_be_read(
    hall: TownHall, notify: Notify, electronic: Person, act_document: Document
) -> None:
    with hall.database.transaction() as session:
        hidden = session.get(Document, (1, act_document.id))
        assert hidden is not None
        hidden.visibility = Visibility.INTERNAL.value
    row = notify(electronic)
    assert not reads(hall, row, themselves(electronic))
    open_it(hall, row, themselves(electronic))
    assert reads(hall, row, themselves(electronic))
