"""Administration of the calendars: imported, looked at, published; and what each edition moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from factories.sede import SedeClient
from sqlalchemy import select, text

from engine.clock import madrid_date
from engine.deadlines.calendars import CALENDARS
from engine.deadlines.models import Deadline
from engine.deadlines.moves import PAGE
from engine.deadlines.operations import open_deadline
from engine.people.models import Official
from engine.townhall import TownHall
from tests.web.office.conftest import Desk

Make = Callable[[str, str], Official]
LIST = "/administracion/calendarios"
TOWN = f"{LIST}/valdecandamo?anio=2026"
CSV = "fecha;nombre\n24/06/2028;San Juan\n16/09/2028;Feria de otoño\n"


@pytest.fixture
def admin(sede: SedeClient, official_of: Make) -> SedeClient:
    """The browser of the administrator."""
    sede.sign_in_official(official_of("administrator", "SIS"))
    return sede


def begin(hall: TownHall, expediente_id: UUID | None = None) -> Deadline:
    return open_deadline(
        hall.system("test"),
        rule="correction",
        starts_at=datetime(2026, 11, 24, 9, tzinfo=UTC),
        expediente_id=expediente_id,
    )


def due(hall: TownHall) -> list[str]:
    with hall.database.reading() as session:
        rows = session.scalars(select(Deadline.due_at).where(Deadline.rule == "correction"))
        return [madrid_date(row).isoformat() for row in rows]


def test_the_list_says_which_years_each_calendar_covers(admin: SedeClient) -> None:
    """PLZ-18: the years that can be counted in, and the one that is lacking."""
    page = admin.get(LIST)
    for words in ("Valdecandamo", "Asturias", "España", "2026, 2027", "El de la sede"):
        assert words in page.main, words
    assert "Falta el calendario de" not in page.main


def test_the_administration_is_told_that_next_year_s_calendar_is_lacking(
    admin: SedeClient, hall: TownHall
) -> None:
    """PLZ-18: it is published before the year begins."""
    assert "Falta el calendario" not in admin.get("/administracion/").main
    with hall.database.engine.begin() as connection:
        connection.execute(
            text("DELETE FROM calendar_year WHERE calendar = 'asturias' AND year = 2027")
        )
        connection.execute(text("UPDATE calendar_year SET version = 100 WHERE calendar = 'espana'"))
    for path in ("/administracion/", LIST):
        assert "Falta el calendario de 2027" in admin.get(path).main
    with hall.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM calendar_year WHERE year = 2026"))
    assert "no se puede calcular ningún plazo" in admin.get(LIST).main


def test_a_year_shows_whose_each_day_is_and_where_it_was_published(admin: SedeClient) -> None:
    page = admin.get(TOWN)
    for words in (
        "San Juan, fiesta local Valdecandamo",
        "Día de Asturias Asturias",
        "Natividad del Señor España",
        "Calendario de fiestas de ámbito nacional",
        "Boletín ficticio del Principado",
    ):
        assert words in page.main, words
    assert (
        "Falta este año de: Valdecandamo, Asturias, España." in admin.get(f"{TOWN[:-4]}2031").main
    )


def test_a_day_more_is_looked_at_published_and_told_term_by_term(
    admin: SedeClient, hall: TownHall, desk: Desk
) -> None:
    """PLZ-18: a changed calendar dates again the open terms and lists them, with their expediente."""
    expediente_id = desk.open()
    begin(hall, expediente_id)
    page = admin.get(TOWN)
    fields = {"day": "1/12/2026", "name": "Luto oficial", "source": "Decreto de la Alcaldía"}
    page = admin.submit(page, fields, button="Ver qué cambia")
    assert "Luto oficial Pasa a ser inhábil" in page.main
    assert "Cambian de fecha" in page.main
    assert due(hall) == ["2026-12-10"]
    page = admin.submit(page, button="Publicar esta edición")
    assert due(hall) == ["2026-12-11"]
    for words in (
        "un plazo cambia de fecha",
        "2026/FAR/000001",
        "10/12/2026 23:59",
        "11/12/2026 23:59",
    ):
        assert words in page.main, words
    assert not page.soup.find(string="Publicar esta edición")
    assert "Luto oficial" in admin.get(TOWN).main


def test_a_long_list_of_moved_terms_has_pages(admin: SedeClient, hall: TownHall) -> None:
    for _ in range(PAGE + 3):
        begin(hall)
    page = admin.get(TOWN)
    fields = {"day": "1/12/2026", "name": "Luto", "source": "Decreto"}
    page = admin.submit(admin.submit(page, fields, button="Ver qué cambia"), button="Publicar esta")
    assert page.main.count("Sin expediente") == PAGE
    later = admin.get(page.link("Siguientes"))
    assert later.main.count("Sin expediente") == 3
    assert admin.get(later.link("Anteriores")).main.count("Sin expediente") == PAGE


def test_a_day_less_is_taken_away_and_discarding_changes_nothing(
    admin: SedeClient, hall: TownHall
) -> None:
    begin(hall)
    fields = {"change": "remove", "day": "24/6/2026", "source": "Corrección de errores"}
    page = admin.submit(admin.get(TOWN), fields, button="Ver qué cambia")
    assert "Deja de ser inhábil" in page.main
    page = admin.submit(page, button="Descartarla")
    assert "no se ha cambiado nada" in page.main
    assert "San Juan, fiesta local" in admin.get(TOWN).main


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"day": "1/12/2026", "source": "Decreto"}, "name"),
        ({"day": "31/2/2026", "name": "Nada", "source": "Decreto"}, "day"),
        ({"name": "Nada", "source": "Decreto"}, "day"),
        ({"day": "1/12/2026", "name": "F" * 300, "source": "Decreto"}, "name"),
        ({"day": "1/12/2026", "name": "Luto"}, "source"),
        ({"day": "24/6/2026", "name": "Luto", "source": "Decreto"}, "day"),
    ],
)
def test_a_day_that_cannot_be_is_told_by_its_field_and_nothing_is_lost(
    admin: SedeClient, fields: dict[str, str], wrong: str
) -> None:
    page = admin.submit(admin.get(TOWN), fields, button="Ver qué cambia", status=422)
    assert wrong in page.errors
    for name, given in fields.items():
        control = page.soup.find("input", attrs={"name": name})
        assert control is not None
        assert control["value"] == given


def test_a_whole_calendar_is_imported_from_a_toml_file(admin: SedeClient) -> None:
    data = (CALENDARS / "castroquemado.toml").read_text(encoding="utf-8")
    data = data.replace("castroquemado", "lena").replace("Castroquemado", "Lena")
    page = admin.get(admin.get(LIST).link("Importar un calendario"))
    page = admin.submit(page, {"file": ("lena.toml", data.encode())}, button="Ver qué cambia")
    assert page.h1.endswith("Edición del calendario de Lena")
    page = admin.submit(page, button="Publicar esta edición")
    assert "Lena" in admin.get(LIST).main


def test_a_year_is_imported_from_a_csv_file(admin: SedeClient) -> None:
    page = admin.get(f"{LIST}/importar")
    fields = {
        "file": ("fiestas.csv", CSV.encode()),
        "calendar": "valdecandamo",
        "year": "2028",
        "source": "Acuerdo del Pleno",
        "bulletin": "Boletín del Principado",
        "url": "https://boletin.example/1",
        "published_on": "3/11/2027",
    }
    page = admin.submit(page, fields, button="Ver qué cambia")
    assert "24 de junio de 2028 San Juan" in page.main
    admin.submit(page, button="Publicar esta edición")
    page = admin.get(f"{LIST}/valdecandamo?anio=2028")
    assert "Acuerdo del Pleno" in page.main
    assert "Falta este año de: Asturias, España." in page.main


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, "file"),
        ({"file": ("a.pdf", b"%PDF")}, "file"),
        ({"file": ("a.csv", b"\xff\xfe")}, "file"),
        ({"file": ("a.csv", b"24/06/2028;San Juan")}, "calendar"),
        ({"file": ("a.csv", b"24/06/2028;San Juan"), "calendar": "valdecandamo"}, "year"),
        (
            {"file": ("a.csv", b"24/06/2028;San Juan"), "calendar": "valdecandamo", "year": "2028"},
            "source",
        ),
        (
            {
                "file": ("a.csv", b"24/06/2029;San Juan"),
                "calendar": "valdecandamo",
                "year": "2028",
                "source": "Pleno",
            },
            "file",
        ),
        ({"file": ("a.toml", b"years = [2026]")}, "file"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(
    admin: SedeClient, fields: dict[str, object], wrong: str
) -> None:
    page = admin.submit(admin.get(f"{LIST}/importar"), fields, button="Ver qué cambia", status=422)
    assert wrong in page.errors


def test_what_was_prepared_on_another_calendar_is_not_published(admin: SedeClient) -> None:
    fields = {"day": "1/12/2026", "name": "Luto", "source": "Decreto"}
    first = admin.submit(admin.get(TOWN), fields, button="Ver qué cambia")
    other = admin.submit(admin.get(TOWN), {**fields, "day": "2/12/2026"}, button="Ver qué cambia")
    admin.submit(first, button="Publicar esta edición")
    page = admin.submit(other, button="Publicar esta edición", status=409)
    assert "ha cambiado desde que se preparó" in page.main


def test_a_year_is_downloaded_for_other_programs(admin: SedeClient) -> None:
    answer = admin.get(admin.get(TOWN).link("Descargar")).answer
    assert answer.mimetype == "text/calendar"
    assert "SUMMARY:San Juan\\, fiesta local" in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["nope", "nope/2026.ics", "valdecandamo/1.ics", "ediciones/nope"])
def test_what_is_not_there_is_not_found(admin: SedeClient, path: str) -> None:
    admin.get(f"{LIST}/{path}", status=404)


def test_the_calendars_are_the_administrator_s(sede: SedeClient, ana: Official) -> None:
    sede.sign_in_official(ana)
    for path in ("", "/importar", "/valdecandamo"):
        sede.get(f"{LIST}{path}", status=403)
