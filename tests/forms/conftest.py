"""A form with every kind of field, a condition, a repeating page and attachments."""

from __future__ import annotations

import json
from typing import Any

import pytest

from forms.definition import FormDefinition, load_form


def field(name: str, kind: str, label: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "label": label, **more}


SAMPLE: dict[str, Any] = {
    "key": "terrace",
    "version": 3,
    "title": "Terraza",
    "pages": [
        {
            "id": "premises",
            "title": "El local",
            "fields": [
                field("premises_name", "text", "Nombre del local", max_length=80),
                field("season", "radios", "¿Para qué temporada?", options=[
                    {"value": "year", "label": "Todo el año"},
                    {"value": "summer", "label": "De marzo a octubre"},
                ]),
                field("heated", "yes-no", "¿Pondrá estufas?", when={"eq": ["season", "year"]}),
                field("heaters", "integer", "Número de estufas", minimum="1", maximum="20", when={"all": [
                    {"eq": ["season", "year"]}, {"eq": ["heated", True]}]}),
                field("area", "number", "Superficie en metros cuadrados", minimum="1", maximum="200"),
                field("starts", "date", "Primer día"),
                field("budget", "money", "Presupuesto", required=False),
                field("days", "checkboxes", "Días", required=False, options=[
                    {"value": "mon", "label": "Lunes"}, {"value": "sun", "label": "Domingo"}]),
                field("remarks", "textarea", "Observaciones", required=False),
            ],
        },
        {
            "id": "contact",
            "title": "Contacto",
            "fields": [
                field("holder", "nif", "NIF del titular"),
                field("email", "email", "Correo", required=False),
                field("phone", "phone", "Teléfono"),
                field("account", "iban", "Cuenta", required=False),
                field("postcode", "postal-code", "Código postal"),
            ],
        },
        {
            "id": "tables",
            "title": "Mesas",
            "repeat": "tables",
            "item_label": "Grupo de mesas",
            "min_items": 1,
            "max_items": 3,
            "fields": [field("count", "integer", "Mesas", minimum="1"), field("shade", "yes-no", "¿Con sombrilla?")],
        },
    ],
    "attachments": [
        {"key": "plan", "title": "Plano", "minimum": 1, "maximum": 2,
         "media_types": ["application/pdf", "image/jpeg", "image/png", "application/zip"], "max_mb": 2},
        {"key": "gas", "title": "Certificado de gas", "minimum": 1, "when": {"eq": ["heated", True]}},
    ],
    "declarations": [{"id": "truth", "version": 1, "text": "Los datos son ciertos."}],
}  # fmt: skip

RIGHT: dict[str, Any] = {
    "premises_name": "Sidrería El Chigre",
    "season": "year",
    "heated": True,
    "heaters": 4,
    "area": "24.5",
    "starts": "2027-03-01",
    "budget": "1234.50",
    "days": ["mon", "sun"],
    "holder": "B33000001",
    "phone": "985000010",
    "postcode": "33999",
    "tables": [{"count": 6, "shade": True}],
}


@pytest.fixture
def form() -> FormDefinition:
    return load_form(json.dumps(SAMPLE).encode())
