"""The calendar that the sede shows (RD 203/2021, art. 11.1.f)."""

from __future__ import annotations

from datetime import date

from factories.sede import SedeClient

from engine.deadlines.almanac.operations import propose_day, publish_calendar
from engine.townhall import TownHall


def test_the_sede_shows_its_official_time_and_the_calendar_of_each_year(sede: SedeClient) -> None:
    """PLZ-18: art. 31.2; the days of each level, with where they were published."""
    page = sede.get(sede.get("/sede").link("Calendario de cada año"))
    for text in (
        "24 de noviembre de 2026, 10:00",
        "24 de junio de 2026 San Juan, fiesta local Valdecandamo",
        "8 de septiembre de 2026 Día de Asturias Asturias",
        "25 de diciembre de 2026 Natividad del Señor España",
        "Boletín ficticio del Principado",
    ):
        assert text in page.main, text
    page = sede.get(page.link("2027"))
    assert "25 de marzo de 2027" in page.main
    assert page.h1.endswith("2027")


def test_a_change_is_seen_at_once(sede: SedeClient, hall: TownHall) -> None:
    assert "Luto" not in sede.get("/sede").main
    call = hall.system("test")
    row = propose_day(
        call, calendar="valdecandamo", day=date(2026, 12, 1), name="Luto", source="Decreto"
    )
    publish_calendar(call, edition_id=row.id)
    assert "1 de diciembre de 2026 Luto" in sede.get("/sede").main
    assert "1 de diciembre de 2026 Luto" in sede.get("/calendario").main


def test_the_calendar_can_be_added_to_ones_own(sede: SedeClient) -> None:
    answer = sede.get(sede.get("/calendario").link("Añadirlo a su calendario")).answer
    text = answer.get_data(as_text=True)
    assert answer.mimetype == "text/calendar"
    assert "DTSTART;VALUE=DATE:20260624" in text
    assert text.endswith("END:VCALENDAR\r\n")


def test_a_year_without_calendar_is_not_there(sede: SedeClient) -> None:
    sede.get("/calendario/2031.ics", status=404)
    sede.get("/calendario/99999.ics", status=404)
    assert sede.get("/calendario?anio=2031").h1.endswith("2026")
