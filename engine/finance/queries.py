"""Reads of the register of invoices: lists with their totals, one whole, how many in each state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from engine.clock import madrid_date
from engine.contracts.models import Contract, key_of
from engine.contracts.queries import ContractRow, candidates_for, contract
from engine.deadlines.models import Deadline, DeadlineState
from engine.documents.queries import DocumentRow, content, documents_by_id
from engine.errors import NotFound
from engine.finance.invoices.checking import MAX_FILE_BYTES
from engine.finance.invoices.facturae import read_facturae
from engine.finance.invoices.model import Invoice as InvoiceContent
from engine.finance.lifecycle import Rejection, rejections, steps, words
from engine.finance.models import Invoice, InvoiceState, InvoiceStep, Source, Verdict
from engine.people.models import Official
from engine.people.names import sort_key
from engine.people.roles import roles
from engine.permissions import Actor, ActorKind
from engine.townhall import TownHall
from engine.workflow.access import candidates as work_for
from engine.workflow.models import WorkItem, WorkState
from engine.workflow.queries import WorkItemRow, open_items
from signatures.safe_xml import parse_xml

READ = "finance.read"
"""Permission to read every invoice: those who process, control, pay and audit them."""

_MAX_ROWS = 200
_ZERO = Decimal("0.00")
_ACTIVE = (WorkState.OPEN.value, WorkState.CLAIMED.value)
_ENDED = (InvoiceState.PAID.value, InvoiceState.REJECTED.value)


@dataclass(frozen=True)
class Term:
    """The legal term that runs for an invoice: for its conformity, then for its payment."""

    rule: str
    title: str
    article: str
    due_at: datetime

    def days_left(self, now: datetime) -> int:
        """Whole days until the last one, in the town's time; negative once it is over."""
        return (madrid_date(self.due_at) - madrid_date(now)).days


@dataclass(frozen=True)
class InvoiceRow:
    """An invoice as lists show it; amounts in its currency. term: None once paid or rejected."""

    id: UUID
    code: str
    received_at: datetime
    issuer_nif: str
    issuer_name: str
    number: str
    series: str
    issued_on: date | None
    currency: str
    base: Decimal | None
    vat: Decimal | None
    withheld: Decimal | None
    total: Decimal | None
    state: InvoiceState
    contract_id: UUID | None
    contract_number: str
    expediente_id: UUID | None
    term: Term | None

    @property
    def label(self) -> str:
        """The state as people read it."""
        return words(self.state).label


@dataclass(frozen=True)
class InvoiceSearch:
    """What is looked for; what is None, empty or false is not asked.

    text: words of code, number, issuer; sha256: of their file; waiting: those with work for the
    reader; overdue: those whose term is over.
    """

    text: str = ""
    sha256: str = ""
    state: InvoiceState | None = None
    contract_id: UUID | None = None
    waiting: bool = False
    overdue: bool = False


@dataclass(frozen=True)
class InvoicePage:
    """A page of a list; `total` and `amount` (euros with VAT) are of everything that matches."""

    rows: tuple[InvoiceRow, ...]
    total: int
    amount: Decimal
    page: int
    size: int


@dataclass(frozen=True)
class FindingRow:
    """What the check said: the rule, `error`, `warning` or `info`, a sentence and the place."""

    rule: str
    severity: str
    message: str
    path: str


@dataclass(frozen=True)
class StepRow:
    """A step of the trail: which, with what outcome, by whom, as what, when and why."""

    key: str
    label: str
    outcome: str
    official_name: str
    capacity: str
    at: datetime
    reason: str | None
    state: InvoiceState
    contract_number: str
    basis: str

    @property
    def state_label(self) -> str:
        return words(self.state).label


@dataclass(frozen=True)
class InvoiceView:
    """An invoice whole. work: what is open for people in its process; candidates: the contracts of its
    supplier, those that fit first, while it has none."""

    row: InvoiceRow
    source: Source
    format_version: str
    signed: bool
    sha256: str
    position: int
    accounting_office: str
    managing_body: str
    processing_unit: str
    references: tuple[str, ...]
    verdict: Verdict
    findings: tuple[FindingRow, ...]
    rejection: Rejection | None
    rejection_reason: str | None
    steps: tuple[StepRow, ...]
    contract: ContractRow | None
    candidates: tuple[ContractRow, ...]
    work: tuple[WorkItemRow, ...]
    document: DocumentRow


