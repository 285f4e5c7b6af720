"""Reads of contracts: one, lists, those that an invoice may belong to. Contracts are public
(art. 8.1.a of Ley 19/2013), so no read asks who the reader is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from engine.contracts.models import (
    ChargeState,
    Contract,
    ContractCharge,
    ContractKind,
    ContractState,
    key_of,
)
from engine.errors import NotFound
from engine.money import round2
from engine.people.models import Official, Person, Unit
from engine.people.names import sort_key

_ZERO = Decimal("0.00")
_MAX_ROWS = 500


@dataclass(frozen=True)
class Taken:
    """What invoices took of a contract, in euros without VAT."""

    recognised: Decimal = _ZERO
    reserved: Decimal = _ZERO

    @property
    def total(self) -> Decimal:
        return self.recognised + self.reserved


@dataclass(frozen=True)
class ContractRow:
    """A contract as pages show it; amounts in euros.

    remaining: the amount less the recognised invoices; available: also less those under way.
    """

    id: UUID
    number: str
    title: str
    kind: ContractKind
    supplier_id: UUID
    supplier_name: str
    supplier_nif: str
    responsible_id: UUID
    responsible_name: str
    unit_id: UUID
    unit_code: str
    unit_name: str
    amount: Decimal
    vat_rate: Decimal
    vat: Decimal
    starts_on: date
    ends_on: date
    state: ContractState
    expediente: str
    application: str
    recognised: Decimal
    reserved: Decimal
    version: int

    @property
    def amount_with_vat(self) -> Decimal:
        return self.amount + self.vat

    @property
    def remaining(self) -> Decimal:
        return self.amount - self.recognised

    @property
    def available(self) -> Decimal:
        return self.remaining - self.reserved

    @property
    def recognised_percent(self) -> Decimal:
        """How much of the amount was recognised, from 0 to 100."""
        return self._percent(self.recognised)

    @property
    def taken_percent(self) -> Decimal:
        """How much of the amount was recognised or is held by invoices under way, from 0 to 100."""
        return self._percent(self.recognised + self.reserved)

    def _percent(self, part: Decimal) -> Decimal:
        if self.amount <= 0:
            return _ZERO
        return min(Decimal(100), max(_ZERO, round2(part * 100 / self.amount)))

    def in_term(self, day: date) -> bool:
        """Whether the contract was in force on a day."""
        return self.starts_on <= day <= self.ends_on


@dataclass(frozen=True)
class ContractSearch:
    """What is looked for; what is None or empty is not asked. text: words of number, title, supplier."""

    text: str = ""
    state: ContractState | None = None
    kind: ContractKind | None = None
    supplier_id: UUID | None = None
    responsible_id: UUID | None = None
    unit_id: UUID | None = None


@dataclass(frozen=True)
class ContractPage:
    """A page of a list and how many there are in all."""

    rows: tuple[ContractRow, ...]
    total: int
    page: int
    size: int


def contract(session: Session, contract_id: UUID) -> ContractRow:
    """One contract; raises NotFound."""
    rows = _rows(session, Contract.id == contract_id)
    if not rows:
        raise NotFound
    return rows[0]


def contract_by_number(session: Session, number: str) -> ContractRow | None:
    """The contract with this number, however it is written."""
    rows = _rows(session, Contract.number_key == key_of(number))
    return rows[0] if rows else None


def contracts(
    session: Session, wanted: ContractSearch | None = None, *, page: int = 1, size: int = 50
) -> ContractPage:
    """The contracts that match, the newest term first."""
    wanted, page, size = wanted or ContractSearch(), max(1, page), min(max(1, size), _MAX_ROWS)
    conditions = _conditions(wanted)
    total = session.scalar(select(func.count()).select_from(Contract).where(*conditions)) or 0
    rows = _rows(session, *conditions, limit=size, offset=(page - 1) * size)
    return ContractPage(rows, total, page, size)


def candidates_for(
    session: Session, supplier_nif: str, day: date, amount: Decimal
) -> tuple[ContractRow, ...]:
    """The open contracts of a supplier, those that fit first.

    amount: the invoice's, in euros without VAT. A contract fits when it was in force on `day` and
    has that much available; the others follow, for a person to judge.
    """
    rows = _rows(
        session,
        Person.document_number == supplier_nif,
        Contract.state == ContractState.ACTIVE.value,
    )
    return tuple(sorted(rows, key=lambda row: (not fits(row, day, amount), row.number)))


def fits(row: ContractRow, day: date, amount: Decimal) -> bool:
    """Whether an invoice of that day and amount (without VAT) can belong to the contract."""
    return row.in_term(day) and amount <= row.available


def taken(session: Session, contract_id: UUID) -> Taken:
    """What invoices took of one contract."""
    return _taken(session, [contract_id]).get(contract_id, Taken())


def _conditions(wanted: ContractSearch) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        Contract.search_key.contains(word, autoescape=True)
        for word in sort_key(wanted.text).split()
    ]
    if wanted.state is not None:
        conditions.append(Contract.state == wanted.state.value)
    if wanted.kind is not None:
        conditions.append(Contract.kind == wanted.kind.value)
    for column, value in (
        (Contract.supplier_id, wanted.supplier_id),
        (Contract.responsible_id, wanted.responsible_id),
        (Contract.unit_id, wanted.unit_id),
    ):
        if value is not None:
            conditions.append(column == value)
    return conditions


def _taken(session: Session, identifiers: Iterable[UUID]) -> dict[UUID, Taken]:
    def total(state: ChargeState) -> ColumnElement[Decimal]:
        return func.coalesce(
            func.sum(case((ContractCharge.state == state.value, ContractCharge.amount))), 0
        )

    rows = session.execute(
        select(
            ContractCharge.contract_id,
            total(ChargeState.RECOGNISED),
            total(ChargeState.RESERVED),
        )
        .where(ContractCharge.contract_id.in_(tuple(identifiers)))
        .group_by(ContractCharge.contract_id)
    )
    return {contract_id: Taken(recognised, reserved) for contract_id, recognised, reserved in rows}


def _rows(
    session: Session, *conditions: ColumnElement[bool], limit: int = _MAX_ROWS, offset: int = 0
) -> tuple[ContractRow, ...]:
    found = session.execute(
        select(Contract, Person, Official.display_name, Unit)
        .join(Person, Person.id == Contract.supplier_id)
        .join(Official, Official.id == Contract.responsible_id)
        .join(Unit, Unit.id == Contract.unit_id)
        .where(*conditions)
        .order_by(Contract.starts_on.desc(), Contract.number)
        .limit(limit)
        .offset(offset)
    ).all()
    used = _taken(session, [row.id for row, *_ in found])
    return tuple(
        _row(row, person, responsible, unit, used.get(row.id, Taken()))
        for row, person, responsible, unit in found
    )


def _row(row: Contract, supplier: Person, responsible: str, unit: Unit, used: Taken) -> ContractRow:
    return ContractRow(
        id=row.id,
        number=row.number,
        title=row.title,
        kind=ContractKind(row.kind),
        supplier_id=row.supplier_id,
        supplier_name=supplier.display_name,
        supplier_nif=supplier.document_number,
        responsible_id=row.responsible_id,
        responsible_name=responsible,
        unit_id=unit.id,
        unit_code=unit.code,
        unit_name=unit.name,
        amount=row.amount,
        vat_rate=row.vat_rate,
        vat=row.vat,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        state=ContractState(row.state),
        expediente=row.expediente,
        application=row.application,
        recognised=used.recognised,
        reserved=used.reserved,
        version=row.version,
    )
