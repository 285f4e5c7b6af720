"""A procedure with a field of every kind, and the short way through its pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from factories.sede import Page, SedeClient

from engine.expedientes import operations as expedientes
from engine.people.models import Official, Person
from engine.people.queries import load_official_actor
from engine.procedures.operations import publish
from engine.townhall import TownHall
from engine.workflow import operations as workflow
from engine.workflow.queries import Inbox, inbox
from tests.engine.expedientes.conftest import DECISIONS
from tests.engine.workflow.models import Model, begun

TODAY = date(2026, 11, 24)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"

FORM: dict[str, Any] = {
    "key": "kiosk",
    "version": 1,
    "title": "Puesto en el mercado",
    "pages": [
        {
            "id": "site",
            "title": "El puesto",
            "intro": "Diga cómo será el puesto.",
            "fields": [
                {
                    "name": "holder",
                    "kind": "text",
                    "label": "Titular",
                    "prefill": "person.name",
                    "locked": True,
                },
                {"name": "street", "kind": "text", "label": "Calle", "max_length": 80},
                {"name": "details", "kind": "textarea", "label": "Detalles", "required": False},
                {
                    "name": "place",
                    "kind": "radios",
                    "label": "¿Dónde?",
                    "options": [
                        {"value": "square", "label": "En la plaza"},
                        {"value": "street", "label": "En la calle"},
                    ],
                },
                {
                    "name": "square",
                    "kind": "text",
                    "label": "¿Qué plaza?",
                    "when": {"eq": ["place", "square"]},
                },
                {
                    "name": "goods",
                    "kind": "checkboxes",
                    "label": "¿Qué venderá?",
                    "options": [
                        {"value": "fruit", "label": "Fruta"},
                        {"value": "cheese", "label": "Queso"},
                    ],
                },
                {
                    "name": "size",
                    "kind": "select",
                    "label": "Tamaño",
                    "options": [
                        {"value": "small", "label": "Pequeño"},
                        {"value": "large", "label": "Grande"},
                    ],
                },
                {"name": "from", "kind": "date", "label": "¿Desde qué día?"},
                {"name": "budget", "kind": "money", "label": "Presupuesto"},
                {"name": "width", "kind": "number", "label": "Metros de frente"},
                {"name": "days", "kind": "integer", "label": "Días a la semana", "maximum": "7"},
                {"name": "power", "kind": "yes-no", "label": "¿Necesita electricidad?"},
            ],
        },
        {
            "id": "contact",
            "title": "Cómo encontrarle",
            "fields": [
                {
                    "name": "email",
                    "kind": "email",
                    "label": "Correo",
                    "prefill": "person.email",
                    "autocomplete": "email",
                },
                {"name": "phone", "kind": "phone", "label": "Teléfono", "required": False},
                {"name": "tax", "kind": "nif", "label": "NIF del negocio", "required": False},
                {"name": "account", "kind": "iban", "label": "Cuenta", "required": False},
                {"name": "postal", "kind": "postal-code", "label": "Código postal"},
            ],
        },
        {
            "id": "helpers",
            "title": "Ayudantes",
            "repeat": "helpers",
            "item_label": "Ayudante",
            "max_items": 2,
            "fields": [
                {"name": "name", "kind": "text", "label": "Nombre"},
                {"name": "hours", "kind": "number", "label": "Horas", "required": False},
            ],
        },
    ],
    "attachments": [
        {"key": "plan", "title": "Plano del puesto", "minimum": 1, "maximum": 1, "max_mb": 1},
        {
            "key": "photo",
            "title": "Fotos",
            "maximum": 2,
            "media_types": ["image/jpeg", "application/zip"],
            "max_mb": 2,
        },
    ],
    "declarations": [{"id": "true", "version": 3, "text": "Los datos son ciertos."}],
}
MISSING = "Falta el plano.\nEl seguro está caducado."
REVIEW = {
    "key": "review",
    "version": 1,
    "title": "Revisar",
    "pages": [
        {
            "id": "review",
            "title": "Revisar",
            "fields": [
                {
                    "name": "decision",
                    "kind": "radios",
                    "label": "Decisión",
                    "options": [
                        {"value": "correct", "label": "Pedir corrección"},
                        {"value": "grant", "label": "Conceder"},
                    ],
                },
                {
                    "name": "missing",
                    "kind": "textarea",
                    "label": "Qué falta",
                    "max_length": 200,
                    "when": {"eq": ["decision", "correct"]},
                },
            ],
        }
    ],
}
TOML = """
key = "kiosk"
version = 1
title = "Puesto en el mercado"
summary = "Pida un puesto en el mercado de los miércoles."
channel = "sede"
unit = "ESP"
organ = "Alcaldía"
series = "KIO"
steps = ["Lo revisa el ayuntamiento.", "Se le contesta."]
legal_basis = ["Ordenanza del mercado, artículo 4"]

[term]
text = "dos meses"
length = "2 months"

