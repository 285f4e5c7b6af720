"""Who may do a step of an invoice: permission, the contract's responsible, four eyes, no own invoices.

The engine holds this, not the pages: whatever a model or a form says, the operation asks again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from engine.clock import madrid_date
from engine.contracts.models import Contract
from engine.errors import NotFound, Refused, RuleBroken
from engine.finance.lifecycle import Step, steps, steps_from
from engine.finance.models import Invoice, InvoiceState, InvoiceStep
from engine.operation import Act
from engine.people.models import Official
from engine.people.queries import known_permissions, load_official_actor
from engine.people.roles import permissions_of, roles
from engine.permissions import Actor, ActorKind, require

_OF_THE_RESPONSIBLE = "conform"


@dataclass(frozen=True)
class Decider:
    """The official who does a step, and the role that lets them do it; no official is the town itself."""

    official_id: UUID | None
    capacity: str


AUTOMATED = Decider(None, "system")


def decider(act: Act, invoice: Invoice, step: Step, official_id: UUID) -> Decider:
    """The official who decides a step, when they may; raises Refused or RuleBroken."""
    official = _official(act, official_id)
    capacity = _check(act, invoice, step, official)
    return Decider(official_id, capacity)


def rejecter(act: Act, invoice: Invoice, official_id: UUID) -> Decider:
    """The official who rejects, when they may do a step that the invoice waits for."""
    official = _official(act, official_id)
    rejecting = steps()["reject"].operation
    require(next((each for each in _offices(official) if each.may(rejecting)), official), rejecting)
    refusal: RuleBroken | Refused | None = None
    for step in steps_from(InvoiceState(invoice.state)):
        try:
            return Decider(official_id, _check(act, invoice, step, official))
        except (RuleBroken, Refused) as error:
            refusal = error
    raise refusal or RuleBroken("La factura ya no se puede rechazar.")


def _official(act: Act, official_id: UUID) -> Actor:
    """The official with the posts of today; a person at the keyboard decides only for themselves."""
    if act.actor.kind is ActorKind.OFFICIAL and act.actor.id != official_id:
        raise Refused("Solo puede decidir en su propio nombre.")
    try:
        return load_official_actor(act.session, official_id, madrid_date(act.now))
    except NotFound:
        raise Refused("La persona que decide no trabaja hoy en el ayuntamiento.") from None


def _check(act: Act, invoice: Invoice, step: Step, official: Actor) -> str:
    if step.key == _OF_THE_RESPONSIBLE:
        holder = _responsible(act, invoice, official)
    else:
        holder = next((each for each in _offices(official) if each.may(step.operation)), official)
    require(holder, step.operation)
    for each in (official, holder):
        _check_four_eyes(act, invoice, step, each)
        _check_interest(act, invoice, each)
    return capacity_of(holder, step.operation)


def _offices(official: Actor) -> tuple[Actor, ...]:
    """The official, then the absent ones whose office they hold today (art. 13 of Ley 40/2015)."""
    return (official, *official.stands_for)


def _responsible(act: Act, invoice: Invoice, official: Actor) -> Actor:
    """Art. 62 of Ley 9/2017: only the contract's responsible accepts what was delivered.

    Or who stands in for them: whose office it is.
    """
    contract = act.get(Contract, invoice.contract_id) if invoice.contract_id else None
    responsible = None if contract is None else contract.responsible_id
    holder = next((each for each in _offices(official) if each.id == responsible), None)
    if holder is None:
        raise Refused(
            "Solo la persona responsable del contrato puede decidir sobre la conformidad de la "
            "factura (art. 62 de la Ley 9/2017)."
        )
    return holder


def _check_four_eyes(act: Act, invoice: Invoice, step: Step, official: Actor) -> None:
    done = set(
        act.session.scalars(
            select(InvoiceStep.step).where(
                InvoiceStep.invoice_id == invoice.id,
                InvoiceStep.official_id == official.id,
            )
        )
    )
    clash = next((key for key in steps() if key in done & step.not_by), None)
    if clash is not None:
        raise RuleBroken(
            f"«{step.label}» la tiene que hacer otra persona: usted ya hizo «{steps()[clash].label}» "
            "en esta factura (separación de funciones)."
        )


def _check_interest(act: Act, invoice: Invoice, official: Actor) -> None:
    """Art. 64 of Ley 9/2017 and art. 23 of Ley 40/2015: nobody decides on their own invoice."""
    number = act.session.scalar(select(Official.document_number).where(Official.id == official.id))
    if number == invoice.issuer_nif:
        raise RuleBroken(
            "No puede decidir sobre su propia factura: debe abstenerse (art. 23 de la Ley 40/2015)."
        )


def capacity_of(official: Actor, permission: str) -> str:
    """The first role, in the order of roles.toml, that grants the permission to the official."""
    return next((key for key in _granting(roles(), permission) if key in official.roles), "")


def _granting(keys: Iterable[str], permission: str) -> Iterable[str]:
    known = known_permissions()
    return (key for key in keys if permission in permissions_of([key], known))