def invoices(
    session: Session,
    actor: Actor,
    wanted: InvoiceSearch,
    now: datetime,
    *,
    page: int = 1,
    size: int = 50,
) -> InvoicePage:
    """The invoices that the reader may see and match, the newest first."""
    page, size = max(1, page), min(max(1, size), _MAX_ROWS)
    conditions = _conditions(wanted, actor, now)
    total, amount = session.execute(
        _joined(select(func.count(), func.coalesce(func.sum(Invoice.total), _ZERO))).where(
            *conditions
        )
    ).one()
    rows = _rows(session, *conditions, limit=size, offset=(page - 1) * size)
    return InvoicePage(rows, total, amount, page, size)


def counts(session: Session, actor: Actor) -> Mapping[InvoiceState, int]:
    """How many invoices the reader may see in each state, those with none included."""
    found = dict(
        session.execute(
            select(Invoice.state, func.count()).where(_visible(actor)).group_by(Invoice.state)
        ).all()
    )
    return {state: found.get(state.value, 0) for state in InvoiceState}


def invoice(session: Session, invoice_id: UUID, actor: Actor) -> InvoiceView:
    """One invoice whole; raises NotFound."""
    found = visible_invoice(session, invoice_id, actor)
    (row,) = _rows(session, Invoice.id == invoice_id)
    (document,) = documents_by_id(session, (found.document_id,))
    work: tuple[WorkItemRow, ...] = ()
    if found.expediente_id is not None:
        work = open_items(session, (found.expediente_id,)).get(found.expediente_id, ())
    return InvoiceView(
        row=row,
        source=Source(found.source),
        format_version=found.format_version,
        signed=found.signed,
        sha256=found.sha256,
        position=found.position,
        accounting_office=found.accounting_office,
        managing_body=found.managing_body,
        processing_unit=found.processing_unit,
        references=tuple(found.references),
        verdict=Verdict(found.verdict),
        findings=tuple(
            FindingRow(item["rule"], item["severity"], item["message"], item["path"])
            for item in found.findings
        ),
        rejection=rejections().get(found.rejection_code) if found.rejection_code else None,
        rejection_reason=found.rejection_reason,
        steps=_steps(session, invoice_id),
        contract=contract(session, found.contract_id) if found.contract_id else None,
        candidates=() if found.contract_id else contract_candidates(session, found),
        work=work,
        document=document,
    )


def visible_invoice(session: Session, invoice_id: UUID, actor: Actor) -> Invoice:
    """The row of an invoice that the actor may see; raises NotFound."""
    found = session.scalar(select(Invoice).where(Invoice.id == invoice_id, _visible(actor)))
    if found is None:
        raise NotFound
    return found


def invoice_of(session: Session, expediente_id: UUID, actor: Actor) -> Invoice | None:
    """The invoice of an expediente, when the actor may see it."""
    return session.scalar(
        select(Invoice).where(Invoice.expediente_id == expediente_id, _visible(actor))
    )


def contract_candidates(session: Session, row: Invoice) -> tuple[ContractRow, ...]:
    """The open contracts of an invoice's supplier: those that its lines name, those that fit, the rest."""
    day = row.issued_on or madrid_date(row.received_at)
    found = candidates_for(session, row.issuer_nif, day, row.base or _ZERO)
    named = contract_keys(row.references)
    return tuple(sorted(found, key=lambda item: not named & contract_keys(_numbers(item))))


def contract_keys(numbers: Iterable[str]) -> frozenset[str]:
    """Contract and expediente numbers without what people add or leave out."""
    return frozenset(key for number in numbers if (key := key_of(number)))


def invoice_content(townhall: TownHall, view: InvoiceView) -> InvoiceContent:
    """The invoice as its file writes it: lines, taxes, totals. Raises NotFound without its bytes."""
    data = content(townhall, view.document)
    root = parse_xml(data, max_bytes=MAX_FILE_BYTES, max_depth=60)
    return read_facturae(root, view.format_version).invoices[view.position - 1]


