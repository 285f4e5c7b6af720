"""What the tests of documents, signing and registry share: keys of one authority, people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from factories.town import ENTITY, NIF, TestKeys

from engine.assembly import import_rooms
from engine.people import operations as people
from engine.people.models import Official, Person, PersonKind, Unit
from engine.townhall import TownHall
from engine.worker import drain
from signatures.demo_authority import Authority, make_authority
from signatures.keys import SigningKey
from signatures.time_stamps import TimeStampAuthority

import_rooms(("documents", "signing", "registry"))


@pytest.fixture(scope="session")
def authority() -> Authority:
    return make_authority(datetime.now(UTC))


@pytest.fixture(scope="session")
def organ_key(authority: Authority) -> SigningKey:
    return authority.seal(organ="Alcaldía", entity=ENTITY, nif=NIF)


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
def keys(authority: Authority, organ_key: SigningKey) -> TestKeys:
    stamps = TimeStampAuthority(authority.time_stamping(entity=ENTITY), lambda: datetime.now(UTC))
    crl = authority.revocation_list(datetime.now(UTC))
    return TestKeys(authority, organ_key, stamps=stamps, crl=crl)


@pytest.fixture
def root_pem(authority: Authority, tmp_path: Path) -> Path:
    path = tmp_path / "root.pem"
    path.write_bytes(authority.root.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def hall(townhall: TownHall, keys: TestKeys) -> TownHall:
    """The town hall with keys of its own."""
    townhall.parts["keys"] = keys
    return townhall


@pytest.fixture
def run_all(hall: TownHall) -> Callable[[], int]:
    """Run every job and duty until nothing is left."""
    return lambda: drain(hall)


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
