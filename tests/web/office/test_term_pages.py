"""«Plazos»: the clock of an expediente drawn, and what the unit may do with it, with its errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from factories.sede import Page, SedeClient

from engine.clock import FixedClock
from engine.people.models import Official
from engine.worker import drain
from tests.web.office.conftest import Desk

Make = Callable[[str, str], Official]


@pytest.fixture
def case(sede: SedeClient, desk: Desk, official_of: Make) -> UUID:
    """An expediente, seen by the head of its unit."""
    expediente_id = desk.open()
    sede.sign_in_official(official_of("head", "ESP"))
    return expediente_id


def terms(sede: SedeClient, case: UUID, word: str = "", status: int = 200) -> Page:
    tail = f"/{word}" if word else ""
    return sede.get(f"/oficina/expedientes/{case}/plazos{tail}", status=status)


def test_the_tab_draws_the_clock(sede: SedeClient, case: UUID) -> None:
    """PLZ-20: the term, its days, who decides, when silence falls, and each day explained."""
    page = terms(sede, case)
    for words in (
        "Quedan 20 días hábiles (hasta el 24/12/2026)",
        "24 de diciembre de 2026",
        "Días transcurridos",
        "Unidad que tramita Espacio Público y Comercio",
        "Eso pasaría el 25 de diciembre de 2026, 0:00",
        "Nada ha parado este plazo",
    ):
        assert words in page.main, words


def test_a_term_is_stopped_and_goes_on_with_the_days_that_were_left(
    sede: SedeClient, case: UUID, clock: FixedClock
) -> None:
    """PLZ-20: stopped for a cause of the law and a reason, shown as stopped, and dated again."""
    page = sede.submit(terms(sede, case, "suspender"), button="Suspender", status=422)
    assert "cause" in page.errors
    page = sede.submit(page, {"cause": "22.1.d"}, button="Suspender", status=422)
    assert "reason" in page.errors
    page = sede.submit(
        page, {"cause": "22.1.d", "reason": "Se pide el informe de carreteras"}, button="Suspender"
    )
    assert "El plazo queda suspendido desde hoy" in page.text
    assert "Informe preceptivo pedido a otro órgano" in page.main
    assert "Plazo parado" in page.main
    assert "Plazo suspendido" in sede.get("/oficina/?lista=equipo").main
    clock.advance(timedelta(days=7))
    page = sede.submit(
        terms(sede, case, "reanudar"), {"reason": "Llegó el informe"}, button="Reanudar"
    )
    assert "Días suspendidos 7" in page.main


def test_a_term_is_extended_within_the_law(sede: SedeClient, case: UUID) -> None:
    """PLZ-20: the rules' refusals stand beside the form, with what was typed."""
    page = sede.submit(
        terms(sede, case, "ampliar"),
        {"number": "mucho", "unit": "months", "reason": "Faltan medios"},
        button="Ampliar",
        status=422,
    )
    assert set(page.errors) == {"number"}
    page = sede.submit(page, {"number": "9", "unit": "months"}, button="Ampliar", status=409)
    assert "Faltan medios" in page.text
    page = sede.submit(page, {"number": "5", "unit": "business days"}, button="Ampliar")
    assert "El plazo queda ampliado" in page.text
    assert "5 días hábiles" in page.main


def test_it_is_dealt_with_as_urgent(sede: SedeClient, case: UUID) -> None:
    """PLZ-20: halved, said, and not offered twice."""
    page = sede.submit(
        terms(sede, case, "urgencia"), {"reason": "Riesgo para las personas"}, button="urgencia"
    )
    assert "De urgencia" in page.main
    assert not page.has_link("Tramitar de urgencia")