def _numbers(row: ContractRow) -> tuple[str, str]:
    return row.number, row.expediente


def _visible(actor: Actor) -> ColumnElement[bool]:
    """Deny by default: whoever may read them all, a supplier its own, nobody else any."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return true()
        case ActorKind.OFFICIAL if actor.may(READ):
            return true()
        case ActorKind.CITIZEN:
            return Invoice.person_id == actor.interested_id
        case _:
            return false()


_CONFORMITY, _PAYMENT = aliased(Deadline), aliased(Deadline)


def _joined(statement: Any) -> Any:
    return (
        statement.select_from(Invoice)
        .outerjoin(Contract, Contract.id == Invoice.contract_id)
        .outerjoin(_CONFORMITY, _CONFORMITY.id == Invoice.conformity_deadline_id)
        .outerjoin(_PAYMENT, _PAYMENT.id == Invoice.payment_deadline_id)
    )


def _conditions(wanted: InvoiceSearch, actor: Actor, now: datetime) -> list[ColumnElement[bool]]:
    conditions = [_visible(actor)]
    conditions += [
        Invoice.search_key.contains(word, autoescape=True)
        for word in sort_key(wanted.text[:200]).split()
    ]
    if wanted.state is not None:
        conditions.append(Invoice.state == wanted.state.value)
    if wanted.sha256:
        conditions.append(Invoice.sha256 == wanted.sha256)
    if wanted.contract_id is not None:
        conditions.append(Invoice.contract_id == wanted.contract_id)
    if wanted.overdue:
        due = func.coalesce(_PAYMENT.due_at, _CONFORMITY.due_at)
        conditions.append(and_(Invoice.state.not_in(_ENDED), due < now))
    if wanted.waiting:
        mine = or_(work_for(actor), WorkItem.assignee_id == actor.id)
        waiting = select(WorkItem.expediente_id).where(mine, WorkItem.state.in_(_ACTIVE))
        conditions.append(Invoice.expediente_id.in_(waiting))
    return conditions


def _rows(
    session: Session, *conditions: ColumnElement[bool], limit: int = 1, offset: int = 0
) -> tuple[InvoiceRow, ...]:
    rows = session.execute(
        _joined(select(Invoice, Contract.number, _CONFORMITY, _PAYMENT))
        .where(*conditions)
        .order_by(Invoice.received_at.desc(), Invoice.register_number.desc())
        .limit(limit)
        .offset(offset)
    )
    return tuple(
        _row(found, number, payment or conformity) for found, number, conformity, payment in rows
    )


def _row(found: Invoice, contract_number: str | None, term: Deadline | None) -> InvoiceRow:
    return InvoiceRow(
        id=found.id,
        code=found.code,
        received_at=found.received_at,
        issuer_nif=found.issuer_nif,
        issuer_name=found.issuer_name,
        number=found.number,
        series=found.series,
        issued_on=found.issued_on,
        currency=found.currency,
        base=found.base,
        vat=found.vat,
        withheld=found.withheld,
        total=found.total,
        state=InvoiceState(found.state),
        contract_id=found.contract_id,
        contract_number=contract_number or "",
        expediente_id=found.expediente_id,
        term=_term(term),
    )


def _term(found: Deadline | None) -> Term | None:
    if found is None or found.state != DeadlineState.OPEN:
        return None
    return Term(found.rule, found.title, found.article, found.due_at)


def _steps(session: Session, invoice_id: UUID) -> tuple[StepRow, ...]:
    rows = session.execute(
        select(InvoiceStep, Official.display_name, Contract.number)
        .outerjoin(Official, Official.id == InvoiceStep.official_id)
        .outerjoin(Contract, Contract.id == InvoiceStep.contract_id)
        .where(InvoiceStep.invoice_id == invoice_id)
        .order_by(InvoiceStep.position)
    )
    return tuple(
        StepRow(
            key=step.step,
            label=steps()[step.step].label,
            outcome=step.outcome,
            official_name=official or "",
            capacity=roles()[step.capacity].title if step.capacity in roles() else "",
            at=step.at,
            reason=step.reason,
            state=InvoiceState(step.state),
            contract_number=number or "",
            basis=steps()[step.step].basis,
        )
        for step, official, number in rows
    )
