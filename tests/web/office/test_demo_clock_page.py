"""The page that moves the demonstration's clock: what would end, moving, what did, and the notice everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from factories.sede import Page, SedeClient
from sqlalchemy import select

from engine.audit.models import AuditEvent
from engine.clock import FixedClock
from engine.deadlines.models import DeadlineState
from engine.deadlines.operations import end_deadline
from engine.demo_clock import queries
from engine.demo_clock.clock import DemoClock
from engine.people.models import Official, Person
from engine.settings import Environment
from engine.townhall import TownHall
from tests.web.office.conftest import Desk

Make = Callable[[str, str], Official]
PAGE = "/administracion/reloj"
NOTICE = "El reloj está adelantado"


@pytest.fixture
def clock_of_demo(hall: TownHall, clock: FixedClock) -> DemoClock:
    """The town hall's clock, that may be moved ahead of one that stands still."""
    moved = DemoClock(hall.database, clock)
    hall.clock = moved
    return moved


@pytest.fixture
def administrator(official_of: Make) -> Official:
    return official_of("administrator", "SIS")


def ask(sede: SedeClient, status: int = 200, **fields: str) -> Page:
    page = sede.get(PAGE)
    return sede.submit(page, fields, button="Ver qué vencerá", status=status)


def test_an_operator_sees_what_would_end_moves_the_clock_and_sees_what_ended(
    sede: SedeClient, desk: Desk, clock_of_demo: DemoClock, administrator: Official
) -> None:
    desk.open()
    sede.sign_in_official(administrator)
    page = sede.get(PAGE)
    assert "24 de noviembre de 2026, 10:00" in page.main
    assert "Va con la hora real" in page.main
    assert "Qué venció la última vez" not in page.main
    page = ask(sede, modo="plazo")
    assert "Plazo máximo" in page.main or "2026/FAR/000001" in page.main
    page = sede.submit(page, button="Adelantar el reloj")
    assert "Ahora, en el municipio: " in page.main
    assert "por delante de la hora real" in page.main
    assert "2026/FAR/000001" in page.main
    assert "Sigue abierto, fuera de plazo" in page.main
    assert "Los efectos llegan en unos segundos" in page.main
    with desk.hall.database.reading() as session:
        move = queries.last_move(session)
        assert move is not None
        ended = queries.ended(session, move.began, move.ended)
    for row in ended.rows:
        end_deadline(desk.hall.system("test"), deadline_id=row.id, state=DeadlineState.EXPIRED)
    page = sede.get(PAGE)
    assert "Vencido" in page.main
    assert "Los efectos llegan" not in page.main


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"modo": "dias", "dias": ""}, "dias"),
        ({"modo": "dias", "dias": "0"}, "dias"),
        ({"modo": "horas", "horas": "-3"}, "horas"),
        ({"modo": "horas", "horas": "9" * 30}, "horas"),
        ({"modo": "fecha", "fecha": "31/2/2027"}, "fecha"),
        ({"modo": "fecha", "fecha": "1/1/2020"}, "fecha"),
        ({"modo": "plazo"}, "modo"),
    ],
)
def test_what_cannot_be_asked_says_why_and_loses_nothing(
    sede: SedeClient,
    hall: TownHall,
    clock_of_demo: DemoClock,
    administrator: Official,
    fields: dict[str, str],
    field: str,
) -> None:
    sede.sign_in_official(administrator)
    page = ask(sede, status=422, **fields)
    assert set(page.errors) == {field}
    assert clock_of_demo.ahead() == timedelta(0)


def test_a_move_that_the_town_cannot_make_says_why(
    sede: SedeClient, clock_of_demo: DemoClock, administrator: Official
) -> None:
    """PLZ-18: a year without calendar is said, and the clock stays."""
    sede.sign_in_official(administrator)
    page = ask(sede, modo="dias", dias="366")
    sede.submit(page, button="Adelantar el reloj")
    page = ask(sede, modo="dias", dias="60")
    page = sede.submit(page, button="Adelantar el reloj", status=422)
    assert "no tiene calendario de 2028" in page.main
    assert clock_of_demo.ahead() == timedelta(days=366)
    sede.post(PAGE, {"hasta": "mañana"}, status=422)
    sede.post(PAGE, {"hasta": "2026-12-24T10:00"}, status=422)


def test_every_page_says_that_the_clock_is_ahead_and_nobody_is_sent_away(
    sede: SedeClient,
    new_sede: Callable[[], SedeClient],
    hall: TownHall,
    citizen: Person,
    clock_of_demo: DemoClock,
    administrator: Official,
) -> None:
    """Sessions are real: a month of the town's ends none."""
    other = new_sede()
    other.sign_in_citizen(citizen)
    sede.sign_in_official(administrator)
    assert NOTICE not in other.get("/carpeta").text
    page = ask(sede, modo="fecha", fecha="24/12/2026")
    sede.submit(page, button="Adelantar el reloj")
    assert f"{NOTICE}: aquí es 24 de diciembre de 2026, 10:00" in sede.get("/administracion/").text
    page = other.get("/carpeta")
    assert NOTICE in page.text
    assert citizen.display_name in page.text
    assert NOTICE in new_sede().get("/").text
    assert NOTICE in new_sede().get("/no-existe", status=404).text


def test_limits_of_attempts_do_not_end_because_the_clock_moves(
    sede: SedeClient,
    new_sede: Callable[[], SedeClient],
    citizen: Person,
    clock_of_demo: DemoClock,
    administrator: Official,
) -> None:
    other = new_sede()
    for _ in range(10):
        other.post("/entrar", {"who": f"official:{citizen.id}"}, status=404)
    sede.sign_in_official(administrator)
    sede.submit(ask(sede, modo="dias", dias="1"), button="Adelantar el reloj")
    other.post("/entrar", {"who": f"citizen:{citizen.id}"}, status=429)


def test_the_clock_is_for_the_administrator_alone_and_in_production_for_nobody(
    sede: SedeClient,
    new_sede: Callable[[], SedeClient],
    hall: TownHall,
    desk: Desk,
    ana: Official,
    clock_of_demo: DemoClock,
    administrator: Official,
) -> None:
    other = new_sede()
    other.sign_in_official(ana)
    other.get(PAGE, status=403)
    other.post(PAGE, {"hasta": "2026-12-24T10:00:00+00:00"}, status=403)
    sede.sign_in_official(administrator)
    assert "Reloj de la demostración" in sede.get("/administracion/").main
    sede.get(PAGE)
    hall.settings = replace(hall.settings, environment=Environment.PRODUCTION)
    sede.get(PAGE, status=404)
    sede.post(PAGE, {"hasta": "2026-12-24T10:00:00+00:00"}, status=404)
    with hall.database.reading() as session:
        results = session.scalars(
            select(AuditEvent.result).where(AuditEvent.type == "demo.move_clock")
        ).all()
    assert set(results) <= {"refused"}
    assert clock_of_demo.ahead() == timedelta(0)
