"""What the tests of documents, signing and registry share: keys of one authority, people."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from factories.town import ENTITY, NIF, TestKeys

from engine.assembly import import_rooms
from engine.people import operations as people
from engine.people.models import Official, Person, PersonKind, Unit
from engine.townhall import TownHall
from signatures.demo_authority import Authority
from signatures.keys import SigningKey

import_rooms(("documents", "signing", "registry"))


@pytest.fixture(scope="session")
def official_key(authority: Authority) -> SigningKey:
    return authority.employee(
        given="Covadonga",
        surnames=("Fueyo", "Llaneza"),
        nif="12345678Z",
        entity=ENTITY,
        entity_nif=NIF,
        unit="Alcaldía",
        post="Alcaldesa",
    )


@pytest.fixture
def root_pem(authority: Authority, tmp_path: Path) -> Path:
    path = tmp_path / "root.pem"
    path.write_bytes(authority.root.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def citizen(hall: TownHall) -> Person:
    return people.register_person(
        hall.system("test"),
        kind=PersonKind.INDIVIDUAL,
        document_number="12345678Z",
        name="Xuan",
        surname1="Suárez",
        surname2="Miranda",
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
def unit(hall: TownHall) -> Unit:
    return people.create_unit(
        hall.system("test"), code="URB", dir3="LA0000001", name="Urbanismo y Obras"
    )


@pytest.fixture
def mayor(hall: TownHall, keys: TestKeys, official_key: SigningKey) -> Official:
    official = people.register_official(
        hall.system("test"),
        code="c.fueyo",
        document_number="87654321X",
        name="Covadonga",
        surname1="Fueyo",
        surname2="Llaneza",
        title="Alcaldesa",
    )
    keys.people[official.id] = official_key
    return official
