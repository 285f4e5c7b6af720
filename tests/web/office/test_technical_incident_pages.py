"""A technical incident: declared by the administration, published in the sede with its exact extension."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from factories.sede import SedeClient

from engine.deadlines.operations import open_deadline
from engine.people.models import Official
from engine.townhall import TownHall

Make = Callable[[str, str], Official]
LIST = "/administracion/incidencias-tecnicas"
FIELDS = {
    "title": "La sede no admitía firmas",
    "cause": "technical",
    "services": "Presentación de solicitudes",
    "from": "24/11/2026",
    "from_hour": "8:30",
    "days": "2",
    "reason": "Nadie pudo firmar.",
}
BUTTON = "Ampliar los plazos"


@pytest.fixture
def admin(sede: SedeClient, official_of: Make) -> SedeClient:
    """The browser of the administrator."""
    sede.sign_in_official(official_of("administrator", "SIS"))
    return sede


@pytest.fixture
def term(hall: TownHall) -> None:
    """A correction that ends on the 10th of December."""
    open_deadline(
        hall.system("test"), rule="correction", starts_at=datetime(2026, 11, 24, 9, tzinfo=UTC)
    )


@pytest.mark.usefixtures("term")
def test_an_incident_is_published_with_its_exact_extension(
    admin: SedeClient, new_sede: Callable[[], SedeClient]
) -> None:
    """PLZ-16: RD 203/2021, art. 11.1.g; anyone reads the incident and what was extended."""
    visitor = new_sede()
    assert "No se ha publicado ninguna" in visitor.get("/incidencias-tecnicas").main
    page = admin.get(admin.get(LIST).link("Declarar una incidencia"))
    assert "se ampliaría un plazo sin vencer" in page.main
    page = admin.submit(page, FIELDS, button=BUTTON)
    for text in (
        "se amplía un plazo",
        "art. 32.4 de la Ley 39/2015",
        "10/12/2026 23:59",
        "14/12/2026 23:59",
    ):
        assert text in page.main, text
    page = visitor.get(visitor.get("/sede").link("Incidencias técnicas"))
    for text in (
        "La sede no admitía firmas",
        "24 de noviembre de 2026, 8:30",
        "La incidencia sigue.",
        "2 días hábiles más en cada plazo",
        "24 de noviembre de 2026, 10:00",
        "art. 32.4 de la Ley 39/2015",
        "Nadie pudo firmar.",
    ):
        assert text in page.main, text


def test_the_sede_says_when_an_incident_ended(admin: SedeClient) -> None:
    """PLZ-16: and when it is over, until when it lasted."""
    page = admin.submit(admin.get(f"{LIST}/declarar"), FIELDS, button=BUTTON)
    wrong = admin.submit(
        page, {"until": "24/11/2026", "until_hour": "8:00"}, button="Publicar el final", status=422
    )
    assert "until" in wrong.errors
    page = admin.submit(
        wrong, {"until": "24/11/2026", "until_hour": "9:45"}, button="Publicar el final"
    )
    assert "24 de noviembre de 2026, 9:45" in page.main
    assert "24 de noviembre de 2026, 9:45" in admin.get("/incidencias-tecnicas").main
    assert "Sigue" not in admin.get(LIST).main


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"title": ""}, "title"),
        ({"cause": None}, "cause"),
        ({"from": "31/2/2026"}, "from"),
        ({"from_hour": "25:00"}, "from"),
        ({"from": ""}, "from"),
        ({"from": "1/12/2026"}, "from"),
        ({"until": "23/11/2026", "until_hour": "10:00"}, "until"),
        ({"until": "24/11/2026"}, "until"),
        ({"days": "dos"}, "days"),
        ({"days": "0"}, "days"),
        ({"reason": ""}, "reason"),
    ],
)
def test_an_incident_that_cannot_be_is_told_by_its_field_and_nothing_is_lost(
    admin: SedeClient, changed: dict[str, str | None], wrong: str
) -> None:
    fields = {**FIELDS, **changed}
    page = admin.submit(admin.get(f"{LIST}/declarar"), fields, button=BUTTON, status=422)
    assert wrong in page.errors
    area = page.soup.find("textarea", attrs={"name": "services"})
    assert area is not None
    assert area.get_text(strip=True) == FIELDS["services"]
    assert "No se ha publicado ninguna" in admin.get("/incidencias-tecnicas").main


def test_long_lists_of_incidents_have_pages(admin: SedeClient) -> None:
    for number in range(26):
        fields = {**FIELDS, "title": f"Fallo número {number:02}"}
        admin.submit(admin.get(f"{LIST}/declarar"), fields, button=BUTTON)
    for path, rows in ((LIST, 25), ("/incidencias-tecnicas", 20)):
        page = admin.get(path)
        assert page.main.count("Fallo número") == rows
        page = admin.get(page.link("Siguientes"))
        assert page.main.count("Fallo número") == 26 - rows
        assert admin.get(page.link("Anteriores")).main.count("Fallo número") == rows


def test_the_incidents_are_the_administrator_s(sede: SedeClient, ana: Official) -> None:
    sede.sign_in_official(ana)
    for path in ("", "/declarar"):
        sede.get(f"{LIST}{path}", status=403)
