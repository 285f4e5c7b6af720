"""The registry's books, an entry, its annulment; notifications on paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from factories.sede import SedeClient

from engine.clock import FixedClock
from engine.notifications.operations import notify
from engine.people.models import Official
from engine.townhall import TownHall
from tests.web.office.conftest import Desk

Make = Callable[[str, str], Official]


def test_an_entry_is_found_by_number_person_words_and_days(
    sede: SedeClient, desk: Desk, official_of: Make
) -> None:
    desk.open("Calle Nueva, 7")
    (entry,) = desk.entries
    sede.sign_in_official(official_of("registrar", "OAR"))
    for query in ("persona=Suárez", "texto=farola nueva", f"numero={entry.code}", "libro=entry"):
        assert entry.code in sede.get(f"/oficina/registro?{query}").main
    for query in ("persona=Nadie", "libro=exit", "desde=25/11/2026", "hasta=23/11/2026"):
        page = sede.get(f"/oficina/registro?{query}")
        assert entry.code not in page.main
        assert "Quite algún filtro" in page.main


def test_a_wrong_day_is_said_beside_its_field(
    sede: SedeClient, desk: Desk, official_of: Make
) -> None:
    sede.sign_in_official(official_of("registrar", "OAR"))
    page = sede.get("/oficina/registro?desde=ayer")
    assert page.errors == {"desde": "Escriba una fecha como 27/3/2027."}


def test_the_book_is_paged_and_its_statements_do_not_grow(
    sede: SedeClient, desk: Desk, official_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    sede.sign_in_official(official_of("registrar", "OAR"))
    for _ in range(2):
        desk.open()
    sede.get("/oficina/registro")
    with desk.counting() as few:
        sede.get("/oficina/registro")
    for _ in range(6):
        desk.open()
    with desk.counting() as many:
        sede.get("/oficina/registro")
    assert len(few) == len(many)
    monkeypatch.setattr("web.office.registry._PAGE", 5)
    first = sede.get("/oficina/registro")
    second = sede.get(first.link("Siguientes"))
    codes = [
        row.get_text(strip=True) for page in (first, second) for row in page.soup.select("tbody th")
    ]
    assert len(codes) == len(set(codes)) == 8


def test_the_registrar_annuls_with_a_reason_and_nobody_else_does(
    sede: SedeClient, desk: Desk, ana: Official, official_of: Make
) -> None:
    desk.open()
    (entry,) = desk.entries
    address = f"/oficina/registro/{entry.id}"
    sede.sign_in_official(ana)
    assert "Anular este asiento" not in sede.get(address).main
    sede.post(f"{address}/anular", {"reason": "Error"}, status=403)
    sede.sign_in_official(official_of("registrar", "OAR"))
    page = sede.submit(sede.get(address), button="Anular el asiento", status=422)
    assert set(page.errors) == {"reason"}
    page = sede.submit(page, {"reason": "Se registró dos veces."}, button="Anular el asiento")
    assert "Se registró dos veces." in page.main
    assert "Anulado" in sede.get("/oficina/registro").main


@pytest.fixture
def on_paper(desk: Desk, hall: TownHall, run_all: Callable[[], int]) -> UUID:
    """A notification to somebody who did not choose the electronic channel."""
    expediente_id = desk.open()
    row = notify(
        hall.system("street-light"),
        document_id=desk.document(expediente_id, "Resolución"),
        person_id=desk.person.id,
        subject="Resolución de su solicitud",
        unit_id=desk.unit_id,
        expediente_id=expediente_id,
    )
    return row.id


def test_the_postmans_attempts_are_written_down_until_it_is_delivered(
    sede: SedeClient, on_paper: UUID, official_of: Make, clock: FixedClock
) -> None:
    """NOT-12: each attempt with its day and hour; a delivered one says who took it."""
    clock.advance(timedelta(days=2))
    sede.sign_in_official(official_of("registrar", "OAR"))
    listed = sede.get("/oficina/registro/papel")
    assert "Entregarla" in listed.main
    page = sede.get(listed.link("Resolución de su solicitud"))
    wrong = sede.submit(page, {"hour": "25:00"}, button="Anotar el intento", status=422)
    assert set(wrong.errors) == {"day", "result"}
    taken = {"day": "25/11/2026", "hour": "10:30", "result": "delivered"}
    wrong = sede.submit(page, taken, button="Anotar el intento", status=422)
    assert {"receiver_name", "receiver_document", "receiver_of_age"} == set(wrong.errors)
    page = sede.submit(
        page,
        {
            **taken,
            "receiver_name": "Xuan Suárez",
            "receiver_document": "12345678Z",
            "receiver_of_age": "yes",
        },
        button="Anotar el intento",
    )
    assert "El intento queda anotado" in page.main
    assert "No hay ninguna notificación que llevar" in sede.get("/oficina/registro/papel").main


def test_what_cannot_be_delivered_is_announced_with_its_number(
    sede: SedeClient, on_paper: UUID, official_of: Make, clock: FixedClock
) -> None:
    """NOT-13: after the paper failed, the announcement in the official gazette ends it."""
    clock.advance(timedelta(days=2))
    sede.sign_in_official(official_of("registrar", "OAR"))
    page = sede.get(f"/oficina/registro/papel/{on_paper}")
    page = sede.submit(
        page,
        {"day": "25/11/2026", "hour": "10.30", "result": "unknown"},
        button="Anotar el intento",
    )
    assert "Anunciarla en el Boletín Oficial del Estado" in page.main
    wrong = sede.submit(page, {"published": "ayer"}, button="Anotar la publicación", status=422)
    assert set(wrong.errors) == {"published"}
    page = sede.submit(
        page,
        {"announcement": "BOE-N-2026-1", "published": "26/11/2026"},
        button="Anotar la publicación",
    )
    assert "Publicada" in page.main


def test_paper_is_handed_over_in_the_office_to_the_person(
    sede: SedeClient, on_paper: UUID, official_of: Make
) -> None:
    sede.sign_in_official(official_of("registrar", "OAR"))
    page = sede.submit(
        sede.get(f"/oficina/registro/papel/{on_paper}"), button="Entregar en la oficina"
    )
    assert "queda entregada en la oficina" in page.main


def test_only_who_records_attempts_sees_the_paper_list(
    sede: SedeClient, on_paper: UUID, ana: Official
) -> None:
    sede.sign_in_official(ana)
    sede.get("/oficina/registro/papel", status=403)
    sede.post(f"/oficina/registro/papel/{on_paper}/entrega", {}, status=403)
