"""What the process of an invoice asks of finance: `finance/<step>`, each decided by a person.

The person is who completed the instance's latest work item, whatever the model says: a model cannot
decide in the name of somebody who was not there. Each answers how the invoice stands (trail.progress).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import BadInput, Refused
from engine.expedientes.choices import choice_source
from engine.finance import operations
from engine.finance.lifecycle import steps
from engine.finance.models import Invoice
from engine.finance.queries import contract_candidates, invoice_of
from engine.finance.trail import progress
from engine.ids import parse_id
from engine.money import format_euros
from engine.operation import Act
from engine.permissions import Actor
from engine.services import InstanceView, service
from engine.workflow.models import WorkItem, WorkState
from forms.definition import Option

REJECT = "reject"


@dataclass(frozen=True)
class Decision:
    """What an official decided in a form. choice: an outcome of the step, or `reject` with its code."""

    invoice_id: UUID
    official_id: UUID
    choice: str
    reason: str
    code: str
    contract: str
    payment_reference: str


Decide = Callable[[Act, Decision], Invoice]


def _resolve_warnings(act: Act, said: Decision) -> Invoice:
    return operations.resolve_warnings(
        act,
        invoice_id=said.invoice_id,
        official_id=said.official_id,
        accept=said.choice == "accept",
        reason=said.reason,
    )


def _link_contract(act: Act, said: Decision) -> Invoice:
    contract_id = parse_id(said.contract)
    if contract_id is None:
        ask = "Elija el contrato de la factura."
        raise BadInput(ask, (("contract", ask),))
    return operations.link_contract(
        act,
        invoice_id=said.invoice_id,
        official_id=said.official_id,
        contract_id=contract_id,
        reason=said.reason,
    )


def _conform(act: Act, said: Decision) -> Invoice:
    return operations.conform(
        act, invoice_id=said.invoice_id, official_id=said.official_id, reason=said.reason
    )


def _control(act: Act, said: Decision) -> Invoice:
    return operations.control(
        act,
        invoice_id=said.invoice_id,
        official_id=said.official_id,
        outcome=said.choice,
        text=said.reason,
    )


def _lift_objection(act: Act, said: Decision) -> Invoice:
    return operations.lift_objection(
        act, invoice_id=said.invoice_id, official_id=said.official_id, reason=said.reason
    )


def _recognise(act: Act, said: Decision) -> Invoice:
    return operations.recognise(
        act, invoice_id=said.invoice_id, official_id=said.official_id, reason=said.reason
    )


def _order_payment(act: Act, said: Decision) -> Invoice:
    return operations.order_payment(
        act, invoice_id=said.invoice_id, official_id=said.official_id, reason=said.reason
    )


def _pay(act: Act, said: Decision) -> Invoice:
    return operations.pay(
        act,
        invoice_id=said.invoice_id,
        official_id=said.official_id,
        reference=said.payment_reference,
    )


def _offer(key: str, decide: Decide) -> None:
    """Register the service of a step: its outcome, or the rejection of the invoice."""

    @service(f"finance/{key}")
    def decided(
        act: Act,
        instance: InstanceView,
        *,
        invoice_id: str,
        official_id: str,
        decision: str,
        reason: str | None = None,
        code: str | None = None,
        contract: str | None = None,
        payment_reference: str | None = None,
    ) -> dict[str, Any]:
        said = Decision(
            invoice_id=UUID(invoice_id),
            official_id=_at_the_keyboard(act, instance, official_id),
            choice=decision,
            reason=reason or "",
            code=code or "",
            contract=contract or "",
            payment_reference=payment_reference or "",
        )
        return progress(act.session, _decide(act, key, said, decide))


def _decide(act: Act, key: str, said: Decision, decide: Decide) -> Invoice:
    if said.choice in steps()[key].outcomes:
        return decide(act, said)
    if said.choice == REJECT:
        return operations.reject(
            act,
            invoice_id=said.invoice_id,
            official_id=said.official_id,
            code=said.code,
            reason=said.reason,
        )
    ask = "Elija una de las opciones."
    raise BadInput(ask, (("decision", ask),))


def _at_the_keyboard(act: Act, instance: InstanceView, official_id: str) -> UUID:
    """The official whom the model names, when it is who completed the latest work item."""
    latest = act.session.scalar(
        select(WorkItem.completed_by)
        .where(WorkItem.instance_id == instance.id, WorkItem.state == WorkState.DONE.value)
        .order_by(WorkItem.completed_at.desc(), WorkItem.created_at.desc(), WorkItem.id.desc())
        .limit(1)
    )
    if latest is None or str(latest) != official_id:
        raise Refused("Nadie puede decidir en nombre de otra persona.")
    return latest


for _key, _run in {
    "resolve_warnings": _resolve_warnings,
    "link_contract": _link_contract,
    "conform": _conform,
    "control": _control,
    "lift_objection": _lift_objection,
    "recognise": _recognise,
    "order_payment": _order_payment,
    "pay": _pay,
}.items():
    _offer(_key, _run)


@choice_source("finance/contracts")
def contract_options(
    session: Session, actor: Actor, expediente_id: UUID | None
) -> Sequence[Option]:
    """The open contracts of the supplier of an expediente's invoice, those that fit first."""
    row = None if expediente_id is None else invoice_of(session, expediente_id, actor)
    if row is None:
        return ()
    return tuple(
        Option(
            str(found.id),
            f"{found.number} · {found.title} (quedan {format_euros(found.available)} sin IVA)",
        )
        for found in contract_candidates(session, row)
    )
