"""The expediente's pages: whose they are, what each tab tells, the documents."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories.sede import SedeClient
from sqlalchemy import func, select

from engine.audit.models import AuditEvent
from engine.people.models import Official
from tests.web.office.conftest import PDF, Desk

TABS = ("", "/tareas", "/documentos", "/historia", "/diagrama", "/comunicaciones")


def test_an_official_of_another_unit_gets_404_for_every_page_of_an_expediente(
    sede: SedeClient, desk: Desk, ana: Official, stranger: Official
) -> None:
    """ENS op.acc.2: what is not of one's unit does not exist."""
    expediente_id = desk.open()
    document_id = desk.document(expediente_id)
    (item,) = desk.tasks(ana)
    (entry,) = desk.entries
    addresses = [
        *(f"/oficina/expedientes/{expediente_id}{tab}" for tab in TABS),
        f"/oficina/documentos/{document_id}",
        f"/oficina/documentos/{document_id}/contenido",
        f"/oficina/tareas/{item.id}",
        f"/oficina/registro/{entry.id}",
    ]
    sede.sign_in_official(stranger)
    for address in addresses:
        sede.get(address, status=404)
    sede.post(f"/oficina/tareas/{item.id}", {"version": "1"}, status=404)
    assert "2026/FAR" not in sede.get("/oficina/expedientes").main
    sede.sign_in_official(ana)
    for address in addresses:
        sede.get(address)


def test_the_header_with_its_term_and_why_stands_on_every_tab(
    sede: SedeClient, desk: Desk, ana: Official
) -> None:
    """PLZ-9: the term's days and articles can be read beside it."""
    expediente_id = desk.open()
    sede.sign_in_official(ana)
    for tab in TABS:
        page = sede.get(f"/oficina/expedientes/{expediente_id}{tab}")
        assert "2026/FAR/000001" in page.main
        assert desk.person.display_name in page.main
        assert "Por qué vence el 24/12/2026" in page.main
        assert "1 mes" in page.main


def test_the_summary_tells_what_is_asked_and_what_is_pending(
    sede: SedeClient, desk: Desk, ana: Official
) -> None:
    expediente_id = desk.open("Plaza Vieya, 1")
    sede.sign_in_official(ana)
    page = sede.get(f"/oficina/expedientes/{expediente_id}")
    assert "Calle y número Plaza Vieya, 1" in page.main
    (item,) = desk.tasks(ana)
    assert page.link("Revisar la solicitud") == f"/oficina/tareas/{item.id}"


def test_the_diagram_has_a_list_that_says_the_same(
    sede: SedeClient, desk: Desk, ana: Official
) -> None:
    expediente_id = desk.open()
    sede.sign_in_official(ana)
    page = sede.get(f"/oficina/expedientes/{expediente_id}/diagrama")
    assert "Revisar la solicitud En curso" in page.main
    assert "Dar el visto bueno Pendiente" in page.main


def test_opening_a_document_is_recorded_and_it_may_be_framed_by_us_alone(
    sede: SedeClient, desk: Desk, ana: Official
) -> None:
    """ENS op.exp.8: who opened which document."""
    expediente_id = desk.open()
    document_id = desk.document(expediente_id)
    sede.sign_in_official(ana)
    page = sede.get(f"/oficina/documentos/{document_id}")
    frame = page.soup.find("iframe")
    assert frame is not None
    answer = sede.get(str(frame["src"])).answer
    assert answer.data == PDF
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    with desk.hall.database.reading() as session:
        opened = session.scalar(
            select(func.count())
            .select_from(AuditEvent)
            .where(
                AuditEvent.type == "documents.read",
                AuditEvent.actor_id == ana.id,
                AuditEvent.object_id == str(document_id),
            )
        )
    assert opened == 1


def test_the_documents_and_messages_tabs_do_not_ask_more_for_more_rows(
    sede: SedeClient, desk: Desk, ana: Official
) -> None:
    expediente_id = desk.open()
    sede.sign_in_official(ana)
    counts = []
    for more in (1, 9):
        for number in range(more):
            desk.document(expediente_id, f"Plano {number}")
        sede.get(f"/oficina/expedientes/{expediente_id}/documentos")
        with desk.counting() as statements:
            sede.get(f"/oficina/expedientes/{expediente_id}/documentos")
        counts.append(len(statements))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("000001", True),
        ("suarez", True),
        ("12345678z", True),
        ("plano secreto", True),
        ("nada", False),
    ],
)
def test_an_expediente_is_found_by_number_person_document_and_text(
    sede: SedeClient, desk: Desk, ana: Official, words: str, found: bool
) -> None:
    desk.document(desk.open(), "Plano secreto")
    sede.sign_in_official(ana)
    page = sede.get(f"/oficina/expedientes?q={words}")
    assert ("2026/FAR/000001" in page.main) is found
    if not found:
        assert "Pruebe con menos palabras" in page.main


def test_the_state_of_a_search_is_its_address(sede: SedeClient, desk: Desk, ana: Official) -> None:
    desk.open()
    sede.sign_in_official(ana)
    page = sede.submit(
        sede.get("/oficina/expedientes"), {"q": "farola", "estado": "open"}, button="Buscar"
    )
    assert "2026/FAR/000001" in page.main
    assert "2026/FAR" not in sede.get("/oficina/expedientes?q=farola&estado=closed").main


def test_the_secretary_reads_every_expediente(
    sede: SedeClient, desk: Desk, official_of: Callable[[str, str], Official]
) -> None:
    expediente_id = desk.open()
    sede.sign_in_official(official_of("secretary", "SEC"))
    sede.get(f"/oficina/expedientes/{expediente_id}")


def test_an_address_that_is_no_identifier_is_not_found(
    sede: SedeClient, desk: Desk, ana: Official
) -> None:
    sede.sign_in_official(ana)
    for path in ("expedientes/1", "tareas/x", "documentos/..", "firmas/0", "registro/1"):
        sede.get(f"/oficina/{path}", status=404)
