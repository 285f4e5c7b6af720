"""Delegating, reassigning, priorities, reminders, several at once, absences: as officials meet them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from factories.sede import Page, SedeClient

from engine.clock import FixedClock
from engine.people.models import Official
from tests.web.office.conftest import Desk

Make = Callable[[str, str], Official]


@pytest.fixture
def eva(official_of: Make, ana: Official) -> Official:
    """Persona 2, of the same unit as Ana, who is Persona 1."""
    return official_of("processor", "ESP")


@pytest.fixture
def boss(official_of: Make, eva: Official) -> Official:
    """Persona 3, who heads the unit."""
    return official_of("head", "ESP")


def task_of(sede: SedeClient, official: Official) -> Page:
    """Somebody takes the only open task."""
    sede.sign_in_official(official)
    return sede.submit(sede.get("/oficina/"), button="Asignármela")


def marks(page: Page) -> list[str]:
    """The tasks that can be marked, as their boxes would send them."""
    return [str(box["value"]) for box in page.soup.select('input[name="item"]')]


def test_a_task_is_delegated_done_or_given_back_and_the_owner_sees_who_has_it(
    sede: SedeClient, desk: Desk, ana: Official, eva: Official
) -> None:
    desk.open()
    page = task_of(sede, ana)
    page = sede.get(page.link("Delegar, reasignar"))
    page = sede.submit(page, button="Delegar", status=422)
    assert page.errors == {"delegate-to": "Elija a quién se le da."}
    page = sede.submit(page, {"delegate-to": str(eva.id)}, button="Delegar")
    assert "La tarea queda delegada" in page.main
    assert "La tiene Persona 2" in page.main.replace("la tiene", "La tiene")
    assert "Delegada por usted" in sede.get("/oficina/?lista=todas").main
    sede.sign_in_official(eva)
    inbox = sede.get("/oficina/")
    assert "Delegada por Persona 1" in inbox.main
    page = sede.get(inbox.link("Revisar la solicitud"))
    assert "Se la ha delegado Persona 1" in page.main
    page = sede.submit(page, button="Devolver a Persona 1")
    assert "La tarea vuelve a quien se la delegó" in page.main
    assert [item.assignee_id for item in desk.tasks(ana)] == [ana.id]


def test_the_owner_takes_a_delegated_task_back_and_says_why(
    sede: SedeClient, desk: Desk, ana: Official, eva: Official
) -> None:
    desk.open()
    page = task_of(sede, ana)
    page = sede.get(page.link("Delegar, reasignar"))
    page = sede.submit(page, {"delegate-to": str(eva.id)}, button="Delegar")
    page = sede.get(page.link("Delegar, reasignar"))
    page = sede.submit(page, button="Recuperar la tarea", status=422)
    assert set(page.errors) == {"take_back-reason"}
    page = sede.submit(page, {"take_back-reason": "Corre prisa."}, button="Recuperar la tarea")
    assert "La tarea vuelve a ser suya" in page.main
    assert desk.tasks(ana)[0].assignee_id == ana.id


def test_a_task_passed_on_is_no_longer_seen_as_ones_own(
    sede: SedeClient, desk: Desk, ana: Official, eva: Official
) -> None:
    desk.open()
    page = sede.get(task_of(sede, ana).link("Delegar, reasignar"))
    page = sede.submit(page, {"hand_over-to": str(eva.id)}, button="Pasar la tarea")
    assert "pasa a la persona que ha elegido" in page.main
    assert "Delegar, reasignar" not in page.main
    assert desk.tasks(ana)[0].assignee_id == eva.id


def test_a_reminder_brings_the_task_to_what_is_for_today(
    sede: SedeClient, desk: Desk, ana: Official, clock: FixedClock
) -> None:
    desk.open()
    page = sede.get(task_of(sede, ana).link("Delegar, reasignar"))
    page = sede.submit(
        page, {"follow_up-follow_up": "mañana"}, button="Guardar el recordatorio", status=422
    )
    assert set(page.errors) == {"follow_up-follow_up"}
    assert 'value="mañana"' in str(page.soup)
    page = sede.submit(
        page, {"follow_up-follow_up": "26/11/2026"}, button="Guardar el recordatorio"
    )
    assert "Recordármela el 26 de noviembre de 2026" in page.main
    assert "Recordar el 26/11/2026" in sede.get("/oficina/").main
    assert "No hay tareas así" in sede.get("/oficina/?lista=mias&recordatorio=hoy").main
    clock.advance(timedelta(days=2))
    page = sede.get("/oficina/?lista=mias&recordatorio=hoy")
    assert "Mías (1)" in page.main
    assert "Revisar la solicitud" in page.main


def test_the_head_reassigns_and_changes_the_order_and_says_why(
    sede: SedeClient, desk: Desk, ana: Official, eva: Official, boss: Official
) -> None:
    """INS-1: the order of dispatch changes by a reasoned order of the head alone."""
    desk.open()
    task_of(sede, ana)
    sede.sign_in_official(boss)
    page = sede.get("/oficina/?lista=equipo")
    assert "De mi equipo (1)" in page.main
    page = sede.get(page.link("Revisar la solicitud"))
    assert "Usted puede verla, pero no hacerla" in page.main
    page = sede.get(page.link("Delegar, reasignar"))
    assert "Pasar la tarea" not in page.main, "it is not the head's to pass on"
    page = sede.submit(page, {"reassign-to": str(eva.id)}, button="Reasignar", status=422)
    assert set(page.errors) == {"reassign-reason"}
    page = sede.submit(
        page,
        {"reassign-to": str(eva.id), "reassign-reason": "Reparto de carga."},
        button="Reasignar",
    )
    assert "reasignada y el motivo, anotado" in page.main
    page = sede.submit(
        sede.get(page.link("Delegar, reasignar")),
        {"prioritise-priority": "high", "prioritise-reason": "Riesgo de caída."},
        button="Cambiar la prioridad",
    )
    assert "Prioridad: Alta" in page.main
    assert desk.tasks(eva)[0].assignee_id == eva.id
    assert "Todas (0)" in sede.get("/oficina/?prioridad=baja").main
    assert "De mi equipo (1)" in sede.get("/oficina/?prioridad=alta").main


def test_who_heads_nothing_sees_no_team_and_moves_nobodys_work(
    sede: SedeClient, desk: Desk, ana: Official, eva: Official, stranger: Official
) -> None:
    desk.open()
    task = task_of(sede, ana).path
    for official, status in ((eva, 403), (stranger, 403)):
        sede.sign_in_official(official)
        assert "De mi equipo" not in sede.get("/oficina/").main
        sede.post(
            f"{task}/reasignar",
            {"version": "2", "reassign-to": str(eva.id), "reassign-reason": "La quiero."},
            status=status,
        )
    sede.get(f"{task}/organizar", status=404)
    sede.post(f"{task}/delegar", {"version": "2", "delegate-to": str(eva.id)}, status=404)
    assert desk.tasks(ana)[0].assignee_id == ana.id


def test_several_tasks_are_taken_at_once_and_what_could_not_be_is_said_line_by_line(
    sede: SedeClient, desk: Desk, ana: Official, eva: Official
) -> None:
    for street in ("Calle Mayor, 3", "Calle Nueva, 1", "Plaza del Sol, 2"):
        desk.open(street)
    sede.sign_in_official(ana)
    page = sede.get("/oficina/?lista=sin-asignar")
    found = marks(page)
    assert len(found) == 3
    page = sede.post("/oficina/tareas/asignarme-varias?lista=sin-asignar", {}, status=422)
    assert page.errors == {"items": "Marque al menos una tarea."}
    assert page.soup.find(id="items") is not None, "the error leads to a box"
    page = sede.post("/oficina/tareas/asignarme-varias", {"item": found[:1]})
    assert "Hecho: una tarea." in page.main
    page = sede.post("/oficina/tareas/asignarme-varias", {"item": found})
    assert page.h1 == "Lo que se ha hecho y lo que no"
    assert "Hechas: 2 de 3." in page.main
    assert "ha cambiado" in page.main
    assert len([item for item in desk.tasks(ana) if item.assignee_id == ana.id]) == 3


def test_the_head_reassigns_several_at_once(
    sede: SedeClient, desk: Desk, ana: Official, eva: Official, boss: Official
) -> None:
    for street in ("Calle Mayor, 3", "Calle Nueva, 1"):
        desk.open(street)
    sede.sign_in_official(boss)
    found = marks(sede.get("/oficina/?lista=equipo"))
    address = "/oficina/tareas/reasignar-varias?lista=equipo"
    page = sede.post(address, {"item": found, "to": str(eva.id), "reason": ""}, status=422)
    assert set(page.errors) == {"reason"}
    assert len(page.soup.select('input[name="item"][checked]')) == 2, "what was marked stays so"
    page = sede.post(address, {"item": found, "to": "", "reason": "Reparto."}, status=422)
    assert set(page.errors) == {"to"}
    page = sede.post(address, {"item": found, "to": str(eva.id), "reason": "Reparto."})
    assert "Hecho: 2 tareas." in page.main
    assert all(item.assignee_id == eva.id for item in desk.tasks(eva))


def test_an_absence_is_written_down_and_everybody_is_told_who_stands_in(
    sede: SedeClient, desk: Desk, ana: Official, eva: Official, boss: Official
) -> None:
    """Art. 13.4 of Ley 40/2015: what is done by substitution says so, and of whom."""
    expediente_id = desk.open()
    task_of(sede, ana)
    page = sede.get("/oficina/ausencias")
    assert "No consta ninguna ausencia" in page.main
    page = sede.submit(page, button="Anotar la ausencia", status=422)
    assert set(page.errors) == {"starts_on", "ends_on", "kind"}
    fields = {
        "starts_on": "24/11/2026",
        "ends_on": "3/12/2026",
        "kind": "illness",
        "substitute_id": str(eva.id),
    }
    page = sede.submit(page, fields, button="Anotar la ausencia")
    assert "La ausencia queda anotada" in page.main
    assert "Enfermedad" in page.soup.find("table").get_text()
    page = sede.submit(page, fields, button="Anotar la ausencia", status=409)
    assert "Ya consta una ausencia" in page.main
    words = (
        "Persona 1 De Prueba está ausente hasta el 3 de diciembre de 2026; en su lugar actúa "
        "Persona 2 De Prueba"
    )
    sede.sign_in_official(boss)
    assert words in sede.get("/oficina/?lista=equipo").main
    sede.sign_in_official(eva)
    table = sede.get("/oficina/ausencias").soup.find("table")
    assert "Enfermedad" not in table.get_text(), "why is nobody else's business"
    page = sede.get("/oficina/?lista=todas")
    assert words in page.main
    page = sede.submit(page, button="Asignármela")
    assert "Actúa por sustitución de Persona 1" in page.main
    sede.submit(page, {"opinion": "Procede.", "agrees": "agree"}, button="Completar")
    history = sede.get(f"/oficina/expedientes/{expediente_id}/historia").main
    assert "Persona 2 De Prueba, por sustitución de Persona 1 De Prueba" in history


def test_when_the_absence_ends_the_work_is_no_longer_the_substitutes(
    sede: SedeClient, desk: Desk, ana: Official, eva: Official, clock: FixedClock
) -> None:
    desk.open()
    task = task_of(sede, ana).path
    fields = {
        "starts_on": "24/11/2026",
        "ends_on": "24/11/2026",
        "kind": "leave",
        "substitute_id": str(eva.id),
    }
    sede.submit(sede.get("/oficina/ausencias"), fields, button="Anotar la ausencia")
    sede.sign_in_official(eva)
    page = sede.get(task)
    assert "la hará por sustitución de Persona 1" in page.main
    sede.submit(page, button="Asignármela")
    clock.advance(timedelta(days=1))
    page = sede.get(task)
    assert "La sustitución de Persona 1 De Prueba ya no está en vigor" in page.main
    assert "Completar la tarea" not in page.main
    sede.sign_in_official(ana)
    page = sede.get(task)
    assert "La tarea es suya" in page.main
    page = sede.submit(page, button="Asignármela")
    assert "Completar la tarea" in page.main


def test_who_keeps_the_absences_of_others_ends_them_and_nobody_else(
    sede: SedeClient, desk: Desk, ana: Official, eva: Official, boss: Official
) -> None:
    sede.sign_in_official(boss)
    fields = {
        "official_id": str(ana.id),
        "starts_on": "25/11/2026",
        "ends_on": "26/11/2026",
        "kind": "other",
    }
    page = sede.submit(sede.get("/oficina/ausencias"), fields, button="Anotar la ausencia")
    address = str(page.form(button="Terminar")["action"])
    sede.sign_in_official(eva)
    sede.post(address, {"version": "1"}, status=404)
    sede.post("/oficina/ausencias", {**fields, "kind": "leave"}, status=404)
    sede.sign_in_official(ana)
    page = sede.submit(sede.get("/oficina/ausencias"), button="Terminar")
    assert "La ausencia queda terminada" in page.main
    assert "No consta ninguna ausencia" in page.main
