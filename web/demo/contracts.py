"""The demonstration's contracts, with their responsible officials."""

from __future__ import annotations

from decimal import Decimal

from engine.contracts import operations, queries
from engine.contracts.models import ContractKind
from engine.townhall import Call
from web.demo.data import read
from web.demo.people import official_id, person_id, unit_id


def ensure_contracts(call: Call) -> None:
    """Record the contracts that are not there yet."""
    for item in read("contracts")["contracts"]:
        with call.townhall.database.reading() as session:
            known = queries.contract_by_number(session, item["number"])
        if known is not None:
            continue
        operations.create(
            call,
            number=item["number"],
            title=item["title"],
            kind=ContractKind(item["kind"]),
            supplier_id=person_id(call, item["supplier"]),
            responsible_id=official_id(call, item["responsible"]),
            unit_id=unit_id(call, item["unit"]),
            amount=Decimal(item["amount"]),
            vat_rate=Decimal(item["vat_rate"]),
            starts_on=item["starts_on"],
            ends_on=item["ends_on"],
            expediente=item["expediente"],
            application=item["application"],
        )
