"""Every change of a contract: created, amended, closed, and what invoices take of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.contracts.models import (
    ChargeState,
    Contract,
    ContractCharge,
    ContractKind,
    ContractState,
    key_of,
)
from engine.contracts.queries import taken
from engine.errors import BadInput, NotFound, RuleBroken, Stale
from engine.money import format_euros, multiply, round2
from engine.operation import Act, operation
from engine.people import operations as people
from engine.people.models import Official, Person, PersonKind, Unit
from engine.people.names import sort_key
from engine.people.queries import person_by_document

MAX_AMOUNT = Decimal("9999999999999.99")
_HUNDRED = Decimal(100)
_MAX_TEXT = 240
# The first character of the number of a natural person: a DNI's figures, an NIE, the NIF of those
# without a DNI (arts. 19 and 20 of Real Decreto 1065/2007).
_OF_INDIVIDUALS = frozenset("0123456789XYZKLM")


@dataclass(frozen=True)
class Supplier:
    """Who a contract is made with. name and surnames: asked only of who is not known to the town."""

    document_number: str
    name: str = ""
    surname1: str = ""
    surname2: str = ""

    @property
    def kind(self) -> PersonKind:
        individual = self.document_number[:1] in _OF_INDIVIDUALS
        return PersonKind.INDIVIDUAL if individual else PersonKind.COMPANY


@operation("contracts.create", basis="arts. 36 y 153 de la Ley 9/2017")
def create(
    act: Act,
    *,
    number: str,
    title: str,
    kind: ContractKind,
    supplier_id: UUID,
    responsible_id: UUID,
    unit_id: UUID,
    amount: Decimal,
    starts_on: date,
    ends_on: date,
    vat_rate: Decimal = Decimal(21),
    expediente: str = "",
    application: str = "",
) -> Contract:
    """Record a formalised contract. amount: euros without VAT; vat_rate: percent.

    Raises BadInput naming each field at fault, RuleBroken for a number already used.
    """
    contract = Contract(
        kind=kind.value,
        supplier_id=supplier_id,
        state=ContractState.ACTIVE.value,
        created_at=act.now,
    )
    values = {
        "number": number,
        "title": title,
        "responsible_id": responsible_id,
        "unit_id": unit_id,
        "amount": amount,
        "vat_rate": vat_rate,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "expediente": expediente,
        "application": application,
    }
    supplier = act.get(Person, supplier_id)
    _write(act, contract, values, supplier)
    twin = act.session.scalar(select(Contract).where(Contract.number_key == contract.number_key))
    if twin is not None:
        raise RuleBroken(f"Ya existe el contrato {twin.number}: use otro número.")
    act.session.add(contract)
    act.session.flush()
    act.about("contract", contract.id)
    act.note(**_snapshot(contract))
    return contract


@operation(
    "contracts.create_with_supplier",
    permission="contracts.create",
    basis="arts. 36 y 153 de la Ley 9/2017",
)
def create_with_supplier(
    act: Act, *, supplier: Supplier, kind: ContractKind, agreed: Mapping[str, Any]
) -> Contract:
    """Record a contract and, when the town does not know its supplier yet, the supplier.

    agreed: what else `create` takes. Raises what `create` raises, and BadInput for an unknown
    supplier without a name.
    """
    known = person_by_document(act.session, supplier.document_number)
    supplier_id = known.id if known is not None else _new_supplier(act, supplier).id
    contract = create(act, kind=kind, supplier_id=supplier_id, **agreed)
    act.about("contract", contract.id)
    act.note(new_supplier=known is None)
    return contract


def _new_supplier(act: Act, supplier: Supplier) -> Person:
    name, surname1 = _line(supplier.name), _line(supplier.surname1)
    errors = []
    if not name:
        ask = "El contratista no figura todavía en el ayuntamiento: escriba su nombre."
        errors.append(("supplier_name", ask))
    if supplier.kind is PersonKind.INDIVIDUAL and not surname1:
        ask = "El documento es de una persona física que no figura todavía: escriba su apellido."
        errors.append(("supplier_surname1", ask))
    if errors:
        raise BadInput("Revise los datos del contratista.", tuple(errors))
    return people.register_person(
        act,
        kind=supplier.kind,
        document_number=supplier.document_number,
        name=name,
        surname1=surname1,
        surname2=_line(supplier.surname2),
    )


@operation("contracts.amend", basis="arts. 203 a 207 de la Ley 9/2017")
def amend(
    act: Act, *, contract_id: UUID, version: int, reason: str, changes: Mapping[str, Any]
) -> Contract:
    """Change a contract in force: title, responsible, unit, amount, VAT, term, application.

    changes: the new values by column name; reason: the act that approved the change.
    Raises Stale when somebody changed it meanwhile, RuleBroken below what its invoices took.
    """
    text = _reason(reason)
    unknown = set(changes) - set(_AMENDABLE)
    if unknown or not changes:
        raise BadInput("No se ha indicado ningún dato del contrato que se pueda modificar.")
    contract = act.lock(Contract, contract_id)
    act.about("contract", contract.id)
    _check_active(contract)
    if contract.version != version:
        raise Stale("El contrato ha cambiado en otra ventana. Revíselo y guarde de nuevo.")
    previous = _snapshot(contract)
    current = {name: getattr(contract, name) for name in _AMENDABLE}
    _write(
        act, contract, {"number": contract.number, **current, **changes},
        act.get(Person, contract.supplier_id),
    )  # fmt: skip
    used = taken(act.session, contract.id)
    if contract.amount < used.total:
        raise RuleBroken(
            f"El importe no puede quedar por debajo de lo ya facturado ({format_euros(used.total)})."
        )
    contract.version += 1
    act.because(text)
    act.note(previous=previous, **_snapshot(contract))
    return contract


@operation("contracts.close", basis="art. 210 de la Ley 9/2017")
def close(act: Act, *, contract_id: UUID, version: int, reason: str) -> None:
    """End a contract: no more invoices are linked to it. Raises RuleBroken while one is in process."""
    text = _reason(reason)
    contract = act.lock(Contract, contract_id)
    act.about("contract", contract.id)
    _check_active(contract)
    if contract.version != version:
        raise Stale("El contrato ha cambiado en otra ventana. Revíselo antes de cerrarlo.")
    under_way = act.session.scalar(
        select(ContractCharge.id)
        .where(
            ContractCharge.contract_id == contract.id,
            ContractCharge.state == ChargeState.RESERVED.value,
        )
        .limit(1)
    )
    if under_way is not None:
        raise RuleBroken(
            "El contrato tiene facturas en trámite: reconózcalas o recházelas antes de cerrarlo."
        )
    contract.state = ContractState.CLOSED.value
    contract.closed_at = act.now
    contract.version += 1
    act.because(text)
    act.note(**_snapshot(contract))


@operation("contracts.charge", basis="art. 198 de la Ley 9/2017")
def charge(act: Act, *, contract_id: UUID, invoice_id: UUID, amount: Decimal) -> ContractCharge:
    """Keep part of the contract's amount for an invoice linked to it, in euros without VAT.

    The contract's lock makes two invoices wait for each other, so that together they cannot take
    more than there is. Raises RuleBroken when it is closed or too little is left.
    """
    contract = act.lock(Contract, contract_id)
    act.about("contract", contract.id)
    _check_active(contract)
    used = taken(act.session, contract.id)
    if amount > contract.amount - used.total:
        raise RuleBroken(
            f"El contrato {contract.number} no tiene importe bastante: quedan "
            f"{format_euros(contract.amount - used.total)} sin IVA y la factura es de "
            f"{format_euros(amount)}."
        )
    row = act.session.scalar(select(ContractCharge).where(ContractCharge.invoice_id == invoice_id))
    if row is None:
        row = ContractCharge(invoice_id=invoice_id, made_at=act.now)
        act.session.add(row)
    elif row.state != ChargeState.RELEASED:
        raise RuleBroken("La factura ya está imputada a un contrato.")
    row.contract_id, row.amount = contract_id, amount
    row.state, row.changed_at = ChargeState.RESERVED.value, act.now
    act.session.flush()
    act.note(invoice=invoice_id, amount=amount, state=row.state)
    return row


@operation("contracts.recognise_charge", basis="art. 58 del Real Decreto 500/1990")
def recognise_charge(act: Act, *, invoice_id: UUID) -> None:
    """The obligation of a linked invoice was recognised: its charge is final."""
    row = _charge_of(act, invoice_id)
    if row.state != ChargeState.RESERVED:
        raise RuleBroken("La factura no está imputada a ningún contrato o ya se reconoció.")
    row.state, row.changed_at = ChargeState.RECOGNISED.value, act.now
    act.about("contract", row.contract_id)
    act.note(invoice=invoice_id, amount=row.amount, state=row.state)


@operation("contracts.release", basis="art. 198 de la Ley 9/2017")
def release(act: Act, *, invoice_id: UUID) -> None:
    """A linked invoice was rejected: what it took goes back. Releasing it twice changes nothing."""
    row = _charge_of(act, invoice_id)
    act.about("contract", row.contract_id)
    act.note(invoice=invoice_id, amount=row.amount, previous=row.state)
    row.state, row.changed_at = ChargeState.RELEASED.value, act.now


def _charge_of(act: Act, invoice_id: UUID) -> ContractCharge:
    """The charge of an invoice, locked after its contract, as `charge` does."""
    row = act.session.scalar(select(ContractCharge).where(ContractCharge.invoice_id == invoice_id))
    if row is None:
        raise NotFound("La factura no está imputada a ningún contrato.")
    act.lock(Contract, row.contract_id)
    return act.lock(ContractCharge, row.id)


_AMENDABLE = (
    "title",
    "responsible_id",
    "unit_id",
    "amount",
    "vat_rate",
    "starts_on",
    "ends_on",
    "expediente",
    "application",
)


def _write(act: Act, contract: Contract, values: Mapping[str, Any], supplier: Person) -> None:
    """Check and set the columns; every field at fault is told."""
    number, title = _line(values["number"]), _line(values["title"])
    amount, rate = values["amount"], values["vat_rate"]
    errors = []
    if not key_of(number) or len(number) > 60:
        errors.append(("number", "Escriba el número del contrato, de 60 caracteres como mucho."))
    if not title or len(title) > _MAX_TEXT:
        errors.append(("title", f"Escriba el objeto, de {_MAX_TEXT} caracteres como mucho."))
    if not _is_money(amount) or not 0 <= amount <= MAX_AMOUNT:
        errors.append(("amount", "Escriba el importe sin IVA en euros, con dos decimales."))
    if not _is_money(rate) or not 0 <= rate <= _HUNDRED:
        errors.append(("vat_rate", "Escriba el tipo de IVA entre 0 y 100."))
    if values["ends_on"] < values["starts_on"]:
        errors.append(("ends_on", "El fin no puede ser anterior al comienzo."))
    if errors:
        raise BadInput("Revise los datos del contrato.", tuple(errors))
    official = act.get(Official, values["responsible_id"])
    if official.document_number == supplier.document_number:
        raise RuleBroken(
            "La persona responsable del contrato no puede ser el propio contratista (art. 64 de la "
            "Ley 9/2017)."
        )
    contract.number, contract.number_key, contract.title = number, key_of(number), title
    contract.responsible_id = official.id
    contract.unit_id = act.get(Unit, values["unit_id"]).id
    contract.amount, contract.vat_rate = round2(amount), rate
    contract.vat = round2(multiply(amount, rate) / _HUNDRED)
    contract.starts_on, contract.ends_on = values["starts_on"], values["ends_on"]
    contract.expediente = _line(values["expediente"])[:60]
    contract.application = _line(values["application"])[:60]
    contract.search_key = sort_key(f"{number} {title} {supplier.display_name}")


def _line(text: str) -> str:
    return " ".join(text.split())


def _is_money(value: object) -> bool:
    return isinstance(value, Decimal) and value.is_finite() and value == round2(value)


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason or len(reason) > 1000:
        raise BadInput(
            "Diga qué acto aprueba el cambio.", (("reason", "Escriba el motivo del cambio."),)
        )
    return reason


def _check_active(contract: Contract) -> None:
    if contract.state != ContractState.ACTIVE:
        raise RuleBroken(f"El contrato {contract.number} está cerrado.")


def _snapshot(contract: Contract) -> dict[str, Any]:
    """What the record keeps of a contract: no personal data."""
    return {
        "number": contract.number,
        "kind": contract.kind,
        "amount": contract.amount,
        "vat_rate": contract.vat_rate,
        "starts_on": contract.starts_on,
        "ends_on": contract.ends_on,
        "responsible": contract.responsible_id,
        "unit": contract.unit_id,
        "application": contract.application,
        "state": contract.state,
        "version": contract.version,
    }
