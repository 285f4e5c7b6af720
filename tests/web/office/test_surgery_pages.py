"""Operators see what stopped and mend it: each act says what it does before it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from factories.sede import Page, SedeClient

from engine.people.models import Official
from engine.services import SERVICES
from engine.townhall import TownHall
from engine.workflow import operations as workflow
from engine.workflow.queries import incidents, instance_of
from tests.web.office.conftest import Desk

Make = Callable[[str, str], Official]
LIST = "/administracion/incidencias"
WHY = {"reason": "El archivo ya responde."}


class Broken:
    """A service that fails until it is mended."""

    def __init__(self, works: Any) -> None:
        self.works = works
        self.fails = True

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        if self.fails:
            raise ValueError("El archivo no responde.")
        return self.works(*arguments, **more)


@pytest.fixture
def closing(monkeypatch: pytest.MonkeyPatch) -> Broken:
    """The last step of every expediente, which fails."""
    broken = Broken(SERVICES["expedientes/close"])
    monkeypatch.setitem(SERVICES, "expedientes/close", broken)
    return broken


@pytest.fixture
def operators(official_of: Make) -> tuple[Official, Official]:
    return official_of("administrator", "SIS"), official_of("administrator", "SIS")


@pytest.fixture
def stop(desk: Desk, hall: TownHall, official_of: Make) -> Callable[[], UUID]:
    """Open an expediente and do its two tasks: its last step fails."""
    officials = [official_of("processor", "ESP") for _ in range(2)]

    def stopped() -> UUID:
        expediente_id = desk.open()
        for number, official in enumerate(officials):
            item = next(row for row in desk.tasks(official) if row.expediente_id == expediente_id)
            call = hall.call(desk.actor(official))
            workflow.claim(call, work_item_id=item.id, version=item.version)
            data = {"opinion": f"Paso {number}", "agrees": "agree"}
            workflow.complete(call, work_item_id=item.id, version=item.version + 1, data=data)
        return expediente_id

    return stopped


def process(hall: TownHall, expediente_id: UUID) -> str:
    with hall.database.reading() as session:
        return f"/administracion/procesos/{instance_of(session, expediente_id).id}"


def alike(sede: SedeClient) -> Page:
    return sede.get(sede.get(LIST).link("Ver y arreglar"))


def test_what_failed_alike_is_one_line_with_how_many_and_since_when(
    sede: SedeClient,
    stop: Callable[[], UUID],
    closing: Broken,
    operators: tuple[Official, Official],
) -> None:
    for _ in range(3):
        stop()
    sede.sign_in_official(operators[0])
    page = sede.get(LIST)
    (row,) = page.soup.select("tbody tr")
    words = row.get_text(" ", strip=True)
    assert "El archivo no responde." in words
    assert "Cerrar el expediente" in words
    assert row.find_all("td")[1].get_text(strip=True) == "3"
    assert "3 procesos parados" in sede.get(page.link("Ver y arreglar los 3")).h1


def test_the_list_is_filtered_by_procedure_and_by_step(
    sede: SedeClient,
    hall: TownHall,
    stop: Callable[[], UUID],
    closing: Broken,
    operators: tuple[Official, Official],
) -> None:
    stop()
    sede.sign_in_official(operators[0])
    assert "El archivo no responde." in sede.get(f"{LIST}?procedimiento=street-light").main
    assert "El archivo no responde." in sede.get(f"{LIST}?paso=close").main
    page = sede.get(f"{LIST}?paso=review")
    assert "No hay ningún proceso parado así" in page.main
    assert page.has_link("Quitar los filtros")


def test_all_those_alike_are_retried_and_the_page_tells_how_each_went(
    sede: SedeClient,
    stop: Callable[[], UUID],
    closing: Broken,
    operators: tuple[Official, Official],
    run_all: Callable[[], int],
) -> None:
    stop()
    stop()
    sede.sign_in_official(operators[0])
    asked = sede.get(alike(sede).link("Reintentar: los 2 iguales"))
    assert "Tareas de personas abiertas" in asked.main
    wrong = sede.submit(asked, status=422)
    assert set(wrong.errors) == {"reason"}
    closing.fails = False
    page = sede.submit(wrong, WHY)
    assert "Van 0 de 2" in page.main
    assert page.soup.select("#progress[data-refresh]")
    run_all()
    page = sede.get(page.path)
    assert "Terminado" in page.main
    assert [each.get_text(strip=True) for each in page.soup.select("tbody .govuk-tag")] == [
        "Hecho",
        "Hecho",
    ]
    assert not page.soup.select("[data-refresh]")
    assert "No hay ningún proceso parado" in sede.get(LIST).main


def test_stopping_says_first_that_the_duty_to_resolve_stays(
    sede: SedeClient,
    hall: TownHall,
    desk: Desk,
    operators: tuple[Official, Official],
    ana: Official,
) -> None:
    """PLZ-11: the term to resolve and notify runs on, whatever happens to the process."""
    address = process(hall, desk.open())
    sede.sign_in_official(operators[0])
    page = sede.get(sede.get(address).link("Detenerlo para siempre"))
    assert "Se anula la tarea «Revisar la solicitud»" in page.main
    assert "la obligación de resolver se mantiene" in page.main
    assert len(desk.tasks(ana)) == 1
    done = sede.submit(page, WHY)
    assert "Detenido" in done.main
    assert desk.tasks(ana) == ()
    assert "Detener para siempre" in done.main


def test_data_are_corrected_by_name_and_a_wrong_value_is_said_by_its_field(
    sede: SedeClient,
    hall: TownHall,
    stop: Callable[[], UUID],
    closing: Broken,
    operators: tuple[Official, Official],
) -> None:
    stop()
    sede.sign_in_official(operators[0])
    page = sede.get(alike(sede).link("Corregir datos y reintentar"))
    fields = {"name-1": "second.opinion", "form-1": "number", "text-1": "12.5", **WHY}
    wrong = sede.submit(page, fields, status=422)
    assert set(wrong.errors) == {"text-1"}
    closing.fails = False
    done = sede.submit(wrong, {"form-1": "text", "text-1": "Conforme"})
    assert "Ha ido bien" in done.main


def test_skipping_a_step_takes_a_second_person(
    sede: SedeClient,
    new_sede: Callable[[], SedeClient],
    hall: TownHall,
    stop: Callable[[], UUID],
    closing: Broken,
    operators: tuple[Official, Official],
) -> None:
    address = process(hall, stop())
    sede.sign_in_official(operators[0])
    page = sede.get(alike(sede).link("Proponer que se salte el paso"))
    proposal = sede.submit(page, WHY)
    assert "lo tiene que confirmar otra persona" in proposal.main
    sede.post(f"{proposal.path}/confirmar", {}, status=409)
    other = new_sede()
    other.sign_in_official(operators[1])
    assert "espera a una segunda persona" in other.get("/administracion/").main
    asked = other.get(other.get(LIST).link("Saltar un paso"))
    assert "el paso «»" not in asked.main, "the step that would be skipped is named"
    done = other.submit(asked, {"decision": "Visto."}, button="Confirmar que se salta")
    assert "Terminado" in done.main
    assert "Terminado" in other.get(address).main


def test_a_process_is_moved_after_seeing_what_that_ends(
    sede: SedeClient,
    hall: TownHall,
    desk: Desk,
    operators: tuple[Official, Official],
    ana: Official,
) -> None:
    address = process(hall, desk.open())
    sede.sign_in_official(operators[0])
    choose = sede.get(sede.get(address).link("Moverlo a otro paso"))
    page = sede.submit(choose, {"destino": "second"}, button="Ver qué pasaría")
    assert "Se anula la tarea «Revisar la solicitud»" in page.main
    (before,) = desk.tasks(ana)
    wrong = sede.submit(page, status=422)
    assert "Se anula la tarea" in wrong.main
    sede.submit(wrong, WHY)
    (after,) = desk.tasks(ana)
    assert (before.element, after.element) == ("review", "second")


def test_a_target_that_cannot_be_entered_is_said_in_the_form(
    sede: SedeClient, hall: TownHall, desk: Desk, operators: tuple[Official, Official]
) -> None:
    address = process(hall, desk.open())
    sede.sign_in_official(operators[0])
    page = sede.get(f"{address}/mover?destino=start", status=409)
    assert set(page.errors) == {"destino"}


def test_going_back_undoes_the_way_and_keeps_the_history(
    sede: SedeClient,
    hall: TownHall,
    desk: Desk,
    operators: tuple[Official, Official],
    ana: Official,
) -> None:
    expediente_id = desk.open()
    (item,) = desk.tasks(ana)
    call = hall.call(desk.actor(ana))
    workflow.claim(call, work_item_id=item.id, version=item.version)
    workflow.complete(call, work_item_id=item.id, version=item.version + 1, data={"opinion": "A"})
    sede.sign_in_official(operators[0])
    address = process(hall, expediente_id)
    page = sede.get(sede.get(address).link("Volver aquí Revisar la solicitud"))
    assert "Se anula la tarea «Dar el visto bueno»" in page.main
    done = sede.submit(page, WHY)
    states = [tag.get_text(strip=True) for tag in done.soup.select("tbody .govuk-tag")]
    assert {"Deshecho", "Anulado"} <= set(states)
    assert [row.element for row in desk.tasks(ana)] == ["review"]


def test_on_hold_nobody_can_finish_their_task_and_the_page_says_why(
    sede: SedeClient,
    new_sede: Callable[[], SedeClient],
    hall: TownHall,
    desk: Desk,
    operators: tuple[Official, Official],
    ana: Official,
) -> None:
    address = process(hall, desk.open())
    sede.sign_in_official(operators[0])
    page = sede.get(sede.get(address).link("Dejarlo en suspenso"))
    assert "no suspende ningún plazo legal" in page.main
    held = sede.submit(page, WHY)
    assert "En suspenso" in held.main
    assert not held.has_link("Moverlo a otro paso")
    (item,) = desk.tasks(ana)
    call = hall.call(desk.actor(ana))
    workflow.claim(call, work_item_id=item.id, version=item.version)
    office = new_sede()
    office.sign_in_official(ana)
    office.post(
        f"/oficina/tareas/{item.id}",
        {"version": str(item.version + 1), "opinion": "A", "agrees": "agree"},
        status=409,
    )
    again = sede.get(sede.get(address).link("Reanudarlo"))
    assert "En curso" in sede.submit(again, WHY).main


def test_the_values_of_a_process_are_hidden_until_somebody_asks_in_the_record(
    sede: SedeClient,
    hall: TownHall,
    desk: Desk,
    operators: tuple[Official, Official],
    ana: Official,
) -> None:
    desk.open()
    (item,) = desk.tasks(ana)
    call = hall.call(desk.actor(ana))
    workflow.claim(call, work_item_id=item.id, version=item.version)
    data = {"opinion": "Muy personal"}
    workflow.complete(call, work_item_id=item.id, version=item.version + 1, data=data)
    sede.sign_in_official(operators[0])
    assert item.expediente_id is not None
    page = sede.get(process(hall, item.expediente_id))
    assert "Muy personal" not in page.text
    shown = sede.get(page.link("Verlos"))
    assert "Muy personal" in shown.main
    assert "Ha quedado en el registro" in shown.main


def test_a_process_is_found_by_the_number_of_its_expediente(
    sede: SedeClient, desk: Desk, operators: tuple[Official, Official]
) -> None:
    desk.open()
    sede.sign_in_official(operators[0])
    page = sede.get(LIST)
    found = sede.submit(page, {"expediente": "2026/FAR/000001"}, button="Abrir su proceso")
    assert "Revisar la solicitud" in found.main
    missing = sede.submit(page, {"expediente": "2026/FAR/000009"}, button="Abrir su proceso")
    assert "No hay ningún expediente con ese número" in missing.text


def test_who_administers_nothing_sees_no_process(
    sede: SedeClient, hall: TownHall, desk: Desk, ana: Official
) -> None:
    address = process(hall, desk.open())
    sede.sign_in_official(ana)
    for path in ("", "/datos", "/mover", "/suspender", "/detener"):
        sede.get(f"{address}{path}", status=403)
    for path in ("/mover", "/suspender", "/reanudar", "/detener"):
        sede.post(f"{address}{path}", WHY, status=403)
    with hall.database.reading() as session:
        assert incidents(session) == ()


def test_a_null_character_in_a_search_finds_nothing(
    sede: SedeClient, operators: tuple[Official, Official]
) -> None:
    sede.sign_in_official(operators[0])
    assert sede.get("/administracion/procesos?expediente=%00").status == 200
