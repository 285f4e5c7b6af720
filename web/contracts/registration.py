"""The form of a new contract: its fields, their options, what is typed read into an operation's terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine.contracts.models import ContractKind
from engine.contracts.operations import Supplier
from engine.errors import BadInput
from engine.people.posts import staff, units
from forms.definition import FormDefinition, Option, load_form
from forms.validation import Choices, read_page

RESPONSIBLE = "contract_manager"
"""The role of who may be responsible of a contract."""


@cache
def contract_form() -> FormDefinition:
    """The form as data."""
    return load_form(Path(__file__).with_name("contract.json"))


def choices(session: Session, today: date) -> Choices:
    """The kinds of contract, who may answer for one today, and the units."""
    managers = (
        person
        for person in staff(session, today)
        if person.active and any(post.role == RESPONSIBLE for post in person.posts)
    )
    return {
        "contracts/kinds": _options((kind.value, kind.label) for kind in ContractKind),
        "contracts/responsibles": _options(
            (str(person.id), f"{person.display_name}, {person.title}") for person in managers
        ),
        "contracts/units": _options((str(unit.id), unit.name) for unit in units(session)),
    }


def _options(pairs: Iterable[tuple[str, str]]) -> tuple[Option, ...]:
    return tuple(Option(value, label) for value, label in pairs)


@dataclass(frozen=True)
class NewContract:
    """What was typed, as the operation takes it."""

    supplier: Supplier
    kind: ContractKind
    agreed: Mapping[str, Any]


def read_contract(data: Mapping[str, Sequence[str]], options: Choices) -> NewContract:
    """Read what was typed; raises BadInput naming each field at fault."""
    values: dict[str, Any] = {}
    errors: list[tuple[str, str]] = []
    for form_page in contract_form().pages:
        result = read_page(form_page, data, values, choices=options)
        values |= result.values
        errors += [(error.field_id, error.message) for error in result.errors]
    if errors:
        raise BadInput("Revise los datos del contrato.", tuple(errors))
    return NewContract(
        supplier=Supplier(
            values["supplier_document"],
            values.get("supplier_name", ""),
            values.get("supplier_surname1", ""),
            values.get("supplier_surname2", ""),
        ),
        kind=ContractKind(values["kind"]),
        agreed={
            "number": values["number"],
            "title": values["title"],
            "responsible_id": UUID(values["responsible_id"]),
            "unit_id": UUID(values["unit_id"]),
            "amount": Decimal(values["amount"]),
            "vat_rate": Decimal(values["vat_rate"]),
            "starts_on": date.fromisoformat(values["starts_on"]),
            "ends_on": date.fromisoformat(values["ends_on"]),
            "expediente": values.get("expediente", ""),
            "application": values.get("application", ""),
        },
    )
