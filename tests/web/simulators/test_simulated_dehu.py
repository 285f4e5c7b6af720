"""The demonstration's DEHú does what the tester says, and is not there in production."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from factories.notifications import dispatch_of
from factories.sede import SedeClient

from engine.documents import operations as documents
from engine.documents.codes import DocumentKind, Origin
from engine.ids import new_id
from engine.notifications import operations, queries
from engine.notifications.adapters import ChannelName
from engine.notifications.models import Notification
from engine.people import operations as people
from engine.people.models import Channel, Official, Person
from engine.settings import Environment
from engine.townhall import TownHall
from web.app import create_app


@pytest.fixture
def row(
    hall: TownHall, citizen: Person, town_units: dict[str, object], run_all: Callable[[], int]
) -> Notification:
    """A notification that the DEHú has."""
    people.change_contact(
        hall.system("test"),
        person_id=citizen.id,
        email="xuan@example.org",
        phone="",
        channel=Channel.ELECTRONIC,
        version=citizen.version,
    )
    act = documents.add_document(
        hall.system("test"),
        title="Resolución",
        kind=DocumentKind.RESOLUTION,
        origin=Origin.ADMINISTRATION,
        media_type="text/plain",
        name="r.txt",
        data=b"Se deniega la terraza.",
        expediente_id=new_id(),
    )
    made = operations.notify(
        hall.system("test"),
        document_id=act.id,
        person_id=citizen.id,
        subject="Terraza en la plaza",
        unit_id=town_units["ESP"],
        expediente_id=act.expediente_id,
    )
    run_all()
    return made


def test_the_tester_makes_it_late_and_the_town_learns_of_it_afterwards(
    sede: SedeClient, hall: TownHall, row: Notification, run_all: Callable[[], int]
) -> None:
    """NOT-4: the simulator's page, from the parcel to the end of the notification."""
    key = str(dispatch_of(hall, row, ChannelName.DEHU).id)
    page = sede.get("/simuladores/dehu")
    assert "Terraza en la plaza" in page.main
    wrong = sede.submit(page, {"behaviour": "eat"}, button="Hacerlo", status=422)
    assert set(wrong.errors) == {"behaviour"}
    page = sede.submit(page, {"key": key, "behaviour": "access-late"}, button="Hacerlo")
    run_all()
    assert state(hall, row) == "available"
    sede.submit(page, button="Decir ahora")
    run_all()
    assert state(hall, row) == "accepted"
    assert "Terminó: se abrió" in sede.get("/simuladores/dehu").main


def state(hall: TownHall, row: Notification) -> str:
    with hall.database.reading() as session:
        return queries.notification(session, row.id, hall.system("test").actor).state


def test_it_can_be_closed_and_opened(sede: SedeClient) -> None:
    page = sede.submit(sede.get("/simuladores/dehu"), button="Cerrar la DEHú")
    assert "no admite nada" in page.main
    page = sede.submit(page, button="Volver a abrir")
    assert "no admite nada" not in page.main


def test_the_mail_of_a_demonstration_is_read_by_who_administers(
    sede: SedeClient,
    hall: TownHall,
    row: Notification,
    official_of: Callable[[str, str], Official],
) -> None:
    """NOT-10: what would have left says that something waits, and nothing of it."""
    sede.sign_in_official(official_of("administrator", "OAR"))
    page = sede.get("/administracion/correo")
    assert "xuan@example.org" in page.main
    assert "no es la notificación" in page.main
    for hidden in ("Terraza", "deniega", "Resolución"):
        assert hidden not in page.main
    hall.settings = replace(hall.settings, smtp_url="smtp://mail.example:25")
    assert "xuan@example.org" not in sede.get("/administracion/correo").main


def test_in_production_there_is_no_simulated_dehu(hall: TownHall) -> None:
    hall.settings = replace(hall.settings, environment=Environment.PRODUCTION)
    client = create_app(hall, testing=True).test_client()
    assert client.get("/simuladores/dehu").status_code == 404
