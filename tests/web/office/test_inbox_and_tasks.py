"""The inbox and the tasks: what each official sees, takes, does, and what is said when they cannot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from factories.sede import SedeClient

from engine.clock import FixedClock
from engine.people.models import Official, Person
from tests.web.office.conftest import Desk

Make = Callable[[str, str], Official]


def test_the_inbox_starts_with_what_nobody_has_and_says_what_to_do_when_it_is_empty(
    sede: SedeClient, desk: Desk, ana: Official
) -> None:
    sede.sign_in_official(ana)
    empty = sede.get("/oficina/")
    assert "No tiene tareas asignadas" in empty.main
    desk.open()
    page = sede.get("/oficina/")
    assert "Sin asignar (1)" in page.main
    assert "Revisar la solicitud" in page.main
    assert "2026/FAR/000001" in page.main
    assert desk.person.display_name in page.main
    assert "Quedan 20 días hábiles (hasta el 24/12/2026) para resolver" in page.main


def test_a_task_is_claimed_done_with_its_form_and_the_expediente_goes_on(
    sede: SedeClient, desk: Desk, ana: Official, official_of: Make
) -> None:
    expediente_id = desk.open()
    sede.sign_in_official(ana)
    page = sede.submit(sede.get("/oficina/"), button="Asignármela")
    assert page.h1 == "Revisar la solicitud"
    assert "Dar el visto bueno" in page.main, "what follows is said before it is pressed"
    assert "Calle Mayor, 3" in page.main, "the answers of the request stand beside"
    page = sede.submit(
        page, {"opinion": "Procede.", "agrees": "agree"}, button="Completar la tarea"
    )
    assert page.path == f"/oficina/expedientes/{expediente_id}"
    assert "La tarea está hecha" in page.main
    second = official_of("processor", "ESP")
    assert [item.title for item in desk.tasks(second)] == ["Dar el visto bueno"]


def test_what_was_typed_is_kept_when_something_is_missing(
    sede: SedeClient, desk: Desk, ana: Official
) -> None:
    desk.open()
    sede.sign_in_official(ana)
    page = sede.submit(sede.get("/oficina/"), button="Asignármela")
    page = sede.submit(page, {"opinion": "Lo que pienso."}, button="Completar", status=422)
    assert set(page.errors) == {"agrees"}
    area = page.soup.find("textarea", attrs={"name": "opinion"})
    assert area is not None
    assert "Lo que pienso." in area.get_text()


def test_four_eyes_whoever_did_the_first_step_does_not_see_the_second(
    sede: SedeClient, desk: Desk, ana: Official, official_of: Make
) -> None:
    """ENS op.acc.3: the one excluded finds it neither in the inbox nor by its address."""
    expediente_id = desk.open()
    other = official_of("processor", "ESP")
    sede.sign_in_official(ana)
    page = sede.submit(sede.get("/oficina/"), button="Asignármela")
    sede.submit(page, {"opinion": "Procede.", "agrees": "agree"}, button="Completar")
    (item,) = desk.tasks(other)
    assert "Dar el visto bueno" not in sede.get("/oficina/?lista=todas").main
    sede.get(f"/oficina/tareas/{item.id}", status=404)
    sede.post(f"/oficina/tareas/{item.id}/asignarme", {"version": str(item.version)}, status=404)
    tab = sede.get(f"/oficina/expedientes/{expediente_id}/tareas")
    assert "Le toca a otra persona" in tab.main
    assert "Usted hizo un paso anterior" in tab.main
    sede.sign_in_official(other)
    assert "Dar el visto bueno" in sede.get("/oficina/?lista=todas").main


def test_a_task_that_somebody_else_took_meanwhile_says_so_in_the_inbox(
    sede: SedeClient,
    desk: Desk,
    ana: Official,
    official_of: Make,
    new_sede: Callable[[], SedeClient],
) -> None:
    desk.open()
    sede.sign_in_official(ana)
    seen = sede.get("/oficina/")
    other = new_sede()
    other.sign_in_official(official_of("processor", "ESP"))
    other.submit(other.get("/oficina/"), button="Asignármela")
    page = sede.submit(seen, button="Asignármela")
    assert "La tarea ha cambiado desde que la abrió" in page.main


def test_a_task_sent_twice_shows_what_was_typed_on_a_clear_page(
    sede: SedeClient, desk: Desk, ana: Official
) -> None:
    desk.open()
    sede.sign_in_official(ana)
    page = sede.submit(sede.get("/oficina/"), button="Asignármela")
    sede.submit(page, {"opinion": "Procede.", "agrees": "agree"}, button="Completar")
    again = sede.submit(
        page, {"opinion": "Texto largo.", "agrees": "agree"}, button="Completar", status=409
    )
    assert again.h1 == "La tarea ha cambiado mientras la hacía"
    assert "Texto largo." in again.main


def test_a_claimed_task_is_given_back_to_the_unit(
    sede: SedeClient, desk: Desk, ana: Official
) -> None:
    desk.open()
    sede.sign_in_official(ana)
    page = sede.submit(sede.get("/oficina/"), button="Asignármela")
    page = sede.submit(page, button="Devolver a la bandeja")
    assert "La tarea vuelve a la bandeja" in page.main
    assert "Sin asignar (1)" in page.main


def test_the_inbox_filters_by_procedure_and_counts_follow(
    sede: SedeClient, desk: Desk, ana: Official
) -> None:
    desk.open()
    sede.sign_in_official(ana)
    assert "Todas (1)" in sede.get("/oficina/?procedimiento=street-light").main
    assert "Todas (0)" in sede.get("/oficina/?procedimiento=otro").main


def test_the_number_of_statements_of_the_inbox_does_not_grow_with_its_rows(
    sede: SedeClient, desk: Desk, ana: Official
) -> None:
    sede.sign_in_official(ana)
    for _ in range(2):
        desk.open()
    sede.get("/oficina/?lista=todas")
    with desk.counting() as few:
        sede.get("/oficina/?lista=todas")
    for _ in range(10):
        desk.open()
    with desk.counting() as many:
        page = sede.get("/oficina/?lista=todas")
    assert len(page.soup.select("tbody tr")) == 12
    assert len(many) == len(few) <= 12


def test_the_term_is_told_with_a_shape_and_words(
    sede: SedeClient, desk: Desk, ana: Official, clock: FixedClock
) -> None:
    """The term to resolve is of one month from 24 November 2026: it ends on Thursday 24 December."""
    desk.open()
    sede.sign_in_official(ana)
    assert "Quedan 20 días hábiles" in sede.get("/oficina/expedientes").main
    clock.advance(timedelta(days=28))
    page = sede.get("/oficina/expedientes")
    assert "Quedan 2 días hábiles" in page.main
    assert page.soup.select_one(".app-due--urgent .app-due__shape") is not None
    clock.advance(timedelta(days=5))
    assert "Vencido" in sede.get("/oficina/expedientes").main


def test_a_citizen_has_no_business_in_the_office(sede: SedeClient, citizen: Person) -> None:
    sede.sign_in_citizen(citizen)
    for path in ("/oficina/", "/oficina/expedientes", "/oficina/firmas", "/administracion/"):
        sede.get(path, status=403)


def test_a_task_out_of_order_is_taken_with_a_reason_that_the_history_shows(
    sede: SedeClient, desk: Desk, ana: Official, clock: FixedClock
) -> None:
    """INS-1: the inbox shows the order, taking a later one asks why, and the expediente tells it."""
    desk.open()
    clock.advance(timedelta(hours=1))
    later = desk.open("Calle Nueva, 9")
    sede.sign_in_official(ana)
    inbox = sede.get("/oficina/")
    assert "Le toca" in inbox.main
    assert "Hay 1 anterior" in inbox.main
    item = next(each for each in desk.tasks(ana) if each.expediente_id == later)
    address = f"/oficina/tareas/{item.id}/asignarme"
    asking = sede.post(address, {"version": str(item.version)}, status=409)
    assert asking.h1.endswith("Esta tarea no es la primera")
    asking = sede.submit(asking, {"reason": " "}, button="fuera de orden", status=422)
    assert set(asking.errors) == {"reason"}
    task = sede.submit(asking, {"reason": "Lo ordena la jefa: obra en la calle"}, button="fuera")
    assert task.path == f"/oficina/tareas/{item.id}"
    history = sede.get(f"/oficina/expedientes/{later}/historia")
    assert "Se tomó fuera del orden de inicio: Revisar la solicitud" in history.main
    assert "Lo ordena la jefa: obra en la calle" in history.main
