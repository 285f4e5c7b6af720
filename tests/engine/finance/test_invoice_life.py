"""The life of an invoice through its process: each official does their step and nobody another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from engine.clock import FixedClock
from engine.deadlines.models import Deadline
from engine.errors import BadInput, NotFound, Refused, RuleBroken
from engine.finance import queries
from engine.finance.lifecycle import rejections, steps
from engine.finance.models import InvoiceState
from engine.operation import operation
from engine.procedures.package import load_procedure, read_folder
from engine.services import SERVICES, InstanceView
from engine.workflow.queries import instance_of
from tests.engine.finance.conftest import PACKAGE, House, clean
from tests.engine.finance.invoices.conftest import facturae

PATH = (
    ("accountant", {"decision": "linked"}, InvoiceState.LINKED),
    ("contract_manager", {"decision": "conform"}, InvoiceState.CONFORMED),
    ("controller", {"decision": "favourable"}, InvoiceState.CONTROLLED),
    ("mayor", {"decision": "recognise"}, InvoiceState.RECOGNISED),
    ("councillor", {"decision": "order"}, InvoiceState.ORDERED),
    ("treasurer", {"decision": "paid", "payment_reference": "TRF-1"}, InvoiceState.PAID),
)


def linked(house: House, data: dict[str, str]) -> dict[str, str]:
    return {**data, "contract": str(house.contract.id)} if data["decision"] == "linked" else data


def test_an_invoice_goes_from_the_register_to_its_payment_through_seven_people(
    house: House,
) -> None:
    """L25: conformity, recognition and payment of a registered invoice (arts. 9.3 and 9.4)."""
    row = house.register(clean())
    assert (row.state, row.code) == ("registered", "RCF-2026-000001")
    for post, data, state in PATH:
        others = set(house.officials) - {post, "clerk"}
        assert all(not house.work(other, row.id) for other in others)
        house.decide(post, row.id, **linked(house, data))
        assert house.row(row.id).state == state
    view = house.view(row.id)
    assert [(step.key, step.capacity) for step in view.steps] == [
        ("register", "Contabilidad"),
        ("link_contract", "Contabilidad"),
        ("conform", "Responsable del contrato"),
        ("control", "Intervención"),
        ("recognise", "Alcaldía"),
        ("order_payment", "Concejalía delegada"),
        ("pay", "Tesorería"),
    ]
    assert view.steps[1].contract_number == "2026/SER/12"
    assert view.steps[-1].reason == "TRF-1"
    assert view.row.term is None
    assert view.work == ()
    assert house.balance() == (Decimal("21.00"), Decimal("0.00"))
    assert house.outcome(row.id) == ("closed", "paid")


def test_the_terms_of_conformity_and_of_payment_follow_each_other(
    house: House, clock: FixedClock
) -> None:
    """LCSP 198.4: thirty natural days to accept from the delivery, and thirty to pay from then."""
    row = house.register(clean())
    first = house.view(row.id).row.term
    assert first is not None
    assert (first.rule, first.days_left(clock.now())) == ("invoice_conformity", 30)
    house.decide("accountant", row.id, decision="linked", contract=str(house.contract.id))
    clock.advance(timedelta(days=7))
    house.decide("contract_manager", row.id, decision="conform")
    second = house.view(row.id).row.term
    assert second is not None
    assert (second.rule, second.days_left(clock.now())) == ("invoice_payment", 30)
    assert second.due_at > first.due_at
    with house.hall.database.reading() as session:
        states = dict(session.execute(select(Deadline.id, Deadline.state)).all())
    found = house.row(row.id)
    assert states[found.conformity_deadline_id] == "met"
    assert states[found.payment_deadline_id] == "open"


def test_a_conformity_after_its_term_leaves_it_expired(house: House, clock: FixedClock) -> None:
    row = house.register(clean())
    house.decide("accountant", row.id, decision="linked", contract=str(house.contract.id))
    clock.advance(timedelta(days=31))
    house.decide("contract_manager", row.id, decision="conform")
    with house.hall.database.reading() as session:
        found = session.get(Deadline, (row.entity_id, row.conformity_deadline_id))
        assert found is not None
        assert found.state == "expired"


def test_warnings_wait_for_a_person_who_says_why_they_are_accepted(house: House) -> None:
    row = house.register(facturae())
    assert row.state == InvoiceState.PENDING
    with pytest.raises(BadInput):
        house.decide("accountant", row.id, decision="accept")
    house.decide("accountant", row.id, decision="accept", reason="Factura en papel escaneada.")
    assert house.row(row.id).state == InvoiceState.REGISTERED
    assert house.view(row.id).steps[-1].reason == "Factura en papel escaneada."
    assert [item.element for item in house.work("accountant", row.id)] == ["link"]


def test_warnings_may_be_rejected(house: House) -> None:
    row = house.register(facturae())
    house.decide("accountant", row.id, decision="reject", reason="Falta la firma.")
    found = house.row(row.id)
    assert (found.state, found.rejection_code) == (InvoiceState.REJECTED, "warnings")
    assert house.view(row.id).row.term is None


def test_only_the_contracts_responsible_is_asked_for_conformity(house: House) -> None:
    """LCSP 62: the contract's responsible, and nobody else, accepts what was delivered."""
    row = house.register(clean())
    house.act("accountant", "link_contract", row.id, contract_id=house.contract.id)
    for post in set(house.officials) - {"contract_manager"}:
        with pytest.raises(Refused):
            house.act(post, "conform", row.id)
    house.act("contract_manager", "conform", row.id)