[silence]
effect = "negative"
text = "Si no contestamos en plazo, puede entender denegada la solicitud."
"""
FEE = """
[fee]
concept = "Tasa del mercado"
explanation = "Por cada puesto."
source = "Ordenanza fiscal 7"
amount = "12.50"
"""
FEE_BY_WIDTH = FEE.replace('amount = "12.50"', 'decision = "fee"')
SITE = {
    "street": "Calle Nueva",
    "place": "street",
    "goods": ["cheese"],
    "size": "small",
    "from": "9/3/2027",
    "budget": "1.234,5",
    "width": "2,5",
    "days": "3",
    "power": "no",
}
CONTACT = {"email": "xuan@example.org", "postal": "33201"}
_PROPERTIES = (
    "<bpmn:extensionElements><spiffworkflow:properties>{}</spiffworkflow:properties>"
    "</bpmn:extensionElements>"
)


def _user(model: Model, identifier: str, title: str, **properties: str) -> None:
    inside = "".join(
        f'<spiffworkflow:property name="{key}" value="{value}"/>'
        for key, value in properties.items()
    )
    model.node("userTask", identifier, f'name="{title}"', _PROPERTIES.format(inside))


def process() -> bytes:
    """Review; ask for a correction as often as needed; grant and close."""
    model = begun()
    _user(
        model, "review", "Revisar la solicitud", role="processor", unit="ESP", phase="instruction"
    )
    _user(model, "amend", "Corrija su solicitud", kind="correction", phase="correction")
    model.node("exclusiveGateway", "which", 'default="which_review"')
    model.service("close", "expedientes/close", result="closed", outcome="&quot;granted&quot;")
    model.flow("start", "review", "which", "review")
    model.when("which", "amend", 'review.decision = "correct"')
    model.when("which", "close", 'review.decision = "grant"')
    return model.flow("amend", "review").flow("close", "end").xml()


def package(*, fee: bool = False, by_width: bool = False, version: int = 1) -> dict[str, bytes]:
    """The files of the procedure; by_width: with a fee of five euros a metre."""
    toml = TOML.replace("version = 1", f"version = {version}")
    toml += FEE_BY_WIDTH if by_width else FEE if fee else ""
    decisions = {"decisions.dmn": DECISIONS} if by_width else {}
    return {
        **decisions,
        "procedure.toml": toml.encode(),
        "process.bpmn": process(),
        "form.json": json.dumps(FORM).encode(),
        "staff/review.json": json.dumps(REVIEW).encode(),
    }


@dataclass
class Kiosk:
    """The procedure, a citizen at the sede, and an official who works on it."""

    hall: TownHall
    sede: SedeClient
    citizen: Person
    official: Official
    run_all: Callable[[], int]

    def begin(self) -> Page:
        """From the procedure's page to the list of steps."""
        page = self.sede.get(self.sede.get("/tramites/kiosk").link("Iniciar el trámite"))
        return self.sede.submit(page, button="Empezar la solicitud")

    def fill(self) -> Page:
        """Every page and the needed document; the check page."""
        page = self.begin()
        page = self.sede.get(page.link("El puesto"))
        page = self.sede.submit(page, SITE, button="Guardar y continuar")
        page = self.sede.submit(page, CONTACT, button="Guardar y continuar")
        page = self.sede.get(page.link("Continuar"))
        page = self.sede.submit(page, {"file-plan": ("plano.pdf", PDF)}, action="/documentos/plan")
        return self.sede.get(page.link("Continuar"))

    def sign(self, page: Page, **changes: Any) -> Page:
        fields = {"declaration-true": "yes", "consent": "yes", **changes}
        return self.sede.submit(page, fields, button="Firmar y presentar")

    def filed(self) -> Page:
        """The receipt of a whole filing, its jobs not run yet."""
        return self.sign(self.fill())

    def expediente(self, receipt: Page) -> Page:
        return self.sede.get(receipt.link("Puesto en el mercado"))

    def decide(self, decision: str) -> UUID | None:
        """The official decides on the one task that there is."""
        with self.hall.database.reading() as session:
            actor = load_official_actor(session, self.official.id, TODAY)
        call = self.hall.call(actor)
        with self.hall.database.reading() as session:
            (item,) = inbox(session, actor, Inbox.UNASSIGNED)
        workflow.claim(call, work_item_id=item.id, version=item.version)
        with self.hall.database.reading() as session:
            (item,) = inbox(session, actor, Inbox.MINE)
        found = expedientes.complete_task(
            call,
            work_item_id=item.id,
            version=item.version,
            data={"decision": [decision], "missing": [MISSING]},
        )
        self.run_all()
        return found


@pytest.fixture
def kiosk(
    hall: TownHall,
    sede: SedeClient,
    citizen: Person,
    official_of: Callable[[str, str], Official],
    run_all: Callable[[], int],
) -> Kiosk:
    """The procedure published, without a fee, and the citizen signed in."""
    made = Kiosk(hall, sede, citizen, official_of("processor", "ESP"), run_all)
    publish(hall.system("test"), files=package())
    sede.sign_in_citizen(citizen)
    return made
