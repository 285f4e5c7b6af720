"""Signing in and out: the demonstration's people, sessions, representation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from uuid import UUID

from factories.sede import SedeClient
from flask import Flask

from engine.people import operations as people
from engine.people.models import Official, Person
from engine.settings import Environment
from engine.townhall import TownHall
from web.app import create_app
from web.context import SESSION_COOKIE

MakeOfficial = Callable[[str, str], Official]


def test_the_sign_in_page_lists_people_and_officials_and_says_that_it_is_a_demonstration(
    sede: SedeClient, citizen: Person, official_of: MakeOfficial
) -> None:
    official = official_of("processor", "ESP")
    page = sede.get("/entrar")
    assert "demostración" in page.main
    assert citizen.display_name in page.main
    assert f"{official.title} · Espacio Público y Comercio" in page.main


def test_searching_leaves_those_who_have_every_word_whatever_their_accents(
    sede: SedeClient, citizen: Person, company: Person, official_of: MakeOfficial
) -> None:
    official_of("processor", "ESP")
    page = sede.submit(sede.get("/entrar"), {"q": "suarez xuan"}, button="Buscar")
    assert citizen.display_name in page.main
    assert company.display_name not in page.main
    assert "Persona 1" not in page.main
    assert "Persona 1" in sede.get("/entrar?q=espacio+publico").main
    assert "No hay nadie" in sede.get("/entrar?q=nadie").main


def test_a_person_signs_in_and_out(sede: SedeClient, citizen: Person) -> None:
    page = sede.submit(sede.get("/entrar"), button=citizen.display_name)
    assert f"Ha entrado como {citizen.display_name}" in page.text
    cookie = sede.http.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    page = sede.submit(page, action="/salir")
    assert "Su sesión está cerrada" in page.main
    assert "Identificarse" in page.text
    sede.http.set_cookie(SESSION_COOKIE, cookie.value)
    assert "Identificarse" in sede.get("/").text, "the closed session opened again"


def test_the_last_access_is_told_at_the_next_one(sede: SedeClient, citizen: Person) -> None:
    """ENS op.acc.5 R5."""
    first = sede.submit(sede.get("/entrar"), button=citizen.display_name)
    assert "último acceso" not in first.main
    sede.submit(first, action="/salir")
    assert (
        "Su último acceso fue el"
        in sede.submit(sede.get("/entrar"), button=citizen.display_name).main
    )


def test_signing_in_gives_a_new_session_and_ends_the_one_that_the_browser_had(
    sede: SedeClient, citizen: Person, company: Person
) -> None:
    sede.http.set_cookie(SESSION_COOKIE, "chosen by an attacker")
    sede.submit(sede.get("/entrar"), button=citizen.display_name)
    first = sede.http.get_cookie(SESSION_COOKIE)
    assert first is not None
    assert first.value != "chosen by an attacker"
    page = sede.submit(sede.get("/entrar"), button=company.display_name)
    assert company.display_name in page.text
    sede.http.set_cookie(SESSION_COOKIE, first.value)
    assert "Ha entrado como" not in sede.get("/").text


def test_after_signing_in_one_comes_back_to_the_page_but_never_to_another_site(
    sede: SedeClient, citizen: Person
) -> None:
    page = sede.submit(sede.get("/entrar?next=/sede"), button=citizen.display_name)
    assert page.path == "/sede"
    for wrong in ("//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"):
        page = sede.get(f"/entrar?next={wrong}")
        assert "elsewhere" not in str(page.soup.find("main"))


def test_nobody_signs_in_as_someone_who_is_not_there(sede: SedeClient, citizen: Person) -> None:
    for who in ("", "citizen:", "system:1", f"official:{citizen.id}", "citizen:not-an-id"):
        sede.post("/entrar", {"who": who}, status=404)
    assert sede.http.get_cookie(SESSION_COOKIE) is None


def test_many_failed_attempts_from_one_address_have_to_wait(
    sede: SedeClient, citizen: Person
) -> None:
    """ENS op.acc.5: limited attempts."""
    for _ in range(10):
        sede.post("/entrar", {"who": f"official:{citizen.id}"}, status=404)
    page = sede.post("/entrar", {"who": f"citizen:{citizen.id}"}, status=429)
    assert page.h1 == "Demasiados intentos"
    assert int(page.answer.headers["Retry-After"]) > 0


def test_production_has_no_list_of_people_and_no_way_to_sign_in_as_one(
    sede: SedeClient, hall: TownHall, citizen: Person
) -> None:
    field = sede.get("/entrar").form(button=citizen.display_name).find(attrs={"name": "csrf_token"})
    visit = sede.http.get_cookie("andecha_notice")
    assert field is not None
    assert visit is not None
    hall.settings = replace(hall.settings, environment=Environment.PRODUCTION)
    production = SedeClient(create_app(hall, testing=True), hall)
    page = production.get("/entrar")
    assert citizen.display_name not in page.main
    assert page.soup.select("main form") == []
    production.http.set_cookie("andecha_notice", visit.value)
    answer = production.http.post(
        "/entrar", data={"who": f"citizen:{citizen.id}", "csrf_token": str(field["value"])}
    )
    assert answer.status_code == 404
    assert production.http.get_cookie(SESSION_COOKIE) is None


def test_the_cookie_is_for_https_only_where_the_sede_is(hall: TownHall, citizen: Person) -> None:
    hall.settings = replace(hall.settings, base_url="https://sede.example")
    sede = SedeClient(create_app(hall, testing=True), hall)
    page = sede.http.get("/entrar", base_url="https://sede.example")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = sede.http.post(
        "/entrar",
        data={"who": f"citizen:{citizen.id}", "csrf_token": token},
        base_url="https://sede.example",
    )
    cookies = [text for text in answer.headers.getlist("Set-Cookie") if SESSION_COOKIE in text]
    assert answer.status_code == 303
    assert all("Secure" in text and "HttpOnly" in text for text in cookies)
    assert cookies


def test_a_form_of_another_session_is_refused(
    new_sede: Callable[[], SedeClient], citizen: Person, company: Person
) -> None:
    mine, theirs = new_sede(), new_sede()
    mine.sign_in_citizen(citizen)
    theirs.sign_in_citizen(company)
    form = theirs.get("/").form(action="/salir")
    field = form.find("input", attrs={"name": "csrf_token"})
    answer = mine.http.post("/salir", data={"csrf_token": str(field["value"])})  # type: ignore[index]
    assert answer.status_code == 400
    assert citizen.display_name in mine.get("/").text


def test_the_session_is_kept_and_the_person_stays_where_they_were(
    sede: SedeClient, citizen: Person
) -> None:
    sede.sign_in_citizen(citizen)
    page = sede.submit(sede.get("/privacidad"), action="/sesion/mantener")
    assert page.path.startswith("/privacidad")


def test_a_representative_acts_for_another_and_stops(
    sede: SedeClient, hall: TownHall, citizen: Person, company: Person
) -> None:
    people.grant_power(
        hall.system("test"),
        grantor_id=company.id,
        attorney_id=citizen.id,
        scope="town",
        source="apud_acta",
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 1, 1),
    )
    sede.sign_in_citizen(citizen)
    page = sede.submit(sede.get("/representacion"), button=company.display_name)
    assert f"en nombre de {company.display_name}" in page.text
    page = sede.submit(sede.get("/representacion"), button="En su propio nombre")
    assert f"en nombre de {company.display_name}" not in page.text


def test_nobody_acts_for_those_who_gave_no_power(
    sede: SedeClient, citizen: Person, company: Person
) -> None:
    sede.sign_in_citizen(citizen)
    assert "No consta ninguna representación" in sede.get("/representacion").main
    sede.post("/representacion", {"grantor": str(company.id)}, status=404)


def test_an_official_may_not_open_the_representation_page(
    sede: SedeClient, official_of: MakeOfficial, town_units: dict[str, UUID], app: Flask
) -> None:
    sede.sign_in_official(official_of("processor", "URB"))
    sede.get("/representacion", status=403)
