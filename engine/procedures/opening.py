"""Procedures that an official begins by filling in a form: who may, and whom it is about (art. 58)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.people.roles import roles
from forms.definition import FormDefinition


class Initiative(StrEnum):
    """Why the town hall begins a procedure that nobody asked for (arts. 58 to 62 of Ley 39/2015)."""

    OWN = "own"
    SUPERIOR_ORDER = "superior_order"
    REASONED_REQUEST = "reasoned_request"
    COMPLAINT = "complaint"

    @property
    def label(self) -> str:
        """In Spanish, as people read it."""
        return _LABELS[self]


_LABELS = {
    Initiative.OWN: "Por propia iniciativa",
    Initiative.SUPERIOR_ORDER: "Por orden superior",
    Initiative.REASONED_REQUEST: "A petición razonada de otro órgano",
    Initiative.COMPLAINT: "Por denuncia",
}

PERSON_KEYS = ("document", "name", "surname1", "surname2", "street", "postcode", "town", "province")
"""What is known of the person whom an ex officio procedure is about."""


@dataclass(frozen=True)
class Opening:
    """Who begins a procedure ex officio, why, and which fields of its form say whom it is about.

    role: of engine/people/roles.toml; person: PERSON_KEYS to the names of fields, empty for a
    procedure without an interested person.
    """

    role: str
    initiative: Initiative
    person: Mapping[str, str]


def read_opening(raw: Mapping[str, Any] | None) -> Opening | None:
    """The table `opening` of procedure.toml."""
    if raw is None:
        return None
    return Opening(raw["role"], Initiative(raw["initiative"]), dict(raw.get("person", {})))


def opening_faults(raw: Mapping[str, Any], form: FormDefinition | None) -> Iterator[str]:
    """What keeps a procedure from being begun by an official."""
    table = raw.get("opening")
    if table is None:
        return
    if raw["channel"] != "internal":
        yield 'solo se inicia de oficio un procedimiento interno («channel = "internal"»)'
    if table["role"] not in roles():
        yield f"no existe el papel «{table['role']}»"
    if form is None:
        yield "falta form.json, que es lo que rellena quien lo inicia"
        return
    fields = {item.name for item in form.fields()}
    for key, name in table.get("person", {}).items():
        if name not in fields:
            yield f"el formulario no tiene el campo «{name}», que es «{key}» de la persona"
