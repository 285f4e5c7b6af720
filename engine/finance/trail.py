"""The trail of an invoice: each step written as it is done, its terms, and who may not go on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.contracts.models import Contract
from engine.deadlines.calendars import NoCalendarForYear
from engine.deadlines.models import DeadlineState
from engine.deadlines.operations import end_deadline, open_deadline
from engine.finance.lifecycle import steps, steps_from
from engine.finance.models import Invoice, InvoiceState, InvoiceStep
from engine.finance.segregation import Decider
from engine.operation import Act
from engine.people.models import Official

PROCEDURE = "invoice"
CONFORMITY, PAYMENT = "invoice_conformity", "invoice_payment"


def begin(act: Act, row: Invoice, outcome: str, decider: Decider) -> None:
    """Write the first step of an invoice, its registration."""
    row.state = steps()["register"].outcomes[outcome].value
    act.session.add(row)
    act.session.flush()
    _write(act, row, "register", outcome, decider, previous=None, reason=row.rejection_reason)


def advance(
    act: Act,
    row: Invoice,
    key: str,
    outcome: str,
    decider: Decider,
    *,
    reason: str | None = None,
    contract_id: UUID | None = None,
) -> None:
    """Take a locked invoice to the state that a step's outcome gives, and write the step."""
    previous = row.state
    row.state = steps()[key].outcome(InvoiceState(previous), outcome).value
    row.version += 1
    _write(act, row, key, outcome, decider, previous, reason, contract_id)
    act.about("invoice", row.id, row.expediente_id)
    act.because(reason)
    act.note(
        code=row.code,
        step=key,
        outcome=outcome,
        previous_state=previous,
        state=row.state,
        official=decider.official_id,
        capacity=decider.capacity,
        contract=contract_id,
    )


def _write(
    act: Act,
    row: Invoice,
    key: str,
    outcome: str,
    decider: Decider,
    previous: str | None,
    reason: str | None = None,
    contract_id: UUID | None = None,
) -> None:
    done = act.session.scalar(
        select(func.count()).select_from(InvoiceStep).where(InvoiceStep.invoice_id == row.id)
    )
    act.session.add(
        InvoiceStep(
            invoice_id=row.id,
            position=(done or 0) + 1,
            step=key,
            outcome=outcome,
            official_id=decider.official_id,
            capacity=decider.capacity,
            at=act.now,
            reason=reason,
            previous_state=previous,
            state=row.state,
            contract_id=contract_id,
        )
    )
    act.session.flush()


def open_term(act: Act, row: Invoice, rule: str) -> UUID | None:
    """Begin one of the invoice's legal terms now; None while the calendar of its year is not there."""
    try:
        term = open_deadline(
            act.as_system(PROCEDURE),
            rule=rule,
            starts_at=act.now,
            expediente_id=row.expediente_id,
            person_id=row.person_id,
        )
    except NoCalendarForYear:
        return None
    return term.id


def end_term(act: Act, deadline_id: UUID | None, *, met: bool) -> None:
    """End a term, if it runs: by what was done now, or cancelled when not `met`."""
    if deadline_id is None:
        return
    state = DeadlineState.MET if met else DeadlineState.CANCELLED
    end_deadline(act.as_system(PROCEDURE), deadline_id=deadline_id, state=state)


def progress(session: Session, row: Invoice) -> dict[str, Any]:
    """How an invoice stands, as its process needs it.

    state; responsible: the contract's official, if it has a contract; excluded: the officials who
    may not do the step that it waits for.
    """
    responsible = None
    if row.contract_id is not None:
        responsible = session.scalar(
            select(Contract.responsible_id).where(Contract.id == row.contract_id)
        )
    return {
        "state": row.state,
        "responsible": None if responsible is None else str(responsible),
        "excluded": _excluded(session, row),
    }


def _excluded(session: Session, row: Invoice) -> list[str]:
    """Who did a step whose author may not do the next one, and whoever issued the invoice."""
    forbidden = {key for step in steps_from(InvoiceState(row.state)) for key in step.not_by}
    authors = session.scalars(
        select(InvoiceStep.official_id)
        .where(
            InvoiceStep.invoice_id == row.id,
            InvoiceStep.step.in_(forbidden),
            InvoiceStep.official_id.is_not(None),
        )
        .distinct()
    )
    issuer = session.scalars(select(Official.id).where(Official.document_number == row.issuer_nif))
    return sorted({str(official) for official in (*authors, *issuer)})
