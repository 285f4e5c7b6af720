"""The clock of an expediente in plain words, its calendar, and opposing the simplified procedure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from factories.sede import Page

from engine.clock import FixedClock, madrid_date
from engine.expedientes.clock.operations import resume_clock, suspend_clock
from engine.expedientes.silence.operations import fall
from engine.expedientes.simplified.operations import simplify
from engine.people.models import Official, Person
from engine.people.queries import load_official_actor
from engine.townhall import Call, TownHall
from tests.web.citizen.conftest import Kiosk

Make = Callable[[str, str], Official]


@pytest.fixture
def receipt(kiosk: Kiosk) -> Page:
    page = kiosk.filed()
    kiosk.run_all()
    return page


@pytest.fixture
def head(hall: TownHall, official_of: Make) -> Call:
    official = official_of("head", "ESP")
    with hall.database.reading() as session:
        return hall.call(load_official_actor(session, official.id, madrid_date(hall.clock.now())))


def identifier(page: Page) -> UUID:
    return UUID(page.path.rsplit("/", 1)[-1])


def test_the_page_says_until_when_and_what_silence_means_and_how_it_is_counted(
    kiosk: Kiosk, receipt: Page
) -> None:
    """EXP-3, PLZ-20: the state, the sense of silence, the organ, each in plain words."""
    page = kiosk.expediente(receipt)
    assert "Cuánto tiempo tenemos para contestarle" in page.main
    assert "25 de enero de 2027" in page.main
    assert "Eso pasaría el 26 de enero de 2027, 0:00" in page.main
    counted = kiosk.sede.get(page.link("Cómo se cuenta este plazo"))
    for words in (
        "2 meses",
        "24 de noviembre de 2026",
        "Quién resuelve",
        "Días que han contado 0",
    ):
        assert words in counted.main, words


def test_a_stopped_term_says_what_stops_it_and_then_each_time_that_it_moved(
    kiosk: Kiosk, receipt: Page, head: Call, clock: FixedClock
) -> None:
    """PLZ-20, EXP-3: the person reads why nothing counts, until when, and the new last day."""
    page = kiosk.expediente(receipt)
    case = identifier(page)
    suspension = suspend_clock(
        head, expediente_id=case, cause="22.1.d", reason="Se pide el informe de carreteras"
    )
    page = kiosk.expediente(receipt)
    assert "Plazo parado" in page.main
    assert "Informe preceptivo pedido a otro órgano" in page.main
    assert "25 de enero de 2027" not in page.main, "a day that no longer stands is not told"
    clock.advance(timedelta(days=3))
    resume_clock(head, expediente_id=case, suspension_id=suspension, reason="Llegó el informe")
    page = kiosk.expediente(receipt)
    counted = kiosk.sede.get(page.link("Cómo se cuenta este plazo"))
    assert "Días que ha estado parado 3" in counted.main
    assert "26/01/2027" in counted.main, "the day of the filing did not count anyway"


def test_the_person_opposes_the_simplified_procedure(
    kiosk: Kiosk, receipt: Page, head: Call
) -> None:
    """INS-11: from the page of the expediente, registered with its receipt."""
    page = kiosk.expediente(receipt)
    case = identifier(page)
    kiosk.sede.get(f"/carpeta/expedientes/{case}/oponerse")
    simplify(head, expediente_id=case, reason="Caso sencillo")
    page = kiosk.expediente(receipt)
    asking = kiosk.sede.get(page.link("Oponerse a la tramitación simplificada"))
    asking = kiosk.sede.submit(asking, {"text": "x" * 10_001}, button="Oponerme", status=422)
    assert set(asking.errors) == {"text"}
    done = kiosk.sede.submit(asking, {"text": "Prefiero el trámite entero"}, button="Oponerme")
    assert "/carpeta/presentado/" in done.path
    assert not kiosk.expediente(receipt).has_link("Oponerse")


def test_their_terms_go_to_their_calendar_and_to_nobody_elses(
    kiosk: Kiosk, receipt: Page, company: Person
) -> None:
    """EXP-3: the term to resolve, and what is asked of them, as soon as it is."""
    case = identifier(kiosk.expediente(receipt))
    address = f"/carpeta/expedientes/{case}/plazos.ics"
    text = kiosk.sede.http.get(address).get_data(as_text=True)
    assert text.count("BEGIN:VEVENT") == 1
    assert f"DTSTART;VALUE=DATE:{date(2027, 1, 25):%Y%m%d}" in text
    kiosk.sede.sign_in_citizen(company)
    kiosk.sede.get(address, status=404)
    kiosk.sede.get(f"/carpeta/expedientes/{case}/plazo", status=404)


def test_the_certificate_of_silence_is_asked_for_until_it_is_issued(
    kiosk: Kiosk, receipt: Page, hall: TownHall, clock: FixedClock
) -> None:
    """SIL-3: the request is registered; once the certificate is there, nothing has to be asked for."""
    case = identifier(kiosk.expediente(receipt))
    address = f"/carpeta/expedientes/{case}/plazo"
    assert "Pedir el certificado" not in kiosk.sede.get(address).text
    clock.advance(timedelta(days=70))
    fall(hall.system("test"), expediente_id=case)
    page = kiosk.sede.submit(kiosk.sede.get(address), button="Pedir el certificado de silencio")
    assert "Usted pidió el certificado el" in page.main
    kiosk.run_all()
    page = kiosk.sede.get(address)
    assert "El certificado se expidió el" in page.main
    assert "Pedir el certificado" not in page.text