def test_the_simplified_procedure_is_agreed_and_given_up(sede: SedeClient, case: UUID) -> None:
    """INS-11: from the tab, with a reason each time."""
    page = sede.submit(
        terms(sede, case, "simplificar"), {"reason": "Caso sencillo"}, button="Acordarla"
    )
    assert "Simplificada, pendiente de notificar" in page.main
    page = sede.submit(
        terms(sede, case, "ordinaria"), {"reason": "Hace falta otro informe"}, button="ordinaria"
    )
    assert "vuelve a la tramitación ordinaria" in page.text


def test_a_person_is_warned_of_expiry_only_of_what_cannot_be_done_without(
    sede: SedeClient, case: UUID
) -> None:
    """INS-10: the refusal says what the law does instead."""
    form = terms(sede, case, "advertir-caducidad")
    page = sede.submit(form, {"missing": "El plano"}, button="Advertir", status=409)
    assert "95.2" in page.main
    page = sede.submit(page, {"missing": "El plano", "indispensable": "yes"}, button="Advertir")
    assert "Pendiente de notificar" in page.main
    drain(sede.townhall)
    page = sede.submit(
        terms(sede, case, "declarar-caducidad"), {"reason": "Ya"}, button="Declarar", status=409
    )
    page = sede.submit(
        terms(sede, case, "levantar-caducidad"),
        {"reason": "Trajo el plano"},
        button="Darlo por hecho",
    )
    assert "El expediente sigue y no caduca" in page.text


def test_who_only_processes_is_offered_what_their_role_may_do(
    sede: SedeClient, case: UUID, ana: Official, stranger: Official
) -> None:
    """PLZ-20: others see the clock; nobody of another unit finds it."""
    sede.sign_in_official(ana)
    assert not terms(sede, case).has_link("Acordar la tramitación simplificada")
    terms(sede, case, "simplificar", status=403)
    terms(sede, case, "otra-cosa", status=404)
    sede.post(
        f"/oficina/expedientes/{case}/plazos/simplificar", {"reason": "porque sí"}, status=403
    )
    sede.sign_in_official(stranger)
    terms(sede, case, status=404)
    sede.get(f"/oficina/expedientes/{case}/plazos.ics", status=404)


def test_its_open_terms_go_to_a_calendar(sede: SedeClient, case: UUID) -> None:
    """EXP-3, PLZ-20: one event for each term that ends on a known day."""
    answer = sede.http.get(f"/oficina/expedientes/{case}/plazos.ics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    text = answer.get_data(as_text=True)
    assert text.count("BEGIN:VEVENT") == 1
    assert "DTSTART;VALUE=DATE:20261224" in text
    again = sede.http.get(f"/oficina/expedientes/{case}/plazos.ics").get_data(as_text=True)
    uid = next(line for line in text.splitlines() if line.startswith("UID:"))
    assert uid in again


def test_the_list_of_late_communications_says_that_there_are_none(
    sede: SedeClient, case: UUID
) -> None:
    """PLZ-20: the alarm of art. 21.4 has a page of its own."""
    page = sede.get("/oficina/comunicaciones-pendientes")
    assert "Ninguna" in page.main


def test_the_effect_of_silence_is_changed_with_its_article_and_its_reason(
    sede: SedeClient, case: UUID
) -> None:
    """SIL-1: a request about the public domain is never granted by silence."""
    page = sede.submit(terms(sede, case, "silencio"), button="Cambiar el efecto", status=422)
    assert {"effect", "article", "reason"} <= set(page.errors)
    answers = {
        "effect": "none",
        "article": "art. 24.1 de la Ley 39/2015",
        "reason": "No es una solicitud",
    }
    page = sede.submit(page, answers, button="Cambiar el efecto", status=409)
    assert "siempre tiene silencio: positivo o negativo" in page.text
    assert "No es una solicitud" in page.text
    answers = {"effect": "negative", "reason": "Afecta al dominio público"}
    page = sede.submit(page, answers, button="Cambiar el efecto")
    assert "El silencio tendrá ese efecto" in page.text
    assert "Eso pasaría" in page.main, "refused or not, the term still ends in silence"
