"""Every step of an invoice: registered, its warnings resolved, linked, conformed, controlled, paid.

Each writes its step in the trail; data/lifecycle.toml says from which state and by whom not.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from engine.contracts import operations as contracts
from engine.contracts.models import Contract
from engine.documents.queries import DocumentRow, content, documents_by_id
from engine.errors import BadInput, RuleBroken
from engine.finance.lifecycle import rejections, steps
from engine.finance.models import Invoice, InvoiceState, Source
from engine.finance.opening import Registered, enter_file
from engine.finance.queries import visible_invoice
from engine.finance.segregation import Decider, decider, rejecter
from engine.finance.trail import PAYMENT, PROCEDURE, advance, end_term, open_term
from engine.operation import Act, operation
from engine.people.models import Person, Unit

MAX_REASON = 2000


@operation("finance.register_invoice", basis="art. 9.2 de la Ley 25/2013")
def register_invoice(
    act: Act, *, data: bytes, name: str, source: Source = Source.UPLOAD
) -> Registered:
    """Enter the invoices of a file in the register, each with its code, its bytes kept unchanged.

    An error of the check registers the invoice as rejected, with its reason; a warning of a hand
    upload waits for a person. Raises BadInput for a file that holds no invoice, RuleBroken naming the
    code of the same file when it is in the register already.
    """
    registered = enter_file(act, data, name, source)
    first = registered.invoices[0]
    act.about("invoice", first.id, first.expediente_id)
    act.note(
        source=source,
        sha256=first.sha256,
        invoices=[
            {"id": row.id, "code": row.code, "state": row.state, "verdict": row.verdict}
            for row in registered.invoices
        ],
    )
    return registered


@operation("finance.resolve_warnings", basis="art. 9.1 de la Ley 25/2013")
def resolve_warnings(
    act: Act, *, invoice_id: UUID, official_id: UUID, accept: bool, reason: str
) -> Invoice:
    """Accept an invoice in spite of its warnings, or reject it for them; both with the reason."""
    outcome = "accept" if accept else "reject"
    row, who = _take(act, invoice_id, "resolve_warnings", outcome, official_id)
    text = _reason(reason, "Diga por qué se admite o se rechaza la factura con sus avisos.")
    advance(act, row, "resolve_warnings", outcome, who, reason=text)
    if not accept:
        row.rejection_code, row.rejection_reason = "warnings", text
        _leave(act, row)
    return row


@operation("finance.link_contract", basis="art. 62 de la Ley 9/2017")
def link_contract(
    act: Act, *, invoice_id: UUID, official_id: UUID, contract_id: UUID, reason: str = ""
) -> Invoice:
    """Charge an invoice to a contract of its supplier; the contract keeps that amount for it.

    Raises RuleBroken for another supplier's contract, a closed one, or one with too little left.
    """
    row, who = _take(act, invoice_id, "link_contract", "linked", official_id)
    contract = act.get(Contract, contract_id)
    supplier = act.session.scalar(
        select(Person.document_number).where(Person.id == contract.supplier_id)
    )
    if supplier != row.issuer_nif:
        raise RuleBroken(
            f"El contrato {contract.number} no es del emisor de la factura ({row.issuer_nif}): elija "
            "otro contrato o rechácela."
        )
    if row.base is None or row.currency != "EUR":
        raise RuleBroken(
            "La factura no está en euros: no se puede imputar a un contrato. Rechácela y pida que la "
            "presenten en euros."
        )
    contracts.charge(
        act.as_system(PROCEDURE), contract_id=contract_id, invoice_id=row.id, amount=row.base
    )
    row.contract_id = contract_id
    if not row.processing_unit:
        row.processing_unit = act.get(Unit, contract.unit_id).dir3
    text = _optional(reason)
    advance(act, row, "link_contract", "linked", who, reason=text, contract_id=contract_id)
    return row


@operation("finance.conform", basis="art. 198.4 de la Ley 9/2017")
def conform(act: Act, *, invoice_id: UUID, official_id: UUID, reason: str = "") -> Invoice:
    """Accept what was delivered: the contract's responsible alone does it, and the term to pay begins."""
    row, who = _take(act, invoice_id, "conform", "conform", official_id)
    advance(act, row, "conform", "conform", who, reason=_optional(reason))
    end_term(act, row.conformity_deadline_id, met=True)
    row.payment_deadline_id = open_term(act, row, PAYMENT)
    return row


@operation("finance.control", basis="art. 214 del Real Decreto Legislativo 2/2004")
def control(
    act: Act, *, invoice_id: UUID, official_id: UUID, outcome: str, text: str = ""
) -> Invoice:
    """Prior control: favourable, with observations, or an objection that suspends (art. 216).

    Observations and objections carry their text.
    """
    row, who = _take(act, invoice_id, "control", outcome, official_id)
    written = (
        _optional(text)
        if outcome == "favourable"
        else _reason(text, "Escriba las observaciones o el reparo.")
    )
    advance(act, row, "control", outcome, who, reason=written)
    return row


