"""Tables of contracts: the contract, and what each invoice takes of its amount."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of, refers

PERCENTAGE = Numeric(5, 2)


class ContractKind(StrEnum):
    """The kinds of arts. 12 to 18 of Ley 9/2017, and the minor contracts of art. 118."""

    WORKS = "works"
    SERVICES = "services"
    SUPPLIES = "supplies"
    CONCESSION = "concession"
    MIXED = "mixed"
    MINOR_WORKS = "minor_works"
    MINOR_SERVICES = "minor_services"
    MINOR_SUPPLIES = "minor_supplies"

    @property
    def label(self) -> str:
        """The kind as people read it."""
        return _KINDS[self]


_KINDS = {
    ContractKind.WORKS: "Obras",
    ContractKind.SERVICES: "Servicios",
    ContractKind.SUPPLIES: "Suministros",
    ContractKind.CONCESSION: "Concesión",
    ContractKind.MIXED: "Mixto",
    ContractKind.MINOR_WORKS: "Contrato menor de obras",
    ContractKind.MINOR_SERVICES: "Contrato menor de servicios",
    ContractKind.MINOR_SUPPLIES: "Contrato menor de suministros",
}


class ContractState(StrEnum):
    """A closed contract takes no more invoices."""

    ACTIVE = "active"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The state as people read it."""
        return "Vigente" if self is ContractState.ACTIVE else "Cerrado"


class ChargeState(StrEnum):
    """reserved: an invoice was linked; recognised: its obligation was; released: it was rejected."""

    RESERVED = "reserved"
    RECOGNISED = "recognised"
    RELEASED = "released"


class Contract(EntityRow, Base):
    """A contract of the town hall with a supplier.

    amount: euros without VAT; vat: euros of VAT; vat_rate: percent;
    responsible_id: the official of art. 62 of Ley 9/2017, who alone gives conformity to its invoices;
    expediente: the number of the contracting expediente; application: of the budget;
    number_key: the number without signs or spaces, since invoices write it as they like;
    search_key: number, title and supplier in capitals without accents.
    """

    __tablename__ = "contract"
    number: Mapped[str]
    number_key: Mapped[str]
    title: Mapped[str]
    kind: Mapped[str]
    supplier_id: Mapped[UUID]
    responsible_id: Mapped[UUID]
    unit_id: Mapped[UUID]
    amount: Mapped[Decimal]
    vat_rate: Mapped[Decimal] = mapped_column(PERCENTAGE)
    vat: Mapped[Decimal]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[str]
    expediente: Mapped[str] = mapped_column(default="")
    application: Mapped[str] = mapped_column(default="")
    search_key: Mapped[str]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("entity_id", "number_key"),
        Index(None, "entity_id", "supplier_id", "state"),
        Index(None, "entity_id", "responsible_id"),
        refers("supplier_id", "person"),
        refers("responsible_id", "official"),
        refers("unit_id", "unit"),
        one_of("kind", ContractKind, "kind"),
        one_of("state", ContractState, "state"),
        CheckConstraint("ends_on >= starts_on", name="term"),
        CheckConstraint("amount >= 0", name="amount"),
    )


class ContractCharge(EntityRow, Base):
    """What an invoice takes of a contract's amount, in euros without VAT (negative for a credit note).

    invoice_id: one charge stands for each invoice; the room of finance, which is below, owns it.
    """

    __tablename__ = "contract_charge"
    contract_id: Mapped[UUID]
    invoice_id: Mapped[UUID]
    amount: Mapped[Decimal]
    state: Mapped[str]
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("entity_id", "invoice_id"),
        Index(None, "entity_id", "contract_id", "state"),
        refers("contract_id", "contract"),
        one_of("state", ChargeState, "state"),
    )


def key_of(text: str) -> str:
    """A contract or expediente number without what people add or leave out: case, signs, spaces."""
    return "".join(char for char in text.upper() if char.isalnum())
