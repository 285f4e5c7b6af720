"""The start page, the catalogue and the page of a procedure."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories.sede import SedeClient

from engine.people.models import Official, Person

MakeOfficial = Callable[[str, str], Official]

pytestmark = pytest.mark.usefixtures("published")


def test_the_start_page_leads_to_every_topic_and_procedure(sede: SedeClient) -> None:
    page = sede.get("/")
    assert page.h1 == "¿Qué necesita hacer?"
    assert "Hay 2 trámites" in page.main
    assert sede.get(page.link("Pedir la reparación de una farola")).h1.endswith("farola")
    assert not page.has_link("Asunto interno")


def test_a_search_finds_by_words_without_accents_and_says_what_it_found(sede: SedeClient) -> None:
    page = sede.submit(sede.get("/"), {"q": "reparacion farola"}, button="Buscar")
    assert "Un trámite encontrado con «reparacion farola»" in page.main
    assert page.has_link("Pedir la reparación de una farola")
    assert not page.has_link("Solicitud general")


def test_a_search_without_results_says_what_to_do(sede: SedeClient) -> None:
    page = sede.get("/tramites?q=submarino")
    assert "Ningún trámite encontrado" in page.main
    assert "instancia general" in page.main


def test_the_catalogue_can_be_seen_by_topic(sede: SedeClient) -> None:
    page = sede.get(sede.get("/tramites").link("Vía pública (1)"))
    assert page.has_link("Pedir la reparación de una farola")
    assert not page.has_link("Solicitud general")
    current = page.soup.select_one(".app-tabs a[aria-current]")
    assert current is not None
    assert current.get_text(strip=True).startswith("Vía pública")


def test_a_procedure_says_before_starting_all_that_one_must_know(sede: SedeClient) -> None:
    """SIL-4, PLZ-12: RD 203/2021, art. 11.2.a: the catalogue with terms and effects of silence."""
    main = sede.get("/tramites/street-light").main
    for text in (
        "Cualquier persona",
        "La dirección exacta",
        "Una fotografía (opcional): JPEG o PDF, hasta 5 MB",
        "12,50",
        "Ordenanza fiscal 12",
        "Un mes desde que se presenta",
        "Puede entender que se ha aceptado.",
        "Espacio Público y Comercio",
        "Ordenanza de alumbrado, artículo 3",
        "Se revisa la solicitud",
    ):
        assert text in main, text


def test_a_procedure_that_is_not_offered_is_not_found(sede: SedeClient) -> None:
    sede.get("/tramites/nothing", status=404)


def test_an_internal_procedure_has_no_public_page(sede: SedeClient) -> None:
    sede.get("/tramites/internal-matter", status=404)


def test_starting_asks_first_who_one_is_and_comes_back(sede: SedeClient, citizen: Person) -> None:
    page = sede.get(sede.get("/tramites/street-light").link("Iniciar el trámite"))
    assert page.h1 == "Identificarse"
    page = sede.submit(page, button=citizen.display_name)
    assert page.path == "/carpeta/iniciar/street-light"


def test_an_official_is_told_to_come_back_as_a_person(
    sede: SedeClient, official_of: MakeOfficial
) -> None:
    sede.sign_in_official(official_of("processor", "ESP"))
    page = sede.get("/tramites/street-light")
    assert not page.has_link("Iniciar el trámite")
    assert "entre con su propia identidad" in page.main
