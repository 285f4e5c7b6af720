"""Officials with posts, for the tests of running processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest

from engine.people import operations as people
from engine.people.models import PersonKind
from engine.people.queries import load_citizen_actor, load_official_actor
from engine.permissions import Actor
from engine.townhall import Call, TownHall

TODAY = date(2026, 11, 24)
DOCUMENTS = ("12345678Z", "87654321X", "00000001R")


@dataclass(frozen=True)
class Staff:
    """Two processors of one unit, one of another, and a citizen."""

    unit_id: UUID
    first: Actor
    second: Actor
    other: Actor
    citizen: Actor

    def call(self, hall: TownHall, actor: Actor) -> Call:
        return hall.call(actor)


@pytest.fixture
def staff(townhall: TownHall) -> Staff:
    system = townhall.system("test")
    units = [
        people.create_unit(system, code=code, dir3=f"LA000000{number}", name=name).id
        for number, (code, name) in enumerate((("URB", "Urbanismo"), ("REN", "Rentas")))
    ]
    officials = []
    for number, unit in enumerate((0, 0, 1)):
        official = people.register_official(
            system,
            code=f"official.{number}",
            document_number=DOCUMENTS[number],
            name=("Nel", "Llara", "Xurde")[number],
            surname1="Prida",
            surname2="Cueto",
            title="Administrativo",
        )
        people.assign_post(
            system,
            official_id=official.id,
            unit_id=units[unit],
            role="processor",
            valid_from=TODAY,
        )
        officials.append(official.id)
    person = people.register_person(
        system,
        kind=PersonKind.INDIVIDUAL,
        document_number="11111111H",
        name="Xuan",
        surname1="Suárez",
    )
    with townhall.database.reading() as session:
        actors = [load_official_actor(session, identifier, TODAY) for identifier in officials]
        citizen = load_citizen_actor(session, person.id, TODAY)
    return Staff(units[0], actors[0], actors[1], actors[2], citizen)
