"""The web tests' browser without a screen: `sede`, a SedeClient (tests/factories/sede.py).

    def test_a_citizen_files_a_request(sede, citizen, published):
        sede.sign_in_citizen(citizen)                    # a real session, by people.sign_in
        page = sede.get("/tramites/general-request")     # follows redirects; checked whole
        page = sede.submit(page, button="Iniciar")       # hidden fields and token come from the page
        page = sede.submit(page, {"asunto": "Farola"}, button="Guardar")
        assert page.h1 == "…" and page.errors == {}
        sede.submit(page, {"file": ("plano.pdf", data)}, button="Adjuntar")
        assert sede.get("/oficina", status=403).main

Every page that any test fetches is checked (tests/factories/pages.py): it parses strictly, says its
language, has one h1 and a title of the house's form, unique ids, a label for every control, a token
in every form that is sent, no inline style or script, nothing from elsewhere. Unlike a browser, the
client goes on past a wrong status: say the expected one with `status=`.

`sede` is a browser of its own in each test; `new_sede()` gives another one. `hall` and `run_all` come
from tests/conftest.py: `run_all()` runs the jobs that an act has left. `citizen`, `company` and
`official_of("processor", "ESP")` are people; `town_units` makes the units of the contract.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from factories.sede import SedeClient
from flask import Flask

from engine.people import operations as people
from engine.people.models import Official, Person, PersonKind, Unit
from engine.people.queries import unit_by_code
from engine.townhall import TownHall
from web.app import create_app

UNITS = {
    "ALC": "Alcaldía",
    "SEC": "Secretaría General",
    "OAR": "Oficina de Asistencia en Materia de Registros",
    "ESP": "Espacio Público y Comercio",
    "URB": "Urbanismo y Obras",
    "HAC": "Hacienda y Contabilidad",
    "INT": "Intervención",
    "TES": "Tesorería",
    "CON": "Contratación",
    "SIS": "Sistemas de Información",
}
_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


@pytest.fixture
def app(hall: TownHall) -> Flask:
    return create_app(hall, testing=True)


@pytest.fixture
def sede(app: Flask, hall: TownHall) -> SedeClient:
    """A browser that nobody has signed in with."""
    return SedeClient(app, hall)


@pytest.fixture
def new_sede(app: Flask, hall: TownHall) -> Callable[[], SedeClient]:
    """More browsers on the same town hall."""
    return lambda: SedeClient(app, hall)


@pytest.fixture
def citizen(hall: TownHall) -> Person:
    return people.register_person(
        hall.system("test"),
        kind=PersonKind.INDIVIDUAL,
        document_number="12345678Z",
        name="Xuan",
        surname1="Suárez",
        surname2="Miranda",
        email="xuan@example.org",
    )


@pytest.fixture
def company(hall: TownHall) -> Person:
    return people.register_person(
        hall.system("test"),
        kind=PersonKind.COMPANY,
        document_number="B33000001",
        name="Sidrería El Chigre, S. L.",
    )


@pytest.fixture
def town_units(hall: TownHall) -> dict[str, UUID]:
    """The units of the town hall, by code."""
    return {code: _unit(hall, code, name).id for code, name in UNITS.items()}


def _unit(hall: TownHall, code: str, name: str) -> Unit:
    number = list(UNITS).index(code) + 1
    return people.create_unit(hall.system("test"), code=code, dir3=f"LA{number:07d}", name=name)


@pytest.fixture
def official_of(hall: TownHall, town_units: dict[str, UUID]) -> Callable[[str, str], Official]:
    """`official_of(role, unit_code)`: a new official with that post."""
    made = 0

    def make(role: str, unit_code: str) -> Official:
        nonlocal made
        made += 1
        number = 20_000_000 + made
        official = people.register_official(
            hall.system("test"),
            code=f"{role}.{made}",
            document_number=f"{number}{_LETTERS[number % 23]}",
            name=f"Persona {made}",
            surname1="De",
            surname2="Prueba",
            title=role,
        )
        with hall.database.reading() as session:
            unit = unit_by_code(session, unit_code)
        people.assign_post(
            hall.system("test"),
            official_id=official.id,
            unit_id=unit.id,
            role=role,
            valid_from=date(2026, 1, 1),
        )
        return official

    return make
