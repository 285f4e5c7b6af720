"""Conformity when the contract's responsible is away, or is somebody else by then."""

from __future__ import annotations

from uuid import UUID

import pytest

from engine.contracts import operations as contracts
from engine.errors import NotFound, Refused
from engine.finance import operations
from engine.finance.models import InvoiceState
from engine.people import operations as people
from engine.people.absences.models import AbsenceKind
from engine.people.absences.operations import end_absence, record_absence
from engine.workflow.operations import complete
from engine.workflow.work_items import operations as work
from tests.engine.finance.conftest import TODAY, House, clean


@pytest.fixture
def waiting(house: House) -> UUID:
    """An invoice whose conformity the contract's responsible is asked for."""
    row = house.register(clean())
    house.decide("accountant", row.id, decision="linked", contract=str(house.contract.id))
    assert house.row(row.id).state == InvoiceState.LINKED
    return row.id


def official(house: House, role: str, document: str) -> UUID:
    """Somebody else of the responsible's unit."""
    system = house.hall.system("test")
    found = people.register_official(
        system,
        code=f"other.{role}",
        document_number=document,
        name="Otra",
        surname1="Prida",
        surname2="Cueto",
        title=role,
    ).id
    people.assign_post(
        system, official_id=found, unit_id=house.units["URB"], role=role, valid_from=TODAY
    )
    return found


def test_the_substitute_of_the_responsible_gives_the_conformity_of_their_office(
    house: House, waiting: UUID
) -> None:
    """LCSP 62 and art. 13 of Ley 40/2015: the office is the responsible's, whoever holds it today."""
    substitute = official(house, "technician", "66666666Q")
    absence = record_absence(
        house.call("contract_manager"),
        official_id=house.officials["contract_manager"],
        substitute_id=substitute,
        starts_on=TODAY,
        ends_on=TODAY,
        kind=AbsenceKind.HOLIDAY,
    )
    (item,) = house.work("contract_manager", waiting)
    call = house.hall.call(house.actor_of(substitute))
    work.claim(call, work_item_id=item.id, version=item.version)
    complete(
        house.hall.call(house.actor_of(substitute)),
        work_item_id=item.id,
        data={"decision": "conform"},
        version=item.version + 1,
    )
    assert house.row(waiting).state == InvoiceState.CONFORMED
    step = house.view(waiting).steps[-1]
    assert (step.key, step.official_name.split()[0]) == ("conform", "Otra")
    end_absence(house.call("contract_manager"), absence_id=absence.id, version=absence.version)


def test_who_does_not_stand_in_for_the_responsible_gives_none(house: House, waiting: UUID) -> None:
    other = official(house, "contract_manager", "66666666Q")

    with pytest.raises(Refused):
        operations.conform(
            house.hall.call(house.actor_of(other)), invoice_id=waiting, official_id=other
        )


def test_the_head_gives_the_open_conformity_to_the_new_responsible(
    house: House, waiting: UUID
) -> None:
    head = official(house, "head", "77777777B")
    new = official(house, "contract_manager", "66666666Q")
    (item,) = house.work("contract_manager", waiting)
    contracts.amend(
        house.hall.system("test"),
        contract_id=house.contract.id,
        version=house.contract.version,
        reason="Cambio de puesto.",
        changes={"responsible_id": new},
    )
    work.reassign(
        house.hall.call(house.actor_of(head)),
        work_item_id=item.id,
        version=item.version,
        to=new,
        reason="Cambió la persona responsable del contrato.",
    )
    with pytest.raises(NotFound):
        complete(
            house.call("contract_manager"),
            work_item_id=item.id,
            data={"decision": "conform"},
            version=item.version + 1,
        )
    complete(
        house.hall.call(house.actor_of(new)),
        work_item_id=item.id,
        data={"decision": "conform"},
        version=item.version + 1,
    )
    assert house.row(waiting).state == InvoiceState.CONFORMED
