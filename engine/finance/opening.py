"""From the bytes of a file to invoices in the register, each with its document and its expediente."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from engine.documents.codes import DocumentKind, Origin
from engine.documents.operations import add_document
from engine.errors import BadInput, RuleBroken
from engine.expedientes.operations import open_ex_officio
from engine.finance import models
from engine.finance.invoices.checking import (
    Buyer,
    InvoiceFileReport,
    check_invoice_file,
    one_against_register,
    require_readable,
)
from engine.finance.invoices.findings import Channel
from engine.finance.lookups import RegisterLookups
from engine.finance.models import InvoiceState, Source
from engine.finance.numbering import Register
from engine.finance.registration import findings_of, invoice_row, register_outcome, title_of
from engine.finance.segregation import AUTOMATED, Decider, capacity_of
from engine.finance.trail import CONFORMITY, PROCEDURE, begin, open_term, progress
from engine.operation import Act
from engine.people.models import Person
from engine.permissions import ActorKind

MEDIA_TYPE = "application/xml"


@dataclass(frozen=True)
class Registered:
    """The invoices of a file as they stand in the register, and what its check said."""

    invoices: tuple[models.Invoice, ...]
    report: InvoiceFileReport

    @property
    def rejected(self) -> tuple[models.Invoice, ...]:
        """Those that an error of the check kept out."""
        return tuple(row for row in self.invoices if row.state == InvoiceState.REJECTED)


def enter_file(act: Act, data: bytes, name: str, source: Source) -> Registered:
    """Check a file and register its invoices, in its order; raises BadInput, RuleBroken."""
    report = _checked(act, data, source)
    sha256 = hashlib.sha256(data).hexdigest()
    register = Register(act)
    _refuse_twice(act, sha256)
    town = act.settings.town
    lookups = RegisterLookups(act.session, frozenset({town.dir3, town.office_dir3}))
    rows = []
    for position in range(1, len(report.invoices) + 1):
        report = one_against_register(report, position, Channel(source.value), lookups)
        row = invoice_row(
            report, position, place=register.next_place(), source=source, sha256=sha256
        )
        _enter(act, row, data, name, outcome=_outcome(report, position, source))
        rows.append(row)
    return Registered(tuple(rows), report)


def _checked(act: Act, data: bytes, source: Source) -> InvoiceFileReport:
    """The report of a file that holds invoices; what holds none is not registered."""
    town = act.settings.town
    report = check_invoice_file(
        data, channel=Channel(source.value), now=act.now, buyer=Buyer(town.nif, town.name)
    )
    require_readable(report)
    if not report.invoices:
        reasons = " ".join(f"[{item.rule}] {item.message}" for item in report.findings)
        raise BadInput(f"El fichero no trae ninguna factura. {reasons}")
    return report


def _refuse_twice(act: Act, sha256: str) -> None:
    """The same bytes cannot be live in the register twice; the register is locked."""
    twin = act.session.scalar(
        select(models.Invoice)
        .where(models.Invoice.sha256 == sha256, models.Invoice.state != InvoiceState.REJECTED.value)
        .order_by(models.Invoice.received_at)
        .limit(1)
    )
    if twin is not None:
        raise RuleBroken(
            f"Este mismo fichero ya está registrado con el código {twin.code}: no hace falta que lo "
            "suba otra vez."
        )


def _outcome(report: InvoiceFileReport, position: int, source: Source) -> str:
    return register_outcome(findings_of(report, report.invoices[position - 1]), source)


def _enter(act: Act, row: models.Invoice, data: bytes, name: str, outcome: str) -> None:
    """Write the invoice, keep its bytes as they came and, unless rejected, open its expediente."""
    decider = _registrar(act)
    row.received_by = decider.official_id
    row.person_id = act.session.scalar(
        select(Person.id).where(Person.document_number == row.issuer_nif)
    )
    system = act.as_system(PROCEDURE)
    row.document_id = add_document(
        system,
        title=title_of(row),
        kind=DocumentKind.INVOICE,
        origin=Origin.CITIZEN,
        media_type=MEDIA_TYPE,
        name=name,
        data=data,
        person_id=row.person_id,
    ).id
    begin(act, row, outcome, decider)
    if row.state == InvoiceState.REJECTED:
        return
    row.expediente_id = _open(system, row, (row.document_id,))
    row.conformity_deadline_id = open_term(act, row, CONFORMITY)
    act.session.flush()


def _registrar(act: Act) -> Decider:
    """Who registers: the official at the keyboard, or the town itself for what comes by itself."""
    if act.actor.kind is not ActorKind.OFFICIAL:
        return AUTOMATED
    return Decider(act.actor.id, capacity_of(act.actor, "finance.register_invoice"))


def _open(system: Act, row: models.Invoice, documents: Sequence[UUID]) -> UUID:
    expediente = open_ex_officio(
        system,
        procedure_key=PROCEDURE,
        title=title_of(row),
        data={
            "invoice": {
                "id": str(row.id),
                "code": row.code,
                "issuer": row.issuer_name,
                "base": row.base,
                "total": row.total,
            },
            "progress": progress(system.session, row),
        },
        person_id=row.person_id,
        documents=documents,
    )
    return expediente.id
