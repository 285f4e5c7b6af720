"""What the tests of notifications share: documents to notify, actors, the signals heard, a mail server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from factories.mail import MailServer, listening
from factories.notifications import Notify
from factories.town import actor_for

from engine.assembly import import_rooms
from engine.documents import operations as documents
from engine.documents.codes import DocumentKind, Origin
from engine.documents.models import Document
from engine.ids import new_id
from engine.jobs import JOBS, job
from engine.notifications import operations
from engine.notifications.models import Notification
from engine.people import operations as people
from engine.people.models import Channel, Person, Unit
from engine.permissions import Actor, ActorKind
from engine.townhall import Call, TownHall

import_rooms(("expedientes", "notifications"))

SIGNALS = "workflow.signal"


@pytest.fixture
def signals(hall: TownHall) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """What the processes are told."""
    heard: list[tuple[str, dict[str, Any]]] = []
    before = dict(JOBS)
    JOBS.pop(SIGNALS, None)

    @job(SIGNALS)
    def hear(call: Call, *, reference: str, result: dict[str, Any]) -> None:
        heard.append((reference, result))

    yield heard
    JOBS.clear()
    JOBS.update(before)


@pytest.fixture
def act_document(hall: TownHall) -> Document:
    return documents.add_document(
        hall.system("test"),
        title="Resolución que deniega la terraza",
        kind=DocumentKind.RESOLUTION,
        origin=Origin.ADMINISTRATION,
        media_type="text/plain",
        name="resolucion.txt",
        data=b"Se deniega la terraza.",
        expediente_id=new_id(),
    )


@pytest.fixture
def notify(hall: TownHall, act_document: Document, unit: Unit) -> Notify:
    """Notify the document to a person, as a process does."""

    def made(person: Person, **changes: Any) -> Notification:
        values = {
            "document_id": act_document.id,
            "person_id": person.id,
            "subject": "Terraza en la plaza Mayor",
            "unit_id": unit.id,
            "expediente_id": act_document.expediente_id,
        }
        return operations.notify(hall.system("terrace"), **{**values, **changes})

    return made


@pytest.fixture
def registrar(unit: Unit) -> Actor:
    return actor_for(
        ActorKind.OFFICIAL,
        new_id(),
        "notifications.deliver",
        "notifications.announce",
        "notifications.read_any",
    )


@pytest.fixture
def electronic(hall: TownHall, citizen: Person) -> Person:
    """A citizen who chose the electronic channel and gave an e-mail address."""
    people.change_contact(
        hall.system("test"),
        person_id=citizen.id,
        email="xuan@example.org",
        phone="",
        channel=Channel.ELECTRONIC,
        version=citizen.version,
    )
    return citizen


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A real conversation on a port of this computer."""
    with listening() as server:
        yield server