@operation("finance.lift_objection", basis="art. 217 del Real Decreto Legislativo 2/2004")
def lift_objection(act: Act, *, invoice_id: UUID, official_id: UUID, reason: str) -> Invoice:
    """Resolve the discrepancy against the objection, with the reason: the payment goes on."""
    row, who = _take(act, invoice_id, "lift_objection", "lift", official_id)
    text = _reason(reason, "Motive por qué se levanta el reparo.")
    advance(act, row, "lift_objection", "lift", who, reason=text)
    return row


@operation("finance.recognise", basis="arts. 58 y 60 del Real Decreto 500/1990")
def recognise(act: Act, *, invoice_id: UUID, official_id: UUID, reason: str = "") -> Invoice:
    """Recognise the obligation: what the invoice took of its contract is final."""
    row, who = _take(act, invoice_id, "recognise", "recognise", official_id)
    contracts.recognise_charge(act.as_system(PROCEDURE), invoice_id=row.id)
    advance(act, row, "recognise", "recognise", who, reason=_optional(reason))
    return row


@operation("finance.order_payment", basis="art. 61 del Real Decreto 500/1990")
def order_payment(act: Act, *, invoice_id: UUID, official_id: UUID, reason: str = "") -> Invoice:
    """Order the treasury to pay."""
    row, who = _take(act, invoice_id, "order_payment", "order", official_id)
    advance(act, row, "order_payment", "order", who, reason=_optional(reason))
    return row


@operation("finance.pay", basis="art. 198.4 de la Ley 9/2017")
def pay(act: Act, *, invoice_id: UUID, official_id: UUID, reference: str) -> Invoice:
    """Record the payment; reference: of the transfer, as the bank gives it."""
    row, who = _take(act, invoice_id, "pay", "paid", official_id)
    text = _reason(reference, "Escriba la referencia de la transferencia.")
    advance(act, row, "pay", "paid", who, reason=text)
    end_term(act, row.payment_deadline_id, met=True)
    return row


@operation("finance.reject", basis="art. 9.3 de la Ley 25/2013")
def reject(act: Act, *, invoice_id: UUID, official_id: UUID, code: str, reason: str) -> Invoice:
    """Reject an invoice instead of the step that it waits for, by who may do that step.

    code: of data/rejections.toml. What it took of its contract goes back. Raises BadInput for an
    unknown code or no text, Refused or RuleBroken for who may not.
    """
    row = act.lock(Invoice, invoice_id)
    act.about("invoice", row.id, row.expediente_id)
    steps()["reject"].outcome(InvoiceState(row.state), "reject")
    who = rejecter(act, row, official_id)
    known = rejections().get(code)
    if known is None or known.automatic:
        raise BadInput(
            "Elija el motivo del rechazo.", (("code", "Elija uno de los motivos de rechazo."),)
        )
    text = _reason(reason, "Explique al proveedor por qué se rechaza.")
    advance(act, row, "reject", "reject", who, reason=text)
    row.rejection_code, row.rejection_reason = code, text
    act.note(rejection=code)
    _leave(act, row)
    return row


@operation("finance.read_original", permission="finance.read", basis="art. 10 de la Ley 25/2013")
def read_original(act: Act, *, invoice_id: UUID) -> tuple[DocumentRow, bytes]:
    """Open the file of an invoice as it came; the access is recorded. Raises NotFound."""
    act.about("invoice", invoice_id)
    row = visible_invoice(act.session, invoice_id, act.actor)
    act.about("invoice", row.id, row.expediente_id)
    act.note(sha256=row.sha256)
    (document,) = documents_by_id(act.session, (row.document_id,))
    return document, content(act.townhall, document)


def _take(
    act: Act, invoice_id: UUID, key: str, outcome: str, official_id: UUID
) -> tuple[Invoice, Decider]:
    """The invoice, locked, and who decides, when the step is for its state and they may do it."""
    row = act.lock(Invoice, invoice_id)
    act.about("invoice", row.id, row.expediente_id)
    step = steps()[key]
    step.outcome(InvoiceState(row.state), outcome)
    return row, decider(act, row, step, official_id)


def _leave(act: Act, row: Invoice) -> None:
    """Give back what a rejected invoice held: its contract's amount, its terms."""
    if row.contract_id is not None:
        contracts.release(act.as_system(PROCEDURE), invoice_id=row.id)
    end_term(act, row.conformity_deadline_id, met=False)
    end_term(act, row.payment_deadline_id, met=False)


def _reason(text: str, ask: str) -> str:
    found = _optional(text)
    if found is None:
        raise BadInput(ask, (("reason", ask),))
    return found


def _optional(text: str) -> str | None:
    """A text as it is kept, None for nothing; raises BadInput for one that is too long."""
    found = text.strip()
    if len(found) > MAX_REASON:
        ask = f"Escriba {MAX_REASON} caracteres como mucho."
        raise BadInput(ask, (("reason", ask),))
    return found or None
