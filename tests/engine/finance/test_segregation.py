"""Segregation: over every path of an invoice's life, nobody does two acts that the law keeps apart."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from engine.contracts import operations as contracts
from engine.contracts.queries import contract
from engine.errors import Refused, RuleBroken
from engine.finance import operations
from engine.finance.lifecycle import Step, steps
from engine.finance.models import InvoiceState
from engine.people import operations as people
from tests.engine.finance.conftest import POSTS, ROLE_OF, SUPPLIER, TODAY, House, clean

ROLES = ("accountant", "contract_manager", "controller", "mayor", "councillor", "treasurer")
GIVEN: dict[str, dict[str, Any]] = {
    "lift_objection": {"reason": "Motivo."},
    "pay": {"reference": "TRF-1"},
}


@dataclass(frozen=True)
class Move:
    """A step with the outcome that is taken of it."""

    step: Step
    outcome: str


def paths_to_payment() -> list[tuple[Move, ...]]:
    """Every way from the register to the payment that data/lifecycle.toml allows."""
    found: list[tuple[Move, ...]] = []

    def walk(state: InvoiceState, done: tuple[Move, ...]) -> None:
        if state is InvoiceState.PAID:
            found.append(done)
            return
        for step in steps().values():
            if state in step.sources:
                for outcome, target in step.outcomes.items():
                    if target is not InvoiceState.REJECTED:
                        walk(target, (*done, Move(step, outcome)))

    first = steps()["register"]
    for outcome, target in first.outcomes.items():
        if target is not InvoiceState.REJECTED:
            walk(target, (Move(first, outcome),))
    return found


PATHS = paths_to_payment()


def test_the_paths_hold_every_pair_that_is_kept_apart() -> None:
    pairs = {(before, step.key) for step in steps().values() for before in step.not_by}
    walked = {
        (move.step.key, later.step.key)
        for path in PATHS
        for position, move in enumerate(path)
        for later in path[position + 1 :]
        if move.step.key in later.step.not_by
    }
    assert len(PATHS) == 6
    assert walked == pairs
    assert len(pairs) == 24


def given(house: House, move: Move) -> dict[str, Any]:
    match move.step.key:
        case "resolve_warnings":
            return {"accept": True, "reason": "Motivo."}
        case "link_contract":
            return {"contract_id": house.contract.id}
        case "control":
            return {"outcome": move.outcome, "text": "Texto."}
    return GIVEN.get(move.step.key, {})


def everybody_may_everything(house: House) -> None:
    """Each official gets every role: only segregation keeps them apart now."""
    system = house.hall.system("test")
    for post, official_id in house.officials.items():
        others = () if post == "auditor" else set(ROLES) - {ROLE_OF.get(post, post)}
        for role in others:
            people.assign_post(
                system,
                official_id=official_id,
                unit_id=house.units[POSTS[role][0]],
                role=role,
                valid_from=TODAY,
            )


def responsible(house: House, post: str) -> None:
    """Make somebody the contract's responsible, so that only four eyes can stop them."""
    amend(house, responsible_id=house.officials[post])


def raise_amount(house: House) -> None:
    amend(house, amount=Decimal("1000.00"))


def amend(house: House, **changes: Any) -> None:
    with house.hall.database.reading() as session:
        row = contract(session, house.contract.id)
    contracts.amend(
        house.hall.system("test"),
        contract_id=row.id,
        version=row.version,
        reason="Modificación.",
        changes=changes,
    )


def unsigned(text: str) -> str:
    """The same invoice without its signature, which is a warning."""
    start = text.index("<ds:Signature")
    return text[:start] + text[text.index("/>", start) + 2 :]


def test_on_every_path_who_did_a_step_is_refused_each_one_that_is_kept_apart(
    house: House,
) -> None:
    """RD 424/2017 and TRLRHL 213 to 218: registering, conforming, controlling and paying are of
    different people, in the engine, whatever posts they hold."""
    everybody_may_everything(house)
    raise_amount(house)
    for number, path in enumerate(PATHS):
        walk(house, path, f"F{number}")


def walk(house: House, path: tuple[Move, ...], number: str) -> None:
    """Take an invoice along a path; before each step, whoever may not do it tries to."""
    warned = path[0].outcome == "warnings"
    text = clean(number)
    row = house.register(unsigned(text) if warned else text, "accountant")
    done = {"register": "accountant"}
    free = {
        "resolve_warnings": "clerk",
        "link_contract": "clerk",
        "conform": "contract_manager",
        "control": "controller",
        "lift_objection": "mayor",
        "recognise": "mayor",
        "order_payment": "councillor",
        "pay": "treasurer",
    }
    for move in path[1:]:
        key = move.step.key
        for before in sorted(move.step.not_by & done.keys()):
            if key == "conform":
                responsible(house, done[before])
            with pytest.raises(RuleBroken, match="separación de funciones"):
                house.act(done[before], key, row.id, **given(house, move))
            with pytest.raises(RuleBroken):
                house.act(done[before], "reject", row.id, code="other", reason="Motivo.")
        if key == "conform":
            responsible(house, free[key])
        house.act(free[key], key, row.id, **given(house, move))
        done[key] = free[key]
    assert house.row(row.id).state == InvoiceState.PAID
    by_step = {step.key: step.official_name for step in house.view(row.id, "auditor").steps}
    for move in path:
        clash = {by_step[before] for before in move.step.not_by & by_step.keys()}
        assert by_step[move.step.key] not in clash


def test_whoever_may_not_do_a_step_is_not_even_offered_it(house: House) -> None:
    everybody_may_everything(house)
    row = house.register(clean(), "accountant")
    house.decide("clerk", row.id, decision="linked", contract=str(house.contract.id))
    house.decide("contract_manager", row.id, decision="conform")
    assert house.work("accountant", row.id) == []
    assert house.work("contract_manager", row.id) == []


def test_nobody_decides_in_anothers_name(house: House) -> None:
    row = house.register(clean())
    with pytest.raises(Refused, match="en su propio nombre"):
        operations.link_contract(
            house.call("accountant"),
            invoice_id=row.id,
            official_id=house.officials["clerk"],
            contract_id=house.contract.id,
        )


def test_nobody_decides_on_their_own_invoice(house: House) -> None:
    """L40 23: who has an interest abstains."""
    row = house.register(_individual(), "clerk")
    assert row.state == InvoiceState.REGISTERED
    with pytest.raises(RuleBroken, match="su propia factura"):
        house.act("accountant", "reject", row.id, code="other", reason="Motivo.")
    assert house.work("accountant", row.id) == []
    assert len(house.work("clerk", row.id)) == 1


def _individual() -> str:
    """An invoice of the accountant as a natural person."""
    text = clean()
    start, end = text.index("<LegalEntity>"), text.index("</LegalEntity>")
    address = text[text.index("<AddressInSpain>", start) : end]
    person = (
        "<Individual><Name>Accountant</Name><FirstSurname>Prida</FirstSurname>"
        f"{address}</Individual>"
    )
    text = text[:start] + person + text[end + len("</LegalEntity>") :]
    return text.replace(SUPPLIER, "12345678Z").replace(
        "<PersonTypeCode>J</PersonTypeCode>", "<PersonTypeCode>F</PersonTypeCode>", 1
    )
