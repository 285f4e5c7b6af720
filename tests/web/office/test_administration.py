"""Administration: incidents and given-up jobs tried again, permissions explained, versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from factories.sede import SedeClient

from engine.jobs import JOBS, JobRun, job
from engine.people.models import Official
from engine.services import SERVICES
from engine.townhall import Call, TownHall
from engine.workflow import operations as workflow
from engine.workflow.queries import incidents
from tests.web.office.conftest import Desk

Make = Callable[[str, str], Official]
PAGES = ("", "incidencias", "personal", "procedimientos")


@pytest.fixture
def administrator(official_of: Make) -> Official:
    return official_of("administrator", "SIS")


def test_administration_is_for_the_administrator_alone(
    sede: SedeClient, desk: Desk, ana: Official, administrator: Official
) -> None:
    sede.sign_in_official(ana)
    for path in PAGES:
        sede.get(f"/administracion/{path}", status=403)
    sede.sign_in_official(administrator)
    for path in PAGES:
        sede.get(f"/administracion/{path}")
    assert "Administración" in sede.get("/oficina/").text


@pytest.fixture
def stopped(
    desk: Desk, hall: TownHall, official_of: Make, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """An expediente whose last step failed; what mends it is returned."""
    works = SERVICES["expedientes/close"]

    def broken(*_arguments: Any, **_more: Any) -> Any:
        raise ValueError("El archivo no responde.")

    monkeypatch.setitem(SERVICES, "expedientes/close", broken)
    desk.open()
    for number in range(2):
        official = official_of("processor", "ESP")
        (item,) = desk.tasks(official)
        call = hall.call(desk.actor(official))
        workflow.claim(call, work_item_id=item.id, version=item.version)
        data = {"opinion": f"Paso {number}", "agrees": "agree"}
        workflow.complete(call, work_item_id=item.id, version=item.version + 1, data=data)
    return lambda: monkeypatch.setitem(SERVICES, "expedientes/close", works)


def test_an_incident_says_what_failed_and_is_tried_again_with_a_reason(
    sede: SedeClient, hall: TownHall, stopped: Callable[[], None], administrator: Official
) -> None:
    sede.sign_in_official(administrator)
    page = sede.get("/administracion/incidencias")
    assert "El archivo no responde." in page.main
    page = sede.get(page.link("Ver y arreglar"))
    assert "2026/FAR/000001" in page.main
    with hall.database.reading() as session:
        (row,) = incidents(session)
    address = f"/administracion/incidencias/{row.id}/reintentar"
    wrong = sede.submit(page, action=address, status=422)
    assert set(wrong.errors) == {f"reason-{row.id}"}
    stopped()
    page = sede.submit(wrong, {f"reason-{row.id}": "El archivo ya responde."}, action=address)
    assert "Ha ido bien" in page.main
    assert "No hay ningún proceso parado" in page.main


@pytest.fixture
def given_up(hall: TownHall) -> Any:
    """A job that was given up, and the list of when it ran again."""
    ran: list[str] = []

    @job("test.mend")
    def mend(call: Call, *, what: str) -> None:
        ran.append(what)

    with hall.database.transaction() as session:
        session.add(
            JobRun(
                job_id=77,
                name="test.mend",
                arguments={"what": "farola"},
                attempts=10,
                state="dead",
                started_at=hall.clock.now(),
                error="La autoridad de sellado no responde.",
            )
        )
    yield ran
    del JOBS["test.mend"]


def test_a_job_that_was_given_up_is_tried_again_once_with_its_arguments(
    sede: SedeClient,
    given_up: list[str],
    administrator: Official,
    ana: Official,
    run_all: Callable[[], int],
) -> None:
    address = "/administracion/trabajos/77/reintentar"
    sede.sign_in_official(ana)
    sede.post(address, {"reason-77": "Sí"}, status=403)
    sede.sign_in_official(administrator)
    page = sede.get("/administracion/incidencias")
    assert "La autoridad de sellado no responde." in page.main
    wrong = sede.submit(page, action=address, status=422)
    assert set(wrong.errors) == {"reason-77"}
    page = sede.submit(wrong, {"reason-77": "Ya responde."}, action=address)
    assert "No hay ningún trabajo abandonado" in page.main
    sede.post(address, {"reason-77": "Otra vez"}, status=409)
    run_all()
    assert given_up == ["farola"]


def test_what_an_official_may_do_is_explained_by_their_posts(
    sede: SedeClient, administrator: Official, official_of: Make
) -> None:
    registrar = official_of("registrar", "OAR")
    sede.sign_in_official(administrator)
    page = sede.get(sede.get("/administracion/personal").link(registrar.display_name))
    rows = {
        row.find_all("td")[1].get_text(strip=True): row.find_all("td")[0].get_text(strip=True)
        for row in page.soup.select("tbody tr")
        if len(row.find_all("td")) == 2
    }
    assert rows["registry.annul"] == "Registro"
    assert rows["workflow.claim"] == "Cualquier empleado público"
    assert "audit.read" not in rows


def test_each_version_of_a_procedure_counts_its_instances(
    sede: SedeClient, desk: Desk, administrator: Official
) -> None:
    desk.open()
    desk.open()
    sede.sign_in_official(administrator)
    page = sede.get("/administracion/procedimientos")
    (row,) = page.soup.select("tbody tr")
    numbers = [cell.get_text(strip=True) for cell in row.select(".govuk-table__cell--numeric")]
    assert numbers == ["1", "2", "0", "0"]
    assert "En vigor" in row.get_text()
