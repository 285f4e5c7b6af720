"""A terrace permit from its entry to its notified resolution, with every room at work: no stand-ins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from factories.town import TestKeys
from sqlalchemy import select

from engine.documents.models import Document
from engine.expedientes import operations as expedientes
from engine.expedientes.models import Expediente
from engine.expedientes.queries import documents, timeline
from engine.notifications import operations as notifications
from engine.notifications.queries import inbox as notified
from engine.people import operations as people
from engine.people.models import Channel
from engine.people.queries import load_citizen_actor
from engine.procedures.operations import publish
from engine.procedures.queries import current
from engine.registry.models import Book
from engine.registry.operations import enter
from engine.signing import operations as signing
from engine.signing.queries import mine
from engine.townhall import TownHall
from engine.worker import drain
from engine.workflow import operations as workflow
from engine.workflow.queries import incidents
from signatures.demo_authority import Authority
from tests.engine.procedures.conftest import Town, files_of

ANSWERS = {
    "establishment": "El Chigre",
    "licence": "2019/LIC/000123",
    "address": "Calle Mayor, 1",
    "postal_code": "33999",
    "place": "En la acera",
    "category": "first",
    "area": "12.5",
    "tables": 4,
    "chairs": 16,
    "heating": False,
    "starts_on": "2027-03-01",
    "months": 3,
    "elements": [{"element": "sunshade", "units": 2, "measures": "2 m"}],
}


@pytest.fixture
def signing_town(town: Town, hall: TownHall, keys: TestKeys, authority: Authority) -> Town:
    """The town, with a key for each official and a citizen who is notified electronically."""
    for actor, given, nif in (
        (town.planning, "Llara", "87654321X"),
        (town.mayor, "Covadonga", "00000001R"),
    ):
        assert actor.id is not None
        keys.people[actor.id] = authority.employee(
            given=given,
            surnames=("Prida", "Cueto"),
            nif=nif,
            entity="Ayuntamiento de Valdecandamo",
            entity_nif="P3399014D",
            unit="Valdecandamo",
            post="Empleo público",
        )
    people.change_contact(
        hall.system("test"),
        person_id=_id(town.citizen.id),
        email="xuan@example.org",
        phone="",
        channel=Channel.ELECTRONIC,
        version=1,
    )
    with hall.database.reading() as session:
        citizen = load_citizen_actor(session, _id(town.citizen.id), date(2026, 11, 24))
    return replace(town, citizen=citizen)


def _id(identifier: UUID | None) -> UUID:
    assert identifier is not None
    return identifier


def filed(town: Town) -> Expediente:
    hall = town.hall
    publish(hall.system("test"), files=files_of("terrace-permit"))
    entry = enter(
        hall.system("test"),
        book=Book.ENTRY,
        subject="Autorización de terraza",
        unit_id=town.units["ESP"],
        person_id=town.citizen.id,
    )
    with hall.database.reading() as session:
        procedure = current(session, "terrace-permit")
    return expedientes.open_expediente(
        hall.system("test"),
        procedure=procedure,
        title="Terraza de El Chigre",
        person_id=town.citizen.id,
        representative_id=None,
        answers=ANSWERS,
        entry=entry,
        documents=(),
    )


def state(town: Town, expediente_id: UUID) -> Expediente:
    with town.hall.database.reading() as session:
        assert incidents(session) == ()
        return session.scalars(select(Expediente).where(Expediente.id == expediente_id)).one()


def worked(town: Town, actor: Any, **typed: str) -> None:
    item = town.only(actor)
    call = town.hall.call(actor)
    workflow.claim(call, work_item_id=item.id, version=item.version)
    expedientes.complete_task(
        call,
        work_item_id=item.id,
        version=item.version + 1,
        data={name: [value] for name, value in typed.items()},
    )
    drain(town.hall)


def signed(town: Town, actor: Any) -> str:
    with town.hall.database.reading() as session:
        (request,) = mine(session, actor)
    signing.sign(town.hall.call(actor), request_id=request.id, shown_sha256=request.document.sha256)
    drain(town.hall)
    return request.document.title


def test_a_terrace_is_asked_for_reported_on_decided_notified_and_closed(
    signing_town: Town,
) -> None:
    """EXP-1, NOT-6: the decision is read when its notification is opened, and the index is signed."""
    town = signing_town
    opened = filed(town)
    assert state(town, opened.id).phase == "received"
    worked(town, town.commerce, complete="yes")
    assert state(town, opened.id).phase == "report"
    worked(town, town.planning, favourable="yes", free_width="2,10", grounds="Cabe de sobra.")
    assert signed(town, town.planning) == "Informe técnico"
    worked(town, town.commerce, grant="yes", grounds="Cumple la ordenanza.", conditions="Recoger.")
    assert state(town, opened.id).phase == "resolution"
    assert "Propuesta de resolución" not in _titles(town, opened.id)
    assert signed(town, town.mayor) == "Resolución sobre la autorización de terraza"
    assert state(town, opened.id).phase == "notification"
    assert "Resolución sobre la autorización de terraza" not in _titles(town, opened.id)
    with town.hall.database.reading() as session:
        (notification,) = notified(session, town.citizen)
    notifications.open_notification(town.hall.call(town.citizen), notification_id=notification.id)
    drain(town.hall)
    closed = state(town, opened.id)
    assert (closed.state, closed.outcome) == ("closed", "granted")
    assert closed.index_document_id is not None
    assert "Resolución sobre la autorización de terraza" in _titles(town, opened.id)
    with town.hall.database.reading() as session:
        documents = session.scalars(
            select(Document).where(Document.expediente_id == opened.id)
        ).all()
        told = [item.title for item in timeline(session, opened.id, town.citizen)]
    assert [document.title for document in documents if document.missing] == []
    assert closed.phase == "in_force"
    assert "Se firmó «Resolución sobre la autorización de terraza»" in told


def _titles(town: Town, expediente_id: UUID) -> list[str]:
    """What the citizen sees in the expediente."""
    with town.hall.database.reading() as session:
        return [row.title for row in documents(session, expediente_id, town.citizen)]
