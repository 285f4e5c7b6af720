"""The posts that an invoice passes through, a contract, and files to upload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from factories.sede import Page, SedeClient

from engine.contracts import operations as contracts
from engine.contracts.models import Contract, ContractKind
from engine.people import operations as people
from engine.people.models import Official, PersonKind
from engine.procedures.operations import publish
from engine.procedures.package import read_folder
from engine.townhall import TownHall
from tests.engine.finance.conftest import clean

PACKAGE = Path(__file__).resolve().parents[3] / "processes" / "invoice"
POSTS = {
    "accountant": "HAC",
    "contract_manager": "URB",
    "controller": "INT",
    "mayor": "ALC",
    "councillor": "HAC",
    "treasurer": "TES",
    "auditor": "INT",
    "processor": "ESP",
}


@dataclass(frozen=True)
class Desk:
    """Officials by post, the contract, and one browser for each of them."""

    officials: dict[str, Official]
    contract: Contract
    new_sede: Callable[[], SedeClient]

    def of(self, post: str) -> SedeClient:
        sede = self.new_sede()
        sede.sign_in_official(self.officials[post])
        return sede

    def upload(
        self, data: bytes | str | None = None, *, status: int = 200, post: str = "accountant"
    ) -> Page:
        """Register a file as the accountant does, from its page."""
        sede = self.of(post)
        content = clean() if data is None else data
        raw = content.encode() if isinstance(content, str) else content
        found = sede.get("/facturas/registrar")
        return sede.submit(found, {"file": ("factura.xml", raw)}, button="Registrar", status=status)


@pytest.fixture
def desk(
    hall: TownHall,
    official_of: Callable[[str, str], Official],
    town_units: dict[str, UUID],
    new_sede: Callable[[], SedeClient],
) -> Desk:
    system = hall.system("test")
    publish(system, files=read_folder(PACKAGE))
    officials = {role: official_of(role, unit) for role, unit in POSTS.items()}
    supplier = people.register_person(
        system, kind=PersonKind.COMPANY, document_number="B28015865", name="Luces del Norte, S. L."
    )
    contract = contracts.create(
        system,
        number="2026/SER/12",
        title="Mantenimiento del alumbrado",
        kind=ContractKind.SERVICES,
        supplier_id=supplier.id,
        responsible_id=officials["contract_manager"].id,
        unit_id=town_units["URB"],
        amount=Decimal("50.00"),
        starts_on=date(2026, 1, 1),
        ends_on=date(2027, 12, 31),
    )
    return Desk(officials, contract, new_sede)