def test_an_objection_stops_the_invoice_until_the_mayor_lifts_it(house: House) -> None:
    """TRLRHL 215 to 217: an objection suspends, and the president resolves the discrepancy."""
    row = house.register(clean())
    for post, data, _state in PATH[:2]:
        house.decide(post, row.id, **linked(house, data))
    with pytest.raises(BadInput):
        house.decide("controller", row.id, decision="objection")
    house.decide("controller", row.id, decision="objection", reason="No hay crédito.")
    assert house.row(row.id).state == InvoiceState.OBJECTED
    with pytest.raises(RuleBroken):
        house.act("mayor", "recognise", row.id)
    house.decide("mayor", row.id, decision="lift", reason="Hay crédito ampliado.")
    for post, data, _state in PATH[3:]:
        house.decide(post, row.id, **data)
    assert house.row(row.id).state == InvoiceState.PAID


def test_observations_go_on_and_stay_in_the_trail(house: House) -> None:
    row = house.register(clean())
    for post, data, _state in PATH[:2]:
        house.decide(post, row.id, **linked(house, data))
    house.decide("controller", row.id, decision="observations", reason="Revisar el IVA.")
    assert house.row(row.id).state == InvoiceState.CONTROLLED
    assert house.view(row.id).steps[-1].reason == "Revisar el IVA."


def test_whoever_has_the_next_step_may_reject_and_the_contract_gets_its_amount_back(
    house: House,
) -> None:
    """LCSP 198: what a rejected invoice held of its contract is free again."""
    for done in range(1, len(PATH)):
        row = house.register(clean())
        for post, data, _state in PATH[:done]:
            house.decide(post, row.id, **linked(house, data))
        assert sum(house.balance()) == Decimal("21.00")
        post = PATH[done][0]
        with pytest.raises(BadInput):
            house.decide(post, row.id, decision="reject", code="check", reason="Mal.")
        house.decide(post, row.id, decision="reject", code="not_delivered", reason="No se hizo.")
        found = house.row(row.id)
        assert (found.state, found.rejection_code) == (InvoiceState.REJECTED, "not_delivered")
        assert found.rejection_reason == "No se hizo."
        assert house.balance() == (Decimal("0.00"), Decimal("0.00"))
        view = house.view(row.id)
        assert (view.row.term, view.work) == (None, ())
        assert house.outcome(row.id) == ("closed", "rejected")


def test_nobody_rejects_what_is_not_waiting_for_them(house: House) -> None:
    row = house.register(clean())
    for post in ("controller", "mayor", "councillor", "treasurer", "contract_manager"):
        with pytest.raises((Refused, RuleBroken)):
            house.act(post, "reject", row.id, code="other", reason="Porque sí.")
    with pytest.raises(Refused):
        house.act("auditor", "reject", row.id, code="other", reason="Porque sí.")


def test_a_model_cannot_decide_in_the_name_of_somebody_who_did_not(house: House) -> None:
    row = house.register(clean())
    house.decide("accountant", row.id, decision="linked", contract=str(house.contract.id))
    expediente_id = house.row(row.id).expediente_id
    with house.hall.database.reading() as session:
        assert expediente_id is not None
        instance = instance_of(session, expediente_id)
    view = InstanceView(instance.id, expediente_id, "invoice", "conform_step", "", {})
    conform = SERVICES["finance/conform"]

    @operation("test.forged_conformity")
    def forged(act: object) -> None:
        conform(
            act,
            view,
            invoice_id=str(row.id),
            official_id=str(house.officials["contract_manager"]),
            decision="conform",
        )

    system = house.hall.system("test")
    permitted = system.actor.permissions | {"test.forged_conformity"}
    caller = replace(system, actor=replace(system.actor, permissions=permitted))
    with pytest.raises(Refused, match="en nombre de otra persona"):
        forged(caller)  # type: ignore[arg-type]
    assert house.row(row.id).state == InvoiceState.LINKED


def test_the_forms_offer_what_the_life_of_an_invoice_and_its_catalogue_have() -> None:
    procedure = load_procedure(read_folder(PACKAGE))
    by_form = {
        "resolve": "resolve_warnings",
        "link": "link_contract",
        "conform": "conform",
        "control": "control",
        "lift": "lift_objection",
        "recognise": "recognise",
        "order": "order_payment",
        "pay": "pay",
    }
    assert set(procedure.staff_forms) == set(by_form)
    chosen = [code for code, item in rejections().items() if not item.automatic]
    for name, key in by_form.items():
        fields = {field.name: field for field in procedure.staff_forms[name].fields()}
        decisions = {option.value for option in fields["decision"].options}
        assert decisions == set(steps()[key].outcomes) | {"reject"}
        if name != "resolve":
            assert [option.value for option in fields["code"].options] == chosen


def test_a_person_without_the_permission_does_not_see_invoices(house: House) -> None:
    row = house.register(clean())
    stranger = replace(house.actor("clerk"), permissions=frozenset())
    with house.hall.database.reading() as session:
        with pytest.raises(NotFound):
            queries.invoice(session, row.id, stranger)
        page = queries.invoices(session, stranger, queries.InvoiceSearch(), row.received_at)
    assert (page.rows, page.total) == ((), 0)
