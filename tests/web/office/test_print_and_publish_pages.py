"""Paper in batches, results by file, what failed on paper announced, what is published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from factories.sede import SedeClient
from factories.town import actor_for

from engine.clock import FixedClock
from engine.ids import new_id
from engine.notifications import queries
from engine.notifications.adapters import ChannelName, EventKind
from engine.notifications.exchange import queries as exchange
from engine.notifications.exchange.operations import take_event
from engine.notifications.operations import notify
from engine.notifications.publications.models import Publication, PublicationReason
from engine.notifications.publications.operations import publish
from engine.people import operations as people
from engine.people.models import Channel, Official
from engine.permissions import ActorKind
from engine.townhall import TownHall
from tests.web.office.conftest import Desk

Make = Callable[[str, str], Official]
PAPER = "/oficina/registro/papel"
HEADING = "salida;fecha;hora;resultado;receptor;documento_receptor;mayor_de_14"


@pytest.fixture
def tell(desk: Desk, hall: TownHall) -> Callable[[], UUID]:
    """Notify the person of a document, by their channel."""

    def made() -> UUID:
        expediente_id = desk.open()
        return notify(
            hall.system("street-light"),
            document_id=desk.document(expediente_id, "Resolución"),
            person_id=desk.person.id,
            subject="Resolución de su solicitud",
            unit_id=desk.unit_id,
            expediente_id=expediente_id,
        ).id

    return made


def row_of(hall: TownHall, notification_id: UUID) -> queries.NotificationRow:
    with hall.database.reading() as session:
        return queries.notification(session, notification_id, hall.system("test").actor)


@pytest.fixture
def registrar(sede: SedeClient, official_of: Make) -> Official:
    official = official_of("registrar", "OAR")
    sede.sign_in_official(official)
    return official


def test_paper_is_printed_delivered_and_its_results_come_back_by_file(
    sede: SedeClient,
    registrar: Official,
    hall: TownHall,
    tell: Callable[[], UUID],
    clock: FixedClock,
    run_all: Callable[[], int],
) -> None:
    """NOT-12: from the queue to the two attempts, without typing them one by one."""
    first, second = tell(), tell()
    page = sede.get(sede.get(PAPER).link("Lotes de impresión"))
    batch = sede.submit(page, button="Preparar el lote")
    assert "en preparación" in batch.main
    run_all()
    codes = [row_of(hall, each).entry_code for each in (first, second)]
    batch = sede.get(batch.path)
    assert all(code in batch.main for code in codes)
    assert sede.get(batch.link("Abrir el PDF")).data.startswith(b"%PDF-1.7")
    manifest = sede.get(batch.link("Descargar el fichero")).data.decode("utf-8-sig")
    assert all(code in manifest for code in codes)
    clock.advance(timedelta(days=3))
    lines = [
        HEADING,
        f"{codes[0]};25/11/2026;10:30;ausente;;;",
        f"{codes[1]};ayer;10:30;ausente;;;",
    ]
    sheet = "\n".join(lines).encode()
    page = sede.get(f"{PAPER}/lotes")
    wrong = sede.submit(page, {"file": ("r.csv", sheet)}, status=422, button="Anotar los")
    assert "Línea 3" in wrong.errors["file"]
    assert "1 resultados nuevos" in wrong.main
    right = sheet.replace(b"ayer", b"25/11/2026")
    done = sede.submit(page, {"file": ("r.csv", right)}, button="Anotar los")
    assert "1 nuevos y 1 que ya constaban" in done.main
    empty = sede.submit(page, {"file": ("r.csv", b"")}, status=422, button="Anotar los")
    assert set(empty.errors) == {"file"}


def test_what_failed_on_paper_goes_to_the_board_and_then_to_the_gazette(
    sede: SedeClient,
    registrar: Official,
    hall: TownHall,
    tell: Callable[[], UUID],
    clock: FixedClock,
    desk: Desk,
) -> None:
    """NOT-13: the whole way in the pages of an official."""
    wanted = tell()
    clock.advance(timedelta(days=2))
    item = sede.submit(
        sede.get(f"{PAPER}/{wanted}"),
        {"day": "25/11/2026", "hour": "10.30", "result": "unknown"},
        button="Anotar el intento",
    )
    item = sede.submit(item, button="Ponerla antes en el tablón")
    assert "El anuncio está en el tablón" in item.main
    board = sede.get("/tablon")
    shown = sede.get(board.link("Anuncio de notificación"))
    assert desk.person.document_number in shown.main
    assert desk.person.display_name not in shown.main
    assert "no notifica por sí mismo" in shown.main
    item = sede.submit(
        sede.get(f"{PAPER}/{wanted}"),
        {"announcement": "BOE-N-2026-1", "published": "26/11/2026"},
        button="Anotar la publicación",
    )
    assert "Publicada" in item.main
    assert row_of(hall, wanted).state == "published"
    sede.post(f"{PAPER}/{wanted}/tablon", {}, status=409)


def test_several_that_failed_have_one_announcement_that_names_nobody(
    sede: SedeClient,
    registrar: Official,
    hall: TownHall,
    tell: Callable[[], UUID],
    clock: FixedClock,
    desk: Desk,
) -> None:
    """NOT-13: one text for several addressees, each by their document alone (art. 40.5)."""
    both = [tell(), tell()]
    clock.advance(timedelta(days=2))
    for each in both:
        sede.post(
            f"{PAPER}/{each}/intento",
            {"day": "25/11/2026", "hour": "10:30", "result": "unknown"},
        )
    page = sede.get(sede.get(PAPER).link("Un solo anuncio"))
    text = page.soup.select_one("blockquote").get_text()  # type: ignore[union-attr]
    assert text.count(desk.person.document_number) == 2
    assert desk.person.display_name not in text
    for fields, wrong in (
        ({}, "published"),
        ({"published": "26/11/2026", "announcement": "BOE-N-2"}, "notifications"),
    ):
        refused = sede.submit(page, fields, button="Anotar la publicación", status=422)
        assert set(refused.errors) == {wrong}
    done = sede.submit(
        page,
        {
            "notifications": [str(each) for each in both],
            "announcement": "BOE-N-2",
            "published": "26/11/2026",
        },
        button="Anotar la publicación",
    )
    assert "Quedan hechas 2 notificaciones" in done.main
    assert {row_of(hall, each).announcement for each in both} == {"BOE-N-2"}


def test_a_defective_notification_is_written_down_with_what_the_person_did(
    sede: SedeClient,
    registrar: Official,
    hall: TownHall,
    tell: Callable[[], UUID],
    clock: FixedClock,
) -> None:
    """NOT-2: in the page of the notification."""
    wanted = tell()
    clock.advance(timedelta(days=2))
    page = sede.get(f"{PAPER}/{wanted}")
    button = "Anotar que actuó"
    wrong = sede.submit(page, {"knowledge_day": "ayer"}, button=button, status=422)
    assert set(wrong.errors) == {"knowledge_day"}
    fields = {"knowledge_day": "25/11/2026", "knowledge_hour": "9:00", "defect": ""}
    wrong = sede.submit(page, fields, button=button, status=422)
    assert set(wrong.errors) == {"defect"}
    done = sede.submit(page, {**fields, "defect": "No decía el plazo."}, button=button)
    assert "No decía el plazo." in done.main
    assert row_of(hall, wanted).closed_via == "conduct"


def test_the_page_says_by_which_channels_it_went_and_what_each_told(
    sede: SedeClient,
    registrar: Official,
    hall: TownHall,
    desk: Desk,
    tell: Callable[[], UUID],
    clock: FixedClock,
) -> None:
    """NOT-4: an official sees the channels, their events and what each is worth."""
    people.change_contact(
        hall.system("test"),
        person_id=desk.person.id,
        email="",
        phone="",
        channel=Channel.ELECTRONIC,
        version=desk.person.version,
    )
    wanted = tell()
    clock.advance(timedelta(hours=1))
    with hall.database.reading() as session:
        (sent,) = [
            row for row in exchange.dispatches(session, wanted) if row.channel is ChannelName.DEHU
        ]
    for reference, kind in (("1", EventKind.ACCESSED), ("2", EventKind.REJECTED)):
        take_event(
            hall.system("test"),
            channel=ChannelName.DEHU,
            reference=reference,
            dispatch_id=sent.id,
            kind=kind,
            at=clock.now(),
        )
    page = sede.get(f"{PAPER}/{wanted}")
    for said in ("Por dónde se notifica", "DEHú: accedió", "Ya había terminado por otro canal"):
        assert said in page.main


@pytest.fixture
def published(hall: TownHall, desk: Desk) -> Callable[..., Publication]:
    def made(**changes: object) -> Publication:
        expediente_id = desk.open()
        values: dict[str, object] = {
            "subject": "Ordenación de la plaza",
            "text": "Se ordena el uso de la plaza.",
            "unit_id": desk.unit_id,
            "reason": PublicationReason.SEVERAL,
            "place_key": "regional",
            "document_id": desk.document(expediente_id, "Bando de la plaza"),
            "expediente_id": expediente_id,
        }
        return publish(hall.system("test"), **{**values, **changes})  # type: ignore[arg-type]

    return made


def test_what_goes_to_a_gazette_waits_for_its_number_and_its_day(
    sede: SedeClient,
    registrar: Official,
    published: Callable[..., Publication],
    clock: FixedClock,
) -> None:
    """NOT-15: an official writes down where and when it was published."""
    row = published()
    clock.advance(timedelta(days=3))
    item = sede.get(sede.get("/oficina/registro/publicaciones").link("Ordenación de la plaza"))
    wrong = sede.submit(item, {"published": "nunca"}, button="Anotar la publicación", status=422)
    assert set(wrong.errors) == {"published"}
    right = {"published": "26/11/2026", "number": "2026-100"}
    wrong = sede.submit(item, {**right, "number": ""}, button="Anotar la publicación", status=422)
    assert set(wrong.errors) == {"number"}
    done = sede.submit(item, right, button="Anotar la publicación")
    assert "2026-100" in done.main
    sede.post(f"/oficina/registro/publicaciones/{row.id}", right, status=409)


def test_the_board_shows_the_whole_act_or_only_what_it_is(
    sede: SedeClient, published: Callable[..., Publication]
) -> None:
    """NOT-15: anybody reads it without identifying; a brief one never gives the act."""
    whole = published(place_key="board")
    brief = published(place_key="board", brief=True, subject="Acto con datos de salud")
    page = sede.get(sede.get("/tablon").link("Ordenación de la plaza"))
    assert sede.get(page.link("Leer el acto entero")).data.startswith(b"%PDF")
    page = sede.get(f"/tablon/{brief.id}")
    assert "indicación breve" in page.main
    assert "Bando de la plaza" not in page.main
    sede.get(f"/tablon/{brief.id}/documento", status=404)
    sede.get(f"/tablon/{new_id()}", status=404)
    assert whole.state == "published"


def test_only_the_registry_prints_and_publishes(
    sede: SedeClient, ana: Official, published: Callable[..., Publication]
) -> None:
    row = published()
    sede.sign_in_official(ana)
    for path in (f"{PAPER}/lotes", f"{PAPER}/anuncio", "/oficina/registro/publicaciones"):
        sede.get(path, status=403)
    sede.post(f"/oficina/registro/publicaciones/{row.id}", {"number": "1"}, status=403)
    assert not actor_for(ActorKind.OFFICIAL, new_id()).may("notifications.print_batch")
