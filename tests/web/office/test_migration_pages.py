"""Administration: versions compared, a migration planned, rehearsed, run and undone from its pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from factories.sede import Page, SedeClient

from engine.people.models import Official
from engine.procedures import operations as procedures
from engine.procedures.package import load_procedure, read_folder
from engine.services import SERVICES
from engine.townhall import TownHall
from engine.workflow import operations as workflow
from engine.workflow.models import ProcessInstance

KEY = "general-request"
PACKAGE = Path(__file__).parents[3] / "processes" / KEY
Make = Callable[[str, str], Official]
RunAll = Callable[[], int]


def second_version() -> dict[str, bytes]:
    """The triage is another element, with the same form."""
    files = read_folder(PACKAGE)
    model = files["process.bpmn"].replace(b'"triage"', b'"sort"').replace(b">triage<", b">sort<")
    files["process.bpmn"] = model.replace(
        b'name="unit" value="OAR"/>',
        b'name="unit" value="OAR"/>\n'
        b'          <spiffworkflow:property name="form" value="triage"/>',
        1,
    ).replace(b"triage.", b"sort.")
    files["procedure.toml"] = files["procedure.toml"].replace(b"version = 2", b"version = 3")
    return files


@pytest.fixture
def instance_id(
    hall: TownHall, town_units: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> UUID:
    """A case of the first version, when the second is published; it has no expediente to speak of."""
    monkeypatch.setitem(SERVICES, "expedientes/communicate", lambda *_: {"document_id": None})
    files = read_folder(PACKAGE)
    procedures.publish(hall.system("test"), files=files)
    instance: ProcessInstance = workflow.start(
        hall.system("test"),
        definition_key=KEY,
        definition_version=2,
        model=load_procedure(files).model,
        data={},
    )
    procedures.publish(hall.system("test"), files=second_version())
    return instance.id


@pytest.fixture
def admin_sede(sede: SedeClient, official_of: Make, instance_id: UUID) -> SedeClient:
    sede.sign_in_official(official_of("administrator", "SIS"))
    return sede


def version_of(hall: TownHall, instance_id: UUID) -> int:
    with hall.database.reading() as session:
        found = session.get_one(ProcessInstance, (hall.settings.entity_id, instance_id))
        return found.definition_version


def compared(sede: SedeClient) -> Page:
    page = sede.get(f"/administracion/procedimientos/{KEY}")
    return sede.submit(page, button="Comparar")


def test_two_versions_are_shown_side_by_side_with_what_changes_in_words(
    admin_sede: SedeClient,
) -> None:
    page = compared(admin_sede)
    assert page.h1 == "De la versión 2 a la 3"
    assert "Su identificador pasa de triage a sort." in page.main
    assert "Hay un expediente en curso en la versión 2." in page.main
    assert len(page.soup.select(".is-renamed")) == 2
    assert "Renombrado: Decidir quién contesta." in page.text


def test_a_migration_is_planned_rehearsed_run_and_undone_from_its_pages(
    admin_sede: SedeClient, hall: TownHall, run_all: RunAll, instance_id: UUID
) -> None:
    plan = admin_sede.submit(compared(admin_sede), button="Proponer un plan")
    assert "El plan está propuesto" in plan.main
    plan = admin_sede.submit(plan, {"step-correct": "stay"}, button="Guardar el plan")
    assert "El plan está guardado." in plan.main

    running = admin_sede.submit(plan, button="Ensayar el plan guardado")
    assert "En marcha: 0 de 1" in running.main
    run_all()
    address = running.path
    rehearsal = admin_sede.get(address)
    assert "Puede migrar" in rehearsal.main
    assert "«Decidir quién contesta» tiene ahora otro identificador." in rehearsal.main
    assert version_of(hall, instance_id) == 2
    assert "Ninguno tiene problemas." in admin_sede.get(f"{address}?ver=problemas").main

    refused = admin_sede.submit(rehearsal, {"reason": ""}, button="Migrar", status=422)
    assert refused.errors == {"reason": "Indique por qué se migran los expedientes."}
    begun = admin_sede.submit(rehearsal, {"reason": "Cambia la norma."}, button="Migrar")
    run_all()
    done = admin_sede.get(begun.path)
    assert "Motivo: Cambia la norma." in done.main
    assert version_of(hall, instance_id) == 3

    question = admin_sede.get(done.link("Deshacer esta migración"))
    assert "Un expediente vuelve a estar como antes de migrar" in question.main
    admin_sede.submit(question, {"reason": ""}, button="Deshacer la migración", status=422)
    undoing = admin_sede.submit(question, {"reason": "Error."}, button="Deshacer la migración")
    run_all()
    assert "Hecho Vuelve a estar como antes de migrar." in admin_sede.get(undoing.path).main
    assert version_of(hall, instance_id) == 2


def test_a_plan_with_a_destination_that_is_none_is_not_saved(admin_sede: SedeClient) -> None:
    plan = admin_sede.submit(compared(admin_sede), button="Proponer un plan")
    data = {"version": "1", "step-triage": "map:close"}
    refused = admin_sede.post(plan.path, data, status=422)
    assert refused.errors == {"step-triage": "Elija uno de los destinos de la lista."}
    admin_sede.post(plan.path, {"version": "9", "step-triage": "stay"}, status=409)


def test_a_plan_that_changed_since_its_rehearsal_cannot_be_run_from_its_page(
    admin_sede: SedeClient, run_all: RunAll
) -> None:
    plan = admin_sede.submit(compared(admin_sede), button="Proponer un plan")
    running = admin_sede.submit(plan, button="Ensayar el plan guardado")
    run_all()
    admin_sede.submit(admin_sede.get(plan.path), {"step-triage": "stay"}, button="Guardar el plan")
    page = admin_sede.get(running.path)
    assert "ensáyelo otra vez" in page.main
    assert "Por qué se migran" not in page.main


def test_a_draft_is_published_and_a_version_retired_from_the_page_of_its_procedure(
    admin_sede: SedeClient, hall: TownHall
) -> None:
    files = second_version()
    files["procedure.toml"] = files["procedure.toml"].replace(b"version = 3", b"version = 4")
    procedures.save_draft(hall.system("test"), files=files)
    page = admin_sede.get(f"/administracion/procedimientos/{KEY}")
    page = admin_sede.submit(page, button="Publicar la versión 4")
    assert "La versión 4 está publicada." in page.main
    action = page.form(button="Retirar la versión 4")["action"]
    name = f"reason-{str(action).split('/')[-2]}"
    refused = admin_sede.submit(page, {name: ""}, button="Retirar la versión 4", status=422)
    assert refused.errors == {name: "Indique por qué se retira el procedimiento."}
    page = admin_sede.submit(page, {name: "Tiene un error."}, button="Retirar la versión 4")
    assert "La versión 4 está retirada." in page.main


def test_the_pages_of_migrations_are_for_the_administration_alone(
    sede: SedeClient, official_of: Make, instance_id: UUID
) -> None:
    sede.sign_in_official(official_of("processor", "ESP"))
    sede.get(f"/administracion/procedimientos/{KEY}", status=403)
    sede.get(f"/administracion/procedimientos/{KEY}/comparar?de=2&a=3", status=403)


def test_a_version_that_does_not_exist_is_not_found(admin_sede: SedeClient) -> None:
    for path in (
        "procedimientos/no-such",
        f"procedimientos/{KEY}/comparar?de=2&a=7",
        f"procedimientos/{KEY}/comparar?de=x",
        "migraciones/ninguna",
        "migraciones/ejecuciones/ninguna",
    ):
        admin_sede.get(f"/administracion/{path}", status=404)
