"""The pages about the sede, each with what the law asks it to say."""

from __future__ import annotations

import pytest
from factories.sede import SedeClient

from engine.keys.queries import certificates
from engine.townhall import TownHall
from web.languages import LANGUAGE_COOKIE


@pytest.mark.usefixtures("published")
def test_the_sede_says_what_the_law_asks(sede: SedeClient, hall: TownHall) -> None:
    """RD203 11: identity, owner, official time, calendar, seals, automated actions, languages."""
    town = hall.settings.town
    main = sede.get("/sede").main
    for text in (
        town.name,
        town.nif,
        town.dir3,
        town.office_dir3,
        "24 de noviembre de 2026, 10:00",
        "8 de diciembre de 2026",
        "Actuaciones automatizadas",
        "Sellar la respuesta",
        "No usan aprendizaje automático",
        town.secure_code_regulation,
        "Castellano",
    ):
        assert text in main, text
    assert "14 de agosto de 2027" not in main, "only this year's calendar"


def test_the_sede_lists_the_seals_in_force(sede: SedeClient, townhall: TownHall) -> None:
    """RD203 19.2: the list of seals is public."""
    with townhall.database.reading() as session:
        rows = [row for row in certificates(session) if row.purpose.value == "seal"]
    main = sede.get("/sede").main
    assert all(row.fingerprint in main for row in rows)
    assert rows or "No hay ninguno en vigor." in main


@pytest.mark.parametrize(
    ("address", "heading"),
    [
        ("/aviso-legal", "Aviso legal"),
        ("/privacidad", "Privacidad y cookies"),
        ("/accesibilidad", "Declaración de accesibilidad"),
        ("/quejas", "Quejas y sugerencias"),
        ("/verificar", "Verificar un documento"),
    ],
)
def test_every_page_of_the_foot_is_there_for_anyone(
    sede: SedeClient, address: str, heading: str
) -> None:
    page = sede.get("/")
    assert address in {str(link["href"]) for link in page.soup.select("footer a")}
    assert sede.get(address).h1 == heading


def test_the_accessibility_statement_dates_itself_and_says_how_to_complain(
    sede: SedeClient, hall: TownHall
) -> None:
    """RD1112 15: situation, what is not accessible, date, how to communicate and to claim."""
    main = sede.get("/accesibilidad").main
    for text in (
        "parcialmente conforme",
        "Contenido no accesible",
        "se preparó el",
        "art. 10.2.a",
        "art. 13",
        hall.settings.town.email,
    ):
        assert text in main, text


@pytest.mark.usefixtures("published")
def test_complaints_lead_to_the_general_request(sede: SedeClient) -> None:
    """RD203 11.2.b: the link to complaints."""
    page = sede.get(sede.get("/quejas").link("Presentar una queja"))
    assert page.h1.endswith("Solicitud general")


def test_the_privacy_page_names_every_cookie_that_the_sede_sets(sede: SedeClient) -> None:
    sede.get("/entrar")
    main = sede.get("/privacidad").main
    for cookie in sede.http._cookies.values():
        assert cookie.key in main
    assert LANGUAGE_COOKIE in main


def test_a_language_that_is_not_offered_is_not_found(sede: SedeClient) -> None:
    sede.get("/idioma/xx", status=404)


def test_choosing_a_language_keeps_it_and_comes_back_to_the_page(sede: SedeClient) -> None:
    page = sede.get("/idioma/es?next=/privacidad")
    assert page.path == "/privacidad"
    cookie = sede.http.get_cookie(LANGUAGE_COOKIE)
    assert cookie is not None
    assert cookie.value == "es"
    assert sede.get("/idioma/es?next=//elsewhere.example").path == "/"


def test_the_process_says_that_it_lives(sede: SedeClient) -> None:
    assert sede.get("/salud/viva").answer.json == {"ok": True}


def test_without_a_worker_the_installation_is_not_ready_and_says_why(sede: SedeClient) -> None:
    answer = sede.get("/salud/lista", status=503).answer
    assert answer.json is not None
    assert answer.json["ok"] is False
    assert answer.json["checks"]["worker"] == {"ok": False, "detail": "No hay ningún trabajador."}
    assert answer.json["checks"]["database"]["ok"]
    assert answer.json["checks"]["migrations"]["ok"]


def test_pages_stand_without_the_built_style_sheets(
    sede: SedeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.assets.manifest", dict)
    assert "andecha.css" in str(sede.get("/").soup.find("link", rel="stylesheet"))


def test_an_unknown_address_says_so_in_the_sede_s_own_page(sede: SedeClient) -> None:
    page = sede.get("/no-such-page", status=404)
    assert page.h1 == "Página no encontrada"
    assert str(page.answer.headers["X-Request-ID"]) in page.main
