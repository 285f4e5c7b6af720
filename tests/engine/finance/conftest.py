"""Officials of each post, a contract with its supplier, invoices to register and to take to their end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.assembly import import_rooms
from engine.contracts import operations as contracts
from engine.contracts.models import Contract, ContractKind
from engine.contracts.queries import taken
from engine.expedientes.models import Expediente
from engine.finance import operations, queries
from engine.finance.models import Invoice
from engine.people import operations as people
from engine.people.models import Person, PersonKind
from engine.people.queries import load_official_actor
from engine.permissions import Actor
from engine.procedures.operations import publish
from engine.procedures.package import read_folder
from engine.townhall import Call, TownHall
from engine.workflow import operations as workflow
from engine.workflow import queries as work
from tests.engine.finance.invoices.conftest import facturae

import_rooms()

TODAY = date(2026, 11, 24)
PACKAGE = Path(__file__).resolve().parents[3] / "processes" / "invoice"
SUPPLIER = "B28015865"
UNITS = {
    "ALC": "LA0000001",
    "HAC": "LA0000002",
    "URB": "LA0000003",
    "INT": "LA0000004",
    "TES": "LA0000005",
}
# Who does what: the post of each official of these tests, and the unit where they hold it.
POSTS = {
    "accountant": ("HAC", "12345678Z"),
    "clerk": ("HAC", "87654321X"),
    "contract_manager": ("URB", "00000001R"),
    "controller": ("INT", "11111111H"),
    "mayor": ("ALC", "22222222J"),
    "councillor": ("HAC", "33333333P"),
    "treasurer": ("TES", "44444444A"),
    "auditor": ("INT", "55555555K"),
}
ROLE_OF = {"clerk": "accountant"}


@dataclass(frozen=True)
class House:
    """The town hall of these tests: its officials by post, the supplier and its contract."""

    hall: TownHall
    officials: Mapping[str, UUID]
    units: Mapping[str, UUID]
    supplier: Person
    contract: Contract

    def actor(self, post: str) -> Actor:
        return self.actor_of(self.officials[post])

    def actor_of(self, official_id: UUID) -> Actor:
        with self.hall.database.reading() as session:
            return load_official_actor(session, official_id, TODAY)

    def call(self, post: str) -> Call:
        return self.hall.call(self.actor(post))

    def register(self, text: str | None = None, post: str = "accountant") -> Invoice:
        """Register a file of one invoice."""
        data = (text or facturae()).encode()
        result = operations.register_invoice(self.call(post), data=data, name="factura.xml")
        (row,) = result.invoices
        return row

    def row(self, invoice_id: UUID) -> Invoice:
        with self.hall.database.reading() as session:
            return queries.visible_invoice(session, invoice_id, self.hall.system("test").actor)

    def view(self, invoice_id: UUID, post: str = "accountant") -> queries.InvoiceView:
        with self.hall.database.reading() as session:
            return queries.invoice(session, invoice_id, self.actor(post))

    def balance(self) -> tuple[Decimal, Decimal]:
        """What invoices recognised and what they hold of the contract."""
        with self.hall.database.reading() as session:
            used = taken(session, self.contract.id)
        return used.recognised, used.reserved

    def outcome(self, invoice_id: UUID) -> tuple[str, str | None]:
        """How the invoice's expediente stands, and how it ended."""
        expediente_id = self.row(invoice_id).expediente_id
        with self.hall.database.reading() as session:
            found = session.scalar(select(Expediente).where(Expediente.id == expediente_id))
        assert found is not None
        return found.state, found.outcome

    def act(self, post: str, step: str, invoice_id: UUID, **given: Any) -> Invoice:
        """A step done straight by the official of a post."""
        official_id = self.officials[post]
        done: Invoice = getattr(operations, step)(
            self.call(post), invoice_id=invoice_id, official_id=official_id, **given
        )
        return done

    def decide(self, post: str, invoice_id: UUID, **data: Any) -> None:
        """Take the work item that the invoice's process has for a post, and complete it."""
        caller = self.call(post)
        (item,) = self.work(post, invoice_id)
        if item.assignee_id is None:
            workflow.claim(
                caller, work_item_id=item.id, version=item.version, reason="Orden de la jefatura"
            )
            (item,) = self.work(post, invoice_id)
        workflow.complete(caller, work_item_id=item.id, data=data, version=item.version)

    def work(self, post: str, invoice_id: UUID) -> Sequence[work.WorkItemRow]:
        """The work items of an invoice that the official of a post may do."""
        expediente_id = self.row(invoice_id).expediente_id
        with self.hall.database.reading() as session:
            rows = work.inbox(session, self.actor(post), work.Inbox.ALL)
        return [row for row in rows if row.expediente_id == expediente_id]


@pytest.fixture
def house(hall: TownHall) -> House:
    system = hall.system("test")
    publish(system, files=read_folder(PACKAGE))
    units = {
        code: people.create_unit(system, code=code, dir3=dir3, name=f"Unidad {code}").id
        for code, dir3 in UNITS.items()
    }
    officials = {}
    for post, (unit, document) in POSTS.items():
        officials[post] = people.register_official(
            system,
            code=post,
            document_number=document,
            name=post.capitalize(),
            surname1="Prida",
            surname2="Cueto",
            title=post,
        ).id
        people.assign_post(
            system,
            official_id=officials[post],
            unit_id=units[unit],
            role=ROLE_OF.get(post, post),
            valid_from=TODAY,
        )
    supplier = people.register_person(
        system, kind=PersonKind.COMPANY, document_number=SUPPLIER, name="Luces del Norte, S. L."
    )
    contract = contracts.create(
        system,
        number="2026/SER/12",
        title="Mantenimiento del alumbrado",
        kind=ContractKind.SERVICES,
        supplier_id=supplier.id,
        responsible_id=officials["contract_manager"],
        unit_id=units["URB"],
        amount=Decimal("50.00"),
        starts_on=date(2026, 1, 1),
        ends_on=date(2027, 12, 31),
    )
    return House(hall, officials, units, supplier, contract)


def clean(number: str = "17", lines: tuple[tuple[str, str], ...] = (("2", "10.50"),)) -> str:
    """An invoice without findings."""
    text = facturae(lines=lines).replace("<InvoiceNumber>17<", f"<InvoiceNumber>{number}<")
    mark = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'
    return text.replace("</fe:Facturae>", f"{mark}</fe:Facturae>")
